/* The TLS key of a home, with its certificate: HOME/tls, mode 0600. */
#ifndef HOSO_DAEMON_CERTIFICATE_H
#define HOSO_DAEMON_CERTIFICATE_H

#include "protocol/record/seal.h"

/* Makes a new one for the node of |secret| in home |path|. Errors: IO, FULL, REFUSED, NO_MEMORY. */
CHECK_RESULT enum status certificate_make(const char *path, const struct secret_key *secret);
/*
 * Appends the one of home |path|; where there is none, or none of this node, a new one is made
 * first: nobody pinned it, so nobody has to know. |pem| holds a secret: certificate_wipe() it.
 * Errors: those of certificate_make().
 */
CHECK_RESULT enum status certificate_get(const char *path, const struct secret_key *secret,
                                         struct buffer *pem);
/* Overwrites and frees. */
void certificate_wipe(struct buffer *pem);

#endif
