/*
 * What a node says about itself: one event a line, with a level, as key=value. Where the lines go
 * is the owner's; the daemon writes them to stderr, a lone client drops them.
 *
 * No line ever holds a citizen's name, number or address: only units, key fingerprints, counts,
 * states and texts of our own.
 */
#ifndef HOSO_CLIENT_LINK_JOURNAL_H
#define HOSO_CLIENT_LINK_JOURNAL_H

#include "protocol/record/seal.h"

enum journal_level { JOURNAL_DEBUG, JOURNAL_INFO, JOURNAL_WARNING, JOURNAL_ERROR };

enum { JOURNAL_LINE_MAX = 512, JOURNAL_KEY_SIZE = 17 };

struct journal {
    /* |fields|: "key=value key=value", one line, may be empty. Any thread. NULL: nothing is said.
     */
    void (*line)(void *context, enum journal_level level, const char *event, const char *fields);
    void *context;
};

/* Says |event| with fields made by |format|; what does not fit in JOURNAL_LINE_MAX is cut. */
void journal_say(const struct journal *journal, enum journal_level level, const char *event,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The first 8 bytes of |key| in hex: how a peer is called in a line. */
void journal_key(const struct public_key *key, char text[JOURNAL_KEY_SIZE]);

#endif
