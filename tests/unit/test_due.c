/* Due dates: the table of known cases, a naive second count, the registers of two offices. */
#include "client/example/example.h"
#include "client/text/file.h"
#include "client/text/packfile.h"
#include "client/text/table.h"
#include "client/text/time.h"
#include "protocol/case/deadline/due.h"
#include "tests/lib/random.h"
#include "tests/lib/unit.h"

#include <stdio.h>
#include <string.h>

enum { REGISTER_BYTES = 16 << 20, ROUNDS = 20000 };

struct district {
    struct arena arena;
    struct buffer canonical;
    struct pack pack;
    struct calendar calendar;
};

static int open_district(void **state)
{
    struct district *district = test_malloc(sizeof *district);
    struct packfile_problem problem;

    buffer_init(&district->canonical, LIMIT_PACK_BYTES);
    arena_init(&district->arena, 16 << 20);
    assert_int_equal(packfile_encode(NULL, &district->canonical, &problem), STATUS_OK);
    assert_int_equal(
        pack_decode(buffer_view(&district->canonical), &district->arena, &district->pack),
        STATUS_OK);
    district->calendar = calendar_of(&district->pack);
    *state = district;
    return 0;
}

static int close_district(void **state)
{
    struct district *district = *state;

    arena_deinit(&district->arena);
    buffer_deinit(&district->canonical);
    test_free(district);
    return 0;
}

static int64_t seconds_of(const char *text)
{
    struct moment moment;

    assert_int_equal(time_parse(bytes_of_text(text), TIME_VIETNAM_ZONE_MINUTES, &moment),
                     STATUS_OK);
    return moment.seconds;
}

static struct due count(const struct district *district, const char *letter, uint64_t term,
                        const char *received)
{
    enum start_policy policy;
    struct due due;

    assert_int_equal(start_policy_of(bytes_of_text(letter), &policy), STATUS_OK);
    assert_int_equal(due_count(&district->calendar, policy, term, seconds_of(received), &due),
                     STATUS_OK);
    return due;
}

struct known {
    const char *policy;
    uint64_t term;
    const char *received;
    const char *due;
};

static void check_known(const struct district *district, const struct known *rows, size_t size)
{
    char text[TIME_TEXT_BYTES];

    for (size_t i = 0; i < size; i++) {
        struct due due = count(district, rows[i].policy, rows[i].term, rows[i].received);
        time_format(due.seconds, PRECISION_MINUTE, TIME_VIETNAM_ZONE_MINUTES, text);
        text[16] = 0; /* without the zone */
        if (strcmp(text, rows[i].due) != 0 || due.provisional)
            fail_msg("%s %s + %llu: %s, not %s", rows[i].policy, rows[i].received,
                     (unsigned long long)rows[i].term, text, rows[i].due);
    }
}

static void test_due__the_known_cases(void **state)
{
    static const struct known rows[] = {
        {"S", 0, "2026-11-23T14:59", "2026-11-23T17:00"},
        {"S", 0, "2026-11-23T15:00", "2026-11-23T17:00"},
        {"S", 0, "2026-11-23T15:00:01", "2026-11-25T17:00"},
        {"S", 0, "2026-11-23T15:01", "2026-11-25T17:00"},
        {"S", 0, "2026-11-20T15:30", "2026-11-23T17:00"},
        {"S", 0, "2026-08-21T15:30", "2026-08-22T17:00"},
        {"S", 0, "2026-08-28T15:30", "2026-09-03T17:00"},
        {"S", 0, "2026-02-13T16:00", "2026-02-23T17:00"},
        {"S", 0, "2026-08-29T10:00", "2026-09-03T17:00"},
        {"D", 3, "2026-11-20T10:00", "2026-11-26T17:00"},
        {"D", 3, "2026-11-23T10:00", "2026-11-27T17:00"},
        {"D", 3, "2026-11-21T10:00", "2026-11-26T17:00"},
        {"D", 2, "2026-08-28T10:00", "2026-09-04T17:00"},
        {"D", 1, "2026-08-21T10:00", "2026-08-22T17:00"},
        {"D", 5, "2026-02-13T10:00", "2026-02-27T17:00"},
        {"D", 5, "2026-04-24T10:00", "2026-05-06T17:00"},
        {"D", 1, "2026-01-09T10:00", "2026-01-10T17:00"},
        {"H", 24, "2026-11-23T08:00", "2026-11-27T08:00"},
        {"H", 8, "2026-11-20T16:00", "2026-11-23T16:00"},
        {"C", 30, "2026-08-01T10:00", "2026-09-03T17:00"},
        {"C", 60, "2026-10-01T10:00", "2026-11-30T17:00"},
        /* A term that fills a day ends at its close; so does one that fills a morning. */
        {"H", 8, "2026-11-20T07:00", "2026-11-20T17:00"},
        {"H", 4, "2026-11-20T07:30", "2026-11-20T11:30"},
        {"H", 4, "2026-11-20T13:00", "2026-11-23T07:30"},
        {"H", 1, "2026-11-21T16:59", "2026-11-23T08:00"},
        {"H", 1, "2026-11-20T17:00", "2026-11-23T08:00"},
        {"H", 1, "2026-11-20T08:10:59", "2026-11-20T09:10"},
    };

    check_known(*state, rows, sizeof rows / sizeof *rows);
}

