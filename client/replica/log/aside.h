/*
 * Records that wait aside: a bundle brought them and what stands before them in their log is
 * missing. They are authentic by their own signatures and outside everything else: vectors,
 * receipts, views. Whatever closes the gap takes them in within the same transaction.
 * Source: SPEC.md "Bundles".
 */
#ifndef HOSO_CLIENT_REPLICA_LOG_ASIDE_H
#define HOSO_CLIENT_REPLICA_LOG_ASIDE_H

#include "client/replica/log/log.h"

enum { ASIDE_RECORDS_MOST = 16384, ASIDE_BYTES_MOST = 64 * 1024 * 1024 };

struct aside_count {
    uint64_t records;
    uint64_t bytes;
};

/* How much waits. Errors: IO, CORRUPT. */
CHECK_RESULT enum status aside_count(struct store_read *read, struct aside_count *count);
/* [writer] Puts |record|, whose own signature is valid, aside; |*kept| false: its log is not known
 * here, or there is no room: it stays where it came from. Errors: IO, FULL, NO_MEMORY. */
CHECK_RESULT enum status aside_put(struct replica *replica, const struct record *record,
                                   bool *kept);
/* [writer] Takes in what waits behind the records now held of |log|, as headers name it. Errors:
 * as replica_accept(). */
CHECK_RESULT enum status aside_follow(struct replica *replica, const struct name *log);

/* [writer] In accept.c: one record that is known to be authentic, taken in as a run of its own;
 * |run| tells what became of it. */
CHECK_RESULT enum status accept_alone(struct replica *replica, struct record *record,
                                      const struct log_row *root, struct run *run);

#endif
