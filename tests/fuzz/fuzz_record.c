/* A record that decodes is made of its parts again; its header, if known, encodes to its bytes. */
#include "protocol/record/chain.h"
#include "tests/fuzz/target.h"

static void check_header(struct bytes bytes, const struct record_header *header)
{
    struct buffer again;
    buffer_init(&again, LIMIT_HEADER_BYTES);
    FUZZ_MUST(record_header_encode(header, &again) == STATUS_OK);
    FUZZ_MUST(bytes_equal(buffer_view(&again), bytes));
    buffer_deinit(&again);
}

static void check_record(const struct record *record)
{
    struct buffer again;
    buffer_init(&again, LIMIT_RECORD_BYTES);
    const struct signature *officer =
        record->has_officer_signature ? &record->officer_signature : NULL;
    const struct bytes *body = record->has_body ? &record->body : NULL;
    FUZZ_MUST(record_assemble(record->header_bytes, officer, &record->device_signature, body,
                              &again) == STATUS_OK);
    FUZZ_MUST(bytes_equal(buffer_view(&again), record->raw));
    buffer_deinit(&again);
    struct public_key key = {{9}};
    struct position before = {record->header.log, record->header.seq - 1, record->header.prev};
    struct chain_result result = chain_check(record, 1, &before, &key, CHAIN_BY_RUN);
    FUZZ_MUST(result.authentic == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes bytes = bytes_of(data, size);
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct record_header header;
    if (record_header_decode(bytes, &arena, &header) == STATUS_OK && !header.newer) {
        check_header(bytes, &header);
    }
    struct record record;
    /* An input may hold a good signature only by being a vector. */
    if (record_decode(bytes, &arena, &record) == STATUS_OK) {
        if (!record.header.newer) {
            check_header(record.header_bytes, &record.header);
        }
        if (record.header.kind != KIND_OPENING) {
            check_record(&record);
        }
    }
    arena_deinit(&arena);
    return 0;
}
