/*
 * Forks: two records of one log at one seq. The log ends at the last common record, and each branch
 * is a log of its own whose name depends on nothing but its first record: equal sets of records
 * give equal logs on every node, in whatever order they came. Source: SPEC.md "Records", "Session".
 */
#ifndef HOSO_CLIENT_REPLICA_LOG_FORK_H
#define HOSO_CLIENT_REPLICA_LOG_FORK_H

#include "client/replica/state.h"

/* [writer] Ends |log| before |seq|, which it holds beyond its first record: what follows becomes a
 * branch. No record moves. */
CHECK_RESULT enum status fork_split(struct replica *replica, struct log_row *log, uint64_t seq);
/* [writer] A new branch that goes on behind the end of |base| with the record |first|, which is yet
 * to be appended to |*branch|. */
CHECK_RESULT enum status fork_branch(struct replica *replica, const struct log_row *base,
                                     const struct hash *first, struct log_row *branch);
/* The branch behind the end of |base| that begins with |first|. NOT_FOUND; |*any| tells whether any
 * branch begins there. */
CHECK_RESULT enum status fork_find(struct store_read *read, const struct log_row *base,
                                   const struct hash *first, struct log_row *branch, bool *any);

#endif
