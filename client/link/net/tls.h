/*
 * TLS 1.3 of a line: this node's key and certificate, and the check that the other end is the node
 * that was pinned. The only module of this layer that includes OpenSSL.
 *
 * What is pinned is the node's own key, which every invitation carries. The TLS key (P-256, which
 * browsers know too) is another one; its certificate holds an extension in which the node signs the
 * TLS key. So a node may get a new TLS key without anybody's doing, and a certificate by anybody
 * else, an authority or a proxy, fits no pin. Names, issuers and dates of a certificate decide
 * nothing. Source: SPEC.md "Transport".
 */
#ifndef HOSO_CLIENT_LINK_NET_TLS_H
#define HOSO_CLIENT_LINK_NET_TLS_H

#include "protocol/record/seal.h"

enum { TLS_PEM_BYTES = 8192 /* the most a key with its certificate takes */ };

/* Lets the library keep private keys in memory that is locked and never dumped; once, before the
 * first thread. False: the system gave no such memory, everything works without. */
bool tls_start(void);

/*
 * Appends a new private key and its certificate, signed by |node|, as PEM (PKCS 8, X.509). It
 * holds a secret: the caller wipes |pem|. Errors: NO_MEMORY (also: the library failed), LIMIT of
 * |pem|.
 */
CHECK_RESULT enum status tls_make(const struct secret_key *node, struct buffer *pem);
/*
 * Whether |pem| holds a private key, the certificate of it, and |node|'s signature on it. Errors:
 * MALFORMED (not such a text), FORGED (the parts do not belong together, or to |node|).
 */
CHECK_RESULT enum status tls_check(struct bytes pem, const struct public_key *node);

/* Below, |context| is an SSL_CTX and |connection| an SSL of the library, as the transport has them.
 */

/* Makes |context| serve with |pem|: TLS 1.3 alone, tickets without a store of sessions, buffers
 * only while bytes are under way. False: |pem| is not usable, or out of memory. */
CHECK_RESULT bool tls_serve(void *context, struct bytes pem);
/*
 * What connects, with TLS 1.3 alone. Whom it meets is for tls_is_node() to say. It resumes its last
 * session where the other end still takes it: no certificate is sent then, and tls_is_node() looks
 * at the one the session began with. Not moved while in use; a transport that is given the context
 * does not free it.
 */
struct tls_dialler {
    void *context; /* an SSL_CTX */
    void *ticket;  /* of the last session; NULL: none */
};
/* False: out of memory; tls_dialler_deinit() all the same. */
CHECK_RESULT bool tls_dialler_init(struct tls_dialler *dialler);
/* All zero is allowed. */
void tls_dialler_deinit(struct tls_dialler *dialler);

/* Whether the other end of |connection| proved a TLS key that |node| signed. NULL: no. */
bool tls_is_node(void *connection, const struct public_key *node);

#endif
