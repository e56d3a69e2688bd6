#include "daemon/desk.h"

#include "client/link/alone.h"
#include "daemon/invite.h"
#include "daemon/peers.h"

#include <string.h>
#include <time.h>

enum { WATCH_SECONDS = 1 /* between two lines of a watch */ };

/* What a command's host functions are called with: the desk, and who waits at it. */
struct visit {
    const struct desk *desk;
    const struct desk_stream *stream;
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

enum status desk_submit(const struct desk *desk, writer_job job, void *context)
{
    return desk->service != NULL ? service_submit(desk->service, job, context)
                                 : run_at_once(desk->home->replica, job, context);
}

static enum status visit_submit(void *context, writer_job job, void *job_context)
{
    const struct visit *visit = context;

    return desk_submit(visit->desk, job, job_context);
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

    service_moved(visit->desk->service, &before);
    while (taken) {
        struct service_exchange moved = moved_since(visit->desk->service, &before);
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
static enum status visit_sync(void *context, const char *url, bool watch, struct buffer *answer)
{
    const struct visit *visit = context;
    struct service_exchange exchange = {0};
    enum status status = STATUS_OK;

    if (visit->desk->service == NULL || url != NULL)
        return STATUS_USAGE;
    status = service_exchange(visit->desk->service, 0, &exchange);
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

    return visit->desk->service != NULL && service_linked(visit->desk->service);
}

static enum status visit_fault(void *context)
{
    const struct visit *visit = context;

    return visit->desk->service != NULL ? service_fault(visit->desk->service) : STATUS_OK;
}

static bool visit_stream(void *context, struct bytes text)
{
    const struct visit *visit = context;

    return visit->stream->take(visit->stream->context, text);
}

void desk_answer(const struct desk *desk, const struct command_request *request,
                 const struct desk_stream *stream, struct command_answer *answer)
{
    struct visit visit = {.desk = desk, .stream = stream, .request = request};
    struct command_host host = {.replica = desk->home->replica,
                                .context = &visit,
                                .submit = visit_submit,
                                .sync = visit_sync,
                                .linked = visit_linked,
                                .fault = visit_fault,
                                .stream = stream->take != NULL ? visit_stream : NULL};

    if (strcmp(request->verb, "invite") == 0)
        invite_answer(desk, request, answer);
    else if (strcmp(request->verb, "peers") == 0)
        peers_answer(desk, request, answer);
    else
        command_run(&host, request, answer);
}

static struct call call_of(const struct command_request *request, struct command_answer *answer)
{
    struct call call = {.vietnamese = request->vietnamese, .json = request->json, .answer = answer};

    json_write_start(&call.writer, &answer->out);
    return call;
}

void desk_refuse(const struct command_request *request, struct command_answer *answer,
                 const struct desk_refusal *refusal)
{
    struct call call = call_of(request, answer);

    call_fail(&call, &refusal->failure, "%s", "%s",
              call_pick(&call, refusal->message.vietnamese, refusal->message.english));
}

void desk_fail(const struct command_request *request, struct command_answer *answer,
               enum status status)
{
    struct call call = call_of(request, answer);

    call_fail_status(&call, status);
}
