#include "client/replica/log/evidence.h"

#include "client/replica/act/number.h"
#include "client/replica/log/log.h"
#include "client/replica/receipt/receipt.h"

/* Draws the new epoch, once a group; own logs end where they are. */
static enum status rolled_back(struct replica *replica, enum origin origin, const char *why)
{
    struct group *group = &replica->group;
    /* The log numbers are drawn in from now on must show that it succeeds another. */
    enum status status = log_own_begun(replica, LOG_COUNTER);
    if (status == STATUS_OK)
        status = log_close_own(replica);
    /* What is missing beside what was shown, only the node above can tell. Damage takes no number
     * away: they stand in rows of their own. */
    if (status == STATUS_OK && origin != ORIGIN_DAMAGED)
        status = number_doubt_all(replica);
    if (status != STATUS_OK || group->epoch_changed)
        return status;
    status = origin_note(replica, origin);
    if (status == STATUS_OK)
        status = receipt_forget_own(replica);
    if (status == STATUS_OK)
        status = group_draw_epoch(replica);
    group->epoch_changed = true;
    group->epoch_why = why;
    return status;
}

/* True if this node ended an epoch before. */
static enum status past_epoch_any(struct store_read *read, bool *any)
{
    struct store_cursor *cursor = NULL;
    struct bytes found, value;
    struct table_key key = key_of_meta(META_PAST_EPOCH);
    enum status status = store_cursor_open(read, TABLE_META, &cursor);
    if (status != STATUS_OK)
        return status;
    status = store_seek(cursor, key_bytes(&key), &found, &value);
    *any = status == STATUS_OK && found.at[0] == META_PAST_EPOCH;
    store_cursor_close(cursor);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/*
 * A receipt of an epoch this store never had. It proves a rollback to before that epoch was drawn;
 * or it is of a clone's epoch, and two clones that each drew another epoch for the other's would
 * never end. So it counts only for a store that never ended an epoch: two clones have ended one
 * each after their first meeting. What it would prove later is proved by records and by receipts of
 * epochs that are known.
 */
static enum status unknown_epoch(struct replica *replica, const struct name *epoch, bool *proof)
{
    struct table_key key = key_of_meta(META_PAST_EPOCH);
    struct bytes value;
    bool any = false;
    *proof = false;
    key_name(&key, epoch);
    enum status status = store_get(replica->group.view, TABLE_META, key_bytes(&key), &value);
    if (status != STATUS_NOT_FOUND)
        return status;
    status = past_epoch_any(replica->group.view, &any);
    *proof = !any;
    return status;
}

static enum status known_epoch(struct replica *replica, const struct receipt *receipt, bool *proof)
{
    struct table_key key = key_of_u64(receipt->arrival);
    struct bytes value;
    struct arrival_row row;
    *proof = receipt->arrival > replica->group.counters.arrival;
    if (*proof || receipt->arrival == 0)
        return STATUS_OK;
    enum status status = store_get(replica->group.view, TABLE_ARRIVAL, key_bytes(&key), &value);
    if (status == STATUS_OK)
        status = arrival_row_decode(value, &row);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
    *proof = !name_equal(&row.running_hash, &receipt->running_hash);
    return STATUS_OK;
}

/* No number is drawn before what is missing of this node's own logs is back. */
static enum status doubt_numbers(struct replica *replica, const struct receipt *receipt)
{
    struct store_read *view = replica->group.view;
    for (size_t i = 0; i < receipt->head_count; i++) {
        const struct receipt_head *head = &receipt->heads[i];
        struct log_row log;
        enum status status = log_find(view, &head->log, &log);
        if (status == STATUS_OK) {
            if (!public_key_equal(&log.device, &replica->key))
                continue;
            status = log_resolve(view, log.root, head->seq, &head->id16, &log);
        }
        if (status == STATUS_NOT_FOUND)
            status = number_doubt(replica, &head->log, head->seq, &head->id16);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status evidence_receipt(struct replica *replica, const struct receipt *receipt)
{
    bool proof = false;
    enum status status = name_equal(&receipt->epoch, &replica->group.epoch)
                             ? known_epoch(replica, receipt, &proof)
                             : unknown_epoch(replica, &receipt->epoch, &proof);
    /* Also one of an epoch that is over tells what this store once held. */
    if (status == STATUS_OK)
        status = doubt_numbers(replica, receipt);
    if (status != STATUS_OK || !proof)
        return status;
    return rolled_back(replica, ORIGIN_SHOWN, "a receipt of this node covers what its store lacks");
}

enum status evidence_record(struct replica *replica, const struct log_row *log)
{
    bool own = false;
    enum status status = log_is_own_open(replica->group.view, log, &own);
    if (status != STATUS_OK || !own)
        return status;
    return rolled_back(replica, ORIGIN_SHOWN,
                       "a record of this node's own log came from elsewhere");
}

/*
 * Two copies of a home that had written nothing open a first log each, and neither forks the other:
 * that there are two first logs is all there is to see. One that was put back before knows the
 * other for its own of before. Of a device it says no more than that its key is out: it
 * draws from leases, which hang on a log.
 */
enum status evidence_first_log(struct replica *replica)
{
    enum number_apart apart = APART_NOT;
    enum status status = number_apart(replica->group.view, &apart);
    if (status != STATUS_OK || apart != APART_NOT || replica->identity.role == ROLE_DEVICE)
        return status;
    return rolled_back(replica, ORIGIN_SHOWN,
                       "a first log of this node's key, not written here, came from elsewhere");
}

enum status evidence_origin(struct replica *replica, enum origin origin)
{
    return rolled_back(replica, origin, origin_text(origin));
}
