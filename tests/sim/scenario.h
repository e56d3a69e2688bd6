/*
 * Scripted worlds, each named after an execution that broke an earlier draft of the design. They
 * say what happens, which path the sessions must take, and how much may travel.
 */
#ifndef HOSO_TESTS_SIM_SCENARIO_H
#define HOSO_TESTS_SIM_SCENARIO_H

#include "tests/sim/world.h"

struct scenario {
    const char *name;
    const char *why; /* one line: what would be lost without the rule */
    void (*play)(struct world *world);
    size_t offices; /* of the district's pack; 0: as always */
};

/* NULL past the end. */
const struct scenario *scenario_at(size_t index);
const struct scenario *scenario_named(const char *name);

#endif
