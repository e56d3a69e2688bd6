/*
 * A READ on its way: the request copied out of the session, then the result and the arena it lives
 * in. The snapshot is taken when the READ is performed; the result comes in later.
 */
#ifndef HOSO_TESTS_SIM_READING_H
#define HOSO_TESTS_SIM_READING_H

#include "client/replica/replica.h"

struct reading {
    struct arena arena;
    struct read_request request;
    struct read_result result;
};

struct reading *reading_new(const struct read_request *request);
void reading_free(void *reading);
/* Takes the snapshot. */
void reading_perform(struct reading *reading, struct replica *replica);

#endif
