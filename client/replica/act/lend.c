#include "client/replica/act/lend.h"

#include "client/replica/act/clock.h"
#include "client/replica/act/number_key.h"
#include "client/replica/log/log.h"
#include "client/text/time.h"

#include <stdlib.h>
#include <string.h>

enum {
    AHEAD_DAYS = 90,
    BACK_DAYS = 300,    /* a dossier may be entered late */
    RENEW_DAYS = 30,    /* days left */
    RENEW_NUMBERS = 50, /* numbers left today */
    BLOCKS_A_DAY = 8,
    BLOCKS = (NUMBER_LENT_TO - NUMBER_LENT_FROM + 1) / NUMBER_LENT_COUNT,
    BATCH = 32
};

/* ---- which logs ---- */

/* The grant by which |device| owns a counter that this node granted; NULL: none. */
static const struct grant *counter_grant(const struct replica *replica,
                                         const struct authority *authority,
                                         const struct public_key *device)
{
    const struct grant *grant = authority_grant(authority, device);
    if (grant == NULL || !grant->counter_owner || grant->unit.size > NUMBER_UNIT_BYTES ||
        !public_key_equal(&grant->granter, &replica->key)) {
        return NULL;
    }
    const struct public_key *owner = authority_counter_owner(authority, grant->unit);
    return owner != NULL && public_key_equal(owner, device) ? grant : NULL;
}

bool lend_is_due(const struct replica *replica, const struct admission *admission)
{
    return admission->succeeds && admission->purpose == LOG_COUNTER &&
           counter_grant(replica, group_authority(replica), &admission->device) != NULL;
}

/* ---- what they use ---- */

static struct table_key lending_key(const struct name *log)
{
    struct table_key key = key_start();
    key_u8(&key, NUMBER_LENDING);
    key_name(&key, log);
    return key;
}

static enum status note_body(struct replica *replica, const struct log_row *log, struct bytes unit,
                             const struct record *record)
{
    struct arena arena;
    struct case_body body;
    struct lease lease;
    bool coded = false;
    arena_init(&arena, 16 * LIMIT_BODY_BYTES);
    enum status status = STATUS_OK;
    if (record->header.kind == KIND_LEASE) {
        status = lease_decode(record->body, &arena, &lease);
        if (status == STATUS_OK && bytes_equal(lease.unit, unit)) {
            status = lease_note(replica, log, &lease);
        }
    } else if (record_is_of_case(record->header.kind)) {
        struct name case_name = record_case(record);
        status = case_body_decode(record->body, &arena, &body);
        if (status == STATUS_OK) {
            status = number_note_codes(replica, unit, &case_name, &body, &coded);
        }
    }
    arena_deinit(&arena);
    return status_class_of(status) == STATUS_CLASS_PEER ? STATUS_OK : status;
}

enum status lend_note(struct replica *replica, const struct log_row *log,
                      const struct record *record)
{
    const struct grant *grant = counter_grant(replica, group_authority(replica), &log->device);
    struct name root = record_log(record);
    struct table_key key = lending_key(&root);
    struct bytes value;
    if (grant == NULL) {
        return STATUS_OK;
    }
    enum status status = note_body(replica, log, grant->unit, record);
    if (status == STATUS_OK) {
        status = store_get(replica->group.view, TABLE_NUMBER, key_bytes(&key), &value);
    }
    return status == STATUS_NOT_FOUND ? group_put(replica, TABLE_NUMBER, &key, bytes_of(NULL, 0))
                                      : status;
}

/* ---- lending ---- */

