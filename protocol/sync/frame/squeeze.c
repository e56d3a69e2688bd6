#include "protocol/sync/frame/squeeze.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

enum { STEP_BYTES = 4096, LEVEL = 7 };

/* The window need not be larger than the input: a frame of one record then costs 8 KB, not 256. */
static int window_bits(size_t size)
{
    int bits = 9;
    while (bits < MAX_WBITS && ((size_t)1 << bits) < size) {
        bits++;
    }
    return bits;
}

/* Runs deflate until it has taken its input and given what |flush| asks for. */
static enum status drain(z_stream *stream, int flush, struct buffer *out)
{
    uint8_t step[STEP_BYTES];
    int code = Z_OK;
    do {
        stream->next_out = step;
        stream->avail_out = sizeof step;
        code = deflate(stream, flush);
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
            return STATUS_NO_MEMORY;
        }
        buffer_append(out, step, sizeof step - stream->avail_out);
    } while (stream->avail_out == 0 || (flush == Z_FINISH && code == Z_OK));
    return STATUS_OK;
}

enum status squeeze_deflate(struct bytes dictionary, const struct bytes *parts, size_t count,
                            struct buffer *out)
{
    size_t size = dictionary.size;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].size > UINT_MAX - size) {
            return STATUS_NO_MEMORY;
        }
        size += parts[i].size;
    }
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    int bits = window_bits(size);
    int memory = bits - 6 > 9 ? 9 : bits - 6;
    if (deflateInit2(&stream, LEVEL, Z_DEFLATED, -bits, memory, Z_DEFAULT_STRATEGY) != Z_OK) {
        return STATUS_NO_MEMORY;
    }
    enum status status = STATUS_OK;
    if (dictionary.size > 0 &&
        deflateSetDictionary(&stream, dictionary.at, (uInt)dictionary.size) != Z_OK) {
        status = STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        /* zlib 1.2 has no const input; deflate() never writes to it. */
        union {
            const uint8_t *in;
            Bytef *out;
        } input = {.in = parts[i].at};
        stream.next_in = input.out;
        stream.avail_in = (uInt)parts[i].size;
        bool last = i + 1 == count;
        status = parts[i].size == 0 && !last ? STATUS_OK
                                             : drain(&stream, last ? Z_FINISH : Z_BLOCK, out);
    }
    deflateEnd(&stream);
    return status;
}

enum status squeeze_inflate(struct bytes dictionary, struct bytes deflated, uint8_t *raw,
                            size_t raw_size)
{
    if (deflated.size > UINT_MAX || raw_size > UINT_MAX || dictionary.size > UINT_MAX) {
        return STATUS_MALFORMED;
    }
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) {
        return STATUS_NO_MEMORY;
    }
    union {
        const uint8_t *in;
        Bytef *out;
    } input = {.in = deflated.at};
    stream.next_in = input.out;
    stream.avail_in = (uInt)deflated.size;
    stream.next_out = raw;
    stream.avail_out = (uInt)raw_size;
    int code = dictionary.size == 0
                   ? Z_OK
                   : inflateSetDictionary(&stream, dictionary.at, (uInt)dictionary.size);
    code = code == Z_OK ? inflate(&stream, Z_FINISH) : code;
    bool whole = code == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
    inflateEnd(&stream);
    return code == Z_MEM_ERROR ? STATUS_NO_MEMORY : whole ? STATUS_OK : STATUS_MALFORMED;
}
