#include "protocol/wire/wire.h"

#include "protocol/wire/gate.h"

#include <assert.h>
#include <msgpack.h>
#include <string.h>

enum { NUMBER_BYTES_MOST = 9 };

static bool copy_value(const msgpack_object *from, struct arena *arena, struct wire_value *to);

static bool copy_array(const msgpack_object_array *from, struct arena *arena, struct wire_value *to)
{
    struct wire_value *items = arena_array(arena, from->size, sizeof *items);
    if (items == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < from->size; i++) {
        if (!copy_value(&from->ptr[i], arena, &items[i])) {
            return false;
        }
    }
    to->as.list.items = items;
    to->as.list.count = from->size;
    return true;
}

static bool copy_map(const msgpack_object_map *from, struct arena *arena, struct wire_value *to)
{
    struct wire_value *items = arena_array(arena, from->size, 2 * sizeof *items);
    if (items == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < from->size; i++) {
        if (!copy_value(&from->ptr[i].key, arena, &items[2 * i]) ||
            !copy_value(&from->ptr[i].val, arena, &items[2 * i + 1])) {
            return false;
        }
    }
    to->as.list.items = items;
    to->as.list.count = from->size;
    return true;
}

/* Recursion is bounded by the gate's LIMIT_DEPTH. False: the arena is full. */
static bool copy_value(const msgpack_object *from, struct arena *arena, struct wire_value *to)
{
    switch (from->type) {
    case MSGPACK_OBJECT_BOOLEAN:
        to->type = WIRE_BOOLEAN;
        to->as.boolean = from->via.boolean;
        return true;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        to->type = WIRE_UNSIGNED;
        to->as.number = from->via.u64;
        return true;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        to->type = WIRE_NEGATIVE;
        to->as.negative = from->via.i64;
        return true;
    case MSGPACK_OBJECT_STR:
        to->type = WIRE_TEXT;
        to->as.bytes = bytes_of(from->via.str.ptr, from->via.str.size);
        return true;
    case MSGPACK_OBJECT_BIN:
        to->type = WIRE_BINARY;
        to->as.bytes = bytes_of(from->via.bin.ptr, from->via.bin.size);
        return true;
    case MSGPACK_OBJECT_ARRAY:
        to->type = WIRE_ARRAY;
        return copy_array(&from->via.array, arena, to);
    case MSGPACK_OBJECT_MAP:
        to->type = WIRE_MAP;
        return copy_map(&from->via.map, arena, to);
    case MSGPACK_OBJECT_NIL:
        to->type = WIRE_NIL;
        return true;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
    case MSGPACK_OBJECT_EXT:
        break;
    }
    assert(false && "the gate lets no float and no extension through");
    return false;
}

enum status wire_decode(struct bytes message, struct arena *arena, struct wire_value *value)
{
    size_t size = 0;
    size_t elements = 0;
    enum status status = gate_walk(message, &size, &elements);
    if (status != STATUS_OK) {
        return status;
    }
    if (size != message.size) {
        return STATUS_MALFORMED;
    }
    /* One chunk holds the whole tree: the gate has counted it. */
    msgpack_zone zone;
    if (!msgpack_zone_init(&zone, elements * sizeof(msgpack_object))) {
        return STATUS_NO_MEMORY;
    }
    msgpack_object object;
    size_t offset = 0;
    msgpack_unpack_return unpacked =
        msgpack_unpack((const char *)message.at, message.size, &offset, &zone, &object);
    if (unpacked == MSGPACK_UNPACK_NOMEM_ERROR) {
        status = STATUS_NO_MEMORY;
    } else {
        assert(unpacked == MSGPACK_UNPACK_SUCCESS && offset == message.size);
        if (!copy_value(&object, arena, value)) {
            /* A full arena is the sender's fault only if he made the tree too large for it. */
            size_t room = arena->limit_bytes - arena->used_bytes;
            status = elements > room / sizeof *value ? STATUS_LIMIT : STATUS_NO_MEMORY;
        }
    }
    msgpack_zone_destroy(&zone);
    return status;
}

/* Length of the head before a text or binary of |size| bytes. */
static size_t head_size(enum wire_type type, size_t size)
{
    if (type == WIRE_TEXT && size < 32) {
        return 1;
    }
    return size < 0x100 ? 2 : size < 0x10000 ? 3 : 5;
}

