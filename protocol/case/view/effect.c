/*
 * Which records are sound, and which of the sound have effect (F01). A record is judged over the
 * sound ones it counts, whatever authority says of them: that never changes, so it is done once,
 * upwards.
 */
#include "protocol/case/view/casefile.h"

#include <string.h>

static bool misses(const struct casefile *casefile, uint32_t number)
{
    const uint64_t *counted = counted_by(casefile, number);
    for (size_t i = 0; i < casefile->missing_count; i++) {
        if (bit_test(counted, i))
            return true;
    }
    return false;
}

static enum status judge(struct casefile *casefile, uint32_t number)
{
    struct vertex *vertex = &casefile->vertices[number];
    const uint64_t *counted = counted_by(casefile, number);
    for (size_t i = 0; i < casefile->words; i++)
        casefile->base[i] = counted[i] & casefile->sound[i];
    vertex->pack =
        vertex->kind == KIND_GENESIS ? casefile->packs[0] : fold_pack(casefile, casefile->base);
    vertex->rank = vertex->book || !vertex->has_act
                       ? 0
                       : pack_rank(vertex->pack, vertex->hat, vertex->officer_unit, casefile->unit);
    enum status status = settlement_prepare(casefile, vertex, casefile->base);
    if (status != STATUS_OK)
        return status;
    vertex->why = judge_vertex(casefile, vertex, casefile->base, false);
    if (vertex->why == WHY_NONE)
        bit_set(casefile->sound, number);
    return STATUS_OK;
}

/* What becomes of a record, and the reason that is said: authority's first. */
static void decide(struct casefile *casefile, uint32_t number)
{
    struct vertex *vertex = &casefile->vertices[number];
    enum view_why unsound = vertex->why;
    vertex->effect = EFFECT_NONE;
    switch (vertex->in->standing) {
    case STANDING_UNGRANTED:
        vertex->why = WHY_UNGRANTED;
        break;
    case STANDING_REVOKED:
        vertex->why = WHY_REVOKED;
        break;
    case STANDING_REFUSED:
        vertex->why = WHY_REFUSED;
        break;
    case STANDING_GRANTED:
    case STANDING_RELEASED_HELD:
    case STANDING_RELEASED_CUT:
        if (unsound == WHY_NEWER)
            break;
        if (!vertex->lenient && misses(casefile, number)) {
            vertex->effect = EFFECT_HELD;
            vertex->why = WHY_HELD;
        } else if (unsound != WHY_NONE) {
            vertex->effect = EFFECT_UNSOUND;
        } else {
            vertex->effect = EFFECT_EFFECTIVE;
            bit_set(casefile->effective, number);
        }
        break;
    }
    /* Of a step, the law's article says more than the rule's number. */
    vertex->article = view_why_rule(vertex->why);
    if (vertex->effect == EFFECT_UNSOUND && vertex->step != NULL)
        vertex->article = vertex->step->article;
}

enum status effect_judge_all(struct casefile *casefile)
{
    for (size_t i = casefile->missing_count; i < casefile->count; i++) {
        enum status status = judge(casefile, (uint32_t)i);
        if (status != STATUS_OK)
            return status;
        decide(casefile, (uint32_t)i);
    }
    return STATUS_OK;
}
