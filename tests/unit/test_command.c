#include "client/command/verb.h"
#include "tests/lib/counter.h"
#include "tests/lib/unit.h"

#include <stdio.h>
#include <string.h>

static enum hoso_code run(struct counter_office *office, const char *verb, const char *arguments)
{
    return counter_run(&office->counter, verb, arguments);
}

/* The text of a member of the last answer. */
static const char *text_of(const struct json *value)
{
    return (const char *)json_as_text(value).at;
}

static void receive(struct counter_office *office)
{
    assert_int_equal(run(office, "receive",
                         "{\"as\":\"tn01\",\"procedure\":\"2.000815\",\"fields\":{\"chu_ho_so\":"
                         "\"Hồ Thị Hòa\",\"so_bo\":\"2\",\"ghi_chu\":\"nộp tại thôn\"}}"),
                     HOSO_DONE);
    (void)snprintf(office->code, sizeof office->code, "%s",
                   text_of(json_member(office->counter.document, "code")));
}

/* Runs |verb| with the dossier's code put in for CODE. */
static enum hoso_code run_on(struct counter_office *office, const char *verb, const char *format)
{
    char arguments[2048];
    const char *mark = strstr(format, "CODE");

    if (!mark)
        return run(office, verb, format);
    (void)snprintf(arguments, sizeof arguments, "%.*s%s%s", (int)(mark - format), format,
                   office->code, mark + 4);
    return run(office, verb, arguments);
}

static const struct json *field(const struct counter_office *office, const char *key)
{
    return json_member(json_member(office->counter.document, "fields"), key);
}

static void test_command__a_dossier_is_received_and_shown(void **state)
{
    struct counter_office *office = *state;

    receive(office);
    assert_memory_equal(office->code, SITE_UNIT "-261124-0001", strlen(SITE_UNIT "-261124-0001"));
    assert_false(json_as_flag(json_member(office->counter.document, "provisional")));
    assert_int_equal(run_on(office, "show", "{\"code\":\"CODE\"}"), HOSO_DONE);
    const struct json *shown = office->counter.document;
    assert_string_equal(text_of(json_member(shown, "code")), office->code);
    assert_int_equal(json_as_integer(json_member(shown, "state"), 0), 2);
    assert_string_equal(text_of(json_member(field(office, "chu_ho_so"), "value")), "Hồ Thị Hòa");
    assert_int_equal(json_as_integer(json_member(field(office, "so_bo"), "value"), 0), 2);
    const struct json *version = json_item(json_member(field(office, "chu_ho_so"), "versions"), 0);
    assert_string_equal(text_of(json_member(version, "officer")), "tn01");
    assert_string_equal(text_of(json_member(version, "unit")), SITE_UNIT);
    const struct json *entry = json_item(json_member(shown, "history"), 0);
    assert_string_equal(text_of(json_member(entry, "kind")), "genesis");
    assert_string_equal(text_of(json_member(entry, "hat")), "reception");
    assert_string_equal(text_of(json_member(entry, "happened")), "2026-11-24T09:00:00+07:00");
    assert_string_equal(text_of(json_item(json_member(shown, "reached"), 0)), "machine");
    /* A case id does as well as a code, also its prefix. */
    char id[9] = {0};
    memcpy(id, text_of(json_member(shown, "case")), 8);
    (void)snprintf(office->code, sizeof office->code, "%s", id);
    assert_int_equal(run_on(office, "show", "{\"code\":\"CODE\"}"), HOSO_DONE);
}

static void test_command__a_request_id_is_answered_once(void **state)
{
    struct counter_office *office = *state;
    static const char request[] =
        "{\"as\":\"tn01\",\"procedure\":\"2.000815\",\"request_id\":\"r1\",\"fields\":{\"chu_ho_"
        "so\":\"A\"}}";
    char first[64];

    assert_int_equal(run(office, "receive", request), HOSO_DONE);
    (void)snprintf(first, sizeof first, "%s",
                   text_of(json_member(office->counter.document, "code")));
    assert_int_equal(run(office, "receive", request), HOSO_DONE);
    assert_string_equal(text_of(json_member(office->counter.document, "code")), first);
    assert_true(json_as_flag(json_member(office->counter.document, "repeated")));
    assert_int_equal(run(office, "stats", "{}"), HOSO_DONE);
    assert_int_equal(counter_figure(&office->counter, "dossiers"), 1);
}

