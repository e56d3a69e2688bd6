#include "client/command/invitation.h"
#include "client/command/register/import_report.h"
#include "client/home/join.h"
#include "client/hoso.h"
#include "client/text/file.h"
#include "client/text/json.h"
#include "tests/lib/unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A device's home in a folder of its own, made from an invitation. */
struct device {
    char folder[64];
    char home[96];
    hoso *handle;
};

static void join(struct device *device, const char *officer, struct command_answer *answer)
{
    struct invitation_text invitation = {
        .role = ROLE_DEVICE,
        .unit = bytes_of_text("000.15.30.H57"),
        .label = bytes_of_text("máy 1"),
        .url = bytes_of_text("ws://127.0.0.1:1"),
        .expires = 1000,
        .scope = {{1}},
    };
    struct command_request request = {.verb = "init", .json = true};
    struct secret_key secret;
    struct buffer text;
    struct buffer arguments;
    struct json_writer writer;
    uint8_t seed[32] = {7};

    key_pair_of_seed(seed, &invitation.server, &secret);
    seed[0] = 8;
    key_pair_of_seed(seed, &invitation.root, &secret);
    buffer_init(&text, 4096);
    buffer_init(&arguments, 8192);
    assert_int_equal(invitation_write(&invitation, &text), STATUS_OK);
    json_write_start(&writer, &arguments);
    json_open_object(&writer, NULL);
    json_write_text(&writer, "join", buffer_view(&text));
    json_write_string(&writer, "as", officer);
    json_close_object(&writer);
    buffer_append_u8(&arguments, 0);
    request.arguments = (const char *)arguments.at;
    buffer_reset(&answer->out);
    buffer_reset(&answer->err);
    join_run(device->home, &request, answer);
    buffer_deinit(&arguments);
    buffer_deinit(&text);
}

static int open_device(void **state)
{
    struct device *device = test_calloc(1, sizeof *device);
    struct command_answer answer = {.code = HOSO_DONE};

    (void)snprintf(device->folder, sizeof device->folder, "/tmp/hoso-library-XXXXXX");
    assert_non_null(mkdtemp(device->folder));
    (void)snprintf(device->home, sizeof device->home, "%s/home", device->folder);
    buffer_init(&answer.out, 65536);
    buffer_init(&answer.err, 65536);
    join(device, "nobody", &answer);
    assert_int_equal(answer.code, HOSO_REFUSED);
    join(device, "tn01", &answer);
    assert_int_equal(answer.code, HOSO_DONE);
    /* What is there is never made again: a second invitation finds the same key. */
    char first[1024] = {0};
    struct bytes told = buffer_view(&answer.out);
    assert_in_range(told.size, 1, sizeof first - 1);
    memcpy(first, told.at, told.size);
    join(device, "tn01", &answer);
    assert_int_equal(answer.code, HOSO_DONE);
    assert_true(bytes_equal_text(buffer_view(&answer.out), first));
    buffer_deinit(&answer.out);
    buffer_deinit(&answer.err);
    assert_int_equal(hoso_open(device->home, &device->handle), HOSO_DONE);
    *state = device;
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *walk)
{
    (void)info;
    (void)flag;
    (void)walk;
    return remove(path);
}

