#include "client/link/net/tls.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

enum {
    TICKET_SECONDS = 7 * 24 * 3600, /* the longest of RFC 8446 4.6.1 */
    TICKET_RENEW_SECONDS = 24 * 3600,
    SECURE_HEAP_BYTES = 1 << 16,
    SECURE_LEAST_BYTES = 32,
    NAME_SIZE = 32,
    DER_MAX = 512 /* of a P-256 key as a certificate holds it: 91 bytes */
};

/* Of the extension: below the arc anybody may draw numbers of (ITU-T X.667), drawn once. */
static const char *const extension_oid = "2.25.302984838156741401943565074034149161007";
static const char *const domain = "hoso/tls/1";
static const char *const suites =
    "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";

/* Room for a key as a certificate holds it. */
struct subject_key {
    uint8_t der[DER_MAX];
    size_t size;
};

bool tls_start(void)
{
    return CRYPTO_secure_malloc_init(SECURE_HEAP_BYTES, SECURE_LEAST_BYTES) == 1;
}

/* ---- the node's signature on a TLS key ---- */

static bool subject_key_of(X509 *certificate, struct subject_key *subject)
{
    unsigned char *at = subject->der;
    X509_PUBKEY *key = X509_get_X509_PUBKEY(certificate);
    int size = key != NULL ? i2d_X509_PUBKEY(key, NULL) : -1;

    if (size <= 0 || (size_t)size > sizeof subject->der)
        return false;
    subject->size = (size_t)size;
    return i2d_X509_PUBKEY(key, &at) == size;
}

/* An extension's value is a DER octet string; it holds the signature in a second one. */
static bool put_signature(X509 *certificate, const struct signature *signature)
{
    ASN1_OBJECT *name = OBJ_txt2obj(extension_oid, 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension = NULL;
    uint8_t der[2 + sizeof signature->bytes] = {V_ASN1_OCTET_STRING, sizeof signature->bytes};
    bool good = false;

    memcpy(der + 2, signature->bytes, sizeof signature->bytes);
    if (name != NULL && value != NULL && ASN1_OCTET_STRING_set(value, der, (int)sizeof der) == 1)
        extension = X509_EXTENSION_create_by_OBJ(NULL, name, 0, value);
    good = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(name);
    return good;
}

static bool get_signature(X509 *certificate, struct signature *signature)
{
    ASN1_OBJECT *name = OBJ_txt2obj(extension_oid, 1);
    int place = name != NULL ? X509_get_ext_by_OBJ(certificate, name, -1) : -1;
    X509_EXTENSION *extension = place >= 0 ? X509_get_ext(certificate, place) : NULL;
    const ASN1_OCTET_STRING *value = extension != NULL ? X509_EXTENSION_get_data(extension) : NULL;
    const unsigned char *at = value != NULL ? ASN1_STRING_get0_data(value) : NULL;
    bool good = at != NULL && ASN1_STRING_length(value) == 2 + (int)sizeof signature->bytes &&
                at[0] == V_ASN1_OCTET_STRING && at[1] == sizeof signature->bytes;

    if (good)
        memcpy(signature->bytes, at + 2, sizeof signature->bytes);
    ASN1_OBJECT_free(name);
    return good;
}

static bool sign_certificate(X509 *certificate, const struct secret_key *node)
{
    struct subject_key subject;
    struct signature signature;

    if (!subject_key_of(certificate, &subject))
        return false;
    struct bytes part = bytes_of(subject.der, subject.size);
    seal_sign(domain, &part, 1, node, &signature);
    return put_signature(certificate, &signature);
}

static bool is_signed_by(X509 *certificate, const struct public_key *node)
{
    struct subject_key subject;
    struct signature signature;

    if (!subject_key_of(certificate, &subject) || !get_signature(certificate, &signature))
        return false;
    struct bytes part = bytes_of(subject.der, subject.size);
    return seal_verify(domain, &part, 1, node, &signature);
}

/* ---- making ---- */

/* Dates decide nothing; RFC 5280 4.1.2.5: this end means that there is none. */
static bool fill_certificate(X509 *certificate, EVP_PKEY *key, const struct secret_key *node)
{
    char text[NAME_SIZE];
    X509_NAME *name = X509_get_subject_name(certificate);
    ASN1_INTEGER *serial = X509_get_serialNumber(certificate);

    (void)snprintf(text, sizeof text, "hoso %02x%02x%02x%02x", node->bytes[32], node->bytes[33],
                   node->bytes[34], node->bytes[35]);
    return X509_set_version(certificate, X509_VERSION_3) == 1 && ASN1_INTEGER_set(serial, 1) == 1 &&
           ASN1_TIME_set_string(X509_getm_notBefore(certificate), "20200101000000Z") == 1 &&
           ASN1_TIME_set_string(X509_getm_notAfter(certificate), "99991231235959Z") == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)text, -1,
                                      -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
           sign_certificate(certificate, node) && X509_sign(certificate, key, EVP_sha256()) > 0;
}

static enum status write_pem(EVP_PKEY *key, X509 *certificate, struct buffer *pem)
{
    BIO *out = BIO_new(BIO_s_secmem());
    char *at = NULL;
    long size = 0;
    enum status status = STATUS_NO_MEMORY;

    if (out != NULL && PEM_write_bio_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1 &&
        PEM_write_bio_X509(out, certificate) == 1) {
        size = BIO_get_mem_data(out, &at);
        buffer_append(pem, at, (size_t)size);
        status = buffer_status(pem);
    }
    BIO_free(out);
    return status;
}