enum status lend_write(struct replica *replica, const struct name *scope, struct lease *lease,
                       int64_t now, int16_t zone_minutes)
{
    struct record_header header = {.version = RECORD_VERSION,
                                   .kind = KIND_LEASE,
                                   .recorded_seconds = now,
                                   .recorded_zone_minutes = zone_minutes};
    struct log_row log;
    struct name header_log;
    struct hash id;
    struct buffer body;
    buffer_init(&body, LIMIT_BODY_BYTES);
    replica->world.random(replica->world.context, lease->salt, sizeof lease->salt);
    enum status status = lease_encode(lease, &body);
    if (status == STATUS_OK) {
        status = scope != NULL ? log_own_in(replica, LOG_COUNTER, scope, &log, &header_log)
                               : log_own(replica, LOG_COUNTER, &log, &header_log);
    }
    if (status == STATUS_OK) {
        status = log_write(replica, &log, &header, buffer_view(&body), &id);
    }
    if (status == STATUS_OK) {
        status = lease_note(replica, &log, lease);
    }
    buffer_deinit(&body);
    return status;
}

struct lending {
    struct replica_read *read;
    struct bytes unit;
    struct name log;
    int64_t today;
    struct lease_row *rows; /* every lease of the unit */
    size_t count;
    size_t capacity;
    bool failed; /* out of memory */
    /* what the log has: */
    size_t blocks;         /* of today */
    uint32_t left;         /* today */
    int64_t last;          /* day; before today: none */
    uint32_t first_number; /* of the lease of that day */
};

static bool gather(void *context, const struct lease_row *row)
{
    struct lending *lending = context;
    if (lending->count == lending->capacity) {
        size_t capacity = lending->capacity == 0 ? 32 : lending->capacity * 2;
        struct lease_row *grown = realloc(lending->rows, capacity * sizeof *grown);
        if (grown == NULL) {
            lending->failed = true;
            return false;
        }
        lending->rows = grown;
        lending->capacity = capacity;
    }
    lending->rows[lending->count++] = *row;
    return true;
}

static bool is_lent_on(const struct lending *lending, const struct lease_row *row)
{
    return !name_equal(&row->log, &lending->log) &&
           lease_overlaps(row, lending->today, 1, 1, NUMBER_MOST);
}

/* What of |row|, a lease of today to the log, is neither used nor lent on to a device. */
static enum status count_left(const struct lending *lending, const struct lease_row *row,
                              uint32_t *left)
{
    uint32_t day = code_day_of(lending->today * TIME_DAY_SECONDS, 0);
    uint32_t used = 0;
    uint32_t number = 0;
    enum status status = lease_use(lending->read->store, lending->unit, row, day, &used, &number);
    *left = row->count - used;
    for (size_t i = 0; i < lending->count; i++) {
        const struct lease_row *other = &lending->rows[i];
        if (is_lent_on(lending, other) && other->first_number >= row->first_number &&
            other->first_number - row->first_number < row->count) {
            *left -= other->count < *left ? other->count : *left;
        }
    }
    return status;
}

static enum status look(struct lending *lending)
{
    enum status status = lease_each(lending->read->store, lending->unit, gather, lending);
    if (lending->failed) {
        return STATUS_NO_MEMORY;
    }
    lending->last = lending->today - 1;
    for (size_t i = 0; i < lending->count && status == STATUS_OK; i++) {
        const struct lease_row *row = &lending->rows[i];
        if (!name_equal(&row->log, &lending->log) ||
            !public_key_equal(&row->writer, &lending->read->replica->key)) {
            continue;
        }
        if (lease_last_day(row) > lending->last) {
            lending->last = lease_last_day(row);
            lending->first_number = row->first_number;
        }
        if (lease_overlaps(row, lending->today, 1, 1, NUMBER_MOST)) {
            uint32_t left = 0;
            status = count_left(lending, row, &left);
            lending->left += left;
            lending->blocks++;
        }
    }
    return status;
}

/* From the block it had last, or the one its name points at, on: two nodes that cannot know of each
 * other's leases will hardly give the same. False: none is free in those days. */
