#include "tests/sim/reading.h"

#include <stdlib.h>
#include <string.h>

enum { READING_LIMIT_BYTES = 64 << 20 };

static const void *copied(struct arena *arena, const void *at, size_t count, size_t size)
{
    if (count == 0)
        return NULL;
    void *copy = arena_array(arena, count, size);
    if (!copy)
        abort();
    memcpy(copy, at, count * size);
    return copy;
}

struct reading *reading_new(const struct read_request *request)
{
    struct reading *reading = calloc(1, sizeof *reading);
    if (!reading)
        abort();
    arena_init(&reading->arena, READING_LIMIT_BYTES);
    struct arena *arena = &reading->arena;
    struct read_request *copy = &reading->request;
    *copy = *request;
    copy->scopes = copied(arena, request->scopes, request->scope_count, sizeof *request->scopes);
    copy->seqs =
        request->seqs ? copied(arena, request->seqs, request->count, sizeof *request->seqs) : NULL;
    copy->logs =
        request->logs ? copied(arena, request->logs, request->count, sizeof *request->logs) : NULL;
    copy->have = copied(arena, request->have, request->have_count, sizeof *request->have);
    return reading;
}

void reading_free(void *payload)
{
    struct reading *reading = payload;
    arena_deinit(&reading->arena);
    free(reading);
}

void reading_perform(struct reading *reading, struct replica *replica)
{
    enum status status =
        replica_inquire(replica, &reading->request, &reading->arena, &reading->result);
    reading->result.status = status;
    reading->result.tag = reading->request.tag;
}
