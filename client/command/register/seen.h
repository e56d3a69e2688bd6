/*
 * The codes one import has taken so far, each with the row that brought it: a register that holds a
 * row twice says nothing new, also where the first one is not in the store yet.
 */
#ifndef HOSO_CLIENT_COMMAND_REGISTER_SEEN_H
#define HOSO_CLIENT_COMMAND_REGISTER_SEEN_H

#include "protocol/record/seal.h"

struct seen_row {
    struct name code; /* digest of the code; none: a free place */
    struct name row;  /* digest of its values */
};

struct seen {
    struct seen_row *rows; /* open addressing, at most half full */
    size_t capacity;
    size_t count;
};

/* The row that brought |code|, or NULL. Borrowed until the next seen_add(). */
const struct seen_row *seen_find(const struct seen *seen, struct bytes code);
/* Adds a code not in it yet. Errors: NO_MEMORY. */
CHECK_RESULT enum status seen_add(struct seen *seen, struct bytes code, const struct name *row);
/* Frees the rows. */
void seen_free(struct seen *seen);

/* The digest of a row's values. */
struct name seen_digest(const struct bytes *values, size_t count);

#endif
