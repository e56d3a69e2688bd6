/*
 * What an act finds of the fields it touches, and what it settles. A settlement has a rank that
 * stays with the field (F05) and the values it weighed (F04): those live at its base, those weighed
 * there already, and its own. What is written over a settled field carries both on.
 */
#include "protocol/case/view/casefile.h"

static bool is_nil(const struct item *item)
{
    return item->value_bytes.size == 1 && item->value_bytes.at[0] == 0xc0;
}

static bool surely_differ(const struct item *a, const struct item *b)
{
    return a->value != b->value && !a->erased && !b->erased;
}

static bool is_resolution(const struct vertex *vertex)
{
    return vertex->kind == KIND_RESOLUTION;
}

/* Values live at the base, and weighed there. */
static void weigh(const struct fold *fold, size_t words, uint64_t *values)
{
    for (size_t i = 0; i < fold->live_count; i++) {
        bit_set(values, fold->live[i]->value);
        if (fold->live[i]->settles)
            bits_or(values, fold->live[i]->weighed, words);
    }
}

/* F09: the officer chose this value before, and a live decision of equal rank by another says
 * otherwise. */
static bool decides_again(const struct casefile *casefile, const struct vertex *vertex,
                          const struct item *item, const uint64_t *among, const struct fold *fold)
{
    bool against = false;
    for (size_t i = 0; i < fold->live_count && !against; i++) {
        const struct item *live = fold->live[i];
        against = (live->decides || live->shown) && live->settled_rank == vertex->rank &&
                  surely_differ(live, item) &&
                  !bytes_equal(casefile->vertices[live->vertex].officer, vertex->officer);
    }
    const struct field_items *field = &casefile->fields[item->field];
    for (size_t i = 0; i < field->count && against; i++) {
        const struct item *earlier = &field->items[i];
        if (earlier->decides && bit_test(among, earlier->vertex) && !earlier->erased &&
            earlier->value == item->value &&
            bytes_equal(casefile->vertices[earlier->vertex].officer, vertex->officer))
            return true;
    }
    return false;
}

static void find(const struct casefile *casefile, const struct item *item, const struct fold *fold,
                 struct finding *base)
{
    bool erased = item->erased;
    base->sure = fold->sure;
    base->possible = fold->possible;
    base->rank = fold->settled_rank;
    for (size_t i = 0; i < fold->live_count; i++) {
        const struct item *live = fold->live[i];
        erased = erased || live->erased;
        base->chosen = base->chosen || live->value == item->value ||
                       (live->settles && bit_test(live->weighed, item->value));
        if (!casefile->vertices[live->vertex].book && !is_nil(live))
            base->over_live = true;
        if (live->mark != MARK_LEFT)
            continue;
        base->filled = base->filled || !is_nil(live);
        base->top = live->rank > base->top ? live->rank : base->top;
    }
    base->chosen = base->chosen || erased;
    base->other = fold->value != NULL ? surely_differ(fold->value, item) : !is_nil(item);
}

static enum status settle(struct casefile *casefile, const struct vertex *vertex, struct item *item,
                          const struct fold *fold)
{
    uint8_t stays = fold->settled_rank;
    bool own = is_resolution(vertex) || item->shown;
    item->settles = own || stays > 0;
    item->decides = is_resolution(vertex) || (stays > 0 && !item->shown && !item->derived);
    item->settled_rank = stays;
    if ((own || item->decides) && item->rank > stays)
        item->settled_rank = item->rank;
    if (!item->settles)
        return STATUS_OK;
    /* One more than there are values: a draft's may be new. */
    size_t words = words_of(casefile->fields[item->field].value_count + 1u);
    item->weighed = arena_array(casefile->arena, words, sizeof(*item->weighed));
    if (item->weighed == NULL)
        return STATUS_NO_MEMORY;
    weigh(fold, words, item->weighed);
    bit_set(item->weighed, item->value);
    return STATUS_OK;
}

enum status settlement_prepare(struct casefile *casefile, struct vertex *vertex,
                               const uint64_t *among)
{
    for (size_t i = 0; i < vertex->item_count; i++) {
        struct item *item = vertex->items[i];
        struct field_items *field = &casefile->fields[item->field];
        item->policy = fold_policy(casefile, item->field, vertex->pack);
        item->rank = vertex->rank;
        if (item->rank > field->top_rank)
            field->top_rank = item->rank;
        if (is_list(item->policy) || vertex->kind == KIND_GENESIS)
            continue;
        struct fold fold;
        fold_field(casefile, item->field, among, &fold);
        find(casefile, item, &fold, &item->base);
        enum status status = settle(casefile, vertex, item, &fold);
        if (status != STATUS_OK)
            return status;
        if (item->decides)
            item->base.again = decides_again(casefile, vertex, item, among, &fold);
    }
    return STATUS_OK;
}
