/* Comma separated values: the grammar, its problems, and the example district's worst file. */
#include "client/text/csv.h"
#include "client/text/text.h"
#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check_field(const struct csv_row *row, size_t index, const char *want)
{
    assert_true(index < row->field_count);
    if (!bytes_equal_text(row->fields[index].text, want)) {
        fail_msg("field %zu is \"%.*s\", not \"%s\"", index, (int)row->fields[index].text.size,
                 (const char *)row->fields[index].text.at, want);
    }
}

static void test_csv__reads_fields_and_lines(void **state)
{
    (void)state;
    struct csv_reader reader;
    struct csv_row row;
    const char *text = "\xef\xbb\xbf"
                       "a,b,c\r\n1,\"x, y\",\"say \"\"no\"\"\"\n\n\"two\r\nlines\",,\r\nlast,row,";
    assert_int_equal(csv_open(&reader, bytes_of_text(text)), STATUS_OK);
    assert_int_equal(csv_next(&reader, &row), STATUS_OK);
    assert_int_equal(row.field_count, 3);
    check_field(&row, 0, "a");
    check_field(&row, 2, "c");
    assert_true(bytes_equal_text(row.raw, "a,b,c\r\n"));
    assert_int_equal(row.fields[2].byte, 5);
    assert_int_equal(csv_next(&reader, &row), STATUS_OK);
    check_field(&row, 1, "x, y");
    check_field(&row, 2, "say \"no\"");
    assert_int_equal(row.line, 2);
    assert_int_equal(csv_next(&reader, &row), STATUS_OK);
    assert_int_equal(row.line, 4);
    assert_int_equal(row.field_count, 3);
    check_field(&row, 0, "two\r\nlines");
    check_field(&row, 2, "");
    assert_int_equal(row.fields[1].line, 5);
    assert_int_equal(row.fields[1].byte, 8);
    assert_int_equal(csv_next(&reader, &row), STATUS_OK);
    assert_int_equal(row.line, 6);
    assert_int_equal(row.field_count, 3);
    assert_true(bytes_equal_text(row.raw, "last,row,"));
    assert_int_equal(csv_next(&reader, &row), STATUS_NOT_FOUND);
    csv_close(&reader);
}

static void check_problem(const char *text, enum csv_problem problem, uint64_t line, uint64_t byte)
{
    struct csv_reader reader;
    struct csv_row row;
    assert_int_equal(csv_open(&reader, bytes_of_text(text)), STATUS_OK);
    assert_int_equal(csv_next(&reader, &row), STATUS_OK);
    assert_int_equal(row.problem, problem);
    assert_int_equal(row.problem_line, line);
    assert_int_equal(row.problem_byte, byte);
    assert_int_equal(csv_next(&reader, &row), STATUS_OK);
    assert_int_equal(row.problem, CSV_SOUND);
    check_field(&row, 0, "good");
    assert_int_equal(row.line, 2);
    csv_close(&reader);
}

static void test_csv__a_bad_row_leaves_the_next_one_alone(void **state)
{
    (void)state;
    check_problem("a,b\"c,d\ngood,1\n", CSV_STRAY_QUOTE, 1, 4);
    check_problem("a,\"b\"c,d\ngood,1\n", CSV_AFTER_QUOTE, 1, 6);
    check_problem("a,\"b,d\ngood,1\n", CSV_UNENDED_QUOTE, 1, 3);
    check_problem("a,\"b\ngood,1", CSV_UNENDED_QUOTE, 1, 3);
}

static void test_csv__bounds_hold(void **state)
{
    (void)state;
    struct csv_reader reader;
    struct csv_row row;
    struct buffer text;
    buffer_init(&text, 3 * CSV_ROW_BYTES_MAX);
    for (int i = 0; i < CSV_FIELDS_MAX; i++) {
        buffer_append_u8(&text, ',');
    }
    buffer_append(&text, "\n", 1);
    for (int i = 0; i < CSV_ROW_BYTES_MAX + 1; i++) {
        buffer_append_u8(&text, 'x');
    }
    buffer_append(&text, "\ngood", 5);
    assert_int_equal(csv_open(&reader, buffer_view(&text)), STATUS_OK);
    assert_int_equal(csv_next(&reader, &row), STATUS_OK);
    assert_int_equal(row.problem, CSV_TOO_MANY);
    assert_int_equal(csv_next(&reader, &row), STATUS_OK);
    assert_int_equal(row.problem, CSV_TOO_LONG);
    assert_int_equal(row.raw.size, CSV_ROW_BYTES_MAX + 2);
    assert_int_equal(csv_next(&reader, &row), STATUS_OK);
    check_field(&row, 0, "good");
    csv_close(&reader);
    buffer_deinit(&text);
}

