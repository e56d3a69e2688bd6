/*
 * The group: what one commit makes durable, staged until then.
 */
#include "client/replica/case/index.h"
#include "client/replica/log/log.h"
#include "client/replica/receipt/receipt.h"
#include "client/replica/receipt/receipt_row.h"
#include "client/replica/snapshot.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum status group_put(struct replica *replica, enum store_table table, const struct table_key *key,
                      struct bytes value)
{
    return store_put(replica->group.write, table, key_bytes(key), value);
}

enum status group_delete(struct replica *replica, enum store_table table,
                         const struct table_key *key)
{
    return store_delete(replica->group.write, table, key_bytes(key));
}

const struct authority *group_authority(const struct replica *replica)
{
    if (replica->group.authority)
        return replica->group.authority;
    /* Only the writer publishes, and this is the writer: the newest stays where it is. */
    return replica->authority->authority;
}

struct authority *group_authority_own(struct replica *replica)
{
    struct group *group = &replica->group;
    if (!group->authority)
        group->authority = authority_copy(group_authority(replica));
    return group->authority;
}

void group_read(struct replica *replica, struct replica_read *read)
{
    *read = (struct replica_read){.replica = replica,
                                  .store = replica->group.view,
                                  .authority = group_authority(replica),
                                  .borrowed = true};
}

enum status group_draw_epoch(struct replica *replica)
{
    struct group *group = &replica->group;
    if (!name_is_none(&group->epoch)) {
        struct table_key past = key_of_meta(META_PAST_EPOCH);
        uint8_t ended[8];
        key_name(&past, &group->epoch);
        be64_store(ended, group->counters.arrival);
        enum status status = group_put(replica, TABLE_META, &past, bytes_of(ended, sizeof ended));
        if (status != STATUS_OK)
            return status;
    }
    replica->world.random(replica->world.context, group->epoch.bytes, sizeof group->epoch.bytes);
    struct table_key key = key_of_meta(META_EPOCH);
    return group_put(replica, TABLE_META, &key,
                     bytes_of(group->epoch.bytes, sizeof group->epoch.bytes));
}

static enum status counters_load(struct store_read *read, struct counters *counters)
{
    struct table_key key = key_of_meta(META_COUNTERS);
    struct bytes value;
    enum status status = store_get(read, TABLE_META, key_bytes(&key), &value);
    if (status == STATUS_NOT_FOUND) {
        *counters = (struct counters){0};
        return STATUS_OK;
    }
    return status == STATUS_OK ? counters_decode(value, counters) : status;
}

enum status counters_get(struct store_read *read, struct counters *counters)
{
    return counters_load(read, counters);
}

static enum status counters_save(struct replica *replica)
{
    uint8_t value[COUNTERS_BYTES];
    counters_encode(&replica->group.counters, value);
    struct table_key key = key_of_meta(META_COUNTERS);
    return group_put(replica, TABLE_META, &key, bytes_of(value, sizeof value));
}

/* Forgets the group, whose transaction is over. The list of changed logs keeps its memory. */
static void group_end(struct replica *replica)
{
    struct group *group = &replica->group;
    uint32_t *changed = group->changed;
    size_t capacity = group->changed_capacity;
    authority_free(group->authority);
    *group = (struct group){.changed = changed, .changed_capacity = capacity};
}

enum status replica_begin(struct replica *replica)
{
    struct group *group = &replica->group;
    assert(!group->write);
    arena_reset(&replica->commit_arena);
    enum status status = store_write_begin(replica->store, &group->write);
    if (status != STATUS_OK) {
        group->write = NULL;
        return status;
    }
    group->view = store_write_view(group->write);
    group->epoch = replica->epoch; /* only the writer changes it */
    status = counters_load(group->view, &group->counters);
    group->arrival_before = group->counters.arrival;
    if (status != STATUS_OK)
        replica_abort(replica);
    return status;
}

void replica_abort(struct replica *replica)
{
    if (!replica->group.write)
        return;
    store_abort(replica->group.write);
    group_end(replica);
}

static int entry_compare(const void *a, const void *b)
{
    const struct vector_entry *left = a, *right = b;
    return name_compare(&left->head.log, &right->head.log);
}

/* The logs that |group| names as changed, ascending by name. */
static enum status changed_list(struct replica *replica, struct vector_entry **entries)
{
    const struct group *group = &replica->group;
    struct vector_entry *list =
        arena_array(&replica->commit_arena, group->changed_count, sizeof *list);
    if (!list && group->changed_count > 0)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < group->changed_count; i++) {
        enum status status = log_entry(group->view, group->changed[i], &list[i]);
        if (status != STATUS_OK)
            return status;
    }
    if (group->changed_count > 1)
        qsort(list, group->changed_count, sizeof *list, entry_compare);
    *entries = list;
    return STATUS_OK;
}

/* Receipts over all of |entries|, as many as their bound asks for; |*raw| is the last. */
static enum status receipts_sign(struct replica *replica, const struct vector_entry *entries,
                                 size_t count, struct bytes *raw)
{
    struct receipt_head *heads = arena_array(&replica->commit_arena, count, sizeof *heads);
    if (!heads && count > 0)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        heads[i] = (struct receipt_head){.log = entries[i].head.log,
                                         .seq = entries[i].head.seq,
                                         .id16 = name_of_hash(&entries[i].head.id)};
    }
    for (size_t i = 0; i < count; i += LIMIT_RECEIPT_HEADS) {
        size_t some = count - i < LIMIT_RECEIPT_HEADS ? count - i : LIMIT_RECEIPT_HEADS;
        enum status status = receipt_sign(replica, heads + i, some, raw);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

struct renewal {
    struct replica *replica;
    enum status status;
};

static bool renew_log(void *context, const struct log_row *row)
{
    struct renewal *renewal = context;
    renewal->status = log_save(renewal->replica, row);
    return renewal->status == STATUS_OK;
}

/* In a new epoch every log is receipted anew: the receipts of the old one no longer count. */
static enum status renew_logs(struct replica *replica)
{
    struct renewal renewal = {.replica = replica, .status = STATUS_OK};
    enum status status = log_each(replica->group.view, renew_log, &renewal);
    return status == STATUS_OK ? renewal.status : status;
}

static enum status receipts_follow(struct replica *replica, const struct vector_entry *entries,
                                   size_t count)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = receipt_follow(replica, &entries[i].head.log);
    return status;
}

