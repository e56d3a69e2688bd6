#include "client/home/attend.h"

#include "client/link/alone.h"

#include <time.h>

enum { WATCH_SECONDS = 1 /* between two lines of a watch */ };

/* What a command's host functions are called with: who answers, and who waits for it. */
struct visit {
    const struct attendant *attendant;
    const struct attend_stream *stream;
    const struct command_request *request;
};

static enum status run_at_once(struct replica *replica, writer_job job, void *context)
{
    struct replica_commit commit;
    enum status status = replica_begin(replica);

    if (status != STATUS_OK)
        return status;
    status = job(replica, context);
    if (status != STATUS_OK) {
        replica_abort(replica);
        return status;
    }
    return replica_commit(replica, &commit);
}

enum status attend_submit(const struct attendant *attendant, writer_job job, void *context)
{
    return attendant->service != NULL ? service_submit(attendant->service, job, context)
                                      : run_at_once(attendant->home->replica, job, context);
}

static enum status visit_submit(void *context, writer_job job, void *job_context)
{
    const struct visit *visit = context;

    return attend_submit(visit->attendant, job, job_context);
}

/* What has moved since |before|, which becomes now. */
static struct service_exchange moved_since(struct service *service, struct service_exchange *before)
{
    struct service_exchange now;
    struct service_exchange moved = {0};

    service_moved(service, &now);
    moved.sent = now.sent - before->sent;
    moved.received = now.received - before->received;
    moved.bytes_up = now.bytes_up - before->bytes_up;
    moved.bytes_down = now.bytes_down - before->bytes_down;
    moved.ms = WATCH_SECONDS * 1000;
    *before = now;
    return moved;
}

/* Tells what moves, for as long as somebody takes the lines and the daemon runs. */
static void watch_service(const struct visit *visit)
{
    const struct timespec pause = {.tv_sec = WATCH_SECONDS};
    struct service_exchange before = {0};
    bool taken = true;

    service_moved(visit->attendant->service, &before);
    while (taken) {
        struct service_exchange moved = moved_since(visit->attendant->service, &before);
        struct buffer line;

        buffer_init(&line, 1024);
        if (visit->request->json && moved.sent + moved.received > 0)
            exchange_write(&moved, &line);
        taken = visit->stream->take(visit->stream->context, buffer_view(&line));
        buffer_deinit(&line);
        if (taken)
            (void)nanosleep(&pause, NULL);
    }
}

/* A running daemon keeps its own link; so `sync` waits until both ends are at rest. */
static enum status visit_sync(void *context, const struct route *route, bool watch,
                              struct buffer *answer)
{
    const struct visit *visit = context;
    struct service_exchange exchange = {0};
    enum status status = STATUS_OK;

    if (visit->attendant->service == NULL || route->url != NULL || route->insecure ||
        route->any_certificate)
        return STATUS_USAGE;
    status = service_exchange(visit->attendant->service, 0, &exchange);
    exchange_write(&exchange, answer);
    if (!watch || visit->stream->take == NULL)
        return status;
    if (visit->request->json && visit->stream->take(visit->stream->context, buffer_view(answer)))
        buffer_reset(answer); /* the first line of the watch */
    watch_service(visit);
    return STATUS_OK;
}

static bool visit_linked(void *context)
{
    const struct visit *visit = context;

    return visit->attendant->service != NULL && service_linked(visit->attendant->service);
}

static enum status visit_fault(void *context)
{
    const struct visit *visit = context;

    return visit->attendant->service != NULL ? service_fault(visit->attendant->service) : STATUS_OK;
}

static bool visit_stream(void *context, struct bytes text)
{
    const struct visit *visit = context;

    return visit->stream->take(visit->stream->context, text);
}

static bool visit_stopped(void *context)
{
    const struct visit *visit = context;

    return visit->stream->stopped != NULL && visit->stream->stopped(visit->stream->context);
}

void attend_answer(const struct attendant *attendant, const struct command_request *request,
                   const struct attend_stream *stream, struct command_answer *answer)
{
    struct visit visit = {.attendant = attendant, .stream = stream, .request = request};
    struct command_host host = {.replica = attendant->home->replica,
                                .context = &visit,
                                .submit = visit_submit,
                                .sync = visit_sync,
                                .linked = visit_linked,
                                .fault = visit_fault,
                                .stopped = visit_stopped,
                                .stream = stream->take != NULL ? visit_stream : NULL};

    command_run(&host, request, answer);
}
