/*
 * signatures.json: Ed25519 by the strict rule of SPEC.md "Signatures". The edge cases are built
 * from scalars, so that a rule left out would let them pass.
 */
#include "tests/vectors/table.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINT = 32 };

static const char domain[] = "hoso/vector/1";

/* A point of order 8. */
static const uint8_t order_8[POINT] = {
    0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
    0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05};

struct edge {
    const char *name;
    struct public_key key;
    struct signature signature;
    char message[32];
    bool valid;
};

static void must(bool holds, const char *what)
{
    vector_must(holds ? STATUS_OK : STATUS_USAGE, what);
}

static void scalar_of(const char *label, uint8_t scalar[POINT])
{
    struct hash low = vector_hash_of(label);
    uint8_t wide[64] = {0};
    memcpy(wide, low.bytes, sizeof low.bytes);
    crypto_core_ed25519_scalar_reduce(scalar, wide);
}

static void base_times(uint8_t point[POINT], const uint8_t scalar[POINT])
{
    must(crypto_scalarmult_ed25519_base_noclamp(point, scalar) == 0, "base point");
}

/* |point| plus |times| times the point of order 8. */
static void add_torsion(uint8_t point[POINT], unsigned times)
{
    for (; times > 0; times--) {
        must(crypto_core_ed25519_add(point, point, order_8) == 0, "torsion");
    }
}

/* h of the edge's R, A and message. */
static void challenge(const struct edge *edge, uint8_t h[POINT])
{
    crypto_hash_sha512_state state;
    uint8_t digest[64];
    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, edge->signature.bytes, POINT);
    crypto_hash_sha512_update(&state, edge->key.bytes, POINT);
    crypto_hash_sha512_update(&state, (const uint8_t *)domain, strlen(domain));
    crypto_hash_sha512_update(&state, (const uint8_t *)edge->message, strlen(edge->message));
    crypto_hash_sha512_final(&state, digest);
    crypto_core_ed25519_scalar_reduce(h, digest);
}

/* S = r + h·a for the R and A that stand in |edge|. */
static void close_edge(struct edge *edge, const uint8_t r[POINT], const uint8_t a[POINT])
{
    uint8_t h[POINT];
    uint8_t ha[POINT];
    challenge(edge, h);
    crypto_core_ed25519_scalar_mul(ha, h, a);
    crypto_core_ed25519_scalar_add(edge->signature.bytes + POINT, r, ha);
}

static struct edge edge_of(const char *name, bool valid)
{
    struct edge edge = {.name = name, .valid = valid};
    snprintf(edge.message, sizeof edge.message, "edge");
    return edge;
}

/* An edge whose key is a·B + key_torsion·T and whose R is r·B + r_torsion·T. */
static struct edge torsion_edge(const char *name, unsigned key_torsion, unsigned r_torsion,
                                bool valid)
{
    uint8_t a[POINT];
    uint8_t r[POINT];
    scalar_of("scalar a", a);
    scalar_of("scalar r", r);
    struct edge edge = edge_of(name, valid);
    base_times(edge.key.bytes, a);
    add_torsion(edge.key.bytes, key_torsion);
    base_times(edge.signature.bytes, r);
    add_torsion(edge.signature.bytes, r_torsion);
    /* The equation without the cofactor holds iff h·key_torsion + r_torsion is 0 modulo 8. */
    for (unsigned i = 0;; i++) {
        uint8_t h[POINT];
        snprintf(edge.message, sizeof edge.message, "edge %u", i);
        challenge(&edge, h);
        if ((((h[0] & 7U) * key_torsion + r_torsion) % 8 == 0) == valid) {
            break;
        }
    }
    close_edge(&edge, r, a);
    return edge;
}

/* A key of small order: a is 0 as far as the prime-order part goes, so S = r fits. */
static struct edge small_key_edge(const char *name, const char *key_hex)
{
    struct edge edge = edge_of(name, false);
    size_t size = 0;
    must(hex_decode(key_hex, strlen(key_hex), edge.key.bytes, POINT, &size) && size == POINT, name);
    uint8_t r[POINT];
    scalar_of("scalar r", r);
    base_times(edge.signature.bytes, r);
    /* So that h·A is the identity and even the equation without the cofactor holds. */
    for (unsigned i = 0;; i++) {
        uint8_t h[POINT];
        snprintf(edge.message, sizeof edge.message, "edge %u", i);
        challenge(&edge, h);
        if ((h[0] & 7U) == 0) {
            break;
        }
    }
    memcpy(edge.signature.bytes + POINT, r, POINT);
    return edge;
}

/* An R of small order with an honest key: S = h·a gives S·B − h·A = the identity. */
static struct edge small_r_edge(const char *name, const char *r_hex)
{
    static const uint8_t zero[POINT];
    struct edge edge = edge_of(name, false);
    uint8_t a[POINT];
    scalar_of("scalar a", a);
    base_times(edge.key.bytes, a);
    size_t size = 0;
    must(hex_decode(r_hex, strlen(r_hex), edge.signature.bytes, POINT, &size) && size == POINT,
         name);
    close_edge(&edge, zero, a);
    return edge;
}

