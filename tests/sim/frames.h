/*
 * Frames as an onlooker reads them: a line of the trace each, and the promises in them.
 */
#ifndef HOSO_TESTS_SIM_FRAMES_H
#define HOSO_TESTS_SIM_FRAMES_H

#include "tests/sim/node.h"

enum { FRAME_LINE_BYTES = 1000 };

/* "RECORDS 12 (log a3f1.. 40-51)" for the trace. */
void frame_describe(struct bytes frame, char out[FRAME_LINE_BYTES]);
/* |sender| puts |frame| on a line: what it acknowledges must be durable there. */
void frame_judge(struct node *sender, struct bytes frame);

#endif
