/* The verbs that move a dossier on, at one office's counter. */
#include "client/command/verb.h"
#include "client/text/time.h"
#include "tests/lib/counter.h"
#include "tests/lib/unit.h"

#include <stdio.h>
#include <string.h>

/* The example district's head, whose own number a dossier must not have for him to decide it. */
#define HEAD "ct01"
#define HEAD_NUMBER "046190000007"

static void set_clock(struct counter_office *office, const char *text)
{
    struct moment moment;

    assert_int_equal(time_parse(bytes_of_text(text), TIME_VIETNAM_ZONE_MINUTES, &moment),
                     STATUS_OK);
    office->counter.site.clock = moment.seconds;
}

static void receive_for(struct counter_office *office, const char *procedure, const char *number)
{
    char arguments[512];

    (void)snprintf(arguments, sizeof arguments,
                   "{\"as\":\"tn01\",\"procedure\":\"%s\",\"fields\":{\"chu_ho_so\":\"Hồ Thị "
                   "Hòa\",\"so_giay_to\":\"%s\"}}",
                   procedure, number);
    assert_int_equal(counter_run(&office->counter, "receive", arguments), HOSO_DONE);
    struct bytes code = json_as_text(json_member(office->counter.document, "code"));
    (void)snprintf(office->code, sizeof office->code, "%.*s", (int)code.size,
                   (const char *)code.at);
}

static void receive(struct counter_office *office, const char *number)
{
    receive_for(office, "1.001022", number);
}

/* Runs |verb| on the dossier with |more| members beside its code. */
static enum hoso_code run(struct counter_office *office, const char *verb, const char *more)
{
    char arguments[1024];

    (void)snprintf(arguments, sizeof arguments, "{\"code\":\"%s\",%s}", office->code, more);
    return counter_run(&office->counter, verb, arguments);
}

static void check_error(const struct counter_office *office, const char *name)
{
    struct bytes error = counter_error(&office->counter);

    if (!bytes_equal_text(error, name))
        fail_msg("error %.*s, not %s", (int)error.size, (const char *)error.at, name);
}

/* The value of a field as `show` gives it; the answer stays. */
static struct bytes shown(struct counter_office *office, const char *field)
{
    assert_int_equal(run(office, "show", "\"as\":\"tn01\""), HOSO_DONE);
    const struct json *fields = json_member(office->counter.document, "fields");
    return json_as_text(json_member(json_member(fields, field), "value"));
}

static int64_t state_of(struct counter_office *office)
{
    assert_int_equal(run(office, "show", "\"as\":\"tn01\""), HOSO_DONE);
    return counter_figure(&office->counter, "state");
}

struct move {
    const char *verb;
    const char *more;
    enum hoso_code code;
    const char *error; /* NULL: done */
    int64_t state;     /* after it */
};

static void check_moves(struct counter_office *office, const struct move *moves, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct move *move = &moves[i];
        enum hoso_code code = run(office, move->verb, move->more);
        if (code != move->code)
            fail_msg("%zu: %s %s: %d, not %d", i, move->verb, move->more, code, move->code);
        if (move->error)
            check_error(office, move->error);
        assert_int_equal(state_of(office), move->state);
    }
}

