/*
 * What goes into a bundle and what comes of one: which records a receiver lacks as far as is known,
 * and the accept transaction of what a file brought. Source: SPEC.md "Bundles".
 */
#ifndef HOSO_CLIENT_REPLICA_LOG_BUNDLE_H
#define HOSO_CLIENT_REPLICA_LOG_BUNDLE_H

#include "client/replica/replica.h"

/* ---- writing ---- */

/*
 * The key a bundle for |unit| (empty: the node above) is for. Errors: NOT_FOUND (there is no node
 * above, or nobody of that unit was granted anything), REFUSED (it is this node), IO.
 */
CHECK_RESULT enum status bundle_receiver(struct replica_read *read, struct bytes unit,
                                         struct public_key *receiver);

/* One log of a plan: what follows |after| goes in. */
struct bundle_log {
    struct name log;
    struct name root; /* as headers name it */
    uint64_t after;   /* the receiver is known to hold it so far */
    struct name after_id16;
    uint64_t seq;
    bool authority;
};

struct bundle_plan {
    struct public_key receiver;
    const struct name *scopes; /* ascending; what both may have, the authority scope among it */
    size_t scope_count;
    const struct bundle_log *logs; /* authority first, then as this node came to know them */
    size_t log_count;
    uint64_t records; /* that go in */
};

/* Plans a bundle in |arena|; |whole|: from the first record on, whatever is known of the receiver.
 * Errors: IO, CORRUPT, NO_MEMORY. */
CHECK_RESULT enum status bundle_plan(struct replica_read *read, const struct public_key *receiver,
                                     bool whole, struct arena *arena, struct bundle_plan *plan);

/* Where the next piece of a bundle begins. All zero: at the first log. */
struct bundle_place {
    struct name log; /* none: at the first */
    uint64_t seq;    /* of the next record */
};

/*
 * Appends RECORDS frames, each told to |frame|, from |*place| on until |bytes| are passed, and
 * moves
 * |*place|; its log is none when nothing is left. |*records| counts what went in. Errors: IO,
 * CORRUPT, NO_MEMORY, or what |frame| returns.
 */
CHECK_RESULT enum status bundle_read(struct replica_read *read, const struct bundle_plan *plan,
                                     struct bundle_place *place, size_t bytes,
                                     enum status (*frame)(void *context, struct bytes frame),
                                     void *context, uint64_t *records);

/* ---- reading ---- */

/* Whether this node may take all of |scopes|, which begin with no other district's authority:
 * OK, UNKNOWN_PEER (another district's), REFUSED (a scope that is not this node's). */
CHECK_RESULT enum status bundle_judge(struct replica_read *read, const struct name *scopes,
                                      size_t count);

/* What became of the records of some batches. */
struct bundle_tally {
    uint64_t read;    /* records in the runs */
    uint64_t fresh;   /* stored now, those that waited aside among them */
    uint64_t aside;   /* put aside, or waiting there already */
    uint64_t unknown; /* of logs whose device was never granted, or whose opening is missing */
    uint64_t refused; /* no records, or not by whom they say */
    uint64_t left;    /* no room, or a bound: they stay in the bundle */
    uint64_t receipts;
};

/*
 * Makes batches of a bundle ready for bundle_accept(): finds their devices, drops what is of no
 * scope in |scopes| (which ends in REFUSED runs, counted) or of an unknown device, verifies.
 * Counts into |tally|. Errors: IO, CORRUPT.
 */
CHECK_RESULT enum status bundle_verify(struct replica_read *read, const struct name *scopes,
                                       size_t scope_count, struct batch **batches, size_t count,
                                       struct bundle_tally *tally);
/* [writer] Takes a batch in; what stands behind a gap waits aside. Errors: as replica_accept(). */
CHECK_RESULT enum status bundle_accept(struct replica *replica, struct batch *batch,
                                       struct bundle_tally *tally);
/* How many records wait aside. Errors: IO, CORRUPT. */
CHECK_RESULT enum status bundle_waiting(struct replica_read *read, uint64_t *records);

#endif
