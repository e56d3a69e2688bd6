/*
 * The tail of a store: a small commit is written as one row of TABLE_TAIL and kept in memory over
 * the tables, and many of them are worked into the tables at once. A person's act touches some
 * twenty pages of ten tables; as one row it touches three, which is what a commit costs anyway. A
 * transaction that is large from the start goes into the tables as it always did.
 *
 * Nothing of this is seen above: gets and cursors show tables and tail as one. The tail is part of
 * the same transactions, so a store is its last commit after a kill or a power cut, a copy of it is
 * whole, and opening reads back at most TAIL_BYTES of rows.
 *
 *   TAIL  number u64 -> changes, each: table u8, 1 put or 0 delete, key size u16, value size u32,
 *                       key, value
 */
#ifndef HOSO_CLIENT_STORE_TAIL_H
#define HOSO_CLIENT_STORE_TAIL_H

#include "client/store/store.h"

enum {
    TAIL_COMMIT_BYTES = 24 * 1024, /* changes of a commit that goes into the tail */
    TAIL_BYTES = 192 * 1024        /* rows of the tail before they are worked in */
};

/*
 * Puts a tail before |inner|, which it takes over, and reads back what lies in it. On failure
 * |inner| is closed. Errors: STORE_NEWER (the layout number in the tail), CORRUPT, IO, NO_MEMORY.
 */
CHECK_RESULT enum status tail_open(struct store *inner, struct store **store);
/* The same over a store that another process may be writing: nothing is written through it, and
 * each snapshot reads the tail as it is then. */
CHECK_RESULT enum status tail_open_reader(struct store *inner, struct store **store);

#endif
