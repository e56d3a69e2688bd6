/*
 * The connection to the node above: kept, and tried again with a back-off of full jitter when it
 * is lost, so that three thousand offices do not come back in the same second. Loop's thread only.
 */
#ifndef HOSO_CLIENT_LINK_UPSTREAM_H
#define HOSO_CLIENT_LINK_UPSTREAM_H

#include "client/link/link.h"
#include "client/link/net/timer.h"

enum { UPSTREAM_RETRY_MAX_SECONDS = 60 };

struct upstream {
    struct link_shared *shared;
    struct address address;
    struct public_key key; /* pinned */
    bool any_certificate;  /* by wss, any key at the other end of TLS will do */
    uint64_t retry_most_us;
    struct timer *timer;
    uint64_t id;       /* of the connection, dialled or open; 0: none */
    struct link *link; /* NULL: not open */
    uint8_t nonce[SESSION_NONCE_BYTES];
    unsigned failures; /* in a row */
    uint64_t opened_us;
    bool settled;             /* this connection came to rest once */
    struct session_line line; /* what the last connection measured */
    struct buffer flight;     /* what was under way on it */
    bool ended;               /* no more attempts */
};

/* |retry_most_s|: the longest wait, seconds, 0 = the default. Errors: NO_MEMORY. */
CHECK_RESULT enum status upstream_init(struct upstream *upstream, struct link_shared *shared,
                                       const struct address *address, const struct public_key *key,
                                       unsigned retry_most_s);
/* Frees the timer; the connection is the net's. */
void upstream_deinit(struct upstream *upstream);
/* Dials now unless it is connected or dialling. */
void upstream_dial(struct upstream *upstream);
/* No more attempts. */
void upstream_stop(struct upstream *upstream);
/* The dialled connection stands: returns its link, or NULL (it is then ended). */
struct link *upstream_opened(struct upstream *upstream);
/* The connection is gone, or did not come about (|link| is then NULL, its session's report all
 * zero). Waits at
 * least as long as the peer asked, then dials again: soon if something got through, so that a line
 * that is cut every few seconds is used whenever it stands. */
void upstream_lost(struct upstream *upstream, const struct link *link,
                   const struct session_report *report);

#endif
