#include "protocol/wire/wire.h"

#include <string.h>

static const struct wire_value nil = {.type = WIRE_NIL};

static void fail(struct wire_reader *reader)
{
    reader->failed = true;
    reader->left = 0;
}

static void fail_over(struct wire_reader *reader)
{
    if (!reader->failed) {
        reader->over = true;
    }
    fail(reader);
}

struct wire_reader wire_reader_of(const struct wire_value *array, size_t least, size_t most)
{
    struct wire_reader reader = {NULL, 0, false, false};
    if (array->type != WIRE_ARRAY || array->as.list.count < least) {
        fail(&reader);
    } else if (array->as.list.count > most) {
        fail_over(&reader);
    } else {
        reader.items = array->as.list.items;
        reader.left = array->as.list.count;
    }
    return reader;
}

const struct wire_value *wire_take_any(struct wire_reader *reader)
{
    if (reader->left == 0) {
        fail(reader);
        return &nil;
    }
    reader->left--;
    return reader->items++;
}

uint64_t wire_take_unsigned(struct wire_reader *reader, uint64_t most)
{
    const struct wire_value *value = wire_take_any(reader);
    if (value->type != WIRE_UNSIGNED) {
        fail(reader);
        return 0;
    }
    if (value->as.number > most) {
        fail_over(reader);
        return 0;
    }
    return value->as.number;
}

int64_t wire_take_integer(struct wire_reader *reader)
{
    const struct wire_value *value = wire_take_any(reader);
    if (value->type == WIRE_NEGATIVE) {
        return value->as.negative;
    }
    if (value->type == WIRE_UNSIGNED && value->as.number <= INT64_MAX) {
        return (int64_t)value->as.number;
    }
    fail(reader);
    return 0;
}

bool wire_take_boolean(struct wire_reader *reader)
{
    const struct wire_value *value = wire_take_any(reader);
    if (value->type != WIRE_BOOLEAN) {
        fail(reader);
        return false;
    }
    return value->as.boolean;
}

static struct bytes take_string(struct wire_reader *reader, enum wire_type type, size_t least,
                                size_t most)
{
    const struct wire_value *value = wire_take_any(reader);
    if (value->type != type || value->as.bytes.size < least) {
        fail(reader);
    } else if (value->as.bytes.size > most) {
        fail_over(reader);
    } else {
        return value->as.bytes;
    }
    return bytes_of(NULL, 0);
}

struct bytes wire_take_text(struct wire_reader *reader, size_t least, size_t most)
{
    return take_string(reader, WIRE_TEXT, least, most);
}

struct bytes wire_take_binary(struct wire_reader *reader, size_t least, size_t most)
{
    return take_string(reader, WIRE_BINARY, least, most);
}

/* Copies exactly |size| bytes, not all zero, or leaves zeros behind (with a failure, or for a nil).
 */
static void take_fixed(struct wire_reader *reader, bool nil_ok, uint8_t *to, size_t size)
{
    memset(to, 0, size);
    if (nil_ok && wire_take_nil(reader)) {
        return;
    }
    const struct wire_value *value = wire_take_any(reader);
    if (value->type != WIRE_BINARY || value->as.bytes.size != size) {
        fail(reader);
        return;
    }
    uint8_t any = 0;
    for (size_t i = 0; i < size; i++) {
        any |= value->as.bytes.at[i];
    }
    if (any == 0) {
        fail(reader);
        return;
    }
    memcpy(to, value->as.bytes.at, size);
}

struct name wire_take_name(struct wire_reader *reader, bool nil_ok)
{
    struct name name;
    take_fixed(reader, nil_ok, name.bytes, sizeof name.bytes);
    return name;
}

struct hash wire_take_hash(struct wire_reader *reader, bool nil_ok)
{
    struct hash hash;
    take_fixed(reader, nil_ok, hash.bytes, sizeof hash.bytes);
    return hash;
}

bool wire_take_nil(struct wire_reader *reader)
{
    if (reader->left == 0 || reader->items->type != WIRE_NIL) {
        return false;
    }
    (void)wire_take_any(reader);
    return true;
}

struct wire_reader wire_take_array(struct wire_reader *reader, size_t least, size_t most)
{
    if (reader->failed) {
        return *reader;
    }
    struct wire_reader inner = wire_reader_of(wire_take_any(reader), least, most);
    if (inner.failed) {
        wire_reader_close(reader, &inner);
    }
    return inner;
}

void wire_reader_close(struct wire_reader *outer, const struct wire_reader *inner)
{
    enum status status = wire_reader_end(inner);
    if (status == STATUS_LIMIT) {
        fail_over(outer);
    } else if (status != STATUS_OK) {
        fail(outer);
    }
}

enum status wire_reader_end(const struct wire_reader *reader)
{
    if (reader->failed) {
        return reader->over ? STATUS_LIMIT : STATUS_MALFORMED;
    }
    return reader->left == 0 ? STATUS_OK : STATUS_MALFORMED;
}
