/*
 * Golden vectors: what every file of them is made and checked with. A file NAME.json has one module
 * NAME.c here that both makes it from fixed seeds and checks the committed one against the library;
 * table.c lists them.
 *
 * Making may end the process when the library refuses what it must not; checking never does: it
 * counts what is wrong.
 */
#ifndef HOSO_TESTS_VECTORS_VECTOR_H
#define HOSO_TESTS_VECTORS_VECTOR_H

#include "protocol/base/arena.h"
#include "protocol/record/seal.h"
#include "protocol/wire/wire.h"

#include <jansson.h>

struct vector_file {
    const char *name; /* "records" */
    json_t *(*make)(void);
    void (*check)(const json_t *file);
};

extern const struct vector_file vector_files[];
extern const size_t vector_file_count;

/* A key pair that depends on |label| alone. */
struct vector_key {
    const char *label;
    uint8_t seed[32];
    struct public_key public_key;
    struct secret_key secret_key;
};

struct vector_key vector_key_of(const char *label);
/* Bytes that depend on |label| alone. */
struct hash vector_hash_of(const char *label);
struct name vector_name_of(const char *label);
/* {"label", "seed", "public"} of a key. */
json_t *vector_key_json(const struct vector_key *key);

/* Ends the process with |what| unless |status| is OK: for making. */
void vector_must(enum status status, const char *what);

/* Lower-case hex; NULL bytes of no length give "". */
json_t *vector_hex(struct bytes bytes);
json_t *vector_hash_json(const struct hash *hash); /* null for none */
json_t *vector_name_json(const struct name *name); /* null for none */
/* A decoded value: null, true, 5 (above 2^63 − 1: "5"), "text", {"bin": hex}, [ … ],
 * {"map": [[key, value] …]}. */
json_t *vector_value_json(const struct wire_value *value);
/* The same of encoded bytes; null if they are not canonical. */
json_t *vector_encoded_json(struct bytes encoded);

/* The hex string at |key| of |object|, decoded into |arena|; counts a failure if it is none. */
struct bytes vector_bytes(const json_t *object, const char *key, struct arena *arena);
/* True if |key| is absent or null. */
bool vector_is_null(const json_t *object, const char *key);
const char *vector_text(const json_t *object, const char *key);

/* Counts a failure of the vector |object| (named by its "name") unless |holds|. */
void vector_expect(bool holds, const json_t *object, const char *what);
/* Counts a failure unless the hex at |key| is |bytes|. */
void vector_expect_bytes(const json_t *object, const char *key, struct bytes bytes);
/* Counts a failure unless the name at "status" is |status|'s. */
void vector_expect_status(const json_t *object, enum status status);
size_t vector_failures(void);
size_t vector_expectations(void);

#endif
