/*
 * The line as one direction's sender sees it: a sliding window of bytes, refilled by
 * acknowledgements, and how large a frame the measured line carries in 250 ms.
 *
 * The rate is measured as bytes delivered between a frame's leaving and its acknowledgement. In
 * flight is at most three quarters of what rate and shortest round trip ask for and three frames,
 * and never more than the peer's window: enough for round trips up to three seconds, and the queue
 * before a slow line settles below that however long it stands. So little is in flight when it is
 * cut, a live act waits for little, and a fast line is never waited for.
 */
#ifndef HOSO_PROTOCOL_SYNC_SESSION_LINE_H
#define HOSO_PROTOCOL_SYNC_SESSION_LINE_H

#include "protocol/sync/session/session.h"

enum {
    LINE_FRAME_LEAST = 512,
    LINE_FRAME_FIRST = 8192,
    LINE_FRAME_MOST = 48 * 1024,
    LINE_FLIGHTS = 64
};

struct line {
    uint64_t sent;
    uint64_t acked;
    uint64_t window; /* 0: closed */
    bool busy;       /* a frame went out and WRITABLE has not come */
    uint64_t rate;   /* bytes a second; 0 not measured */
    uint64_t trip_us;
    size_t frame;        /* wire bytes to aim at */
    uint64_t full_until; /* frames up to here left while the line was full */
    uint64_t progress_us;
    struct line_flight {
        uint64_t end;
        uint64_t acked;
        uint64_t at_us;
    } * flights; /* LINE_FLIGHTS, a ring; NULL while nothing flies */
    size_t first, count;
};

/* A line whose receiver takes |window| bytes; nothing is measured yet. */
void line_init(struct line *line, uint64_t window);
/* What a line to the same peer measured before: the first frames are made for that. */
void line_expect(struct line *line, const struct session_line *before);
/* Frees what it holds; nothing flies any more. */
void line_rest(struct line *line);
/* May |size| more bytes leave now? One frame always may while the window is open. */
bool line_admits(struct line *line, size_t size);
/* |size| bytes left now. */
void line_sent(struct line *line, size_t size, uint64_t now_us);
/* The peer disposed of |bytes| since the beginning; false if that is more than was sent, or less
 * than it said before. */
bool line_acked(struct line *line, uint64_t bytes, uint64_t now_us);

#endif
