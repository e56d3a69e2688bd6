/*
 * What rides the upgrade request: "v=1&n=NONCE", the nonce in base64url without padding. The node
 * above speaks right behind its 101, so it must know the nonce by then. Source: SPEC.md "Session".
 */
#ifndef HOSO_CLIENT_LINK_NET_QUERY_H
#define HOSO_CLIENT_LINK_NET_QUERY_H

#include "protocol/sync/session/session.h"

enum { QUERY_SIZE = 32 /* with the terminator */ };

/* The query for |nonce|. (Without memory it is one that query_read() refuses.) */
void query_write(const uint8_t nonce[SESSION_NONCE_BYTES], char text[QUERY_SIZE]);
/*
 * Reads a peer's query. Items it does not know are passed over.
 * Errors: NEWER (another version), MALFORMED (no nonce, or not one), NO_MEMORY: end the connection.
 */
CHECK_RESULT enum status query_read(struct bytes query, uint8_t nonce[SESSION_NONCE_BYTES]);

#endif
