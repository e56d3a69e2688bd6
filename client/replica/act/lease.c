#include "client/replica/act/number_key.h"
#include "client/replica/log/log.h"
#include "client/text/time.h"

#include <stdlib.h>
#include <string.h>

enum { LEASE_ROW_BYTES = 38 };

int64_t number_day(uint32_t day)
{
    return time_day_of_date(2000 + day / 10000, day / 100 % 100, day % 100);
}

static struct table_key lease_key(struct bytes unit, const struct name *log, uint32_t first_day,
                                  uint32_t first_number)
{
    struct table_key key = number_unit_key(NUMBER_LEASE, unit);
    key_name(&key, log);
    key_u32(&key, first_day);
    number_key_u16(&key, first_number);
    return key;
}

enum status lease_note(struct replica *replica, const struct log_row *log,
                       const struct lease *lease)
{
    uint8_t row[LEASE_ROW_BYTES];
    bool sound = lease->count > 0 && lease->count <= NUMBER_MOST && lease->first_number >= 1 &&
                 lease->first_number <= NUMBER_MOST && lease->first_day <= UINT32_MAX &&
                 lease->days > 0 && lease->days <= UINT32_MAX;
    if (!sound || lease->unit.size > NUMBER_UNIT_BYTES) {
        return STATUS_OK;
    }
    struct table_key key = lease_key(lease->unit, &lease->log, (uint32_t)lease->first_day,
                                     (uint32_t)lease->first_number);
    be32_store(row, (uint32_t)lease->days);
    row[4] = (uint8_t)(lease->count >> 8);
    row[5] = (uint8_t)lease->count;
    memcpy(row + 6, log->device.bytes, sizeof log->device.bytes);
    return group_put(replica, TABLE_NUMBER, &key, bytes_of(row, sizeof row));
}

static enum status lease_decode_row(struct bytes key, size_t prefix, struct bytes value,
                                    struct lease_row *row)
{
    if (key.size != prefix + 16 + 4 + 2 || value.size != LEASE_ROW_BYTES) {
        return STATUS_CORRUPT;
    }
    const uint8_t *at = key.at + prefix;
    memcpy(row->log.bytes, at, sizeof row->log.bytes);
    row->first_day = be32_load(at + 16);
    row->first_number = (uint32_t)at[20] << 8 | at[21];
    row->days = be32_load(value.at);
    row->count = (uint32_t)value.at[4] << 8 | value.at[5];
    memcpy(row->writer.bytes, value.at + 6, sizeof row->writer.bytes);
    return STATUS_OK;
}

enum status lease_each(struct store_read *read, struct bytes unit,
                       bool (*each)(void *context, const struct lease_row *row), void *context)
{
    struct table_key prefix = number_unit_key(NUMBER_LEASE, unit);
    struct store_cursor *cursor = NULL;
    struct bytes key = {NULL, 0};
    struct bytes value = {NULL, 0};
    enum status status = store_cursor_open(read, TABLE_NUMBER, &cursor);
    if (status != STATUS_OK) {
        return status;
    }
    status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    while (status == STATUS_OK && key.size > prefix.size &&
           memcmp(key.at, prefix.bytes, prefix.size) == 0) {
        struct lease_row row;
        status = lease_decode_row(key, prefix.size, value, &row);
        if (status != STATUS_OK || !each(context, &row)) {
            break;
        }
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status lease_use(struct store_read *read, struct bytes unit, const struct lease_row *lease,
                      uint32_t day, uint32_t *used, uint32_t *free_number)
{
    struct code at = {unit, day, lease->first_number};
    struct table_key prefix = number_used_key(&at);
    struct store_cursor *cursor = NULL;
    struct bytes key = {NULL, 0};
    struct bytes value = {NULL, 0};
    uint32_t end = lease->first_number + lease->count;
    uint32_t lowest = lease->first_number;
    *used = 0;
    enum status status = store_cursor_open(read, TABLE_NUMBER, &cursor);
    if (status != STATUS_OK) {
        return status;
    }
    status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    while (status == STATUS_OK && key.size == prefix.size &&
           memcmp(key.at, prefix.bytes, prefix.size - 2) == 0) {
        uint32_t number = (uint32_t)key.at[key.size - 2] << 8 | key.at[key.size - 1];
        if (number >= end) {
            break;
        }
        lowest = number == lowest ? number + 1 : lowest;
        *used += 1;
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    *free_number = lowest < end && lowest <= NUMBER_MOST ? lowest : 0;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

bool lease_counts(const struct replica_read *read, struct bytes unit, const struct lease_row *row)
{
    const struct public_key *owner = authority_counter_owner(read->authority, unit);
    if (owner == NULL) {
        return false;
    }
    const struct grant *grant = authority_grant(read->authority, owner);
    return public_key_equal(owner, &row->writer) ||
           (grant != NULL && public_key_equal(&grant->granter, &row->writer));
}

int64_t lease_last_day(const struct lease_row *row)
{
    return row->first_day + (int64_t)row->days - 1;
}

bool lease_overlaps(const struct lease_row *row, int64_t first_day, int64_t days,
                    uint32_t first_number, uint32_t count)
{
    return row->first_day < first_day + days && first_day <= lease_last_day(row) &&
           row->first_number < first_number + count &&
           first_number < row->first_number + row->count;
}

enum status lease_own_log(struct store_read *read, struct name *log)
{
    struct log_row own;
    enum status status = log_own_find(read, LOG_COUNTER, &own);
    if (status == STATUS_OK && own.root != own.number) {
        status = log_get(read, own.root, &own);
        status = status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
    }
    *log = own.name;
    return status;
}

struct lease_search {
    int64_t day;
    uint32_t number;
    bool found;
};

static bool search_cover(void *context, const struct lease_row *row)
{
    struct lease_search *search = context;
    search->found = lease_overlaps(row, search->day, 1, search->number, 1);
    return !search->found;
}

enum status number_is_leased(struct replica_read *read, const struct code *code, bool *leased)
{
    struct lease_search search = {.day = number_day(code->day), .number = code->number};
    enum status status = lease_each(read->store, code->unit, search_cover, &search);
    *leased = search.found;
    return status;
}

struct leased_search {
    struct replica_read *read;
    struct bytes unit;
    uint32_t day;
    int64_t civil_day;
    const struct name *log;
    uint32_t found;
    enum status status;
};

static bool search_lease(void *context, const struct lease_row *row)
{
    struct leased_search *search = context;
    bool of_day = search->civil_day >= row->first_day && search->civil_day <= lease_last_day(row);
    if (!name_equal(&row->log, search->log) || !of_day ||
        !lease_counts(search->read, search->unit, row)) {
        return true;
    }
    uint32_t used = 0;
    uint32_t number = 0;
    search->status = lease_use(search->read->store, search->unit, row, search->day, &used, &number);
    if (number != 0 && (search->found == 0 || number < search->found)) {
        search->found = number;
    }
    return search->status == STATUS_OK;
}

enum status number_leased(struct replica_read *read, struct bytes unit, uint32_t day,
                          const struct name *log, uint32_t *number)
{
    struct leased_search search = {.read = read,
                                   .unit = unit,
                                   .day = day,
                                   .civil_day = number_day(day),
                                   .log = log,
                                   .status = STATUS_OK};
    enum status status = lease_each(read->store, unit, search_lease, &search);
    *number = search.found;
    if (status == STATUS_OK) {
        status = search.status;
    }
    return status == STATUS_OK && search.found == 0 ? STATUS_NOT_FOUND : status;
}
