/*
 * What is known of peers: cursor, certainty, last contact, and how far each surely holds each log.
 */
#ifndef HOSO_CLIENT_REPLICA_RECEIPT_PEER_H
#define HOSO_CLIENT_REPLICA_RECEIPT_PEER_H

#include "client/replica/state.h"

/* All zero for a peer never met. */
CHECK_RESULT enum status peer_get(struct store_read *read, const struct public_key *peer,
                                  struct peer_row *row);
/* The seq of |log| up to which the peer surely holds it; 0 nothing. */
CHECK_RESULT enum status peer_mark(struct store_read *read, const struct public_key *peer,
                                   const struct log_row *log, uint64_t *seq);
/* Every peer ever met. */
CHECK_RESULT enum status peer_each(struct store_read *read,
                                   bool (*each)(void *context, const struct public_key *key,
                                                const struct peer_row *row),
                                   void *context);
/* [writer] Replaces the row of |peer|; of its marks those of the logs named. Errors: IO, FULL. */
CHECK_RESULT enum status peer_put(struct replica *replica, const struct public_key *peer,
                                  const struct peer_row *row);
CHECK_RESULT enum status peer_put_marks(struct replica *replica, const struct public_key *peer,
                                        const struct peer_mark *marks, size_t count);

#endif
