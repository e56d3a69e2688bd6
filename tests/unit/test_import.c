#include "tests/lib/counter.h"
#include "tests/lib/unit.h"

#include <string.h>

#define DIRTY "client/example/register-dirty.csv"
#define REGISTER "client/example/register.csv"
#define HONG_VAN "client/example/register-hong-van.csv"

static void expect(const struct counter *counter, int64_t fresh, int64_t present, int64_t updated,
                   int64_t refused)
{
    assert_int_equal(counter_figure(counter, "new"), fresh);
    assert_int_equal(counter_figure(counter, "present"), present);
    assert_int_equal(counter_figure(counter, "updated"), updated);
    assert_int_equal(counter_figure(counter, "refused"), refused);
}

static void test_import__tells_good_rows_from_bad_ones(void **state)
{
    static const struct {
        int64_t line;
        const char *column;
    } refused[] = {{7, "ma_ho_so"},   {11, "ma_tthc"},  {13, "nhan_luc"}, {15, "tra_luc"},
                   {17, "chu_ho_so"}, {19, "so_bo"},    {21, "phi"},      {23, "chu_ho_so"},
                   {25, "kenh"},      {27, "nhan_luc"}, {29, "ghi_chu"},  {31, "nguoi_ky"}};
    struct district district;
    struct counter counter;

    (void)state;
    counter_district(&district);
    counter_open(&counter, &district, SITE_UNIT, 1);
    assert_int_equal(counter_import(&counter, DIRTY, "tn01"), HOSO_REFUSED);
    expect(&counter, 27, 1, 0, 12);
    assert_true(bytes_equal_text(counter_error(&counter), "rows_refused"));
    const struct json *rows = json_member(counter.document, "rows");
    assert_int_equal(json_count(rows), 12);
    for (size_t i = 0; i < 12; i++) {
        const struct json *row = json_item(rows, i);
        assert_int_equal(json_as_integer(json_member(row, "line"), 0), refused[i].line);
        assert_true(bytes_equal_text(json_as_text(json_member(row, "column")), refused[i].column));
        assert_true(json_as_text(json_member(row, "reason")).size > 0);
    }
    /* A second import adds nothing. */
    assert_int_equal(counter_import(&counter, DIRTY, "tn01"), HOSO_REFUSED);
    expect(&counter, 0, 28, 0, 12);
    assert_int_equal(counter_figure(&counter, "records"), 0);
    counter_close(&counter);
    district_close(&district);
}

static void test_import__names_come_out_composed(void **state)
{
    struct district district;
    struct counter counter;

    (void)state;
    counter_district(&district);
    counter_open(&counter, &district, SITE_UNIT, 1);
    (void)counter_import(&counter, DIRTY, "tn01");
    assert_int_equal(counter_run(&counter, "show", "{\"code\":\"000.15.30.H57-181001-0004\"}"),
                     HOSO_DONE);
    const struct json *owner =
        json_member(json_member(json_member(counter.document, "fields"), "chu_ho_so"), "value");
    assert_true(bytes_equal_text(json_as_text(owner), "Hồ Thanh Thuận"));
    counter_close(&counter);
    district_close(&district);
}

static void test_import__a_whole_register_and_its_figures(void **state)
{
    struct district district;
    struct counter counter;

    (void)state;
    counter_district(&district);
    counter_open(&counter, &district, SITE_UNIT, 1);
    assert_int_equal(counter_import(&counter, REGISTER, "tn01"), HOSO_DONE);
    expect(&counter, 8586, 0, 0, 0);
    assert_int_equal(counter_figure(&counter, "records"), 34344);
    assert_int_equal(counter_run(&counter, "stats", "{}"), HOSO_DONE);
    assert_int_equal(counter_figure(&counter, "dossiers"), 8586);
    assert_int_equal(counter_figure(&counter, "records"), 34344);
    const struct json *outcome = json_member(counter.document, "by_outcome");
    assert_int_equal(json_as_integer(json_member(outcome, "early"), -1), 1823);
    assert_int_equal(json_as_integer(json_member(outcome, "on_time"), -1), 6763);
    assert_int_equal(json_as_integer(json_member(outcome, "late"), -1), 0);
    const struct json *domains = json_member(counter.document, "by_domain");
    assert_int_equal(json_as_integer(json_member(domains, "CT"), -1), 5768);
    assert_int_equal(json_as_integer(json_member(domains, "HT"), -1), 2242);
    /* The dirty file brings nothing new now. */
    assert_int_equal(counter_import(&counter, DIRTY, "tn01"), HOSO_REFUSED);
    expect(&counter, 0, 28, 0, 12);
    counter_close(&counter);
    district_close(&district);
}

static void test_import__records_go_as_far_as_the_state(void **state)
{
    struct district district;
    struct counter counter;

    (void)state;
    counter_district(&district);
    counter_open(&counter, &district, SITE_OTHER_UNIT, 2);
    assert_int_equal(counter_import(&counter, HONG_VAN, "hv-tn01"), HOSO_DONE);
    expect(&counter, 954, 0, 0, 0);
    assert_int_equal(counter_figure(&counter, "records"), 3739);
    assert_int_equal(counter_run(&counter, "stats", "{}"), HOSO_DONE);
    const struct json *outcome = json_member(counter.document, "by_outcome");
    assert_int_equal(json_as_integer(json_member(outcome, "early"), -1), 186);
    assert_int_equal(json_as_integer(json_member(outcome, "on_time"), -1), 679);
    assert_int_equal(json_as_integer(json_member(outcome, "late"), -1), 26);
    assert_int_equal(json_as_integer(json_member(outcome, "open"), -1), 38);
    assert_int_equal(json_as_integer(json_member(outcome, "closed"), -1), 25);
    /* The same again changes nothing; the other office's rows are refused whole. */
    assert_int_equal(counter_import(&counter, HONG_VAN, "hv-tn01"), HOSO_DONE);
    expect(&counter, 0, 954, 0, 0);
    assert_int_equal(counter_import(&counter, DIRTY, "hv-tn01"), HOSO_REFUSED);
    expect(&counter, 0, 0, 0, 40);
    counter_close(&counter);
    district_close(&district);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_import__tells_good_rows_from_bad_ones),
        cmocka_unit_test(test_import__names_come_out_composed),
        cmocka_unit_test(test_import__records_go_as_far_as_the_state),
        cmocka_unit_test(test_import__a_whole_register_and_its_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
