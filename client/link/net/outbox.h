/*
 * What waits to leave on one connection: frames in order, within a bound, each with room before it
 * for the transport's header, so nothing is moved when it is sent.
 */
#ifndef HOSO_CLIENT_LINK_NET_OUTBOX_H
#define HOSO_CLIENT_LINK_NET_OUTBOX_H

#include "protocol/base/bytes.h"

enum {
    OUTBOX_HEADROOM = 16,          /* bytes before a frame that are the transport's */
    OUTBOX_FRAMES = 256,           /* frames that may wait */
    OUTBOX_BYTES_MAX = 512 * 1024, /* and bytes of them */
};

struct outbox_frame;

/* All zero is an empty one. */
struct outbox {
    struct outbox_frame *first, *last;
    size_t frames;
    size_t bytes;
};

/* Appends a copy of |frame|. Errors: LIMIT (the peer does not take what it is sent: close it),
 * NO_MEMORY. */
CHECK_RESULT enum status outbox_push(struct outbox *outbox, struct bytes frame);
/* The oldest frame, writable, OUTBOX_HEADROOM bytes of room before it; NULL: nothing waits. Valid
 * until outbox_pop(). */
uint8_t *outbox_front(struct outbox *outbox, size_t *size);
/* Drops the oldest frame. */
void outbox_pop(struct outbox *outbox);
/* Drops all. */
void outbox_clear(struct outbox *outbox);

#endif
