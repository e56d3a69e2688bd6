#include "client/replica/log/log.h"

#include "client/replica/log/damage.h"

#include <string.h>

/* What a row that another row points to must be: there. */
static enum status must(enum status status)
{
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

enum status log_get(struct store_read *read, uint32_t number, struct log_row *row)
{
    struct table_key key = key_of_u32(number);
    struct bytes value;
    enum status status = store_get(read, TABLE_LOG, key_bytes(&key), &value);
    if (status != STATUS_OK)
        return status;
    row->number = number;
    return log_row_decode(value, row);
}

enum status log_find(struct store_read *read, const struct name *name, struct log_row *row)
{
    struct table_key key = key_of_name(name);
    struct bytes value;
    uint32_t number = 0;
    enum status status = store_get(read, TABLE_LOG_NAME, key_bytes(&key), &value);
    if (status == STATUS_OK)
        status = number_decode(value, &number);
    return status == STATUS_OK ? must(log_get(read, number, row)) : status;
}

enum status log_entry(struct store_read *read, uint32_t number, struct vector_entry *entry)
{
    struct log_row row;
    enum status status = must(log_get(read, number, &row));
    if (status == STATUS_OK)
        status = damage_cap(read, &row);
    if (status != STATUS_OK)
        return status;
    *entry = (struct vector_entry){.head = {.log = row.name, .seq = row.seq, .id = row.id},
                                   .device = row.device,
                                   .purpose = row.purpose};
    return must(log_scope_name(read, row.scope, &entry->scope));
}

enum status log_each(struct store_read *read,
                     bool (*each)(void *context, const struct log_row *row), void *context)
{
    struct store_cursor *cursor = NULL;
    enum status status = store_cursor_open(read, TABLE_LOG, &cursor);
    if (status != STATUS_OK)
        return status;
    for (;;) {
        struct bytes key, value;
        struct log_row row;
        status = store_next(cursor, &key, &value);
        if (status != STATUS_OK)
            break;
        status = number_decode(key, &row.number);
        if (status == STATUS_OK)
            status = log_row_decode(value, &row);
        if (status != STATUS_OK || !each(context, &row))
            break;
    }
    store_cursor_close(cursor);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status log_segments(struct store_read *read, uint32_t root, struct log_row *rows, size_t most,
                         size_t *count)
{
    *count = 0;
    enum status status = log_get(read, root, &rows[0]);
    if (status != STATUS_OK)
        return status;
    *count = 1;
    if (!(rows[0].flags & LOG_FORKED))
        return STATUS_OK;
    struct store_cursor *cursor = NULL;
    status = store_cursor_open(read, TABLE_META, &cursor);
    if (status != STATUS_OK)
        return status;
    struct table_key key = key_of_meta(META_SEGMENT);
    key_u32(&key, root);
    struct bytes prefix = key_bytes(&key), found, value;
    status = store_seek(cursor, prefix, &found, &value);
    while (status == STATUS_OK && *count < most && found.size == prefix.size + 4 &&
           memcmp(found.at, prefix.at, prefix.size) == 0) {
        status = must(log_get(read, be32_load(found.at + prefix.size), &rows[*count]));
        if (status != STATUS_OK)
            break;
        ++*count;
        status = store_next(cursor, &found, &value);
    }
    store_cursor_close(cursor);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status log_at(struct store_read *read, const struct place *place, struct log_row *row)
{
    enum status status = log_get(read, place->store, row);
    if (status != STATUS_OK)
        return status;
    if (place->seq >= row->first && place->seq <= row->seq)
        return STATUS_OK;
    struct log_row rows[LOG_SEGMENTS_MAX];
    size_t count = 0;
    status = log_segments(read, row->root, rows, LOG_SEGMENTS_MAX, &count);
    if (status != STATUS_OK)
        return must(status);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].store == place->store && place->seq >= rows[i].first &&
            place->seq <= rows[i].seq) {
            *row = rows[i];
            return STATUS_OK;
        }
    }
    return STATUS_NOT_FOUND;
}

enum status log_record(struct store_read *read, const struct place *place, struct record_row *row)
{
    struct table_key key = key_of_pair(place->store, place->seq);
    struct bytes value;
    enum status status = store_get(read, TABLE_RECORD, key_bytes(&key), &value);
    return status == STATUS_OK ? record_row_decode(value, row) : status;
}

enum status log_record_decode(struct store_read *read, const struct place *place,
                              struct arena *arena, struct record *record)
{
    struct record_row row;
    enum status status = must(log_record(read, place, &row));
    if (status != STATUS_OK)
        return status;
    if (row.raw.size == 0)
        return STATUS_NOT_FOUND;
    status = record_decode(row.raw, arena, record);
    if (status == STATUS_OK && !hash_equal(&record->id, &row.id))
        status = STATUS_CORRUPT;
    return status == STATUS_OK || status == STATUS_NO_MEMORY ? status : STATUS_CORRUPT;
}

