/* Unicode: normal form, search keys, the Vietnamese order of names. */
#include "client/text/text.h"
#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum status (*make_key)(struct bytes text, struct buffer *out);

static void check_key(make_key make, const char *text, const char *want)
{
    struct buffer out;
    buffer_init(&out, 4096);
    assert_int_equal(make(bytes_of_text(text), &out), STATUS_OK);
    buffer_append_u8(&out, 0);
    assert_string_equal((const char *)buffer_view(&out).at, want);
    buffer_deinit(&out);
}

static void check_refused(const char *at, size_t size)
{
    struct buffer out;
    buffer_init(&out, 4096);
    assert_int_equal(text_normalise(bytes_of(at, size), &out), STATUS_MALFORMED);
    buffer_deinit(&out);
}

static void test_text__normalise_composes(void **state)
{
    (void)state;
    check_key(text_normalise,
              "H\x6f\xcc\x82\xcc\x80 Thi\xcc\xa3 Ho\xcc\x80"
              "a",
              "Hồ Thị Hòa");
    check_key(text_normalise, "e\xcc\x82\xcc\xa3", "ệ"); /* marks in the wrong order */
    check_key(text_normalise, "Hoà", "Hoà");
    check_key(text_normalise, "plain, 42", "plain, 42");
    check_key(text_normalise, "ສະບາຍດີ", "ສະບາຍດີ");
    check_key(text_normalise, "", "");
    check_key(text_normalise, "one\r\ntwo\tđ", "one\ntwo\tđ");
}

static void test_text__normalise_refuses_what_is_no_text(void **state)
{
    (void)state;
    check_refused("\xff", 1);
    check_refused("a\xc3", 2);
    check_refused("\xed\xa0\x80", 3);     /* a surrogate */
    check_refused("\xc0\x80", 2);         /* overlong */
    check_refused("\xf4\x90\x80\x80", 4); /* above U+10FFFF */
    check_refused("a\0b", 3);
    check_refused("a\x1b[0m", 5);
    check_refused("a\rb", 3);
    check_refused("\xef\xbf\xbf", 3); /* U+FFFF */
    check_refused("\xc2\x85", 2);     /* U+0085 */
}

static void test_text__normalise_keeps_to_the_bound(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 4);
    assert_int_equal(text_normalise(bytes_of_text("Nghĩa"), &out), STATUS_LIMIT);
    buffer_deinit(&out);
}

static void test_text__length_counts_characters(void **state)
{
    (void)state;
    assert_int_equal(text_length(bytes_of_text("Hồ A")), 4);
    assert_int_equal(text_length(bytes_of_text("")), 0);
    assert_true(text_length(bytes_of("\xff", 1)) == SIZE_MAX);
    assert_true(text_is_utf8(bytes_of_text("đ")));
    assert_false(text_is_utf8(bytes_of("\xc4", 1)));
}

static void test_text__trim_takes_white_space_off_both_ends(void **state)
{
    (void)state;
    assert_true(bytes_equal_text(text_trim(bytes_of_text(" \t a b\r\n")), "a b"));
    assert_int_equal(text_trim(bytes_of_text("  ")).size, 0);
    assert_int_equal(text_trim(bytes_of(NULL, 0)).size, 0);
}

static void test_text__search_key_is_one_for_all_spellings(void **state)
{
    (void)state;
    static const char *const spellings[] = {"Hồ Thị Hòa", "hồ thị hoà", "HO THI HOA",
                                            ("Ho\xcc\x82\xcc\x80 Thi\xcc\xa3 Ho\xcc\x80"
                                             "a"),
                                            "  Hồ-Thị,\tHoa."};
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        check_key(text_search_key, spellings[i], "ho thi hoa");
    }
    check_key(text_search_key, "Đặng Đình Ðức", "dang dinh duc"); /* the last one is U+00D0 */
    check_key(text_search_key, "ươ ƯỚC", "uo uoc");
    check_key(text_search_key, "A'Viết Pơ-loong", "a viet po loong");
    check_key(text_search_key, "000.15.30.H57-181001-0001", "000 15 30 h57 181001 0001");
    check_key(text_search_key, "---", "");
}

static void test_text__search_key_keeps_other_scripts_whole(void **state)
{
    (void)state;
    check_key(text_search_key, "ກິນ", "ກິນ"); /* a Lao vowel sign is no accent */
}

static void test_text__exact_key_keeps_marks(void **state)
{
    (void)state;
    check_key(text_exact_key, "HỒ  Thị, HÒA", "hồ thị hòa");
    check_key(text_exact_key,
              "Ho\xcc\x80"
              "a",
              "hòa");
    check_key(text_exact_key, "Đ", "đ");
}

static int compare_names(const char *a, const char *b)
{
    struct buffer left;
    struct buffer right;
    buffer_init(&left, 4096);
    buffer_init(&right, 4096);
    assert_int_equal(text_sort_key(bytes_of_text(a), &left), STATUS_OK);
    assert_int_equal(text_sort_key(bytes_of_text(b), &right), STATUS_OK);
    int order = bytes_compare(buffer_view(&left), buffer_view(&right));
    buffer_deinit(&left);
    buffer_deinit(&right);
    return order;
}

static void test_text__sort_key_orders_as_a_vietnamese_list(void **state)
{
    (void)state;
    static const char *const ordered[] = {
        "Trần Văn A", "Hồ Thị An",       "Lê Văn An",  "Lê Văn Anh",    "Hồ Ăn",   "Hồ Ân",
        "Hồ Thị Ân",  "Lê Ba",           "Hồ Dung",    "Lê Dũng",       "Hồ Đào",  "Hồ Thị Hoà",
        "Hồ Thị Hòa", "Hồ Thị Hoá",      "Trần Hoa",   "Hồ Hoàng",      "Hồ Lanh", "Hồ Văn Lành",
        "Ra Pát Lợi", "Hồ Ma",           "Hồ Mà",      "Hồ Mả",         "Hồ Mã",   "Hồ Má",
        "Hồ Mạ",      "Phạm Quốc Nghĩa", "Trần Nghĩa", "Nguyễn Thị Ơn", "Lê Ti",   "Lê Tú",
        "Lê Tư",
    };
    for (size_t i = 0; i + 1 < sizeof ordered / sizeof ordered[0]; i++) {
        if (compare_names(ordered[i], ordered[i + 1]) >= 0) {
            fail_msg("%s must come before %s", ordered[i], ordered[i + 1]);
        }
    }
    assert_int_equal(compare_names("Hồ Thị Hòa", "HỒ  THỊ HÒA"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text__normalise_composes),
        cmocka_unit_test(test_text__normalise_refuses_what_is_no_text),
        cmocka_unit_test(test_text__normalise_keeps_to_the_bound),
        cmocka_unit_test(test_text__length_counts_characters),
        cmocka_unit_test(test_text__trim_takes_white_space_off_both_ends),
        cmocka_unit_test(test_text__search_key_is_one_for_all_spellings),
        cmocka_unit_test(test_text__search_key_keeps_other_scripts_whole),
        cmocka_unit_test(test_text__exact_key_keeps_marks),
        cmocka_unit_test(test_text__sort_key_orders_as_a_vietnamese_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