static bool find_block(const struct lending *lending, struct lease *lease)
{
    uint32_t start = lending->first_number != 0
                         ? (lending->first_number - NUMBER_LENT_FROM) / NUMBER_LENT_COUNT
                         : (uint32_t)lending->log.bytes[0] << 8 | lending->log.bytes[1];
    for (uint32_t i = 0; i < BLOCKS; i++) {
        uint32_t first = NUMBER_LENT_FROM + (start + i) % BLOCKS * NUMBER_LENT_COUNT;
        bool taken = false;
        for (size_t k = 0; k < lending->count && !taken; k++) {
            taken = lease_overlaps(&lending->rows[k], (int64_t)lease->first_day,
                                   (int64_t)lease->days, first, NUMBER_LENT_COUNT);
        }
        if (!taken) {
            lease->first_number = first;
            return true;
        }
    }
    return false;
}

/* The lease the log needs now; false: none, or there is none to give. */
static bool needs(const struct lending *lending, struct lease *lease)
{
    bool more = lending->left < RENEW_NUMBERS && lending->blocks < BLOCKS_A_DAY;
    int64_t first_day = lending->today;
    *lease = (struct lease){.log = lending->log, .count = NUMBER_LENT_COUNT, .unit = lending->unit};
    if (!more && lending->last - lending->today >= RENEW_DAYS) {
        return false;
    }
    if (lending->blocks == 0 && first_day > BACK_DAYS) {
        lease->first_day = (uint64_t)(first_day - BACK_DAYS);
        lease->days = BACK_DAYS + AHEAD_DAYS;
        if (find_block(lending, lease)) {
            return true;
        }
    } else if (!more) {
        first_day = lending->last + 1;
    }
    lease->first_day = (uint64_t)first_day;
    lease->days = AHEAD_DAYS;
    return find_block(lending, lease);
}

static enum status lend_to(struct lending *lending, const struct log_row *log, int64_t now,
                           int16_t zone_minutes)
{
    struct name scope;
    struct lease lease;
    enum status status = look(lending);
    if (status != STATUS_OK || !needs(lending, &lease)) {
        return status;
    }
    status = log_scope_name(lending->read->store, log->scope, &scope);
    return status == STATUS_OK
               ? lend_write(lending->read->replica, &scope, &lease, now, zone_minutes)
           : status == STATUS_NOT_FOUND ? STATUS_CORRUPT
                                        : status;
}

static enum status serve(struct replica_read *read, const struct name *name,
                         const struct clock_verdict *clock, int16_t zone_minutes)
{
    struct replica *replica = read->replica;
    struct table_key key = lending_key(name);
    int64_t now = clock->sane ? clock->now : clock->baseline;
    struct log_row log;
    if (now < 0) {
        return STATUS_OK; /* stays noted until it is known what day it is */
    }
    enum status status = log_find(read->store, name, &log);
    const struct grant *grant =
        status == STATUS_OK ? counter_grant(replica, read->authority, &log.device) : NULL;
    if (grant != NULL) {
        struct lending lending = {.read = read, .unit = grant->unit, .log = *name};
        lending.today = time_day_of(now, zone_minutes);
        status = lend_to(&lending, &log, now, zone_minutes);
        free(lending.rows);
    }
    if (status == STATUS_OK || status == STATUS_NOT_FOUND) {
        status = group_delete(replica, TABLE_NUMBER, &key);
    }
    return status;
}

/* At most BATCH logs: the others have their turn after the next commit. */
enum status lend_serve(struct replica_read *read, int16_t zone_minutes)
{
    struct name names[BATCH];
    struct clock_verdict clock;
    const struct name from = {{0}};
    size_t count = 0;
    bool doubt = false;
    enum status status = number_names(read->store, NUMBER_LENDING, &from, names, BATCH, &count);
    if (status != STATUS_OK || count == 0) {
        return status;
    }
    status = number_in_doubt(read->store, &doubt);
    if (status == STATUS_OK && !doubt) {
        status = clock_judge(read, &clock);
    }
    for (size_t i = 0; i < count && status == STATUS_OK && !doubt; i++) {
        status = serve(read, &names[i], &clock, zone_minutes);
    }
    return status;
}
