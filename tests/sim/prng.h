/*
 * The simulator's randomness: xoshiro256** seeded by splitmix64. One seed, one run: nothing here
 * asks the machine for anything. Source: Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2018.
 */
#ifndef HOSO_TESTS_SIM_PRNG_H
#define HOSO_TESTS_SIM_PRNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct prng {
    uint64_t state[4];
};

void prng_seed(struct prng *prng, uint64_t seed);
uint64_t prng_next(struct prng *prng);
/* 0 .. bound - 1; 0 if |bound| is 0. */
uint64_t prng_below(struct prng *prng, uint64_t bound);
/* low .. high, both included. */
uint64_t prng_between(struct prng *prng, uint64_t low, uint64_t high);
/* True |per_mille| times of a thousand. */
bool prng_chance(struct prng *prng, uint64_t per_mille);
void prng_fill(struct prng *prng, uint8_t *out, size_t size);

#endif
