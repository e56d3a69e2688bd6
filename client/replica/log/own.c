/*
 * This node's own logs: one open log for each purpose and scope. Most nodes write in one scope; a
 * hub whose officer decides an office's case writes in that case's scope, where it belongs.
 */
#include "client/replica/log/log.h"

#include <stdlib.h>
#include <string.h>

struct own_row {
    uint32_t number; /* 0: none ever */
    bool open;
    uint64_t refused; /* from this seq on, by a peer; 0 none */
};
enum { OWN_ROW_BYTES = 13, OWN_KEY_BYTES = 2, OWN_KEY_ELSEWHERE_BYTES = OWN_KEY_BYTES + 16 };

/* Where an own log stands. */
struct own_slot {
    uint64_t purpose;
    bool elsewhere; /* in |scope|, not in the node's own */
    struct name scope;
};

static struct own_slot slot_of(uint64_t purpose, const struct name *scope)
{
    struct own_slot slot = {.purpose = purpose, .elsewhere = scope != NULL};
    if (scope)
        slot.scope = *scope;
    return slot;
}

static struct table_key key_of_own(const struct own_slot *slot)
{
    struct table_key key = key_of_meta(META_OWN_LOG);
    key_u8(&key, (uint8_t)slot->purpose);
    if (slot->elsewhere)
        key_name(&key, &slot->scope);
    return key;
}

static enum status own_put(struct replica *replica, const struct own_slot *slot,
                           const struct own_row *row)
{
    uint8_t value[OWN_ROW_BYTES];
    be32_store(value, row->number);
    value[4] = row->open ? 1 : 0;
    be64_store(value + 5, row->refused);
    struct table_key key = key_of_own(slot);
    return group_put(replica, TABLE_META, &key, bytes_of(value, sizeof value));
}

static enum status own_decode(struct bytes value, struct own_row *row)
{
    if (value.size != OWN_ROW_BYTES)
        return STATUS_CORRUPT;
    *row = (struct own_row){.number = be32_load(value.at),
                            .open = value.at[4] != 0,
                            .refused = be64_load(value.at + 5)};
    return STATUS_OK;
}

static enum status own_get(struct store_read *read, const struct own_slot *slot,
                           struct own_row *row)
{
    struct table_key key = key_of_own(slot);
    struct bytes value;
    *row = (struct own_row){.number = 0};
    enum status status = store_get(read, TABLE_META, key_bytes(&key), &value);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    return status == STATUS_OK ? own_decode(value, row) : status;
}

static enum status find(struct store_read *read, const struct own_slot *slot, struct log_row *log)
{
    struct own_row own;
    enum status status = own_get(read, slot, &own);
    if (status != STATUS_OK)
        return status;
    if (!own.open)
        return STATUS_NOT_FOUND;
    status = log_get(read, own.number, log);
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

enum status log_own_find(struct store_read *read, uint64_t purpose, struct log_row *log)
{
    struct own_slot slot = slot_of(purpose, NULL);
    return find(read, &slot, log);
}

/* ---- all of them ---- */

/* Gathered before any is written: a cursor sees the writes of its own group. */
struct own_list {
    struct own_entry {
        struct own_slot slot;
        struct own_row row;
    } * entries;
    size_t count;
    size_t capacity;
};

static enum status list_add(struct own_list *list, struct bytes key, struct bytes value)
{
    struct own_entry entry = {.slot = {.purpose = key.at[1]}};
    if (key.size != OWN_KEY_BYTES && key.size != OWN_KEY_ELSEWHERE_BYTES)
        return STATUS_CORRUPT;
    if (key.size == OWN_KEY_ELSEWHERE_BYTES) {
        entry.slot.elsewhere = true;
        memcpy(entry.slot.scope.bytes, key.at + OWN_KEY_BYTES, sizeof entry.slot.scope.bytes);
    }
    enum status status = own_decode(value, &entry.row);
    if (status != STATUS_OK)
        return status;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 8;
        struct own_entry *grown = realloc(list->entries, capacity * sizeof *grown);
        if (!grown)
            return STATUS_NO_MEMORY;
        list->entries = grown;
        list->capacity = capacity;
    }
    list->entries[list->count++] = entry;
    return STATUS_OK;
}