static void test_command__set_changes_empties_and_lists(void **state)
{
    struct counter_office *office = *state;

    receive(office);
    assert_int_equal(run_on(office, "set",
                            "{\"as\":\"tn01\",\"code\":\"CODE\",\"fields\":{\"dien_thoai\":"
                            "\"0365063955\",\"so_bo\":\"\"},\"add\":{\"ghi_chu\":[\"đã gọi "
                            "điện\"],\"thanh_phan\":[\"Tờ khai\",\"Giấy tờ gốc\"]}}"),
                     HOSO_DONE);
    assert_true(json_as_flag(json_member(office->counter.document, "changed")));
    assert_int_equal(run_on(office, "set",
                            "{\"as\":\"tn01\",\"code\":\"CODE\",\"remove\":{\"thanh_phan\":["
                            "\"Tờ khai\"]}}"),
                     HOSO_DONE);
    assert_int_equal(run_on(office, "show", "{\"code\":\"CODE\"}"), HOSO_DONE);
    assert_string_equal(text_of(json_member(field(office, "dien_thoai"), "value")), "0365063955");
    assert_true(json_holds_null(json_member(field(office, "so_bo"), "value")));
    assert_int_equal(json_count(json_member(field(office, "ghi_chu"), "versions")), 2);
    const struct json *papers = json_member(field(office, "thanh_phan"), "versions");
    assert_int_equal(json_count(papers), 1);
    assert_string_equal(text_of(json_member(json_item(papers, 0), "value")), "Giấy tờ gốc");
    /* What is there already is not written again. */
    assert_int_equal(run_on(office, "set",
                            "{\"as\":\"tn01\",\"code\":\"CODE\",\"fields\":{\"dien_thoai\":"
                            "\"0365063955\"}}"),
                     HOSO_DONE);
    assert_false(json_as_flag(json_member(office->counter.document, "changed")));
}

static void test_command__refusals_name_their_reason(void **state)
{
    static const struct {
        const char *verb;
        const char *arguments;
        enum hoso_code code;
        const char *error;
    } cases[] = {
        {"set", "{\"code\":\"CODE\",\"fields\":{\"dia_chi\":\"x\"}}", HOSO_REFUSED, "no_officer"},
        {"set", "{\"as\":\"zz\",\"code\":\"CODE\",\"fields\":{\"dia_chi\":\"x\"}}", HOSO_REFUSED,
         "unknown_officer"},
        {"set", "{\"as\":\"tn01:leader\",\"code\":\"CODE\",\"fields\":{\"dia_chi\":\"x\"}}",
         HOSO_REFUSED, "hat"},
        {"set", "{\"as\":\"tn01\",\"code\":\"CODE\",\"fields\":{\"khong_co\":\"x\"}}", HOSO_REFUSED,
         "unknown_field"},
        {"set", "{\"as\":\"tn01\",\"code\":\"CODE\",\"fields\":{\"hen_tra\":\"2026-12-01\"}}",
         HOSO_REFUSED, "field_by_step"},
        {"set", "{\"as\":\"tn01\",\"code\":\"CODE\",\"fields\":{\"trang_thai\":\"9\"}}",
         HOSO_REFUSED, "field_by_step"},
        {"set", "{\"as\":\"tn01\",\"code\":\"CODE\",\"fields\":{\"so_bo\":\"-1\"}}", HOSO_REFUSED,
         "value"},
        {"set", "{\"as\":\"tn01\",\"code\":\"CODE\",\"add\":{\"dia_chi\":[\"x\"]}}", HOSO_USAGE,
         "usage"},
        {"set", "{\"as\":\"tn01\",\"code\":\"CODE\"}", HOSO_USAGE, "usage"},
        {"set", "{\"as\":\"vp01:it\",\"code\":\"CODE\",\"fields\":{\"dia_chi\":\"x\"}}",
         HOSO_REFUSED, "competence"},
        {"set", "{\"as\":\"hv-tn01\",\"code\":\"CODE\",\"fields\":{\"dia_chi\":\"x\"}}",
         HOSO_REFUSED, "foreign_unit"},
        {"show", "{\"code\":\"CODE-9\"}", HOSO_NOT_FOUND, "not_found"},
        {"receive", "{\"as\":\"tn01\",\"procedure\":\"9.9\"}", HOSO_REFUSED, "value"},
        {"receive", "{\"as\":\"tn01\",\"procedure\":\"2.000815\",\"code\":\"CODE\"}", HOSO_USAGE,
         "usage"},
        {"nothing", "{\"code\":\"CODE\"}", HOSO_USAGE, "usage"},
        {"export", "{\"what\":\"CODE\"}", HOSO_USAGE, "usage"},
        {"list", "{\"limit\":\"0\",\"x\":\"CODE\"}", HOSO_USAGE, "usage"},
    };
    struct counter_office *office = *state;

    receive(office);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum hoso_code code = run_on(office, cases[i].verb, cases[i].arguments);
        struct bytes error = counter_error(&office->counter);
        if (code != cases[i].code || !bytes_equal_text(error, cases[i].error))
            print_error("%s: %d %.*s\n", cases[i].arguments, (int)code, (int)error.size,
                        error.size ? (const char *)error.at : "");
        assert_int_equal(code, cases[i].code);
        assert_true(bytes_equal_text(error, cases[i].error));
        assert_true(office->counter.answer.err.size > 0);
    }
    /* Nothing of it was written. */
    assert_int_equal(run(office, "stats", "{}"), HOSO_DONE);
    assert_int_equal(counter_figure(&office->counter, "records"), 1);
}

