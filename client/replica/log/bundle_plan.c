/*
 * What a bundle for a receiver holds: planned from receipts and marks, read log by log.
 */
#include "client/replica/log/bundle.h"
#include "client/replica/log/log.h"
#include "client/replica/receipt/peer.h"
#include "client/replica/receipt/receipt.h"
#include "protocol/sync/frame/bundle.h"

#include <stdlib.h>
#include <string.h>

enum { RECORDS_AT_ONCE = 1024, RAW_AT_ONCE = 240 * 1024, PIECE_ARENA_BYTES = 16 * 1024 * 1024 };

/* ---- for whom ---- */

static const struct public_key *key_of_unit(const struct authority *authority, struct bytes unit)
{
    const struct public_key *owner = authority_counter_owner(authority, unit);
    const struct grant *grant = NULL;
    bool effective = false;
    for (size_t i = 0; !owner && authority_grant_at(authority, i, &grant, &effective); i++) {
        if (effective && grant->role != ROLE_DEVICE && bytes_equal(grant->unit, unit))
            owner = &grant->key;
    }
    return owner;
}

enum status bundle_receiver(struct replica_read *read, struct bytes unit,
                            struct public_key *receiver)
{
    const struct replica *replica = read->replica;
    const struct public_key *key = NULL;
    if (unit.size > 0)
        key = key_of_unit(read->authority, unit);
    else if (replica->identity.has_upstream)
        key = &replica->identity.upstream;
    if (!key)
        return STATUS_NOT_FOUND;
    *receiver = *key;
    return public_key_equal(key, &replica->key) ? STATUS_REFUSED : STATUS_OK;
}

/* ---- which scopes and logs ---- */

struct planning {
    struct replica_read *read;
    struct bundle_plan *plan;
    struct name *scopes;
    struct bundle_log *logs;
    size_t count; /* of logs looked at; when only counting, of all */
    bool counting, whole, receipted;
    enum status status;
};

static int compare_names(const void *a, const void *b)
{
    return name_compare(a, b);
}

static bool may_have(const struct planning *planning, const struct name *scope)
{
    const struct replica *replica = planning->read->replica;
    const struct public_key *receiver = &planning->plan->receiver;
    if (name_equal(scope, &replica->authority_scope))
        return true;
    /* Who has no grant yet knows nobody's: the node above will have its own scope. */
    bool above =
        replica->identity.has_upstream && public_key_equal(receiver, &replica->identity.upstream);
    return authority_may(planning->read->authority, receiver, scope) ||
           (above && name_equal(scope, &replica->identity.scope));
}

static bool has_scope(const struct bundle_plan *plan, const struct name *scope)
{
    return bsearch(scope, plan->scopes, plan->scope_count, sizeof *scope, compare_names) != NULL;
}

static void add_scope(struct planning *planning, const struct name *scope)
{
    struct bundle_plan *plan = planning->plan;
    if (has_scope(plan, scope) || !may_have(planning, scope))
        return;
    planning->scopes[plan->scope_count++] = *scope;
    qsort(planning->scopes, plan->scope_count, sizeof *planning->scopes, compare_names);
}

static bool scope_each(void *context, const struct log_row *row)
{
    struct planning *planning = context;
    struct name scope;
    if (planning->counting) {
        planning->count++;
        return true;
    }
    planning->status = log_scope_name(planning->read->store, row->scope, &scope);
    if (planning->status == STATUS_OK)
        add_scope(planning, &scope);
    return planning->status == STATUS_OK;
}

/* How far the receiver is known to hold |row|: what it signed counts above what was noted. */
static enum status known_of(struct planning *planning, const struct log_row *row, uint64_t *seq)
{
    const struct public_key *receiver = &planning->plan->receiver;
    *seq = 0;
    if (planning->whole)
        return STATUS_OK;
    return planning->receipted ? receipt_reach(planning->read, receiver, row, seq)
                               : peer_mark(planning->read->store, receiver, row, seq);
}

