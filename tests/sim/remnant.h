/*
 * What a process remembers of lines that were cut: the frames that were under way on a route, and
 * what came of one a peer was sending. Nothing of it survives the process.
 */
#ifndef HOSO_TESTS_SIM_REMNANT_H
#define HOSO_TESTS_SIM_REMNANT_H

#include "tests/sim/endpoint.h"

enum { REMNANT_FRAMES = 8 }; /* the last ones a client sent: one of them is the one that was cut */

struct remnants;

/* A client's frame is on its way and will be there at |comes_us|. */
void remnant_sent(struct cable *cable, uint64_t comes_us, struct bytes frame);
void remnant_cable_gone(struct cable *cable);
/* The line of |endpoint| is gone, its process lives on. */
void remnant_keep(struct endpoint *endpoint);
/* Tells a new session of |endpoint| what is remembered for it. */
void remnant_tell(struct endpoint *endpoint, struct session_self *self);
/* The process is gone. */
void remnants_forget(struct node *node);

#endif
