/*
 * What an office of a crowd wrote: one log of dossiers as an office works them, in memory, signed
 * by a key that follows from the office's number. Fifteen records a dossier: received, assigned,
 * decided, handed over, and what is noted on the way.
 */
#ifndef HOSO_TESTS_CROWD_DESK_H
#define HOSO_TESTS_CROWD_DESK_H

#include "protocol/base/arena.h"
#include "protocol/record/record.h"
#include "tests/lib/random.h"

struct desk {
    struct public_key key;
    struct secret_key secret;
    struct name scope;
    struct name log; /* none: nothing was written */
    struct hash pack;
    struct random random;
    struct arena arena;
    struct bytes *records; /* by seq - 1 */
    struct hash *ids;
    uint64_t count, capacity;
    struct name case_name;
    unsigned step; /* of the dossier in hand */
};

/* The desk of office |number|: its key and scope; nothing is written. */
void desk_init(struct desk *desk, uint64_t number, const struct hash *pack);
void desk_deinit(struct desk *desk);
/* Writes one record more; the first is the log's opening. */
void desk_write(struct desk *desk);

#endif
