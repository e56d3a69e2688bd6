#include "protocol/record/receipt.h"
#include "protocol/wire/wire.h"
#include "tests/lib/random.h"
#include "tests/lib/unit.h"

#include <string.h>

struct fixture {
    struct arena arena;
    struct public_key key;
    struct secret_key secret;
    struct receipt_head heads[LIMIT_RECEIPT_HEADS + 1];
    struct receipt receipt;
    struct buffer out;
};

static int set_up(void **state)
{
    struct fixture *f = test_calloc(1, sizeof *f);
    arena_init(&f->arena, SIZE_MAX);
    buffer_init(&f->out, SIZE_MAX);
    key_pair_of_seed((const uint8_t[32]){1}, &f->key, &f->secret);
    for (size_t i = 0; i <= LIMIT_RECEIPT_HEADS; i++) {
        be32_store(f->heads[i].log.bytes, (uint32_t)i + 1);
        f->heads[i].seq = i + 1;
        f->heads[i].id16 = (struct name){{7}};
    }
    f->receipt = (struct receipt){.signer = f->key,
                                  .epoch = {{1}},
                                  .arrival = 34344,
                                  .running_hash = {{2}},
                                  .seconds = -5,
                                  .heads = f->heads,
                                  .head_count = 3};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    buffer_deinit(&f->out);
    arena_deinit(&f->arena);
    test_free(f);
    return 0;
}

static void test_receipt__comes_back_whole(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(receipt_seal(&f->receipt, &f->secret, &f->out), STATUS_OK);
    struct receipt got;
    assert_int_equal(receipt_open(buffer_view(&f->out), &f->arena, &got), STATUS_OK);
    assert_true(public_key_equal(&got.signer, &f->key));
    assert_true(name_equal(&got.epoch, &f->receipt.epoch));
    assert_int_equal(got.arrival, 34344);
    assert_true(name_equal(&got.running_hash, &f->receipt.running_hash));
    assert_int_equal(got.seconds, -5);
    assert_int_equal(got.head_count, 3);
    assert_memory_equal(got.heads, f->heads, 3 * sizeof got.heads[0]);
}

static void test_receipt__signature_is_over_the_hash_of_its_content(void **state)
{
    struct fixture *f = *state;
    f->receipt.head_count = 0;
    assert_int_equal(receipt_seal(&f->receipt, &f->secret, &f->out), STATUS_OK);
    struct buffer content;
    buffer_init(&content, 1000);
    wire_put_array(&content, 6);
    wire_put_binary(&content, bytes_of(f->key.bytes, 32));
    wire_put_name(&content, &f->receipt.epoch);
    wire_put_unsigned(&content, 34344);
    wire_put_name(&content, &f->receipt.running_hash);
    wire_put_integer(&content, -5);
    wire_put_array(&content, 0);
    struct bytes bytes = buffer_view(&content);
    struct hash hash = seal_hash("hoso/receipt-content/1", &bytes, 1);
    struct bytes hash_bytes = bytes_of(hash.bytes, 32);
    struct signature signature;
    memcpy(signature.bytes, f->out.at + f->out.size - 64, 64);
    assert_true(seal_verify("hoso/receipt/1", &hash_bytes, 1, &f->key, &signature));
    buffer_deinit(&content);
}

static void test_receipt__largest_fits_one_more_does_not(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < LIMIT_RECEIPT_HEADS; i++) {
        f->heads[i].seq = LIMIT_COUNT;
    }
    f->receipt.arrival = LIMIT_COUNT;
    f->receipt.seconds = INT64_MIN;
    f->receipt.head_count = LIMIT_RECEIPT_HEADS;
    assert_int_equal(receipt_seal(&f->receipt, &f->secret, &f->out), STATUS_OK);
    struct receipt got;
    assert_int_equal(receipt_open(buffer_view(&f->out), &f->arena, &got), STATUS_OK);
    assert_int_equal(got.head_count, LIMIT_RECEIPT_HEADS);
    buffer_reset(&f->out);
    f->receipt.head_count = LIMIT_RECEIPT_HEADS + 1;
    assert_int_equal(receipt_seal(&f->receipt, &f->secret, &f->out), STATUS_LIMIT);
}

