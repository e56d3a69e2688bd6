/*
 * One field over a set of records: which of its writes are live, and what the policy they were
 * written under makes of several.
 *
 * Items are walked from the newest down, keeping what the ones seen count; what is left below is
 * soon all counted, so that a case written in turn costs a step or two whatever its length.
 */
#include "protocol/case/view/casefile.h"

#include <string.h>

const struct pack_field *fold_known(const struct casefile *casefile, uint32_t field,
                                    const struct pack *pack)
{
    if (casefile->fields[field].is_pack)
        return NULL;
    if (pack == casefile->packs[0]) /* whose fields have the first numbers */
        return field < pack->field_count ? &pack->fields[field] : NULL;
    return pack_field_of(pack, casefile->fields[field].key);
}

enum policy fold_policy(const struct casefile *casefile, uint32_t field, const struct pack *pack)
{
    const struct field_items *items = &casefile->fields[field];
    if (items->is_pack)
        return POLICY_AUTHORITY;
    const struct pack_field *known = fold_known(casefile, field, pack);
    return known != NULL ? known->policy : POLICY_HUMAN;
}

/* ---- live writes ---- */

/* True iff every writer among |among| below |vertex| is in |covered|. */
static bool exhausted(const struct field_items *field, const uint64_t *among,
                      const uint64_t *covered, uint32_t vertex)
{
    size_t last = vertex / 64;
    for (size_t i = 0; i < last; i++) {
        if ((among[i] & field->writers[i] & ~covered[i]) != 0)
            return false;
    }
    uint64_t below = (UINT64_C(1) << (vertex % 64)) - 1;
    return (among[last] & field->writers[last] & ~covered[last] & below) == 0;
}

/* Fields no pack ranks or lists: any later write supersedes what it counts. */
static size_t find_live(struct casefile *casefile, const struct field_items *field,
                        const uint64_t *among)
{
    uint64_t *covered = casefile->covered;
    size_t live = 0;
    memset(covered, 0, casefile->words * sizeof(*covered));
    for (size_t i = field->count; i > 0; i--) {
        struct item *item = &field->items[i - 1];
        if (!bit_test(among, item->vertex))
            continue;
        if (!bit_test(covered, item->vertex))
            casefile->live[live++] = item;
        bits_or(covered, counted_by(casefile, item->vertex), casefile->words);
        if (exhausted(field, among, covered, item->vertex))
            break;
    }
    return live;
}

/*
 * F06, F15: under `authority` a write supersedes only writes of its own rank or lower; in lists
 * nothing supersedes. A set of covered vertices for each rank (what writes of that rank are
 * superseded), and one for items of lists.
 */
static size_t find_live_ranked(struct casefile *casefile, const struct field_items *field,
                               const uint64_t *among)
{
    size_t words = casefile->words;
    size_t slots = casefile->rank_count;
    uint64_t *lists = casefile->covered + slots * words;
    const uint64_t *top = casefile->covered + casefile->slot_of_rank[field->top_rank] * words;
    size_t live = 0;
    memset(casefile->covered, 0, (slots + 1) * words * sizeof(uint64_t));
    for (size_t i = field->count; i > 0; i--) {
        struct item *item = &field->items[i - 1];
        if (!bit_test(among, item->vertex))
            continue;
        size_t slot = item->policy == POLICY_AUTHORITY ? casefile->slot_of_rank[item->rank] : 0;
        const uint64_t *over = is_list(item->policy) ? lists : casefile->covered + slot * words;
        if (!bit_test(over, item->vertex))
            casefile->live[live++] = item;
        const uint64_t *counted = counted_by(casefile, item->vertex);
        size_t covers = item->policy == POLICY_AUTHORITY ? slot + 1 : slots;
        for (size_t j = 0; j < covers; j++)
            bits_or(casefile->covered + j * words, counted, words);
        if (!is_list(item->policy))
            bits_or(lists, counted, words);
        if (exhausted(field, among, top, item->vertex) &&
            exhausted(field, among, lists, item->vertex))
            break;
    }
    return live;
}

static void reverse(struct item **items, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct item *item = items[i];
        items[i] = items[count - 1 - i];
        items[count - 1 - i] = item;
    }
}

/* ---- what the policy makes of several ---- */

static void keep_top_rank(struct fold *fold)
{
    uint8_t top = 0;
    for (size_t i = 0; i < fold->live_count; i++)
        top = fold->live[i]->rank > top ? fold->live[i]->rank : top;
    for (size_t i = 0; i < fold->live_count; i++) {
        if (fold->live[i]->rank < top)
            fold->live[i]->mark = MARK_PROPOSAL;
    }
}

