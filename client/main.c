/*
 * hoso: the command line client, itself a full offline replica. Words to a request, the request to
 * whoever owns the home, the answer to the terminal.
 */
#include "client/command/arguments.h"
#include "client/command/register/import_report.h"
#include "client/home/broken.h"
#include "client/home/bundle_file.h"
#include "client/home/join.h"
#include "client/home/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>

enum { ANSWER_BYTES_MAX = 1024 * 1024 * 1024, WAIT_SECONDS = 60, POLL_MS = 200 };

static bool is_vietnamese(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strncmp(value, "vi", 2) == 0;
    }
    return false;
}

static bool print_part(void *context, struct bytes text)
{
    (void)context;
    return fwrite(text.at, 1, text.size, stdout) == text.size && fflush(stdout) == 0;
}

static void print_progress(void *context, uint64_t done, uint64_t all)
{
    (void)context;
    (void)fprintf(stderr, "\r%llu / %llu ", (unsigned long long)done, (unsigned long long)all);
    if (done >= all)
        (void)fputs("\r                    \r", stderr);
}

static bool print_bytes(struct bytes bytes, FILE *file)
{
    return (bytes.size == 0 || fwrite(bytes.at, 1, bytes.size, file) == bytes.size) &&
           fflush(file) == 0;
}

/* What could not be printed was not told: that is a failure too. */
static int print_answer(const struct command_answer *answer)
{
    bool told = print_bytes(buffer_view(&answer->err), stderr);

    told = print_bytes(buffer_view(&answer->out), stdout) && told;
    return told ? (int)answer->code : HOSO_STORE;
}

static int64_t now_ms(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void reset_answer(struct command_answer *answer)
{
    answer->code = HOSO_DONE;
    buffer_reset(&answer->out);
    buffer_reset(&answer->err);
}

/* `status --wait`: asks again until nothing waits or the time is over; without a daemon it syncs in
 * between. */
static void run_waiting(struct runner *runner, const struct command_request *request,
                        int64_t seconds, struct command_answer *answer)
{
    const struct command_request sync = {.verb = "sync", .arguments = "{}", .json = true};
    const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
    int64_t end = now_ms() + seconds * 1000;

    runner_run(runner, request, answer);
    while (answer->code == HOSO_UNREACHABLE && now_ms() < end) {
        if (runner->alone) {
            reset_answer(answer);
            runner_run(runner, &sync, answer);
        }
        (void)nanosleep(&pause, NULL);
        reset_answer(answer);
        runner_run(runner, request, answer);
    }
}

/* The seconds to wait if |request| asks for it; 0: they do not. */
static int64_t wait_seconds(const struct command_request *request, const struct json *document)
{
    struct bytes timeout = json_as_text(json_member(document, "timeout"));

    if (strcmp(request->verb, "status") != 0 || !json_member(document, "wait"))
        return 0;
    return timeout.size > 0 ? strtoll((const char *)timeout.at, NULL, 10) : WAIT_SECONDS;
}

static void run_verb(const char *home, const struct command_request *request,
                     struct command_answer *answer)
{
    char path[HOME_PATH_SIZE];
    struct runner runner = {.alone = false};
    struct json *document = NULL;

    enum status status = home_find(home, path);
    if (!status && strcmp(request->verb, "init") == 0) {
        join_run(path, request, answer);
        return;
    }
    if (!status)
        status = json_read(bytes_of_text(request->arguments), &document);
    if (!status)
        status = runner_open(&runner, path);
    runner.stream = print_part;
    runner.progress = isatty(STDERR_FILENO) ? print_progress : NULL;
    int64_t seconds = wait_seconds(request, document);
    if (status)
        runner_refuse(request, answer, status);
    else if (strcmp(request->verb, "bundle") == 0)
        bundle_file_run(&runner, request, document, answer);
    else if (seconds > 0)
        run_waiting(&runner, request, seconds, answer);
    else
        runner_run(&runner, request, answer);
    if (strcmp(request->verb, "import") == 0)
        import_report(request, (const char *)json_as_text(json_member(document, "path")).at,
                      answer);
    runner_close(&runner);
    json_release(document);
}

int main(int count, char **words)
{
    char problem[ARGUMENTS_PROBLEM_BYTES];
    struct arguments arguments = {.as = getenv("HOSO_AS")};
    struct command_answer answer = {.code = HOSO_DONE};
    struct buffer document;
    bool vietnamese = is_vietnamese();

    (void)umask(0077); /* whatever is made here is the owner's alone */
    buffer_init(&answer.out, ANSWER_BYTES_MAX);
    buffer_init(&answer.err, ANSWER_BYTES_MAX);
    buffer_init(&document, ANSWER_BYTES_MAX);
    enum status status =
        arguments_read(count - 1, words + 1, vietnamese, &arguments, &document, problem);
    struct command_request request = {.verb = arguments.verb ? arguments.verb->name : "",
                                      .arguments = (const char *)document.at,
                                      .vietnamese = vietnamese,
                                      .json = arguments.json};
    broken_store_says(vietnamese, arguments.json);
    if (status)
        arguments_refuse(&request, &answer, status, problem);
    else if (arguments.version)
        buffer_append_bytes(&answer.out, bytes_of_text("hoso "));
    else if (arguments.help)
        arguments_help(arguments.verb, vietnamese, &answer.out);
    else if (arguments.verb && arguments.verb->homeless)
        command_run(&(const struct command_host){0}, &request, &answer);
    else
        run_verb(arguments.home, &request, &answer);
    if (!status && arguments.version) {
        buffer_append_bytes(&answer.out, bytes_of_text(hoso_version()));
        buffer_append_u8(&answer.out, '\n');
    }
    int code = print_answer(&answer);
    buffer_deinit(&document);
    buffer_deinit(&answer.err);
    buffer_deinit(&answer.out);
    return code;
}
