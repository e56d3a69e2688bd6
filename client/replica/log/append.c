/*
 * Writing into logs, in the open group: the rows of a new record, its seal.
 */
#include "client/replica/log/log.h"
#include "client/replica/snapshot.h"

#include <stdlib.h>
#include <string.h>

/* The zone an opening record claims; acts take the pack's. */
enum { OPENING_ZONE_MINUTES = 420 };
#define SOFTWARE "hoso 0.1.0"

/* ---- numbers ---- */

enum status log_scope_make(struct replica *replica, const struct name *name, uint32_t *number)
{
    enum status status = log_scope_number(replica->group.view, name, number);
    if (status != STATUS_NOT_FOUND)
        return status;
    *number = ++replica->group.counters.scopes;
    uint8_t value[4];
    be32_store(value, *number);
    struct table_key key = key_of_meta(META_SCOPE);
    key_name(&key, name);
    status = group_put(replica, TABLE_META, &key, bytes_of(value, sizeof value));
    if (status != STATUS_OK)
        return status;
    key = key_of_meta(META_SCOPE_NAME);
    key_u32(&key, *number);
    return group_put(replica, TABLE_META, &key, bytes_of(name->bytes, sizeof name->bytes));
}

enum status log_create(struct replica *replica, struct log_row *row)
{
    row->number = ++replica->group.counters.logs;
    if (row->store == 0)
        row->store = row->number;
    if (row->root == 0)
        row->root = row->number;
    uint8_t value[4];
    be32_store(value, row->number);
    struct table_key key = key_of_name(&row->name);
    enum status status = group_put(replica, TABLE_LOG_NAME, &key, bytes_of(value, sizeof value));
    if (status != STATUS_OK || row->root == row->number)
        return status;
    key = key_of_meta(META_SEGMENT);
    key_u32(&key, row->root);
    key_u32(&key, row->number);
    return group_put(replica, TABLE_META, &key, bytes_of(NULL, 0));
}

static enum status case_row_put(struct replica *replica, const struct case_row *row)
{
    uint8_t value[CASE_ROW_BYTES];
    case_row_encode(row, value);
    struct table_key key = key_of_pair(row->number, 0);
    return group_put(replica, TABLE_CASE, &key, bytes_of(value, sizeof value));
}

/* A case never leaves its scope: a record of another scope that names it is of another case. With
 * its |genesis| its row says so. */
static enum status case_make(struct replica *replica, const struct name *name, uint32_t scope,
                             bool genesis, uint32_t *number)
{
    struct case_row row = {.name = *name, .scope = scope, .genesis = genesis};
    struct table_key key = key_of_name(name);
    key_u32(&key, scope);
    struct bytes found;
    enum status status = store_get(replica->group.view, TABLE_CASE_NAME, key_bytes(&key), &found);
    if (status == STATUS_OK) {
        status = number_decode(found, number);
        row.number = *number;
        return status == STATUS_OK && genesis ? case_row_put(replica, &row) : status;
    }
    if (status != STATUS_NOT_FOUND)
        return status;
    *number = row.number = ++replica->group.counters.cases;
    uint8_t value[4];
    be32_store(value, *number);
    status = group_put(replica, TABLE_CASE_NAME, &key, bytes_of(value, sizeof value));
    return status == STATUS_OK ? case_row_put(replica, &row) : status;
}

/* The number of the record's case, the case marked stale; 0 for a record of no case. */
static enum status case_enter(struct replica *replica, const struct log_row *log,
                              const struct log_record *record, uint32_t *number)
{
    struct group *group = &replica->group;
    *number = 0;
    if (name_is_none(&record->case_name))
        return STATUS_OK;
    bool genesis = record->kind == KIND_GENESIS;
    bool same = group->last_case_number != 0 && group->last_case_scope == log->scope &&
                name_equal(&group->last_case, &record->case_name);
    if (same && !genesis) {
        *number = group->last_case_number;
        return STATUS_OK;
    }
    enum status status = case_make(replica, &record->case_name, log->scope, genesis, number);
    if (status != STATUS_OK || same)
        return status;
    struct table_key dirty = key_of_u32(*number);
    status = group_put(replica, TABLE_DIRTY, &dirty, bytes_of(NULL, 0));
    if (status != STATUS_OK)
        return status;
    group->last_case = record->case_name;
    group->last_case_scope = log->scope;
    group->last_case_number = *number;
    return STATUS_OK;
}

