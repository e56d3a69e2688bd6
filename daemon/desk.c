#include "daemon/desk.h"

#include "daemon/invite.h"
#include "daemon/peers.h"
#include "daemon/scrub.h"

#include <string.h>

void desk_answer(void *context, const struct command_request *request,
                 const struct attend_stream *stream, struct command_answer *answer)
{
    const struct attendant *attendant = context;

    if (strcmp(request->verb, "invite") == 0)
        invite_answer(attendant, request, answer);
    else if (strcmp(request->verb, "peers") == 0)
        peers_answer(attendant, request, answer);
    else if (strcmp(request->verb, "scrub") == 0)
        scrub_answer(attendant, request, stream, answer);
    else
        attend_answer(attendant, request, stream, answer);
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
