#include "protocol/record/list.h"

enum status hashes_take(struct wire_reader *from, struct arena *arena, size_t most,
                        enum list_order order, const struct hash **hashes, size_t *count)
{
    struct wire_reader items = wire_take_array(from, 0, most);
    size_t taken = items.left;
    *hashes = NULL;
    *count = 0;
    if (taken == 0) {
        return wire_reader_end(&items);
    }
    struct hash *list = arena_array(arena, taken, sizeof *list);
    if (list == NULL) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < taken; i++) {
        list[i] = wire_take_hash(&items, false);
        if (order == LIST_ASCENDING && i > 0 && hash_compare(&list[i - 1], &list[i]) >= 0) {
            return STATUS_MALFORMED;
        }
    }
    *hashes = list;
    *count = taken;
    return wire_reader_end(&items);
}

void hashes_put(struct buffer *out, const struct hash *hashes, size_t count)
{
    wire_put_array(out, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_hash(out, &hashes[i]);
    }
}

enum status extensions_take(struct wire_reader *from, struct arena *arena,
                            const struct record_extension **extensions, size_t *count)
{
    struct wire_reader items = wire_take_array(from, 0, LIMIT_EXTENSIONS);
    size_t taken = items.left;
    *extensions = NULL;
    *count = 0;
    if (taken == 0) {
        return wire_reader_end(&items);
    }
    struct record_extension *list = arena_array(arena, taken, sizeof *list);
    if (list == NULL) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < taken; i++) {
        struct wire_reader item = wire_take_array(&items, 3, 3);
        list[i].type = wire_take_unsigned(&item, UINT64_MAX);
        list[i].critical = wire_take_boolean(&item);
        list[i].value = wire_take_binary(&item, 0, SIZE_MAX);
        wire_reader_close(&items, &item);
        if (i > 0 && list[i - 1].type >= list[i].type) {
            return STATUS_MALFORMED;
        }
    }
    *extensions = list;
    *count = taken;
    return wire_reader_end(&items);
}

void extensions_put(struct buffer *out, const struct record_extension *extensions, size_t count)
{
    wire_put_array(out, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_array(out, 3);
        wire_put_unsigned(out, extensions[i].type);
        wire_put_boolean(out, extensions[i].critical);
        wire_put_binary(out, extensions[i].value);
    }
}
