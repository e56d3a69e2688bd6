#include "protocol/record/seal.h"

#include "protocol/base/limits.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(sizeof(struct hash) == crypto_generichash_BYTES, "BLAKE2b-256");
static_assert(sizeof(struct name) == crypto_generichash_BYTES_MIN, "BLAKE2b-128");
static_assert(sizeof(struct public_key) == crypto_sign_PUBLICKEYBYTES, "Ed25519 public key");
static_assert(sizeof(struct secret_key) == crypto_sign_SECRETKEYBYTES, "Ed25519 secret key");
static_assert(sizeof(struct signature) == crypto_sign_BYTES, "Ed25519 signature");
static_assert(SEAL_MESSAGE_BYTES >= LIMIT_HEADER_BYTES + 64 + 64, "a record can be signed");

enum { POINT_BYTES = 32, SCALAR_BYTES = 32, TORSION_POINTS = 8 };

/*
 * The points of order 1, 2, 4 and 8 in canonical form, each with the smaller sign; the sign bit is
 * left out when comparing, so these five rows stand for all eight and for the two encodings of a
 * zero x with its sign set.
 */
static const uint8_t small_order[5][POINT_BYTES] = {
    /* y = 0, order 4 */
    {0x00},
    /* y = 1, order 1 */
    {0x01},
    /* order 8 */
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    /* order 8 */
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    /* y = -1, order 2 */
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

/* y below p = 2^255 - 19. */
static bool is_canonical_point(const uint8_t point[POINT_BYTES])
{
    if ((point[31] & 0x7f) != 0x7f || point[0] < 0xed) {
        return true;
    }
    for (size_t i = 1; i < POINT_BYTES - 1; i++) {
        if (point[i] != 0xff) {
            return true;
        }
    }
    return false;
}

static bool is_small_order(const uint8_t point[POINT_BYTES])
{
    for (size_t i = 0; i < sizeof small_order / sizeof small_order[0]; i++) {
        if (memcmp(point, small_order[i], POINT_BYTES - 1) == 0 &&
            (point[31] & 0x7f) == small_order[i][31]) {
            return true;
        }
    }
    return false;
}

/* S below L = 2^252 + 27742317777372353535851937790883648493, little-endian. */
static bool is_canonical_scalar(const uint8_t scalar[SCALAR_BYTES])
{
    static const uint8_t order[SCALAR_BYTES] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                                0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                                0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                                0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10};
    for (size_t i = SCALAR_BYTES; i-- > 0;) {
        if (scalar[i] != order[i]) {
            return scalar[i] < order[i];
        }
    }
    return false;
}

void key_pair_of_seed(const uint8_t seed[32], struct public_key *public_key,
                      struct secret_key *secret_key)
{
    int made = crypto_sign_seed_keypair(public_key->bytes, secret_key->bytes, seed);
    assert(made == 0);
    (void)made;
}

void secret_key_wipe(struct secret_key *secret_key)
{
    sodium_memzero(secret_key->bytes, sizeof secret_key->bytes);
}

bool public_key_equal(const struct public_key *a, const struct public_key *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool public_key_is_sound(const struct public_key *key)
{
    /* Adding fails for what is not on the curve; is_valid_point() would also refuse mixed order. */
    uint8_t doubled[POINT_BYTES];
    return is_canonical_point(key->bytes) && !is_small_order(key->bytes) &&
           crypto_core_ed25519_add(doubled, key->bytes, key->bytes) == 0;
}

/* BLAKE2b of |size| bytes over |domain| ‖ |parts|. With these sizes libsodium cannot fail. */
static void hash_parts(uint8_t *out, size_t size, struct bytes key, const char *domain,
                       const struct bytes *parts, size_t count)
{
    crypto_generichash_state state;
    int failed = crypto_generichash_init(&state, key.at, key.size, size);
    failed |= crypto_generichash_update(&state, (const uint8_t *)domain, strlen(domain));
    for (size_t i = 0; i < count; i++) {
        if (parts[i].size > 0) {
            failed |= crypto_generichash_update(&state, parts[i].at, parts[i].size);
        }
    }
    failed |= crypto_generichash_final(&state, out, size);
    assert(failed == 0);
}

struct hash seal_hash(const char *domain, const struct bytes *parts, size_t count)
{
    struct hash hash;
    hash_parts(hash.bytes, sizeof hash.bytes, bytes_of(NULL, 0), domain, parts, count);
    return hash;
}

struct name seal_name(const char *domain, const struct bytes *parts, size_t count)
{
    struct name name;
    hash_parts(name.bytes, sizeof name.bytes, bytes_of(NULL, 0), domain, parts, count);
    return name;
}

struct hash seal_proof(const char *domain, struct bytes key, struct bytes message)
{
    assert(key.size >= crypto_generichash_KEYBYTES_MIN &&
           key.size <= crypto_generichash_KEYBYTES_MAX);
    struct hash hash;
    hash_parts(hash.bytes, sizeof hash.bytes, key, domain, &message, 1);
    return hash;
}

/* Ed25519 of libsodium wants its message in one piece. */
struct message {
    uint8_t at[SEAL_MESSAGE_BYTES];
    size_t size;
};

/* False if it does not fit. */
static bool message_join(struct message *message, const char *domain, const struct bytes *parts,
                         size_t count)
{
    message->size = strlen(domain);
    if (message->size > sizeof message->at) {
        return false;
    }
    memcpy(message->at, domain, message->size);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].size > sizeof message->at - message->size) {
            return false;
        }
        if (parts[i].size > 0) {
            memcpy(message->at + message->size, parts[i].at, parts[i].size);
            message->size += parts[i].size;
        }
    }
    return true;
}

