/*
 * A piece of work that leaves the loop and comes back: |run| on another thread, then |done| on the
 * loop's. It is embedded in the struct that holds what it needs; that struct is freed by |done|.
 */
#ifndef HOSO_CLIENT_LINK_WORK_WORK_H
#define HOSO_CLIENT_LINK_WORK_WORK_H

#include "protocol/base/status.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct work {
    struct work *next;
    void (*run)(struct work *work);
    void (*done)(struct work *work);
};

/* First in, first out; all zero is an empty one. */
struct work_list {
    struct work *first, *last;
};

/* Appends |work|, which stays its owner's. */
void work_list_push(struct work_list *list, struct work *work);
/* NULL: empty. */
struct work *work_list_pop(struct work_list *list);

/* What came back and waits for the loop. Any thread may post. */
struct mailbox {
    pthread_mutex_t mutex;
    struct work_list list;
    void (*wake)(void *context); /* called after a post, on the poster's thread */
    void *context;
};

/* Errors: NO_MEMORY. */
CHECK_RESULT enum status mailbox_init(struct mailbox *mailbox, void (*wake)(void *context),
                                      void *context);
/* It must be empty. */
void mailbox_deinit(struct mailbox *mailbox);
/* |work| has run and waits for the loop. Any thread. */
void mailbox_post(struct mailbox *mailbox, struct work *work);
/* Calls |done| of all that has been posted. The loop's thread only. */
void mailbox_deliver(struct mailbox *mailbox);

/* Starts |run| with |argument| on a thread that no signal is delivered to. Errors: NO_MEMORY. */
CHECK_RESULT enum status thread_start(pthread_t *thread, void *(*run)(void *argument),
                                      void *argument);

#endif
