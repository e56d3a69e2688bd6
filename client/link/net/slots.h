/*
 * Things that come and go, each under an id that is never used again: the low half says where it
 * is kept, the high half which of those that were kept there it is. A completion for one that is
 * gone finds nothing.
 */
#ifndef HOSO_CLIENT_LINK_NET_SLOTS_H
#define HOSO_CLIENT_LINK_NET_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slot {
    void *item; /* NULL: free */
    uint64_t id;
};

/* All zero is an empty one. */
struct slots {
    struct slot *at;
    size_t count;
    size_t free_hint; /* none below it is free */
    uint32_t generation;
};

/* Keeps |item|; 0: out of memory. */
uint64_t slots_add(struct slots *slots, void *item);
/* The item of |id|, or NULL. */
void *slots_find(const struct slots *slots, uint64_t id);
/* Frees the slot of |id|, if it is still that one's. */
void slots_remove(struct slots *slots, uint64_t id);
/* Frees the table, not the items. */
void slots_deinit(struct slots *slots);

#endif
