/* A body that decodes encodes again, to the same bytes unless it says what this version passes
 * over. */
#include "protocol/record/body.h"
#include "tests/fuzz/target.h"

static void check_case_body(struct bytes bytes, struct arena *arena)
{
    struct case_body body;
    if (case_body_decode(bytes, arena, &body) != STATUS_OK) {
        return;
    }
    struct buffer again;
    buffer_init(&again, LIMIT_BODY_BYTES);
    FUZZ_MUST(case_body_encode(&body, &again) == STATUS_OK);
    FUZZ_MUST(again.size <= bytes.size);
    FUZZ_MUST(again.size < bytes.size || bytes_equal(buffer_view(&again), bytes));
    buffer_deinit(&again);
}

static void check_opening(struct bytes bytes, struct arena *arena)
{
    struct opening opening;
    struct public_key device;
    struct name scope;
    enum status identity = opening_decode_identity(bytes, &device, &scope);
    if (opening_decode(bytes, arena, &opening) != STATUS_OK) {
        return;
    }
    FUZZ_MUST(identity == STATUS_OK && public_key_equal(&device, &opening.device) &&
              name_equal(&scope, &opening.scope));
    struct buffer again;
    buffer_init(&again, LIMIT_BODY_BYTES);
    FUZZ_MUST(opening_encode(&opening, &again) == STATUS_OK);
    FUZZ_MUST(again.size < bytes.size || bytes_equal(buffer_view(&again), bytes));
    buffer_deinit(&again);
}

static void check_lease(struct bytes bytes, struct arena *arena)
{
    struct lease lease;
    if (lease_decode(bytes, arena, &lease) != STATUS_OK) {
        return;
    }
    struct buffer again;
    buffer_init(&again, LIMIT_BODY_BYTES);
    FUZZ_MUST(lease_encode(&lease, &again) == STATUS_OK);
    FUZZ_MUST(again.size < bytes.size || bytes_equal(buffer_view(&again), bytes));
    buffer_deinit(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    check_case_body(bytes_of(data, size), &arena);
    check_opening(bytes_of(data, size), &arena);
    check_lease(bytes_of(data, size), &arena);
    arena_deinit(&arena);
    return 0;
}
