/*
 * Small integers in few bytes, for the frames and columns that are not MessagePack.
 *
 * A varint is little-endian base 128: seven bits a byte, the high bit set on all bytes but the
 * last, at most ten bytes, never longer than needed. Source: SPEC.md "Frames".
 */
#ifndef HOSO_PROTOCOL_SYNC_FRAME_PACKING_H
#define HOSO_PROTOCOL_SYNC_FRAME_PACKING_H

#include "protocol/base/bytes.h"

/* Append one integer. Failure is the buffer's (sticky). */
void pack_unsigned(struct buffer *out, uint64_t value);

/* Takes from the front of borrowed bytes; after the first failure every take gives zero or empty.
 */
struct unpacker {
    struct bytes left;
    bool failed;
};

/* An unpacker over borrowed |bytes|. */
struct unpacker unpacker_of(struct bytes bytes);
/* Fails if what stands there is no shortest-form varint of at most |most|. */
uint64_t unpack_unsigned(struct unpacker *unpacker, uint64_t most);
uint8_t unpack_u8(struct unpacker *unpacker);
/* The next |size| bytes, borrowed. */
struct bytes unpack_bytes(struct unpacker *unpacker, size_t size);
struct name unpack_name(struct unpacker *unpacker);
struct hash unpack_hash(struct unpacker *unpacker);
/* OK iff nothing failed and nothing is left; MALFORMED else. */
CHECK_RESULT enum status unpack_end(const struct unpacker *unpacker);

#endif
