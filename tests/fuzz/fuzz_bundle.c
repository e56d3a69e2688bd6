/*
 * Any bytes as a bundle. An input that begins with 1 is frames without what stands before each in
 * the file (size in two bytes, then the frame), put there by the writer, so that the search gets
 * past the checks. However the file is cut into pieces, the reader gives the same frames and comes
 * to the same end; what it gives decodes or is refused, and the records of a batch are where its
 * runs say.
 */
#include "protocol/sync/frame/bundle.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"

#include <string.h>

enum { FRAMES_ALONE = 1, FILE_BYTES = 1024 * 1024, ARENA_BYTES = 4 * 1024 * 1024 };

/* What a reader came to. */
struct reading {
    enum status status;
    uint64_t offset;
    enum bundle_part part;
    size_t frames;
    size_t bytes;
};

static void try_batch(struct bytes frame)
{
    struct batch *batch = NULL;

    if (bundle_batch(frame, &batch) != STATUS_OK)
        return;
    for (size_t i = 0; i < batch->run_count; i++) {
        const struct run *run = &batch->runs[i];

        FUZZ_MUST(run->first <= batch->record_count);
        FUZZ_MUST(run->count <= batch->record_count - run->first);
        for (size_t k = 0; k < run->count; k++)
            FUZZ_MUST(batch->records[run->first + k].raw.size > 0);
    }
    batch_verify(batch, CHAIN_BY_RUN);
    for (size_t i = 0; i < batch->run_count; i++)
        FUZZ_MUST(batch->runs[i].verdict.authentic <= batch->runs[i].count);
    batch_free(batch);
}

static void try_title(struct bytes frame, struct arena *arena)
{
    struct bundle_title title;
    struct buffer again;

    if (bundle_title_decode(frame, arena, &title) != STATUS_OK)
        return;
    buffer_init(&again, LIMIT_FRAME_BYTES);
    bundle_title_encode(&title, &again);
    FUZZ_MUST(bytes_equal(buffer_view(&again), frame));
    buffer_deinit(&again);
}

static void try_frame(struct bytes frame)
{
    struct arena arena;
    struct heads heads;
    struct receipts receipts;

    arena_init(&arena, ARENA_BYTES);
    if (frame.at[0] == BUNDLE_TITLE)
        try_title(frame, &arena);
    else if (frame.at[0] == FRAME_HEADS)
        (void)!heads_decode(frame, &arena, &heads);
    else if (frame.at[0] == FRAME_RECEIPT)
        (void)!receipts_decode(frame, &arena, &receipts);
    else if (frame.at[0] == FRAME_RECORDS)
        try_batch(frame);
    arena_deinit(&arena);
}

/* Reads |file| as it comes in pieces of |piece| bytes; 0: whole. */
static struct reading read_file(struct bytes file, size_t piece, bool look)
{
    struct bundle_reader reader = {.part = BUNDLE_MAGIC};
    struct reading reading = {.status = STATUS_OK};
    size_t at = 0;
    size_t end = piece == 0 ? file.size : 0;

    while (reading.status == STATUS_OK) {
        size_t used = 0;
        struct bytes frame = bytes_of(NULL, 0);

        reading.status = bundle_take(&reader, bytes_of(file.at + at, end - at), &used, &frame);
        if (reading.status != STATUS_OK)
            break;
        FUZZ_MUST(used <= end - at);
        at += used;
        FUZZ_MUST(reader.offset == at);
        if (frame.size > 0) {
            reading.frames++;
            reading.bytes += frame.size;
            if (look)
                try_frame(frame);
        } else if (used == 0) {
            if (end == file.size)
                break;
            end = file.size - end < piece ? file.size : end + piece;
        }
    }
    reading.offset = reader.offset;
    reading.part = reader.part;
    return reading;
}

static void put_frames(struct input *input, struct buffer *file)
{
    struct bundle_writer writer = {.begun = false};

    while (input->left > 0) {
        struct bytes frame = input_piece(input, 1 + input_pair(input) % LIMIT_FRAME_BYTES);

        if (frame.size > 0)
            bundle_put(&writer, frame, file);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct reading whole, pieces;
    struct buffer file;

    buffer_init(&file, FILE_BYTES);
    if (size > 0 && data[0] == FRAMES_ALONE) {
        (void)input_byte(&input);
        put_frames(&input, &file);
    } else {
        buffer_append(&file, data, size);
    }
    if (file.size > 0 && buffer_status(&file) == STATUS_OK) {
        whole = read_file(buffer_view(&file), 0, true);
        pieces = read_file(buffer_view(&file), 1 + size % 29, false);
        FUZZ_MUST(whole.frames == pieces.frames && whole.bytes == pieces.bytes);
        FUZZ_MUST(whole.status == pieces.status && whole.part == pieces.part);
        FUZZ_MUST(whole.offset == pieces.offset);
    }
    buffer_deinit(&file);
    return 0;
}