static enum status plan_log(struct planning *planning, const struct log_row *row,
                            struct bundle_log *log)
{
    struct store_read *store = planning->read->store;
    struct log_row root = *row;
    uint64_t known = 0;
    struct hash id;
    enum status status = known_of(planning, row, &known);
    if (status == STATUS_OK && row->root != row->number)
        status = log_get(store, row->root, &root);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
    *log = (struct bundle_log){.log = row->name, .root = root.name, .seq = row->seq};
    log->after = known >= row->first ? known : row->first - 1;
    if (log->after < row->first)
        return STATUS_OK; /* nothing of this segment is known: it begins where it branches off */
    status = log_id(store, row, log->after, &id);
    log->after_id16 = name_of_hash(&id);
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

static bool log_each_one(void *context, const struct log_row *row)
{
    struct planning *planning = context;
    struct name scope;
    if (row->seq < row->first)
        return true;
    planning->status = log_scope_name(planning->read->store, row->scope, &scope);
    if (planning->status != STATUS_OK || !has_scope(planning->plan, &scope))
        return planning->status == STATUS_OK;
    struct bundle_log *log = &planning->logs[planning->count++];
    planning->status = plan_log(planning, row, log);
    log->authority = name_equal(&scope, &planning->read->replica->authority_scope);
    planning->plan->records += log->seq - log->after;
    return planning->status == STATUS_OK;
}

/* Moves the logs of authority to the front; each part keeps its order. */
static enum status authority_first(struct bundle_log *logs, size_t count, struct arena *arena)
{
    size_t front = 0, back = 0;
    struct bundle_log *rest = arena_array(arena, count + 1, sizeof *rest);
    if (!rest)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (logs[i].authority)
            logs[front++] = logs[i];
        else
            rest[back++] = logs[i];
    }
    memcpy(logs + front, rest, back * sizeof *rest);
    return STATUS_OK;
}

enum status bundle_plan(struct replica_read *read, const struct public_key *receiver, bool whole,
                        struct arena *arena, struct bundle_plan *plan)
{
    struct planning planning = {.read = read, .plan = plan, .counting = true, .whole = whole};
    struct bytes newest;
    *plan = (struct bundle_plan){.receiver = *receiver};
    enum status status = receipt_newest(read->store, receiver, &newest);
    planning.receipted = status == STATUS_OK;
    if (status == STATUS_OK || status == STATUS_NOT_FOUND)
        status = log_each(read->store, scope_each, &planning);
    if (status != STATUS_OK)
        return status;
    planning.scopes = arena_array(arena, planning.count + 1, sizeof *planning.scopes);
    planning.logs = arena_array(arena, planning.count + 1, sizeof *planning.logs);
    if (!planning.scopes || !planning.logs)
        return STATUS_NO_MEMORY;
    plan->scopes = planning.scopes;
    plan->logs = planning.logs;
    add_scope(&planning, &read->replica->authority_scope);
    planning.counting = false;
    status = log_each(read->store, scope_each, &planning);
    planning.count = 0;
    if (status == STATUS_OK && planning.status == STATUS_OK)
        status = log_each(read->store, log_each_one, &planning);
    if (status == STATUS_OK)
        status = planning.status;
    plan->log_count = planning.count;
    return status == STATUS_OK ? authority_first(planning.logs, planning.count, arena) : status;
}

/* ---- the records ---- */

/* One piece on its way out. */
struct piece {
    struct replica_read *read;
    struct arena arena; /* of the records of one reading */
    struct buffer frame;
    enum status (*give)(void *context, struct bytes frame);
    void *context;
    size_t bytes; /* given */
    uint64_t records;
};

