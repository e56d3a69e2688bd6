/*
 * What is going to happen: items in order of time, then of insertion. Each belongs to one life of a
 * node (a crash begins another) and may carry a payload it owns.
 */
#ifndef HOSO_TESTS_SIM_QUEUE_H
#define HOSO_TESTS_SIM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(name): what an item does when its time comes. */
#define ITEM_TABLE(X)                                                                              \
    X(PLAN)      /* the run's next fault or act */                                                 \
    X(BOOT)      /* a node starts */                                                               \
    X(CONNECT)   /* a node calls the one above; |value| = route */                                 \
    X(OPENED)    /* the connection stands at one end */                                            \
    X(SEND)      /* effect: a frame goes onto the line */                                          \
    X(FRAME)     /* the frame reaches the other end */                                             \
    X(WRITABLE)  /* the line takes another one */                                                  \
    X(READ)      /* effect: a snapshot is read */                                                  \
    X(READ_DONE) /* and its result comes in */                                                     \
    X(VERIFY)    /* effect: signatures of a batch are checked */                                   \
    X(VERIFIED)  /* and the verdicts come in */                                                    \
    X(COMMIT)    /* effect: a batch joins the writer's queue */                                    \
    X(DEMAND)    /* effect: a grant or a refusal joins the writer's queue */                       \
    X(WRITER)    /* the writer makes a group durable */                                            \
    X(COMMITTED) /* a session hears of its batch */                                                \
    X(ARRIVED)   /* a session hears of the newest arrival */                                       \
    X(CLOSE)     /* effect: this end closes */                                                     \
    X(CLOSED)    /* this end learns that the connection is gone */                                 \
    X(TICK)      /* a session's deadline */                                                        \
    X(CUT)       /* the line's window of the day is over */

enum item_kind {
#define ITEM_ENUM(name) ITEM_##name,
    ITEM_TABLE(ITEM_ENUM)
#undef ITEM_ENUM
        ITEM_KINDS
};

struct item {
    uint64_t at_us;
    uint64_t order; /* set by queue_push */
    enum item_kind kind;
    size_t node;
    uint64_t life;     /* of the node when it was put in; another one now: dropped */
    uint64_t endpoint; /* 0: none */
    uint64_t value;
    void *payload; /* owned */
    void (*release)(void *payload);
};

struct queue {
    struct item *items; /* a binary heap */
    size_t count;
    size_t capacity;
    uint64_t next_order;
};

/* Zero is an empty queue. Frees all payloads. */
void queue_deinit(struct queue *queue);
/* Takes the payload. */
void queue_push(struct queue *queue, struct item item);
/* The earliest, without taking it; NULL if empty. */
const struct item *queue_peek(const struct queue *queue);
/* Takes the earliest; the payload is the caller's. False: empty. */
bool queue_pop(struct queue *queue, struct item *item);
/* Frees the payload, if there is one. */
void item_release(struct item *item);
const char *item_name(enum item_kind kind);

#endif
