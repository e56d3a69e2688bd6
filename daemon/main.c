#include "client/home/broken.h"
#include "client/home/local.h"
#include "client/home/silence.h"
#include "client/text/json.h"
#include "daemon/backup.h"
#include "daemon/config.h"
#include "daemon/desk.h"
#include "daemon/init.h"
#include "daemon/run.h"
#include "daemon/scrub.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

static const struct desk_refusal no_home = {
    .failure = {.code = HOSO_NOT_FOUND,
                .name = "no_home",
                .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                .next = {"Khởi tạo bằng hosod init, hoặc nêu --home THƯ_MỤC.",
                         "Make one with hosod init, or say --home DIR."}},
    .message = {"Ở đây chưa có dữ liệu nào.", "There is no home here."}};

/* `invite` and `peers`: the running daemon answers if there is one, else this process. */
static void ask(const struct config *config, const struct command_request *request,
                struct command_answer *answer)
{
    struct home home = {.store = NULL};
    struct attendant attendant = {.home = &home};
    struct attend_stream whole = {.take = NULL};
    const struct local_watch watch = {.quiet = silence_say, .quiet_context = request};
    int descriptor = -1;
    enum status status = local_connect(config->home, &descriptor);

    if (status == STATUS_OK) {
        status = local_call(descriptor, request, &watch, answer);
        (void)close(descriptor);
        if (status == STATUS_BUSY) {
            silence_refuse(request, answer);
            return;
        }
    } else if (status == STATUS_NOT_FOUND && config->verb == CONFIG_SCRUB) {
        status = scrub_alone(config->home, request, answer);
    } else if (status == STATUS_NOT_FOUND) {
        status = home_open(&home, config->home);
        if (status == STATUS_OK) {
            desk_answer(&attendant, request, &whole, answer);
        }
        home_close(&home);
    }
    if (status == STATUS_NOT_FOUND)
        desk_refuse(request, answer, &no_home);
    else if (status != STATUS_OK)
        desk_fail(request, answer, status);
}

static void put_argument(struct json_writer *writer, const char *key, const char *value)
{
    if (value != NULL)
        json_write_string(writer, key, value);
}

static void answer_config(const struct config *config, struct command_answer *answer)
{
    struct command_request request = {.json = config->json, .vietnamese = config->vietnamese};
    struct buffer arguments;
    struct json_writer writer;

    buffer_init(&arguments, LIMIT_FRAME_BYTES);
    json_write_start(&writer, &arguments);
    json_open_object(&writer, NULL);
    put_argument(&writer, "unit", config->unit);
    put_argument(&writer, "device", config->device);
    put_argument(&writer, "url", config->url);
    json_close_object(&writer);
    buffer_append_u8(&arguments, '\0');
    request.verb = config->verb == CONFIG_INVITE  ? "invite"
                   : config->verb == CONFIG_SCRUB ? "scrub"
                                                  : "peers";
    request.arguments = (const char *)arguments.at;
    if (buffer_status(&arguments) != STATUS_OK)
        desk_fail(&request, answer, buffer_status(&arguments));
    else if (config->verb == CONFIG_INIT)
        init_answer(config, &request, answer);
    else if (config->verb == CONFIG_RUN)
        run_answer(config, &request, answer);
    else if (config->verb == CONFIG_BACKUP)
        backup_answer(config, &request, answer);
    else
        ask(config, &request, answer);
    buffer_deinit(&arguments);
}

static void put(const struct buffer *text, FILE *to)
{
    if (text->size > 0)
        (void)fwrite(text->at, 1, text->size, to);
}

int main(int count, char **arguments)
{
    struct command_answer answer = {.code = HOSO_DONE};
    struct config config;
    struct config_problem problem = {.english = ""};
    enum status status = config_read(count, arguments, &config, &problem);

    (void)umask(0077); /* whatever is made here is the owner's alone */
    broken_store_says(config.vietnamese, config.json);
    buffer_init(&answer.out, LOCAL_ANSWER_BYTES_MAX);
    buffer_init(&answer.err, LOCAL_ANSWER_BYTES_MAX);
    if (status != STATUS_OK) {
        struct command_request request = {.json = config.json, .vietnamese = config.vietnamese};
        struct desk_refusal refusal = {
            .failure = {.code = HOSO_USAGE,
                        .name = "usage",
                        .kept = {"Chưa có gì thay đổi.", "Nothing was changed."},
                        .next = {"Xem hosod --help", "See hosod --help"}},
            .message = {problem.vietnamese, problem.english}};

        desk_refuse(&request, &answer, &refusal);
    } else if (config.verb == CONFIG_HELP || config.verb == CONFIG_VERSION) {
        (void)fputs(config.verb == CONFIG_HELP ? config_help(config.helped, config.vietnamese)
                                               : "hosod ",
                    stdout);
        if (config.verb == CONFIG_VERSION)
            (void)puts(hoso_version());
    } else {
        answer_config(&config, &answer);
    }
    put(&answer.out, stdout);
    put(&answer.err, stderr);
    buffer_deinit(&answer.out);
    buffer_deinit(&answer.err);
    if (fflush(stdout) != 0 && answer.code == HOSO_DONE)
        return HOSO_STORE;
    return (int)answer.code;
}