static void test_due__a_day_the_calendar_does_not_cover_is_provisional(void **state)
{
    const struct district *district = *state;

    assert_false(count(district, "D", 1, "2026-12-30T10:00").provisional);
    assert_true(count(district, "D", 1, "2026-12-31T10:00").provisional);
    assert_true(count(district, "S", 0, "2027-01-04T10:00").provisional);
    assert_true(count(district, "D", 3, "2025-12-31T10:00").provisional);
    assert_true(count(district, "C", 60, "2026-11-10T10:00").provisional);
    assert_true(count(district, "H", 8, "2021-01-04T08:00").provisional);
}

static void test_due__bounds(void **state)
{
    const struct district *district = *state;
    struct calendar closed = district->calendar;
    enum start_policy policy;
    struct due due;

    assert_int_equal(start_policy_of(bytes_of_text("X"), &policy), STATUS_MALFORMED);
    assert_int_equal(start_policy_of(bytes_of_text(""), &policy), STATUS_MALFORMED);
    assert_int_equal(start_policy_of(bytes_of_text("DD"), &policy), STATUS_MALFORMED);
    assert_int_equal(due_count(&closed, START_HOURS, DUE_TERM_MAX, 0, &due), STATUS_OK);
    assert_int_equal(due_count(&closed, START_HOURS, DUE_TERM_MAX + 1, 0, &due), STATUS_LIMIT);
    assert_int_equal(due_count(&closed, START_CALENDAR, 1, INT64_MAX, &due), STATUS_LIMIT);
    assert_int_equal(due_count(&closed, START_CALENDAR, 1, INT64_MIN, &due), STATUS_LIMIT);
    closed.span_count = 0;
    assert_int_equal(due_count(&closed, START_HOURS, 1, 0, &due), STATUS_USAGE);
    closed = district->calendar;
    closed.spans[0].closes = closed.spans[0].opens;
    assert_int_equal(due_count(&closed, START_SAME_DAY, 1, 0, &due), STATUS_USAGE);
}

/* ---- waiting ---- */

struct waiting {
    const char *policy;
    uint64_t term;
    const char *received;
    const char *from;
    const char *until;
    const char *due;
};

