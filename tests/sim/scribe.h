/*
 * A node's writer: jobs wait in a queue, a group of them becomes one transaction. It is where the
 * accept transaction, local acts and duties run, as on the writer thread of the daemon.
 */
#ifndef HOSO_TESTS_SIM_SCRIBE_H
#define HOSO_TESTS_SIM_SCRIBE_H

#include "client/replica/replica.h"

struct node;

enum job_kind {
    JOB_BATCH,   /* a session's batch; its endpoint hears of the outcome */
    JOB_ADMIT,   /* an invitation was proved */
    JOB_REFUSED, /* a peer refused a log */
    JOB_NOTE,    /* how a session ended */
    JOB_REST,    /* a session is at rest */
    JOB_CALL     /* a local act */
};

/* A local act inside the group. OK: go on; a rule's no: go on without; else the group fails. */
typedef enum status (*scribe_call)(struct node *node, void *context);

struct job {
    enum job_kind kind;
    uint64_t endpoint;
    struct batch *batch; /* owned */
    struct hash proof;
    struct public_key key;
    struct name log; /* JOB_REFUSED */
    uint64_t seq;
    enum status status; /* JOB_REFUSED: why; afterwards: what came of the job */
    bool certain;
    scribe_call call;
    void *context; /* owned, freed with free(), unless it is |borrowed| */
    bool borrowed;
    void (*done)(struct node *node, void *context, bool durable); /* may be NULL */
};

struct scribe {
    struct job *jobs;
    size_t count;
    size_t capacity;
    bool scheduled; /* a WRITER item is in the queue */
};

/* Takes the job's batch and context. */
void scribe_add(struct node *node, struct job job);
/* A group that only does what is due: time or a clock may have moved on since the last one. */
void scribe_idle(struct node *node);
/* Runs |call| in a group of its own at once, outside of time: to set a scene. False if it was
 * refused or failed. */
bool scribe_now(struct node *node, scribe_call call, void *context);
/* Performs one group. */
void scribe_run(struct node *node);
/* Drops all jobs (a crash, or the end). */
void scribe_clear(struct scribe *scribe);

#endif