static void test_lifecycle__a_dossier_from_counter_to_citizen(void **state)
{
    static const struct move moves[] = {
        {"handover", "\"as\":\"tn01\",\"fields\":{\"nguoi_nhan\":\"Hòa\"}", HOSO_REFUSED,
         "step_from", 2},
        {"assign", "\"as\":\"" HEAD "\"", HOSO_USAGE, "usage", 2},
        {"assign", "\"as\":\"tn01\",\"fields\":{\"can_bo_xu_ly\":\"ht01\"}", HOSO_REFUSED,
         "competence", 2},
        {"assign", "\"as\":\"" HEAD "\",\"fields\":{\"can_bo_xu_ly\":\"xx99\"}", HOSO_REFUSED,
         "value", 2},
        {"assign", "\"as\":\"" HEAD "\",\"dry_run\":true,\"fields\":{\"can_bo_xu_ly\":\"ht01\"}",
         HOSO_DONE, NULL, 2},
        {"assign", "\"as\":\"" HEAD "\",\"fields\":{\"can_bo_xu_ly\":\"ht01\"}", HOSO_DONE, NULL,
         4},
        {"assign", "\"as\":\"" HEAD "\",\"fields\":{\"can_bo_xu_ly\":\"dc01\"}", HOSO_DONE, NULL,
         4},
        {"fee", "\"as\":\"ht01\",\"what\":\"give\"", HOSO_USAGE, "usage", 4},
        {"fee", "\"as\":\"ht01\",\"what\":\"ask\",\"fields\":{\"phi\":\"abc\"}", HOSO_REFUSED,
         "value", 4},
        {"fee", "\"as\":\"ht01\",\"what\":\"ask\",\"fields\":{\"phi\":\"15000\"}", HOSO_DONE, NULL,
         6},
        {"fee", "\"as\":\"tn01:cashier\",\"what\":\"pay\"", HOSO_DONE, NULL, 4},
        {"propose", "\"as\":\"ht01\"", HOSO_DONE, NULL, 4},
        {"decide", "\"as\":\"ht01\"", HOSO_REFUSED, "competence", 4},
        {"decide", "\"as\":\"" HEAD "\",\"fields\":{\"so_ket_qua\":\"15/2026\"}", HOSO_DONE, NULL,
         9},
        {"withdraw", "\"as\":\"tn01\",\"reason\":\"đơn xin rút\"", HOSO_REFUSED, "step_from", 9},
        {"handover", "\"as\":\"tn01\"", HOSO_USAGE, "usage", 9},
        {"handover", "\"as\":\"tn01\",\"fields\":{\"nguoi_nhan\":\"Hồ Thị Hòa\"}", HOSO_DONE, NULL,
         10},
    };
    struct counter_office *office = *state;

    receive(office, "046190000099");
    check_moves(office, moves, sizeof moves / sizeof *moves);
    assert_true(bytes_equal_text(shown(office, "can_bo_xu_ly"), "dc01"));
    assert_true(bytes_equal_text(shown(office, "nguoi_ky"), HEAD));
    assert_true(bytes_equal_text(shown(office, "so_ket_qua"), "15/2026"));
    assert_int_equal(shown(office, "tra_luc").size, strlen("2026-11-24T10:00+07:00"));
}

/* NĐ 61/2018 art. 11.2.c and 19.9: each once. */
static void test_lifecycle__supplement_and_apology_happen_once(void **state)
{
    static const struct move moves[] = {
        {"assign", "\"as\":\"" HEAD "\",\"fields\":{\"can_bo_xu_ly\":\"ht01\"}", HOSO_DONE, NULL,
         4},
        {"supplement", "\"as\":\"ht01\"", HOSO_USAGE, "usage", 4},
        {"supplement", "\"as\":\"ht01\",\"reason\":\"thiếu chứng cứ\"", HOSO_DONE, NULL, 5},
        {"supplement", "\"as\":\"ht01\",\"reason\":\"còn thiếu\"", HOSO_REFUSED, "step_from", 5},
        {"complete", "\"as\":\"tn01\"", HOSO_DONE, NULL, 4},
        {"supplement", "\"as\":\"ht01\",\"reason\":\"còn thiếu\"", HOSO_REFUSED, "step_done", 4},
        {"apologise", "\"as\":\"" HEAD "\",\"reason\":\"mất điện\"", HOSO_USAGE, "usage", 4},
        {"apologise",
         "\"as\":\"" HEAD
         "\",\"reason\":\"mất điện\",\"fields\":{\"hen_tra\":\"2026-12-30T17:00\"}",
         HOSO_DONE, NULL, 4},
        {"apologise",
         "\"as\":\"" HEAD
         "\",\"reason\":\"mất điện\",\"fields\":{\"hen_tra\":\"2026-12-31T17:00\"}",
         HOSO_REFUSED, "step_done", 4},
        {"stop", "\"as\":\"" HEAD "\",\"reason\":\"quá hạn bổ sung\"", HOSO_DONE, NULL, 8},
    };
    struct counter_office *office = *state;

    receive(office, "046190000099");
    check_moves(office, moves, sizeof moves / sizeof *moves);
    assert_true(bytes_equal_text(shown(office, "bo_sung"), "thiếu chứng cứ"));
    assert_true(bytes_equal_text(shown(office, "hen_tra"), "2026-12-30T17:00+07:00"));
}

