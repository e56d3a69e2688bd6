/*
 * What makes derived rows stale: a change of authority, another version of the rows themselves.
 */
#include "client/replica/case/index.h"

#include <string.h>

static enum status mark_case(struct replica *replica, uint32_t case_number)
{
    struct table_key key = key_of_u32(case_number);
    return group_put(replica, TABLE_DIRTY, &key, bytes_of(NULL, 0));
}

enum status index_mark_log(struct replica *replica, const struct log_row *log)
{
    enum status status = STATUS_OK;
    uint32_t marked = 0;
    for (uint64_t seq = log->first; seq <= log->seq && status == STATUS_OK; seq++) {
        struct place place = {log->store, seq};
        struct record_row row;
        status = log_record(replica->group.view, &place, &row);
        if (status == STATUS_OK && row.case_number != 0 && row.case_number != marked) {
            marked = row.case_number;
            status = mark_case(replica, marked);
        }
    }
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

struct following {
    struct replica *replica;
    const struct authority *before;
    const struct authority *after;
    struct arena arena;
    uint32_t *numbers; /* of the logs to be marked */
    size_t count;
    size_t capacity;
    enum status failure;
};

static bool stands_otherwise(struct following *following, const struct log_row *log,
                             const struct name *scope, uint64_t seq, const struct hash *id)
{
    struct position position = {log->name, seq, *id};
    return authority_standing(following->before, &log->device, scope, &position) !=
           authority_standing(following->after, &log->device, scope, &position);
}

static bool compare_log(void *context, const struct log_row *log)
{
    struct following *following = context;
    struct store_read *view = following->replica->group.view;
    struct name scope;
    struct hash first;
    if (log->seq < log->first) {
        return true;
    }
    following->failure = log_scope_name(view, log->scope, &scope);
    if (following->failure == STATUS_OK) {
        following->failure = log_id(view, log, log->first, &first);
    }
    if (following->failure != STATUS_OK) {
        return false;
    }
    if (!stands_otherwise(following, log, &scope, log->first, &first) &&
        !stands_otherwise(following, log, &scope, log->seq, &log->id)) {
        return true;
    }
    if (following->count == following->capacity) {
        size_t capacity = following->capacity == 0 ? 32 : following->capacity * 2;
        uint32_t *grown = arena_array(&following->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            following->failure = STATUS_NO_MEMORY;
            return false;
        }
        if (following->count > 0) {
            memcpy(grown, following->numbers, following->count * sizeof *grown);
        }
        following->numbers = grown;
        following->capacity = capacity;
    }
    following->numbers[following->count++] = log->number;
    return true;
}

static enum status mark_not_loaded(struct replica *replica)
{
    struct store_cursor *cursor = NULL;
    struct table_key start = key_of_u32(0);
    struct bytes key = {NULL, 0};
    struct bytes value = {NULL, 0};
    enum status status = store_cursor_open(replica->group.view, TABLE_SUMMARY, &cursor);
    if (status != STATUS_OK) {
        return status;
    }
    status = store_seek(cursor, key_bytes(&start), &key, &value);
    while (status == STATUS_OK) {
        struct summary_row row;
        uint32_t number = 0;
        status = number_decode(key, &number);
        if (status == STATUS_OK) {
            status = summary_decode(value, &row);
        }
        if (status == STATUS_OK && row.summary.not_loaded) {
            status = mark_case(replica, number);
        }
        if (status == STATUS_OK) {
            status = store_next(cursor, &key, &value);
        }
    }
    store_cursor_close(cursor);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status index_follow_authority(struct replica *replica)
{
    struct group *group = &replica->group;
    if (group->authority == NULL || group->authority_followed || replica->authority == NULL) {
        return STATUS_OK;
    }
    group->authority_followed = true;
    /* Only the writer publishes, and this is the writer: what is committed stays where it is. */
    struct following following = {
        .replica = replica, .before = replica->authority->authority, .after = group->authority};
    arena_init(&following.arena, SIZE_MAX);
    enum status status = log_each(replica->group.view, compare_log, &following);
    status = status == STATUS_OK ? following.failure : status;
    for (size_t i = 0; i < following.count && status == STATUS_OK; i++) {
        struct log_row log;
        status = log_get(replica->group.view, following.numbers[i], &log);
        if (status == STATUS_OK) {
            status = index_mark_log(replica, &log);
        }
    }
    arena_deinit(&following.arena);
    if (status == STATUS_OK) {
        status = mark_not_loaded(replica);
    }
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

/* ---- rows of another version ---- */

static enum status clear_table(struct replica *replica, enum store_table table)
{
    struct store_cursor *cursor = NULL;
    static const uint8_t lowest = 0;
    enum status status = store_cursor_open(replica->group.view, table, &cursor);
    if (status != STATUS_OK) {
        return status;
    }
    while (status == STATUS_OK) {
        uint8_t key[STORE_KEY_BYTES];
        struct bytes found = {NULL, 0};
        struct bytes value = {NULL, 0};
        status = store_seek(cursor, bytes_of(&lowest, 1), &found, &value);
        if (status == STATUS_OK) {
            memcpy(key, found.at, found.size);
            status = store_delete(replica->group.write, table, bytes_of(key, found.size));
        }
    }
    store_cursor_close(cursor);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status index_renew(struct replica *replica)
{
    enum status status = clear_table(replica, TABLE_SUMMARY);
    if (status == STATUS_OK) {
        status = clear_table(replica, TABLE_INDEX);
    }
    for (uint32_t number = 1; number <= replica->group.counters.cases && status == STATUS_OK;
         number++) {
        status = mark_case(replica, number);
    }
    return status;
}

enum status index_follow_version(struct replica *replica)
{
    struct table_key key = key_of_meta(META_DERIVED);
    struct bytes value = {NULL, 0};
    uint32_t version = 0;
    uint8_t row[4];
    enum status status = store_get(replica->group.view, TABLE_META, key_bytes(&key), &value);
    if (status == STATUS_OK) {
        status = number_decode(value, &version);
    }
    if (status == STATUS_OK && version == INDEX_VERSION) {
        return STATUS_OK;
    }
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        return status;
    }
    status = index_renew(replica);
    be32_store(row, INDEX_VERSION);
    return status == STATUS_OK ? group_put(replica, TABLE_META, &key, bytes_of(row, sizeof row))
                               : status;
}
