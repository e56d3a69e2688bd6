/*
 * The gate's walk, for the decoder behind it. Callers outside this folder use wire.h.
 */
#ifndef HOSO_PROTOCOL_WIRE_GATE_H
#define HOSO_PROTOCOL_WIRE_GATE_H

#include "protocol/wire/wire.h"

/*
 * As wire_gate_prefix; tells also how many |elements| the value has, itself and every item, key and
 * value at any depth: never more than its bytes. Errors: MALFORMED, LIMIT; then nothing is written.
 */
CHECK_RESULT enum status gate_walk(struct bytes message, size_t *size, size_t *elements);

#endif
