/*
 * What the files of the loop share. Not for others: net.h is the interface.
 *
 * net.c the loop, what lws calls, listening, pages · connection.c one connection: frames in and out
 * · dial.c connecting · door.c who may come in, and how much · http.c, timer.c what they say.
 */
#ifndef HOSO_CLIENT_LINK_NET_INSIDE_H
#define HOSO_CLIENT_LINK_NET_INSIDE_H

#include "client/link/net/guard.h"
#include "client/link/net/http.h"
#include "client/link/net/net.h"
#include "client/link/net/outbox.h"
#include "client/link/net/slots.h"
#include "client/link/net/tls.h"

#include <libwebsockets.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    PING_SECONDS = 20,    /* silence before a ping: mobile networks forget a flow in minutes */
    HANGUP_SECONDS = 45,  /* silence before the line counts as dead */
    CONNECT_SECONDS = 15, /* for one address */
    FLUSH_SECONDS = 5     /* a closing connection may still send */
};

enum connection_kind {
    CONNECTION_DIALLING,
    CONNECTION_ENTERING, /* accepted; has said nothing whole yet, or had its page */
    CONNECTION_OPEN,
    CONNECTION_PAGE
};

struct connection {
    struct net *net;
    struct lws *wsi; /* NULL while names are looked up and between two addresses */
    uint64_t id;
    enum connection_kind kind;
    bool closing;        /* to be closed once the queue is empty */
    bool idle_told;      /* |writable| was called since the last frame left */
    bool served;         /* it has asked for something that could be read */
    bool held;           /* nor is read of it while its owner has enough to do */
    bool paused;         /* nothing is read of it until its share allows: it is in the net's list */
    struct buffer inbox; /* pieces of a frame that is not complete */
    uint64_t inbox_us;   /* when its first piece came */
    uint64_t share_us;   /* when its share of reading is whole again */
    struct outbox outbox;
    void *attached;      /* the owner's */
    struct dial *dial;   /* outgoing, until open */
    struct guest *guest; /* incoming */
    struct http_answer *answer;
    const char *cut; /* why this side cuts it; static */
    struct connection *next_paused;
};

struct net {
    struct lws_context *context;
    struct lws_vhost *client;
    const struct net_events *events;
    void *owner;
    atomic_bool stopped;
    bool library; /* the loop is an event library's, not poll() */
    pthread_mutex_t wake_mutex;
    bool ended; /* under it: the context takes no wake-up any more, its pipe is going */
    bool closing;
    struct slots connections;
    struct bytes tls; /* what it will listen with; empty: plain */
    bool secured;     /* the listener took it */
    struct tls_dialler dialler;
    struct guard *guard;
    struct connection *paused;     /* those that read nothing until their share allows it */
    lws_sorted_usec_list_t look;   /* at strangers that are to be cut */
    bool looking;                  /* it is set */
    lws_sorted_usec_list_t resume; /* of those that are paused */
    lws_sorted_usec_list_t open;   /* the listener takes more */
    struct lws *listener;          /* it takes none for a moment; NULL: it does */
    size_t round;                  /* how many it takes before it pauses */
    size_t accepted;               /* in this round */
    uint64_t round_us;             /* processor time when this round began */
};

/* What keeps a connection's line alive. */
extern const lws_retry_bo_t net_liveness;

/* ---- connection.c ---- */

/* NULL: out of memory, or the net closes. */
struct connection *connection_new(struct net *net, enum connection_kind kind);
void connection_free(struct connection *connection);
/* It is over: its owner learns it, its memory goes. */
void connection_end(struct connection *connection, const char *why);
/* It stands: its owner learns it. Returns what the transport's callback returns, as those below. */
int connection_opened(struct connection *connection, struct lws *wsi, bool incoming,
                      struct bytes query);
int connection_receive(struct connection *connection, struct lws *wsi, struct bytes piece);
int connection_writable(struct connection *connection, struct lws *wsi);

/* ---- dial.c ---- */

/* Takes up the look-ups that have ended. */
void dial_looked_up(struct net *net);
/* The address that was tried does not answer. */
void dial_later(struct connection *connection);
/* TLS stands, nothing was said yet: returns what the transport's callback returns. */
int dial_secured(struct connection *connection, struct lws *wsi);
/* NULL is allowed. */
void dial_free(struct connection *connection);

/* ---- door.c ---- */

/* Whether the socket |fd| that |listener| accepted may stay. */
bool door_lets_in(struct net *net, struct lws *listener, int fd);
/* Nothing is timed any more. */
void door_close(struct net *net);
/* It has become |wsi|: a stranger. Returns what the transport's callback returns. */
int door_entered(struct net *net, struct lws *wsi);
/* Charges a piece of |bytes|, ending a frame or not, to the connection's share of reading; pauses
 * reading once that is used up. */
void door_charge(struct connection *connection, size_t bytes, bool frame);
/* It is no more: it leaves the list of those that are paused, and the guard. */
void door_left(struct connection *connection);
/* Cuts |connection| from this side. */
void door_cut(struct connection *connection, const char *why);

#endif
