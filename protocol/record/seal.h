/*
 * Hashes and signatures, each with a domain of its own. The only module of this layer that includes
 * libsodium.
 *
 * Ed25519 is checked by one rule everywhere, whatever the library's version: cofactorless, S below
 * the group order, A and R in canonical form and not of small order. Randomness comes in as an
 * argument; nothing here draws any. A program calls sodium_init() once before its threads start:
 * without it everything works, with slower code. Source: SPEC.md "Signatures"; RFC 8032 5.1.
 */
#ifndef HOSO_PROTOCOL_RECORD_SEAL_H
#define HOSO_PROTOCOL_RECORD_SEAL_H

#include "protocol/base/bytes.h"

/* The longest |domain| ‖ |parts| that is ever signed; what may be larger is signed by its hash. */
enum { SEAL_MESSAGE_BYTES = 8192 };

struct public_key {
    uint8_t bytes[32];
};

struct signature {
    uint8_t bytes[64];
};

/* Seed ‖ public key, as libsodium keeps it. The owner wipes it with secret_key_wipe(). */
struct secret_key {
    uint8_t bytes[64];
};

/* Deterministic key pair from 32 random bytes. */
void key_pair_of_seed(const uint8_t seed[32], struct public_key *public_key,
                      struct secret_key *secret_key);
/* Overwrites the key so that the compiler keeps the write. */
void secret_key_wipe(struct secret_key *secret_key);
/* Same 32 bytes. */
bool public_key_equal(const struct public_key *a, const struct public_key *b);
/* False for the keys no signature may be made with (not canonical, small order, not on the curve).
 */
bool public_key_is_sound(const struct public_key *key);

/* BLAKE2b-256 (or -128) of |domain| ‖ |parts| in order. |domain| is an ASCII string such as
 * "hoso/body/1". */
struct hash seal_hash(const char *domain, const struct bytes *parts, size_t count);
struct name seal_name(const char *domain, const struct bytes *parts, size_t count);
/* Keyed BLAKE2b-256: a proof that one knows |key| (a one-time secret of 16 to 64 bytes). */
struct hash seal_proof(const char *domain, struct bytes key, struct bytes message);

/* Signs |domain| ‖ |parts|, together at most SEAL_MESSAGE_BYTES (the caller's duty). */
void seal_sign(const char *domain, const struct bytes *parts, size_t count,
               const struct secret_key *key, struct signature *signature);
/* True iff |signature| is valid by the strict rule (and the message not above SEAL_MESSAGE_BYTES).
 */
CHECK_RESULT bool seal_verify(const char *domain, const struct bytes *parts, size_t count,
                              const struct public_key *key, const struct signature *signature);
/*
 * The same verdict from the group's arithmetic alone, about three times slower. libsodium after
 * 1.0.18 checks the cofactored equation, and seal_verify() then asks this too; tests hold both
 * equal.
 */
CHECK_RESULT bool seal_verify_by_equation(const char *domain, const struct bytes *parts,
                                          size_t count, const struct public_key *key,
                                          const struct signature *signature);

#endif
