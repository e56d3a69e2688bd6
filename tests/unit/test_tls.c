/* The TLS key of a node: who signed it, and what happens to one that does not belong. */
#include "client/link/net/tls.h"
#include "tests/lib/unit.h"

#include <string.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>

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

/* ---- two ends in memory ---- */

struct ends {
    SSL_CTX *serving;
    struct tls_dialler dialler;
    SSL *server;
    SSL *client;
};

static void ends_init(struct ends *ends, const struct node *node)
{
    memset(ends, 0, sizeof *ends);
    ends->serving = SSL_CTX_new(TLS_method());
    assert_true(tls_serve(ends->serving, buffer_view(&node->pem)));
    assert_true(tls_dialler_init(&ends->dialler));
}

static void dial(struct ends *ends)
{
    BIO *one = NULL, *two = NULL;

    assert_int_equal(BIO_new_bio_pair(&one, 0, &two, 0), 1);
    ends->server = SSL_new(ends->serving);
    ends->client = SSL_new(ends->dialler.context);
    SSL_set_bio(ends->server, one, one);
    SSL_set_bio(ends->client, two, two);
    SSL_set_accept_state(ends->server);
    SSL_set_connect_state(ends->client);
}

/* Until both have nothing more to say. False: they do not agree. */
static bool shake_hands(struct ends *ends)
{
    uint8_t byte = 0;

    for (int turn = 0; turn < 6; turn++) {
        int client = SSL_read(ends->client, &byte, 1);
        int server = SSL_read(ends->server, &byte, 1);

        if (SSL_get_error(ends->client, client) != SSL_ERROR_WANT_READ ||
            SSL_get_error(ends->server, server) != SSL_ERROR_WANT_READ)
            return false;
    }
    return SSL_is_init_finished(ends->client) && SSL_is_init_finished(ends->server);
}

/* As a line that is cut: no end says so first. */
static void cut(struct ends *ends)
{
    SSL_free(ends->client);
    SSL_free(ends->server);
}

static void ends_deinit(struct ends *ends)
{
    SSL_CTX_free(ends->serving);
    tls_dialler_deinit(&ends->dialler);
}

static void test_tls__the_next_handshake_is_short_and_as_sure(void **state)
{
    struct node one, two;
    struct ends ends;
    void *ticket = NULL;

    (void)state;
    node_of(&one, 1);
    node_of(&two, 2);
    ends_init(&ends, &one);
    for (int turn = 0; turn < 4; turn++) {
        dial(&ends);
        assert_true(shake_hands(&ends));
        assert_int_equal(SSL_session_reused(ends.client), turn > 0);
        assert_int_equal(SSL_session_reused(ends.server), turn > 0);
        assert_int_equal(SSL_version(ends.client), TLS1_3_VERSION);
        assert_true(tls_is_node(ends.client, &one.key));
        assert_false(tls_is_node(ends.client, &two.key));
        assert_non_null(ends.dialler.ticket);
        if (turn == 0)
            ticket = ends.dialler.ticket;
        assert_ptr_equal(ends.dialler.ticket, ticket); /* a young one is not renewed */
        cut(&ends);
    }
    ends_deinit(&ends);
    buffer_deinit(&one.pem);
    buffer_deinit(&two.pem);
}

/* What was resumed with a node says nothing of another at its address. */
static void test_tls__a_ticket_opens_nothing_elsewhere(void **state)
{
    struct node one, two;
    struct ends ends, other;

    (void)state;
    node_of(&one, 1);
    node_of(&two, 2);
    ends_init(&ends, &one);
    ends_init(&other, &two);
    dial(&ends);
    assert_true(shake_hands(&ends));
    cut(&ends);
    SSL_CTX_free(ends.serving);
    ends.serving = other.serving;
    assert_int_equal(SSL_CTX_up_ref(other.serving), 1);
    dial(&ends);
    assert_true(shake_hands(&ends));
    assert_false(SSL_session_reused(ends.client));
    assert_false(tls_is_node(ends.client, &one.key));
    assert_true(tls_is_node(ends.client, &two.key));
    cut(&ends);
    ends_deinit(&ends);
    ends_deinit(&other);
    buffer_deinit(&one.pem);
    buffer_deinit(&two.pem);
}

static X509 *certificate_of(const struct node *node)
{
    BIO *in = BIO_new_mem_buf(node->pem.at, (int)node->pem.size);
    X509 *certificate = PEM_read_bio_X509(in, NULL, NULL, NULL);

    assert_non_null(certificate);
    BIO_free(in);
    return certificate;
}

/* A stranger's own TLS key, in a certificate with all that the node's says. */
static void test_tls__a_copied_signature_is_worth_nothing(void **state)
{
    struct node one;
    struct ends ends;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *copy = NULL;

    (void)state;
    node_of(&one, 1);
    copy = certificate_of(&one);
    assert_int_equal(X509_set_pubkey(copy, key), 1);
    assert_true(X509_sign(copy, key, EVP_sha256()) > 0);
    ends_init(&ends, &one);
    assert_int_equal(SSL_CTX_use_certificate(ends.serving, copy), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ends.serving, key), 1);
    dial(&ends);
    assert_true(shake_hands(&ends));
    assert_false(tls_is_node(ends.client, &one.key));
    cut(&ends);
    ends_deinit(&ends);
    X509_free(copy);
    EVP_PKEY_free(key);
    buffer_deinit(&one.pem);
}

static void test_tls__nothing_below_1_3(void **state)
{
    struct node one;
    struct ends ends;

    (void)state;
    node_of(&one, 1);
    for (int old = 0; old < 2; old++) {
        ends_init(&ends, &one);
        SSL_CTX *aged = old == 0 ? ends.serving : ends.dialler.context;

        assert_int_equal(SSL_CTX_set_min_proto_version(aged, TLS1_2_VERSION), 1);
        assert_int_equal(SSL_CTX_set_max_proto_version(aged, TLS1_2_VERSION), 1);
        dial(&ends);
        assert_false(shake_hands(&ends));
        cut(&ends);
        ends_deinit(&ends);
    }
    buffer_deinit(&one.pem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tls__a_certificate_is_its_nodes),
        cmocka_unit_test(test_tls__key_and_certificate_belong_together),
        cmocka_unit_test(test_tls__every_prefix_is_told),
        cmocka_unit_test(test_tls__the_next_handshake_is_short_and_as_sure),
        cmocka_unit_test(test_tls__a_ticket_opens_nothing_elsewhere),
        cmocka_unit_test(test_tls__a_copied_signature_is_worth_nothing),
        cmocka_unit_test(test_tls__nothing_below_1_3),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
