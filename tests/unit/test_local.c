#include "client/home/local.h"
#include "tests/lib/unit.h"

#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

static void test_local__a_request_comes_back_whole(void **state)
{
    struct command_request request = {
        .verb = "show", .arguments = "{\"code\":\"a\\nb\"}", .json = true, .vietnamese = true};
    struct command_request back;
    struct buffer line;
    struct buffer arguments;
    struct json *document = NULL;

    (void)state;
    buffer_init(&line, 4096);
    assert_int_equal(local_put_request(&request, &line), STATUS_OK);
    assert_ptr_equal(memchr(line.at, '\n', line.size), line.at + line.size - 1);
    assert_int_equal(
        local_take_request(bytes_of(line.at, line.size - 1), &document, &arguments, &back),
        STATUS_OK);
    assert_string_equal(back.verb, "show");
    assert_string_equal(back.arguments, "{\"code\":\"a\\nb\"}");
    assert_true(back.json && back.vietnamese);
    json_release(document);
    buffer_deinit(&arguments);
    buffer_deinit(&line);
}

static void test_local__a_foreign_line_is_refused(void **state)
{
    static const char *const bad[] = {"", "[]", "{\"verb\":\"\",\"arguments\":{}}",
                                      "{\"verb\":\"show\"}",
                                      "{\"verb\":\"a\\u0000b\",\"arguments\":{}}"};
    struct command_request request;
    struct buffer arguments;
    struct json *document = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(local_take_request(bytes_of_text(bad[i]), &document, &arguments, &request),
                         STATUS_MALFORMED);
        json_release(document);
        buffer_deinit(&arguments);
    }
}

static void note_progress(void *context, struct bytes text)
{
    buffer_append_bytes(context, text);
}

static void test_local__progress_is_seen_before_the_answer(void **state)
{
    struct command_request request = {.verb = "sync"};
    struct command_answer given = {.code = HOSO_REFUSED};
    struct command_answer answer = {0};
    struct buffer lines;
    struct buffer seen;
    int pair[2];

    (void)state;
    buffer_init(&lines, 4096);
    buffer_init(&seen, 4096);
    buffer_init(&given.out, 64);
    buffer_init(&given.err, 64);
    buffer_init(&answer.out, 4096);
    buffer_init(&answer.err, 4096);
    buffer_append(&given.out, "out\n", 4);
    buffer_append(&given.err, "err\n", 4);
    assert_int_equal(local_put_progress(bytes_of_text("one\n"), &lines), STATUS_OK);
    assert_int_equal(local_put_progress(bytes_of_text(""), &lines), STATUS_OK);
    assert_int_equal(local_put_answer(&given, &lines), STATUS_OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(write(pair[1], lines.at, lines.size), lines.size);
    const struct local_watch watch = {.progress = note_progress, .context = &seen};
    assert_int_equal(local_call(pair[0], &request, &watch, &answer), STATUS_OK);
    assert_true(bytes_equal_text(buffer_view(&seen), "one\n"));
    assert_int_equal(answer.code, HOSO_REFUSED);
    assert_true(bytes_equal_text(buffer_view(&answer.out), "out\n"));
    assert_true(bytes_equal_text(buffer_view(&answer.err), "err\n"));
    (void)close(pair[1]);
    /* A daemon that goes away is no answer. */
    const struct local_watch nobody = {.progress = NULL};
    assert_int_equal(local_call(pair[0], &request, &nobody, &answer), STATUS_BUSY);
    (void)close(pair[0]);
    buffer_deinit(&answer.out);
    buffer_deinit(&answer.err);
    buffer_deinit(&given.out);
    buffer_deinit(&given.err);
    buffer_deinit(&seen);
    buffer_deinit(&lines);
}

static void count_quiet(const void *context)
{
    size_t *const *count = context;

    ++**count;
}

/* Each receive that times out counts as LOCAL_QUIET_SECONDS; here it lasts 5 ms. */
static void test_local__a_silent_daemon_is_told_once_and_given_up(void **state)
{
    const struct timeval soon = {.tv_usec = 5000};
    struct command_request request = {.verb = "list"};
    struct command_answer answer = {0};
    size_t told = 0;
    size_t *counter = &told;
    const struct local_watch watch = {.quiet = count_quiet, .quiet_context = &counter};
    int pair[2];

    (void)state;
    buffer_init(&answer.out, 4096);
    buffer_init(&answer.err, 4096);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon), 0);
    assert_int_equal(local_call(pair[0], &request, &watch, &answer), STATUS_BUSY);
    assert_int_equal(told, 1);
    (void)close(pair[1]);
    told = 0;
    assert_int_equal(local_call(pair[0], &request, &watch, &answer), STATUS_BUSY);
    assert_int_equal(told, 0); /* gone at once is not silent */
    (void)close(pair[0]);
    buffer_deinit(&answer.out);
    buffer_deinit(&answer.err);
}

static void test_local__a_home_without_a_daemon_says_so(void **state)
{
    int descriptor;

    (void)state;
    assert_int_equal(local_connect("/nonexistent", &descriptor), STATUS_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_local__a_request_comes_back_whole),
        cmocka_unit_test(test_local__a_foreign_line_is_refused),
        cmocka_unit_test(test_local__progress_is_seen_before_the_answer),
        cmocka_unit_test(test_local__a_silent_daemon_is_told_once_and_given_up),
        cmocka_unit_test(test_local__a_home_without_a_daemon_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