/* ---- receipts that wait ---- */

enum { WAITING_MOST = 256 /* arrivals without a receipt: few are to be looked through for it */ };

/* The arrival up to which this node has given a receipt. */
static enum status receipted_find(const struct replica *replica, uint64_t *arrival)
{
    struct signer_row own;
    enum status status = receipt_signer_get(replica->group.view, &replica->key, &own);
    *arrival = status == STATUS_OK ? own.arrival : 0;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/*
 * What this node alone has written nobody waits to see receipted: its level is its own, and its
 * records are as good a proof of what it held. So a person's act does not wait for that second
 * signature: the next commit that has anything else to do makes it, and writers that are idle make
 * one. What stands behind the newest own receipt's arrival is what waits; after a kill, too.
 */
static bool receipt_waits(const struct replica *replica, uint64_t receipted)
{
    const struct group *group = &replica->group;
    return group->changed_count > 0 && !group->accepted && !group->authority &&
           !group->epoch_changed && group->counters.arrival - receipted <= WAITING_MOST;
}

/* Adds the logs of what arrived behind |receipted| before this group to those that changed. */
static enum status waiting_add(struct replica *replica, uint64_t receipted)
{
    struct store_read *view = replica->group.view;
    for (uint64_t arrival = receipted + 1; arrival <= replica->group.arrival_before; arrival++) {
        struct table_key key = key_of_u64(arrival);
        struct bytes value;
        struct arrival_row row;
        struct log_row log;
        enum status status = store_get(view, TABLE_ARRIVAL, key_bytes(&key), &value);
        if (status == STATUS_OK)
            status = arrival_row_decode(value, &row);
        if (status == STATUS_OK)
            status = log_at(view, &row.place, &log);
        if (status == STATUS_OK)
            status = log_note_changed(replica, log.number);
        /* A row that is spoilt is scrub's to mend; its log is receipted when it advances. */
        if (status != STATUS_OK && status != STATUS_NOT_FOUND && status != STATUS_CORRUPT)
            return status;
    }
    return STATUS_OK;
}

/* The group's receipt, over |entries| and what waited; none, if that may wait. */
static enum status receipts_make(struct replica *replica, const struct vector_entry *entries,
                                 struct bytes *raw)
{
    struct group *group = &replica->group;
    struct vector_entry *all = NULL;
    size_t changed = group->changed_count;
    uint64_t receipted = 0;
    enum status status = receipted_find(replica, &receipted);
    if (status != STATUS_OK || receipt_waits(replica, receipted))
        return status;
    if (receipted >= group->arrival_before || group->epoch_changed)
        return receipts_sign(replica, entries, changed, raw);
    status = waiting_add(replica, receipted);
    if (status == STATUS_OK)
        status = changed_list(replica, &all);
    if (status == STATUS_OK)
        status = receipts_sign(replica, all, group->changed_count, raw);
    group->changed_count = changed;
    return status;
}

static enum status group_finish(struct replica *replica, struct replica_commit *commit,
                                struct authority_snapshot **snapshot)
{
    struct group *group = &replica->group;
    struct vector_entry *entries = NULL;
    enum status status = STATUS_OK;
    if (group->epoch_changed)
        status = renew_logs(replica);
    if (status == STATUS_OK)
        status = changed_list(replica, &entries);
    if (status == STATUS_OK)
        status = receipts_follow(replica, entries, group->changed_count);
    if (status == STATUS_OK)
        status = receipts_make(replica, entries, &commit->receipt);
    if (status == STATUS_OK)
        status = index_follow_authority(replica);
    if (status == STATUS_OK)
        status = counters_save(replica);
    if (status == STATUS_OK && group->authority)
        status = snapshot_reserve(snapshot);
    commit->changed = entries;
    commit->changed_count = group->changed_count;
    commit->arrival = group->counters.arrival;
    commit->running_hash = group->counters.running_hash;
    commit->receipt_number = group->counters.receipt;
    commit->authority_changed = group->authority != NULL;
    commit->epoch_changed = group->epoch_changed;
    commit->epoch_why = group->epoch_why;
    return status;
}

enum status replica_commit(struct replica *replica, struct replica_commit *commit)
{
    struct group *group = &replica->group;
    struct authority_snapshot *snapshot = NULL;
    assert(group->write);
    *commit = (struct replica_commit){0};
    enum status status = group_finish(replica, commit, &snapshot);
    if (status != STATUS_OK) {
        replica_abort(replica);
        free(snapshot);
        return status;
    }
    status = store_commit(group->write);
    if (status == STATUS_OK) {
        pthread_mutex_lock(&replica->lock);
        replica->epoch = group->epoch;
        pthread_mutex_unlock(&replica->lock);
        if (snapshot) {
            snapshot_publish(replica, snapshot, group->authority);
            group->authority = NULL;
            snapshot = NULL;
        }
        if (replica->world.committed)
            replica->world.committed(replica->world.context, &replica->epoch, commit->arrival,
                                     &commit->running_hash);
    }
    free(snapshot);
    group_end(replica);
    return status;
}
