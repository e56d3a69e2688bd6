/*
 * What the owner of a unit's counter does without being asked: leases for the logs of its devices,
 * codes for dossiers that were taken in without one (waiting.c).
 *
 * A lease holds for 90 days and 50 numbers a day, from 9001 upwards, then from 8951 downwards; of a
 * store that is apart, from the upper half of what was lent to its own log. A device gets the next
 * one before the last day comes near, and another block for the days at hand when few numbers are
 * left today, up to four blocks a day. Only the newest log of a device draws.
 */
#include "client/replica/act/act.h"
#include "client/replica/act/lend.h"
#include "client/replica/act/number_key.h"
#include "client/text/time.h"

#include <stdlib.h>

enum {
    LEASE_DAYS = 90,
    LEASE_NUMBERS = 50,
    LEASE_TOP = 9001,   /* first block; those behind it follow */
    RENEW_DAYS = 30,    /* days left */
    RENEW_NUMBERS = 10, /* numbers left today */
    BLOCKS_A_DAY = 4
};

struct drawer { /* the newest counter log of one device */
    struct public_key device;
    struct name log;
    uint32_t number;
};

struct leasing {
    struct replica *replica;
    struct replica_read *read;
    struct bytes unit;
    uint32_t scope;
    int64_t today;
    struct drawer *drawers;
    size_t drawer_count;
    size_t drawer_capacity;
    struct lease_row *leases;
    size_t lease_count;
    size_t lease_capacity;
    bool apart;
    struct name own; /* this node's counter log; leases to it are what it has itself */
    enum status failure;
};

/* Doubles |*list| when |count| fills it. */
static bool grow(void **list, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return true;
    }
    size_t larger = *capacity == 0 ? 16 : *capacity * 2;
    void *grown = realloc(*list, larger * size);
    if (grown == NULL) {
        return false;
    }
    *list = grown;
    *capacity = larger;
    return true;
}

static bool is_device_of(const struct leasing *leasing, const struct log_row *row)
{
    if (row->scope != leasing->scope || row->purpose != LOG_COUNTER ||
        public_key_equal(&row->device, &leasing->replica->key)) {
        return false;
    }
    const struct grant *grant = authority_grant(leasing->read->authority, &row->device);
    return grant != NULL && grant->role == ROLE_DEVICE && bytes_equal(grant->unit, leasing->unit);
}

/* The entry of |device|, or the end of the list. */
static size_t drawer_index(const struct leasing *leasing, const struct public_key *device)
{
    size_t i = 0;
    while (i < leasing->drawer_count && !public_key_equal(&leasing->drawers[i].device, device)) {
        i++;
    }
    return i;
}

static bool gather_drawer(void *context, const struct log_row *row)
{
    struct leasing *leasing = context;
    if (!is_device_of(leasing, row)) {
        return true;
    }
    size_t index = drawer_index(leasing, &row->device);
    if (index == leasing->drawer_count) {
        void *list = leasing->drawers;
        if (!grow(&list, index, &leasing->drawer_capacity, sizeof *leasing->drawers)) {
            leasing->failure = STATUS_NO_MEMORY;
            return false;
        }
        leasing->drawers = list;
        leasing->drawer_count++;
    } else if (leasing->drawers[index].number > row->number) {
        return true;
    }
    leasing->drawers[index] =
        (struct drawer){.device = row->device, .log = row->name, .number = row->number};
    return true;
}

static bool gather_lease(void *context, const struct lease_row *row)
{
    struct leasing *leasing = context;
    void *list = leasing->leases;
    if (!grow(&list, leasing->lease_count, &leasing->lease_capacity, sizeof *row)) {
        leasing->failure = STATUS_NO_MEMORY;
        return false;
    }
    leasing->leases = list;
    leasing->leases[leasing->lease_count++] = *row;
    return true;
}