/* Law on Civil Status 2014 art. 12.1.h: by the identity number, never by the name. */
static void test_lifecycle__nobody_decides_his_own(void **state)
{
    static const struct move moves[] = {
        {"assign", "\"as\":\"" HEAD "\",\"fields\":{\"can_bo_xu_ly\":\"ht01\"}", HOSO_DONE, NULL,
         4},
        {"decide", "\"as\":\"" HEAD "\"", HOSO_REFUSED, "own_case", 4},
        {"refuse", "\"as\":\"" HEAD "\",\"reason\":\"không đủ\"", HOSO_REFUSED, "own_case", 4},
        {"refuse", "\"as\":\"pct1\",\"reason\":\"không đủ\"", HOSO_DONE, NULL, 9},
    };
    struct counter_office *office = *state;

    receive(office, HEAD_NUMBER);
    check_moves(office, moves, sizeof moves / sizeof *moves);
    assert_true(bytes_equal_text(shown(office, "ket_qua"), "từ chối"));
}

static void test_lifecycle__a_request_told_twice_is_done_once(void **state)
{
    struct counter_office *office = *state;
    const char *assign =
        "\"as\":\"" HEAD "\",\"request_id\":\"r1\",\"fields\":{\"can_bo_xu_ly\":\"ht01\"}";

    receive(office, "046190000099");
    assert_int_equal(run(office, "assign", assign), HOSO_DONE);
    assert_false(json_as_flag(json_member(office->counter.document, "repeated")));
    assert_int_equal(run(office, "assign", assign), HOSO_DONE);
    assert_true(json_as_flag(json_member(office->counter.document, "repeated")));
    assert_int_equal(state_of(office), 4);
}

/* No step is refused because of a clock; a moment nobody believes is not written. */
static void test_lifecycle__a_clock_that_is_wrong_stops_nothing(void **state)
{
    static const struct move moves[] = {
        {"assign", "\"as\":\"" HEAD "\",\"fields\":{\"can_bo_xu_ly\":\"ht01\"}", HOSO_DONE, NULL,
         4},
        {"supplement", "\"as\":\"ht01\",\"reason\":\"thiếu chứng cứ\"", HOSO_DONE, NULL, 5},
        {"complete", "\"as\":\"tn01\"", HOSO_DONE, NULL, 4},
        {"apologise",
         "\"as\":\"" HEAD
         "\",\"reason\":\"mất điện\",\"fields\":{\"hen_tra\":\"2026-12-30T17:00\"}",
         HOSO_DONE, NULL, 4},
        {"decide", "\"as\":\"" HEAD "\"", HOSO_DONE, NULL, 9},
        {"handover", "\"as\":\"tn01\",\"fields\":{\"nguoi_nhan\":\"Hồ Thị Hòa\"}", HOSO_DONE, NULL,
         10},
    };
    struct counter_office *office = *state;

    receive(office, "046190000099");
    set_clock(office, "1970-01-01T08:00");
    check_moves(office, moves, sizeof moves / sizeof *moves);
    assert_true(bytes_equal_text(shown(office, "hen_lai"), "2026-12-30T17:00+07:00"));
    assert_int_equal(shown(office, "tra_luc").size, 0);
}

/* ---- deadlines ---- */

struct moment_of {
    const char *at; /* what the clock says */
    const char *verb;
    const char *more;
    const char *due; /* afterwards */
    const char *source;
    bool waiting;
};

static void check_deadline(struct counter_office *office, const struct moment_of *row)
{
    assert_int_equal(run(office, "show", "\"as\":\"tn01\""), HOSO_DONE);
    const struct json *deadline = json_member(office->counter.document, "deadline");
    struct bytes due = json_as_text(json_member(deadline, "due"));
    if (!bytes_equal_text(due, row->due))
        fail_msg("%s %s: due %.*s, not %s", row->at, row->verb, (int)due.size, (const char *)due.at,
                 row->due);
    assert_true(bytes_equal_text(json_as_text(json_member(deadline, "source")), row->source));
    assert_int_equal(!json_holds_null(json_member(deadline, "waiting_since")), row->waiting);
}

static void check_deadlines(struct counter_office *office, const struct moment_of *rows,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        set_clock(office, rows[i].at);
        enum hoso_code code = run(office, rows[i].verb, rows[i].more);
        if (code != HOSO_DONE)
            fail_msg("%s %s: %d", rows[i].at, rows[i].verb, code);
        check_deadline(office, &rows[i]);
    }
}