/* The opening of |log|'s root, by whose key what follows can be checked. */
static enum status opening_of(struct piece *piece, const struct bundle_log *log,
                              struct record *opening)
{
    struct log_row root;
    enum status status = log_find(piece->read->store, &log->root, &root);
    if (status == STATUS_OK)
        status =
            log_record_decode(piece->read->store, &(struct place){.store = root.store, .seq = 1},
                              &piece->arena, opening);
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

/* Reads records of |row| from |seq| on, as many as one frame may want. */
static enum status records_of(struct piece *piece, const struct log_row *row, uint64_t seq,
                              struct record **records, size_t *count)
{
    size_t raw = 0;
    *count = 0;
    *records = arena_array(&piece->arena, RECORDS_AT_ONCE, sizeof **records);
    if (!*records)
        return STATUS_NO_MEMORY;
    while (seq <= row->seq && *count < RECORDS_AT_ONCE && raw < RAW_AT_ONCE) {
        struct place place = {.store = row->store, .seq = seq++};
        enum status status =
            log_record_decode(piece->read->store, &place, &piece->arena, &(*records)[*count]);
        if (status != STATUS_OK)
            return status;
        raw += (*records)[(*count)++].raw.size;
    }
    return STATUS_OK;
}

/* One frame of |log| from |*seq| on. */
static enum status give_frame(struct piece *piece, const struct bundle_log *log, bool first,
                              uint64_t *seq)
{
    struct log_row row;
    struct record opening, *records = NULL;
    size_t count = 0, taken = 0;
    arena_reset(&piece->arena);
    buffer_reset(&piece->frame);
    enum status status = log_find(piece->read->store, &log->log, &row);
    if (status == STATUS_NOT_FOUND)
        return STATUS_CORRUPT;
    if (status == STATUS_OK && *seq > row.seq) {
        *seq = UINT64_MAX; /* cut at a fork since: what followed is a log of its own now */
        return STATUS_OK;
    }
    if (status == STATUS_OK)
        status = records_of(piece, &row, *seq, &records, &count);
    bool alone = first && *seq > 1;
    if (status == STATUS_OK && alone)
        status = opening_of(piece, log, &opening);
    if (status == STATUS_OK)
        status = bundle_records_encode(&log->log, alone ? &opening : NULL, records, count,
                                       &piece->frame, &taken);
    if (status == STATUS_OK)
        status = piece->give(piece->context, buffer_view(&piece->frame));
    *seq += taken;
    piece->records += taken;
    piece->bytes += piece->frame.size;
    return status;
}

static enum status give_log(struct piece *piece, const struct bundle_log *log, size_t bytes,
                            struct bundle_place *place)
{
    enum status status = STATUS_OK;
    uint64_t seq = place->seq > log->after ? place->seq : log->after + 1;
    while (status == STATUS_OK && seq <= log->seq && piece->bytes < bytes)
        status = give_frame(piece, log, seq == log->after + 1, &seq);
    *place = (struct bundle_place){.log = log->log, .seq = seq};
    return status;
}

enum status bundle_read(struct replica_read *read, const struct bundle_plan *plan,
                        struct bundle_place *place, size_t bytes,
                        enum status (*frame)(void *context, struct bytes frame), void *context,
                        uint64_t *records)
{
    struct piece piece = {.read = read, .give = frame, .context = context};
    enum status status = STATUS_OK;
    size_t at = 0;
    while (!name_is_none(&place->log) && at < plan->log_count &&
           !name_equal(&plan->logs[at].log, &place->log))
        at++;
    if (at == plan->log_count && !name_is_none(&place->log))
        return STATUS_CORRUPT;
    arena_init(&piece.arena, PIECE_ARENA_BYTES);
    buffer_init(&piece.frame, LIMIT_FRAME_RAW_BYTES);
    while (status == STATUS_OK && at < plan->log_count) {
        status = give_log(&piece, &plan->logs[at], bytes, place);
        if (status != STATUS_OK || place->seq <= plan->logs[at].seq)
            break;
        at++;
        *place = at < plan->log_count ? (struct bundle_place){.log = plan->logs[at].log}
                                      : (struct bundle_place){.seq = 0};
        if (piece.bytes >= bytes)
            break;
    }
    if (plan->log_count == 0)
        *place = (struct bundle_place){.seq = 0};
    *records = piece.records;
    buffer_deinit(&piece.frame);
    arena_deinit(&piece.arena);
    return status;
}
