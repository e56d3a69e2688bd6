/*
 * A random run: a district of a few offices and devices, days of work in bad weather, then the
 * network heals and everything is checked. All of it follows from the seed.
 */
#ifndef HOSO_TESTS_SIM_RUN_H
#define HOSO_TESTS_SIM_RUN_H

#include "tests/sim/world.h"

/* How many offices the run of |seed| has; 0: a few, drawn in the run. One in some thousands is
 * wide: up to 200. */
size_t run_offices(uint64_t seed);
/* Runs |world|, which is fresh. The world tells whether it failed. */
void run_random(struct world *world);

#endif
