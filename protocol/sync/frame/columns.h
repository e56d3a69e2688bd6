/*
 * The columns of a RECORDS frame: records taken apart by meaning, so that like stands beside like
 * and deflates to almost nothing, and what the receiver can compute does not travel at all.
 *
 * A record rebuilds to the very bytes it was. What cannot (a newer version, a form this layout does
 * not know) travels whole, beside the others. Source: SPEC.md "Frames", "Columns".
 */
#ifndef HOSO_PROTOCOL_SYNC_FRAME_COLUMNS_H
#define HOSO_PROTOCOL_SYNC_FRAME_COLUMNS_H

#include "protocol/sync/session/batch.h"

/*
 * Records both ends hold: those right before the first run, in the order of their log, the last one
 * being what that run follows, with their bodies. The columns go on as if these had been coded
 * before, so that a frame of a few records costs little more a record than one of hundreds. At most
 * LIMIT_PRELUDE_RECORDS of LIMIT_PRELUDE_BYTES together. Borrowed for the call.
 */
struct prelude {
    const struct record *records;
    size_t count;
};

/*
 * Appends the columns of |records|, which lie run by run as |runs| say (log, before, first, count),
 * to |out|; |prelude| may be NULL. Errors: LIMIT (more than one frame holds: try fewer), NO_MEMORY,
 * CORRUPT (a record does not stand where its run says).
 */
CHECK_RESULT enum status columns_encode(const struct prelude *prelude, const struct record *records,
                                        const struct run *runs, size_t run_count,
                                        struct buffer *out);

/*
 * Rebuilds into |records| (room for all runs' records) what |columns| hold; |prelude| is the one
 * they were made with, NULL: none. Raw bytes and lists live in |arena|. A record that rebuilds but
 * is none (record_decode says why) ends its run: |runs|[i].count is cut there, refused_seq and why
 * tell; the records behind stay where |first| says, with gaps between runs. Errors: MALFORMED,
 * LIMIT, NO_MEMORY.
 */
CHECK_RESULT enum status columns_decode(struct bytes columns, const struct prelude *prelude,
                                        struct arena *arena, struct run *runs, size_t run_count,
                                        struct record *records);

#endif
