/*
 * The scrub: every record of the store hashed again, every signature checked, every row that points
 * at a record compared with it. It reads in slices, each from a snapshot of its own, so it may go
 * on for hours beside everything else; what it finds the writer looks at again before it mends.
 */
#ifndef HOSO_CLIENT_REPLICA_LOG_SCRUB_H
#define HOSO_CLIENT_REPLICA_LOG_SCRUB_H

#include "client/replica/log/log.h"

enum scrub_outcome {
    SCRUB_SOUND,   /* was mended meanwhile, or is gone */
    SCRUB_MENDED,  /* its bytes, but for one bit, proved what they were */
    SCRUB_REBUILT, /* a row that points at it was made again */
    SCRUB_WAITS    /* not held any more, until it comes from whoever holds it */
};

struct scrub_finding {
    struct place place;
    enum scrub_outcome outcome; /* of scrub_settle() */
    struct name log;
    struct hash id;
    uint32_t case_number; /* 0: of no case */
    bool known;           /* was let go before: waits still, there is nothing to settle */
};

enum { SCRUB_FINDINGS = 64 };

/* Where a scrub stands; all zero: at the beginning. */
struct scrub {
    struct place at; /* the last record looked at */
    bool ended;
    uint64_t records, signatures, bad_signatures;
    uint64_t waiting; /* of the findings that were known */
    struct scrub_finding findings[SCRUB_FINDINGS];
    size_t finding_count; /* of the last slice */
};

/* [any] Looks at up to |most| more records, fewer if the findings fill up. Errors: IO, CORRUPT (the
 * tables themselves cannot be read), NO_MEMORY. */
CHECK_RESULT enum status scrub_slice(struct replica *replica, struct scrub *scrub, size_t most);
/* [writer] Looks again at each finding of the last slice, mends what can be mended, and lets go
 * what cannot: if anything had to be let go, the group begins a new epoch. Errors: IO, FULL,
 * CORRUPT, NO_MEMORY: abort. */
CHECK_RESULT enum status scrub_settle(struct replica *replica, struct scrub *scrub);
/* [writer] Lists, search and figures are made again, all of them. */
CHECK_RESULT enum status scrub_renew_derived(struct replica *replica);
/* [any] The code of the case |number|, or its provisional one. NOT_FOUND: nothing tells. */
CHECK_RESULT enum status scrub_code(struct replica_read *read, uint32_t number,
                                    char code[LIMIT_CODE_BYTES + 16]);

/* The newest arrival: tells whether anything was committed. [any] */
uint64_t scrub_newest(struct replica_read *read);

#endif
