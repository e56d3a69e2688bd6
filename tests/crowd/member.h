/*
 * One office of a crowd: a real session over a real connection, over a store that is no more than
 * its desk's log and what the hub's authority says. What it is told it takes, and keeps the
 * receipts of its own log; so thousands fit into a process.
 */
#ifndef HOSO_TESTS_CROWD_MEMBER_H
#define HOSO_TESTS_CROWD_MEMBER_H

#include "client/link/net/net.h"
#include "client/link/net/timer.h"
#include "client/replica/replica.h"
#include "tests/crowd/desk.h"

/* What all members share: the hub as a copy of its store tells it. */
struct hub {
    struct public_key key;
    const struct authority *authority;
    struct vector_entry *logs; /* of the authority scope, ascending */
    size_t log_count;
    struct cursor cursor;
    struct address address;
};

struct crowd;

struct member {
    struct crowd *crowd;
    struct desk desk;
    uint64_t id; /* of the connection; 0: none */
    struct session *session;
    struct timer *timer;
    struct cursor cursor;
    uint64_t acked, receipted; /* seqs of its log */
    bool certain;
    bool greeting;
    bool settled;
    bool ending;
    struct member_event *first, *last; /* of its session, to be stepped */
    uint8_t nonce[SESSION_NONCE_BYTES];
};

struct crowd {
    struct net *net;
    struct hub hub;
    struct random random;
    struct member *members;
    size_t count;
    size_t greeting, open, settled; /* dialled and not at rest yet; open; at rest */
    uint64_t lost, failed;          /* connections: ended once open, never open */
    uint64_t receipted, moved;      /* records; payload bytes, both ways */
    void (*receipt)(struct crowd *crowd, struct member *member, uint64_t from); /* raised from */
    void (*gone)(struct crowd *crowd, struct member *member);
};

void member_init(struct member *member, struct crowd *crowd, uint64_t number,
                 const struct hash *pack);
void member_deinit(struct member *member);
/* Dials; |gone| is called when the connection ends or never comes about. */
void member_dial(struct member *member);
/* The net's events of its connection. */
void member_opened(struct member *member);
void member_frame(struct member *member, struct bytes frame);
void member_writable(struct member *member);
void member_closed(struct member *member);
/* Tells the session of what the desk has written. */
void member_wrote(struct member *member);

#endif
