/*
 * A peer that holds a granted key and speaks the protocol by hand: past the handshake it may do
 * what it likes. The key is that of a home that has joined.
 */
#ifndef HOSO_TESTS_HOSTILE_PEER_H
#define HOSO_TESTS_HOSTILE_PEER_H

#include "client/home/home.h"
#include "protocol/sync/frame/frame.h"
#include "tests/hostile/line.h"
#include "tests/lib/writer.h"

struct peer {
    struct home home;
    struct line line;
    const char *address;
    struct transcript transcript;
    struct buffer server_hello;
    struct buffer hello;  /* the one that was sent */
    struct writer writer; /* its logs */
    struct script script;
    uint64_t records_sent; /* bytes of RECORDS frames on this connection */
};

/* What the node answered to something sent. */
struct answer {
    bool cut;          /* it closed */
    bool acknowledged; /* ACK */
    uint64_t refused;  /* REFUSE frames */
    uint64_t gaps;     /* HEADS GAP */
    uint64_t busy_ms;  /* BUSY */
};

/* Opens the home at |path| and takes its key. */
void peer_open(struct peer *peer, const char *path, const char *address);
void peer_close(struct peer *peer);

/* Connects as far as the node's HELLO. False: it did not come. */
bool peer_greet(struct peer *peer);
/* And says HELLO, truly signed. */
bool peer_connect(struct peer *peer);
/* Leaves the line. */
void peer_leave(struct peer *peer);

/* A RECORDS frame of |count| records of the script from |first| on, one run. */
void peer_frame(struct peer *peer, size_t first, size_t count, struct buffer *frame);
/* Sends it; false: the line is gone. */
bool peer_send_records(struct peer *peer, size_t first, size_t count);
/* Reads what comes until one of it is about records, or |wait_ms| have passed without a frame. */
struct answer peer_answer(struct peer *peer, int wait_ms);
/* The whole vector: nothing, so that the node sends all it has. */
bool peer_says_it_has_nothing(struct peer *peer);

#endif
