/* Where a daemon listens, kept in its home: the next start and the next invitation need it. */
#ifndef HOSO_DAEMON_LISTEN_H
#define HOSO_DAEMON_LISTEN_H

#include "client/link/net/address.h"

/* What a daemon that was never told otherwise listens at: this machine alone. */
#define LISTEN_DEFAULT "127.0.0.1:7640"

enum { LISTEN_TEXT_SIZE = ADDRESS_HOST_MAX + 24 /* of an address in words, with the terminator */ };

/* The address remembered in home |path|, else the default. Errors: USAGE (the file holds none), IO.
 */
CHECK_RESULT enum status listen_recall(const char *path, struct address *address);
/* Remembers it. Errors: IO, FULL, REFUSED, NOT_FOUND. */
CHECK_RESULT enum status listen_remember(const char *path, const struct address *address);

/* "HOST:PORT", an IPv6 address in brackets. Errors: LIMIT. */
CHECK_RESULT enum status listen_text(const struct address *address, char *out, size_t room);
/* "ws://HOST:PORT" or "wss://HOST:PORT" of the remembered address; false: none is, or it is no
 * address others can connect to (0.0.0.0). */
bool listen_url(const char *path, char *out, size_t room);

#endif
