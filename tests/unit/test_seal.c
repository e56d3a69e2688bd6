#include "protocol/record/seal.h"
#include "tests/lib/unit.h"

#include <string.h>

static void from_hex(const char *hex, uint8_t *out, size_t size)
{
    size_t got = 0;
    assert_true(hex_decode(hex, strlen(hex), out, size, &got));
    assert_int_equal(got, size);
}

/* RFC 8032 7.1, test 3: an empty domain leaves plain Ed25519. */
static void test_seal__signs_as_rfc_8032(void **state)
{
    (void)state;
    uint8_t seed[32];
    from_hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", seed, 32);
    struct public_key key;
    struct secret_key secret;
    key_pair_of_seed(seed, &key, &secret);
    struct public_key expected_key;
    from_hex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", expected_key.bytes,
             32);
    assert_true(public_key_equal(&key, &expected_key));
    struct signature signature;
    struct bytes parts[2] = {bytes_of("\xaf", 1), bytes_of("\x82", 1)};
    seal_sign("", parts, 2, &secret, &signature);
    struct signature expected;
    from_hex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
             "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
             expected.bytes, 64);
    assert_memory_equal(&signature, &expected, 64);
    assert_true(seal_verify("", parts, 2, &key, &signature));
    assert_true(seal_verify_by_equation("", parts, 2, &key, &signature));
}

static void test_seal__a_signature_holds_for_its_domain_bytes_and_key(void **state)
{
    (void)state;
    struct public_key key;
    struct public_key other;
    struct secret_key secret;
    struct secret_key other_secret;
    key_pair_of_seed((const uint8_t[32]){1}, &key, &secret);
    key_pair_of_seed((const uint8_t[32]){2}, &other, &other_secret);
    struct bytes message = bytes_of_text("message");
    struct signature signature;
    seal_sign("hoso/test/1", &message, 1, &secret, &signature);
    assert_true(seal_verify("hoso/test/1", &message, 1, &key, &signature));
    assert_false(seal_verify("hoso/test/2", &message, 1, &key, &signature));
    assert_false(seal_verify("hoso/test/1", &message, 1, &other, &signature));
    struct bytes longer = bytes_of_text("message ");
    assert_false(seal_verify("hoso/test/1", &longer, 1, &key, &signature));
    for (size_t bit = 0; bit < 512; bit++) {
        signature.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(seal_verify("hoso/test/1", &message, 1, &key, &signature));
        signature.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(seal_verify("hoso/test/1", &message, 1, &key, &signature));
}

static void test_seal__both_ways_of_verifying_agree(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < 40; i++) {
        struct public_key key;
        struct secret_key secret;
        key_pair_of_seed((const uint8_t[32]){i, 3}, &key, &secret);
        struct bytes message = bytes_of(&i, 1);
        struct signature signature;
        seal_sign("hoso/test/1", &message, 1, &secret, &signature);
        assert_true(seal_verify_by_equation("hoso/test/1", &message, 1, &key, &signature));
        signature.bytes[i] ^= 4;
        assert_false(seal_verify_by_equation("hoso/test/1", &message, 1, &key, &signature));
    }
}

static void test_seal__longest_message_is_signed_longer_is_never_valid(void **state)
{
    (void)state;
    struct public_key key;
    struct secret_key secret;
    key_pair_of_seed((const uint8_t[32]){1}, &key, &secret);
    uint8_t *room = test_calloc(1, SEAL_MESSAGE_BYTES);
    struct bytes message = bytes_of(room, SEAL_MESSAGE_BYTES - 4);
    struct signature signature;
    seal_sign("1234", &message, 1, &secret, &signature);
    assert_true(seal_verify("1234", &message, 1, &key, &signature));
    assert_false(seal_verify("12345", &message, 1, &key, &signature));
    test_free(room);
}

static void test_seal__hashes_are_blake2b_of_domain_and_parts(void **state)
{
    (void)state;
    /* RFC 7693's example message, here 256 bits: as `printf abc | b2sum -l 256` says. */
    struct hash expected;
    from_hex("bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319", expected.bytes,
             32);
    struct bytes parts[3] = {bytes_of_text("b"), bytes_of(NULL, 0), bytes_of_text("c")};
    struct hash hash = seal_hash("a", parts, 3);
    assert_true(hash_equal(&hash, &expected));
    /* printf abc | b2sum -l 128 */
    struct name expected_name;
    from_hex("cf4ab791c62b8d2b2109c90275287816", expected_name.bytes, 16);
    struct name name = seal_name("ab", &parts[2], 1);
    assert_true(name_equal(&name, &expected_name));
}

static void test_seal__proof_depends_on_the_key(void **state)
{
    (void)state;
    uint8_t key[64] = {1};
    struct bytes message = bytes_of_text("m");
    struct hash proof = seal_proof("hoso/test/1", bytes_of(key, 16), message);
    struct hash unkeyed = seal_hash("hoso/test/1", &message, 1);
    struct hash longer_key = seal_proof("hoso/test/1", bytes_of(key, 64), message);
    assert_false(hash_equal(&proof, &unkeyed));
    assert_false(hash_equal(&proof, &longer_key));
    key[15] ^= 1;
    struct hash other = seal_proof("hoso/test/1", bytes_of(key, 16), message);
    assert_false(hash_equal(&proof, &other));
}

static void test_seal__unsound_keys_are_known(void **state)
{
    (void)state;
    static const char *const unsound[] = {
        /* small order, canonical and with the sign bit */
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        /* not canonical: p, p + 1, 2^255 - 1 */
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        /* y = 2 is on no point of the curve */
        "0200000000000000000000000000000000000000000000000000000000000000",
    };
    for (size_t i = 0; i < sizeof unsound / sizeof unsound[0]; i++) {
        struct public_key key;
        from_hex(unsound[i], key.bytes, 32);
        if (public_key_is_sound(&key)) {
            fail_msg("%s is taken for sound", unsound[i]);
        }
    }
    struct public_key key;
    struct secret_key secret;
    key_pair_of_seed((const uint8_t[32]){1}, &key, &secret);
    assert_true(public_key_is_sound(&key));
    secret_key_wipe(&secret);
    static const struct secret_key wiped;
    assert_memory_equal(&secret, &wiped, sizeof secret);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seal__signs_as_rfc_8032),
        cmocka_unit_test(test_seal__a_signature_holds_for_its_domain_bytes_and_key),
        cmocka_unit_test(test_seal__both_ways_of_verifying_agree),
        cmocka_unit_test(test_seal__longest_message_is_signed_longer_is_never_valid),
        cmocka_unit_test(test_seal__hashes_are_blake2b_of_domain_and_parts),
        cmocka_unit_test(test_seal__proof_depends_on_the_key),
        cmocka_unit_test(test_seal__unsound_keys_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
