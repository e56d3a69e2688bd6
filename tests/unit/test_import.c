#include "client/text/base64.h"
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

/* ---- the same register a month later ---- */

#define HEADER                                                                                     \
    "ma_ho_so,ma_tthc,so_bo,chu_ho_so,nhan_luc,hen_tra,tra_luc,trang_thai,can_bo_tiep_nhan,"       \
    "can_bo_xu_ly,nguoi_ky\n"
#define START                                                                                      \
    "000.15.30.H57-200601-0001,2.000815,1,A,2020-06-01T08:00+07:00,2020-06-01T17:00+07:00,"

/* Imports rows given as text. */
static enum hoso_code import_text(struct counter *counter, const char *rows)
{
    struct buffer content;

    buffer_init(&content, 65536);
    buffer_append_bytes(&content, bytes_of_text(HEADER));
    buffer_append_bytes(&content, bytes_of_text(rows));
    enum hoso_code code = counter_import_content(counter, buffer_view(&content), "tn01");
    buffer_deinit(&content);
    return code;
}

static void test_import__a_later_state_adds_what_is_missing(void **state)
{
    struct district district;
    struct counter counter;

    (void)state;
    counter_district(&district);
    counter_open(&counter, &district, SITE_UNIT, 1);
    assert_int_equal(import_text(&counter, START ",4,tn01,ht01,\n"), HOSO_DONE);
    expect(&counter, 1, 0, 0, 0);
    assert_int_equal(counter_figure(&counter, "records"), 2);
    assert_int_equal(import_text(&counter, START "2020-06-01T16:00+07:00,10,tn01,ht01,ct01\n"),
                     HOSO_DONE);
    expect(&counter, 0, 0, 1, 0);
    assert_int_equal(counter_figure(&counter, "records"), 2);
    assert_int_equal(import_text(&counter, START "2020-06-01T16:00+07:00,10,tn01,ht01,ct01\n"),
                     HOSO_DONE);
    expect(&counter, 0, 1, 0, 0);
    /* An older register tells of an earlier state, and another value is another value. */
    assert_int_equal(import_text(&counter, START ",4,tn01,ht01,\n"), HOSO_REFUSED);
    expect(&counter, 0, 0, 0, 1);
    assert_int_equal(import_text(&counter, START "2020-06-01T16:30+07:00,10,tn01,ht01,ct01\n"),
                     HOSO_REFUSED);
    const struct json *row = json_item(json_member(counter.document, "rows"), 0);
    assert_true(bytes_equal_text(json_as_text(json_member(row, "column")), "tra_luc"));
    struct bytes detail = json_as_text(json_member(row, "detail"));
    assert_non_null(strstr((const char *)detail.at, "16:00"));
    assert_non_null(strstr((const char *)detail.at, "16:30"));
    counter_close(&counter);
    district_close(&district);
}

static void test_import__unknown_moments_are_not_invented(void **state)
{
    struct district district;
    struct counter counter;

    (void)state;
    counter_district(&district);
    counter_open(&counter, &district, SITE_UNIT, 1);
    (void)import_text(&counter, START "2020-06-01T16:00+07:00,10,tn02,ht01,ct01\n");
    assert_int_equal(counter_run(&counter, "show", "{\"code\":\"000.15.30.H57-200601-0001\"}"),
                     HOSO_DONE);
    const struct json *history = json_member(counter.document, "history");
    static const struct {
        const char *step;
        const char *officer;
        const char *happened;
    } entries[] = {{"receive", "tn02", "2020-06-01T08:00+07:00"},
                   {"assign", "ht01", NULL},
                   {"decide", "ct01", NULL},
                   {"handover", "tn02", "2020-06-01T16:00+07:00"}};
    assert_int_equal(json_count(history), 4);
    for (size_t i = 0; i < 4; i++) {
        const struct json *entry = json_item(history, i);
        const struct json *happened = json_member(entry, "happened");
        assert_true(bytes_equal_text(json_as_text(json_member(entry, "step")), entries[i].step));
        assert_true(
            bytes_equal_text(json_as_text(json_member(entry, "officer")), entries[i].officer));
        /* Recorded by the importer, now, as a book entry. */
        assert_true(bytes_equal_text(json_as_text(json_member(entry, "recorded_by")), "tn01"));
        assert_true(bytes_equal_text(json_as_text(json_member(entry, "source")), "import"));
        if (entries[i].happened)
            assert_true(bytes_equal_text(json_as_text(happened), entries[i].happened));
        else
            assert_true(json_holds_null(happened));
    }
    counter_close(&counter);
    district_close(&district);
}

static void test_import__a_file_that_is_no_register_changes_nothing(void **state)
{
    struct district district;
    struct counter counter;

    (void)state;
    counter_district(&district);
    counter_open(&counter, &district, SITE_UNIT, 1);
    assert_int_equal(counter_import(&counter, "client/example/staff.csv", "tn01"), HOSO_REFUSED);
    assert_true(bytes_equal_text(counter_error(&counter), "no_register"));
    assert_int_equal(counter_run(&counter, "import", "{\"as\":\"tn01\",\"content\":\"?\"}"),
                     HOSO_USAGE);
    counter_close(&counter);
    district_close(&district);
}

static void test_import__refused_rows_can_be_mended_and_imported(void **state)
{
    struct district district;
    struct counter counter;
    struct buffer rows;

    (void)state;
    counter_district(&district);
    counter_open(&counter, &district, SITE_UNIT, 1);
    (void)counter_import(&counter, DIRTY, "tn01");
    buffer_init(&rows, 1 << 20);
    assert_int_equal(base64_decode(json_as_text(json_member(counter.document, "refused_rows")),
                                   BASE64_STANDARD, &rows),
                     STATUS_OK);
    /* Mend one: "-1" sets become 1. */
    buffer_append_u8(&rows, 0);
    char *bad = strstr((char *)rows.at, ",-1,");
    assert_non_null(bad);
    bad[1] = '0';
    struct buffer arguments;
    struct json_writer writer;
    buffer_init(&arguments, 1 << 20);
    json_write_start(&writer, &arguments);
    json_open_object(&writer, NULL);
    json_write_string(&writer, "as", "tn01");
    json_write_base64(&writer, "content", bytes_of(rows.at, rows.size - 1));
    json_close_object(&writer);
    buffer_append_u8(&arguments, 0);
    assert_int_equal(counter_run(&counter, "import", (const char *)arguments.at), HOSO_REFUSED);
    expect(&counter, 1, 0, 0, 11);
    buffer_deinit(&arguments);
    buffer_deinit(&rows);
    counter_close(&counter);
    district_close(&district);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_import__tells_good_rows_from_bad_ones),
        cmocka_unit_test(test_import__names_come_out_composed),
        cmocka_unit_test(test_import__records_go_as_far_as_the_state),
        cmocka_unit_test(test_import__a_later_state_adds_what_is_missing),
        cmocka_unit_test(test_import__unknown_moments_are_not_invented),
        cmocka_unit_test(test_import__a_file_that_is_no_register_changes_nothing),
        cmocka_unit_test(test_import__refused_rows_can_be_mended_and_imported),
        cmocka_unit_test(test_import__a_whole_register_and_its_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
