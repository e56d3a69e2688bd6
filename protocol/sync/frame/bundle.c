#include "protocol/sync/frame/bundle.h"

#include "protocol/record/body.h"
#include "protocol/sync/frame/columns.h"
#include "protocol/sync/frame/packing.h"
#include "protocol/wire/wire.h"

#include <string.h>

static const char magic[] = "hoso/bundle/1\n";
enum {
    MAGIC_BYTES = sizeof magic - 1,
    MAGIC_ANY_BYTES = MAGIC_BYTES - 2, /* the same in every version */
    FRAME_AIM_BYTES = 48 * 1024,
    RAW_AIM_BYTES = 240 * 1024,
    FRAME_ARENA_BYTES = 4 * 1024 * 1024
};

/* ---- the title ---- */

void bundle_title_encode(const struct bundle_title *title, struct buffer *out)
{
    static const struct hash none;
    buffer_append_u8(out, BUNDLE_TITLE);
    wire_put_array(out, 5);
    wire_put_binary(out, bytes_of(title->writer.bytes, sizeof title->writer.bytes));
    wire_put_text(out, title->unit);
    wire_put_integer(out, title->seconds);
    wire_put_unsigned(out, title->records);
    wire_put_hash(out, title->has_proof ? &title->proof : &none);
}

/* A unit's code: it is shown to people before anything vouches for it. */
static bool is_code(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_') {
            return false;
        }
    }
    return true;
}

enum status bundle_title_decode(struct bytes frame, struct arena *arena, struct bundle_title *title)
{
    struct wire_value value;
    *title = (struct bundle_title){0};
    if (frame.size < 2 || frame.at[0] != BUNDLE_TITLE) {
        return STATUS_MALFORMED;
    }
    if (frame.size > LIMIT_FRAME_BYTES) {
        return STATUS_LIMIT;
    }
    enum status status = wire_decode(bytes_of(frame.at + 1, frame.size - 1), arena, &value);
    if (status != STATUS_OK) {
        return status;
    }
    struct wire_reader reader = wire_reader_of(&value, 5, 5);
    struct hash writer = wire_take_hash(&reader, false);
    memcpy(title->writer.bytes, writer.bytes, sizeof title->writer.bytes);
    title->unit = wire_take_text(&reader, 0, LIMIT_CODE_BYTES);
    title->seconds = wire_take_integer(&reader);
    title->records = wire_take_unsigned(&reader, LIMIT_COUNT);
    title->proof = wire_take_hash(&reader, true);
    title->has_proof = !hash_is_none(&title->proof);
    status = wire_reader_end(&reader);
    if (status != STATUS_OK) {
        return status;
    }
    bool sane = title->seconds >= -LIMIT_SECONDS && title->seconds <= LIMIT_SECONDS;
    return sane && is_code(title->unit) ? STATUS_OK : STATUS_MALFORMED;
}

void bundle_transcript(const struct public_key *server, const struct public_key *writer,
                       uint8_t out[INVITATION_TRANSCRIPT_BYTES])
{
    struct transcript transcript = {.server = *server};
    invitation_transcript(&transcript, writer, out);
}

/* ---- the file ---- */

/* What stands before |frame|: it covers the frame and, by the check before, all that came. */
static void check_next(uint8_t check[BUNDLE_CHECK_BYTES], struct bytes frame)
{
    struct bytes parts[] = {bytes_of(check, BUNDLE_CHECK_BYTES), frame};
    struct hash hash = seal_hash("hoso/bundle/frame/1", parts, 2);
    memcpy(check, hash.bytes, BUNDLE_CHECK_BYTES);
}

void bundle_put(struct bundle_writer *writer, struct bytes frame, struct buffer *out)
{
    if (!writer->begun) {
        buffer_append(out, magic, MAGIC_BYTES);
        writer->begun = true;
    }
    check_next(writer->check, frame);
    pack_unsigned(out, frame.size);
    buffer_append(out, writer->check, sizeof writer->check);
    buffer_append_bytes(out, frame);
}

static enum status take_magic(struct bundle_reader *reader, struct bytes input, size_t *used)
{
    size_t size = input.size < MAGIC_BYTES ? input.size : MAGIC_BYTES;
    size_t any = size < MAGIC_ANY_BYTES ? size : MAGIC_ANY_BYTES;
    if (size == 0) {
        return STATUS_OK;
    }
    if (memcmp(input.at, magic, any) != 0) {
        return STATUS_MALFORMED;
    }
    if (memcmp(input.at, magic, size) != 0) {
        return STATUS_NEWER;
    }
    if (size == MAGIC_BYTES) {
        *used = MAGIC_BYTES;
        reader->offset = MAGIC_BYTES;
        reader->part = BUNDLE_FRONT;
    }
    return STATUS_OK;
}