static void test_receipt__writer_hears_his_mistakes(void **state)
{
    struct fixture *f = *state;
    struct receipt sound = f->receipt;
    f->heads[1] = f->heads[0];
    assert_int_equal(receipt_seal(&f->receipt, &f->secret, &f->out), STATUS_USAGE);
    f->receipt.head_count = 1;
    f->receipt.epoch = (struct name){{0}};
    buffer_reset(&f->out);
    assert_int_equal(receipt_seal(&f->receipt, &f->secret, &f->out), STATUS_USAGE);
    f->receipt = sound;
    f->receipt.head_count = 1;
    f->receipt.signer.bytes[0] ^= 1;
    buffer_reset(&f->out);
    assert_int_equal(receipt_seal(&f->receipt, &f->secret, &f->out), STATUS_USAGE);
    f->receipt = sound;
    f->receipt.head_count = 1;
    f->heads[0].seq = 0;
    buffer_reset(&f->out);
    assert_int_equal(receipt_seal(&f->receipt, &f->secret, &f->out), STATUS_USAGE);
    f->heads[0].seq = 1;
    f->receipt.arrival = 0;
    f->receipt.running_hash = (struct name){{0}};
    buffer_reset(&f->out);
    assert_int_equal(receipt_seal(&f->receipt, &f->secret, &f->out), STATUS_OK);
}

static void test_receipt__changed_or_cut_bytes_are_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(receipt_seal(&f->receipt, &f->secret, &f->out), STATUS_OK);
    struct bytes raw = buffer_view(&f->out);
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct receipt got;
    for (size_t size = 0; size < raw.size; size++) {
        uint8_t *prefix = test_malloc(size + 1);
        memcpy(prefix, raw.at, size);
        assert_int_not_equal(receipt_decode(bytes_of(prefix, size), &arena, &got), STATUS_OK);
        test_free(prefix);
        arena_reset(&arena);
    }
    struct random random = {3};
    for (size_t at = 0; at < raw.size; at++) {
        uint8_t change = (uint8_t)(1 + random_below(&random, 255));
        f->out.at[at] ^= change;
        assert_int_not_equal(receipt_open(raw, &arena, &got), STATUS_OK);
        f->out.at[at] ^= change;
        arena_reset(&arena);
    }
    f->out.at[raw.size - 1] ^= 1;
    assert_int_equal(receipt_open(raw, &arena, &got), STATUS_FORGED);
    assert_int_equal(receipt_decode(raw, &arena, &got), STATUS_OK);
    arena_deinit(&arena);
}

static void test_receipt__running_hash_depends_on_order(void **state)
{
    (void)state;
    struct name start = {{0}};
    struct hash a = {{1}};
    struct hash b = {{2}};
    struct name after_a = receipt_running_hash(&start, &a);
    struct name after_ab = receipt_running_hash(&after_a, &b);
    struct name after_b = receipt_running_hash(&start, &b);
    struct name after_ba = receipt_running_hash(&after_b, &a);
    assert_false(name_equal(&after_ab, &after_ba));
    struct bytes parts[2] = {bytes_of(after_a.bytes, 16), bytes_of(b.bytes, 32)};
    struct name same = seal_name("hoso/arrival/1", parts, 2);
    assert_true(name_equal(&same, &after_ab));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_receipt__comes_back_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_receipt__signature_is_over_the_hash_of_its_content,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_receipt__largest_fits_one_more_does_not, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_receipt__writer_hears_his_mistakes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_receipt__changed_or_cut_bytes_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test(test_receipt__running_hash_depends_on_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
