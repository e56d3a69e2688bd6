/*
 * One fuzz target a file fuzz_NAME.c: the entry point below, given any bytes. Linked with libFuzzer
 * (clang, HOSO_FUZZ) or with replay.c, which gives it the kept inputs of corpus/NAME.hex.
 */
#ifndef HOSO_TESTS_FUZZ_TARGET_H
#define HOSO_TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What every input must leave true. */
#define FUZZ_MUST(condition)                                                                       \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