/* The first day of the lease |drawer| is to get now; false if it needs none. */
static enum status needed_from(struct leasing *leasing, const struct drawer *drawer, bool *needed,
                               int64_t *first_day)
{
    uint32_t left = 0;
    size_t blocks = 0;
    int64_t last = leasing->today - 1;
    uint32_t day = code_day_of(leasing->today * TIME_DAY_SECONDS, 0);
    for (size_t i = 0; i < leasing->lease_count; i++) {
        const struct lease_row *row = &leasing->leases[i];
        uint32_t used = 0;
        uint32_t number = 0;
        if (!name_equal(&row->log, &drawer->log) || lease_last_day(row) < leasing->today) {
            continue;
        }
        last = lease_last_day(row) > last ? lease_last_day(row) : last;
        if (row->first_day > leasing->today) {
            continue;
        }
        enum status status =
            lease_use(leasing->read->store, leasing->unit, row, day, &used, &number);
        if (status != STATUS_OK) {
            return status;
        }
        left += row->count - used;
        blocks++;
    }
    bool short_today = left <= RENEW_NUMBERS && blocks < BLOCKS_A_DAY;
    *needed = short_today || last - leasing->today < RENEW_DAYS;
    *first_day = short_today ? leasing->today : last + 1;
    return STATUS_OK;
}

static bool overlaps(const struct leasing *leasing, uint32_t first_number, int64_t first_day)
{
    for (size_t i = 0; i < leasing->lease_count; i++) {
        const struct lease_row *row = &leasing->leases[i];
        if (!name_equal(&row->log, &leasing->own) &&
            lease_overlaps(row, first_day, LEASE_DAYS, first_number, LEASE_NUMBERS)) {
            return true;
        }
    }
    return false;
}

/* A register may have brought numbers of days to come. */
static enum status is_used(struct leasing *leasing, uint32_t first_number, int64_t first_day,
                           bool *in_use)
{
    struct lease_row block = {.first_number = first_number, .count = LEASE_NUMBERS};
    enum status status = STATUS_OK;
    *in_use = false;
    for (int64_t i = 0; i < LEASE_DAYS && status == STATUS_OK && !*in_use; i++) {
        uint32_t used = 0;
        uint32_t number = 0;
        uint32_t day = code_day_of((first_day + i) * TIME_DAY_SECONDS, 0);
        status = lease_use(leasing->read->store, leasing->unit, &block, day, &used, &number);
        *in_use = used > 0;
    }
    return status;
}

static enum status is_free(struct leasing *leasing, uint32_t at, int64_t first_day, bool *is)
{
    bool in_use = overlaps(leasing, at, first_day);
    enum status status = in_use ? STATUS_OK : is_used(leasing, at, first_day, &in_use);
    *is = status == STATUS_OK && !in_use;
    return status;
}

/* A free block in the upper half of what was lent to this node's log, as long as that holds. */
static enum status free_lent(struct leasing *leasing, struct lease *lease)
{
    int64_t first_day = (int64_t)lease->first_day;
    for (size_t i = 0; i < leasing->lease_count; i++) {
        const struct lease_row *row = &leasing->leases[i];
        if (!name_equal(&row->log, &leasing->own) || row->first_day > first_day ||
            lease_last_day(row) < first_day || !lease_counts(leasing->read, leasing->unit, row)) {
            continue;
        }
        uint32_t end = row->first_number + row->count;
        uint32_t at = row->first_number + row->count / 2;
        for (; at + LEASE_NUMBERS <= end; at += LEASE_NUMBERS) {
            bool is = false;
            enum status status = is_free(leasing, at, first_day, &is);
            if (status != STATUS_OK || is) {
                int64_t days = lease_last_day(row) - first_day + 1;
                lease->first_number = at;
                lease->days = days < LEASE_DAYS ? (uint64_t)days : LEASE_DAYS;
                return status;
            }
        }
    }
    return STATUS_NOT_FOUND;
}

/* Fills in the numbers of a free block; NOT_FOUND: none is left. */
static enum status free_block(struct leasing *leasing, struct lease *lease)
{
    uint32_t at = LEASE_TOP;
    if (leasing->apart) {
        return free_lent(leasing, lease);
    }
    while (at >= NUMBER_LEASED_FROM) {
        bool is = false;
        enum status status = is_free(leasing, at, (int64_t)lease->first_day, &is);
        if (status != STATUS_OK || is) {
            lease->first_number = at;
            return status;
        }
        if (at < LEASE_TOP) {
            at -= LEASE_NUMBERS;
        } else {
            at += LEASE_NUMBERS;
            at = at + LEASE_NUMBERS - 1 > NUMBER_MOST ? LEASE_TOP - LEASE_NUMBERS : at;
        }
    }
    return STATUS_NOT_FOUND;
}

