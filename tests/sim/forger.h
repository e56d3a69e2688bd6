/*
 * A device that breaks the rules: what an honest replica would never write is put straight onto its
 * disk.
 */
#ifndef HOSO_TESTS_SIM_FORGER_H
#define HOSO_TESTS_SIM_FORGER_H

#include "tests/sim/node.h"

/* Appends to the node's own log, as its next record, one that is well formed and signed by the
 * device but names a predecessor that is not. What the node writes later follows it. */
void forger_append(struct node *node, const struct name *case_name);

#endif
