/*
 * Work on a store that may be broken, in a process of its own: pages that lead nowhere end whoever
 * reads them.
 */
#ifndef HOSO_DAEMON_APART_H
#define HOSO_DAEMON_APART_H

#include "client/command/call.h"

/* Answers into |answer|; |context| as it was at apart_run(). */
typedef void apart_work(void *context, struct command_answer *answer);

/*
 * Runs |work| in a child that prints what it answered; |answer| gets its exit code alone. Call it
 * before a store is opened or a thread started: neither survives a fork. Errors: CORRUPT, a signal
 * ended the child, say that the store is broken; NO_MEMORY, there is no child. Nothing was printed
 * then.
 */
CHECK_RESULT enum status apart_run(apart_work *work, void *context, struct command_answer *answer);

#endif