/*
 * F04: a live write goes aside iff a settlement that stands weighed its value, and it is a plain
 * write or a settlement of lower rank. By rank downwards: only what stands puts aside.
 */
static void put_aside(struct casefile *casefile, const struct fold *fold, uint32_t value_count)
{
    size_t words = words_of(value_count + 1);
    uint64_t *weighed = casefile->values;
    memset(weighed, 0, words * sizeof(*weighed));
    for (size_t slot = casefile->rank_count; slot > 0; slot--) {
        uint8_t rank = casefile->ranks[slot - 1];
        bool stands = false;
        for (size_t i = 0; i < fold->live_count; i++) {
            struct item *item = fold->live[i];
            if (item->mark != MARK_LEFT || !item->settles || item->settled_rank != rank)
                continue;
            if (bit_test(weighed, item->value))
                item->mark = MARK_ASIDE;
            else
                stands = true;
        }
        for (size_t i = 0; i < fold->live_count && stands; i++) {
            const struct item *item = fold->live[i];
            if (item->mark == MARK_LEFT && item->settles && item->settled_rank == rank)
                bits_or(weighed, item->weighed, words);
        }
    }
    for (size_t i = 0; i < fold->live_count; i++) {
        struct item *item = fold->live[i];
        if (item->mark == MARK_LEFT && !item->settles && bit_test(weighed, item->value))
            item->mark = MARK_ASIDE;
    }
}

/* ---- F07: one step over another ---- */

static bool is_over(const struct casefile *casefile, const struct item *over,
                    const struct item *under)
{
    const struct vertex *vertex = &casefile->vertices[over->vertex];
    const struct pack *pack = vertex->pack;
    uint64_t state = under->value_bytes.size == 1 ? under->value_bytes.at[0] : 0;
    for (size_t i = 0; pack != NULL && i < pack->over_count && state < 32; i++) {
        if (bytes_equal_text(pack->overs[i].step, vertex->step->name) &&
            (pack->overs[i].states >> state & 1) != 0)
            return true;
    }
    return false;
}

/* The next state item after |from| that |item| counts or is and |other| neither counts nor is. */
static size_t next_of_branch(const struct casefile *casefile, const uint64_t *among,
                             const struct item *item, const struct item *other, size_t from)
{
    const struct field_items *field = &casefile->fields[item->field];
    for (size_t i = from; i < field->count; i++) {
        uint32_t vertex = field->items[i].vertex;
        bool here = vertex == item->vertex || bit_test(counted_by(casefile, item->vertex), vertex);
        bool there =
            vertex == other->vertex || bit_test(counted_by(casefile, other->vertex), vertex);
        if (bit_test(among, vertex) && here && !there)
            return i;
    }
    return field->count;
}

/* True iff |over|'s own branch began with all the steps |under|'s took. */
static bool took_the_same(const struct casefile *casefile, const uint64_t *among,
                          const struct item *over, const struct item *under)
{
    const struct field_items *field = &casefile->fields[over->field];
    size_t mine = 0;
    size_t theirs = next_of_branch(casefile, among, under, over, 0);
    while (theirs < field->count) {
        mine = next_of_branch(casefile, among, over, under, mine);
        if (mine == field->count)
            return false;
        const struct step *left = casefile->vertices[field->items[mine].vertex].step;
        const struct step *right = casefile->vertices[field->items[theirs].vertex].step;
        if (left == NULL || left != right)
            return false;
        mine++;
        theirs = next_of_branch(casefile, among, under, over, theirs + 1);
    }
    return true;
}

static bool stands_over(const struct casefile *casefile, const uint64_t *among,
                        const struct item *over, const struct item *under)
{
    return over->value != under->value && over->derived && under->derived &&
           (is_over(casefile, over, under) || took_the_same(casefile, among, over, under));
}

static void compare_steps(const struct casefile *casefile, const uint64_t *among,
                          const struct fold *fold)
{
    struct item *left[CASE_COMPARED_STEPS];
    bool under[CASE_COMPARED_STEPS] = {false};
    size_t count = 0;
    for (size_t i = 0; i < fold->live_count; i++) {
        if (fold->live[i]->mark != MARK_LEFT)
            continue;
        if (count == CASE_COMPARED_STEPS)
            return;
        left[count++] = fold->live[i];
    }
    size_t standing = count;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count && !under[i]; j++)
            under[i] = i != j && stands_over(casefile, among, left[j], left[i]) &&
                       !stands_over(casefile, among, left[i], left[j]);
        standing -= under[i];
    }
    for (size_t i = 0; i < count && standing > 0; i++) {
        if (under[i])
            left[i]->mark = MARK_UNDER;
    }
}

/* ---- latest ---- */

