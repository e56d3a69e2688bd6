#include "protocol/sync/columns.h"

#include "protocol/sync/packing.h"
#include "protocol/sync/squeeze.h"

enum status columns_encode(const struct record *records, const struct run *runs, size_t run_count,
                           struct buffer *out)
{
    struct buffer plain;
    buffer_init(&plain, LIMIT_FRAME_RAW_BYTES);
    for (size_t i = 0; i < run_count; i++) {
        for (size_t k = 0; k < runs[i].count; k++) {
            const struct record *record = &records[runs[i].first + k];
            pack_unsigned(&plain, record->raw.size);
            buffer_append_bytes(&plain, record->raw);
        }
    }
    enum status status = buffer_status(&plain);
    if (status == STATUS_OK) {
        struct bytes part = buffer_view(&plain);
        pack_unsigned(out, part.size);
        status = squeeze_deflate(&part, 1, out);
    }
    buffer_deinit(&plain);
    return status != STATUS_OK ? status : buffer_status(out);
}

enum status columns_decode(struct bytes columns, struct arena *arena, struct run *runs,
                           size_t run_count, struct record *records)
{
    struct unpacker outer = unpacker_of(columns);
    size_t size = (size_t)unpack_unsigned(&outer, LIMIT_FRAME_RAW_BYTES);
    uint8_t *plain = arena_alloc(arena, size);
    if (outer.failed || plain == NULL) {
        return outer.failed ? STATUS_MALFORMED : STATUS_NO_MEMORY;
    }
    enum status status = squeeze_inflate(outer.left, plain, size);
    if (status != STATUS_OK) {
        return status;
    }
    struct unpacker from = unpacker_of(bytes_of(plain, size));
    for (size_t i = 0; i < run_count; i++) {
        size_t count = runs[i].count;
        for (size_t k = 0; k < count; k++) {
            struct bytes raw =
                unpack_bytes(&from, (size_t)unpack_unsigned(&from, LIMIT_RECORD_BYTES));
            if (from.failed) {
                return STATUS_MALFORMED;
            }
            status = k < runs[i].count ? record_decode(raw, arena, &records[runs[i].first + k])
                                       : STATUS_OK;
            if (status == STATUS_NO_MEMORY) {
                return status;
            }
            if (status != STATUS_OK) {
                runs[i].count = k;
                runs[i].why = status;
            }
        }
    }
    return unpack_end(&from);
}
