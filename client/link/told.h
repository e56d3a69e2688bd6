/*
 * What the log says of records that were brought and not taken. On the loop's thread.
 */
#ifndef HOSO_CLIENT_LINK_TOLD_H
#define HOSO_CLIENT_LINK_TOLD_H

#include "client/link/link.h"

/* What did not fit stays with its sender, who asks again; the operator is to know why. */
void told_no_room(const struct link_shared *shared, uint64_t link,
                  const struct writer_batch *written);
/* What a rule keeps out: the first of a connection with its log; |*count| is of all of them. */
void told_not_taken(struct link_shared *shared, const struct session *session,
                    const struct writer_batch *written, uint64_t *count);

/* Claims of receipts on records nobody has, above their bound: the first of a connection;
 * |*count| is of all of them. */
void told_claims_left(struct link_shared *shared, const struct session *session,
                      const struct writer_batch *written, uint64_t *count);

#endif
