/* What the gate passes decodes, and re-encodes to the same bytes. */
#include "protocol/wire/wire.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes message = bytes_of(data, size);
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct wire_value value;
    size_t length = 0;
    enum status gate = wire_gate(message);
    enum status prefix = wire_gate_prefix(message, &length);
    FUZZ_MUST(gate != STATUS_OK || (prefix == STATUS_OK && length == size));
    FUZZ_MUST(prefix != STATUS_OK || wire_gate(bytes_of(data, length)) == STATUS_OK);
    FUZZ_MUST(wire_decode(message, &arena, &value) == gate);
    if (gate == STATUS_OK) {
        struct buffer again;
        buffer_init(&again, SIZE_MAX);
        wire_put_value(&again, &value);
        FUZZ_MUST(bytes_equal(buffer_view(&again), message));
        buffer_deinit(&again);
    }
    arena_deinit(&arena);
    return 0;
}
