/*
 * The loop: one thread, every socket and timer of the process. libwebsockets is behind this header
 * (inside.h), OpenSSL behind tls.h; nothing of them shows.
 *
 * The owner gives a table of functions; all of them are called on the loop's thread, none from
 * inside another. Connections and page requests go by an id that is never used again, so a late
 * completion for a dead one finds nothing. All functions belong to the loop's thread, but for
 * net_wake() and net_stop().
 *
 * Source: daemon/DESIGN.md "Threads".
 */
#ifndef HOSO_CLIENT_LINK_NET_NET_H
#define HOSO_CLIENT_LINK_NET_NET_H

#include "client/link/net/address.h"
#include "protocol/record/seal.h"

struct net;
struct lws_context;

enum { NET_QUERY_MAX = 128 /* bytes of an upgrade's query */ };

struct net_events {
    /* A connection stands. What is returned hangs on it for net_attached(). |query|: what stood
     * behind the '?' of the upgrade (borrowed), empty at the side that called. */
    void *(*opened)(void *context, uint64_t id, bool incoming, struct bytes query);
    /* A whole frame arrived; borrowed for the call. */
    void (*frame)(void *context, uint64_t id, struct bytes frame);
    /* All that was given to net_send() left for the kernel and it takes more. */
    void (*writable)(void *context, uint64_t id);
    /* It ends within a frame: what came of that, borrowed, right before |closed|. May be NULL. */
    void (*begun)(void *context, uint64_t id, struct bytes beginning);
    /* The connection is gone, or never came about; |why| is static, |attached| hung on it. Once for
     * each id of net_connect() and |opened|; the id is dead already. */
    void (*closed)(void *context, uint64_t id, void *attached, const char *why);
    /* Somebody fetches |path|: answer with net_answer(), now or later. */
    void (*page)(void *context, uint64_t id, struct bytes path);
    /* Somebody unknown was not let in, or was cut before it said who it is; |why| is static. */
    void (*turned_away)(void *context, const char *why);
    /* net_wake() was called, once or more; may also come unasked. */
    void (*woken)(void *context);
};

struct net_options {
    const struct net_events *events; /* outlives the net */
    void *context;
    uint64_t seed;    /* random, for the guard */
    bool many_peers;  /* an event library whose cost does not grow with idle peers, if installed */
    struct bytes tls; /* of tls_make(): net_listen() serves wss with it; empty: ws. Borrowed until
                         net_listen() returns, and wiped by its owner */
};

/* Errors: NO_MEMORY, IO (no loop can be made). */
CHECK_RESULT enum status net_open(const struct net_options *options, struct net **net);
/* Closes everything (|closed| is called for each connection). After net_run(). Only net_wake(),
 * which now does nothing, and net_free() may follow. */
void net_close(struct net *net);
/* NULL is allowed. */
void net_free(struct net *net);

/* Runs until net_stop(). IO: the loop itself failed. */
CHECK_RESULT enum status net_run(struct net *net);
/* Makes net_run() return. Any thread. */
void net_stop(struct net *net);
/* Makes the loop call |woken| soon. Any thread. */
void net_wake(struct net *net);

/* Listens at |host| (a numeric address or "localhost"), port 0 picks one; tells the port. By wss,
 * TLS 1.3 alone, where the options have a key, else by ws.
 * Errors: UNREACHABLE  that address cannot be used (taken, or not of this machine). */
CHECK_RESULT enum status net_listen(struct net *net, const char *host, uint16_t *port);

/* |why| of a connection by wss whose other end did not prove a TLS key signed by the node that was
 * asked for. Nothing was sent to it but what TLS itself says. */
extern const char net_other_node[];
/* Or of one by ws at whose port there is TLS. But for the nonce nothing was sent. */
extern const char net_by_wss[];

/*
 * Starts connecting; |opened| or |closed| follows. |query| is sent behind the '?'. By wss, |node|
 * is the key whose node must be at the other end of TLS; NULL: any certificate will do. Errors:
 * NO_MEMORY; USAGE (the query is too long).
 */
CHECK_RESULT enum status net_connect(struct net *net, const struct address *address,
                                     const struct public_key *node, const char *query,
                                     uint64_t *id);

/* Queues a copy of |frame|. Errors: NOT_FOUND (closed); LIMIT (the peer does not take what it is
 * sent: close it); NO_MEMORY. */
CHECK_RESULT enum status net_send(struct net *net, uint64_t id, struct bytes frame);
/* What came of a frame that is not whole; borrowed until the loop goes on. */
struct bytes net_begun(struct net *net, uint64_t id);
/* What |opened| hung on the connection; NULL where the id is dead. */
void *net_attached(struct net *net, uint64_t id);
/* Ends a connection after what is queued was sent, at the latest a few seconds on. */
void net_disconnect(struct net *net, uint64_t id);

/* Reads nothing of a connection from now on, or goes on: what the peer sends waits in its own line.
 * What was read already still comes, at most 128 KiB. */
void net_hold(struct net *net, uint64_t id, bool hold);
/* The peer of a connection that came in has proved a key this node knows: it is bound as a stranger
 * no more. */
void net_trust(struct net *net, uint64_t id);

/* Answers a page request. |type| is a content type. A request that is gone is ignored. */
void net_answer(struct net *net, uint64_t id, unsigned code, const char *type, struct bytes body);

/* For timer.c alone: the transport's own context. */
struct lws_context *net_context(struct net *net);

#endif
