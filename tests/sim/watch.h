/*
 * What an onlooker of every session sees: the trace, and the properties that must hold at every
 * step. No acknowledgement of what is not durable, no frame above the bound, no more effects than
 * the list holds, no window overrun, no honest peer accused.
 */
#ifndef HOSO_TESTS_SIM_WATCH_H
#define HOSO_TESTS_SIM_WATCH_H

#include "tests/sim/endpoint.h"
#include "tests/sim/reading.h"

/* The window this end gives its peer: small enough to be reached. */
size_t watch_window_bytes(const struct endpoint *endpoint);
void watch_step(struct endpoint *endpoint, const struct session_event *event, enum status status,
                const struct session_effects *effects);
/* A READ has its result. */
void watch_read(struct endpoint *endpoint, const struct reading *reading);
/* A frame goes onto the line. */
void watch_send(struct endpoint *endpoint, struct bytes frame);
void watch_closing(struct endpoint *endpoint, enum status status, const char *why);
/* The session is about to be freed: its counts go to the world. */
void watch_ended(struct endpoint *endpoint);

#endif
