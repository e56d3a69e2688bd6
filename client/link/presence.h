/*
 * Which known keys are here, and how they behaved: few connections a key, and after one that broke
 * the rules a wait that doubles. Only keys that were ever granted are known, so it cannot be filled
 * by strangers. One thread. Source: daemon/DESIGN.md "Strangers".
 */
#ifndef HOSO_CLIENT_LINK_PRESENCE_H
#define HOSO_CLIENT_LINK_PRESENCE_H

#include "protocol/record/seal.h"

enum {
    PRESENCE_LINKS = 4,      /* connections of one key: a line that died is not noticed at once */
    PRESENCE_WAIT_MS = 1000, /* after the first fault */
    PRESENCE_WAIT_MOST_MS = 600 * 1000,
    PRESENCE_FORGIVEN_S = 3600 /* without a fault: the next one is the first again */
};

struct present;

/* All zero is an empty one. */
struct presence {
    struct present *keys; /* ascending */
    size_t count;
    size_t capacity;
};

/* Frees it. */
void presence_deinit(struct presence *presence);

/*
 * The connection |link| has proved |key|. |*dropped|: the connection of that key that came first
 * and is to end, 0 none. |*wait_ms|: not 0: the key has broken rules and is to come again after so
 * long; the connection is to end. Errors: NO_MEMORY.
 */
CHECK_RESULT enum status presence_enter(struct presence *presence, const struct public_key *key,
                                        uint64_t link, uint64_t now_us, uint64_t *dropped,
                                        uint64_t *wait_ms);
/* It is gone; |broke|: because its peer broke a rule. */
void presence_leave(struct presence *presence, const struct public_key *key, uint64_t link,
                    bool broke, uint64_t now_us);

#endif
