#include "protocol/sync/frame/packing.h"

#include <string.h>

enum { VARINT_BYTES_MAX = 10 };

void pack_unsigned(struct buffer *out, uint64_t value)
{
    uint8_t bytes[VARINT_BYTES_MAX];
    size_t size = 0;
    while (value >= 0x80) {
        bytes[size++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    bytes[size++] = (uint8_t)value;
    buffer_append(out, bytes, size);
}

struct unpacker unpacker_of(struct bytes bytes)
{
    return (struct unpacker){.left = bytes};
}

static uint64_t fail(struct unpacker *unpacker)
{
    unpacker->failed = true;
    unpacker->left = (struct bytes){NULL, 0};
    return 0;
}

uint64_t unpack_unsigned(struct unpacker *unpacker, uint64_t most)
{
    uint64_t value = 0;
    for (size_t i = 0; i < VARINT_BYTES_MAX && i < unpacker->left.size; i++) {
        uint8_t byte = unpacker->left.at[i];
        uint64_t part = byte & 0x7fU;
        /* The tenth byte has room for one bit; a zero last byte is not the shortest form. */
        if ((i == VARINT_BYTES_MAX - 1 && byte > 1) || (i > 0 && byte == 0)) {
            return fail(unpacker);
        }
        value |= part << (7 * i);
        if (byte < 0x80) {
            if (value > most) {
                return fail(unpacker);
            }
            unpacker->left = bytes_of(unpacker->left.at + i + 1, unpacker->left.size - i - 1);
            return value;
        }
    }
    return fail(unpacker);
}

uint8_t unpack_u8(struct unpacker *unpacker)
{
    struct bytes one = unpack_bytes(unpacker, 1);
    return one.size == 1 ? one.at[0] : 0;
}

struct bytes unpack_bytes(struct unpacker *unpacker, size_t size)
{
    if (unpacker->failed || size > unpacker->left.size) {
        fail(unpacker);
        return (struct bytes){NULL, 0};
    }
    struct bytes taken = bytes_of(unpacker->left.at, size);
    if (size > 0) {
        unpacker->left = bytes_of(unpacker->left.at + size, unpacker->left.size - size);
    }
    return taken;
}

static void unpack_into(struct unpacker *unpacker, uint8_t *out, size_t size)
{
    struct bytes taken = unpack_bytes(unpacker, size);
    if (taken.size == size) {
        memcpy(out, taken.at, size);
    }
}

struct name unpack_name(struct unpacker *unpacker)
{
    struct name name = {{0}};
    unpack_into(unpacker, name.bytes, sizeof name.bytes);
    return name;
}

struct hash unpack_hash(struct unpacker *unpacker)
{
    struct hash hash = {{0}};
    unpack_into(unpacker, hash.bytes, sizeof hash.bytes);
    return hash;
}

enum status unpack_end(const struct unpacker *unpacker)
{
    return unpacker->failed || unpacker->left.size != 0 ? STATUS_MALFORMED : STATUS_OK;
}
