/*
 * A service: one replica at work, with its writer, readers, verifiers, loop and links. The daemon
 * and a lone client that syncs are both this; the daemon also listens.
 *
 *   any thread                    loop                     writer, reader, verifiers
 *   service_submit()  ------------------------------------> group, commit
 *   service_exchange() ---------> links, sessions <-------> work and what came of it
 *
 * Source: daemon/DESIGN.md "Threads".
 */
#ifndef HOSO_CLIENT_LINK_SERVICE_H
#define HOSO_CLIENT_LINK_SERVICE_H

#include "client/link/journal.h"
#include "client/link/net/address.h"
#include "client/replica/replica.h"

struct service;

/* One peer that proved its key since the service was opened. */
struct service_peer {
    struct public_key key;
    bool linked;
    bool up;      /* the node above */
    bool settled; /* nothing is to be sent either way */
    /* since the service was opened, over all connections of this peer */
    uint64_t records_sent, records_received;
    uint64_t bytes_sent, bytes_received; /* websocket payload */
};

struct service_options {
    struct replica *replica;           /* outlives the service */
    const struct replica_world *world; /* likewise; its functions are called on several threads */
    const struct journal *journal;     /* likewise; NULL: says nothing */
    struct route route;                /* to the node above, if the identity has one */
    struct bytes tls;      /* what service_listen() serves wss with; borrowed till then */
    unsigned retry_most_s; /* longest wait between two attempts; 0: the default */
    enum chain_mode chain_mode;
    bool many_peers; /* a daemon */
    /* Renders the page at |path| from a snapshot into |out|, knowing who is connected; returns a
     * HTTP status. On the reader thread. NULL: there are no pages. */
    unsigned (*page)(void *context, struct bytes path, const struct service_peer *peers,
                     size_t peer_count, struct buffer *out);
    void *page_context;
};

/* An address by ws beyond this machine, where the route does not allow that, is not dialled:
 * service_fault() says INSECURE. Errors: NO_MEMORY, IO; USAGE: the upstream's address is none. */
CHECK_RESULT enum status service_open(const struct service_options *options,
                                      struct service **service);
/* Before service_start(). As net_listen(). */
CHECK_RESULT enum status service_listen(struct service *service, const char *host, uint16_t *port);
/* Starts the loop's thread, and connecting upwards if there is a node above. Errors: NO_MEMORY. */
CHECK_RESULT enum status service_start(struct service *service);
/* Ends connections, lets the writer commit what it has, joins all threads, frees all. NULL is
 * allowed. Nobody may be inside another function of it. */
void service_close(struct service *service);

/* For struct command_host.submit: |service| is the struct service. As writer_run(). */
enum status service_submit(void *service,
                           enum status (*job)(struct replica *replica, void *context),
                           void *context);

/* What one exchange with the node above moved. Bytes are websocket payload. */
struct service_exchange {
    uint64_t sent, received; /* records */
    uint64_t bytes_up, bytes_down;
    uint64_t ms;
    uint64_t refused; /* logs the node above stopped taking */
};

/*
 * Waits until both ends are at rest, dialling at once if there is no link; |*exchange| counts what
 * went meanwhile. Any thread but the loop's. What was exchanged until a failure stands. Errors:
 * UNREACHABLE: no node above, it does not answer, the link was lost, or |timeout_ms| (0: none)
 * passed. UNKNOWN_PEER: it does not know this node, nor the invitation. FORGED: it is not the node
 * whose key was pinned. INSECURE: the line is not encrypted, or not to that node; nothing was sent.
 * NEWER: it speaks a newer version. FULL: one of the two has no room for the rest now. IO: the
 * store failed.
 */
CHECK_RESULT enum status service_exchange(struct service *service, uint64_t timeout_ms,
                                          struct service_exchange *exchange);
/* What went to and from the node above since the service was opened; |ms| is 0. Any thread but the
 * loop's. */
void service_moved(struct service *service, struct service_exchange *moved);
/* For struct command_host.fault: what ended the last session with the node above, of
 * service_exchange()'s errors; OK since one came to rest, or before the first. */
enum status service_fault(struct service *service);
/* For struct command_host.linked: true while a proved link to the node above stands. */
bool service_linked(void *service);

/* Fills at most |most|, by ascending key; returns how many. Any thread but the loop's. */
size_t service_peers(struct service *service, struct service_peer *peers, size_t most);

/* Makes those that wait in service_exchange() return UNREACHABLE, now and from now on. */
void service_end_exchanges(struct service *service);

/* Not OK once the store has failed: nothing is taken in any more, reads go on. */
enum status service_health(struct service *service);

#endif
