/*
 * Dossier codes: UNIT-YYMMDD-NNNN, one a dossier, never given twice by a unit for one day.
 *
 * One node introduces a unit's codes, its counter owner: the office. It draws the next number above
 * every number it knows for that day, whoever brought it in, passing over leased ranges. A device
 * draws from ranges leased to its log by a KIND_LEASE record of the owner; a lease names days and
 * numbers, is never given twice for one day and dies with its log. Where no number can be drawn the
 * dossier is provisional ("tạm-" and eight digits of its id) and the owner gives it a code later.
 *
 * A day's numbers are parted, so that logs which cannot ask each other never draw the same:
 *   0001..2000  the owner, from a log that succeeds none; when they are used up, on from 8001
 *   2001..6000  lent by the node above, 200 at a time, to an owner's log that succeeds another
 *   6001..8000  a hundred each log has by its own name, once somebody answers for it
 *   8001..9999  lent by an owner whose log succeeds none to its devices
 * A store that knows it was put back or copied is *apart* from then on: its log succeeds another,
 * and it draws and lends from what was lent to that log, or from the log's own hundred.
 * Source: SPEC.md "Codes".
 *
 * Rows of TABLE_NUMBER (big-endian; |unit| is a text without zero bytes):
 *   01 unit 00 day u32 number u16          -> case name      a number in use; day as YYMMDD
 *   02 unit 00 log name first day u32 first number u16
 *                                          -> days u32, count u16, writer's key
 *   03 case name                           -> (empty)        a dossier that waits for its code
 *   04 request id                          -> record id, case name
 *   05 log name                            -> seq u64, id's first 16 bytes: to be held again first
 *   06 unit 00                             -> day u32, number u32: an officer's word, or of a store
 *                                             put back by an older version: up to that day numbers
 *                                             are drawn above a floor, that day's above this
 *   07                                     -> u8: this store is apart (enum number_apart)
 *   08 log name                            -> (empty)        may need more numbers of this node
 */
#ifndef HOSO_CLIENT_REPLICA_ACT_NUMBER_H
#define HOSO_CLIENT_REPLICA_ACT_NUMBER_H

#include "client/replica/state.h"

enum {
    NUMBER_MOST = 9999,
    NUMBER_FIRST_MOST = 2000,
    NUMBER_LENT_FROM = 2001,
    NUMBER_LENT_TO = 6000,
    NUMBER_LENT_COUNT = 200,
    NUMBER_OWN_FROM = 6001,
    NUMBER_OWN_TO = 8000,
    NUMBER_OWN_COUNT = 100,
    NUMBER_LEASED_FROM = 8001,
    NUMBER_UNIT_BYTES = LIMIT_CODE_BYTES - 12, /* what a code leaves its unit */
    NUMBER_PROVISIONAL_BYTES = 16
};

/* A code taken apart. The unit's form is nobody's business here. */
struct code {
    struct bytes unit; /* borrowed */
    uint32_t day;      /* 181001 */
    uint32_t number;   /* 1..9999 */
};

/* False if |text| has not the form of a code. */
bool code_parse(struct bytes text, struct code *code);
/* LIMIT if it does not fit. */
CHECK_RESULT enum status code_format(const struct code *code, char out[LIMIT_CODE_BYTES + 1]);
/* The day of codes given on the local day |seconds| falls on. */
uint32_t code_day_of(int64_t seconds, int zone_minutes);
/* "tạm-1a2b3c4d", terminated. */
void code_provisional(const struct name *case_name, char out[NUMBER_PROVISIONAL_BYTES]);

/* True if this node introduces |unit|'s codes: granted so, or, while no grant says anything yet, an
 * office or a hub in its own unit. */
bool number_is_owner(const struct replica_read *read, struct bytes unit);

/*
 * [writer] Notes what |record|, just stored as |log|'s newest, says of numbers: codes in use,
 * leases, dossiers without a code, request ids of this device. To be called for every record the
 * accept transaction stores, once its log row is made; acts call it themselves. A body it cannot
 * read says nothing. Errors: IO, FULL, NO_MEMORY, CORRUPT: abort.
 */
CHECK_RESULT enum status number_note(struct replica *replica, const struct log_row *log,
                                     const struct record *record);
/* The same where the body is at hand, for a record of a case. */
CHECK_RESULT enum status number_note_body(struct replica *replica, const struct log_row *log,
                                          uint64_t kind, const struct hash *id,
                                          const struct name *case_name,
                                          const struct case_body *body);
/* [writer] This store was shown that it once held |log| up to |seq| and does not: no number is
 * drawn until that record, whose id begins with |id16|, is here again. */
CHECK_RESULT enum status number_doubt(struct replica *replica, const struct name *log, uint64_t seq,
                                      const struct name *id16);