/* ---- the rows of a record ---- */

static enum status record_put(struct replica *replica, const struct place *place, uint64_t arrival,
                              uint32_t case_number, const struct log_record *record)
{
    struct buffer *row = &replica->scratch;
    buffer_reset(row);
    buffer_append_be64(row, arrival);
    buffer_append(row, record->id.bytes, sizeof record->id.bytes);
    buffer_append_be32(row, case_number);
    buffer_append_bytes(row, record->raw);
    enum status status = buffer_status(row);
    if (status != STATUS_OK)
        return status;
    struct table_key key = key_of_pair(place->store, place->seq);
    return group_put(replica, TABLE_RECORD, &key, buffer_view(row));
}

static enum status order_put(struct replica *replica, const struct log_row *log,
                             const struct place *place, const struct hash *id)
{
    struct counters *counters = &replica->group.counters;
    counters->running_hash = receipt_running_hash(&counters->running_hash, id);
    struct arrival_row row = {.place = *place, .running_hash = counters->running_hash};
    uint8_t value[ARRIVAL_ROW_BYTES];
    arrival_row_encode(&row, value);
    struct table_key key = key_of_u64(counters->arrival);
    enum status status = group_put(replica, TABLE_ARRIVAL, &key, bytes_of(value, sizeof value));
    if (status != STATUS_OK)
        return status;
    key = key_of_pair(log->scope, counters->arrival);
    return group_put(replica, TABLE_SCOPE, &key, bytes_of(value, PLACE_BYTES));
}

static enum status case_record_put(struct replica *replica, uint32_t case_number,
                                   const struct place *place, const struct hash *id)
{
    struct case_record_row row = {.place = *place, .id16 = name_of_hash(id)};
    uint8_t value[CASE_RECORD_ROW_BYTES];
    case_record_row_encode(&row, value);
    struct table_key key = key_of_pair(case_number, replica->group.counters.arrival);
    return group_put(replica, TABLE_CASE, &key, bytes_of(value, sizeof value));
}

enum status log_append(struct replica *replica, struct log_row *log,
                       const struct log_record *record)
{
    struct counters *counters = &replica->group.counters;
    struct place place = {.store = log->store, .seq = log->seq + 1};
    uint32_t case_number = 0;
    enum status status = case_enter(replica, log, record, &case_number);
    if (status != STATUS_OK)
        return status;
    counters->arrival++;
    counters->records++;
    status = record_put(replica, &place, counters->arrival, case_number, record);
    if (status == STATUS_OK)
        status = order_put(replica, log, &place, &record->id);
    if (status == STATUS_OK && case_number != 0)
        status = case_record_put(replica, case_number, &place, &record->id);
    if (status != STATUS_OK)
        return status;
    log->seq = place.seq;
    log->id = record->id;
    return STATUS_OK;
}

enum status log_note_changed(struct replica *replica, uint32_t number)
{
    struct group *group = &replica->group;
    for (size_t i = group->changed_count; i > 0; i--) {
        if (group->changed[i - 1] == number)
            return STATUS_OK;
    }
    if (group->changed_count == group->changed_capacity) {
        size_t capacity = group->changed_capacity ? group->changed_capacity * 2 : 16;
        uint32_t *grown = realloc(group->changed, capacity * sizeof *grown);
        if (!grown)
            return STATUS_NO_MEMORY;
        group->changed = grown;
        group->changed_capacity = capacity;
    }
    group->changed[group->changed_count++] = number;
    return STATUS_OK;
}

enum status log_save(struct replica *replica, const struct log_row *log)
{
    uint8_t value[LOG_ROW_BYTES];
    log_row_encode(log, value);
    struct table_key key = key_of_u32(log->number);
    enum status status = group_put(replica, TABLE_LOG, &key, bytes_of(value, sizeof value));
    return status == STATUS_OK ? log_note_changed(replica, log->number) : status;
}

