/*
 * Where a node listens: ws://HOST:PORT or wss://HOST:PORT, and the look-up of HOST on a thread of
 * its own, because getaddrinfo() may block for ten seconds and the loop may not.
 */
#ifndef HOSO_CLIENT_LINK_NET_ADDRESS_H
#define HOSO_CLIENT_LINK_NET_ADDRESS_H

#include "protocol/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ADDRESS_HOST_MAX = 255,    /* characters of a host name, RFC 1035 */
    ADDRESS_NUMERIC_SIZE = 64, /* room for a numeric address and its terminator */
    ADDRESS_FOUND_MAX = 8      /* addresses tried of one name */
};

struct address {
    bool tls;    /* wss */
    bool scheme; /* it was said which */
    char host[ADDRESS_HOST_MAX + 1];
    uint16_t port;
};

/*
 * Takes "ws://HOST[:PORT][/]", "wss://…", "http://…" (what `ready` prints), "HOST:PORT" or
 * "[IPv6]:PORT" apart; a missing port is 80 or 443.
 * Errors: USAGE  not of that form; tell the person.
 */
CHECK_RESULT enum status address_parse(const char *text, struct address *address);

/* True for this machine alone: 127.0.0.0/8, ::1, "localhost". */
bool address_is_local(const struct address *address);

/* How the node above is to be reached. All zero: where the identity says, and safely. */
struct route {
    const char *url;      /* NULL: as the identity says */
    bool any_certificate; /* by wss, whatever key answers: a proxy of one's own stands between */
    bool insecure;        /* by ws, beyond this machine too */
};

/* What a look-up found, in the order to be tried. */
struct address_found {
    char numeric[ADDRESS_FOUND_MAX][ADDRESS_NUMERIC_SIZE];
    size_t count;
};

/* Looks |host| up on the calling thread. Errors: UNREACHABLE  the name has no address now. */
CHECK_RESULT enum status address_resolve(const char *host, struct address_found *found);

/* A look-up under way on its own thread. */
struct address_lookup;

/*
 * Starts one. |wake| is called with |context|, on the other thread or within (a numeric |host| is
 * known at once), when it is done, never after address_lookup_free(). NULL: no thread could be
 * made; try again later.
 */
struct address_lookup *address_lookup_start(const char *host, void (*wake)(void *context),
                                            void *context);
/* True once it is done. */
bool address_lookup_done(struct address_lookup *lookup);
/* Of one that is done: the next address to be tried, or NULL. Borrowed until it is freed. */
const char *address_lookup_next(struct address_lookup *lookup);
/* Ends the caller's interest; the thread ends by itself. NULL is allowed. */
void address_lookup_free(struct address_lookup *lookup);

#endif
