/*
 * A batch: what one frame of records became, on its way session -> verify -> writer -> session. It
 * owns its bytes.
 *
 * A batch is made by the session, filled with verdicts by batch_verify() (pure, run on any thread),
 * and with outcomes by the writer's transaction; then the session sees it again in VERIFIED and
 * COMMITTED. At any moment one owner.
 */
#ifndef HOSO_PROTOCOL_SYNC_SESSION_BATCH_H
#define HOSO_PROTOCOL_SYNC_SESSION_BATCH_H

#include "protocol/record/chain.h"
#include "protocol/record/receipt.h"

/* What a transaction made of one run. */
enum run_outcome {
    RUN_PENDING,
    RUN_STORED,  /* at least one record is new; head advanced */
    RUN_PRESENT, /* all of it was held already */
    RUN_GAP, /* its first record does not follow what is held: dropped, |head| tells what is held */
    RUN_BRANCH,  /* diverges: stored as a log named in |log| */
    RUN_REFUSED, /* not a record, or never granted: nothing stored from |refused_seq| on */
    RUN_NO_ROOM  /* bounds or the reserve: stays with the sender, unreceipted */
};

struct run {
    struct name log;   /* as the sender names it; after COMMITTED the name it is stored under */
    struct name scope; /* from its opening; none until known */
    struct position before; /* the sender's claim of what it follows */
    size_t first;           /* index into |records| */
    size_t count;
    bool device_known; /* |device| is the log's key (from the store, or the opening in the run) */
    struct public_key device;
    struct chain_result verdict;
    enum run_outcome outcome;
    enum status why;
    uint64_t refused_seq;
    struct position head; /* what the store holds of the log after the transaction */
};

/* Where a peer's stream stands. One cursor is valid for one set of scopes. */
struct cursor {
    struct name epoch;
    uint64_t arrival;
    struct name running_hash;
    struct name scopes; /* digest of the set; the session makes and compares it */
    uint64_t receipts;  /* the server's receipts are held up to this number of its own */
};

struct peer_mark { /* the peer surely holds the log up to here */
    struct name log;
    uint64_t seq;
    bool told; /* the peer said that it holds this and no more: the mark falls if it stood higher.
                  Else it only rises */
};

struct batch {
    struct arena arena;
    struct record *records;
    size_t record_count;
    struct run *runs;
    size_t run_count;
    struct bytes *receipts; /* raw; signatures checked by batch_verify() */
    bool *receipt_sound;
    size_t receipt_count;
    uint64_t claims_left; /* set by the commit: what receipts claim above its bound, not kept */
    size_t wire_bytes;    /* what it weighed on the line: the window it occupies */
    /* What to write about the peer in the same transaction; beside it, that the peer holds the runs
     * that are stored, under the names they are stored by. A batch may hold nothing else: no
     * records, no receipts. */
    struct public_key peer; /* all zero: nobody, it came in a bundle */
    bool has_cursor;
    struct cursor cursor;
    struct cursor after; /* which it goes on from; arrival 0: from the start. It is written only if
                            that is the one the store has, and |has_cursor| is cleared else: what
                            came between was not stored */
    struct peer_mark *marks;
    size_t mark_count;
    uint64_t tag; /* the session's own */
};

/* NULL: out of memory. */
struct batch *batch_new(void);
void batch_free(struct batch *batch);

/*
 * Fills every run's verdict and receipt_sound. Needs device_known for each run that does not start
 * with its opening. Pure; may run on any thread that owns the batch.
 */
void batch_verify(struct batch *batch, enum chain_mode mode);

#endif
