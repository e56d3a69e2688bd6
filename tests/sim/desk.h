/*
 * The people at a node: they receive dossiers, write fields, take steps and decide conflicts, as
 * the screen in front of them allows.
 */
#ifndef HOSO_TESTS_SIM_DESK_H
#define HOSO_TESTS_SIM_DESK_H

#include "tests/sim/node.h"

/* A random act by a random officer of the node's unit joins the writer's queue. */
void desk_act(struct node *node);

/* People stand at the counter: some dossiers are received one right after the other. */
void desk_rush(struct node *node);

/* Acts for scripts; each runs at once in a group of its own. False if it was refused or failed. */
bool desk_receive(struct node *node, const char *owner, struct act_result *result);
bool desk_set(struct node *node, const struct name *case_name, const char *field,
              const char *value);

#endif
