#include "client/text/base64.h"
#include "client/text/json.h"
#include "tests/lib/unit.h"

#include <string.h>

static void test_json__writes_what_it_reads(void **state)
{
    struct buffer out;
    struct json_writer writer;
    struct json *document = NULL;

    (void)state;
    buffer_init(&out, 4096);
    json_write_start(&writer, &out);
    json_open_object(&writer, NULL);
    json_write_text(&writer, "tên",
                    bytes_of("Hồ \"Hòa\"\\\n\t\x01\0x", strlen("Hồ \"Hòa\"\\\n\t\x01") + 2));
    json_write_integer(&writer, "least", INT64_MIN);
    json_write_unsigned(&writer, "most", INT64_MAX);
    json_write_null(&writer, "none");
    json_open_array(&writer, "list");
    json_write_flag(&writer, NULL, true);
    json_open_object(&writer, NULL);
    json_close_object(&writer);
    json_write_string(&writer, NULL, NULL);
    json_close_array(&writer);
    json_write_hex(&writer, "hex", (const uint8_t *)"\xab\x01", 2);
    json_close_object(&writer);
    assert_int_equal(buffer_status(&out), STATUS_OK);
    assert_int_equal(json_read(buffer_view(&out), &document), STATUS_OK);
    struct bytes name = json_as_text(json_member(document, "tên"));
    assert_int_equal(name.size, strlen("Hồ \"Hòa\"\\\n\t\x01") + 2);
    assert_memory_equal(name.at, "Hồ \"Hòa\"\\\n\t\x01\0x", name.size);
    assert_true(json_as_integer(json_member(document, "least"), 0) == INT64_MIN);
    assert_true(json_as_integer(json_member(document, "most"), 0) == INT64_MAX);
    assert_true(json_holds_null(json_member(document, "none")));
    assert_false(json_holds_null(json_member(document, "absent")));
    const struct json *list = json_member(document, "list");
    assert_int_equal(json_count(list), 3);
    assert_true(json_as_flag(json_item(list, 0)));
    assert_int_equal(json_count(json_item(list, 1)), 0);
    assert_null(json_item(list, 3));
    assert_true(bytes_equal_text(json_as_text(json_member(document, "hex")), "ab01"));

    /* Rewriting the read document gives the very same bytes. */
    struct buffer again;
    buffer_init(&again, 4096);
    json_write_start(&writer, &again);
    json_write_value(&writer, NULL, document);
    assert_int_equal(buffer_status(&again), STATUS_OK);
    struct json *second = NULL;
    assert_int_equal(json_read(buffer_view(&again), &second), STATUS_OK);
    assert_int_equal(json_count(second), json_count(document));
    json_release(second);
    json_release(document);
    buffer_deinit(&again);
    buffer_deinit(&out);
}

static void test_json__bad_bytes_never_break_a_document(void **state)
{
    struct buffer out;
    struct json_writer writer;
    struct json *document = NULL;
    uint8_t bad[] = {'a', 0xc0, 0x80, 0xed, 0xa0, 0x80, 0xf5, 0xff, 0xe1, 0xbb};

    (void)state;
    buffer_init(&out, 4096);
    json_write_start(&writer, &out);
    json_write_text(&writer, NULL, bytes_of(bad, sizeof bad));
    json_write_end(&writer);
    assert_int_equal(json_read(buffer_view(&out), &document), STATUS_OK);
    assert_true(json_as_text(document).size > 1);
    json_release(document);
    buffer_deinit(&out);
}

static void test_json__refuses_what_is_not_one_document(void **state)
{
    static const char *const bad[] = {
        "",         "{",   "{\"a\":1,\"a\":2}", "1 2", "{\"a\":99999999999999999999}", "'",
        "\"\xff\"", "[1,]"};
    struct json *document = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(json_read(bytes_of_text(bad[i]), &document), STATUS_MALFORMED);
        assert_null(document);
    }
    json_release(NULL);
}

static void test_base64__is_what_rfc_4648_says(void **state)
{
    static const char *const pairs[][3] = {{"", "", ""},
                                           {"f", "Zg==", "Zg"},
                                           {"fo", "Zm8=", "Zm8"},
                                           {"foo", "Zm9v", "Zm9v"},
                                           {"fooba", "Zm9vYmE=", "Zm9vYmE"},
                                           {"\xfb\xff\xfe", "+//+", "-__-"}};
    static const char *const bad[] = {"Zh==", "Zg=", "Zg", "Z===", "Zm9=", "Zm 9", "=", "Zg==Zg=="};
    struct buffer out;

    (void)state;
    buffer_init(&out, 64);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        for (int form = 0; form < 2; form++) {
            buffer_reset(&out);
            base64_encode(bytes_of_text(pairs[i][0]), (enum base64_form)form, &out);
            assert_true(bytes_equal_text(buffer_view(&out), pairs[i][1 + form]));
            buffer_reset(&out);
            assert_int_equal(
                base64_decode(bytes_of_text(pairs[i][1 + form]), (enum base64_form)form, &out),
                STATUS_OK);
            assert_true(bytes_equal_text(buffer_view(&out), pairs[i][0]));
        }
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        buffer_reset(&out);
        assert_int_equal(base64_decode(bytes_of_text(bad[i]), BASE64_STANDARD, &out),
                         STATUS_MALFORMED);
    }
    buffer_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json__writes_what_it_reads),
        cmocka_unit_test(test_json__bad_bytes_never_break_a_document),
        cmocka_unit_test(test_json__refuses_what_is_not_one_document),
        cmocka_unit_test(test_base64__is_what_rfc_4648_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
