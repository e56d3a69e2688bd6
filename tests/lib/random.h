/*
 * A seeded stream of numbers (SplitMix64), the only randomness of tests: a run is replayed by its
 * seed.
 */
#ifndef HOSO_TESTS_LIB_RANDOM_H
#define HOSO_TESTS_LIB_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state; /* the seed, at first */
};

uint64_t random_next(struct random *random);
/* 0 to |bound| - 1; |bound| above 0. */
uint64_t random_below(struct random *random, uint64_t bound);
void random_fill(struct random *random, void *at, size_t size);

#endif
