/*
 * What a program had told others when the power went: the acknowledgements of a session (each says
 * that what it names is durable here) and the answers of the local socket.
 */
#ifndef HOSO_TESTS_SHIM_TOLD_H
#define HOSO_TESTS_SHIM_TOLD_H

#include "tests/shim/trace.h"

#include <stddef.h>

struct told;

/* Never NULL: it ends the program. */
struct told *told_new(void);
void told_free(struct told *told);
/* Takes what |node| sent by one socket. */
void told_take(struct told *told, const char *node, const struct trace *trace, const uint8_t *data);
/* Prints a line a claim: "ack NODE LOG SEQ ID16" (hex), "said NODE ANSWER". */
void told_print(const struct told *told);

#endif
