/*
 * A plain websocket line to a node, as a hostile client has it: blocking, by hand, so that nothing
 * stops it from breaking the rules of any layer.
 */
#ifndef HOSO_TESTS_HOSTILE_LINE_H
#define HOSO_TESTS_HOSTILE_LINE_H

#include "protocol/base/bytes.h"

struct line {
    int fd;         /* -1: closed */
    uint64_t sent;  /* bytes that left */
    uint8_t *frame; /* the last one that came */
};

/* Connects to HOST:PORT (numeric). False: refused. */
bool line_connect(struct line *line, const char *address);
/* Asks for the upgrade to |path|; false: the node did not give it. */
bool line_upgrade(struct line *line, const char *path);
void line_close(struct line *line);

/* Sends bytes as they are; false: the line is gone, or took nothing for ten seconds. */
bool line_raw(struct line *line, const void *at, size_t size);
/* One binary message, masked as a client must. */
bool line_send(struct line *line, struct bytes frame);
/* The next binary message, valid until the next call; pings are answered. False: the line is gone,
 * or nothing came for |wait_ms|; |line->fd| is -1 in the first case. */
bool line_read(struct line *line, int wait_ms, struct bytes *frame);
/* Reads and drops all that comes until the node closes; false: it did not within |wait_ms|. */
bool line_is_cut(struct line *line, int wait_ms);

/* Monotonic milliseconds, and microseconds. */
uint64_t now_ms(void);
uint64_t now_us(void);

#endif
