#include "protocol/record/body.h"
#include "protocol/record/list.h"
#include "protocol/record/tree.h"

#include <string.h>

enum { OPENING_ITEMS = 8, OPENING_FIXED_ITEMS = 3, PURPOSE_MOST = 255, RULES_MOST = 65535 };

static void take_identity(struct wire_reader *from, struct public_key *device, struct name *scope)
{
    struct hash key = wire_take_hash(from, false);
    memcpy(device->bytes, key.bytes, sizeof device->bytes);
    *scope = wire_take_name(from, false);
    if (!from->failed && !public_key_is_sound(device)) {
        from->failed = true;
    }
}

enum status opening_decode_identity(struct bytes body, struct public_key *device,
                                    struct name *scope)
{
    struct tree tree;
    enum status status = tree_open(&tree, body);
    if (status == STATUS_OK) {
        struct wire_reader items = wire_reader_of(&tree.value, OPENING_FIXED_ITEMS, SIZE_MAX);
        (void)wire_take_binary(&items, SALT_BYTES, SALT_BYTES);
        take_identity(&items, device, scope);
        status = items.failed ? STATUS_MALFORMED : STATUS_OK;
    }
    tree_close(&tree);
    return status;
}

static void take_predecessor(struct wire_reader *from, struct opening *opening)
{
    opening->has_predecessor = !wire_take_nil(from);
    if (!opening->has_predecessor) {
        return;
    }
    struct wire_reader items = wire_take_array(from, 3, 3);
    opening->predecessor_log = wire_take_name(&items, false);
    opening->predecessor_seq = wire_take_unsigned(&items, LIMIT_COUNT);
    opening->predecessor_id = wire_take_hash(&items, false);
    wire_reader_close(from, &items);
}

static enum status take_opening(struct wire_reader *from, struct arena *arena,
                                struct opening *opening)
{
    salt_take(from, opening->salt);
    take_identity(from, &opening->device, &opening->scope);
    take_predecessor(from, opening);
    opening->software = wire_take_text(from, 0, LIMIT_LABEL_BYTES);
    opening->rules = wire_take_unsigned(from, RULES_MOST);
    opening->purpose = wire_take_unsigned(from, PURPOSE_MOST);
    const struct record_extension *extensions = NULL;
    size_t count = 0;
    enum status status = extensions_take(from, arena, &extensions, &count);
    return status == STATUS_OK ? wire_reader_end(from) : status;
}

enum status opening_decode(struct bytes body, struct arena *arena, struct opening *opening)
{
    *opening = (struct opening){.has_predecessor = false};
    struct tree tree;
    enum status status = tree_open(&tree, body);
    if (status == STATUS_OK) {
        struct wire_reader items = wire_reader_of(&tree.value, OPENING_ITEMS, OPENING_ITEMS);
        status = take_opening(&items, arena, opening);
    }
    tree_close(&tree);
    return status;
}

enum status opening_encode(const struct opening *opening, struct buffer *out)
{
    size_t start = out->size;
    wire_put_array(out, OPENING_ITEMS);
    wire_put_binary(out, bytes_of(opening->salt, SALT_BYTES));
    wire_put_binary(out, bytes_of(opening->device.bytes, sizeof opening->device.bytes));
    wire_put_name(out, &opening->scope);
    if (opening->has_predecessor) {
        wire_put_array(out, 3);
        wire_put_name(out, &opening->predecessor_log);
        wire_put_unsigned(out, opening->predecessor_seq);
        wire_put_hash(out, &opening->predecessor_id);
    } else {
        wire_put_nil(out);
    }
    wire_put_text(out, opening->software);
    wire_put_unsigned(out, opening->rules);
    wire_put_unsigned(out, opening->purpose);
    extensions_put(out, NULL, 0);
    struct arena arena;
    struct opening again;
    struct bytes encoded = check_begin(out, start, &arena);
    return check_end(out, &arena, opening_decode(encoded, &arena, &again));
}
