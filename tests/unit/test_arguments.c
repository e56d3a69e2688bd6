#include "client/command/arguments.h"
#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_MAX = 16 };

/* One command line read. */
struct reading {
    struct arguments arguments;
    struct buffer out;
    struct json *document;
    char problem[ARGUMENTS_PROBLEM_BYTES];
    enum status status;
};

static void read_words(struct reading *reading, const char *const *given)
{
    char copies[WORDS_MAX][256];
    char *words[WORDS_MAX];
    int count = 0;

    for (; given[count]; count++) {
        (void)snprintf(copies[count], sizeof copies[count], "%s", given[count]);
        words[count] = copies[count];
    }
    *reading = (struct reading){.document = NULL};
    buffer_init(&reading->out, 1 << 20);
    reading->status =
        arguments_read(count, words, false, &reading->arguments, &reading->out, reading->problem);
    if (reading->status == STATUS_OK)
        assert_int_equal(
            json_read(bytes_of(reading->out.at, reading->out.size - 1), &reading->document),
            STATUS_OK);
    /* The words are gone now: what borrows from them is not looked at. */
    reading->arguments.home = NULL;
    reading->arguments.as = NULL;
}

static void done(struct reading *reading)
{
    json_release(reading->document);
    buffer_deinit(&reading->out);
}

static const char *text_at(const struct json *value, const char *group, const char *key)
{
    return (const char *)json_as_text(json_member(json_member(value, group), key)).at;
}

static void test_arguments__words_become_members(void **state)
{
    static const char *const words[] = {
        "--home", "/x", "set",      "000-1", "--json", "--as", "tn01:reception",
        "a=1=2",  "b=", "c=@@home", "d+=x",  "d+=y",   "e-=z", NULL};
    struct reading reading;

    (void)state;
    read_words(&reading, words);
    assert_int_equal(reading.status, STATUS_OK);
    assert_string_equal(reading.arguments.verb->name, "set");
    assert_true(reading.arguments.json);
    const struct json *document = reading.document;
    assert_true(bytes_equal_text(json_as_text(json_member(document, "code")), "000-1"));
    assert_true(bytes_equal_text(json_as_text(json_member(document, "as")), "tn01:reception"));
    assert_string_equal(text_at(document, "fields", "a"), "1=2");
    assert_string_equal(text_at(document, "fields", "b"), "");
    assert_string_equal(text_at(document, "fields", "c"), "@home");
    const struct json *added = json_member(json_member(document, "add"), "d");
    assert_int_equal(json_count(added), 2);
    assert_true(bytes_equal_text(json_as_text(json_item(added, 1)), "y"));
    assert_int_equal(json_count(json_member(json_member(document, "remove"), "e")), 1);
    done(&reading);
}

static void test_arguments__choices_name_records(void **state)
{
    static const char *const words[] = {
        "resolve", "CODE", "a=@1a2b3c4d", "b=@@x", "c=value", "--reason=vì sao", NULL};
    struct reading reading;

    (void)state;
    read_words(&reading, words);
    assert_int_equal(reading.status, STATUS_OK);
    assert_string_equal(text_at(reading.document, "choose", "a"), "1a2b3c4d");
    assert_string_equal(text_at(reading.document, "fields", "b"), "@x");
    assert_string_equal(text_at(reading.document, "fields", "c"), "value");
    assert_true(bytes_equal_text(json_as_text(json_member(reading.document, "reason")), "vì sao"));
    done(&reading);
}

static void test_arguments__a_file_is_read_here(void **state)
{
    char path[] = "/tmp/hoso-arguments-XXXXXX";
    char word[64];
    const char *words[] = {"set", "CODE", word, NULL};
    struct reading reading;

    (void)state;
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, "thôn\n", 6), 6);
    (void)close(descriptor);
    (void)snprintf(word, sizeof word, "dia_chi=@%s", path);
    read_words(&reading, words);
    assert_int_equal(reading.status, STATUS_OK);
    assert_string_equal(text_at(reading.document, "fields", "dia_chi"), "thôn\n");
    done(&reading);
    (void)unlink(path);
    read_words(&reading, words);
    assert_int_equal(reading.status, STATUS_NOT_FOUND);
    done(&reading);
}

static void test_arguments__wrong_usage_is_said(void **state)
{
    static const char *const wrong[][6] = {
        {NULL},
        {"nothing", NULL},
        {"show", NULL},
        {"show", "a", "b", NULL},
        {"show", "a", "--nothing", NULL},
        {"show", "a", "--history=x", NULL},
        {"list", "--find", NULL},
        {"set", "CODE", "novalue", NULL},
        {"set", "CODE", "=x", NULL},
        {"set", "CODE", "a=1", "a=2", NULL},
    };
    struct reading reading;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        read_words(&reading, wrong[i]);
        assert_int_equal(reading.status, STATUS_USAGE);
        assert_true(strlen(reading.problem) > 0);
        done(&reading);
    }
}

static void test_arguments__a_late_json_shapes_the_refusal(void **state)
{
    static const char *const words[] = {"show", "a", "--nothing", "--json", NULL};
    struct command_answer answer = {.code = HOSO_DONE};
    struct reading reading;
    struct json *document = NULL;

    (void)state;
    read_words(&reading, words);
    assert_true(reading.arguments.json);
    const struct command_request request = {.verb = "show", .json = true};
    buffer_init(&answer.out, 4096);
    buffer_init(&answer.err, 4096);
    arguments_refuse(&request, &answer, reading.status, reading.problem);
    assert_int_equal(answer.code, HOSO_USAGE);
    assert_int_equal(json_read(buffer_view(&answer.out), &document), STATUS_OK);
    assert_non_null(json_member(document, "error"));
    json_release(document);
    buffer_deinit(&answer.out);
    buffer_deinit(&answer.err);
    done(&reading);
}

static void test_arguments__help_and_version_need_nothing_else(void **state)
{
    static const char *const help[] = {"show", "--help", NULL};
    static const char *const version[] = {"--version", NULL};
    struct reading reading;
    struct buffer out;

    (void)state;
    read_words(&reading, help);
    assert_int_equal(reading.status, STATUS_OK);
    assert_true(reading.arguments.help);
    done(&reading);
    read_words(&reading, version);
    assert_int_equal(reading.status, STATUS_OK);
    assert_true(reading.arguments.version);
    done(&reading);
    buffer_init(&out, 65536);
    arguments_help(verb_of("show"), true, &out);
    buffer_append_u8(&out, 0);
    assert_non_null(strstr((const char *)out.at, "Ví dụ: hoso show"));
    buffer_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments__words_become_members),
        cmocka_unit_test(test_arguments__choices_name_records),
        cmocka_unit_test(test_arguments__a_file_is_read_here),
        cmocka_unit_test(test_arguments__wrong_usage_is_said),
        cmocka_unit_test(test_arguments__a_late_json_shapes_the_refusal),
        cmocka_unit_test(test_arguments__help_and_version_need_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