static bool is_later(const struct casefile *casefile, const struct item *a, const struct item *b)
{
    const struct vertex *left = &casefile->vertices[a->vertex];
    const struct vertex *right = &casefile->vertices[b->vertex];
    int64_t claimed = left->in->record->header.recorded_seconds;
    int64_t other = right->in->record->header.recorded_seconds;
    if (claimed != other)
        return claimed > other;
    return hash_compare(left->id, right->id) > 0;
}

static void keep_latest(const struct casefile *casefile, const struct fold *fold)
{
    struct item *latest = NULL;
    for (size_t i = 0; i < fold->live_count; i++) {
        fold->live[i]->mark = MARK_EARLIER;
        if (latest == NULL || is_later(casefile, fold->live[i], latest))
            latest = fold->live[i];
    }
    if (latest != NULL)
        latest->mark = MARK_LEFT;
}

/* ---- all together ---- */

static void weigh_left(struct fold *fold)
{
    const struct item *sure = NULL;
    for (size_t i = 0; i < fold->live_count; i++) {
        struct item *item = fold->live[i];
        if (item->settles && item->settled_rank > fold->settled_rank)
            fold->settled_rank = item->settled_rank;
        if (item->mark != MARK_LEFT)
            continue;
        fold->left_count++;
        if (fold->value == NULL)
            fold->value = item;
        else if (fold->value->value != item->value)
            fold->possible = true;
        if (item->erased)
            continue;
        if (sure == NULL)
            sure = item;
        else if (sure->value != item->value)
            fold->sure = true;
    }
}

void fold_field(struct casefile *casefile, uint32_t field, const uint64_t *among, struct fold *fold)
{
    const struct field_items *items = &casefile->fields[field];
    *fold = (struct fold){.live = casefile->live, .policy = POLICY_HUMAN};
    fold->live_count = items->ranked || items->listed ? find_live_ranked(casefile, items, among)
                                                      : find_live(casefile, items, among);
    if (fold->live_count == 0)
        return;
    reverse(fold->live, fold->live_count);
    fold->policy = fold->live[0]->policy;
    for (size_t i = 0; i < fold->live_count; i++) {
        fold->live[i]->mark = MARK_LEFT;
        if (fold->live[i]->policy != fold->policy)
            fold->policy = POLICY_HUMAN; /* F13 */
    }
    if (fold->live_count > 1 && !is_list(fold->policy)) {
        if (fold->policy == POLICY_LATEST)
            keep_latest(casefile, fold);
        if (fold->policy == POLICY_AUTHORITY)
            keep_top_rank(fold);
        if (fold->policy != POLICY_LATEST)
            put_aside(casefile, fold, items->value_count);
        if (fold->policy == POLICY_MONOTONE)
            compare_steps(casefile, among, fold);
    }
    weigh_left(fold);
}

/* The one decision of the highest rank among the live writes. */
static const struct item *highest_decision(const struct fold *fold)
{
    const struct item *best = NULL;
    bool tied = false;
    for (size_t i = 0; i < fold->live_count; i++) {
        const struct item *item = fold->live[i];
        if (item->mark != MARK_LEFT || !item->settles)
            continue;
        if (best == NULL || item->settled_rank > best->settled_rank) {
            best = item;
            tied = false;
        } else if (item->settled_rank == best->settled_rank && item->value != best->value) {
            tied = true;
        }
    }
    return tied ? NULL : best;
}

const struct item *fold_standing(struct casefile *casefile, uint32_t field, const uint64_t *among)
{
    uint64_t *common = casefile->common;
    struct fold fold;
    memcpy(common, among, casefile->words * sizeof(*common));
    for (;;) {
        fold_field(casefile, field, common, &fold);
        if (!fold.possible)
            return fold.value;
        const struct item *decision = highest_decision(&fold);
        if (decision != NULL)
            return decision;
        for (size_t i = 0; i < fold.live_count; i++) {
            const uint64_t *counted = counted_by(casefile, fold.live[i]->vertex);
            for (size_t j = 0; j < casefile->words; j++)
                common[j] &= counted[j];
        }
    }
}

const struct pack *fold_pack(struct casefile *casefile, const uint64_t *among)
{
    const struct pack *first = casefile->packs[0];
    if (casefile->pack_field == CASE_FIELD_NONE)
        return first;
    const struct item *item = fold_standing(casefile, casefile->pack_field, among);
    for (size_t i = 0; item != NULL && i < casefile->pack_count; i++) {
        if (bytes_equal(item->value_bytes,
                        bytes_of(casefile->packs[i]->hash.bytes, sizeof(struct hash))))
            return casefile->packs[i];
    }
    return first;
}
