#include "protocol/case/authority/authority.h"
#include "protocol/record/list.h"
#include "protocol/record/tree.h"

#include <string.h>

enum { GRANT_ITEMS = 10, PACK_BODY_ITEMS = 4, LABEL_MOST = 256 };

static enum status take_scopes(struct wire_reader *from, struct arena *arena, struct grant *grant)
{
    struct wire_reader list = wire_take_array(from, 0, LIMIT_SCOPES);
    size_t total = list.left;
    struct name *scopes = arena_array(arena, total + 1, sizeof(*scopes));
    if (scopes == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < total; i++) {
        scopes[i] = wire_take_name(&list, false);
        if (i > 0 && name_compare(&scopes[i - 1], &scopes[i]) >= 0)
            return STATUS_MALFORMED;
    }
    grant->scopes = scopes;
    grant->scope_count = total;
    return wire_reader_end(&list);
}

static enum status take_extensions(struct wire_reader *from, struct arena *arena)
{
    const struct record_extension *extensions = NULL;
    size_t count = 0;
    enum status status = extensions_take(from, arena, &extensions, &count);
    return status == STATUS_OK ? wire_reader_end(from) : status;
}

static enum status take_grant(struct wire_reader *from, struct arena *arena, struct grant *grant)
{
    uint8_t salt[SALT_BYTES];
    salt_take(from, salt);
    struct bytes key = wire_take_binary(from, sizeof(grant->key), sizeof(grant->key));
    if (!from->failed)
        memcpy(grant->key.bytes, key.at, sizeof(grant->key));
    grant->role = wire_take_unsigned(from, UINT8_MAX);
    grant->unit = wire_take_text(from, 0, LIMIT_CODE_BYTES);
    grant->label = wire_take_text(from, 0, LABEL_MOST);
    enum status status = take_scopes(from, arena, grant);
    if (status != STATUS_OK)
        return status;
    grant->may_grant = wire_take_boolean(from);
    grant->counter_owner = wire_take_boolean(from);
    grant->sees_all = wire_take_boolean(from);
    return take_extensions(from, arena);
}

enum status grant_decode(struct bytes body, struct arena *arena, struct grant *grant)
{
    struct tree tree;
    *grant = (struct grant){.role = 0};
    enum status status = tree_open(&tree, body);
    if (status == STATUS_OK) {
        struct wire_reader items = wire_reader_of(&tree.value, GRANT_ITEMS, GRANT_ITEMS);
        status = take_grant(&items, arena, grant);
    }
    tree_close(&tree);
    return status;
}

enum status grant_encode(const uint8_t salt[SALT_BYTES], const struct grant *grant,
                         struct buffer *out)
{
    size_t start = out->size;
    wire_put_array(out, GRANT_ITEMS);
    wire_put_binary(out, bytes_of(salt, SALT_BYTES));
    wire_put_binary(out, bytes_of(grant->key.bytes, sizeof(grant->key.bytes)));
    wire_put_unsigned(out, grant->role);
    wire_put_text(out, grant->unit);
    wire_put_text(out, grant->label);
    wire_put_array(out, grant->scope_count);
    for (size_t i = 0; i < grant->scope_count; i++)
        wire_put_name(out, &grant->scopes[i]);
    wire_put_boolean(out, grant->may_grant);
    wire_put_boolean(out, grant->counter_owner);
    wire_put_boolean(out, grant->sees_all);
    extensions_put(out, NULL, 0);
    struct arena arena;
    struct grant again;
    struct bytes encoded = check_begin(out, start, &arena);
    return check_end(out, &arena, grant_decode(encoded, &arena, &again));
}

enum status pack_body_encode(const uint8_t salt[SALT_BYTES], uint64_t generation,
                             struct bytes canonical, struct buffer *out)
{
    size_t start = out->size;
    wire_put_array(out, PACK_BODY_ITEMS);
    wire_put_binary(out, bytes_of(salt, SALT_BYTES));
    wire_put_unsigned(out, generation);
    wire_put_binary(out, canonical);
    extensions_put(out, NULL, 0);
    struct arena arena;
    uint64_t again = 0;
    struct bytes decoded;
    struct bytes encoded = check_begin(out, start, &arena);
    return check_end(out, &arena, pack_body_decode(encoded, &arena, &again, &decoded));
}

enum status pack_body_decode(struct bytes body, struct arena *arena, uint64_t *generation,
                             struct bytes *canonical)
{
    struct tree tree;
    uint8_t salt[SALT_BYTES];
    *canonical = (struct bytes){NULL, 0};
    *generation = 0;
    enum status status = tree_open(&tree, body);
    if (status == STATUS_OK) {
        struct wire_reader items = wire_reader_of(&tree.value, PACK_BODY_ITEMS, PACK_BODY_ITEMS);
        salt_take(&items, salt);
        *generation = wire_take_unsigned(&items, UINT32_MAX);
        *canonical = wire_take_binary(&items, 1, LIMIT_PACK_BYTES);
        status = take_extensions(&items, arena);
    }
    tree_close(&tree);
    return status;
}
