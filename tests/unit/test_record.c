#include "protocol/record/body.h"
#include "protocol/record/record.h"
#include "tests/lib/unit.h"

#include <string.h>

static void test_record__sealed_opening_decodes(void **state)
{
    (void)state;
    struct public_key device;
    struct secret_key secret;
    uint8_t seed[32] = {7};
    key_pair_of_seed(seed, &device, &secret);
    struct opening opening = {.salt = {1}, .device = device, .scope = {{2}}, .rules = 1};
    opening.software = bytes_of_text("hoso 0.1.0");
    struct buffer body;
    buffer_init(&body, LIMIT_BODY_BYTES);
    assert_int_equal(opening_encode(&opening, &body), STATUS_OK);
    struct record_header header = {.version = 1, .seq = 1, .kind = KIND_OPENING};
    struct buffer raw;
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    struct hash id;
    assert_int_equal(record_seal(&header, buffer_view(&body), NULL, &secret, &raw, &id), STATUS_OK);
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct record record;
    assert_int_equal(record_decode(buffer_view(&raw), &arena, &record), STATUS_OK);
    assert_true(hash_equal(&id, &record.id));
    assert_true(record_verify_device(&record, &device));
    for (size_t i = 0; i < raw.size; i++) {
        raw.at[i] ^= 1;
        enum status status = record_decode(buffer_view(&raw), &arena, &record);
        assert_true(status != STATUS_OK || !record_verify_device(&record, &device));
        raw.at[i] ^= 1;
        assert_int_not_equal(record_decode(bytes_of(raw.at, i), &arena, &record), STATUS_OK);
    }
    arena_deinit(&arena);
    buffer_deinit(&raw);
    buffer_deinit(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_record__sealed_opening_decodes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