static void test_command__words_follow_the_language(void **state)
{
    struct counter_office *office = *state;

    office->counter.vietnamese = true;
    (void)run(office, "show", "{\"code\":\"x\"}");
    const struct json *error = json_member(office->counter.document, "error");
    assert_non_null(strstr(text_of(json_member(error, "message")), "Không có hồ sơ"));
    office->counter.vietnamese = false;
    (void)run(office, "show", "{\"code\":\"x\"}");
    error = json_member(office->counter.document, "error");
    assert_non_null(strstr(text_of(json_member(error, "message")), "There is no dossier"));
}

static void test_command__list_finds_names_without_marks(void **state)
{
    struct counter_office *office = *state;

    receive(office);
    assert_int_equal(run(office, "list", "{\"find\":\"ho thi hoa\"}"), HOSO_DONE);
    assert_string_equal(text_of(json_member(office->counter.document, "code")), office->code);
    assert_true(json_holds_text(json_member(office->counter.document, "due")));
    assert_int_equal(run(office, "list", "{\"find\":\"khong ai\"}"), HOSO_DONE);
    assert_null(office->counter.document);
    assert_int_equal(run(office, "list", "{\"state\":\"2\"}"), HOSO_DONE);
    assert_non_null(office->counter.document);
    assert_int_equal(run(office, "list", "{\"state\":\"9\"}"), HOSO_DONE);
    assert_null(office->counter.document);
}

static void test_command__status_verify_and_export_agree(void **state)
{
    struct counter_office *office = *state;

    receive(office);
    /* Nothing has left this office: the figures come with the code of what waits. */
    assert_int_equal(run(office, "status", "{}"), HOSO_UNREACHABLE);
    const struct json *records = json_member(office->counter.document, "records");
    int64_t local = json_as_integer(json_member(records, "local"), 0);
    assert_true(local > 0);
    assert_int_equal(json_as_integer(json_member(records, "hub"), -1), 0);
    assert_true(json_as_flag(json_member(office->counter.document, "example")));
    assert_int_equal(run(office, "verify", "{}"), HOSO_DONE);
    assert_true(json_as_flag(json_member(office->counter.document, "ok")));
    assert_int_equal(counter_figure(&office->counter, "records"), local);
    assert_true(json_holds_null(json_member(office->counter.document, "first_bad")));
    assert_int_equal(run(office, "export", "{\"what\":\"records\"}"), HOSO_DONE);
    int64_t lines = 0;
    for (size_t i = 0; i < office->counter.answer.out.size; i++)
        lines += office->counter.answer.out.at[i] == '\n';
    assert_int_equal(lines, local);
    char id[80];
    (void)snprintf(id, sizeof id, "{\"id\":\"%.8s\"}",
                   text_of(json_member(office->counter.document, "id")));
    assert_int_equal(run(office, "record", id), HOSO_DONE);
    assert_non_null(json_member(json_member(office->counter.document, "raw"), "header"));
}

static void test_command__a_spreadsheet_gets_no_formula(void **state)
{
    struct counter_office *office = *state;

    receive(office);
    assert_int_equal(run_on(office, "set",
                            "{\"as\":\"tn01\",\"code\":\"CODE\",\"fields\":{\"dia_chi\":"
                            "\"=1+1\"}}"),
                     HOSO_DONE);
    const struct command_request request = {
        .verb = "export", .arguments = "{\"what\":\"dossiers\",\"format\":\"csv\"}"};
    buffer_reset(&office->counter.answer.out);
    command_run(&office->counter.lone.host, &request, &office->counter.answer);
    buffer_append_u8(&office->counter.answer.out, 0);
    assert_non_null(strstr((const char *)office->counter.answer.out.at, ",'=1+1,"));
}

static void test_command__every_verb_has_a_help(void **state)
{
    (void)state;
    for (size_t i = 0; verb_at(i); i++) {
        const struct verb *verb = verb_at(i);
        assert_non_null(verb->usage);
        assert_non_null(verb->summary.vietnamese);
        assert_non_null(verb->summary.english);
        assert_memory_equal(verb->example, "hoso ", 5);
        assert_ptr_equal(verb_of(verb->name), verb);
    }
    assert_false(command_exists("init"));
    assert_true(command_exists("show"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, counter_office_open, counter_office_close)
    const struct CMUnitTest tests[] = {
        TEST(test_command__a_dossier_is_received_and_shown),
        TEST(test_command__a_request_id_is_answered_once),
        TEST(test_command__set_changes_empties_and_lists),
        TEST(test_command__refusals_name_their_reason),
        TEST(test_command__words_follow_the_language),
        TEST(test_command__list_finds_names_without_marks),
        TEST(test_command__status_verify_and_export_agree),
        TEST(test_command__a_spreadsheet_gets_no_formula),
        cmocka_unit_test(test_command__every_verb_has_a_help),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