void seal_sign(const char *domain, const struct bytes *parts, size_t count,
               const struct secret_key *key, struct signature *signature)
{
    struct message message;
    bool fits = message_join(&message, domain, parts, count);
    assert(fits);
    (void)fits;
    int failed = crypto_sign_detached(signature->bytes, NULL, message.at, message.size, key->bytes);
    assert(failed == 0);
    (void)failed;
}

/* What can be said without the equation. */
static bool forms_are_strict(const struct public_key *key, const struct signature *signature)
{
    const uint8_t *r = signature->bytes;
    const uint8_t *s = signature->bytes + POINT_BYTES;
    return is_canonical_scalar(s) && is_canonical_point(r) && !is_small_order(r) &&
           is_canonical_point(key->bytes) && !is_small_order(key->bytes);
}

/* |scalar| × |point| for a point of the prime-order group; the identity where libsodium refuses it
 * (a zero scalar). */
static void multiply(uint8_t out[POINT_BYTES], const uint8_t scalar[SCALAR_BYTES],
                     const uint8_t point[POINT_BYTES])
{
    if (crypto_scalarmult_ed25519_noclamp(out, scalar, point) != 0) {
        memset(out, 0, POINT_BYTES);
        out[0] = 1;
    }
}

/*
 * |scalar| × |point| for any point of the curve. libsodium multiplies only in the prime-order
 * group, so the point is split into one of that group and one of the eight of small order.
 * False: not on the curve.
 */
static bool multiply_any(uint8_t out[POINT_BYTES], const uint8_t scalar[SCALAR_BYTES],
                         const uint8_t point[POINT_BYTES])
{
    const uint8_t *generator = small_order[2];
    uint8_t torsion[POINT_BYTES] = {1};
    for (unsigned i = 0; i < TORSION_POINTS; i++) {
        uint8_t prime[POINT_BYTES];
        if (crypto_core_ed25519_sub(prime, point, torsion) != 0) {
            return false;
        }
        if (crypto_core_ed25519_is_valid_point(prime) == 1) {
            multiply(out, scalar, prime);
            /* i × generator, times the scalar: only its low three bits matter. */
            unsigned times = i * (scalar[0] & 7U) % TORSION_POINTS;
            for (; times > 0; times--) {
                if (crypto_core_ed25519_add(out, out, generator) != 0) {
                    return false;
                }
            }
            return true;
        }
        if (crypto_core_ed25519_add(torsion, torsion, generator) != 0) {
            return false;
        }
    }
    return false;
}

/* R = S·B − SHA-512(R ‖ A ‖ M)·A, byte for byte. */
static bool equation_holds(const struct message *message, const struct public_key *key,
                           const struct signature *signature)
{
    crypto_hash_sha512_state state;
    uint8_t digest[crypto_hash_sha512_BYTES];
    int failed = crypto_hash_sha512_init(&state);
    failed |= crypto_hash_sha512_update(&state, signature->bytes, POINT_BYTES);
    failed |= crypto_hash_sha512_update(&state, key->bytes, sizeof key->bytes);
    failed |= crypto_hash_sha512_update(&state, message->at, message->size);
    failed |= crypto_hash_sha512_final(&state, digest);
    assert(failed == 0);
    (void)failed;
    uint8_t h[SCALAR_BYTES];
    crypto_core_ed25519_scalar_reduce(h, digest);

    uint8_t sb[POINT_BYTES] = {1};
    const uint8_t *s = signature->bytes + POINT_BYTES;
    if (!sodium_is_zero(s, SCALAR_BYTES) && crypto_scalarmult_ed25519_base_noclamp(sb, s) != 0) {
        return false;
    }
    uint8_t ha[POINT_BYTES];
    uint8_t r[POINT_BYTES];
    return multiply_any(ha, h, key->bytes) && crypto_core_ed25519_sub(r, sb, ha) == 0 &&
           memcmp(r, signature->bytes, sizeof r) == 0;
}

bool seal_verify_by_equation(const char *domain, const struct bytes *parts, size_t count,
                             const struct public_key *key, const struct signature *signature)
{
    struct message message;
    return message_join(&message, domain, parts, count) && forms_are_strict(key, signature) &&
           equation_holds(&message, key, signature);
}

/* libsodium 1.0.18 is library version 10.x; what came after may check the cofactored equation. */
static bool library_is_cofactorless(void)
{
    return sodium_library_version_major() <= 10;
}

bool seal_verify(const char *domain, const struct bytes *parts, size_t count,
                 const struct public_key *key, const struct signature *signature)
{
    struct message message;
    if (!message_join(&message, domain, parts, count) || !forms_are_strict(key, signature) ||
        crypto_sign_verify_detached(signature->bytes, message.at, message.size, key->bytes) != 0) {
        return false;
    }
    return library_is_cofactorless() || equation_holds(&message, key, signature);
}
