/*
 * Threads that take work from one queue, in order, and post it back when it has run. With one
 * thread the work also ends in order; that is the reader.
 */
#ifndef HOSO_CLIENT_LINK_WORK_WORKERS_H
#define HOSO_CLIENT_LINK_WORK_WORKERS_H

#include "client/link/work/work.h"

struct workers;

enum { WORKERS_MAX = 64 };

/* Starts |count| threads (1..WORKERS_MAX) whose finished work goes to |mailbox|. Errors: NO_MEMORY.
 */
CHECK_RESULT enum status workers_open(size_t count, struct mailbox *mailbox,
                                      struct workers **workers);
/* Lets them run what waits, joins them, frees all. NULL is allowed. */
void workers_close(struct workers *workers);
/* Queues |work|: its |run| is called on one of the threads. Any thread. */
void workers_post(struct workers *workers, struct work *work);

#endif
