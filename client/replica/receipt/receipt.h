/*
 * Receipts a replica holds, and the levels they give. A level is the set of nodes whose receipt of
 * their current epoch covers a record; it can fall. Source: SPEC.md "Receipts".
 */
#ifndef HOSO_CLIENT_REPLICA_RECEIPT_RECEIPT_H
#define HOSO_CLIENT_REPLICA_RECEIPT_RECEIPT_H

#include "client/replica/state.h"
#include "protocol/record/receipt.h"

/* How far one log is receipted, as seqs; 0 not at all. A node's own role counts for all it holds.
 */
struct coverage {
    uint64_t office;
    uint64_t hub;
};
/* Errors: IO, CORRUPT. */
CHECK_RESULT enum status receipt_coverage(struct replica_read *read, const struct log_row *log,
                                          struct coverage *coverage);

/* Up to which seq of |log| the receipts of |signer|'s current epoch go; 0: none covers any. Errors:
 * IO, CORRUPT. */
CHECK_RESULT enum status receipt_reach(struct replica_read *read, const struct public_key *signer,
                                       const struct log_row *log, uint64_t *seq);

/* The newest receipt of |signer|'s current epoch; borrowed from |read|. NOT_FOUND. */
CHECK_RESULT enum status receipt_newest(struct store_read *read, const struct public_key *signer,
                                        struct bytes *raw);

enum {
    RECEIPT_AHEAD_MOST = 65536 /* claims of one signer on records that are not here: each log of a
                                  province has a few */
};

/* [writer] Keeps a sound receipt of |from| (the session's peer; NULL: none): as evidence if it is
 * this node's own, else for levels and relaying. What it claims of records that are not here is
 * kept up to RECEIPT_AHEAD_MOST logs a signer; the rest is counted in the group and left. */
CHECK_RESULT enum status receipt_keep(struct replica *replica, struct bytes raw,
                                      const struct public_key *from);
/* [writer] Signs a receipt over |heads| (ascending by log) and keeps it. |*raw| lives in the
 * commit arena. */
CHECK_RESULT enum status receipt_sign(struct replica *replica, const struct receipt_head *heads,
                                      size_t count, struct bytes *raw);
/* [writer] |log| advanced: a receipt that came before the records it covers is kept anew, under a
 * new number, so that those it could not be relayed to then get it now. */
CHECK_RESULT enum status receipt_follow(struct replica *replica, const struct name *log);
/* [writer] What a direct session tells of a signer's epoch. */
CHECK_RESULT enum status receipt_note_epoch(struct replica *replica,
                                            const struct public_key *signer,
                                            const struct name *epoch);
/* [writer] Own receipts of an epoch that ended are no longer shown. */
CHECK_RESULT enum status receipt_forget_own(struct replica *replica);

#endif
