/*
 * What comes of a bundle: whose records they are, what is taken in, what waits aside.
 */
#include "client/replica/log/aside.h"
#include "client/replica/log/bundle.h"

#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b)
{
    return name_compare(a, b);
}

static bool among(const struct name *scopes, size_t count, const struct name *scope)
{
    return count > 0 && bsearch(scope, scopes, count, sizeof *scope, compare_names) != NULL;
}

enum status bundle_judge(struct replica_read *read, const struct name *scopes, size_t count)
{
    const struct replica *replica = read->replica;
    if (!among(scopes, count, &replica->authority_scope))
        return STATUS_UNKNOWN_PEER;
    for (size_t i = 0; i < count; i++) {
        if (!name_equal(&scopes[i], &replica->authority_scope) &&
            !name_equal(&scopes[i], &replica->identity.scope) &&
            !authority_may(read->authority, &replica->key, &scopes[i]))
            return STATUS_REFUSED;
    }
    return STATUS_OK;
}

/* ---- whose they are ---- */

struct verifying {
    struct replica_read *read;
    const struct name *scopes;
    size_t scope_count;
    struct batch **batches;
    size_t batch; /* the one looked at */
    size_t run;   /* of it */
};

/* An opening that came before in the same piece, or the record |run| follows. */
static const struct run *came_before(const struct verifying *verifying, const struct run *run,
                                     bool opening)
{
    for (size_t b = 0; b <= verifying->batch; b++) {
        const struct batch *batch = verifying->batches[b];
        size_t runs = b == verifying->batch ? verifying->run : batch->run_count;
        for (size_t i = 0; i < runs; i++) {
            const struct run *other = &batch->runs[i];
            bool fits = other->count > 0 &&
                        (opening ? other->before.seq == 0 && other->device_known &&
                                       name_equal(&other->log, &run->before.log)
                                 : hash_equal(&batch->records[other->first + other->count - 1].id,
                                              &run->before.id));
            if (fits)
                return other;
        }
    }
    return NULL;
}

/* The key |run| is by, and whether the record it follows is held or came before. */
static enum status find_device(const struct verifying *verifying, struct run *run, bool *follows)
{
    struct store_read *store = verifying->read->store;
    struct log_row root, held;
    struct name id16 = name_of_hash(&run->before.id);
    enum status status = log_find(store, &run->before.log, &root);
    *follows = run->before.seq == 0 || came_before(verifying, run, false) != NULL;
    if (status == STATUS_NOT_FOUND) {
        const struct run *opening = run->device_known ? NULL : came_before(verifying, run, true);
        if (opening) {
            run->device = opening->device;
            run->scope = opening->scope;
            run->device_known = true;
        }
        return STATUS_OK;
    }
    if (status != STATUS_OK)
        return status;
    run->device = root.device;
    run->device_known = true;
    status = log_scope_name(store, root.scope, &run->scope);
    if (status == STATUS_OK && !*follows) {
        status = log_resolve(store, root.root, run->before.seq, &id16, &held);
        *follows = status == STATUS_OK;
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* Keeps of the batch at hand the runs that can be checked. |*alone|: some stand behind a gap. */
static enum status choose_runs(struct verifying *verifying, struct bundle_tally *tally, bool *alone)
{
    struct batch *batch = verifying->batches[verifying->batch];
    size_t kept = 0;
    *alone = false;
    for (verifying->run = 0; verifying->run < batch->run_count; verifying->run++) {
        struct run *run = &batch->runs[verifying->run];
        bool follows = false;
        /* An opening that only says whose the next run is was not counted by the writer. */
        bool says_whose =
            verifying->run + 1 < batch->run_count && run->before.seq == 0 && run->count == 1;
        tally->read += says_whose ? 0 : run->count;
        tally->refused += run->why != STATUS_OK ? 1 : 0;
        if (run->count == 0)
            continue;
        enum status status = find_device(verifying, run, &follows);
        if (status != STATUS_OK)
            return status;
        if (!run->device_known) {
            tally->unknown += run->count;
        } else if (!among(verifying->scopes, verifying->scope_count, &run->scope)) {
            tally->refused += run->count;
        } else {
            *alone = *alone || !follows;
            batch->runs[kept++] = *run;
            continue;
        }
        run->count = 0;
    }
    batch->run_count = kept;
    return STATUS_OK;
}

enum status bundle_verify(struct replica_read *read, const struct name *scopes, size_t scope_count,
                          struct batch **batches, size_t count, struct bundle_tally *tally)
{
    struct verifying verifying = {
        .read = read, .scopes = scopes, .scope_count = scope_count, .batches = batches};
    for (size_t i = 0; i < count; i++) {
        bool alone = false;
        verifying.batch = i;
        enum status status = choose_runs(&verifying, tally, &alone);
        if (status != STATUS_OK)
            return status;
        /* What waits aside waits by its own signature. */
        batch_verify(batches[i], alone ? CHAIN_EACH : CHAIN_BY_RUN);
    }
    return STATUS_OK;
}

enum status bundle_waiting(struct replica_read *read, uint64_t *records)
{
    struct aside_count count;
    enum status status = aside_count(read->store, &count);
    *records = count.records;
    return status;
}

/* ---- taken in ---- */

/* The authentic records of a run that does not follow what is held wait, if each stands for itself.
 */
static enum status put_aside(struct replica *replica, const struct batch *batch,
                             const struct run *run, struct bundle_tally *tally)
{
    size_t waiting = 0;
    struct log_row row;
    enum status found = log_find(replica->group.view, &run->before.log, &row);
    if (found == STATUS_NOT_FOUND) { /* its opening was not taken */
        tally->unknown += run->count;
        return STATUS_OK;
    }
    if (found != STATUS_OK)
        return found;
    for (size_t i = 0; i < run->verdict.authentic && run->verdict.by_chain == 0; i++) {
        bool kept = false;
        enum status status = aside_put(replica, &batch->records[run->first + i], &kept);
        if (status != STATUS_OK)
            return status;
        if (!kept)
            break;
        waiting++;
    }
    tally->aside += waiting;
    tally->left += run->verdict.authentic - waiting;
    tally->refused += run->count - run->verdict.authentic;
    return STATUS_OK;
}

static enum status count_run(struct replica *replica, const struct batch *batch,
                             const struct run *run, struct bundle_tally *tally)
{
    uint64_t last = batch->records[run->first].header.seq + run->count - 1;
    uint64_t rest = run->refused_seq <= last ? last - run->refused_seq + 1 : 0;
    bool ungranted = run->why == STATUS_UNKNOWN_PEER || run->why == STATUS_REFUSED;
    if (run->outcome == RUN_GAP)
        return put_aside(replica, batch, run, tally);
    if (run->outcome == RUN_NO_ROOM)
        tally->left += rest;
    else if (run->outcome == RUN_REFUSED && ungranted)
        tally->unknown += rest;
    else if (run->outcome == RUN_REFUSED)
        tally->refused += rest;
    return STATUS_OK;
}

enum status bundle_accept(struct replica *replica, struct batch *batch, struct bundle_tally *tally)
{
    uint64_t before = replica->group.counters.records;
    enum status status = replica_accept(replica, batch);
    if (status != STATUS_OK)
        return status;
    tally->fresh += replica->group.counters.records - before;
    for (size_t i = 0; i < batch->receipt_count; i++)
        tally->receipts += batch->receipt_sound[i] ? 1 : 0;
    for (size_t i = 0; status == STATUS_OK && i < batch->run_count; i++)
        status = count_run(replica, batch, &batch->runs[i], tally);
    return status;
}
