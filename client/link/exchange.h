/*
 * Threads that wait until this node and the one above are at rest: `hoso sync`, alone or through a
 * daemon. The loop keeps the list.
 */
#ifndef HOSO_CLIENT_LINK_EXCHANGE_H
#define HOSO_CLIENT_LINK_EXCHANGE_H

#include "client/link/service.h"
#include "client/link/upstream.h"

struct exchange;

/* The loop's; all zero is an empty one without a node above. */
struct exchanges {
    struct upstream *upstream; /* NULL: there is none */
    struct exchange *first;
    bool closed;   /* nothing is waited for any more */
    bool renewing; /* the link upwards ends for one that waits, and is to be made again at once */
};

/* As service_exchange(). */
CHECK_RESULT enum status exchange_wait(struct exchanges *exchanges, struct mailbox *mailbox,
                                       uint64_t timeout_ms, struct service_exchange *result);
/* What a settled session has come to: FULL where the node above has no room for the rest now,
 * CORRUPT where this store cannot take what it sends; else OK. */
enum status exchange_outcome(const struct session_report *report);
/* On the loop: all that wait end with |status|. */
void exchanges_finish(struct exchanges *exchanges, enum status status);
/* On the loop: the link ends but the wait goes on with the next one; what it moved is counted. */
void exchanges_carry(struct exchanges *exchanges);

/* Runs |answer| with |context| on the loop's thread and returns when it has run. Any other thread,
 * while the loop runs. */
void ask_loop(struct mailbox *mailbox, void (*answer)(void *context), void *context);

#endif
