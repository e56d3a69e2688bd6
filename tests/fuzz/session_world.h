/*
 * The world of the session's target: a hub, an office, the same computer copied and worked on (so
 * one log has two branches) and a device, all by known keys. It is made once; every input gets
 * copies, and everything any of them holds is at hand to be sent in any order and shape.
 */
#ifndef HOSO_TESTS_FUZZ_SESSION_WORLD_H
#define HOSO_TESTS_FUZZ_SESSION_WORLD_H

#include "tests/lib/pair.h"

enum { WORLD_SITES = 4, WORLD_FORGED_MAX = 32 };

enum world_site { WORLD_HUB, WORLD_OFFICE, WORLD_TWIN, WORLD_DEVICE };

struct world {
    struct district district;
    struct site sites[WORLD_SITES];
    struct batch *known[WORLD_SITES]; /* all that each holds, run by run */
};

/* Made at the first call; lives as long as the process. */
const struct world *world_base(void);
/* A copy of one of the base's sites; site_close() it. */
void world_copy(enum world_site which, struct site *copy);

#endif