static struct edge plain_edge(const char *name, bool valid)
{
    struct edge edge = torsion_edge(name, 0, 0, true);
    edge.valid = valid;
    return edge;
}

/* S + |times|·L. */
static struct edge high_s_edge(const char *name, unsigned times)
{
    static const uint8_t order[POINT] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                         0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                         0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                         0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10};
    struct edge edge = plain_edge(name, false);
    for (; times > 0; times--) {
        unsigned carry = 0;
        for (size_t i = 0; i < POINT; i++) {
            carry += edge.signature.bytes[POINT + i] + (unsigned)order[i];
            edge.signature.bytes[POINT + i] = (uint8_t)carry;
            carry >>= 8;
        }
    }
    return edge;
}

static struct edge key_edge(const char *name, const char *key_hex)
{
    struct edge edge = plain_edge(name, false);
    size_t size = 0;
    must(hex_decode(key_hex, strlen(key_hex), edge.key.bytes, POINT, &size), name);
    return edge;
}

static void add(json_t *list, const struct edge *edge)
{
    json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o, s:o, s:b}", "name", edge->name,
                                          "domain", domain, "message",
                                          vector_hex(bytes_of_text(edge->message)), "key",
                                          vector_hex(bytes_of(edge->key.bytes, POINT)), "signature",
                                          vector_hex(bytes_of(edge->signature.bytes, 2 * POINT)),
                                          "valid", edge->valid));
}

/* The encodings of the points of small order, and what else decodes to them. */
static const struct {
    const char *name;
    const char *hex;
} small[] = {
    {"order 4", "0000000000000000000000000000000000000000000000000000000000000000"},
    {"order 4, sign", "0000000000000000000000000000000000000000000000000000000000000080"},
    {"order 1", "0100000000000000000000000000000000000000000000000000000000000000"},
    {"order 1, sign", "0100000000000000000000000000000000000000000000000000000000000080"},
    {"order 2", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
    {"order 2, sign", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
    {"order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"},
    {"order 8, sign", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"},
    {"order 8, other y", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"},
    {"order 8, other y, sign", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"},
    {"order 4 as y + p", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
    {"order 1 as y + p", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
    {"order 1 as y + p, sign", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
};

json_t *signatures_make(void)
{
    json_t *list = json_array();
    const struct edge edges[] = {
        plain_edge("plain", true),
        high_s_edge("S + L", 1),
        high_s_edge("S + 2 L", 2),
        high_s_edge("S + 7 L", 7),
        torsion_edge("A of mixed order, both equations hold", 1, 0, true),
        torsion_edge("A of mixed order, only with the cofactor", 1, 0, false),
        torsion_edge("A and R of mixed order, both equations hold", 1, 3, true),
        torsion_edge("A and R of mixed order, only with the cofactor", 1, 3, false),
        torsion_edge("A of mixed order 2, both equations hold", 4, 0, true),
        torsion_edge("A of mixed order 2, only with the cofactor", 4, 0, false),
        torsion_edge("R of mixed order, only with the cofactor", 0, 1, false),
        torsion_edge("R of mixed order 2, only with the cofactor", 0, 4, false),
        key_edge("A not on the curve",
                 "0200000000000000000000000000000000000000000000000000000000000000"),
        key_edge("A not canonical",
                 "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    };
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        add(list, &edges[i]);
    }
    for (size_t i = 0; i < sizeof small / sizeof small[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "A of %s", small[i].name);
        struct edge edge = small_key_edge(name, small[i].hex);
        add(list, &edge);
        snprintf(name, sizeof name, "R of %s", small[i].name);
        edge = small_r_edge(name, small[i].hex);
        add(list, &edge);
    }
    struct edge changed = plain_edge("message changed", false);
    changed.message[0] ^= 1;
    add(list, &changed);
    return json_pack("{s:s, s:o}", "about",
                     "Signatures over domain ‖ message. valid: the verdict of SPEC.md Signatures.",
                     "signatures", list);
}

void signatures_check(const json_t *file)
{
    size_t i = 0;
    json_t *row = NULL;
    json_array_foreach(json_object_get(file, "signatures"), i, row)
    {
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        struct public_key key = {{0}};
        struct signature signature = {{0}};
        struct bytes message = vector_bytes(row, "message", &arena);
        struct bytes key_bytes = vector_bytes(row, "key", &arena);
        struct bytes signature_bytes = vector_bytes(row, "signature", &arena);
        bool sized = key_bytes.size == sizeof key && signature_bytes.size == sizeof signature;
        vector_expect(sized, row, "sizes");
        if (sized) {
            memcpy(&key, key_bytes.at, sizeof key);
            memcpy(&signature, signature_bytes.at, sizeof signature);
        }
        bool valid = json_is_true(json_object_get(row, "valid"));
        const char *where = vector_text(row, "domain");
        vector_expect(seal_verify(where, &message, 1, &key, &signature) == valid, row,
                      "seal_verify");
        vector_expect(seal_verify_by_equation(where, &message, 1, &key, &signature) == valid, row,
                      "seal_verify_by_equation");
        arena_deinit(&arena);
    }
    vector_expect(i > 30, file, "too few signatures");
}
