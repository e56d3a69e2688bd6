#include "client/replica/act/number_key.h"
#include "client/text/time.h"

#include <stdlib.h>
#include <string.h>

enum { LEASE_ROW_BYTES = 38, LEASES_MOST = 512 };

/* The day since 1970-01-01 that |day| (YYMMDD, 2000 to 2099) names. */
static int64_t day_of_code(uint32_t day)
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
    bool sound = bytes_equal(lease->unit, replica->identity.unit) && lease->count > 0 &&
                 lease->count <= NUMBER_MOST && lease->first_number >= 1 &&
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

struct lease_list {
    struct lease_row rows[LEASES_MOST];
    size_t count;
    int64_t day;
    bool overflow;
};

static bool gather_lease(void *context, const struct lease_row *row)
{
    struct lease_list *list = context;
    if (list->day < row->first_day || list->day - row->first_day >= (int64_t)row->days) {
        return true;
    }
    if (list->count == LEASES_MOST) {
        list->overflow = true;
        return false;
    }
    list->rows[list->count++] = *row;
    return true;
}

/* The lease of that day which holds |number|, whoever wrote it: a doubtful one is kept off too. */
static const struct lease_row *lease_over(const struct lease_list *list, uint32_t number)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct lease_row *row = &list->rows[i];
        if (number >= row->first_number && number - row->first_number < row->count) {
            return row;
        }
    }
    return NULL;
}

/* The highest number in use on the day that no lease covers; 0 if there is none. */
static enum status highest_used(struct store_read *read, const struct code *day,
                                const struct lease_list *leases, uint32_t *number)
{
    struct code at = {day->unit, day->day, NUMBER_MOST};
    struct store_cursor *cursor = NULL;
    struct table_key prefix = number_used_key(&at);
    enum status status = store_cursor_open(read, TABLE_NUMBER, &cursor);
    *number = 0;
    while (status == STATUS_OK && at.number > 0) {
        struct bytes found = {NULL, 0};
        struct bytes value = {NULL, 0};
        struct table_key key = number_used_key(&at);
        status = store_seek_last(cursor, key_bytes(&key), &found, &value);
        if (status != STATUS_OK || found.size != key.size ||
            memcmp(found.at, prefix.bytes, key.size - 2) != 0) {
            break;
        }
        uint32_t used = (uint32_t)found.at[key.size - 2] << 8 | found.at[key.size - 1];
        const struct lease_row *lease = lease_over(leases, used);
        if (lease == NULL) {
            *number = used;
            break;
        }
        at.number = lease->first_number - 1;
    }
    store_cursor_close(cursor);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

struct lease_search {
    int64_t day;
    uint32_t number;
    bool found;
};

static bool search_cover(void *context, const struct lease_row *row)
{
    struct lease_search *search = context;
    search->found =
        search->day >= row->first_day && search->day - row->first_day < (int64_t)row->days &&
        search->number >= row->first_number && search->number - row->first_number < row->count;
    return !search->found;
}

enum status number_is_leased(struct replica_read *read, const struct code *code, bool *leased)
{
    struct lease_search search = {.day = day_of_code(code->day), .number = code->number};
    enum status status = lease_each(read->store, code->unit, search_cover, &search);
    *leased = search.found;
    return status;
}

/* The leases of |day|, to be freed, and the highest number in use outside of them. */
static enum status known(struct replica_read *read, struct bytes unit, uint32_t day,
                         struct lease_list **leases, uint32_t *number)
{
    struct code code = {unit, day, 0};
    struct lease_list *list = calloc(1, sizeof *list);
    *leases = list;
    if (list == NULL) {
        return STATUS_NO_MEMORY;
    }
    list->day = day_of_code(day);
    enum status status = lease_each(read->store, unit, gather_lease, list);
    if (status == STATUS_OK && list->overflow) {
        status = STATUS_NOT_FOUND;
    }
    return status == STATUS_OK ? highest_used(read->store, &code, list, number) : status;
}

enum status number_known(struct replica_read *read, struct bytes unit, uint32_t day,
                         uint32_t *number)
{
    struct lease_list *leases = NULL;
    enum status status = known(read, unit, day, &leases, number);
    free(leases);
    return status;
}

enum status number_next(struct replica_read *read, struct bytes unit, uint32_t day,
                        uint32_t *number)
{
    struct lease_list *leases = NULL;
    bool doubt = false;
    uint32_t above = 0;
    enum status status = number_in_doubt(read->store, &doubt);
    if (status != STATUS_OK || doubt) {
        return doubt ? STATUS_NOT_FOUND : status;
    }
    status = known(read, unit, day, &leases, number);
    if (status == STATUS_OK) {
        status = number_floor(read->store, unit, day, &above);
    }
    if (status == STATUS_OK) {
        const struct lease_row *lease = NULL;
        *number = (*number > above ? *number : above) + 1;
        while ((lease = lease_over(leases, *number)) != NULL) {
            *number = lease->first_number + lease->count;
        }
        status = *number > NUMBER_MOST ? STATUS_NOT_FOUND : STATUS_OK;
    }
    free(leases);
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
    const struct public_key *owner = authority_counter_owner(search->read->authority, search->unit);
    int64_t days = search->civil_day - row->first_day;
    if (!name_equal(&row->log, search->log) || days < 0 || days >= (int64_t)row->days ||
        owner == NULL || !public_key_equal(owner, &row->writer)) {
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
                                   .civil_day = day_of_code(day),
                                   .log = log,
                                   .status = STATUS_OK};
    enum status status = lease_each(read->store, unit, search_lease, &search);
    *number = search.found;
    if (status == STATUS_OK) {
        status = search.status;
    }
    return status == STATUS_OK && search.found == 0 ? STATUS_NOT_FOUND : status;
}
