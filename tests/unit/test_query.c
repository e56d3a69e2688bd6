#include "client/link/net/query.h"
#include "tests/lib/unit.h"

#include <string.h>

static enum status read_text(const char *text, uint8_t nonce[SESSION_NONCE_BYTES])
{
    return query_read(bytes_of_text(text), nonce);
}

static void test_query__nonce_comes_back(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 1000; seed++) {
        uint8_t nonce[SESSION_NONCE_BYTES];
        uint8_t back[SESSION_NONCE_BYTES] = {0};
        char text[QUERY_SIZE];

        for (size_t i = 0; i < sizeof nonce; i++)
            nonce[i] = (uint8_t)((seed * 2654435761U >> (i % 4 * 8)) + i * seed);
        query_write(nonce, text);
        assert_int_equal(read_text(text, back), STATUS_OK);
        assert_memory_equal(nonce, back, sizeof nonce);
    }
}

static void test_query__known_text(void **state)
{
    static const uint8_t nonce[SESSION_NONCE_BYTES] = {0xfb, 0xff, 0xbf, 1, 2,  3,  4,  5,
                                                       6,    7,    8,    9, 10, 11, 12, 13};
    char text[QUERY_SIZE];

    (void)state;
    query_write(nonce, text);
    assert_string_equal(text, "v=1&n=-_-_AQIDBAUGBwgJCgsMDQ");
}

static void test_query__what_is_not_one_is_refused(void **state)
{
    uint8_t nonce[SESSION_NONCE_BYTES];

    (void)state;
    assert_int_equal(read_text("", nonce), STATUS_MALFORMED);
    assert_int_equal(read_text("v=1", nonce), STATUS_MALFORMED);
    assert_int_equal(read_text("n=-_-_AQIDBAUGBwgJCgsMDQ", nonce), STATUS_MALFORMED);
    assert_int_equal(read_text("v=2&n=-_-_AQIDBAUGBwgJCgsMDQ", nonce), STATUS_NEWER);
    assert_int_equal(read_text("v=1&n=-_-_AQIDBAUGBwgJCgsMD", nonce), STATUS_MALFORMED);
    assert_int_equal(read_text("v=1&n=-_-_AQIDBAUGBwgJCgsMDR", nonce), STATUS_MALFORMED);
    assert_int_equal(read_text("v=1&n=-_-_AQIDBAUGBwgJCgsM+Q", nonce), STATUS_MALFORMED);
    assert_int_equal(read_text("v=1&n=-_-_AQIDBAUGBwgJCgsMDQ&n=-_-_AQIDBAUGBwgJCgsMDQ", nonce),
                     STATUS_MALFORMED);
}

static void test_query__unknown_items_are_passed_over(void **state)
{
    uint8_t nonce[SESSION_NONCE_BYTES];

    (void)state;
    assert_int_equal(read_text("x=7&&v=1&name=y&n=-_-_AQIDBAUGBwgJCgsMDQ&z", nonce), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query__nonce_comes_back),
        cmocka_unit_test(test_query__known_text),
        cmocka_unit_test(test_query__what_is_not_one_is_refused),
        cmocka_unit_test(test_query__unknown_items_are_passed_over),
    };

    return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
