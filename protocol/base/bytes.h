/*
 * Byte strings: a borrowed view, a growable buffer born with its limit, and the fixed-size names of
 * the protocol.
 *
 * A |struct bytes| never owns. A |struct buffer| owns its memory, never passes its limit, and fails
 * stickily: after the first failure every append is a no-op and buffer_status() says why, so a
 * caller may build straight through and test once at the end.
 */
#ifndef HOSO_PROTOCOL_BASE_BYTES_H
#define HOSO_PROTOCOL_BASE_BYTES_H

#include "protocol/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed; valid as long as what it points into. {NULL, 0} is the empty string. */
struct bytes {
    const uint8_t *at;
    size_t size;
};

/* 16 bytes: a log, a case, a scope, an epoch, an id's prefix, a digest. All zero = none. */
struct name {
    uint8_t bytes[16];
};

/* 32 bytes: a record's id, a hash, a commitment. All zero = none. */
struct hash {
    uint8_t bytes[32];
};

struct buffer {
    uint8_t *at;
    size_t size;
    size_t capacity;
    size_t limit;
    enum status status;
};

/* Views of |size| bytes, of a terminated text without its terminator; borrowed. */
struct bytes bytes_of(const void *at, size_t size);
struct bytes bytes_of_text(const char *text);
/* Same size, same bytes. */
bool bytes_equal(struct bytes a, struct bytes b);
/* memcmp order, shorter first on a common prefix. */
int bytes_compare(struct bytes a, struct bytes b);
/* As bytes_equal(), with a terminated text. */
bool bytes_equal_text(struct bytes a, const char *text);

/* All zero; equal; memcmp order. */
bool name_is_none(const struct name *name);
bool name_equal(const struct name *a, const struct name *b);
int name_compare(const struct name *a, const struct name *b);
bool hash_is_none(const struct hash *hash);
bool hash_equal(const struct hash *a, const struct hash *b);
int hash_compare(const struct hash *a, const struct hash *b);
/* The first 16 bytes of |hash|: how a case is named by its genesis, a log by its opening, a
 * position by its id. */
struct name name_of_hash(const struct hash *hash);

/* Starts an empty buffer that refuses to pass |limit| bytes. Allocates nothing yet. */
void buffer_init(struct buffer *buffer, size_t limit);
/* Frees the memory; the buffer may be initialised again. */
void buffer_deinit(struct buffer *buffer);
/* Empties, keeps memory and limit, clears the failure. */
void buffer_reset(struct buffer *buffer);
/* Each appends, or fails stickily; integers big-endian. |at| may not point into the buffer. */
void buffer_append(struct buffer *buffer, const void *at, size_t size);
void buffer_append_bytes(struct buffer *buffer, struct bytes bytes);
void buffer_append_u8(struct buffer *buffer, uint8_t value);
void buffer_append_be32(struct buffer *buffer, uint32_t value);
void buffer_append_be64(struct buffer *buffer, uint64_t value);
/* OK, LIMIT (would have passed the limit) or NO_MEMORY. */
CHECK_RESULT enum status buffer_status(const struct buffer *buffer);
/* What was built; valid until the next append, reset or deinit. Empty after a failure. */
struct bytes buffer_view(const struct buffer *buffer);

/* Big-endian integers at any address, 4 or 8 bytes. */
uint32_t be32_load(const uint8_t *at);
uint64_t be64_load(const uint8_t *at);
void be32_store(uint8_t *at, uint32_t value);
void be64_store(uint8_t *at, uint64_t value);

/* Lower-case hex of |bytes| into |out| (2 × size + 1 chars, terminated). */
void hex_encode(struct bytes bytes, char *out);
/* Decodes up to |capacity| bytes of hex digits; false on another character, an odd count or too
 * many. */
bool hex_decode(const char *text, size_t text_size, uint8_t *out, size_t capacity, size_t *size);

#endif
