/* A receipt that decodes encodes its content again; one that opens has a signature that holds. */
#include "protocol/record/receipt.h"
#include "tests/fuzz/target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes raw = bytes_of(data, size);
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct receipt receipt;
    enum status decoded = receipt_decode(raw, &arena, &receipt);
    enum status opened = receipt_open(raw, &arena, &receipt);
    FUZZ_MUST(opened == decoded || (decoded == STATUS_OK && opened == STATUS_FORGED));
    if (decoded == STATUS_OK) {
        struct public_key key;
        struct secret_key secret;
        key_pair_of_seed((const uint8_t[32]){1}, &key, &secret);
        /* The content between the signer's key and the signature does not depend on either. */
        struct buffer again;
        buffer_init(&again, SIZE_MAX);
        receipt.signer = key;
        FUZZ_MUST(receipt_seal(&receipt, &secret, &again) == STATUS_OK);
        FUZZ_MUST(again.size == size);
        FUZZ_MUST(memcmp(again.at + 35, data + 35, size - 35 - 64) == 0);
        buffer_deinit(&again);
    }
    arena_deinit(&arena);
    return 0;
}
