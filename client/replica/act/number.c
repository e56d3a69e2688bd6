#include "client/replica/act/lend.h"
#include "client/replica/act/number_key.h"
#include "client/replica/case/field.h"
#include "client/replica/log/log.h"
#include "client/text/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TAIL_BYTES = 12, REQUEST_ROW_BYTES = 48 };

/* ---- codes ---- */

static bool digits_of(const uint8_t *at, size_t count, uint32_t *value)
{
    *value = 0;
    for (size_t i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9') {
            return false;
        }
        *value = *value * 10 + (uint32_t)(at[i] - '0');
    }
    return true;
}

bool code_parse(struct bytes text, struct code *code)
{
    if (text.size <= TAIL_BYTES || text.size > LIMIT_CODE_BYTES ||
        memchr(text.at, 0, text.size) != NULL) {
        return false;
    }
    const uint8_t *tail = text.at + text.size - TAIL_BYTES;
    code->unit = bytes_of(text.at, text.size - TAIL_BYTES);
    return tail[0] == '-' && tail[7] == '-' && digits_of(tail + 1, 6, &code->day) &&
           digits_of(tail + 8, 4, &code->number) && code->number >= 1;
}

enum status code_format(const struct code *code, char out[LIMIT_CODE_BYTES + 1])
{
    if (code->unit.size == 0 || code->unit.size > NUMBER_UNIT_BYTES || code->day > 999999 ||
        code->number > NUMBER_MOST) {
        return STATUS_LIMIT;
    }
    memcpy(out, code->unit.at, code->unit.size);
    (void)snprintf(out + code->unit.size, TAIL_BYTES + 1, "-%06" PRIu32 "-%04" PRIu32, code->day,
                   code->number);
    return STATUS_OK;
}

uint32_t code_day_of(int64_t seconds, int zone_minutes)
{
    char text[7];
    uint32_t day = 0;
    time_format_code_day(time_day_of(seconds, zone_minutes), text);
    (void)digits_of((const uint8_t *)text, 6, &day);
    return day;
}

void code_provisional(const struct name *case_name, char out[NUMBER_PROVISIONAL_BYTES])
{
    char hex[9];
    hex_encode(bytes_of(case_name->bytes, 4), hex);
    (void)snprintf(out, NUMBER_PROVISIONAL_BYTES, "tạm-%s", hex);
}

bool number_is_owner(const struct replica_read *read, struct bytes unit)
{
    const struct replica *replica = read->replica;
    const struct public_key *owner = authority_counter_owner(read->authority, unit);
    if (owner != NULL) {
        return public_key_equal(owner, &replica->key);
    }
    return replica->identity.role != ROLE_DEVICE && bytes_equal(unit, replica->identity.unit);
}

/* ---- rows ---- */

struct table_key number_unit_key(enum number_kind kind, struct bytes unit)
{
    struct table_key key = key_start();
    key_u8(&key, (uint8_t)kind);
    for (size_t i = 0; i < unit.size; i++) {
        key_u8(&key, unit.at[i]);
    }
    key_u8(&key, 0);
    return key;
}

void number_key_u16(struct table_key *key, uint32_t value)
{
    key_u8(key, (uint8_t)(value >> 8));
    key_u8(key, (uint8_t)value);
}

struct table_key number_used_key(const struct code *code)
{
    struct table_key key = number_unit_key(NUMBER_USED, code->unit);
    key_u32(&key, code->day);
    number_key_u16(&key, code->number);
    return key;
}

enum status number_find(struct store_read *read, const struct code *code, struct name *case_name)
{
    struct table_key key = number_used_key(code);
    struct bytes value = {NULL, 0};
    enum status status = store_get(read, TABLE_NUMBER, key_bytes(&key), &value);
    if (status == STATUS_OK) {
        if (value.size != sizeof case_name->bytes) {
            return STATUS_CORRUPT;
        }
        memcpy(case_name->bytes, value.at, sizeof case_name->bytes);
    }
    return status;
}

/* The first case a code was seen in keeps it here; two cases of one code show in the index. */
static enum status note_used(struct replica *replica, const struct code *code,
                             const struct name *case_name)
{
    struct name known;
    enum status status = number_find(replica->group.view, code, &known);
    if (status != STATUS_NOT_FOUND) {
        return status;
    }
    struct table_key key = number_used_key(code);
    return group_put(replica, TABLE_NUMBER, &key,
                     bytes_of(case_name->bytes, sizeof case_name->bytes));
}

static enum status note_waiting(struct replica *replica, const struct name *case_name)
{
    struct table_key key = key_start();
    key_u8(&key, NUMBER_WAITING);
    key_name(&key, case_name);
    return group_put(replica, TABLE_NUMBER, &key, bytes_of(NULL, 0));
}

enum status number_note_codes(struct replica *replica, struct bytes unit,
                              const struct name *case_name, const struct case_body *body,
                              bool *coded)
{
    enum status status = STATUS_OK;
    *coded = false;
    for (size_t i = 0; i < body->write_count && status == STATUS_OK; i++) {
        const struct write *write = &body->writes[i];
        struct code code;
        if (!bytes_equal_text(write->field, FIELD_KEY_CODE) || write->value.type != WIRE_TEXT) {
            continue;
        }
        *coded = true;
        if (code_parse(write->value.as.bytes, &code) && bytes_equal(code.unit, unit)) {
            status = note_used(replica, &code, case_name);
        }
    }
    return status;
}

