/*
 * Counts by key, in the order of keys: "000.15.30.H57" -> 8586.
 */
#ifndef HOSO_CLIENT_COMMAND_VERB_TALLY_H
#define HOSO_CLIENT_COMMAND_VERB_TALLY_H

#include "client/command/call.h"

struct tally_row {
    struct bytes key; /* in the arena */
    uint64_t count;
};

struct tally {
    struct tally_row *rows; /* ascending by key */
    size_t count;
    size_t capacity;
};

/* Counts |key| once more; a new key is copied into |arena|. Errors: NO_MEMORY. */
CHECK_RESULT enum status tally_add(struct tally *tally, struct arena *arena, struct bytes key);
/* The rows as an object. */
void tally_write(const struct tally *tally, struct json_writer *writer, const char *key);
/* Frees the rows; keys are the arena's. */
void tally_free(struct tally *tally);

#endif
