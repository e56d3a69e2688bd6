/*
 * What the decoders of bodies share: the decoded tree of one body, gone when the decoder returns,
 * and the encoders' rule that nothing is written which the decoder would refuse.
 */
#ifndef HOSO_PROTOCOL_RECORD_TREE_H
#define HOSO_PROTOCOL_RECORD_TREE_H

#include "protocol/record/body.h"

#include <stdalign.h>
#include <stddef.h>

enum { TREE_ROOM_BYTES = 4096 };

/* A usual body's tree fits |room|. Not to be copied: |scratch| points into it. */
struct tree {
    alignas(max_align_t) uint8_t room[TREE_ROOM_BYTES];
    struct arena scratch;
    struct wire_value value;
};

/* Gates and decodes |body|. Errors: MALFORMED, LIMIT (also: above LIMIT_BODY_BYTES), NO_MEMORY.
 * tree_close() in any case. */
CHECK_RESULT enum status tree_open(struct tree *tree, struct bytes body);
/* Frees it, opened or not. */
void tree_close(struct tree *tree);

/* Takes the salt, the first item of every body. */
void salt_take(struct wire_reader *from, uint8_t salt[SALT_BYTES]);

/*
 * An encoder ends with these: what it appended to |out| from |start| on is decoded again into
 * |arena| (empty, made here), and |decoded| becomes the writer's answer: MALFORMED turns into
 * USAGE, a failure of |out| comes first.
 */
struct bytes check_begin(const struct buffer *out, size_t start, struct arena *arena);
CHECK_RESULT enum status check_end(const struct buffer *out, struct arena *arena,
                                   enum status decoded);

#endif
