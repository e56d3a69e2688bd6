#include "client/home/runner.h"

#include "client/command/call.h"
#include "client/home/local.h"
#include "client/home/silence.h"
#include "client/link/net/clock.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 3000, PAUSE_MS = 50 };

void runner_refuse(const struct command_request *request, struct command_answer *answer,
                   enum status status)
{
    struct call call = {.json = request->json, .vietnamese = request->vietnamese, .answer = answer};
    const struct failure no_home = {
        .code = HOSO_NOT_FOUND,
        .name = "no_home",
        .next = {"Tạo mới: hoso init --join GIẤY_MỜI, hoặc chỉ thư mục bằng --home.",
                 "Make one: hoso init --join INVITE, or name the folder with --home."}};

    json_write_start(&call.writer, &answer->out);
    if (status == STATUS_NOT_FOUND)
        call_fail(&call, &no_home, "%s", "%s",
                  call_pick(&call, "Chưa có kho dữ liệu ở đây.", "There is no home here."));
    else
        call_fail_status(&call, status);
}

static enum status open_once(struct runner *runner)
{
    int descriptor;

    enum status status = local_connect(runner->path, &descriptor);
    if (status == STATUS_OK)
        (void)close(descriptor);
    if (status != STATUS_NOT_FOUND)
        return status;
    status = lone_open(&runner->lone, runner->path);
    runner->alone = status == STATUS_OK;
    return status;
}

/* A store that is owned while nobody listens may belong to a daemon that starts or stops, or to
 * another short command: that is worth a few seconds. */
enum status runner_open(struct runner *runner, const char *path)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};

    *runner = (struct runner){.alone = false};
    int size = snprintf(runner->path, sizeof runner->path, "%s", path);
    if (size < 0 || (size_t)size >= sizeof runner->path)
        return STATUS_LIMIT;
    enum status status = open_once(runner);
    uint64_t end_us = clock_now_us() + PATIENCE_MS * UINT64_C(1000);
    while (status == STATUS_BUSY && clock_now_us() < end_us) {
        (void)nanosleep(&pause, NULL);
        status = open_once(runner);
    }
    return status;
}

void runner_close(struct runner *runner)
{
    if (runner->alone)
        lone_close(&runner->lone);
}

static bool lone_stream(void *context, struct bytes text)
{
    struct lone *lone = context;
    struct runner *runner = lone->watcher;

    return runner->stream && runner->stream(runner->context, text);
}

static void lone_progress(void *context, uint64_t done, uint64_t all)
{
    struct lone *lone = context;
    struct runner *runner = lone->watcher;

    if (runner->progress)
        runner->progress(runner->context, done, all);
}

static void local_progress(void *context, struct bytes text)
{
    struct runner *runner = context;

    /* An empty line only says that the daemon lives. */
    if (text.size > 0)
        (void)runner->stream(runner->context, text);
}

static void run_through_daemon(struct runner *runner, const struct command_request *request,
                               struct command_answer *answer)
{
    const struct local_watch watch = {.progress = runner->stream ? local_progress : NULL,
                                      .context = runner,
                                      .quiet = silence_say,
                                      .quiet_context = request};
    int descriptor;

    enum status status = local_connect(runner->path, &descriptor);
    if (status) {
        runner_refuse(request, answer, status == STATUS_NOT_FOUND ? STATUS_BUSY : status);
        return;
    }
    status = local_call(descriptor, request, &watch, answer);
    (void)close(descriptor);
    if (status == STATUS_BUSY)
        silence_refuse(request, answer);
    else if (status)
        runner_refuse(request, answer, status);
}

void runner_run(struct runner *runner, const struct command_request *request,
                struct command_answer *answer)
{
    if (!runner->alone) {
        run_through_daemon(runner, request, answer);
        return;
    }
    runner->lone.watcher = runner;
    runner->lone.host.stream = runner->stream ? lone_stream : NULL;
    runner->lone.host.progress = runner->progress ? lone_progress : NULL;
    command_run(&runner->lone.host, request, answer);
}
