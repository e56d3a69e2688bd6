/*
 * One column: the values of one place, in the order of the records, each coded by what stood before
 * it there. Writer and reader keep the same memory, so both know the same.
 *
 *   integer  what it differs from its guess. The guess is the column's last value or the record's
 *            own happened-at, whichever came closer so far. A difference in whole minutes is told
 *            in minutes: code = 2·zigzag(minutes), else 2·zigzag(difference)+1
 *   text     0 new: how many bytes it shares with the column's last value, how many follow; the
 *            bytes go to the second stream. 1: equals the text before the last in this record.
 *            2+k: the k-th of the column's recent values
 *   binary   0 new: its size; the bytes go to the frame's plain part. 1+k: the k-th recent
 *
 * The recent values are a list of at most 32, the last used first. Source: SPEC.md "Columns".
 */
#ifndef HOSO_PROTOCOL_SYNC_FRAME_COLUMN_H
#define HOSO_PROTOCOL_SYNC_FRAME_COLUMN_H

#include "protocol/sync/frame/form.h"
#include "protocol/sync/frame/packing.h"

enum { COLUMN_RECENT = 32, COLUMN_SHARED_LEAST = 3 };

/* What is known of the record while its values are coded. */
struct column_record {
    uint64_t happened;     /* seconds; 0 unknown yet or at all */
    struct bytes texts[2]; /* its last texts, the last one first */
};

struct column {
    uint64_t name;
    struct bytes recent[COLUMN_RECENT];
    size_t recent_count;
    uint64_t last;
    uint32_t cost_last, cost_happened; /* how far off each guess was, in bits, fading */
    /* writing */
    struct buffer codes;
    struct buffer bytes;
    /* reading */
    struct unpacker from_codes;
    struct unpacker from_bytes;
};

/* An empty column by the name its form gives it; column_deinit() frees its streams. */
void column_init(struct column *column, uint64_t name);
void column_deinit(struct column *column);

/* Writes |value| as |token| says, by the guess of what came before. Failure is the buffers'
 * (sticky). */
void column_put(struct column *column, enum form_token token, const struct form_value *value,
                struct column_record *record, struct buffer *plain);
/* False: malformed. New texts live in |arena| or where the streams do. */
bool column_take(struct column *column, enum form_token token, struct form_value *value,
                 struct column_record *record, struct unpacker *plain, struct arena *arena);

#endif
