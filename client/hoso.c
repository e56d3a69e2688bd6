#include "client/hoso.h"

#include "client/home/runner.h"

#include <stdlib.h>
#include <string.h>

enum { HOSO_ANSWER_BYTES_MAX = 1024 * 1024 * 1024 };

struct hoso {
    struct runner runner;
};

static enum hoso_code code_of(enum status status)
{
    struct command_request request = {.verb = ""};
    struct command_answer answer = {.code = HOSO_DONE};

    buffer_init(&answer.out, HOSO_ANSWER_BYTES_MAX);
    buffer_init(&answer.err, HOSO_ANSWER_BYTES_MAX);
    runner_refuse(&request, &answer, status);
    buffer_deinit(&answer.out);
    buffer_deinit(&answer.err);
    return answer.code;
}

enum hoso_code hoso_open(const char *home, hoso **handle)
{
    *handle = NULL;
    if (!home)
        return HOSO_USAGE;
    struct hoso *opened = calloc(1, sizeof *opened);
    if (!opened)
        return HOSO_STORE;
    enum status status = runner_open(&opened->runner, home);
    if (status) {
        hoso_close(opened);
        return code_of(status);
    }
    *handle = opened;
    return HOSO_DONE;
}

void hoso_close(hoso *handle)
{
    if (handle)
        runner_close(&handle->runner);
    free(handle);
}

enum hoso_code hoso_call(hoso *handle, const char *verb, const char *arguments, char **answer)
{
    const struct command_request request = {
        .verb = verb, .arguments = arguments ? arguments : "{}", .json = true};
    struct command_answer given = {.code = HOSO_DONE};

    *answer = NULL;
    if (!handle || !verb)
        return HOSO_USAGE;
    buffer_init(&given.out, HOSO_ANSWER_BYTES_MAX);
    buffer_init(&given.err, HOSO_ANSWER_BYTES_MAX);
    runner_run(&handle->runner, &request, &given);
    buffer_append_u8(&given.out, 0);
    buffer_deinit(&given.err);
    if (buffer_status(&given.out)) {
        buffer_deinit(&given.out);
        return HOSO_STORE;
    }
    /* The buffer's memory becomes the caller's. */
    *answer = (char *)given.out.at;
    return given.code;
}

void hoso_free(char *answer)
{
    free(answer);
}

const char *hoso_version(void)
{
    return "0.1.0";
}
