#include "client/replica/log/aside.h"

#include <string.h>

enum {
    COUNT_BYTES = 16,
    RECORD_ARENA_BYTES = 1 << 20,
    FRUITLESS_MOST = 1024, /* of one log in one go: those of a branch may lie there for ever */
    KEY_BYTES = 1 + 16 + 8 + 16
};

static struct table_key key_of_aside(const struct name *log, uint64_t seq, const struct name *id16)
{
    struct table_key key = key_of_meta(META_ASIDE);
    key_name(&key, log);
    key_u64(&key, seq);
    key_name(&key, id16);
    return key;
}

enum status aside_count(struct store_read *read, struct aside_count *count)
{
    struct table_key key = key_of_meta(META_ASIDE_COUNT);
    struct bytes value;
    *count = (struct aside_count){0};
    enum status status = store_get(read, TABLE_META, key_bytes(&key), &value);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    if (status == STATUS_OK && value.size != COUNT_BYTES)
        return STATUS_CORRUPT;
    if (status == STATUS_OK) {
        count->records = be64_load(value.at);
        count->bytes = be64_load(value.at + 8);
    }
    return status;
}

static enum status count_put(struct replica *replica, const struct aside_count *count)
{
    struct table_key key = key_of_meta(META_ASIDE_COUNT);
    uint8_t value[COUNT_BYTES];
    if (count->records == 0)
        return group_delete(replica, TABLE_META, &key);
    be64_store(value, count->records);
    be64_store(value + 8, count->bytes);
    return group_put(replica, TABLE_META, &key, bytes_of(value, sizeof value));
}

/* Whether there is room for |size| more bytes. */
static enum status room_for(struct replica *replica, const struct aside_count *count, size_t size,
                            bool *room)
{
    uint64_t free_bytes = 0;
    bool reserve = false;
    enum status status = store_room(replica->store, &free_bytes, &reserve);
    *room = status == STATUS_OK && !reserve && count->records < ASIDE_RECORDS_MOST &&
            count->bytes + size <= ASIDE_BYTES_MOST;
    return status;
}

enum status aside_put(struct replica *replica, const struct record *record, bool *kept)
{
    struct store_read *view = replica->group.view;
    struct name log = record_log(record), id16 = name_of_hash(&record->id);
    struct table_key key = key_of_aside(&log, record->header.seq, &id16);
    struct aside_count count;
    struct log_row row;
    struct bytes value;
    bool room = false;
    *kept = false;
    enum status status = log_find(view, &log, &row);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    status = store_get(view, TABLE_META, key_bytes(&key), &value);
    if (status != STATUS_NOT_FOUND) {
        *kept = status == STATUS_OK;
        return status;
    }
    status = aside_count(view, &count);
    if (status == STATUS_OK)
        status = room_for(replica, &count, record->raw.size, &room);
    if (status != STATUS_OK || !room)
        return status;
    *kept = true;
    count.records++;
    count.bytes += record->raw.size;
    status = group_put(replica, TABLE_META, &key, record->raw);
    return status == STATUS_OK ? count_put(replica, &count) : status;
}

static enum status drop(struct replica *replica, const struct table_key *key, size_t size)
{
    struct aside_count count;
    enum status status = aside_count(replica->group.view, &count);
    if (status == STATUS_OK && (count.records == 0 || count.bytes < size))
        status = STATUS_CORRUPT;
    if (status == STATUS_OK)
        status = group_delete(replica, TABLE_META, key);
    if (status != STATUS_OK)
        return status;
    count.records--;
    count.bytes -= size;
    return count_put(replica, &count);
}

/* The first that waits at or behind |key| of the same log, copied out; NOT_FOUND: none. */
static enum status next_of(struct store_read *read, struct table_key *key, struct arena *arena,
                           struct bytes *raw)
{
    struct store_cursor *cursor = NULL;
    struct bytes found, value;
    bool ok = true;
    enum status status = store_cursor_open(read, TABLE_META, &cursor);
    if (status != STATUS_OK)
        return status;
    status = store_seek(cursor, key_bytes(key), &found, &value);
    if (status == STATUS_OK &&
        (found.size != KEY_BYTES || memcmp(found.at, key->bytes, KEY_BYTES - 8 - 16) != 0))
        status = STATUS_NOT_FOUND;
    if (status == STATUS_OK) {
        memcpy(key->bytes, found.at, found.size);
        *raw = arena_copy(arena, value, &ok);
    }
    store_cursor_close(cursor);
    return ok ? status : STATUS_NO_MEMORY;
}

/* Moves |key| to the least one behind it. */
static void key_after(struct table_key *key)
{
    for (size_t i = KEY_BYTES; i > 0 && ++key->bytes[i - 1] == 0; i--) {
    }
}

/* The last seq any branch of the log holds: what waits further on still has its gap before it. */
static enum status reach_of(struct store_read *read, uint32_t root, uint64_t *reach)
{
    struct log_row rows[LOG_SEGMENTS_MAX];
    size_t count = 0;
    *reach = 0;
    enum status status = log_segments(read, root, rows, LOG_SEGMENTS_MAX, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        *reach = rows[i].seq > *reach ? rows[i].seq : *reach;
    return status;
}

/* Those of one log, one after the other. */
struct following {
    struct replica *replica;
    struct log_row root;
    struct arena arena; /* of the record looked at */
    struct table_key key;
    uint64_t reach;
    size_t fruitless;
    bool stop; /* the rest waits on */
};

/* What becomes of the record |raw| that waited under the key. */
static enum status take_one(struct following *following, struct bytes raw)
{
    struct record record;
    struct run run;
    uint64_t seq = be64_load(following->key.bytes + 1 + 16);
    following->stop = seq > following->reach + 1;
    if (following->stop)
        return STATUS_OK;
    enum status status = record_decode(raw, &following->arena, &record);
    if (status != STATUS_OK)
        return status == STATUS_NO_MEMORY ? status : STATUS_CORRUPT;
    status = accept_alone(following->replica, &record, &following->root, &run);
    if (status != STATUS_OK)
        return status;
    if (run.outcome == RUN_GAP || run.outcome == RUN_NO_ROOM) {
        following->stop = run.outcome == RUN_NO_ROOM || ++following->fruitless == FRUITLESS_MOST;
        return STATUS_OK;
    }
    if (run.head.seq > following->reach)
        following->reach = run.head.seq;
    return drop(following->replica, &following->key, raw.size);
}

enum status aside_follow(struct replica *replica, const struct name *log)
{
    static const struct name first;
    struct following following = {.replica = replica, .key = key_of_aside(log, 0, &first)};
    struct store_read *view = replica->group.view;
    struct aside_count count;
    enum status status = aside_count(view, &count);
    if (status != STATUS_OK || count.records == 0)
        return status;
    status = log_find(view, log, &following.root);
    if (status == STATUS_OK)
        status = reach_of(view, following.root.number, &following.reach);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    arena_init(&following.arena, RECORD_ARENA_BYTES);
    while (status == STATUS_OK && !following.stop) {
        struct bytes raw;
        arena_reset(&following.arena);
        status = next_of(view, &following.key, &following.arena, &raw);
        if (status == STATUS_OK)
            status = take_one(&following, raw);
        key_after(&following.key);
    }
    arena_deinit(&following.arena);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
