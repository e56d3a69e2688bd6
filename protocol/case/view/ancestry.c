/*
 * Who counts whom (F01). A record counts what it reaches upwards, but for what it names in
 * `without`; what a parent does not count is not reached through that parent either.
 *
 * "Reached by a path none of whose records an earlier record of the path names", taken to the
 * letter, is to find a path that avoids forbidden pairs, which is NP-hard: a hostile device could
 * write a case nobody ever computes. So the rule is a recursion that asks a path only for its first
 * record's names, and its parent's answer for the rest; it agrees with the letter wherever writers
 * close their lists, which view_cite() does.
 */
#include "protocol/case/view/casefile.h"

#include <string.h>

/* Adds to |out| what is reached from |start| within what it counts, without |avoid|. |stack| has
 * room for every vertex, |seen| for a set. */
static void reach_within(const struct casefile *casefile, uint32_t start, const uint64_t *avoid,
                         uint32_t *stack, uint64_t *seen)
{
    const uint64_t *within = counted_by(casefile, start);
    size_t depth = 0;
    bit_set(seen, start);
    stack[depth++] = start;
    while (depth > 0) {
        const struct vertex *vertex = &casefile->vertices[stack[--depth]];
        for (size_t i = 0; i < vertex->parent_count; i++) {
            uint32_t parent = vertex->parents[i];
            if (bit_test(seen, parent) || bit_test(avoid, parent) || !bit_test(within, parent))
                continue;
            bit_set(seen, parent);
            stack[depth++] = parent;
        }
    }
}

void ancestry_reach(const struct casefile *casefile, const uint32_t *parents, size_t count,
                    const uint64_t *without, uint64_t *out)
{
    uint64_t *seen = casefile->reach;
    /* Behind the set: the stack of vertices. */
    uint32_t *stack = (uint32_t *)(void *)(casefile->reach + casefile->words);
    for (size_t i = 0; i < count; i++) {
        if (bit_test(without, parents[i]))
            continue;
        memset(seen, 0, casefile->words * sizeof(*seen));
        reach_within(casefile, parents[i], without, stack, seen);
        bits_or(out, seen, casefile->words);
    }
    if (casefile->genesis != NO_VERTEX)
        bit_set(out, casefile->genesis);
}

static void count_for(struct casefile *casefile, uint32_t number, uint64_t *avoid)
{
    const struct vertex *vertex = &casefile->vertices[number];
    uint64_t *set = counted_by(casefile, number);
    if (number == casefile->genesis)
        return;
    if (casefile->genesis != NO_VERTEX)
        bit_set(set, casefile->genesis);
    if (vertex->without_count == 0) {
        for (size_t i = 0; i < vertex->parent_count; i++) {
            bits_or(set, counted_by(casefile, vertex->parents[i]), casefile->words);
            bit_set(set, vertex->parents[i]);
        }
        return;
    }
    memset(avoid, 0, casefile->words * sizeof(*avoid));
    for (size_t i = 0; i < vertex->without_count; i++)
        bit_set(avoid, vertex->without[i]);
    ancestry_reach(casefile, vertex->parents, vertex->parent_count, avoid, set);
}

enum status ancestry_count(struct casefile *casefile)
{
    casefile->words = words_of(casefile->count);
    size_t room = casefile->words + words_of(casefile->count * 32);
    casefile->counted =
        arena_array(casefile->arena, casefile->count * casefile->words, sizeof(*casefile->counted));
    casefile->reach = arena_array(casefile->arena, room, sizeof(*casefile->reach));
    casefile->base = arena_array(casefile->arena, casefile->words, sizeof(*casefile->base));
    if (casefile->counted == NULL || casefile->reach == NULL || casefile->base == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = casefile->missing_count; i < casefile->count; i++)
        count_for(casefile, (uint32_t)i, casefile->base);
    return STATUS_OK;
}
