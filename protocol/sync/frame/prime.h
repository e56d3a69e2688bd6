/*
 * What writer and reader of a frame's columns know alike before its first record: a sheet that has
 * gone through the prelude's records, and the dictionary the deflate stream begins with.
 *
 * Source: SPEC.md "Columns", "Prelude".
 */
#ifndef HOSO_PROTOCOL_SYNC_FRAME_PRIME_H
#define HOSO_PROTOCOL_SYNC_FRAME_PRIME_H

#include "protocol/sync/frame/columns.h"
#include "protocol/sync/frame/sheet.h"

enum { PRIME_DICTIONARY_BYTES = 32 * 1024 };

/*
 * Takes |sheet|, a new one, through the records of |prelude| (NULL: none), which stand before the
 * run |follower|, and appends their bodies' last PRIME_DICTIONARY_BYTES to |dictionary|. The sheet
 * borrows from the records. Errors: NO_MEMORY, CORRUPT (a record does not stand there).
 */
CHECK_RESULT enum status prime_sheet(struct sheet *sheet, const struct prelude *prelude,
                                     const struct run *follower, struct buffer *dictionary);

#endif
