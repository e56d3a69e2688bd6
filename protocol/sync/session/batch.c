#include "protocol/sync/session/batch.h"

#include <stdlib.h>

enum {
    /* What bounds a frame bounds its batch far below this; a bundle is one batch. */
    BATCH_ARENA_BYTES = 128 * 1024 * 1024,
    RECEIPT_ARENA_BYTES = 256 * 1024
};

struct batch *batch_new(void)
{
    struct batch *batch = calloc(1, sizeof *batch);
    if (batch != NULL) {
        arena_init(&batch->arena, BATCH_ARENA_BYTES);
    }
    return batch;
}

void batch_free(struct batch *batch)
{
    if (batch != NULL) {
        arena_deinit(&batch->arena);
        free(batch);
    }
}

void batch_verify(struct batch *batch, enum chain_mode mode)
{
    for (size_t i = 0; i < batch->run_count; i++) {
        struct run *run = &batch->runs[i];
        run->verdict =
            chain_check(batch->records + run->first, run->count, &run->before, &run->device, mode);
    }
    struct arena scratch;
    arena_init(&scratch, RECEIPT_ARENA_BYTES);
    for (size_t i = 0; i < batch->receipt_count; i++) {
        struct receipt receipt;
        batch->receipt_sound[i] = receipt_open(batch->receipts[i], &scratch, &receipt) == STATUS_OK;
        arena_reset(&scratch);
    }
    arena_deinit(&scratch);
}