struct bytes wire_scalar_bytes(const struct wire_value *value, struct arena *arena)
{
    static const uint8_t nil = 0xc0;
    static const uint8_t booleans[2] = {0xc2, 0xc3};
    static const uint8_t empty_text = 0xa0;
    static const uint8_t empty_binary[2] = {0xc4, 0x00};
    switch (value->type) {
    case WIRE_NIL:
        return bytes_of(&nil, 1);
    case WIRE_BOOLEAN:
        return bytes_of(&booleans[value->as.boolean ? 1 : 0], 1);
    case WIRE_TEXT:
    case WIRE_BINARY: {
        if (value->as.bytes.size == 0) {
            /* msgpack-c lets these point nowhere. */
            return value->type == WIRE_TEXT ? bytes_of(&empty_text, 1) : bytes_of(empty_binary, 2);
        }
        size_t head = head_size(value->type, value->as.bytes.size);
        return bytes_of(value->as.bytes.at - head, head + value->as.bytes.size);
    }
    case WIRE_UNSIGNED:
    case WIRE_NEGATIVE: {
        uint8_t *room = arena_alloc(arena, NUMBER_BYTES_MOST);
        if (room == NULL) {
            return bytes_of(NULL, 0);
        }
        /* A buffer at its limit from the start neither grows nor frees. */
        struct buffer out = {.at = room, .capacity = NUMBER_BYTES_MOST, .limit = NUMBER_BYTES_MOST};
        wire_put_value(&out, value);
        return buffer_view(&out);
    }
    case WIRE_ARRAY:
    case WIRE_MAP:
        break;
    }
    return bytes_of(NULL, 0);
}

static int append(void *data, const char *at, size_t size)
{
    struct buffer *out = data;
    buffer_append(out, at, size);
    return buffer_status(out) == STATUS_OK ? 0 : -1;
}

static msgpack_packer packer_on(struct buffer *out)
{
    msgpack_packer packer;
    msgpack_packer_init(&packer, out, append);
    return packer;
}

/* A failure to pack is a failure to append, and the buffer keeps that. */
static void settled(int packed)
{
    (void)packed;
}

void wire_put_nil(struct buffer *out)
{
    msgpack_packer packer = packer_on(out);
    settled(msgpack_pack_nil(&packer));
}

void wire_put_boolean(struct buffer *out, bool value)
{
    msgpack_packer packer = packer_on(out);
    settled(value ? msgpack_pack_true(&packer) : msgpack_pack_false(&packer));
}

void wire_put_unsigned(struct buffer *out, uint64_t value)
{
    msgpack_packer packer = packer_on(out);
    settled(msgpack_pack_uint64(&packer, value));
}

void wire_put_integer(struct buffer *out, int64_t value)
{
    msgpack_packer packer = packer_on(out);
    settled(msgpack_pack_int64(&packer, value));
}

/* MessagePack lengths are 32 bit; msgpack-c would truncate. */
static bool length_fits(struct buffer *out, size_t size)
{
    if (size <= UINT32_MAX) {
        return true;
    }
    if (out->status == STATUS_OK) {
        out->status = STATUS_LIMIT;
    }
    return false;
}

void wire_put_text(struct buffer *out, struct bytes text)
{
    if (length_fits(out, text.size)) {
        msgpack_packer packer = packer_on(out);
        settled(msgpack_pack_str(&packer, text.size));
        buffer_append_bytes(out, text);
    }
}

void wire_put_binary(struct buffer *out, struct bytes bytes)
{
    if (length_fits(out, bytes.size)) {
        msgpack_packer packer = packer_on(out);
        settled(msgpack_pack_bin(&packer, bytes.size));
        buffer_append_bytes(out, bytes);
    }
}

void wire_put_name(struct buffer *out, const struct name *name)
{
    if (name_is_none(name)) {
        wire_put_nil(out);
    } else {
        wire_put_binary(out, bytes_of(name->bytes, sizeof name->bytes));
    }
}

void wire_put_hash(struct buffer *out, const struct hash *hash)
{
    if (hash_is_none(hash)) {
        wire_put_nil(out);
    } else {
        wire_put_binary(out, bytes_of(hash->bytes, sizeof hash->bytes));
    }
}

void wire_put_array(struct buffer *out, size_t count)
{
    if (length_fits(out, count)) {
        msgpack_packer packer = packer_on(out);
        settled(msgpack_pack_array(&packer, count));
    }
}

void wire_put_map(struct buffer *out, size_t pairs)
{
    if (length_fits(out, pairs)) {
        msgpack_packer packer = packer_on(out);
        settled(msgpack_pack_map(&packer, pairs));
    }
}

void wire_put_value(struct buffer *out, const struct wire_value *value)
{
    switch (value->type) {
    case WIRE_NIL:
        wire_put_nil(out);
        return;
    case WIRE_BOOLEAN:
        wire_put_boolean(out, value->as.boolean);
        return;
    case WIRE_UNSIGNED:
        wire_put_unsigned(out, value->as.number);
        return;
    case WIRE_NEGATIVE:
        wire_put_integer(out, value->as.negative);
        return;
    case WIRE_TEXT:
        wire_put_text(out, value->as.bytes);
        return;
    case WIRE_BINARY:
        wire_put_binary(out, value->as.bytes);
        return;
    case WIRE_ARRAY:
    case WIRE_MAP:
        break;
    }
    size_t items = value->as.list.count;
    if (value->type == WIRE_MAP) {
        wire_put_map(out, items);
        items *= 2;
    } else {
        wire_put_array(out, items);
    }
    for (size_t i = 0; i < items; i++) {
        wire_put_value(out, &value->as.list.items[i]);
    }
}
