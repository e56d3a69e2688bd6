/*
 * Keys of TABLE_NUMBER, shared by the files of this folder; number.h draws the rows.
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
    NUMBER_FLOOR = 6,
    NUMBER_APART = 7,
    NUMBER_LENDING = 8
};

/* |kind| ‖ |unit| ‖ 00; |unit| has at most NUMBER_UNIT_BYTES. */
struct table_key number_unit_key(enum number_kind kind, struct bytes unit);
/* Appends two bytes to |key|. */
void number_key_u16(struct table_key *key, uint32_t value);
/* The day since 1970-01-01 that a code's |day| (YYMMDD, 2000 to 2099) names. */
int64_t number_day(uint32_t day);
/* The row of a number in use. */
struct table_key number_used_key(const struct code *code);

/* The names that follow |kind| alone in keys, from |from| on, ascending, at most |most|. */
CHECK_RESULT enum status number_names(struct store_read *read, enum number_kind kind,
                                      const struct name *from, struct name *names, size_t most,
                                      size_t *count);

/* [writer] Notes the codes of |unit| that |body| gives |case_name|; |*coded|: it writes one. */
CHECK_RESULT enum status number_note_codes(struct replica *replica, struct bytes unit,
                                           const struct name *case_name,
                                           const struct case_body *body, bool *coded);

#endif
