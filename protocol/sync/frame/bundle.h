/*
 * A bundle: a session's frames in a file, for a stick or a letter. A reader needs no line and
 * answers nothing.
 *
 *   "hoso/bundle/1\n", then each frame: size varint ‖ check, 8 bytes ‖ frame
 *   title ‖ HEADS PART … HEADS WHOLE ‖ RECORDS … ‖ RECEIPT … ‖ BYE
 *
 * The check chains the frames, so that damage, a cut and a missing piece are found before anything
 * of them is taken; it guards against accidents. Against a hand it is the records' own signatures
 * that stand. Source: SPEC.md "Bundles".
 */
#ifndef HOSO_PROTOCOL_SYNC_FRAME_BUNDLE_H
#define HOSO_PROTOCOL_SYNC_FRAME_BUNDLE_H

#include "protocol/sync/frame/frame.h"

enum {
    BUNDLE_TITLE = 16, /* a frame's type; none of a session's */
    BUNDLE_CHECK_BYTES = 8,
    BUNDLE_PIECE_BYTES =
        LIMIT_FRAME_BYTES + 10 + BUNDLE_CHECK_BYTES /* the longest with its frame */
};

/* What the first frame says of the rest. Nothing decides by it but the proof. */
struct bundle_title {
    struct public_key writer; /* the node that wrote it */
    struct bytes unit;        /* its code, whom it is for; empty: the node above the writer's */
    int64_t seconds;          /* the writer's clock; ±LIMIT_SECONDS */
    uint64_t records;         /* in the bundle; 0: receipts only */
    bool has_proof;           /* of an invitation not used yet */
    struct hash proof;        /* invitation_proof() over bundle_transcript() */
};

/* Appends the frame. Failure is the buffer's (sticky). */
void bundle_title_encode(const struct bundle_title *title, struct buffer *out);
/* |unit| borrows from |frame|. Errors: MALFORMED, LIMIT, NO_MEMORY. */
CHECK_RESULT enum status bundle_title_decode(struct bytes frame, struct arena *arena,
                                             struct bundle_title *title);
/* What an invited writer proves its secret over: no nonces, for no line answers. */
void bundle_transcript(const struct public_key *server, const struct public_key *writer,
                       uint8_t out[INVITATION_TRANSCRIPT_BYTES]);

/* ---- the file ---- */

struct bundle_writer {
    uint8_t check[BUNDLE_CHECK_BYTES]; /* of the frame before; all zero at first */
    bool begun;
};

/* Appends |frame| with what stands before it in the file. All zero is a writer at its start. */
void bundle_put(struct bundle_writer *writer, struct bytes frame, struct buffer *out);

enum bundle_part {
    BUNDLE_MAGIC,
    BUNDLE_FRONT,
    BUNDLE_VECTOR,
    BUNDLE_RECORDS,
    BUNDLE_RECEIPTS,
    BUNDLE_END
};

struct bundle_reader {
    uint8_t check[BUNDLE_CHECK_BYTES];
    enum bundle_part part; /* what may come next */
    uint64_t offset;       /* of the first byte not taken yet */
};

/*
 * Takes the next frame off the front of |input|, which begins at |reader|->offset of the file. All
 * zero is a reader at its start. OK with an empty |*frame|: |*used| bytes were taken and more are
 * needed, or, at BUNDLE_END, nothing may follow. |*frame| borrows from |input|. After a failure the
 * reader is not to be used again; what it gave before stands.
 * Errors: MALFORMED (no bundle, if |reader|->offset is 0; damaged from |reader|->offset on else),
 * LIMIT (a frame above its bound: damaged), NEWER (of another version of this file).
 */
CHECK_RESULT enum status bundle_take(struct bundle_reader *reader, struct bytes input, size_t *used,
                                     struct bytes *frame);

/* ---- records ---- */

/*
 * Appends one RECORDS frame of the first |*taken| of |count| consecutive records of the log named
 * |log|, none of which the receiver is trusted to hold. |opening| (NULL: none) is the opening of
 * the log they name and stands before them: by its key a reader that lacks what comes between can
 * tell that they are authentic. Errors: LIMIT (one record alone does not fit: cannot be),
 * NO_MEMORY, CORRUPT (they are not consecutive).
 */
CHECK_RESULT enum status bundle_records_encode(const struct name *log, const struct record *opening,
                                               const struct record *records, size_t count,
                                               struct buffer *out, size_t *taken);
/*
 * Rebuilds a RECORDS frame of a bundle into a batch of its own; batch_free() it. device_known is
 * set where the opening stands in the frame; |run.before.log| names the log the device is of
 * elsewhere. A run whose first record is none has count 0 and says why. Errors: MALFORMED, LIMIT,
 * PROTOCOL (a cursor, or a run that follows what only a line's other end may know), NO_MEMORY.
 */
CHECK_RESULT enum status bundle_batch(struct bytes frame, struct batch **batch);

#endif