enum status tls_make(const struct secret_key *node, struct buffer *pem)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    enum status status = STATUS_NO_MEMORY;

    if (key != NULL && certificate != NULL && fill_certificate(certificate, key, node))
        status = write_pem(key, certificate, pem);
    X509_free(certificate);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return status;
}

/* ---- reading ---- */

/* Both are the caller's to free; false: |pem| does not hold them. */
static bool read_pem(struct bytes pem, EVP_PKEY **key, X509 **certificate)
{
    BIO *in =
        pem.size > 0 && pem.size <= TLS_PEM_BYTES ? BIO_new_mem_buf(pem.at, (int)pem.size) : NULL;

    *key = in != NULL ? PEM_read_bio_PrivateKey(in, NULL, NULL, NULL) : NULL;
    *certificate = *key != NULL ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
    BIO_free(in);
    ERR_clear_error();
    return *certificate != NULL;
}

enum status tls_check(struct bytes pem, const struct public_key *node)
{
    EVP_PKEY *key = NULL;
    X509 *certificate = NULL;
    enum status status = STATUS_MALFORMED;

    if (read_pem(pem, &key, &certificate))
        status = X509_check_private_key(certificate, key) == 1 && is_signed_by(certificate, node)
                     ? STATUS_OK
                     : STATUS_FORGED;
    X509_free(certificate);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return status;
}

/* ---- use ---- */

/* The groups: OpenSSL 3.5 would offer a post-quantum one first, 2.3 KB more a handshake. */
static bool settle(SSL_CTX *context)
{
    int groups[] = {NID_X25519, NID_X9_62_prime256v1};

    (void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(context, suites) == 1 &&
           SSL_CTX_set1_groups(context, groups, sizeof groups / sizeof *groups) == 1;
}

static time_t made_at(const SSL_SESSION *session)
{
#if OPENSSL_VERSION_NUMBER >= 0x30300000L
    return SSL_SESSION_get_time_ex(session);
#else
    return SSL_SESSION_get_time(session);
#endif
}

/* A ticket serves again until it is a day old: a new one with each handshake would be a sixth of
 * the bytes of a contact with nothing new. It only opens the line, and that with new keys each
 * time. */
static SSL_TICKET_RETURN judge_ticket(SSL *connection, SSL_SESSION *session,
                                      const unsigned char *name, size_t name_size,
                                      SSL_TICKET_STATUS found, void *nothing)
{
    (void)connection;
    (void)name;
    (void)name_size;
    (void)nothing;
    if (found != SSL_TICKET_SUCCESS && found != SSL_TICKET_SUCCESS_RENEW)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    return time(NULL) - made_at(session) < TICKET_RENEW_SECONDS ? SSL_TICKET_RETURN_USE
                                                                : SSL_TICKET_RETURN_USE_RENEW;
}

bool tls_serve(void *context, struct bytes pem)
{
    EVP_PKEY *key = NULL;
    X509 *certificate = NULL;
    bool good = read_pem(pem, &key, &certificate) && settle(context) &&
                SSL_CTX_use_certificate(context, certificate) == 1 &&
                SSL_CTX_use_PrivateKey(context, key) == 1 &&
                SSL_CTX_set_num_tickets(context, 1) == 1 &&
                SSL_CTX_set_session_ticket_cb(context, NULL, judge_ticket, NULL) == 1 &&
                SSL_CTX_set_session_id_context(context, (const unsigned char *)"hoso", 4) == 1;

    if (good)
        (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    if (good) /* an office may have a line once a day */
        (void)SSL_CTX_set_timeout(context, TICKET_SECONDS);
    X509_free(certificate);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return good;
}

/* ---- the last handshake makes the next one short ---- */

/* A copy: a session whose line was cut is marked as not to be resumed, and lines are cut here. */
static int keep_ticket(SSL *connection, SSL_SESSION *session)
{
    struct tls_dialler *dialler = SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection));
    SSL_SESSION *kept = SSL_SESSION_dup(session);

    if (kept != NULL) {
        SSL_SESSION_free(dialler->ticket);
        dialler->ticket = kept;
    }
    return 0;
}

/*
 * The transport makes the connection and starts the handshake in one call; this is called within,
 * before the first byte is written. The library hands its own connection out as const.
 */
static void offer_ticket(const SSL *started, int where, int result)
{
    const struct tls_dialler *dialler = SSL_CTX_get_app_data(SSL_get_SSL_CTX(started));
    SSL_SESSION *offered = NULL;
    SSL *connection = NULL;

    (void)result;
    if ((where & SSL_CB_HANDSHAKE_START) == 0 || dialler->ticket == NULL ||
        SSL_get_session(started) != NULL)
        return;
    memcpy(&connection, &started, sizeof connection);
    offered = SSL_SESSION_dup(dialler->ticket);
    if (offered != NULL)
        (void)SSL_set_session(connection, offered); /* without it the handshake is a whole one */
    SSL_SESSION_free(offered);
}

bool tls_dialler_init(struct tls_dialler *dialler)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    dialler->context = context;
    dialler->ticket = NULL;
    if (context == NULL || !settle(context) || SSL_CTX_set_app_data(context, dialler) != 1)
        return false;
    (void)SSL_CTX_set_session_cache_mode(context,
                                         SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_ticket);
    SSL_CTX_set_info_callback(context, offer_ticket);
    return true;
}

void tls_dialler_deinit(struct tls_dialler *dialler)
{
    SSL_SESSION_free(dialler->ticket);
    SSL_CTX_free(dialler->context);
}

bool tls_is_node(void *connection, const struct public_key *node)
{
    X509 *certificate = connection != NULL ? SSL_get1_peer_certificate(connection) : NULL;
    bool good = certificate != NULL && is_signed_by(certificate, node);

    X509_free(certificate);
    ERR_clear_error();
    return good;
}
