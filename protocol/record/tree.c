#include "protocol/record/tree.h"

#include <string.h>

enum status tree_open(struct tree *tree, struct bytes body)
{
    arena_init_over(&tree->scratch, tree->room, sizeof tree->room,
                    LIMIT_BODY_BYTES * sizeof(struct wire_value));
    if (body.size > LIMIT_BODY_BYTES) {
        return STATUS_LIMIT;
    }
    return wire_decode(body, &tree->scratch, &tree->value);
}

void tree_close(struct tree *tree)
{
    arena_deinit(&tree->scratch);
}

void salt_take(struct wire_reader *from, uint8_t salt[SALT_BYTES])
{
    struct bytes bytes = wire_take_binary(from, SALT_BYTES, SALT_BYTES);
    if (from->failed) {
        memset(salt, 0, SALT_BYTES);
    } else {
        memcpy(salt, bytes.at, SALT_BYTES);
    }
}

struct bytes check_begin(const struct buffer *out, size_t start, struct arena *arena)
{
    arena_init(arena, LIMIT_BODY_BYTES * sizeof(struct wire_value));
    struct bytes all = buffer_view(out);
    return all.size <= start ? bytes_of(NULL, 0) : bytes_of(all.at + start, all.size - start);
}

enum status check_end(const struct buffer *out, struct arena *arena, enum status decoded)
{
    arena_deinit(arena);
    enum status written = buffer_status(out);
    if (written != STATUS_OK) {
        return written;
    }
    return decoded == STATUS_MALFORMED ? STATUS_USAGE : decoded;
}
