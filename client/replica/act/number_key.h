/*
 * Keys of TABLE_NUMBER, shared by number.c, doubt.c, lease.c and duty.c; number.h draws the rows.
 */
#ifndef HOSO_CLIENT_REPLICA_ACT_NUMBER_KEY_H
#define HOSO_CLIENT_REPLICA_ACT_NUMBER_KEY_H

#include "client/replica/act/number.h"

enum number_kind {
    NUMBER_USED = 1,
    NUMBER_LEASE = 2,
    NUMBER_WAITING = 3,
    NUMBER_REQUEST = 4,
    NUMBER_DOUBT = 5,
    NUMBER_FLOOR = 6
};

/* |kind| ‖ |unit| ‖ 00; |unit| has at most NUMBER_UNIT_BYTES. */
struct table_key number_unit_key(enum number_kind kind, struct bytes unit);
/* Appends two bytes to |key|. */
void number_key_u16(struct table_key *key, uint32_t value);
/* The row of a number in use. */
struct table_key number_used_key(const struct code *code);

#endif