/* Where a frame of |type| may stand, and what may come behind it. |whole|: HEADS in its last part.
 * What is of no known type stands anywhere behind the title. */
static bool follows(enum bundle_part *part, uint8_t type, bool whole)
{
    enum bundle_part before = *part;
    switch (type) {
    case BUNDLE_TITLE:
        *part = BUNDLE_VECTOR;
        return before == BUNDLE_FRONT;
    case FRAME_HEADS:
        *part = whole ? BUNDLE_RECORDS : BUNDLE_VECTOR;
        return before == BUNDLE_VECTOR;
    case FRAME_RECORDS:
        return before == BUNDLE_RECORDS;
    case FRAME_RECEIPT:
        *part = BUNDLE_RECEIPTS;
        return before == BUNDLE_RECORDS || before == BUNDLE_RECEIPTS;
    case FRAME_BYE:
        *part = BUNDLE_END;
        return before == BUNDLE_RECORDS || before == BUNDLE_RECEIPTS;
    default:
        return before != BUNDLE_FRONT && type > FRAME_REST;
    }
}

/* The mode of HEADS is one byte behind the type and the array's head. */
static bool is_whole(struct bytes frame)
{
    return frame.size > 2 && frame.at[2] == HEADS_WHOLE;
}

enum status bundle_take(struct bundle_reader *reader, struct bytes input, size_t *used,
                        struct bytes *frame)
{
    *used = 0;
    *frame = (struct bytes){NULL, 0};
    if (reader->part == BUNDLE_MAGIC) {
        enum status status = take_magic(reader, input, used);
        if (status != STATUS_OK || reader->part == BUNDLE_MAGIC) {
            return status;
        }
        input = bytes_of(input.at + *used, input.size - *used);
    }
    if (input.size == 0) {
        return STATUS_OK;
    }
    if (reader->part == BUNDLE_END) {
        return STATUS_MALFORMED;
    }
    struct unpacker from = unpacker_of(input);
    uint64_t size = unpack_unsigned(&from, LIMIT_FRAME_BYTES);
    if (from.failed) {
        /* A varint of the bound has at most three bytes. */
        return input.size < 3 && (input.at[input.size - 1] & 0x80) != 0 ? STATUS_OK : STATUS_LIMIT;
    }
    if (size == 0) {
        return STATUS_MALFORMED;
    }
    if (from.left.size < BUNDLE_CHECK_BYTES + size) {
        return STATUS_OK;
    }
    struct bytes told = unpack_bytes(&from, BUNDLE_CHECK_BYTES);
    struct bytes taken = unpack_bytes(&from, (size_t)size);
    check_next(reader->check, taken);
    if (memcmp(reader->check, told.at, BUNDLE_CHECK_BYTES) != 0 ||
        !follows(&reader->part, taken.at[0], is_whole(taken))) {
        return STATUS_MALFORMED;
    }
    size_t piece = input.size - from.left.size;
    *used += piece;
    reader->offset += piece;
    *frame = taken;
    return STATUS_OK;
}

/* ---- records ---- */

static void describe(const struct name *log, const struct record *first, size_t place, size_t count,
                     struct run *run, struct records_run *out)
{
    *run = (struct run){.log = *log, .first = place, .count = count};
    run->before.log = *log;
    run->before.seq = first->header.seq - 1;
    run->before.id = first->header.prev;
    *out = (struct records_run){.log = *log,
                                .first_seq = first->header.seq,
                                .count = count,
                                .follow = first->header.seq == 1 ? FOLLOW_OPENING : FOLLOW_TOLD,
                                .before = first->header.prev};
}

/* One frame of all |count|, behind |out|; it is taken back if it does not fit. */
static enum status encode_frame(const struct name *log, const struct record *opening,
                                const struct record *records, size_t count, struct buffer *out)
{
    struct arena arena;
    struct run runs[2];
    struct records_run described[2];
    struct records frame = {.runs = described};
    size_t start = out->size;
    size_t before = opening != NULL ? 1 : 0;
    arena_init(&arena, FRAME_ARENA_BYTES);
    struct record *all = arena_array(&arena, count + before, sizeof *all);
    if (all == NULL) {
        return STATUS_NO_MEMORY;
    }
    if (opening != NULL) {
        struct name root = record_log(opening);
        all[0] = *opening;
        describe(&root, opening, 0, 1, &runs[0], &described[0]);
    }
    memcpy(all + before, records, count * sizeof *records);
    describe(log, &records[0], before, count, &runs[before], &described[before]);
    frame.run_count = before + 1;
    records_encode(&frame, out);
    enum status status = columns_encode(NULL, all, runs, frame.run_count, out);
    if (status == STATUS_OK) {
        status = buffer_status(out);
    }
    if (status == STATUS_OK && out->size - start > LIMIT_FRAME_BYTES) {
        status = STATUS_LIMIT;
    }
    if (status != STATUS_OK) {
        out->size = start;
        out->status = status == STATUS_NO_MEMORY ? status : STATUS_OK;
    }
    arena_deinit(&arena);
    return status;
}

