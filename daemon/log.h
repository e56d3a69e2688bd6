/*
 * The daemon's log: one line an event on stderr, with a time, a level and key=value fields, written
 * in one piece. It is where a service's journal goes, or to a file (log_to_file). No line holds a
 * citizen's data (journal.h).
 *
 *   2026-11-24T09:00:00+07:00 info linked link=100000000 peer=5f0c91d2a4b7e633 side=down
 */
#ifndef HOSO_DAEMON_LOG_H
#define HOSO_DAEMON_LOG_H

#include "client/link/journal.h"

/* "debug", "info", "warning", "error"; false: none of them. */
bool log_level_of(const char *name, enum journal_level *level);

/* A journal that writes lines of |*least| and above to stderr. Borrows |least|. Any thread. */
struct journal log_journal(const enum journal_level *least);

/*
 * Makes |path| what stderr writes to, appending; made with mode 0600 if it is not there. Called
 * again it opens the file anew: what was moved away by a log rotation is let go. Any thread's lines
 * go to one file or the other whole. Errors: REFUSED (no right, no such folder), IO; stderr is then
 * what it was.
 */
CHECK_RESULT enum status log_to_file(const char *path);

#endif
