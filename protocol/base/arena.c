#include "protocol/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* No object is larger than half the address space; rounding up stays below it. */
#define LARGEST_ALLOCATION (PTRDIFF_MAX / 2)

enum { FIRST_BLOCK_BYTES = 4096, LARGEST_STEP_BYTES = 256 * 1024 };

/* Blocks form a stack: the newest, which is being filled, is on top. */
struct arena_block {
    struct arena_block *below;
    size_t capacity;
    size_t used;
    bool borrowed;
    alignas(max_align_t) unsigned char data[];
};

void arena_init(struct arena *arena, size_t limit_bytes)
{
    *arena = (struct arena){.limit_bytes = limit_bytes};
}

void arena_init_over(struct arena *arena, void *memory, size_t size, size_t limit_bytes)
{
    arena_init(arena, limit_bytes);
    size_t skew = (uintptr_t)memory % alignof(max_align_t);
    size_t skip = skew == 0 ? 0 : alignof(max_align_t) - skew;
    if (size < skip + sizeof(struct arena_block)) {
        return;
    }
    struct arena_block *block = (void *)((unsigned char *)memory + skip);
    block->below = NULL;
    block->capacity = size - skip - sizeof *block;
    block->used = 0;
    block->borrowed = true;
    arena->blocks = block;
}

static void free_block(struct arena_block *block)
{
    if (!block->borrowed) {
        free(block);
    }
}

void arena_deinit(struct arena *arena)
{
    struct arena_block *block = arena->blocks;
    while (block != NULL) {
        struct arena_block *below = block->below;
        free_block(block);
        block = below;
    }
    arena->blocks = NULL;
    arena->used_bytes = 0;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *block = arena->blocks;
    while (block != NULL && block->below != NULL) {
        struct arena_block *below = block->below;
        free_block(block);
        block = below;
    }
    if (block != NULL) {
        block->used = 0;
    }
    arena->blocks = block;
    arena->used_bytes = 0;
}

/* A block on top that has room for |size| bytes; each is twice the one below, up to a step. */
static struct arena_block *push_block(struct arena *arena, size_t size)
{
    size_t capacity = FIRST_BLOCK_BYTES;
    if (arena->blocks != NULL) {
        size_t below = arena->blocks->capacity;
        capacity = below > LARGEST_STEP_BYTES / 2 ? LARGEST_STEP_BYTES : below * 2;
    }
    if (capacity < size) {
        capacity = size;
    }
    struct arena_block *block = malloc(sizeof *block + capacity);
    if (block == NULL) {
        return NULL;
    }
    *block = (struct arena_block){.below = arena->blocks, .capacity = capacity};
    arena->blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > arena->limit_bytes - arena->used_bytes) {
        return NULL;
    }
    if (size > LARGEST_ALLOCATION) {
        return NULL;
    }
    size_t rounded = size == 0 ? 1 : size;
    rounded = (rounded + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);

    struct arena_block *block = arena->blocks;
    if (block == NULL || rounded > block->capacity - block->used) {
        block = push_block(arena, rounded);
        if (block == NULL) {
            return NULL;
        }
    }
    void *at = block->data + block->used;
    block->used += rounded;
    arena->used_bytes += size;
    memset(at, 0, size);
    return at;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        return NULL;
    }
    return arena_alloc(arena, count * size);
}

struct bytes arena_copy(struct arena *arena, struct bytes bytes, bool *ok)
{
    *ok = true;
    if (bytes.size == 0) {
        return (struct bytes){NULL, 0};
    }
    uint8_t *at = arena_alloc(arena, bytes.size);
    if (at == NULL) {
        *ok = false;
        return (struct bytes){NULL, 0};
    }
    memcpy(at, bytes.at, bytes.size);
    return (struct bytes){at, bytes.size};
}