enum status bundle_records_encode(const struct name *log, const struct record *opening,
                                  const struct record *records, size_t count, struct buffer *out,
                                  size_t *taken)
{
    size_t start = out->size;
    size_t raw = 0, some = 0;
    *taken = 0;
    while (some < count && some < LIMIT_FRAME_RECORDS - 1 &&
           (some == 0 || raw + records[some].raw.size <= RAW_AIM_BYTES)) {
        raw += records[some++].raw.size;
    }
    for (; some > 0; some /= 2) {
        enum status status = encode_frame(log, opening, records, some, out);
        if (status == STATUS_OK && some > 1 && out->size - start > FRAME_AIM_BYTES) {
            out->size = start; /* one that is damaged should not take much with it */
            continue;
        }
        if (status != STATUS_LIMIT || some == 1) {
            *taken = status == STATUS_OK ? some : 0;
            return status;
        }
    }
    return STATUS_LIMIT;
}

/* Whose key a run is by, where the frame itself tells: its opening's, here or in a run before. */
static enum status find_device(struct batch *batch, struct run *run)
{
    const struct record *first = &batch->records[run->first];
    struct opening opening;
    if (run->count == 0) {
        return STATUS_OK;
    }
    if (!name_is_none(&first->header.log)) {
        run->before.log = first->header.log; /* as the chain names it */
    }
    if (first->header.seq == 1) {
        enum status status = first->has_body ? opening_decode(first->body, &batch->arena, &opening)
                                             : STATUS_MALFORMED;
        if (status != STATUS_OK) {
            run->count = 0;
            run->why = status;
            run->refused_seq = 1;
            return status == STATUS_NO_MEMORY ? status : STATUS_OK;
        }
        run->device = opening.device;
        run->scope = opening.scope;
        run->device_known = true;
        return STATUS_OK;
    }
    for (const struct run *other = batch->runs; other < run && !run->device_known; other++) {
        if (other->device_known && name_equal(&other->log, &run->before.log)) {
            run->device = other->device;
            run->scope = other->scope;
            run->device_known = true;
        }
    }
    return STATUS_OK;
}

/* The runs with what they follow; their records are yet to be rebuilt. */
static enum status take_runs(struct batch *batch, const struct records *records)
{
    batch->runs = arena_array(&batch->arena, records->run_count + 1, sizeof *batch->runs);
    if (batch->runs == NULL) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < records->run_count; i++) {
        const struct records_run *from = &records->runs[i];
        struct run *run = &batch->runs[batch->run_count++];
        if (from->follow == FOLLOW_KNOWN) {
            return STATUS_PROTOCOL;
        }
        *run = (struct run){.log = from->log, .first = batch->record_count, .count = from->count};
        run->before =
            (struct position){.log = from->log, .seq = from->first_seq - 1, .id = from->before};
        batch->record_count += from->count;
    }
    batch->records = arena_array(&batch->arena, batch->record_count + 1, sizeof *batch->records);
    return batch->records != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status bundle_batch(struct bytes frame, struct batch **out)
{
    struct batch *batch = batch_new();
    struct records records;
    *out = NULL;
    if (batch == NULL) {
        return STATUS_NO_MEMORY;
    }
    enum status status = records_decode(frame, &batch->arena, &records);
    if (status == STATUS_OK && (records.has_cursor || records.restart || records.at_end ||
                                records.prelude > 0 || records.run_count == 0)) {
        status = STATUS_PROTOCOL;
    }
    if (status == STATUS_OK) {
        status = take_runs(batch, &records);
    }
    if (status == STATUS_OK) {
        status = columns_decode(records.columns, NULL, &batch->arena, batch->runs, batch->run_count,
                                batch->records);
    }
    for (size_t i = 0; status == STATUS_OK && i < batch->run_count; i++) {
        status = find_device(batch, &batch->runs[i]);
    }
    batch->wire_bytes = frame.size;
    if (status != STATUS_OK) {
        batch_free(batch);
        return status;
    }
    *out = batch;
    return STATUS_OK;
}