static void test_due__waiting_moves_it_by_the_time_waited(void **state)
{
    static const struct waiting rows[] = {
        {"D", 3, "2026-11-20T10:00", "2026-11-20T16:00", "2026-11-23T10:00", "2026-11-27T17:00"},
        {"D", 3, "2026-11-20T10:00", "2026-11-20T16:00", "2026-11-20T16:30", "2026-11-26T17:00"},
        {"D", 3, "2026-11-20T10:00", "2026-11-21T09:00", "2026-11-22T09:00", "2026-11-26T17:00"},
        {"S", 0, "2026-11-20T10:00", "2026-11-20T11:00", "2026-11-25T09:00", "2026-11-25T17:00"},
        {"H", 8, "2026-11-23T08:00", "2026-11-23T09:00", "2026-11-23T14:00", "2026-11-25T11:00"},
        {"H", 8, "2026-11-20T07:00", "2026-11-20T09:00", "2026-11-20T10:00", "2026-11-23T08:00"},
        {"H", 8, "2026-11-20T07:00", "2026-11-20T12:00", "2026-11-20T13:00", "2026-11-20T17:00"},
        {"C", 30, "2026-08-01T10:00", "2026-08-10T10:00", "2026-08-15T10:00", "2026-09-07T17:00"},
        {"C", 30, "2026-08-01T10:00", "2026-08-15T10:00", "2026-08-10T10:00", "2026-09-03T17:00"},
    };
    const struct district *district = *state;
    char text[TIME_TEXT_BYTES];
    enum start_policy policy;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct due due = count(district, rows[i].policy, rows[i].term, rows[i].received);
        assert_int_equal(start_policy_of(bytes_of_text(rows[i].policy), &policy), STATUS_OK);
        assert_int_equal(due_extend(&district->calendar, policy, seconds_of(rows[i].from),
                                    seconds_of(rows[i].until), &due),
                         STATUS_OK);
        time_format(due.seconds, PRECISION_MINUTE, TIME_VIETNAM_ZONE_MINUTES, text);
        text[16] = 0;
        if (strcmp(text, rows[i].due) != 0)
            fail_msg("row %zu: %s, not %s", i, text, rows[i].due);
    }
    struct due due = count(district, "D", 3, "2026-11-20T10:00");
    assert_int_equal(due_extend(&district->calendar, START_WORKING_DAYS, 0,
                                ((int64_t)DUE_WAIT_DAYS_MAX + 1) * 86400, &due),
                     STATUS_LIMIT);
    assert_int_equal(due_extend(&district->calendar, START_WORKING_DAYS, 0, INT64_MAX, &due),
                     STATUS_LIMIT);
    assert_int_equal(due.seconds, seconds_of("2026-11-26T17:00"));
}

/* ---- a second count, as one would do it on a wall calendar ---- */

static bool naive_works(const struct pack *pack, int64_t day)
{
    struct civil civil = time_civil_of(day * TIME_DAY_SECONDS, 0);
    /* Zeller's congruence: 0 is Saturday, 1 Sunday. */
    int64_t month = civil.month < 3 ? civil.month + 12 : civil.month;
    int64_t year = civil.month < 3 ? civil.year - 1 : civil.year;
    int64_t weekday =
        (civil.day + 13 * (month + 1) / 5 + year + year / 4 - year / 100 + year / 400) % 7;
    bool works = weekday > 1;

    for (size_t i = 0; i < pack->day_count; i++) {
        if (pack->days[i].day == day && pack->days[i].kind < 2)
            works = pack->days[i].kind == 1;
    }
    return works;
}

static bool naive_declared(const struct pack *pack, int64_t from, int64_t until)
{
    for (; from <= until; from++) {
        bool covered = false;
        for (size_t i = 0; i < pack->day_count; i++)
            covered = covered || (pack->days[i].kind == 2 && pack->days[i].day <= from &&
                                  from <= pack->days[i].last_day);
        if (!covered)
            return false;
    }
    return true;
}

/* Minute by minute, from the minute of reception. */
static int64_t naive_hours(const struct pack *pack, uint64_t hours, int64_t received)
{
    uint64_t left = hours * 60;
    int64_t minute = received / 60 + TIME_VIETNAM_ZONE_MINUTES;

    for (; left > 0; minute++) {
        int64_t of_day = minute % 1440;
        bool open = (of_day >= 420 && of_day < 690) || (of_day >= 810 && of_day < 1020);
        left -= open && naive_works(pack, minute / 1440);
    }
    return (minute - TIME_VIETNAM_ZONE_MINUTES) * 60;
}

static int64_t naive_due(const struct pack *pack, enum start_policy policy, uint64_t term,
                         int64_t received)
{
    int64_t local = received + (int64_t)TIME_VIETNAM_ZONE_MINUTES * 60;
    int64_t day = local / TIME_DAY_SECONDS;
    bool late = local % TIME_DAY_SECONDS > 54000;

    if (policy == START_HOURS)
        return naive_hours(pack, term, received);
    if (policy == START_SAME_DAY && late)
        day++;
    if (policy == START_CALENDAR)
        day += (int64_t)term;
    for (uint64_t left = policy == START_WORKING_DAYS ? term : 0; left > 0;) {
        day++;
        left -= naive_works(pack, day);
    }
    while (!naive_works(pack, day))
        day++;
    return day * TIME_DAY_SECONDS + 61200 - (int64_t)TIME_VIETNAM_ZONE_MINUTES * 60;
}

