/*
 * Raw deflate (RFC 1951) with the raw size told beside it and enforced while inflating. The only
 * module that includes zlib. What it makes is a legal deflate stream; which one is the encoder's
 * own affair, so two encoders may differ in bytes and agree in content.
 */
#ifndef HOSO_PROTOCOL_SYNC_FRAME_SQUEEZE_H
#define HOSO_PROTOCOL_SYNC_FRAME_SQUEEZE_H

#include "protocol/base/bytes.h"

/*
 * Appends the deflated |parts|, joined in order, to |out|. A part begins a block of its own, so
 * that unlike parts do not share a code. |dictionary| (may be empty; at most 32 KiB) is what the
 * stream may refer back to. Errors: NO_MEMORY; the buffer's own are the buffer's.
 */
CHECK_RESULT enum status squeeze_deflate(struct bytes dictionary, const struct bytes *parts,
                                         size_t count, struct buffer *out);
/*
 * Inflates |deflated|, made with the same |dictionary|, into exactly |raw_size| bytes at |raw|.
 * Errors: MALFORMED (another size, no deflate stream, bytes after its end), NO_MEMORY.
 */
CHECK_RESULT enum status squeeze_inflate(struct bytes dictionary, struct bytes deflated,
                                         uint8_t *raw, size_t raw_size);

#endif
