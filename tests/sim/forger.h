/*
 * Devices that do not write as this version does: what an honest replica would never write is put
 * straight onto its disk as the next record of its own log. What the node writes later follows it.
 */
#ifndef HOSO_TESTS_SIM_FORGER_H
#define HOSO_TESTS_SIM_FORGER_H

#include "tests/sim/node.h"

enum forgery {
    FORGED_PREV,      /* well formed and signed, but follows a record that is not */
    FORGED_SIGNATURE, /* follows, but the device's signature is junk */
    FORGED_NEWER,     /* of a later version: only the items that never change meaning are ours */
    FORGED_KIND       /* of this version, a kind it does not know */
};

/* Appends one to the log of the counter, of case |case_name|. */
void forger_append(struct node *node, const struct name *case_name, enum forgery forgery);

#endif
