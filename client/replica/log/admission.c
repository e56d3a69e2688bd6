#include "client/replica/log/admission.h"

#include "protocol/record/body.h"

enum {
    OPENING_ARENA_BYTES = 1 << 16,
    SECONDS_A_DAY = 86400,
    PURPOSES = 3, /* each node has a log of each */
    LOGS_A_DAY = PURPOSES * LIMIT_LOGS_A_DAY
};

static enum status device_get(struct store_read *read, const struct public_key *device,
                              struct device_row *row)
{
    struct table_key key = key_of_meta(META_DEVICE);
    struct bytes value;
    *row = (struct device_row){0};
    key_hash(&key, device->bytes);
    enum status status = store_get(read, TABLE_META, key_bytes(&key), &value);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    return status == STATUS_OK ? device_row_decode(value, row) : status;
}

static int64_t today(const struct replica *replica)
{
    return replica->world.wall_seconds(replica->world.context) / SECONDS_A_DAY;
}

/*
 * Whether the opening says that the log is new. A node that comes late is told of many old ones in
 * one day: they are bounded by their sum alone, as are those of a writer whose clock is lost.
 */
static bool is_of_today(const struct replica *replica, const struct record *opening)
{
    int64_t ago = today(replica) - opening->header.recorded_seconds / SECONDS_A_DAY;
    return ago >= -1 && ago <= 1;
}

/* Every grant of the key widens its bounds by as much as the first gave. */
static uint32_t grants_of(const struct authority *authority, const struct public_key *device,
                          const struct name *scope, bool *had_scope)
{
    uint32_t grants = 0;
    const struct grant *grant = NULL;
    bool effective = false;
    *had_scope = false;
    for (size_t i = 0; authority_grant_at(authority, i, &grant, &effective); i++) {
        if (!public_key_equal(&grant->key, device))
            continue;
        grants++;
        if (grant->sees_all)
            *had_scope = true;
        for (size_t k = 0; scope && k < grant->scope_count; k++) {
            if (name_equal(&grant->scopes[k], scope))
                *had_scope = true;
        }
    }
    return grants > 0 ? grants : 1;
}

static void reject(struct admission *admission, enum run_outcome outcome, enum status why)
{
    admission->outcome = outcome;
    admission->why = why;
}

/* What was counted on another day counts no more. */
static void turn_day(const struct replica *replica, struct device_row *row)
{
    int64_t day = today(replica);
    if (row->day == day)
        return;
    *row = (struct device_row){.logs = row->logs, .branches = row->branches, .day = day};
}

/* The bounds of logs; this node's own key is bound by nothing. */
static enum status bounds_judge(struct replica *replica, uint32_t grants,
                                struct admission *admission)
{
    struct device_row row;
    enum status status = device_get(replica->group.view, &admission->device, &row);
    if (status != STATUS_OK)
        return status;
    turn_day(replica, &row);
    if (row.logs >= LIMIT_LOGS * grants ||
        (admission->fresh && row.logs_that_day >= LOGS_A_DAY * grants))
        reject(admission, RUN_NO_ROOM, STATUS_LIMIT);
    return STATUS_OK;
}

