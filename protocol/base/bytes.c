#include "protocol/base/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { SMALLEST_CAPACITY = 256 };

struct bytes bytes_of(const void *at, size_t size)
{
    return (struct bytes){at, size};
}

struct bytes bytes_of_text(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

int bytes_compare(struct bytes a, struct bytes b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common == 0 ? 0 : memcmp(a.at, b.at, common);
    if (order != 0) {
        return order;
    }
    return (a.size > b.size) - (a.size < b.size);
}

bool bytes_equal_text(struct bytes a, const char *text)
{
    return bytes_equal(a, bytes_of_text(text));
}

bool name_is_none(const struct name *name)
{
    static const struct name none;
    return memcmp(name, &none, sizeof none) == 0;
}

bool name_equal(const struct name *a, const struct name *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

int name_compare(const struct name *a, const struct name *b)
{
    return memcmp(a, b, sizeof *a);
}

bool hash_is_none(const struct hash *hash)
{
    static const struct hash none;
    return memcmp(hash, &none, sizeof none) == 0;
}

bool hash_equal(const struct hash *a, const struct hash *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

int hash_compare(const struct hash *a, const struct hash *b)
{
    return memcmp(a, b, sizeof *a);
}

struct name name_of_hash(const struct hash *hash)
{
    struct name name;
    memcpy(name.bytes, hash->bytes, sizeof name.bytes);
    return name;
}

void buffer_init(struct buffer *buffer, size_t limit)
{
    *buffer = (struct buffer){.limit = limit, .status = STATUS_OK};
}

void buffer_deinit(struct buffer *buffer)
{
    free(buffer->at);
    buffer_init(buffer, buffer->limit);
}

void buffer_reset(struct buffer *buffer)
{
    buffer->size = 0;
    buffer->status = STATUS_OK;
}

/* True iff |more| bytes fit; grows by doubling, never past the limit. */
static bool buffer_reserve(struct buffer *buffer, size_t more)
{
    if (buffer->status != STATUS_OK) {
        return false;
    }
    if (more > buffer->limit - buffer->size) {
        buffer->status = STATUS_LIMIT;
        return false;
    }
    size_t needed = buffer->size + more;
    if (needed <= buffer->capacity) {
        return true;
    }
    size_t capacity = buffer->capacity < SMALLEST_CAPACITY ? SMALLEST_CAPACITY : buffer->capacity;
    while (capacity < needed) {
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    }
    if (capacity > buffer->limit) {
        capacity = buffer->limit;
    }
    uint8_t *at = realloc(buffer->at, capacity);
    if (at == NULL) {
        buffer->status = STATUS_NO_MEMORY;
        return false;
    }
    buffer->at = at;
    buffer->capacity = capacity;
    return true;
}

void buffer_append(struct buffer *buffer, const void *at, size_t size)
{
    if (!buffer_reserve(buffer, size) || size == 0) {
        return;
    }
    memcpy(buffer->at + buffer->size, at, size);
    buffer->size += size;
}

void buffer_append_bytes(struct buffer *buffer, struct bytes bytes)
{
    buffer_append(buffer, bytes.at, bytes.size);
}

void buffer_append_u8(struct buffer *buffer, uint8_t value)
{
    buffer_append(buffer, &value, 1);
}

void buffer_append_be32(struct buffer *buffer, uint32_t value)
{
    uint8_t at[4];
    be32_store(at, value);
    buffer_append(buffer, at, sizeof at);
}

void buffer_append_be64(struct buffer *buffer, uint64_t value)
{
    uint8_t at[8];
    be64_store(at, value);
    buffer_append(buffer, at, sizeof at);
}

enum status buffer_status(const struct buffer *buffer)
{
    return buffer->status;
}

struct bytes buffer_view(const struct buffer *buffer)
{
    if (buffer->status != STATUS_OK) {
        return (struct bytes){NULL, 0};
    }
    return (struct bytes){buffer->at, buffer->size};
}

uint32_t be32_load(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

uint64_t be64_load(const uint8_t *at)
{
    return (uint64_t)be32_load(at) << 32 | be32_load(at + 4);
}

void be32_store(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

void be64_store(uint8_t *at, uint64_t value)
{
    be32_store(at, (uint32_t)(value >> 32));
    be32_store(at + 4, (uint32_t)value);
}

void hex_encode(struct bytes bytes, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.size; i++) {
        out[2 * i] = digits[bytes.at[i] >> 4];
        out[2 * i + 1] = digits[bytes.at[i] & 15];
    }
    out[2 * bytes.size] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

bool hex_decode(const char *text, size_t text_size, uint8_t *out, size_t capacity, size_t *size)
{
    if (text_size % 2 != 0 || text_size / 2 > capacity) {
        return false;
    }
    for (size_t i = 0; i < text_size / 2; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high * 16 + low);
    }
    *size = text_size / 2;
    return true;
}
