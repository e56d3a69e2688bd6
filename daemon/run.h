/* `hosod run`: serves a home in the foreground until a signal ends it. */
#ifndef HOSO_DAEMON_RUN_H
#define HOSO_DAEMON_RUN_H

#include "daemon/config.h"
#include "daemon/desk.h"

/* Prints `ready URL` on stdout once it listens. Returns the exit code; what went wrong is in
 * |answer|. */
void run_answer(const struct config *config, const struct command_request *request,
                struct command_answer *answer);

#endif
