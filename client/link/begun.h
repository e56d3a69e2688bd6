/*
 * What came of frames in which connections of known peers ended: the next connection of that peer
 * goes on there. In memory only, one a peer, the oldest makes room. Loop's thread only. Source:
 * protocol/SPEC.md "Session", "Cut frames".
 */
#ifndef HOSO_CLIENT_LINK_BEGUN_H
#define HOSO_CLIENT_LINK_BEGUN_H

#include "protocol/record/seal.h"

enum {
    BEGUN_FRAMES = 512,            /* peers remembered at a time */
    BEGUN_FRAME_BYTES = 16 * 1024, /* of a longer one nothing is kept: its line is a fast one */
    BEGUN_FRAME_LEAST = 64         /* naming less costs what it saves */
};

struct begun_frame;

/* All zero is an empty one. */
struct begun_frames {
    struct begun_frame *frames; /* BEGUN_FRAMES, a ring; NULL until one is kept */
    size_t next;
};

/* Frees it. */
void begun_frames_deinit(struct begun_frames *frames);
/* Keeps a copy of |beginning| for |key|, in place of what was there. Without memory nothing is
 * kept, and the frame comes whole. */
void begun_frames_keep(struct begun_frames *frames, const struct public_key *key,
                       struct bytes beginning);
/* Moves what is kept for |key| to the end of |out|; nothing if there is none. */
void begun_frames_take(struct begun_frames *frames, const struct public_key *key,
                       struct buffer *out);

#endif