enum status number_note_body(struct replica *replica, const struct log_row *log, uint64_t kind,
                             const struct hash *id, const struct name *case_name,
                             const struct case_body *body)
{
    bool coded = false;
    enum status status =
        number_note_codes(replica, replica->identity.unit, case_name, body, &coded);
    if (status == STATUS_OK && kind == KIND_GENESIS && !coded &&
        replica->identity.role != ROLE_DEVICE) {
        status = note_waiting(replica, case_name);
    }
    if (status == STATUS_OK && body->request.size > 0 &&
        public_key_equal(&log->device, &replica->key)) {
        status = number_request_put(replica, body->request, id, case_name);
    }
    return status;
}

/* Only the own unit's records matter: a hub that takes in a district's passes over them. */
static enum status is_own_scope(struct replica *replica, const struct log_row *log, bool *own)
{
    uint32_t scope = 0;
    enum status status = log_scope_number(replica->group.view, &replica->identity.scope, &scope);
    *own = status == STATUS_OK && scope == log->scope;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status number_note(struct replica *replica, const struct log_row *log,
                        const struct record *record)
{
    bool own = false;
    uint64_t kind = record->header.kind;
    if (!record->has_body || record->header.newer) {
        return STATUS_OK;
    }
    if (log->flags & LOG_LENT) {
        return lend_note(replica, log, record);
    }
    if (kind != KIND_LEASE && !record_is_of_case(kind)) {
        return STATUS_OK;
    }
    enum status status = is_own_scope(replica, log, &own);
    if (status != STATUS_OK || !own) {
        return status;
    }
    struct arena arena;
    struct case_body body;
    struct lease lease;
    arena_init(&arena, 16 * LIMIT_BODY_BYTES);
    if (kind == KIND_LEASE) {
        status = lease_decode(record->body, &arena, &lease);
        if (status == STATUS_OK && bytes_equal(lease.unit, replica->identity.unit)) {
            status = lease_note(replica, log, &lease);
        }
    } else {
        status = case_body_decode(record->body, &arena, &body);
        if (status == STATUS_OK) {
            struct name case_name = record_case(record);
            status = number_note_body(replica, log, kind, &record->id, &case_name, &body);
        }
    }
    arena_deinit(&arena);
    return status_class_of(status) == STATUS_CLASS_PEER ? STATUS_OK : status;
}

/* ---- requests ---- */

struct request_key {
    uint8_t bytes[1 + LIMIT_REQUEST_BYTES];
};

static struct bytes request_key(struct bytes request, struct request_key *room)
{
    room->bytes[0] = NUMBER_REQUEST;
    memcpy(room->bytes + 1, request.at, request.size);
    return bytes_of(room->bytes, 1 + request.size);
}

enum status number_request_find(struct store_read *read, struct bytes request, struct hash *record,
                                struct name *case_name)
{
    struct request_key room;
    struct bytes value = {NULL, 0};
    if (request.size == 0 || request.size > LIMIT_REQUEST_BYTES) {
        return STATUS_NOT_FOUND;
    }
    enum status status = store_get(read, TABLE_NUMBER, request_key(request, &room), &value);
    if (status != STATUS_OK) {
        return status;
    }
    if (value.size != REQUEST_ROW_BYTES) {
        return STATUS_CORRUPT;
    }
    memcpy(record->bytes, value.at, sizeof record->bytes);
    memcpy(case_name->bytes, value.at + sizeof record->bytes, sizeof case_name->bytes);
    return STATUS_OK;
}

enum status number_request_put(struct replica *replica, struct bytes request,
                               const struct hash *record, const struct name *case_name)
{
    struct request_key room;
    uint8_t row[REQUEST_ROW_BYTES];
    if (request.size == 0 || request.size > LIMIT_REQUEST_BYTES) {
        return STATUS_OK;
    }
    memcpy(row, record->bytes, sizeof record->bytes);
    memcpy(row + sizeof record->bytes, case_name->bytes, sizeof case_name->bytes);
    return store_put(replica->group.write, TABLE_NUMBER, request_key(request, &room),
                     bytes_of(row, sizeof row));
}

enum status number_names(struct store_read *read, enum number_kind kind, const struct name *from,
                         struct name *names, size_t most, size_t *count)
{
    struct table_key start = key_start();
    struct store_cursor *cursor = NULL;
    struct bytes key = {NULL, 0};
    struct bytes value = {NULL, 0};
    *count = 0;
    key_u8(&start, (uint8_t)kind);
    key_name(&start, from);
    enum status status = store_cursor_open(read, TABLE_NUMBER, &cursor);
    if (status != STATUS_OK) {
        return status;
    }
    status = store_seek(cursor, key_bytes(&start), &key, &value);
    while (status == STATUS_OK && key.size == start.size && key.at[0] == kind && *count < most) {
        memcpy(names[*count].bytes, key.at + 1, sizeof names[*count].bytes);
        *count += 1;
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
