/*
 * Records whose bytes the disk has spoilt. Such a record is not held: its place in log, arrival and
 * case stays, its bytes are gone until the same record, by its id, comes again. Meanwhile the log
 * is told as ending before it, so whoever holds the record sends it, and this node begins a new
 * epoch, for its receipts said more than it holds. Source: SPEC.md "Damage".
 *
 *   META 11 store u32, seq u64 -> id 32, the spoilt bytes as they were found
 */
#ifndef HOSO_CLIENT_REPLICA_LOG_DAMAGE_H
#define HOSO_CLIENT_REPLICA_LOG_DAMAGE_H

#include "client/replica/log/log.h"

/* Caps |row| (seq, id) before its first record that is not held; |row->seq| may become
 * |row->first| - 1, with the id of what it branched off or none. Errors: IO, CORRUPT. */
CHECK_RESULT enum status damage_cap(struct store_read *read, struct log_row *row);
/* Whether any record is not held. */
CHECK_RESULT enum status damage_any(struct store_read *read, bool *any);
/* How many. */
CHECK_RESULT enum status damage_count(struct store_read *read, uint64_t *count);
/* Whether the record at |place| itself is not held. */
CHECK_RESULT enum status damage_at(struct store_read *read, const struct place *place, bool *is);

/* [writer] |record| came, whose id stands at |place|: its bytes are held again if they were not;
 * |*mended| says so. Errors: IO, FULL, NO_MEMORY. */
CHECK_RESULT enum status damage_mend(struct replica *replica, const struct log_row *log,
                                     const struct place *place, const struct record *record,
                                     bool *mended);
/* [writer] Writes |row|, whose bytes borrow from no table, at |place|; its case is stale. And: lets
 * the record go that |row| holds the spoilt bytes of. Errors: IO, FULL, NO_MEMORY. */
CHECK_RESULT enum status damage_put_record(struct replica *replica, const struct place *place,
                                           const struct record_row *row);
CHECK_RESULT enum status damage_let_go(struct replica *replica, const struct place *place,
                                       const struct record_row *row);

#endif
