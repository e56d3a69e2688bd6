/*
 * `hosod scrub`, and the idle sweep of `hosod run`: the store looked at record by record, what is
 * damaged named, mended or let go till it comes again (client/replica/log/scrub.h).
 */
#ifndef HOSO_DAEMON_SCRUB_H
#define HOSO_DAEMON_SCRUB_H

#include "client/link/journal.h"
#include "daemon/desk.h"

/* Answers {"records","signatures","mended","waiting","damaged":[{"log","seq","record","code",
 * "outcome"}]}; the exit code is 5 while records wait to be fetched again. */
void scrub_answer(const struct attendant *attendant, const struct command_request *request,
                  const struct attend_stream *stream, struct command_answer *answer);
/* The same for a home no daemon has, in a process of its own: a store whose very pages are broken
 * may end it. Errors: NOT_FOUND, there is no home and nothing was said; the rest is answered. */
CHECK_RESULT enum status scrub_alone(const char *home, const struct command_request *request,
                                     struct command_answer *answer);

struct sweep;
/*
 * Starts the idle sweep on a thread of its own: a slice now and then while nothing else moves, the
 * whole store again |every_s| seconds after the last time (0: a day). Says what it finds to
 * |journal|. All are borrowed. Errors: NO_MEMORY.
 */
CHECK_RESULT enum status sweep_start(const struct attendant *attendant,
                                     const struct journal *journal, unsigned every_s,
                                     struct sweep **sweep);
/* Ends it and joins the thread; before the service is closed. NULL is allowed. */
void sweep_stop(struct sweep *sweep);

#endif