/* [writer] The same, of an extent nobody can tell yet: until number_confirmed(). From now on this
 * store is apart: another may be at work with its key. */
CHECK_RESULT enum status number_doubt_all(struct replica *replica);
/* [writer] The node above (at the top: any peer) holds the same as this one: nothing it knew of is
 * missing any more. Lifts the doubt of number_doubt_all(). At the top, where nobody lends, the log
 * may draw from its own hundred. */
CHECK_RESULT enum status number_confirmed(struct replica *replica);
/*
 * [writer] An officer says that |last| is the last code on paper: lifts every doubt. A store that
 * is apart may draw from its log's own hundred (|*own_hundred|), another goes on behind |last|.
 * Errors: REFUSED
 * (another unit's, or this node does not introduce codes), NOT_FOUND (nothing waits for that word),
 * IO, FULL, NO_MEMORY.
 */
CHECK_RESULT enum status number_confirm(struct replica *replica, const struct code *last,
                                        bool *own_hundred);
/* What numbers of |day| are drawn above because this store was put back; 0: nothing. */
CHECK_RESULT enum status number_floor(struct store_read *read, struct bytes unit, uint32_t day,
                                      uint32_t *above);
/* Whether such a doubt stands. */
CHECK_RESULT enum status number_in_doubt(struct store_read *read, bool *doubt);

enum number_apart {
    APART_NOT,
    APART_WAITS,   /* for numbers lent to its log */
    APART_ANSWERED /* somebody answers for it: it may draw from its log's own hundred too */
};
CHECK_RESULT enum status number_apart(struct store_read *read, enum number_apart *apart);
/* Whether codes of today are provisional here: doubt, or nothing to draw from. */
CHECK_RESULT enum status number_waits(struct replica_read *read, bool *waits);

/* The case that uses the code, or NOT_FOUND. */
CHECK_RESULT enum status number_find(struct store_read *read, const struct code *code,
                                     struct name *case_name);
/* The number the unit's owner gives next on |day|. NOT_FOUND: none may be drawn, or none is left.
 */
CHECK_RESULT enum status number_next(struct replica_read *read, struct bytes unit, uint32_t day,
                                     uint32_t *number);
/* Whether a lease of that day covers the code's number. */
CHECK_RESULT enum status number_is_leased(struct replica_read *read, const struct code *code,
                                          bool *leased);
/* A number of |day| leased to |log| and not used yet. NOT_FOUND: none. */
CHECK_RESULT enum status number_leased(struct replica_read *read, struct bytes unit, uint32_t day,
                                       const struct name *log, uint32_t *number);

/* [writer] A request id and what came of it. */
CHECK_RESULT enum status number_request_put(struct replica *replica, struct bytes request,
                                            const struct hash *record,
                                            const struct name *case_name);
/* NOT_FOUND. */
CHECK_RESULT enum status number_request_find(struct store_read *read, struct bytes request,
                                             struct hash *record, struct name *case_name);

/* ---- leases ---- */

/* One row of a lease, as the counter owner gave it. */
struct lease_row {
    struct name log;
    int64_t first_day; /* days since 1970-01-01, the unit's zone */
    uint32_t days;
    uint32_t first_number;
    uint32_t count;
    struct public_key writer;
};

/* Every lease of |unit|; false from |each| stops. Whether one counts, lease_counts() says. */
CHECK_RESULT enum status lease_each(struct store_read *read, struct bytes unit,
                                    bool (*each)(void *context, const struct lease_row *row),
                                    void *context);
/* Whether |row| may be drawn from: its writer owns |unit|'s counter, or granted it. */
bool lease_counts(const struct replica_read *read, struct bytes unit, const struct lease_row *row);
/* The last day of |row|, since 1970-01-01. */
int64_t lease_last_day(const struct lease_row *row);
/* True if a day and a number of |row| lie in |days| and |count| from these on. */
bool lease_overlaps(const struct lease_row *row, int64_t first_day, int64_t days,
                    uint32_t first_number, uint32_t count);
/* The name by which leases call this node's open counter log. NOT_FOUND: none is open. */
CHECK_RESULT enum status lease_own_log(struct store_read *read, struct name *log);
/* [writer] Keeps the row of a lease that |log| brought, of any unit. Errors: IO, FULL. */
CHECK_RESULT enum status lease_note(struct replica *replica, const struct log_row *log,
                                    const struct lease *lease);
/* How many numbers of |lease| are in use on |day|, and the lowest free one (0: none). */
CHECK_RESULT enum status lease_use(struct store_read *read, struct bytes unit,
                                   const struct lease_row *lease, uint32_t day, uint32_t *used,
                                   uint32_t *free_number);

#endif
