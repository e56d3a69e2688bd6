/*
 * A region: many small allocations freed at once. What decoders and views hand out lives in one.
 */
#ifndef HOSO_PROTOCOL_BASE_ARENA_H
#define HOSO_PROTOCOL_BASE_ARENA_H

#include "protocol/base/bytes.h"

struct arena_block;

struct arena {
    struct arena_block *blocks;
    size_t used_bytes;
    size_t limit_bytes; /* allocations past it return NULL */
};

/* Starts an empty region that hands out at most |limit_bytes|. Allocates nothing yet. */
void arena_init(struct arena *arena, size_t limit_bytes);
/*
 * As arena_init, but the first block is |memory| (|size| bytes, any alignment), which stays the
 * caller's and must outlive the arena: a decoder with a few hundred bytes on its stack then calls
 * malloc only for what is larger.
 */
void arena_init_over(struct arena *arena, void *memory, size_t size, size_t limit_bytes);
/* Frees everything ever allocated from it. */
void arena_deinit(struct arena *arena);
/* Frees everything but keeps the first block for re-use. */
void arena_reset(struct arena *arena);
/* Zeroed, aligned for any type; NULL when out of memory or past the limit. Lives until reset or
 * deinit. */
void *arena_alloc(struct arena *arena, size_t size);
/* |count| × |size|, overflow checked. */
void *arena_array(struct arena *arena, size_t count, size_t size);
/* A copy of |bytes| in the arena; {NULL,0} with |*ok| false when out of memory. */
struct bytes arena_copy(struct arena *arena, struct bytes bytes, bool *ok);

#endif
