/* The TLS key of a node: who signed it, and what happens to one that does not belong. */
#include "client/link/net/tls.h"
#include "tests/lib/unit.h"

#include <string.h>

struct node {
    struct public_key key;
    struct secret_key secret;
    struct buffer pem;
};

static void node_of(struct node *node, uint8_t seed_byte)
{
    uint8_t seed[32];

    memset(seed, seed_byte, sizeof seed);
    key_pair_of_seed(seed, &node->key, &node->secret);
    buffer_init(&node->pem, TLS_PEM_BYTES);
    assert_int_equal(tls_make(&node->secret, &node->pem), STATUS_OK);
}

static void test_tls__a_certificate_is_its_nodes(void **state)
{
    struct node one, two;

    (void)state;
    node_of(&one, 1);
    node_of(&two, 2);
    assert_int_equal(tls_check(buffer_view(&one.pem), &one.key), STATUS_OK);
    assert_int_equal(tls_check(buffer_view(&one.pem), &two.key), STATUS_FORGED);
    assert_int_equal(tls_check(buffer_view(&two.pem), &one.key), STATUS_FORGED);
    buffer_deinit(&one.pem);
    buffer_deinit(&two.pem);
}

/* One's key with the other's certificate: what a thief of a certificate has. */
static void test_tls__key_and_certificate_belong_together(void **state)
{
    static const char begin[] = "-----BEGIN CERTIFICATE";
    struct node one, two;
    struct buffer mixed;
    size_t first = 0, second = 0;

    (void)state;
    node_of(&one, 1);
    node_of(&two, 2);
    while (memcmp(one.pem.at + first, begin, sizeof begin - 1) != 0)
        first++;
    while (memcmp(two.pem.at + second, begin, sizeof begin - 1) != 0)
        second++;
    buffer_init(&mixed, TLS_PEM_BYTES);
    buffer_append(&mixed, one.pem.at, first);
    buffer_append(&mixed, two.pem.at + second, two.pem.size - second);
    assert_int_equal(tls_check(buffer_view(&mixed), &two.key), STATUS_FORGED);
    buffer_deinit(&mixed);
    buffer_deinit(&one.pem);
    buffer_deinit(&two.pem);
}

static void test_tls__every_prefix_is_told(void **state)
{
    struct node one;

    (void)state;
    node_of(&one, 1);
    /* The last byte is a line feed after the end. */
    for (size_t size = 0; size + 1 < one.pem.size; size++)
        assert_int_equal(tls_check(bytes_of(one.pem.at, size), &one.key), STATUS_MALFORMED);
    buffer_deinit(&one.pem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tls__a_certificate_is_its_nodes),
        cmocka_unit_test(test_tls__key_and_certificate_belong_together),
        cmocka_unit_test(test_tls__every_prefix_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