enum status log_write_sealed(struct replica *replica, struct log_row *log, struct bytes raw)
{
    struct arena arena;
    struct record record;
    arena_init(&arena, 1 << 20);
    enum status status = record_decode(raw, &arena, &record);
    if (status != STATUS_OK)
        goto done;
    if (log->number == 0) {
        log->name = record_log(&record);
        status = log_create(replica, log);
        if (status != STATUS_OK)
            goto done;
    }
    struct log_record appended = {
        .raw = raw, .id = record.id, .kind = record.header.kind, .case_name = record_case(&record)};
    status = log_append(replica, log, &appended);
    if (status == STATUS_OK)
        status = log_save(replica, log);
    if (status == STATUS_OK && log->purpose == LOG_AUTHORITY && snapshot_takes(&record)) {
        struct authority *authority = group_authority_own(replica);
        status = authority ? authority_add(authority, &record, &log->device) : STATUS_NO_MEMORY;
    }
done:
    arena_deinit(&arena);
    return status;
}

/* Appends a record that has just been sealed into a log that is open, so all is known of it. */
static enum status write_known(struct replica *replica, struct log_row *log,
                               const struct record_header *header, struct bytes raw,
                               const struct hash *id)
{
    struct log_record appended = {
        .raw = raw, .id = *id, .kind = header->kind, .case_name = header->case_name};
    if (header->kind == KIND_GENESIS)
        appended.case_name = name_of_hash(id);
    enum status status = log_append(replica, log, &appended);
    return status == STATUS_OK ? log_save(replica, log) : status;
}

enum status log_write_as(struct replica *replica, struct log_row *log, struct record_header *header,
                         struct bytes body, const struct secret_key *key, struct hash *id)
{
    struct buffer sealed;
    struct log_row root = *log;
    enum status status = STATUS_OK;
    buffer_init(&sealed, LIMIT_RECORD_BYTES);
    if (log->number != 0 && log->root != log->number)
        status = log_get(replica->group.view, log->root, &root);
    header->version = RECORD_VERSION;
    header->log = root.name;
    header->seq = log->seq + 1;
    header->prev = log->id;
    if (status == STATUS_OK)
        status = record_seal(header, body, NULL, key, &sealed, id);
    if (status == STATUS_OK && log->number != 0 && log->purpose != LOG_AUTHORITY)
        status = write_known(replica, log, header, buffer_view(&sealed), id);
    else if (status == STATUS_OK)
        status = log_write_sealed(replica, log, buffer_view(&sealed));
    buffer_deinit(&sealed);
    return status;
}

enum status log_write(struct replica *replica, struct log_row *log, struct record_header *header,
                      struct bytes body, struct hash *id)
{
    return log_write_as(replica, log, header, body, &replica->secret, id);
}

enum status log_open(struct replica *replica, struct opening *opening, const struct secret_key *key,
                     struct log_row *log)
{
    struct buffer body;
    struct hash id;
    buffer_init(&body, LIMIT_BODY_BYTES);
    opening->software = bytes_of_text(SOFTWARE);
    opening->rules = RULES_VERSION;
    replica->world.random(replica->world.context, opening->salt, sizeof opening->salt);
    *log = (struct log_row){
        .device = opening->device, .purpose = (uint8_t)opening->purpose, .first = 1};
    if (public_key_equal(&log->device, &replica->key))
        log->flags |= LOG_OWN;
    struct record_header header = {.kind = KIND_OPENING,
                                   .recorded_seconds =
                                       replica->world.wall_seconds(replica->world.context),
                                   .recorded_zone_minutes = OPENING_ZONE_MINUTES};
    enum status status = log_scope_make(replica, &opening->scope, &log->scope);
    if (status == STATUS_OK)
        status = opening_encode(opening, &body);
    if (status == STATUS_OK)
        status = log_write_as(replica, log, &header, buffer_view(&body), key, &id);
    buffer_deinit(&body);
    return status;
}
