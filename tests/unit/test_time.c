/* Calendar arithmetic and ISO 8601. */
#include "client/text/time.h"
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

static void test_time__days_and_dates_agree(void **state)
{
    (void)state;
    assert_int_equal(time_day_of_date(1970, 1, 1), 0);
    assert_int_equal(time_day_of_date(1969, 12, 31), -1);
    assert_int_equal(time_day_of_date(2000, 3, 1), 11017);
    assert_int_equal(time_day_of_date(2026, 11, 24), 20781);
    int64_t day = time_day_of_date(1, 1, 1);
    for (; day < time_day_of_date(2400, 1, 1); day += 13) {
        struct civil civil = time_civil_of(day * TIME_DAY_SECONDS, 0);
        assert_true(time_is_civil(&civil));
        assert_int_equal(time_day_of_date(civil.year, civil.month, civil.day), day);
        assert_int_equal(time_seconds_of(&civil, 0), day * TIME_DAY_SECONDS);
    }
}

static void test_time__zone_moves_the_day(void **state)
{
    (void)state;
    int64_t seconds = 0;
    struct civil civil = {.year = 2018, .month = 9, .day = 30, .hour = 17, .minute = 5};
    seconds = time_seconds_of(&civil, 0);
    assert_int_equal(time_day_of(seconds, TIME_VIETNAM_ZONE_MINUTES),
                     time_day_of_date(2018, 10, 1));
    assert_int_equal(time_day_of(seconds, 0), time_day_of_date(2018, 9, 30));
    struct civil there = time_civil_of(seconds, TIME_VIETNAM_ZONE_MINUTES);
    assert_int_equal(there.day, 1);
    assert_int_equal(there.hour, 0);
    assert_int_equal(there.minute, 5);
}

static void check_parse(const char *text, int64_t seconds, unsigned precision, int zone)
{
    struct moment moment;
    assert_int_equal(time_parse(bytes_of_text(text), TIME_VIETNAM_ZONE_MINUTES, &moment),
                     STATUS_OK);
    assert_true(moment.known);
    assert_int_equal(moment.seconds, seconds);
    assert_int_equal(moment.precision, precision);
    assert_int_equal(moment.zone_minutes, zone);
}

static void test_time__parse_reads_what_is_written(void **state)
{
    (void)state;
    check_parse("2018-10-01T07:06+07:00", 1538352360, PRECISION_MINUTE, 420);
    check_parse("2018-10-01T07:06", 1538352360, PRECISION_MINUTE, 420);
    check_parse("2018-10-01T00:06Z", 1538352360, PRECISION_MINUTE, 0);
    check_parse("2018-10-01T00:06:07Z", 1538352367, PRECISION_SECOND, 0);
    check_parse("2018-09-30T20:36-03:30", 1538352360, PRECISION_MINUTE, -210);
    check_parse("2018-10-01", 1538326800, PRECISION_DAY, 420);
    check_parse("2020-02-29", 1582909200, PRECISION_DAY, 420);
    check_parse("1970-01-01T00:00Z", 0, PRECISION_MINUTE, 0);
}

static void test_time__parse_refuses_the_rest(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "2018",
                                      "2018-13-45T25:61+07:00",
                                      "2019-02-29",
                                      "2018-04-31",
                                      "0000-01-01",
                                      "2018-10-01T24:00",
                                      "2018-10-01T07:60",
                                      "2018-10-01T07:06:60",
                                      "2018-10-01T07",
                                      "2018-10-01 07:06",
                                      "2018-10-01T07:06+7",
                                      "2018-10-01T07:06+0700",
                                      "2018-10-01T07:06+14:01",
                                      "2018-10-01T07:06+07:60",
                                      "2018-10-01T07:06+07:00x",
                                      "2018-10-01T07:06.5+07:00",
                                      "2018-10-01Z",
                                      "18-10-01",
                                      "2018-1-01",
                                      "01/10/2018",
                                      "2018-10-0a",
                                      " 2018-10-01"};
    struct moment moment;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (time_parse(bytes_of_text(bad[i]), 420, &moment) != STATUS_MALFORMED) {
            fail_msg("%s was taken", bad[i]);
        }
        assert_false(moment.known);
    }
    assert_int_equal(time_parse(bytes_of("2018-10-01\0", 11), 420, &moment), STATUS_MALFORMED);
}

static void test_time__every_prefix_but_the_three_forms_is_refused(void **state)
{
    (void)state;
    const char *text = "2018-10-01T07:06:05+07:00";
    for (size_t size = 0; size < strlen(text); size++) {
        struct moment moment;
        bool form = size == 10 || size == 16 || size == 19;
        assert_int_equal(time_parse(bytes_of(text, size), 420, &moment),
                         form ? STATUS_OK : STATUS_MALFORMED);
    }
}

static void check_format(int64_t seconds, unsigned precision, int zone, const char *want)
{
    char text[TIME_TEXT_BYTES];
    time_format(seconds, precision, zone, text);
    assert_string_equal(text, want);
}

static void test_time__format_is_what_parse_reads(void **state)
{
    (void)state;
    check_format(1538352367, PRECISION_DAY, 420, "2018-10-01");
    check_format(1538352367, PRECISION_MINUTE, 420, "2018-10-01T07:06+07:00");
    check_format(1538352367, PRECISION_SECOND, 420, "2018-10-01T07:06:07+07:00");
    check_format(1538352367, PRECISION_SECOND, -210, "2018-09-30T20:36:07-03:30");
    check_format(-1, PRECISION_SECOND, 0, "1969-12-31T23:59:59+00:00");
    check_format(4102444800, PRECISION_DAY, 420, "2100-01-01");
}

static void test_time__format_bears_any_clock(void **state)
{
    (void)state;
    char text[TIME_TEXT_BYTES];
    time_format(INT64_MAX, PRECISION_SECOND, 420, text);
    assert_true(text[0] == '+');
    time_format(INT64_MIN, PRECISION_SECOND, 420, text);
    assert_true(text[0] == '-');
    time_format(INT64_MIN, PRECISION_SECOND, -420, text);
    assert_true(text[0] == '-');
    assert_true(strlen(text) < TIME_TEXT_BYTES);
}

static void test_time__code_day_is_six_digits(void **state)
{
    (void)state;
    char text[7];
    time_format_code_day(time_day_of_date(2018, 10, 1), text);
    assert_string_equal(text, "181001");
    time_format_code_day(time_day_of_date(2005, 2, 3), text);
    assert_string_equal(text, "050203");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time__days_and_dates_agree),
        cmocka_unit_test(test_time__zone_moves_the_day),
        cmocka_unit_test(test_time__parse_reads_what_is_written),
        cmocka_unit_test(test_time__parse_refuses_the_rest),
        cmocka_unit_test(test_time__every_prefix_but_the_three_forms_is_refused),
        cmocka_unit_test(test_time__format_is_what_parse_reads),
        cmocka_unit_test(test_time__format_bears_any_clock),
        cmocka_unit_test(test_time__code_day_is_six_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