enum status admission_judge(struct replica *replica, const struct record *record,
                            struct admission *admission)
{
    const struct authority *authority = group_authority(replica);
    struct arena arena;
    struct opening opening;
    bool had_scope = false;
    arena_init(&arena, OPENING_ARENA_BYTES);
    *admission = (struct admission){.outcome = RUN_STORED};
    enum status status = record->has_body && record->header.kind == KIND_OPENING
                             ? opening_decode(record->body, &arena, &opening)
                             : STATUS_MALFORMED;
    if (status == STATUS_NO_MEMORY)
        goto done;
    if (status != STATUS_OK || opening.purpose > UINT8_MAX) {
        reject(admission, RUN_REFUSED, STATUS_MALFORMED);
        status = STATUS_OK;
        goto done;
    }
    admission->device = opening.device;
    admission->scope = opening.scope;
    admission->purpose = (uint8_t)opening.purpose;
    admission->fresh = is_of_today(replica, record);
    admission->succeeds = opening.has_predecessor;
    if (public_key_equal(&opening.device, &replica->key))
        goto done; /* this node's own, come back */
    if (!authority_ever_granted(authority, &opening.device)) {
        reject(admission, RUN_REFUSED, STATUS_UNKNOWN_PEER);
        goto done;
    }
    uint32_t grants = grants_of(authority, &opening.device, &opening.scope, &had_scope);
    if (!had_scope && !name_equal(&opening.scope, &replica->authority_scope) &&
        !authority_may(authority, &opening.device, &opening.scope)) {
        reject(admission, RUN_REFUSED, STATUS_REFUSED);
        goto done;
    }
    status = bounds_judge(replica, grants, admission);
done:
    arena_deinit(&arena);
    return status;
}

enum status admission_may_branch(struct replica *replica, const struct public_key *device,
                                 bool *may)
{
    struct device_row row;
    enum status status = device_get(replica->group.view, device, &row);
    *may = row.branches < LIMIT_BRANCHES;
    return status;
}

static enum status device_put(struct replica *replica, const struct public_key *device,
                              const struct device_row *row)
{
    uint8_t value[DEVICE_ROW_BYTES];
    device_row_encode(row, value);
    struct table_key key = key_of_meta(META_DEVICE);
    key_hash(&key, device->bytes);
    return group_put(replica, TABLE_META, &key, bytes_of(value, sizeof value));
}

enum status admission_count_log(struct replica *replica, const struct admission *admission)
{
    struct device_row row;
    enum status status = device_get(replica->group.view, &admission->device, &row);
    if (status != STATUS_OK)
        return status;
    turn_day(replica, &row);
    row.logs_that_day += admission->fresh ? 1 : 0;
    row.logs++;
    return device_put(replica, &admission->device, &row);
}

enum status admission_count_branch(struct replica *replica, const struct public_key *device)
{
    struct device_row row;
    enum status status = device_get(replica->group.view, device, &row);
    if (status != STATUS_OK)
        return status;
    row.branches++;
    return device_put(replica, device, &row);
}

static bool is_bound(const struct replica *replica, const struct public_key *device)
{
    return !public_key_equal(device, &replica->key) &&
           !public_key_equal(device, authority_root(group_authority(replica)));
}

enum status admission_may_bring(struct replica *replica, const struct public_key *device,
                                bool of_authority, bool *may)
{
    struct device_row row;
    *may = true;
    if (!is_bound(replica, device))
        return STATUS_OK;
    enum status status = device_get(replica->group.view, device, &row);
    if (status != STATUS_OK)
        return status;
    turn_day(replica, &row);
    const struct grant *grant = authority_grant(group_authority(replica), device);
    uint32_t authority = grant && grant->may_grant ? LIMIT_AUTHORITY_A_DAY : LIMIT_AUTHORITY_OTHERS;
    *may = row.records_that_day < LIMIT_RECORDS_A_DAY && row.bytes_that_day < LIMIT_BYTES_A_DAY &&
           (!of_authority || row.authority_that_day < authority);
    return STATUS_OK;
}

enum status admission_count_records(struct replica *replica, const struct public_key *device,
                                    bool of_authority, size_t records, uint64_t bytes)
{
    struct device_row row;
    if (records == 0 || !is_bound(replica, device))
        return STATUS_OK;
    enum status status = device_get(replica->group.view, device, &row);
    if (status != STATUS_OK)
        return status;
    turn_day(replica, &row);
    row.records_that_day += (uint32_t)records;
    row.authority_that_day += of_authority ? (uint32_t)records : 0;
    row.bytes_that_day += bytes;
    return device_put(replica, device, &row);
}