/* Every prefix and every single damaged byte ends, in bounds, with all bytes accounted for. */
static void test_csv__raw_rows_cover_any_input(void **state)
{
    (void)state;
    const char *seed = "\"a\"\"\",b\r\n\r\n,\"c\nd\",\re\"f\n\"";
    size_t size = strlen(seed);
    for (size_t variant = 0; variant < (size + 1) * 4; variant++) {
        uint8_t bytes[64];
        size_t cut = variant / 4;
        memcpy(bytes, seed, size);
        if (variant % 4 > 0 && cut < size) {
            bytes[cut] = (uint8_t) "\"\n,"[variant % 4 - 1];
        }
        size_t used = variant % 4 > 0 ? size : cut;
        struct csv_reader reader;
        struct csv_row row;
        assert_int_equal(csv_open(&reader, bytes_of(bytes, used)), STATUS_OK);
        size_t rows = 0;
        while (csv_next(&reader, &row) == STATUS_OK) {
            assert_true(row.raw.size > 0);
            assert_true(row.raw.at >= bytes && row.raw.at + row.raw.size <= bytes + used);
            assert_true(++rows <= size);
        }
        assert_int_equal(reader.at, used);
        csv_close(&reader);
    }
}

static struct bytes read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size > 0);
    rewind(file);
    uint8_t *at = malloc((size_t)size);
    assert_non_null(at);
    assert_int_equal(fread(at, 1, (size_t)size, file), (size_t)size);
    assert_int_equal(fclose(file), 0);
    return bytes_of(at, (size_t)size);
}

static void test_csv__reads_the_dirty_register_exactly(void **state)
{
    (void)state;
    struct bytes file = read_file(HOSO_SOURCE_DIR "/client/example/register-dirty.csv");
    struct csv_reader reader;
    struct csv_row row;
    size_t rows = 0;
    size_t whole = 3; /* the byte order mark */
    assert_int_equal(csv_open(&reader, file), STATUS_OK);
    while (csv_next(&reader, &row) == STATUS_OK) {
        rows++;
        whole += row.raw.size;
        assert_int_equal(row.problem, CSV_SOUND);
        assert_int_equal(row.line, rows);
        assert_int_equal(row.field_count, row.line == 27 ? 9 : 19);
        assert_int_equal(row.raw.at[row.raw.size - 2], '\r');
        if (row.line == 1) {
            check_field(&row, 0, "ma_ho_so");
            check_field(&row, 18, "so_trang");
        } else if (row.line == 13) {
            check_field(&row, 9, "2018-13-45T25:61+07:00");
        } else if (row.line == 29) {
            assert_int_equal(text_length(row.fields[17].text), 70000);
        } else if (row.line == 33) {
            check_field(&row, 6, "thôn Lê Triêng 1, xã Trung Sơn, huyện A Lưới");
            check_field(&row, 17, "người nộp thay, có giấy ủy quyền");
        }
    }
    assert_int_equal(rows, 41);
    assert_int_equal(whole, file.size);
    csv_close(&reader);
    free((void *)(uintptr_t)file.at);
}

static void test_csv__writes_what_it_reads(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 4096);
    csv_put_field(&out, bytes_of_text("a"), true, true);
    csv_put_field(&out, bytes_of_text("x, \"y\"\n"), false, true);
    csv_put_field(&out, bytes_of_text("=1+1"), false, true);
    csv_put_field(&out, bytes_of_text("=1+1"), false, false);
    csv_put_field(&out, bytes_of_text(""), false, true);
    csv_put_end(&out);
    assert_true(bytes_equal_text(buffer_view(&out), "a,\"x, \"\"y\"\"\n\",'=1+1,=1+1,\r\n"));
    struct csv_reader reader;
    struct csv_row row;
    assert_int_equal(csv_open(&reader, buffer_view(&out)), STATUS_OK);
    assert_int_equal(csv_next(&reader, &row), STATUS_OK);
    assert_int_equal(row.field_count, 5);
    check_field(&row, 1, "x, \"y\"\n");
    csv_close(&reader);
    buffer_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv__reads_fields_and_lines),
        cmocka_unit_test(test_csv__a_bad_row_leaves_the_next_one_alone),
        cmocka_unit_test(test_csv__bounds_hold),
        cmocka_unit_test(test_csv__raw_rows_cover_any_input),
        cmocka_unit_test(test_csv__reads_the_dirty_register_exactly),
        cmocka_unit_test(test_csv__writes_what_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
