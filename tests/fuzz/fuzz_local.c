/*
 * Any bytes as a line on the local socket, as a daemon takes it: the request is taken apart and
 * answered over a store, and the answer comes back through the client's half as it was. An input
 * that begins with a byte below 32 names its verb by it and is the arguments alone; one that
 * begins with 255 is a line of an answer.
 */
#include "client/command/verb.h"
#include "client/home/local.h"
#include "daemon/invite.h"
#include "daemon/peers.h"
#include "tests/fuzz/office.h"
#include "tests/fuzz/target.h"

#include <string.h>

enum { ANSWER_LINE = 255, VERBS_MOST = 32, ANSWER_BYTES = 64 * 1024 * 1024 };

/* `sync` and what waits for it would dial: there is no line here. */
static void answer(struct site *site, const struct command_request *request,
                   struct command_answer *given)
{
    struct counter counter;
    struct home home = {.path = "/dev/null/home",
                        .world = site_world(site),
                        .store = site->store,
                        .replica = site->replica};
    const struct attendant attendant = {.home = &home};

    counter_over(&counter, site);
    if (strcmp(request->verb, "invite") == 0)
        invite_answer(&attendant, request, given);
    else if (strcmp(request->verb, "peers") == 0)
        peers_answer(&attendant, request, given);
    else
        command_run(&counter.lone.host, request, given);
    counter_close(&counter);
}

static void must_come_back(const struct command_answer *given)
{
    struct command_answer back = {.code = HOSO_DONE};
    struct buffer line;
    bool last = false;

    buffer_init(&line, ANSWER_BYTES);
    buffer_init(&back.out, ANSWER_BYTES);
    buffer_init(&back.err, ANSWER_BYTES);
    FUZZ_MUST(local_put_answer(given, &line) == STATUS_OK);
    FUZZ_MUST(memchr(line.at, '\n', line.size) == line.at + line.size - 1);
    FUZZ_MUST(local_take_answer(bytes_of(line.at, line.size - 1), &back, &last) == STATUS_OK);
    FUZZ_MUST(last && back.code == given->code);
    FUZZ_MUST(bytes_equal(buffer_view(&back.out), buffer_view(&given->out)));
    FUZZ_MUST(bytes_equal(buffer_view(&back.err), buffer_view(&given->err)));
    buffer_deinit(&line);
    buffer_deinit(&back.out);
    buffer_deinit(&back.err);
}

static void try_request(const struct command_request *request)
{
    struct command_answer given = {.code = HOSO_DONE};
    struct counter counter;
    struct site site;

    office_enter(&site, &counter);
    buffer_init(&given.out, ANSWER_BYTES);
    buffer_init(&given.err, ANSWER_BYTES);
    answer(&site, request, &given);
    must_come_back(&given);
    FUZZ_MUST(office_verifies(&site));
    buffer_deinit(&given.out);
    buffer_deinit(&given.err);
    office_leave(&site, &counter);
}

static void try_line(struct bytes line)
{
    struct command_request request;
    struct json *document = NULL;
    struct buffer arguments;

    buffer_init(&arguments, LOCAL_REQUEST_BYTES_MAX);
    if (local_take_request(line, &document, &arguments, &request) == STATUS_OK)
        try_request(&request);
    json_release(document);
    buffer_deinit(&arguments);
}

static void try_arguments(uint8_t which, struct bytes text)
{
    const struct verb *verb = verb_at(which);
    struct command_request request = {.verb = verb != NULL ? verb->name : "invite", .json = true};
    struct buffer arguments;

    buffer_init(&arguments, SIZE_MAX);
    buffer_append_bytes(&arguments, text);
    buffer_append_u8(&arguments, 0);
    FUZZ_MUST(buffer_status(&arguments) == STATUS_OK);
    request.arguments = (const char *)arguments.at;
    request.json = text.size % 2 == 0;
    request.vietnamese = text.size % 3 == 0;
    try_request(&request);
    buffer_deinit(&arguments);
}

static void try_answer(struct bytes line)
{
    struct command_answer taken = {.code = HOSO_DONE};
    bool last = false;

    buffer_init(&taken.out, ANSWER_BYTES);
    buffer_init(&taken.err, ANSWER_BYTES);
    (void)!local_take_answer(line, &taken, &last);
    buffer_deinit(&taken.out);
    buffer_deinit(&taken.err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0 && data[0] == ANSWER_LINE)
        try_answer(bytes_of(data + 1, size - 1));
    else if (size > 0 && data[0] < VERBS_MOST && data[0] != '\t')
        try_arguments(data[0], bytes_of(data + 1, size - 1));
    else
        try_line(bytes_of(data, size));
    return 0;
}