static void test_lifecycle__complete_papers_start_the_term_anew(void **state)
{
    static const struct moment_of rows[] = {
        {"2026-11-20T11:00", "assign", "\"as\":\"" HEAD "\",\"fields\":{\"can_bo_xu_ly\":\"ht01\"}",
         "2026-11-26T17:00+07:00", "counted", false},
        {"2026-11-23T09:00", "supplement", "\"as\":\"ht01\",\"reason\":\"thiếu chứng cứ\"",
         "2026-11-26T17:00+07:00", "counted", true},
        {"2026-11-25T09:00", "complete", "\"as\":\"tn01\"", "2026-11-30T17:00+07:00", "counted",
         false},
        {"2026-11-26T09:00", "fee",
         "\"as\":\"ht01\",\"what\":\"ask\",\"fields\":{\"phi\":\"15000\"}",
         "2026-11-30T17:00+07:00", "counted", true},
        {"2026-11-27T09:00", "fee", "\"as\":\"tn01:cashier\",\"what\":\"pay\"",
         "2026-12-01T17:00+07:00", "counted", false},
        {"2026-11-30T09:00", "apologise",
         "\"as\":\"" HEAD
         "\",\"reason\":\"mất điện\",\"fields\":{\"hen_tra\":\"2026-12-08T17:00\"}",
         "2026-12-08T17:00+07:00", "written", false},
    };
    struct counter_office *office = *state;

    set_clock(office, "2026-11-20T10:00");
    receive(office, "046190000099");
    check_deadlines(office, rows, sizeof rows / sizeof *rows);
}

static void test_lifecycle__time_waited_is_added_once(void **state)
{
    static const struct moment_of rows[] = {
        {"2026-11-20T11:00", "assign", "\"as\":\"" HEAD "\",\"fields\":{\"can_bo_xu_ly\":\"ht01\"}",
         "2026-11-26T17:00+07:00", "counted", false},
        {"2026-11-23T09:00", "supplement", "\"as\":\"ht01\",\"reason\":\"thiếu bản sao\"",
         "2026-11-26T17:00+07:00", "counted", true},
        {"2026-11-25T09:00", "complete", "\"as\":\"tn01\"", "2026-11-27T17:00+07:00", "counted",
         false},
        /* Late already: waiting for a fee does not make it timely. */
        {"2026-11-30T09:00", "fee",
         "\"as\":\"ht01\",\"what\":\"ask\",\"fields\":{\"phi\":\"1000\"}", "2026-11-27T17:00+07:00",
         "counted", true},
        {"2026-12-02T09:00", "fee", "\"as\":\"tn01:cashier\",\"what\":\"pay\"",
         "2026-11-27T17:00+07:00", "counted", false},
    };
    struct counter_office *office = *state;

    set_clock(office, "2026-11-20T10:00");
    receive_for(office, "1.001731", "046190000099");
    check_deadlines(office, rows, sizeof rows / sizeof *rows);
}

static void test_lifecycle__the_slip_has_the_due_date(void **state)
{
    struct counter_office *office = *state;

    set_clock(office, "2026-11-23T15:00:01");
    receive_for(office, "2.000815", "046190000099");
    struct bytes due = json_as_text(json_member(office->counter.document, "due"));
    assert_true(bytes_equal_text(due, "2026-11-25T17:00+07:00"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lifecycle__a_clock_that_is_wrong_stops_nothing,
                                        counter_office_open, counter_office_close),
        cmocka_unit_test_setup_teardown(test_lifecycle__complete_papers_start_the_term_anew,
                                        counter_office_open, counter_office_close),
        cmocka_unit_test_setup_teardown(test_lifecycle__time_waited_is_added_once,
                                        counter_office_open, counter_office_close),
        cmocka_unit_test_setup_teardown(test_lifecycle__the_slip_has_the_due_date,
                                        counter_office_open, counter_office_close),
        cmocka_unit_test_setup_teardown(test_lifecycle__a_dossier_from_counter_to_citizen,
                                        counter_office_open, counter_office_close),
        cmocka_unit_test_setup_teardown(test_lifecycle__supplement_and_apology_happen_once,
                                        counter_office_open, counter_office_close),
        cmocka_unit_test_setup_teardown(test_lifecycle__nobody_decides_his_own, counter_office_open,
                                        counter_office_close),
        cmocka_unit_test_setup_teardown(test_lifecycle__a_request_told_twice_is_done_once,
                                        counter_office_open, counter_office_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
