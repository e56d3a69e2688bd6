/*
 * What happens to a random world: its weather, and at each step of the plan what goes wrong.
 */
#ifndef HOSO_TESTS_SIM_MISHAP_H
#define HOSO_TESTS_SIM_MISHAP_H

#include "tests/sim/node.h"

/* What a run is like: chances per mille of each thing at a step of the plan. */
struct temper {
    uint64_t partition, cut, crash, backup, restore, wrong_copy, clone, burn, clock, room, fill,
        flip, join;
    uint64_t pause_us_max; /* between two steps */
};

struct weather mishap_weather(struct prng *prng);
struct temper mishap_temper(struct prng *prng, const struct weather *weather);
/* One step of the plan: maybe mishaps, and an act at some desk. */
void mishap_step(struct world *world, const struct temper *temper);
/* A device to be, below |office|. */
struct node *mishap_device(struct world *world, struct node *office);

#endif
