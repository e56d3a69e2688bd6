/*
 * Frames as a hostile peer that holds the keys would make them, shaped by an input: so an input
 * gets past signatures, deflate and canonical form, and searches what lies behind.
 */
#ifndef HOSO_TESTS_FUZZ_SESSION_FORGE_H
#define HOSO_TESTS_FUZZ_SESSION_FORGE_H

#include "protocol/sync/frame/frame.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/session_world.h"

struct forge {
    struct pair *pair;
    struct transcript transcript; /* of the running connection, its server's HELLO in |hello| */
    struct buffer hello;
    struct arena arena; /* of the records made */
    struct record made[WORLD_FORGED_MAX];
    size_t made_count;
};

void forge_open(struct forge *forge, struct pair *pair);
void forge_close(struct forge *forge);

/* Sees every frame that passes: learns the nonces. */
void forge_overhear(struct forge *forge, struct side *from, struct bytes frame);
/* Another HELLO of the client, signed as it must be. False: |frame| is none. */
bool forge_hello(struct forge *forge, struct input *input, struct bytes frame, struct buffer *out);

/* One frame for |to|, or none (|out| stays empty). */
void forge_heads(struct input *input, struct buffer *out);
void forge_ack(struct input *input, struct side *to, struct buffer *out);
void forge_want(struct input *input, struct buffer *out);
void forge_notice(struct input *input, struct buffer *out);
void forge_receipts(struct input *input, struct side *to, struct buffer *out);
void forge_refusal(struct forge *forge, struct input *input, struct side *to, struct buffer *out);
void forge_records(struct forge *forge, struct input *input, struct buffer *out);
/* Signs one more record, for forge_records() to send. */
void forge_record(struct forge *forge, struct input *input);

#endif
