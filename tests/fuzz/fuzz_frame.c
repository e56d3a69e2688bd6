/*
 * Any bytes as a frame: what decodes encodes to the very same frame. RECORDS are rebuilt from their
 * columns. An input that begins with 255 is what stands inside the columns' deflate stream, so that
 * the search need not find its way through zlib.
 */
#include "protocol/sync/frame/columns.h"
#include "protocol/sync/frame/frame.h"
#include "protocol/sync/frame/packing.h"
#include "protocol/sync/frame/squeeze.h"
#include "tests/fuzz/target.h"

#include <string.h>

enum { RECORDS_MOST = 64, ARENA_BYTES = 16 * 1024 * 1024, INSIDE = 255, PLAIN_BYTES = 4096 };

/* The same columns once more, behind records they have just made. */
static void rebuild_behind(struct bytes columns, const struct run *run,
                           const struct record *records)
{
    struct arena arena;
    struct prelude prelude = {.records = records, .count = run->count};
    struct run again = {.log = run->log, .before = run->before, .count = run->count};
    arena_init(&arena, ARENA_BYTES);
    struct record *room = arena_array(&arena, again.count, sizeof *room);
    FUZZ_MUST(room != NULL);
    again.before.seq += run->count;
    (void)!columns_decode(columns, &prelude, &arena, &again, 1, room);
    arena_deinit(&arena);
}

static void rebuild(struct bytes columns, struct run *runs, size_t run_count, size_t total)
{
    struct arena arena;
    struct buffer again;
    arena_init(&arena, ARENA_BYTES);
    buffer_init(&again, LIMIT_FRAME_BYTES);
    struct record *records = arena_array(&arena, total, sizeof *records);
    FUZZ_MUST(records != NULL);
    enum status status = columns_decode(columns, NULL, &arena, runs, run_count, records);
    if (status == STATUS_OK) {
        for (size_t i = 0; i < run_count; i++) {
            for (size_t k = 0; k < runs[i].count; k++) {
                FUZZ_MUST(records[runs[i].first + k].raw.size > 0);
            }
        }
        (void)!columns_encode(NULL, records, runs, run_count, &again);
        if (run_count == 1 && runs[0].count > 0) {
            rebuild_behind(columns, &runs[0], records);
        }
    }
    buffer_deinit(&again);
    arena_deinit(&arena);
}

static void try_records(const struct records *records)
{
    struct run runs[RECORDS_MOST];
    size_t total = 0;
    for (size_t i = 0; i < records->run_count; i++) {
        if (i == RECORDS_MOST || records->runs[i].count > RECORDS_MOST - total) {
            return;
        }
        runs[i] = (struct run){
            .log = records->runs[i].log, .first = total, .count = records->runs[i].count};
        runs[i].before.seq = records->runs[i].first_seq - 1;
        runs[i].before.id = records->runs[i].before;
        total += records->runs[i].count;
    }
    if (total > 0) {
        rebuild(records->columns, runs, records->run_count, total);
    }
}

/* |inside|: how many records, then the streams. */
static void try_inside(struct bytes inside)
{
    static const uint8_t plain[PLAIN_BYTES];
    struct buffer columns;
    if (inside.size < 2 || inside.size > LIMIT_FRAME_RAW_BYTES) {
        return;
    }
    struct run run = {.log = {{1}}, .count = 1 + inside.at[0] % RECORDS_MOST};
    struct bytes raw = bytes_of(inside.at + 1, inside.size - 1);
    buffer_init(&columns, LIMIT_FRAME_RAW_BYTES);
    /* So much plain as the records' signatures; what a form asks for beyond it is malformed. */
    pack_unsigned(&columns, 80 * run.count <= PLAIN_BYTES ? 80 * run.count : PLAIN_BYTES);
    buffer_append(&columns, plain, 80 * run.count <= PLAIN_BYTES ? 80 * run.count : PLAIN_BYTES);
    pack_unsigned(&columns, raw.size);
    FUZZ_MUST(squeeze_deflate(bytes_of(NULL, 0), &raw, 1, &columns) == STATUS_OK);
    rebuild(buffer_view(&columns), &run, 1, run.count);
    buffer_deinit(&columns);
}

static void encode_again(struct bytes frame, struct arena *arena, struct buffer *out)
{
    struct heads heads;
    struct ack ack;
    struct receipts receipts;
    struct want want;
    struct rest rest;
    struct begun begun;
    struct records records;
    uint64_t number = 0;
    uint8_t type = frame.at[0];
    if (type == FRAME_HEADS && heads_decode(frame, arena, &heads) == STATUS_OK) {
        heads_encode(&heads, out);
    } else if (type == FRAME_ACK && ack_decode(frame, arena, &ack) == STATUS_OK) {
        ack_encode(&ack, out);
    } else if (type == FRAME_RECEIPT && receipts_decode(frame, arena, &receipts) == STATUS_OK) {
        receipts_encode(&receipts, out);
    } else if (type == FRAME_WANT && want_decode(frame, arena, &want) == STATUS_OK) {
        want_encode(&want, out);
    } else if (type == FRAME_REST && rest_decode(frame, arena, &rest) == STATUS_OK) {
        rest_encode(&rest, out);
    } else if (type == FRAME_BEGUN && begun_decode(frame, arena, &begun) == STATUS_OK) {
        begun_encode(&begun, out);
    } else if ((type == FRAME_BUSY || type == FRAME_BYE) &&
               notice_decode(frame, arena, &number) == STATUS_OK) {
        notice_encode((enum frame_type)type, number, out);
    } else if (type == FRAME_RECORDS && records_decode(frame, arena, &records) == STATUS_OK) {
        records_encode(&records, out);
        buffer_append_bytes(out, records.columns);
        try_records(&records);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct buffer out;
    struct bytes frame = bytes_of(data, size);
    if (size == 0) {
        return 0;
    }
    if (data[0] == INSIDE) {
        try_inside(bytes_of(data + 1, size - 1));
        return 0;
    }
    arena_init(&arena, ARENA_BYTES);
    buffer_init(&out, LIMIT_FRAME_BYTES);
    encode_again(frame, &arena, &out);
    if (out.size > 0) {
        FUZZ_MUST(bytes_equal(buffer_view(&out), frame));
    }
    buffer_deinit(&out);
    arena_deinit(&arena);
    return 0;
}