static void test_due__agrees_with_a_naive_count(void **state)
{
    const struct district *district = *state;
    int64_t from = seconds_of("2018-09-20");
    int64_t until = seconds_of("2027-02-01");
    struct random random = {20261124};
    unsigned provisional = 0;
    struct due due;

    for (unsigned i = 0; i < ROUNDS; i++) {
        enum start_policy policy = (enum start_policy)random_below(&random, 4);
        uint64_t term = 1 + random_below(&random, policy == START_HOURS ? 60 : 40);
        int64_t received = from + (int64_t)random_below(&random, (uint64_t)(until - from));
        assert_int_equal(due_count(&district->calendar, policy, term, received, &due), STATUS_OK);
        int64_t expected = naive_due(&district->pack, policy, term, received);
        if (due.seconds != expected)
            fail_msg("round %u, policy %d, term %llu, received %lld: %lld, not %lld", i, policy,
                     (unsigned long long)term, (long long)received, (long long)due.seconds,
                     (long long)expected);
        assert_int_equal(due.provisional, !naive_declared(&district->pack, due.first, due.last));
        provisional += due.provisional;
    }
    assert_in_range(provisional, ROUNDS / 10, ROUNDS - ROUNDS / 10);
}

/* ---- the registers ---- */

enum { COLUMN_PROCEDURE, COLUMN_RECEIVED, COLUMN_DUE, COLUMN_COUNT };

static void check_row(const struct district *district, const struct table *table)
{
    const struct pack_procedure *procedure =
        pack_procedure_of(&district->pack, table_cell(table, COLUMN_PROCEDURE));
    struct moment received;
    struct moment expected;
    enum start_policy policy;
    struct due due;

    assert_non_null(procedure);
    assert_int_equal(start_policy_of(procedure->start_policy, &policy), STATUS_OK);
    assert_int_equal(time_parse(table_cell(table, COLUMN_RECEIVED), 0, &received), STATUS_OK);
    assert_int_equal(time_parse(table_cell(table, COLUMN_DUE), 0, &expected), STATUS_OK);
    assert_int_equal(
        due_count(&district->calendar, policy, procedure->term, received.seconds, &due), STATUS_OK);
    if (due.seconds != expected.seconds || due.provisional)
        fail_msg("line %llu: %lld, not %lld", (unsigned long long)table->row.line,
                 (long long)due.seconds, (long long)expected.seconds);
}

static void check_register(const struct district *district, const char *path, unsigned rows)
{
    struct table_column columns[COLUMN_COUNT] = {
        {.name = "ma_tthc", .needed = true},
        {.name = "nhan_luc", .needed = true},
        {.name = "hen_tra", .needed = true},
    };
    struct buffer text;
    struct table table;
    const char *missing;
    unsigned read = 0;

    buffer_init(&text, REGISTER_BYTES);
    assert_int_equal(file_read(path, &text), STATUS_OK);
    assert_int_equal(table_open(&table, buffer_view(&text), columns, COLUMN_COUNT, &missing),
                     STATUS_OK);
    for (; table_next(&table) == STATUS_OK; read++)
        check_row(district, &table);
    assert_int_equal(read, rows);
    table_close(&table);
    buffer_deinit(&text);
}

static void test_due__gives_every_due_date_of_the_registers(void **state)
{
    check_register(*state, HOSO_SOURCE_DIR "/client/example/register.csv", 8586);
    check_register(*state, HOSO_SOURCE_DIR "/client/example/register-hong-van.csv", 954);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_due__the_known_cases, open_district, close_district),
        cmocka_unit_test_setup_teardown(test_due__a_day_the_calendar_does_not_cover_is_provisional,
                                        open_district, close_district),
        cmocka_unit_test_setup_teardown(test_due__waiting_moves_it_by_the_time_waited,
                                        open_district, close_district),
        cmocka_unit_test_setup_teardown(test_due__bounds, open_district, close_district),
        cmocka_unit_test_setup_teardown(test_due__agrees_with_a_naive_count, open_district,
                                        close_district),
        cmocka_unit_test_setup_teardown(test_due__gives_every_due_date_of_the_registers,
                                        open_district, close_district),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
