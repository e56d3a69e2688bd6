#include "tests/vectors/vector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t failures;
static size_t expectations;

struct hash vector_hash_of(const char *label)
{
    struct bytes part = bytes_of_text(label);
    return seal_hash("hoso/vector/1", &part, 1);
}

struct name vector_name_of(const char *label)
{
    struct hash hash = vector_hash_of(label);
    return name_of_hash(&hash);
}

struct vector_key vector_key_of(const char *label)
{
    struct vector_key key = {.label = label};
    struct hash seed = vector_hash_of(label);
    memcpy(key.seed, seed.bytes, sizeof key.seed);
    key_pair_of_seed(key.seed, &key.public_key, &key.secret_key);
    return key;
}

json_t *vector_key_json(const struct vector_key *key)
{
    return json_pack("{s:s, s:o, s:o}", "label", key->label, "seed",
                     vector_hex(bytes_of(key->seed, sizeof key->seed)), "public",
                     vector_hex(bytes_of(key->public_key.bytes, sizeof key->public_key.bytes)));
}

void vector_must(enum status status, const char *what)
{
    if (status != STATUS_OK) {
        fprintf(stderr, "vectors: %s: %s\n", what, status_name(status));
        exit(1);
    }
}

json_t *vector_hex(struct bytes bytes)
{
    char *text = malloc(2 * bytes.size + 1);
    if (text == NULL) {
        abort();
    }
    hex_encode(bytes, text);
    json_t *json = json_string(text);
    free(text);
    return json;
}

json_t *vector_hash_json(const struct hash *hash)
{
    return hash_is_none(hash) ? json_null() : vector_hex(bytes_of(hash->bytes, sizeof hash->bytes));
}

json_t *vector_name_json(const struct name *name)
{
    return name_is_none(name) ? json_null() : vector_hex(bytes_of(name->bytes, sizeof name->bytes));
}

static json_t *unsigned_json(uint64_t number)
{
    if (number <= INT64_MAX) {
        return json_integer((json_int_t)number);
    }
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    return json_string(text);
}

static json_t *list_json(const struct wire_value *value)
{
    json_t *list = json_array();
    for (size_t i = 0; i < value->as.list.count; i++) {
        if (value->type == WIRE_ARRAY) {
            json_array_append_new(list, vector_value_json(&value->as.list.items[i]));
        } else {
            json_array_append_new(
                list, json_pack("[o, o]", vector_value_json(&value->as.list.items[2 * i]),
                                vector_value_json(&value->as.list.items[2 * i + 1])));
        }
    }
    return value->type == WIRE_ARRAY ? list : json_pack("{s:o}", "map", list);
}

json_t *vector_value_json(const struct wire_value *value)
{
    switch (value->type) {
    case WIRE_NIL:
        break;
    case WIRE_BOOLEAN:
        return json_boolean(value->as.boolean);
    case WIRE_UNSIGNED:
        return unsigned_json(value->as.number);
    case WIRE_NEGATIVE:
        return json_integer(value->as.negative);
    case WIRE_TEXT:
        return json_stringn((const char *)value->as.bytes.at, value->as.bytes.size);
    case WIRE_BINARY:
        return json_pack("{s:o}", "bin", vector_hex(value->as.bytes));
    case WIRE_ARRAY:
    case WIRE_MAP:
        return list_json(value);
    }
    return json_null();
}

json_t *vector_encoded_json(struct bytes encoded)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct wire_value value;
    json_t *json =
        wire_decode(encoded, &arena, &value) == STATUS_OK ? vector_value_json(&value) : json_null();
    arena_deinit(&arena);
    return json;
}

const char *vector_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    vector_expect(text != NULL, object, key);
    return text != NULL ? text : "";
}

struct bytes vector_bytes(const json_t *object, const char *key, struct arena *arena)
{
    const char *text = vector_text(object, key);
    size_t capacity = strlen(text) / 2;
    uint8_t *at = arena_alloc(arena, capacity);
    size_t size = 0;
    vector_expect(at != NULL && hex_decode(text, strlen(text), at, capacity, &size), object, key);
    return bytes_of(at, size);
}

bool vector_is_null(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return value == NULL || json_is_null(value);
}

void vector_expect(bool holds, const json_t *object, const char *what)
{
    expectations++;
    if (!holds) {
        const char *name = json_string_value(json_object_get(object, "name"));
        fprintf(stderr, "vector %s: %s\n", name != NULL ? name : "(without name)", what);
        failures++;
    }
}

void vector_expect_bytes(const json_t *object, const char *key, struct bytes bytes)
{
    json_t *hex = vector_hex(bytes);
    vector_expect(json_equal(hex, json_object_get(object, key)) == 1, object, key);
    json_decref(hex);
}

void vector_expect_status(const json_t *object, enum status status)
{
    bool same = strcmp(vector_text(object, "status"), status_name(status)) == 0;
    vector_expect(same, object, status_name(status));
}

size_t vector_failures(void)
{
    return failures;
}

size_t vector_expectations(void)
{
    return expectations;
}
