/*
 * The stored form of who this node is.
 */
#ifndef HOSO_CLIENT_REPLICA_IDENTITY_H
#define HOSO_CLIENT_REPLICA_IDENTITY_H

#include "client/replica/state.h"

/* Appends. */
void identity_encode(const struct replica_identity *identity, struct buffer *out);
/* Texts borrow from |bytes|, which must live in |arena|'s owner. Errors: CORRUPT, NO_MEMORY. */
CHECK_RESULT enum status identity_decode(struct bytes bytes, struct arena *arena,
                                         struct replica_identity *identity);

/* The same of an invitation. */
void invitation_encode(const struct invitation *invitation, struct buffer *out);
CHECK_RESULT enum status invitation_decode(struct bytes bytes, struct arena *arena,
                                           struct invitation *invitation);

#endif