enum status log_id(struct store_read *read, const struct log_row *log, uint64_t seq,
                   struct hash *id)
{
    struct log_row row = *log;
    while (seq < row.first && row.base != 0) {
        enum status status = must(log_get(read, row.base, &row));
        if (status != STATUS_OK)
            return status;
    }
    if (seq < row.first || seq > row.seq)
        return STATUS_NOT_FOUND;
    struct record_row record;
    enum status status =
        must(log_record(read, &(struct place){.store = row.store, .seq = seq}, &record));
    if (status == STATUS_OK)
        *id = record.id;
    return status;
}

enum status log_resolve(struct store_read *read, uint32_t root, uint64_t seq,
                        const struct name *id16, struct log_row *row)
{
    struct log_row rows[LOG_SEGMENTS_MAX];
    size_t count = 0;
    enum status status = log_segments(read, root, rows, LOG_SEGMENTS_MAX, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        if (seq < rows[i].first || seq > rows[i].seq)
            continue;
        struct record_row record;
        struct place place = {.store = rows[i].store, .seq = seq};
        status = must(log_record(read, &place, &record));
        if (status == STATUS_OK && memcmp(record.id.bytes, id16->bytes, sizeof id16->bytes) == 0) {
            *row = rows[i];
            return STATUS_OK;
        }
    }
    return status == STATUS_OK ? STATUS_NOT_FOUND : status;
}

enum status log_scope_number(struct store_read *read, const struct name *scope, uint32_t *number)
{
    struct table_key key = key_of_meta(META_SCOPE);
    key_name(&key, scope);
    struct bytes value;
    enum status status = store_get(read, TABLE_META, key_bytes(&key), &value);
    return status == STATUS_OK ? number_decode(value, number) : status;
}

enum status log_scope_name(struct store_read *read, uint32_t number, struct name *scope)
{
    struct table_key key = key_of_meta(META_SCOPE_NAME);
    key_u32(&key, number);
    struct bytes value;
    enum status status = store_get(read, TABLE_META, key_bytes(&key), &value);
    if (status != STATUS_OK)
        return status;
    if (value.size != sizeof scope->bytes)
        return STATUS_CORRUPT;
    memcpy(scope->bytes, value.at, value.size);
    return STATUS_OK;
}

/* ---- cases ---- */

enum status log_case_get(struct store_read *read, uint32_t number, struct case_row *row)
{
    struct table_key key = key_of_pair(number, 0);
    struct bytes value;
    enum status status = store_get(read, TABLE_CASE, key_bytes(&key), &value);
    if (status != STATUS_OK)
        return status;
    row->number = number;
    return case_row_decode(value, row);
}

enum status log_case_find(struct store_read *read, const struct name *name, struct case_row *row)
{
    struct store_cursor *cursor = NULL;
    enum status status = store_cursor_open(read, TABLE_CASE_NAME, &cursor);
    if (status != STATUS_OK)
        return status;
    struct table_key key = key_of_name(name);
    struct bytes prefix = key_bytes(&key), found, value;
    bool any = false;
    status = store_seek(cursor, prefix, &found, &value);
    while (status == STATUS_OK && memcmp(found.at, prefix.at, prefix.size) == 0) {
        uint32_t number = 0;
        struct case_row candidate;
        status = number_decode(value, &number);
        if (status == STATUS_OK)
            status = must(log_case_get(read, number, &candidate));
        if (status != STATUS_OK)
            break;
        if (!any || candidate.genesis)
            *row = candidate;
        any = true;
        if (candidate.genesis)
            break;
        status = store_next(cursor, &found, &value);
    }
    store_cursor_close(cursor);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    return any ? STATUS_OK : STATUS_NOT_FOUND;
}

enum status case_walk_begin(struct store_read *read, uint32_t case_number, struct case_walk *walk)
{
    *walk = (struct case_walk){.case_number = case_number};
    return store_cursor_open(read, TABLE_CASE, &walk->cursor);
}

enum status case_walk_next(struct case_walk *walk, struct case_record_row *row)
{
    struct bytes found, value;
    enum status status;
    if (walk->started) {
        status = store_next(walk->cursor, &found, &value);
    } else {
        struct table_key first = key_of_pair(walk->case_number, 1);
        status = store_seek(walk->cursor, key_bytes(&first), &found, &value);
        walk->started = true;
    }
    if (status != STATUS_OK)
        return status;
    if (found.size != 12)
        return STATUS_CORRUPT;
    if (be32_load(found.at) != walk->case_number)
        return STATUS_NOT_FOUND;
    row->arrival = be64_load(found.at + 4);
    return case_record_row_decode(value, row);
}

void case_walk_end(struct case_walk *walk)
{
    store_cursor_close(walk->cursor);
    walk->cursor = NULL;
}
