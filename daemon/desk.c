#include "daemon/desk.h"

#include "client/link/alone.h"
#include "client/text/json.h"
#include "daemon/invite.h"
#include "daemon/peers.h"

#include <string.h>

static const char *const kept[2] = {"nothing was changed", "chưa có gì thay đổi"};

static enum status run_at_once(void *context, writer_job job, void *job_context)
{
    struct desk *desk = context;
    struct replica *replica = desk->home->replica;
    struct replica_commit commit;
    enum status status = STATUS_OK;

    if (desk->service != NULL)
        return service_submit(desk->service, job, job_context);
    status = replica_begin(replica);
    if (status != STATUS_OK)
        return status;
    status = job(replica, job_context);
    if (status != STATUS_OK) {
        replica_abort(replica);
        return status;
    }
    return replica_commit(replica, &commit);
}

/* A running daemon is linked by itself; so `sync` waits for both ends to be at rest. */
static enum status sync_running(void *context, const char *url, bool watch, struct buffer *answer)
{
    struct desk *desk = context;
    struct service_exchange exchange = {0};
    enum status status = STATUS_OK;

    (void)watch;
    if (desk->service == NULL || url != NULL)
        return STATUS_USAGE;
    status = service_exchange(desk->service, 0, &exchange);
    exchange_write(&exchange, answer);
    return status;
}

static bool is_linked(void *context)
{
    struct desk *desk = context;

    return desk->service != NULL && service_linked(desk->service);
}

void desk_init(struct desk *desk, struct home *home, struct service *service)
{
    memset(desk, 0, sizeof *desk);
    desk->home = home;
    desk->service = service;
    desk->host.replica = home->replica;
    desk->host.context = desk;
    desk->host.submit = run_at_once;
    desk->host.sync = sync_running;
    desk->host.linked = is_linked;
}

void desk_answer(struct desk *desk, const struct command_request *request,
                 struct command_answer *answer)
{
    if (strcmp(request->verb, "invite") == 0)
        invite_answer(desk, request, answer);
    else if (strcmp(request->verb, "peers") == 0)
        peers_answer(desk, request, answer);
    else
        command_run(&desk->host, request, answer);
}

enum hoso_code desk_code(enum status status)
{
    switch (status) {
    case STATUS_OK:
        return HOSO_DONE;
    case STATUS_REFUSED:
    case STATUS_AMBIGUOUS:
    case STATUS_CHANGED:
    case STATUS_FORGED:
    case STATUS_UNKNOWN_PEER:
    case STATUS_NEWER:
        return HOSO_REFUSED;
    case STATUS_USAGE:
    case STATUS_MALFORMED:
    case STATUS_LIMIT:
    case STATUS_PROTOCOL:
        return HOSO_USAGE;
    case STATUS_NOT_FOUND:
        return HOSO_NOT_FOUND;
    case STATUS_UNREACHABLE:
        return HOSO_UNREACHABLE;
    case STATUS_BUSY:
        return HOSO_BUSY;
    case STATUS_NO_MEMORY:
    case STATUS_FULL:
    case STATUS_IO:
    case STATUS_CORRUPT:
    case STATUS_STORE_NEWER:
        return HOSO_STORE;
    }
    return HOSO_STORE;
}

void desk_refuse(const struct command_request *request, struct command_answer *answer,
                 const struct desk_refusal *refusal)
{
    size_t language = request->vietnamese ? 1 : 0;
    struct json_writer writer;

    answer->code = refusal->code;
    if (request->json) {
        json_write_start(&writer, &answer->out);
        json_open_object(&writer, NULL);
        json_open_object(&writer, "error");
        json_write_integer(&writer, "code", (int64_t)refusal->code);
        json_write_string(&writer, "message", refusal->message[language]);
        json_write_string(&writer, "kept", kept[language]);
        json_write_string(&writer, "next", refusal->next[language]);
        json_close_object(&writer);
        json_close_object(&writer);
        json_write_end(&writer);
    }
    buffer_append_bytes(&answer->err, bytes_of_text("hosod: "));
    buffer_append_bytes(&answer->err, bytes_of_text(refusal->message[language]));
    if (refusal->next[language] != NULL) {
        buffer_append_bytes(&answer->err, bytes_of_text("\n"));
        buffer_append_bytes(&answer->err, bytes_of_text(refusal->next[language]));
    }
    buffer_append_bytes(&answer->err, bytes_of_text("\n"));
}

void desk_fail(const struct command_request *request, struct command_answer *answer,
               enum status status)
{
    struct desk_refusal refusal = {.code = desk_code(status),
                                   .message = {status_text(status), status_text(status)}};

    desk_refuse(request, answer, &refusal);
}
