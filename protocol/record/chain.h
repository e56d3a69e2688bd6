/*
 * What makes records of a log authentic: no gaps, each naming its predecessor's id, and the
 * signatures of the device the opening names. A record is authentic iff its own signature, or that
 * of a later record of the same log, verifies; so a run may be checked by its last signature.
 *
 * Never amortised: opening records, authority records, records standing alone.
 * Source: SPEC.md "Authenticity".
 */
#ifndef HOSO_PROTOCOL_RECORD_CHAIN_H
#define HOSO_PROTOCOL_RECORD_CHAIN_H

#include "protocol/record/record.h"

/* Where a log stands: the record the next one must follow. seq 0 = nothing held yet. */
struct position {
    struct name log; /* to chain_check: as headers name it; a branch's name the log that forked */
    uint64_t seq;
    struct hash id; /* a peer's claim carries only the first 16 bytes, the rest zero */
};

enum chain_mode { CHAIN_BY_RUN, CHAIN_EACH };

struct chain_result {
    size_t authentic;   /* the first so many records of the run are authentic */
    enum status status; /* OK, or why the next one is not: MALFORMED, FORGED */
    size_t signatures_checked;
    size_t by_chain; /* records proved by a later record's signature */
};

/*
 * Checks a run of consecutive records of one log, each from record_decode().
 * |before| is the position the first must follow (seq 0: the run starts with the opening record).
 * An id whose last 16 bytes are zero is a claim: the first 16 are compared.
 * |device| is the log's key; NULL is allowed when the run starts with its opening, whose body names
 * the key and then decides.
 * CHAIN_BY_RUN checks the last signature and those that are never amortised; if one fails, the run
 * is tried backwards, and only the prefix up to the last good one counts. CHAIN_EACH checks every
 * signature. Both give the same |authentic|.
 */
struct chain_result chain_check(const struct record *records, size_t count,
                                const struct position *before, const struct public_key *device,
                                enum chain_mode mode);

/* Branch name: BLAKE2b-128("hoso/branch/1" ‖ log ‖ id of the first divergent record). */
struct name chain_branch_name(const struct name *log, const struct hash *first_divergent);

#endif
