/*
 * A receipt: a node's signed word that it has committed these logs up to these positions. Stored,
 * not effective.
 *
 *   [signer key bin32, epoch bin16, arrival uint, running hash bin16|nil, seconds int,
 *    [[log bin16, seq uint, id16 bin16] …], signature bin64]
 *
 * The signature is over "hoso/receipt/1" ‖ BLAKE2b-256("hoso/receipt-content/1" ‖ the array of the
 * first six items). Heads ascend by log. A receipt covers each log's prefix by the chain. It is
 * relayed verbatim; nothing else raises a level.
 * Source: SPEC.md "Receipts".
 */
#ifndef HOSO_PROTOCOL_RECORD_RECEIPT_H
#define HOSO_PROTOCOL_RECORD_RECEIPT_H

#include "protocol/record/chain.h"

struct receipt_head {
    struct name log;
    uint64_t seq;
    struct name id16;
};

struct receipt {
    struct public_key signer;
    struct name epoch;
    uint64_t arrival;         /* of the signer, after the commit */
    struct name running_hash; /* over all ids in the signer's arrival order up to |arrival|; none at
                                 arrival 0 */
    int64_t seconds;          /* the signer's clock */
    const struct receipt_head *heads;
    size_t head_count; /* 0..LIMIT_RECEIPT_HEADS */
};

/* Decodes and checks the signature. Errors: MALFORMED, LIMIT, FORGED, NO_MEMORY. */
CHECK_RESULT enum status receipt_open(struct bytes raw, struct arena *arena,
                                      struct receipt *receipt);
/* Decodes without checking the signature (for one's own store). */
CHECK_RESULT enum status receipt_decode(struct bytes raw, struct arena *arena,
                                        struct receipt *receipt);
/* Signs |receipt| and appends it. Errors: LIMIT, NO_MEMORY, USAGE (the signer is not |key|'s, or
 * the decoder would refuse it: heads out of order, no epoch). */
CHECK_RESULT enum status receipt_seal(const struct receipt *receipt, const struct secret_key *key,
                                      struct buffer *out);

/* The running hash one record further: BLAKE2b-128("hoso/arrival/1" ‖ running ‖ id). It starts from
 * all zero. */
struct name receipt_running_hash(const struct name *running, const struct hash *id);

#endif
