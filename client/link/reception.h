/*
 * How those who come in are met: so many handshakes a second, few connections a known key, a wait
 * for one that broke the rules, a line in the log for who is sent away. All on the loop's thread.
 * Source: daemon/DESIGN.md "Strangers".
 */
#ifndef HOSO_CLIENT_LINK_RECEPTION_H
#define HOSO_CLIENT_LINK_RECEPTION_H

#include "client/link/begun.h"
#include "client/link/link.h"
#include "client/link/presence.h"
#include "client/link/quiet.h"

enum {
    GREETINGS_AT_ONCE = 8192,  /* every office of a province after a power cut */
    GREETINGS_A_SECOND = 1000, /* lasting: each costs a signature and, with TLS, half a ms */
    BUSY_LEAST_MS = 2000,      /* what a busy node names, */
    BUSY_SPREAD_MS = 30000,    /* and at most so much more, so that they do not come together */
    NEWCOMERS_MOST = 32,       /* that show their grants or an invitation at a time: each may keep a
                                  session's memory busy */
    LINKS_MOST = 12000         /* below the 20,000 descriptors a process may have */
};

struct reception {
    struct link_shared *shared;
    struct begun_frames begun;
    struct presence presence;
    uint64_t newcomers[NEWCOMERS_MOST]; /* links whose keys are proved and not known yet */
    size_t newcomer_next;
    uint64_t full_us; /* when so many may be greeted at once again */
};

void reception_deinit(struct reception *reception);
/* Begins the session of a connection that came in with |query|, or sends it away: then NULL. */
struct link *reception_open(struct reception *reception, uint64_t id, struct bytes query);
/* Says that somebody was not let in, or was cut before saying who it is. */
void reception_turned_away(struct reception *reception, const char *why);
/* |link|, an incoming one, may have become known: it is a stranger no more, or is sent away. */
void reception_look(struct reception *reception, struct link *link);
/* A link's connection ends within a frame: what came of it is kept for the next of that peer. */
void reception_begun(struct reception *reception, const struct link *link, struct bytes beginning);
/* session_self.begun: what was kept, or stands in a connection of |key| whose line has died unseen.
 */
void reception_take_begun(struct reception *reception, const struct public_key *key,
                          struct buffer *out);
/* |link| is gone. */
void reception_closed(struct reception *reception, const struct link *link);

#endif
