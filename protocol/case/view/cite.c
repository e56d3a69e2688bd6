/*
 * What the next record cites (F01): the heads of what has effect; as not counted, the nearest of
 * what has none on the way up; and, once those are cut, what lay behind the cut. Each may bring the
 * other about, so the lists are closed again until nothing changes; both only grow.
 */
#include "protocol/case/view/casefile.h"

#include <stdlib.h>
#include <string.h>

struct citing {
    struct casefile *casefile;
    uint32_t *parents;
    size_t parent_count;
    uint64_t *without;
    uint64_t *counted;
    uint64_t *room;
};

/* Cites those of |set| that none of it counts. */
static void cite_heads(struct citing *citing, const uint64_t *set)
{
    const struct casefile *casefile = citing->casefile;
    memset(citing->room, 0, casefile->words * sizeof(uint64_t));
    for (size_t i = casefile->missing_count; i < casefile->count; i++) {
        if (bit_test(set, i))
            bits_or(citing->room, counted_by(casefile, (uint32_t)i), casefile->words);
    }
    for (size_t i = casefile->missing_count; i < casefile->count; i++) {
        if (bit_test(set, i) && !bit_test(citing->room, i))
            citing->parents[citing->parent_count++] = (uint32_t)i;
    }
}

static bool name_one(struct citing *citing, uint32_t vertex)
{
    const struct casefile *casefile = citing->casefile;
    if (vertex == casefile->genesis || bit_test(casefile->effective, vertex) ||
        bit_test(citing->without, vertex) || !bit_test(citing->counted, vertex))
        return false;
    bit_set(citing->without, vertex);
    return true;
}

/* Names what has no effect and is reached next to something that has. */
static bool name_nearest(struct citing *citing)
{
    const struct casefile *casefile = citing->casefile;
    bool named = false;
    for (size_t i = 0; i < citing->parent_count; i++)
        named = name_one(citing, citing->parents[i]) || named;
    for (size_t i = casefile->missing_count; i < casefile->count; i++) {
        if (!bit_test(casefile->effective, i) || !bit_test(citing->counted, i))
            continue;
        const struct vertex *vertex = &casefile->vertices[i];
        for (size_t j = 0; j < vertex->parent_count; j++)
            named = name_one(citing, vertex->parents[j]) || named;
    }
    return named;
}

/* Cites what has effect and is not reached. */
static bool cite_lost(struct citing *citing, uint64_t *lost)
{
    const struct casefile *casefile = citing->casefile;
    bool any = false;
    for (size_t i = 0; i < casefile->words; i++) {
        lost[i] = casefile->effective[i] & ~citing->counted[i];
        any = any || lost[i] != 0;
    }
    if (any)
        cite_heads(citing, lost);
    return any;
}

static void close_lists(struct citing *citing, uint64_t *lost)
{
    struct casefile *casefile = citing->casefile;
    bool changed = true;
    while (changed) {
        memset(citing->counted, 0, casefile->words * sizeof(uint64_t));
        ancestry_reach(casefile, citing->parents, citing->parent_count, citing->without,
                       citing->counted);
        changed = name_nearest(citing);
        if (!changed)
            changed = cite_lost(citing, lost);
    }
}

static int by_hash(const void *a, const void *b)
{
    return hash_compare(a, b);
}

static enum status write_lists(const struct citing *citing, uint32_t own, struct arena *arena,
                               struct view_cites *cites)
{
    const struct casefile *casefile = citing->casefile;
    struct hash *parents = arena_array(arena, citing->parent_count + 1, sizeof(*parents));
    struct hash *without = arena_array(arena, LIMIT_WITHOUT, sizeof(*without));
    if (parents == NULL || without == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < citing->parent_count; i++) {
        uint32_t parent = citing->parents[i];
        if (parent != own && !bit_test(citing->without, parent))
            parents[cites->parent_count++] = *casefile->vertices[parent].id;
    }
    for (size_t i = 0; i < casefile->count; i++) {
        if (!bit_test(citing->without, i))
            continue;
        if (cites->without_count == LIMIT_WITHOUT)
            return STATUS_LIMIT;
        without[cites->without_count++] = *casefile->vertices[i].id;
    }
    qsort(parents, cites->parent_count, sizeof(*parents), by_hash);
    qsort(without, cites->without_count, sizeof(*without), by_hash);
    cites->parents = parents;
    cites->without = without;
    return STATUS_OK;
}

enum status cite_compute(struct casefile *casefile, const struct hash *own_previous,
                         struct arena *arena, struct view_cites *cites)
{
    *cites = (struct view_cites){.parent_count = 0};
    struct citing citing = {.casefile = casefile};
    uint64_t *lost = arena_array(arena, casefile->words, sizeof(*lost));
    citing.parents = arena_array(arena, casefile->count * 2 + 1, sizeof(*citing.parents));
    citing.without = arena_array(arena, casefile->words, sizeof(*citing.without));
    citing.counted = arena_array(arena, casefile->words, sizeof(*citing.counted));
    citing.room = arena_array(arena, casefile->words, sizeof(*citing.room));
    if (lost == NULL || citing.parents == NULL || citing.without == NULL ||
        citing.counted == NULL || citing.room == NULL)
        return STATUS_NO_MEMORY;
    uint32_t own = NO_VERTEX;
    if (own_previous != NULL) {
        own = casefile_find(casefile, own_previous);
        if (own == NO_VERTEX)
            return STATUS_USAGE;
        citing.parents[citing.parent_count++] = own;
    }
    cite_heads(&citing, casefile->effective);
    close_lists(&citing, lost);
    return write_lists(&citing, own, arena, cites);
}