static int close_device(void **state)
{
    struct device *device = *state;

    hoso_close(device->handle);
    assert_int_equal(nftw(device->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    test_free(device);
    return 0;
}

static struct json *call(struct device *device, const char *verb, const char *arguments,
                         enum hoso_code code)
{
    struct json *document = NULL;
    char *answer = NULL;

    assert_int_equal(hoso_call(device->handle, verb, arguments, &answer), code);
    assert_non_null(answer);
    if (answer[0] != 0)
        assert_int_equal(json_read(bytes_of_text(answer), &document), STATUS_OK);
    hoso_free(answer);
    return document;
}

static void test_hoso__work_starts_without_a_line(void **state)
{
    struct device *device = *state;
    char arguments[128];

    struct json *received =
        call(device, "receive",
             "{\"procedure\":\"2.000815\",\"fields\":{\"chu_ho_so\":\"Hồ Thị Hòa\"}}", HOSO_DONE);
    /* Without a lease there is no number: the dossier is provisional, and found by that. */
    assert_true(json_as_flag(json_member(received, "provisional")));
    struct bytes code = json_as_text(json_member(received, "code"));
    assert_memory_equal(code.at, "tạm-", strlen("tạm-"));
    (void)snprintf(arguments, sizeof arguments, "{\"code\":\"%.*s\"}", (int)code.size,
                   (const char *)code.at);
    struct json *shown = call(device, "show", arguments, HOSO_DONE);
    assert_int_equal(json_count(json_member(shown, "history")), 1);
    json_release(shown);
    json_release(received);
    /* The invitation of long ago is said to be expired, and nothing is lost. */
    struct json *status = call(device, "status", NULL, HOSO_UNREACHABLE);
    assert_true(bytes_equal_text(json_as_text(json_member(status, "grant")), "expired"));
    assert_true(json_as_integer(json_member(status, "waiting"), 0) > 0);
    json_release(status);
}

static void test_hoso__a_home_has_one_owner(void **state)
{
    struct device *device = *state;
    hoso *second = NULL;

    assert_int_equal(hoso_open(device->home, &second), HOSO_BUSY);
    assert_null(second);
    assert_int_equal(hoso_open("/nonexistent", &second), HOSO_NOT_FOUND);
    assert_int_equal(hoso_open(NULL, &second), HOSO_USAGE);
    char *answer;
    assert_int_equal(hoso_call(NULL, "show", NULL, &answer), HOSO_USAGE);
    assert_null(answer);
}

/* ---- what becomes of the refused rows ---- */

static const char rows[] = "ma,dong_bi_tu_choi\r\n1,2\r\n";

static void report(const char *input, const char *content, struct command_answer *answer)
{
    const struct command_request request = {.verb = "import", .json = true};
    struct json_writer writer;

    buffer_reset(&answer->out);
    json_write_start(&writer, &answer->out);
    json_open_object(&writer, NULL);
    json_write_unsigned(&writer, "new", 1);
    json_write_unsigned(&writer, "refused", 1);
    json_write_null(&writer, "refused_file");
    json_write_base64(&writer, "refused_rows", bytes_of_text(content));
    json_close_object(&writer);
    json_write_end(&writer);
    import_report(&request, input, answer);
}

static void expect_file(const struct command_answer *answer, const char *path, const char *content)
{
    struct json *document = NULL;
    struct buffer there;

    assert_int_equal(json_read(buffer_view(&answer->out), &document), STATUS_OK);
    assert_true(bytes_equal_text(json_as_text(json_member(document, "refused_file")), path));
    assert_null(json_member(document, "refused_rows"));
    buffer_init(&there, 4096);
    assert_int_equal(file_read(path, &there), STATUS_OK);
    assert_true(bytes_equal_text(buffer_view(&there), content));
    buffer_deinit(&there);
    json_release(document);
}

static void test_hoso__refused_rows_overwrite_nothing(void **state)
{
    struct device *device = *state;
    struct command_answer answer = {.code = HOSO_REFUSED};
    char input[128];
    char first[128];
    char second[128];

    (void)snprintf(input, sizeof input, "%s/so.csv", device->folder);
    (void)snprintf(first, sizeof first, "%s/so-tuchoi.csv", device->folder);
    (void)snprintf(second, sizeof second, "%s/so-tuchoi-2.csv", device->folder);
    buffer_init(&answer.out, 65536);
    buffer_init(&answer.err, 65536);
    report(input, rows, &answer);
    expect_file(&answer, first, rows);
    report(input, rows, &answer);
    expect_file(&answer, first, rows);
    report(input, "other", &answer);
    expect_file(&answer, second, "other");
    /* The mended file keeps the register's name. */
    report(first, "third", &answer);
    struct json *document = NULL;
    assert_int_equal(json_read(buffer_view(&answer.out), &document), STATUS_OK);
    assert_non_null(strstr((const char *)json_as_text(json_member(document, "refused_file")).at,
                           "/so-tuchoi-3.csv"));
    json_release(document);
    buffer_deinit(&answer.out);
    buffer_deinit(&answer.err);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_device, close_device)
    const struct CMUnitTest tests[] = {
        TEST(test_hoso__work_starts_without_a_line),
        TEST(test_hoso__a_home_has_one_owner),
        TEST(test_hoso__refused_rows_overwrite_nothing),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
