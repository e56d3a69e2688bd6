#include "protocol/base/bytes.h"
#include "tests/lib/unit.h"

#include <string.h>

static void test_bytes__order_is_memcmp_then_length(void **state)
{
    (void)state;
    assert_true(bytes_compare(bytes_of_text("a"), bytes_of_text("b")) < 0);
    assert_true(bytes_compare(bytes_of_text("b"), bytes_of_text("a")) > 0);
    assert_true(bytes_compare(bytes_of_text("a"), bytes_of_text("ab")) < 0);
    assert_true(bytes_compare(bytes_of_text("\xff"), bytes_of_text("a")) > 0);
    assert_int_equal(bytes_compare(bytes_of(NULL, 0), bytes_of_text("")), 0);
    assert_true(bytes_equal(bytes_of(NULL, 0), bytes_of_text("")));
    assert_false(bytes_equal(bytes_of_text("a"), bytes_of_text("ab")));
    assert_true(bytes_equal_text(bytes_of("abc", 2), "ab"));
}

static void test_bytes__names_of_zero_are_none(void **state)
{
    (void)state;
    struct hash hash = {{0}};
    struct name name = name_of_hash(&hash);
    assert_true(hash_is_none(&hash));
    assert_true(name_is_none(&name));
    hash.bytes[31] = 1;
    assert_false(hash_is_none(&hash));
    name = name_of_hash(&hash);
    assert_true(name_is_none(&name));
    hash.bytes[15] = 1;
    name = name_of_hash(&hash);
    assert_false(name_is_none(&name));
    struct name same = name_of_hash(&hash);
    assert_true(name_equal(&name, &same));
    same.bytes[0] = 1;
    assert_true(name_compare(&name, &same) < 0);
}

static void test_bytes__buffer_never_passes_its_limit(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    for (int i = 0; i < 1000; i++) {
        buffer_append_u8(&buffer, (uint8_t)i);
    }
    assert_int_equal(buffer_status(&buffer), STATUS_OK);
    assert_int_equal(buffer_view(&buffer).size, 1000);
    assert_true(buffer.capacity <= 1000);
    buffer_append_u8(&buffer, 1);
    assert_int_equal(buffer_status(&buffer), STATUS_LIMIT);
    assert_int_equal(buffer_view(&buffer).size, 0);
    buffer_deinit(&buffer);
}

static void test_bytes__buffer_failure_is_sticky_until_reset(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 4);
    buffer_append(&buffer, "abcde", 5);
    buffer_append(&buffer, "a", 1);
    assert_int_equal(buffer_status(&buffer), STATUS_LIMIT);
    buffer_reset(&buffer);
    buffer_append_bytes(&buffer, bytes_of_text("abcd"));
    buffer_append(&buffer, NULL, 0);
    assert_int_equal(buffer_status(&buffer), STATUS_OK);
    assert_true(bytes_equal_text(buffer_view(&buffer), "abcd"));
    buffer_deinit(&buffer);
    buffer_append_u8(&buffer, 'x');
    assert_true(bytes_equal_text(buffer_view(&buffer), "x"));
    buffer_deinit(&buffer);
}

static void test_bytes__numbers_are_big_endian(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 12);
    buffer_append_be32(&buffer, 0x01020304);
    buffer_append_be64(&buffer, 0x8090a0b0c0d0e0f0);
    const uint8_t expected[12] = {1, 2, 3, 4, 0x80, 0x90, 0xa0, 0xb0, 0xc0, 0xd0, 0xe0, 0xf0};
    assert_memory_equal(buffer_view(&buffer).at, expected, 12);
    assert_int_equal(be32_load(expected), 0x01020304);
    assert_true(be64_load(expected + 4) == 0x8090a0b0c0d0e0f0);
    buffer_deinit(&buffer);
}

static void test_bytes__hex_goes_both_ways_and_refuses_the_rest(void **state)
{
    (void)state;
    char text[9];
    hex_encode(bytes_of("\x00\x9a\xff\x10", 4), text);
    assert_string_equal(text, "009aff10");
    uint8_t out[4];
    size_t size = 9;
    assert_true(hex_decode("009AfF10", 8, out, 4, &size));
    assert_int_equal(size, 4);
    assert_memory_equal(out, "\x00\x9a\xff\x10", 4);
    assert_true(hex_decode("", 0, out, 4, &size));
    assert_int_equal(size, 0);
    assert_false(hex_decode("123", 3, out, 4, &size));
    assert_false(hex_decode("0g", 2, out, 4, &size));
    assert_false(hex_decode("0011223344", 10, out, 4, &size));
}

static void test_bytes__every_status_has_a_name_and_a_class(void **state)
{
    (void)state;
    assert_string_equal(status_name(STATUS_OK), "OK");
    assert_string_equal(status_name(STATUS_STORE_NEWER), "STORE_NEWER");
    assert_int_equal(status_class_of(STATUS_FORGED), STATUS_CLASS_PEER);
    assert_int_equal(status_class_of(STATUS_IO), STATUS_CLASS_FATAL);
    assert_string_equal(status_name((enum status)1000), "UNKNOWN");
    assert_int_equal(status_class_of((enum status)1000), STATUS_CLASS_FATAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes__order_is_memcmp_then_length),
        cmocka_unit_test(test_bytes__names_of_zero_are_none),
        cmocka_unit_test(test_bytes__buffer_never_passes_its_limit),
        cmocka_unit_test(test_bytes__buffer_failure_is_sticky_until_reset),
        cmocka_unit_test(test_bytes__numbers_are_big_endian),
        cmocka_unit_test(test_bytes__hex_goes_both_ways_and_refuses_the_rest),
        cmocka_unit_test(test_bytes__every_status_has_a_name_and_a_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
