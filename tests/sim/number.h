/*
 * Numbers that came out of the desks: two dossiers never share one, but for K12: a store that was
 * restored or copied and could not know it yet.
 */
#ifndef HOSO_TESTS_SIM_NUMBER_H
#define HOSO_TESTS_SIM_NUMBER_H

#include "tests/sim/node.h"

/* A record is seen for the first time, on |node|: notes the number or the lease it holds, and fails
 * the world if the number was drawn before and K12 does not excuse it. */
void number_learn(struct world *world, struct node *node, const struct record *record);

#endif
