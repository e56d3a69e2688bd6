#include "client/command/command.h"

#include "client/command/verb.h"

bool command_exists(const char *verb)
{
    const struct verb *found = verb_of(verb);

    return found && found->run;
}

void command_run(const struct command_host *host, const struct command_request *request,
                 struct command_answer *answer)
{
    const struct verb *verb = verb_of(request->verb);
    struct json *arguments = NULL;
    struct call call = {.host = host,
                        .verb = request->verb,
                        .vietnamese = request->vietnamese,
                        .json = request->json,
                        .answer = answer};

    answer->code = HOSO_DONE;
    arena_init(&call.arena, CALL_ARENA_BYTES);
    json_write_start(&call.writer, &answer->out);
    enum status status =
        json_read(bytes_of_text(request->arguments ? request->arguments : "{}"), &arguments);
    call.arguments = arguments;
    if (status == STATUS_MALFORMED || (!status && !json_holds_object(arguments)))
        call_fail_usage(&call, "arguments", "phải là một đối tượng JSON", "must be a JSON object");
    else if (status)
        call_fail_status(&call, status);
    else if (!verb || !verb->run)
        call_fail_usage(&call, request->verb, "không có lệnh này", "there is no such verb");
    else
        verb->run(&call);
    /* An answer that did not fit would be half an answer: say so instead. */
    if (!call.failed)
        call_fail_status(&call, buffer_status(&answer->out));
    json_release(arguments);
    arena_deinit(&call.arena);
}
