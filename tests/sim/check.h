/*
 * What must hold: at any moment, and once the network has healed.
 */
#ifndef HOSO_TESTS_SIM_CHECK_H
#define HOSO_TESTS_SIM_CHECK_H

#include "tests/sim/node.h"

/* At any moment, of one node that is up: equal inputs give equal views, wherever and whenever. */
void check_views(struct node *node);

/* Calms the weather, ends partitions, boots what is down, and runs until nothing is left to say.
 * Fails the world if that does not come within half an hour of its time. */
void check_heal(struct world *world);
/* True iff nothing is under way and every pair of ends says so. */
bool check_at_rest(struct world *world);

/* After check_heal: nothing receipted is lost, nothing written is lost, all nodes of a scope hold
 * the same and show the same, every store verifies, every level is reached. */
void check_all(struct world *world);

#endif
