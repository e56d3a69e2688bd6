/*
 * A link: one connection driven by one session. It feeds the session its events and performs its
 * effects: sends frames, reads on the reader thread, verifies on the verify threads, commits
 * through the writer. It decides nothing about records.
 *
 * Everything here runs on the loop's thread. Work that is away when its link ends comes back, finds
 * no link of that id and frees itself.
 */
#ifndef HOSO_CLIENT_LINK_LINK_H
#define HOSO_CLIENT_LINK_LINK_H

#include "client/link/journal.h"
#include "client/link/net/net.h"
#include "client/link/quiet.h"
#include "client/link/work/workers.h"
#include "client/link/work/writer.h"

struct link;

/* What all links of a process share. The owner fills it and outlives them. */
struct link_shared {
    struct net *net; /* NULL once it is closed: no link is left then */
    struct replica *replica;
    const struct replica_world *world;
    struct writer *writer;
    struct workers *reader;    /* one thread: reads end in the order they were asked */
    struct workers *verifiers; /* one thread a core */
    struct mailbox *mailbox;
    const struct journal *journal;
    enum chain_mode chain_mode;
    struct quiet quiet;       /* of lines about strangers */
    struct quiet quiet_peers; /* of those about what known peers bring: none may hide the other */
    /* session_self.begun, for links of peers below; gets |context|. */
    void (*begun)(void *context, const struct public_key *key, struct buffer *out);
    struct link *first; /* all links, linked through themselves */
    size_t count;
    /* session_report() of |link| changed. */
    void (*changed)(void *context, struct link *link);
    void *context;
};

struct link_options {
    uint64_t id; /* of the connection */
    enum session_role role;
    struct public_key peer;             /* the pinned key of the node above; SESSION_CLIENT only */
    uint8_t nonce[SESSION_NONCE_BYTES]; /* the client's */
    struct session_line line;           /* what the last line to that peer was like */
    struct bytes flight;                /* link_flight() of the last link to that peer; copied */
};

/* Begins a session on an open connection; NULL: no memory, the caller disconnects. */
struct link *link_open(struct link_shared *shared, const struct link_options *options);
/* A whole frame came; the line takes more. */
void link_frame(struct link *link, struct bytes frame);
void link_writable(struct link *link);
/* Tells every link what the store has new. */
void link_news_all(struct link_shared *shared, const struct writer_news *news);
/* What a next link to the same peer may go on with. Valid until link_closed(). */
struct bytes link_flight(const struct link *link);
/* Ends the connection from this side; link_closed() follows from the net. */
void link_end(struct link *link, const char *why);
void link_end_all(struct link_shared *shared, const char *why);
/* The connection is gone: notes what is known of the peer, frees the link. */
void link_closed(struct link *link, const char *why);

/* The next of all links, NULL after the last; its connection's id; its end; its session's report.
 */
struct link *link_next(const struct link *link);
uint64_t link_id(const struct link *link);
enum session_role link_role(const struct link *link);
void link_report(const struct link *link, struct session_report *report);
/* True once the peer proved a key that this node has to do with: the pinned one of the node above,
 * or one that was ever granted. Of strangers nothing is kept: they could be made without end. */
bool link_is_known(const struct link *link);
/* True once, the first time it is asked. */
bool link_is_new(struct link *link);
/* True once, when it is known: the caller then welcomes it. */
bool link_welcome(struct link *link);
/* Whether it ended because its peer broke a rule. */
bool link_broke_rule(const struct link *link);
/* Why the session ended it: STATUS_OK while it has not. */
enum status link_fault(const struct link *link);

#endif
