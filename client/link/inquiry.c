#include "client/link/inquiry.h"

#include <stdlib.h>
#include <string.h>

enum { INQUIRY_ARENA_BYTES = 32 * 1024 * 1024 /* a vector of every log of a hub */ };

struct inquiry {
    struct work work; /* first */
    struct link_shared *shared;
    uint64_t link;
    struct arena arena;
    struct read_request request;
    struct read_result result;
    void (*done)(struct link_shared *shared, uint64_t link, const struct read_result *result);
};

static void inquiry_run(struct work *work)
{
    struct inquiry *inquiry = (struct inquiry *)work;

    inquiry->result.status = replica_inquire(inquiry->shared->replica, &inquiry->request,
                                             &inquiry->arena, &inquiry->result);
}

static void inquiry_done(struct work *work)
{
    struct inquiry *inquiry = (struct inquiry *)work;

    inquiry->result.tag = inquiry->request.tag;
    inquiry->done(inquiry->shared, inquiry->link, &inquiry->result);
    arena_deinit(&inquiry->arena);
    free(inquiry);
}

/* A copy of |count| items of |size| in the inquiry's arena; NULL stays NULL. */
static const void *copy_items(struct inquiry *inquiry, const void *items, size_t count, size_t size,
                              bool *ok)
{
    void *copy = NULL;

    if (items == NULL || count == 0)
        return NULL;
    copy = arena_array(&inquiry->arena, count, size);
    if (copy == NULL)
        *ok = false;
    else
        memcpy(copy, items, count * size);
    return copy;
}

/* The request points into the session, which goes on; so its lists are copied. */
enum status inquiry_start(struct link_shared *shared, uint64_t link,
                          const struct read_request *request,
                          void (*done)(struct link_shared *shared, uint64_t link,
                                       const struct read_result *result))
{
    struct inquiry *inquiry = calloc(1, sizeof *inquiry);
    struct read_request *own = NULL;
    bool ok = true;

    if (inquiry == NULL)
        return STATUS_NO_MEMORY;
    arena_init(&inquiry->arena, INQUIRY_ARENA_BYTES);
    own = &inquiry->request;
    *own = *request;
    own->scopes =
        copy_items(inquiry, request->scopes, request->scope_count, sizeof *own->scopes, &ok);
    own->seqs = copy_items(inquiry, request->seqs, request->count, sizeof *own->seqs, &ok);
    own->logs = copy_items(inquiry, request->logs, request->count, sizeof *own->logs, &ok);
    own->have = copy_items(inquiry, request->have, request->have_count, sizeof *own->have, &ok);
    if (!ok) {
        arena_deinit(&inquiry->arena);
        free(inquiry);
        return STATUS_NO_MEMORY;
    }
    inquiry->work.run = inquiry_run;
    inquiry->work.done = inquiry_done;
    inquiry->shared = shared;
    inquiry->link = link;
    inquiry->done = done;
    workers_post(shared->reader, &inquiry->work);
    return STATUS_OK;
}
