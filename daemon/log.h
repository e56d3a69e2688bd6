/*
 * The daemon's log: one line an event on stderr, with a time, a level and key=value fields, written
 * in one piece. It is where a service's journal goes. No line holds a citizen's data (journal.h).
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

#endif