/* The caller frees the entries, whatever came of it. */
static enum status list_read(struct store_read *read, struct own_list *list)
{
    struct table_key first = key_of_meta(META_OWN_LOG);
    struct store_cursor *cursor = NULL;
    struct bytes key, value;
    *list = (struct own_list){.count = 0};
    enum status status = store_cursor_open(read, TABLE_META, &cursor);
    if (status != STATUS_OK)
        return status;
    status = store_seek(cursor, key_bytes(&first), &key, &value);
    while (status == STATUS_OK && key.size >= OWN_KEY_BYTES && key.at[0] == META_OWN_LOG) {
        status = list_add(list, key, value);
        if (status == STATUS_OK)
            status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status log_is_own_open(struct store_read *read, const struct log_row *log, bool *is)
{
    struct own_list list;
    *is = false;
    enum status status = list_read(read, &list);
    for (size_t i = 0; i < list.count && status == STATUS_OK && !*is; i++) {
        struct log_row own;
        if (!list.entries[i].row.open)
            continue;
        status = log_get(read, list.entries[i].row.number, &own);
        *is = status == STATUS_OK && own.root == log->root;
    }
    free(list.entries);
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

enum status log_own_moved(struct replica *replica, uint32_t from, uint32_t to)
{
    struct own_list list;
    enum status status = list_read(replica->group.view, &list);
    for (size_t i = 0; i < list.count && status == STATUS_OK; i++) {
        struct own_entry *own = &list.entries[i];
        if (own->row.number != from)
            continue;
        own->row.number = to;
        status = own_put(replica, &own->slot, &own->row);
    }
    free(list.entries);
    return status;
}

enum status log_close_own(struct replica *replica)
{
    struct own_list list;
    enum status status = list_read(replica->group.view, &list);
    for (size_t i = 0; i < list.count && status == STATUS_OK; i++) {
        struct own_entry *own = &list.entries[i];
        if (!own->row.open)
            continue;
        own->row.open = false;
        status = own_put(replica, &own->slot, &own->row);
    }
    free(list.entries);
    return status;
}

enum status log_refused(struct replica *replica, const struct log_row *log, uint64_t seq)
{
    struct own_list list;
    enum status status = list_read(replica->group.view, &list);
    for (size_t i = 0; i < list.count && status == STATUS_OK; i++) {
        struct own_entry *own = &list.entries[i];
        if (!own->row.open || own->row.number != log->number)
            continue;
        own->row.open = false;
        own->row.refused = seq;
        status = own_put(replica, &own->slot, &own->row);
    }
    free(list.entries);
    return status;
}

/* ---- opening ---- */

/* What the opening says of the log this one goes on from: its head, or the last record before what
 * a peer refused. */
static enum status predecessor_fill(struct replica *replica, const struct own_slot *slot,
                                    struct opening *opening)
{
    struct store_read *view = replica->group.view;
    struct own_row own;
    struct log_row last, root;
    enum status status = own_get(view, slot, &own);
    if (status != STATUS_OK || own.number == 0)
        return status;
    status = log_get(view, own.number, &last);
    if (status == STATUS_OK)
        status = log_get(view, last.root, &root);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
    opening->predecessor_seq =
        own.refused > 1 && own.refused <= last.seq ? own.refused - 1 : last.seq;
    opening->predecessor_log = root.name;
    opening->has_predecessor = true;
    status = log_id(view, &last, opening->predecessor_seq, &opening->predecessor_id);
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

static enum status own(struct replica *replica, const struct own_slot *slot, struct log_row *log,
                       struct name *header_log)
{
    struct log_row root;
    enum status status = find(replica->group.view, slot, log);
    if (status == STATUS_NOT_FOUND) {
        struct opening opening = {.device = replica->key,
                                  .scope = slot->elsewhere ? slot->scope
                                           : slot->purpose == LOG_AUTHORITY
                                               ? replica->authority_scope
                                               : replica->identity.scope,
                                  .purpose = slot->purpose};
        status = predecessor_fill(replica, slot, &opening);
        if (status == STATUS_OK)
            status = log_open(replica, &opening, &replica->secret, log);
        if (status == STATUS_OK)
            status = own_put(replica, slot, &(struct own_row){.number = log->number, .open = true});
    }
    if (status == STATUS_OK)
        status = log_get(replica->group.view, log->root, &root);
    if (status == STATUS_OK)
        *header_log = root.name;
    return status;
}

enum status log_own(struct replica *replica, uint64_t purpose, struct log_row *log,
                    struct name *header_log)
{
    struct own_slot slot = slot_of(purpose, NULL);
    return own(replica, &slot, log, header_log);
}

enum status log_own_in(struct replica *replica, uint64_t purpose, const struct name *scope,
                       struct log_row *log, struct name *header_log)
{
    struct own_slot slot =
        slot_of(purpose, name_equal(scope, &replica->identity.scope) ? NULL : scope);
    return own(replica, &slot, log, header_log);
}

enum status log_own_begun(struct replica *replica, uint64_t purpose)
{
    struct own_slot slot = slot_of(purpose, NULL);
    struct own_row row;
    struct log_row log;
    struct name header_log;
    enum status status = own_get(replica->group.view, &slot, &row);
    return status == STATUS_OK && row.number == 0 ? log_own(replica, purpose, &log, &header_log)
                                                  : status;
}

/* ---- what was written here ---- */

/* The root of the log that |root| succeeds; 0: none. */
static enum status predecessor_of(struct store_read *read, uint32_t root, uint32_t *before)
{
    struct place place = {.store = root, .seq = 1};
    struct arena arena;
    struct record record;
    struct opening opening;
    struct log_row row;
    *before = 0;
    arena_init(&arena, 1 << 20);
    enum status status = log_get(read, root, &row);
    if (status == STATUS_OK)
        place.store = row.store;
    if (status == STATUS_OK)
        status = log_record_decode(read, &place, &arena, &record);
    if (status == STATUS_OK)
        status = opening_decode(record.body, &arena, &opening);
    if (status == STATUS_OK && opening.has_predecessor)
        status = log_find(read, &opening.predecessor_log, &row);
    if (status == STATUS_OK && opening.has_predecessor)
        *before = row.root;
    arena_deinit(&arena);
    /* A log that is not here, or whose opening is spoilt: the chain is known so far. */
    return status_class_of(status) == STATUS_CLASS_PEER || status == STATUS_NOT_FOUND ? STATUS_OK
                                                                                      : status;
}

enum status log_own_wrote(struct store_read *read, uint32_t root, bool *wrote)
{
    struct own_list list;
    struct log_row row;
    *wrote = false;
    enum status status = list_read(read, &list);
    for (size_t i = 0; i < list.count && status == STATUS_OK && !*wrote; i++) {
        uint32_t at = 0;
        status = log_get(read, list.entries[i].row.number, &row);
        at = status == STATUS_OK ? row.root : 0;
        for (size_t k = 0; k < LIMIT_LOGS && at != 0 && status == STATUS_OK && !*wrote; k++) {
            *wrote = at == root;
            if (!*wrote)
                status = predecessor_of(read, at, &at);
        }
    }
    free(list.entries);
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}
