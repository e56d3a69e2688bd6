/*
 * Where a store came from: whether it is a copy, or was put back to an earlier state, as far as
 * that can be known without a peer. A store that knows it ends its logs and its epoch at once, and
 * draws no numbers until somebody confirms them; what it cannot know, its peers show it
 * (log/evidence.h). Source: SPEC.md "Receipts", "Codes".
 */
#ifndef HOSO_CLIENT_REPLICA_ORIGIN_H
#define HOSO_CLIENT_REPLICA_ORIGIN_H

#include "client/replica/replica.h"

enum origin {
    ORIGIN_HERE,     /* nothing speaks against it */
    ORIGIN_BACKUP,   /* `hosod backup` made it */
    ORIGIN_COPIED,   /* its file is another one than was written last: copied, or put back */
    ORIGIN_PUT_BACK, /* it is older than what was committed here */
    ORIGIN_SHOWN,    /* a peer showed what it lacks */
    ORIGIN_DAMAGED   /* records of it were found damaged */
};

/* What the machine knows beside the store. */
struct origin_hints {
    struct bytes place; /* tells this file from a copy of it; empty: nothing does */
    bool has_mark;      /* what was committed here last, kept outside of the store; may lag */
    struct name mark_epoch;
    uint64_t mark_arrival;
    struct name mark_running_hash;
};

/*
 * [writer, no group open] Judges the hints. A store that was copied or put back draws a new epoch,
 * closes its own logs and puts its numbers in doubt; |*origin| is then not ORIGIN_HERE. Errors: IO,
 * FULL, CORRUPT, NO_MEMORY.
 */
CHECK_RESULT enum status origin_settle(struct replica *replica, const struct origin_hints *hints,
                                       enum origin *origin);
/* Notes in |store|, which no replica has open, that it is a backup made at |seconds|. Errors: IO,
 * FULL, NO_MEMORY. */
CHECK_RESULT enum status origin_mark_backup(struct store *store, int64_t seconds);
/* When the backup |store| holds was made. NOT_FOUND: it is none. Errors: IO, CORRUPT, NO_MEMORY. */
CHECK_RESULT enum status origin_backup_seconds(struct store *store, int64_t *seconds);

/* What this store found out last, and when. */
struct origin_found {
    enum origin origin; /* ORIGIN_HERE: never anything */
    int64_t seconds;
};
/* [any] Errors: IO, CORRUPT. */
CHECK_RESULT enum status origin_last(struct replica_read *read, struct origin_found *found);
/* [any] When the newest receipt of |signer|'s current epoch was signed; 0: none is held. Errors:
 * IO, CORRUPT, NO_MEMORY. */
CHECK_RESULT enum status origin_receipt_seconds(struct replica_read *read,
                                                const struct public_key *signer, int64_t *seconds);
/* What |origin| means, for a log: static, English. And its name for programs ("backup"). */
const char *origin_text(enum origin origin);
const char *origin_name(enum origin origin);
/* [writer] Inside a group: notes what was found now. Errors: IO, FULL, NO_MEMORY. */
CHECK_RESULT enum status origin_note(struct replica *replica, enum origin origin);

#endif
