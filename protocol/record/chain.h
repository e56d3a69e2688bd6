/*
 * What makes records of a log authentic: no gaps, each naming its predecessor's id, and the
 * signatures of the device the opening names. A record is authentic iff its own signature, or that
 * of a later record of the same log, verifies; so a run may be checked by its last signature.
 *
 * Never amortised: opening records, authority records, records standing alone.
 * Source: SPEC.md "Authenticity", executions.md H31.
 */
#ifndef HOSO_PROTOCOL_RECORD_CHAIN_H
#define HOSO_PROTOCOL_RECORD_CHAIN_H

#include "protocol/record/record.h"

/* Where a log stands: the record the next one must follow. seq 0 = nothing held yet. */
struct position {
    struct name log;
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
 * Checks a run of consecutive records of one log.
 * |before| is the position the first must follow (seq 0: the run starts with the opening record).
 * |device| is the log's key; ignored when the run starts with its opening (its body names the key).
 * A run whose last signature fails is tried record by record; only the prefix up to the last good
 * one counts.
 */
struct chain_result chain_check(const struct record *records, size_t count,
                                const struct position *before, const struct public_key *device,
                                enum chain_mode mode);

/* Branch name: BLAKE2b-128("hoso/branch/1" ‖ log ‖ id of the first divergent record). */
struct name chain_branch_name(const struct name *log, const struct hash *first_divergent);

#endif