static enum status lease_to(struct leasing *leasing, const struct drawer *drawer,
                            const struct clock_verdict *clock, int16_t zone)
{
    int64_t first_day = 0;
    bool needed = false;
    enum status status = needed_from(leasing, drawer, &needed, &first_day);
    if (status != STATUS_OK || !needed) {
        return status;
    }
    struct lease lease = {.log = drawer->log,
                          .first_day = (uint64_t)first_day,
                          .days = LEASE_DAYS,
                          .count = LEASE_NUMBERS,
                          .unit = leasing->unit};
    status = free_block(leasing, &lease);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    struct lease_row row = {.log = drawer->log,
                            .first_day = first_day,
                            .days = (uint32_t)lease.days,
                            .first_number = (uint32_t)lease.first_number,
                            .count = LEASE_NUMBERS,
                            .writer = leasing->replica->key};
    status = lend_write(leasing->replica, NULL, &lease, clock->now, zone);
    if (status == STATUS_OK && !gather_lease(leasing, &row)) {
        status = leasing->failure;
    }
    return status;
}

static enum status give_leases(struct replica *replica, struct replica_read *read,
                               const struct clock_verdict *clock, int16_t zone)
{
    struct leasing leasing = {.replica = replica, .read = read, .unit = replica->identity.unit};
    enum number_apart apart = APART_NOT;
    int64_t now = clock->sane ? clock->now : clock->baseline;
    if (now == INT64_MIN || now < 0) {
        return STATUS_OK;
    }
    leasing.today = time_day_of(now, zone);
    enum status status = log_scope_number(read->store, &replica->identity.scope, &leasing.scope);
    if (status == STATUS_OK) {
        status = number_apart(read->store, &apart);
        leasing.apart = apart != APART_NOT;
    }
    if (status == STATUS_OK) {
        status = lease_own_log(read->store, &leasing.own);
        status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    if (status == STATUS_OK) {
        status = log_each(read->store, gather_drawer, &leasing);
    }
    if (status == STATUS_OK && leasing.drawer_count > 0) {
        status = lease_each(read->store, leasing.unit, gather_lease, &leasing);
    }
    status = status == STATUS_OK ? leasing.failure : status;
    for (size_t i = 0; i < leasing.drawer_count && status == STATUS_OK; i++) {
        status = lease_to(&leasing, &leasing.drawers[i], clock, zone);
    }
    free(leasing.leases);
    free(leasing.drawers);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* Whether numbers may be given; an apart store has its own, known to be nobody else's. Its log is
 * opened at once, so that numbers can be lent to it before they are asked for. */
static enum status may_serve(struct replica *replica, struct store_read *read, bool *may)
{
    enum number_apart apart = APART_NOT;
    struct log_row log;
    struct name header_log;
    bool doubt = false;
    enum status status = number_apart(read, &apart);
    if (status == STATUS_OK && apart == APART_NOT) {
        status = number_in_doubt(read, &doubt);
    } else if (status == STATUS_OK) {
        status = log_own(replica, LOG_COUNTER, &log, &header_log);
    }
    *may = status == STATUS_OK && !doubt;
    return status;
}

/* In doubt nothing is given: neither numbers nor ranges, for some may have been given before. */
static enum status serve_counter(struct replica *replica, struct replica_read *read,
                                 const struct pack *pack)
{
    struct clock_verdict clock;
    bool may = false;
    enum status status = may_serve(replica, read->store, &may);
    if (status != STATUS_OK || !may) {
        return status;
    }
    status = clock_judge(read, &clock);
    if (status == STATUS_OK) {
        status = give_leases(replica, read, &clock, pack->zone_minutes);
    }
    return status == STATUS_OK ? duty_serve_waiting(replica, read) : status;
}

enum status replica_duties(struct replica *replica)
{
    struct replica_read read;
    enum status status = STATUS_OK;
    group_read(replica, &read);
    const struct pack *pack = snapshot_pack(replica, read.authority, NULL);
    if (pack != NULL && number_is_owner(&read, replica->identity.unit)) {
        status = serve_counter(replica, &read, pack);
    }
    if (pack != NULL && status == STATUS_OK) {
        status = lend_serve(&read, pack->zone_minutes);
    }
    replica_read_end(&read);
    return status;
}
