/*
 * The rules on one act over what it counts: is its officer competent, is it legal there. The same
 * for a record that came in and for an act about to be signed; |strict| adds what only its writer
 * owes.
 */
#include "protocol/case/view/casefile.h"

/* One act before its judge. */
struct trial {
    struct casefile *casefile;
    struct vertex *vertex;
    const uint64_t *among;
    bool strict;
};

static const struct pack_field *field_of(const struct trial *trial, const struct item *item)
{
    return fold_known(trial->casefile, item->field, trial->vertex->pack);
}

static bool hat_in(uint32_t hats, uint64_t hat)
{
    return hat < 32 && (hats >> hat & 1) != 0;
}

/* D5: who writes wears a hat that acts in the dossier's unit. */
static enum view_why judge_officer(const struct trial *trial)
{
    const struct vertex *vertex = trial->vertex;
    if (!vertex->has_act || vertex->officer.size == 0)
        return WHY_NO_OFFICER;
    if (!pack_reaches(vertex->pack, vertex->hat, vertex->officer_unit, trial->casefile->unit))
        return WHY_FOREIGN_UNIT;
    return WHY_NONE;
}

/* ---- what is written ---- */

static bool writes_twice(const struct trial *trial, size_t index)
{
    const struct vertex *vertex = trial->vertex;
    for (size_t i = 0; i < index; i++) {
        if (vertex->items[i]->field == vertex->items[index]->field && !vertex->items[i]->derived)
            return true;
    }
    return false;
}

/* The form of what is written, whoever writes it. */
static enum view_why judge_form(const struct trial *trial)
{
    const struct vertex *vertex = trial->vertex;
    if (vertex->unknown_field)
        return WHY_FIELD_UNKNOWN;
    for (size_t i = 0; i < vertex->item_count; i++) {
        const struct item *item = vertex->items[i];
        if (item->derived || item->shown)
            continue;
        if (field_of(trial, item) == NULL)
            return WHY_FIELD_UNKNOWN;
        if (trial->casefile->fields[item->field].is_state && vertex->kind != KIND_RESOLUTION)
            return WHY_STATE_WRITTEN;
        if (is_list(item->policy))
            continue;
        if (item->op != WRITE_SET)
            return WHY_FIELD_OPERATION;
        if (writes_twice(trial, i))
            return WHY_FIELD_TWICE;
    }
    return WHY_NONE;
}

/* What a book entry may fill: only what no live act has. */
static enum view_why judge_book_write(const struct item *item)
{
    return item->base.rank > 0 || item->base.over_live ? WHY_BOOK_OVER_LIVE : WHY_NONE;
}

static enum view_why judge_plain_base(const struct trial *trial, const struct item *item)
{
    const struct finding *base = &item->base;
    if (base->sure)
        return WHY_CONFLICT;
    if (trial->strict && base->possible)
        return WHY_ERASED;
    if (item->policy == POLICY_EXCLUSIVE && base->filled)
        return WHY_NUMBER_STANDS;
    if (trial->vertex->book)
        return judge_book_write(item);
    if (base->rank > trial->vertex->rank)
        return WHY_RANK;
    return base->again ? WHY_SETTLE_AGAIN : WHY_NONE;
}

static enum view_why judge_plain(const struct trial *trial, const struct item *item)
{
    const struct vertex *vertex = trial->vertex;
    if (!vertex->book) {
        const struct pack_field *field = field_of(trial, item);
        if (vertex->rank == 0 || !hat_in(field->writer_hats, vertex->hat))
            return WHY_HAT_WRITE;
    }
    if (is_list(item->policy) || vertex->lenient)
        return WHY_NONE;
    return judge_plain_base(trial, item);
}

/* All that is written plainly, but for |once|, which is the step's own. */
static enum view_why judge_writes(const struct trial *trial, uint32_t once)
{
    const struct vertex *vertex = trial->vertex;
    for (size_t i = 0; i < vertex->item_count; i++) {
        const struct item *item = vertex->items[i];
        if (item->derived || item->shown || item->field == once)
            continue;
        enum view_why why = judge_plain(trial, item);
        if (why != WHY_NONE)
            return why;
    }
    return WHY_NONE;
}

/* ---- genesis ---- */

static enum view_why judge_procedure(const struct trial *trial)
{
    const struct vertex *vertex = trial->vertex;
    for (size_t i = 0; i < vertex->item_count; i++) {
        const struct item *item = vertex->items[i];
        const struct pack_field *field = field_of(trial, item);
        if (field == NULL || field->type != FIELD_PROCEDURE)
            continue;
        struct wire_value value;
        if (item->erased ||
            (wire_decode(item->value_bytes, trial->casefile->arena, &value) == STATUS_OK &&
             value.type == WIRE_TEXT && pack_procedure_of(vertex->pack, value.as.bytes) != NULL))
            return WHY_NONE;
    }
    return WHY_NO_PROCEDURE;
}

static enum view_why judge_genesis(const struct trial *trial)
{
    const struct vertex *vertex = trial->vertex;
    if (vertex->step == NULL)
        return WHY_NOT_RECEIVED;
    if (!vertex->has_act || vertex->officer.size == 0)
        return WHY_NO_OFFICER;
    if (!vertex->book && !hat_in(vertex->step->hats, vertex->hat))
        return WHY_HAT_STEP;
    return judge_procedure(trial);
}

/* ---- steps ---- */

static size_t count_steps(const struct trial *trial)
{
    const struct casefile *casefile = trial->casefile;
    const struct field_items *field = &casefile->fields[casefile->state_field];
    size_t count = 0;
    for (size_t i = 0; i < casefile->words; i++) {
        for (uint64_t left = field->writers[i] & trial->among[i]; left != 0; left &= left - 1)
            count++;
    }
    return count;
}

static enum view_why judge_state(const struct trial *trial)
{
    struct casefile *casefile = trial->casefile;
    struct fold fold;
    if (casefile->state_field == CASE_FIELD_NONE)
        return WHY_STEP_FROM;
    fold_field(casefile, casefile->state_field, trial->among, &fold);
    if (fold.sure)
        return WHY_STATE_CONFLICT;
    if (trial->strict && fold.possible)
        return WHY_ERASED;
    uint64_t state = 0;
    if (fold.value != NULL && fold.value->value_bytes.size == 1)
        state = fold.value->value_bytes.at[0];
    bool uncertain = fold.value != NULL && fold.value->erased; /* F11: the test passes */
    if (!uncertain && (state > 31 || (trial->vertex->step->from >> state & 1) == 0))
        return WHY_STEP_FROM;
    return count_steps(trial) >= LIMIT_CASE_STEPS ? WHY_STEP_LIMIT : WHY_NONE;
}

/* P2: what may happen once fills a field of its own. */
static enum view_why judge_once(const struct trial *trial, uint32_t once)
{
    const struct vertex *vertex = trial->vertex;
    if (once == CASE_FIELD_NONE)
        return WHY_NONE;
    struct fold fold;
    fold_field(trial->casefile, once, trial->among, &fold);
    if (fold.sure)
        return WHY_BLOCKED;
    for (size_t i = 0; i < fold.live_count; i++) {
        const struct item *live = fold.live[i];
        bool nil = live->value_bytes.size == 1 && live->value_bytes.at[0] == 0xc0;
        if (live->mark == MARK_LEFT && !nil)
            return WHY_STEP_DONE;
    }
    for (size_t i = 0; i < vertex->item_count; i++) {
        const struct item *item = vertex->items[i];
        bool nil = item->value_bytes.size == 1 && item->value_bytes.at[0] == 0xc0;
        if (item->field == once && !item->shown && !nil)
            return WHY_NONE;
    }
    return vertex->book ? WHY_NONE : WHY_STEP_UNFILLED;
}

/* D1: the fields this step waits for. */
static enum view_why judge_needs(const struct trial *trial)
{
    struct casefile *casefile = trial->casefile;
    const struct step *step = trial->vertex->step;
    for (uint32_t i = 0; i < casefile->field_count; i++) {
        const struct field_items *field = &casefile->fields[i];
        if (field->value_count < 2 || field->is_state || field->is_pack)
            continue;
        bool named = step->needs != NULL && bytes_equal_text(field->key, step->needs);
        if (!named && !step->needs_values)
            continue;
        struct fold fold;
        fold_field(casefile, i, trial->among, &fold);
        if (!named && fold.policy != POLICY_HUMAN && fold.policy != POLICY_EXCLUSIVE)
            continue;
        if (is_list(fold.policy))
            continue;
        if (fold.sure)
            return WHY_BLOCKED;
        if (trial->strict && fold.possible)
            return WHY_ERASED;
    }
    return WHY_NONE;
}

/* F10 */
static enum view_why judge_shown(const struct trial *trial)
{
    const struct vertex *vertex = trial->vertex;
    for (size_t i = 0; i < vertex->item_count; i++) {
        const struct item *item = vertex->items[i];
        if (!item->shown || is_list(item->policy))
            continue;
        if (item->base.sure)
            return WHY_SHOWN_CONFLICT;
        if (!item->base.possible && item->base.other)
            return WHY_SHOWN_OTHER;
    }
    return WHY_NONE;
}

static enum view_why judge_step(const struct trial *trial)
{
    const struct vertex *vertex = trial->vertex;
    if (vertex->step == NULL || step_opens(vertex->step))
        return WHY_STEP_UNKNOWN;
    enum view_why why = judge_officer(trial);
    if (why != WHY_NONE)
        return why;
    if (!vertex->book && !hat_in(vertex->step->hats, vertex->hat))
        return WHY_HAT_STEP;
    uint32_t once = CASE_FIELD_NONE;
    if (vertex->step->once_field != NULL &&
        pack_field_of(vertex->pack, bytes_of_text(vertex->step->once_field)) != NULL)
        once = fieldset_find(trial->casefile, bytes_of_text(vertex->step->once_field));
    if (!vertex->lenient) {
        why = judge_state(trial);
        if (why == WHY_NONE)
            why = judge_once(trial, once);
        if (why == WHY_NONE)
            why = judge_needs(trial);
        if (why == WHY_NONE)
            why = judge_shown(trial);
    }
    return why == WHY_NONE ? judge_writes(trial, once) : why;
}

/* ---- edits ---- */

/* No officer: the node gives a code to a dossier that has none, and nothing else. */
static enum view_why judge_node_edit(const struct trial *trial)
{
    const struct vertex *vertex = trial->vertex;
    for (size_t i = 0; i < vertex->item_count; i++) {
        const struct item *item = vertex->items[i];
        if (item->policy != POLICY_EXCLUSIVE || item->base.possible)
            return WHY_NO_OFFICER;
        if (item->base.filled)
            return WHY_NUMBER_STANDS;
    }
    return WHY_NONE;
}

static enum view_why judge_edit(const struct trial *trial)
{
    const struct vertex *vertex = trial->vertex;
    if (vertex->step_named)
        return WHY_STEP_UNKNOWN;
    if (vertex->item_count == 0)
        return WHY_NONE; /* it joins heads */
    if (!vertex->has_act || vertex->officer.size == 0)
        return judge_node_edit(trial);
    enum view_why why = judge_officer(trial);
    return why == WHY_NONE ? judge_writes(trial, CASE_FIELD_NONE) : why;
}

/* ---- resolutions ---- */

/* The record a value is said to be from wrote it, and is counted. */
static bool source_holds(const struct trial *trial, const struct item *item,
                         const struct hash *source)
{
    const struct casefile *casefile = trial->casefile;
    uint32_t number = casefile_find(casefile, source);
    if (number == NO_VERTEX || !bit_test(trial->among, number))
        return false;
    const struct vertex *vertex = &casefile->vertices[number];
    for (size_t i = 0; i < vertex->item_count; i++) {
        const struct item *other = vertex->items[i];
        if (other->field == item->field &&
            (other->value == item->value || other->erased || item->erased))
            return true;
    }
    return false;
}

static enum view_why judge_chosen(const struct trial *trial, const struct item *item)
{
    const struct vertex *vertex = trial->vertex;
    const struct finding *base = &item->base;
    if (base->rank > vertex->rank || (item->policy == POLICY_AUTHORITY && base->top > vertex->rank))
        return WHY_RANK;
    if (trial->casefile->fields[item->field].is_state && !base->chosen)
        return WHY_SETTLE_STATE;
    if (item->policy == POLICY_EXCLUSIVE && !base->chosen)
        return WHY_SETTLE_NUMBER;
    for (size_t i = 0; i < item->source_count; i++) {
        if (!source_holds(trial, item, &item->sources[i]))
            return WHY_SETTLE_SOURCE;
    }
    return base->again ? WHY_SETTLE_AGAIN : WHY_NONE;
}

static enum view_why judge_resolution(const struct trial *trial)
{
    const struct vertex *vertex = trial->vertex;
    if (vertex->book)
        return WHY_BOOK_SETTLES;
    if (vertex->step_named)
        return WHY_STEP_UNKNOWN;
    enum view_why why = judge_officer(trial);
    if (why != WHY_NONE)
        return why;
    if (vertex->item_count == 0)
        return WHY_SETTLE_NOTHING;
    if (!vertex->has_reason)
        return WHY_SETTLE_REASON;
    for (size_t i = 0; i < vertex->item_count && why == WHY_NONE; i++) {
        const struct item *item = vertex->items[i];
        const struct pack_field *field = field_of(trial, item);
        if (vertex->rank == 0 || is_list(item->policy) || !hat_in(field->settler_hats, vertex->hat))
            return WHY_HAT_SETTLE;
        if (!vertex->lenient)
            why = judge_chosen(trial, item);
    }
    return why;
}

/* ---- repacks ---- */

static enum view_why judge_repack(const struct trial *trial)
{
    const struct vertex *vertex = trial->vertex;
    const struct casefile *casefile = trial->casefile;
    if (vertex->book)
        return WHY_BOOK_SETTLES;
    enum view_why why = judge_officer(trial);
    if (why != WHY_NONE)
        return why;
    const struct pack_field *state = NULL;
    if (casefile->state_field != CASE_FIELD_NONE)
        state = pack_field_of(vertex->pack, casefile->fields[casefile->state_field].key);
    if (vertex->rank == 0 || state == NULL || !hat_in(state->settler_hats, vertex->hat))
        return WHY_HAT_REPACK;
    for (size_t i = 0; i < vertex->item_count; i++) {
        const struct item *item = vertex->items[i];
        if (item->derived && item->base.top > vertex->rank && !vertex->lenient)
            return WHY_RANK;
    }
    return judge_writes(trial, CASE_FIELD_NONE);
}

enum view_why judge_vertex(struct casefile *casefile, struct vertex *vertex, const uint64_t *among,
                           bool strict)
{
    const struct trial trial = {casefile, vertex, among, strict};
    if (vertex->newer)
        return WHY_NEWER;
    if (vertex->unreadable)
        return WHY_UNREADABLE;
    enum view_why why = judge_form(&trial);
    if (why != WHY_NONE)
        return why;
    switch (vertex->kind) {
    case KIND_GENESIS:
        return judge_genesis(&trial);
    case KIND_STEP:
        return judge_step(&trial);
    case KIND_EDIT:
        return judge_edit(&trial);
    case KIND_RESOLUTION:
        return judge_resolution(&trial);
    case KIND_REPACK:
        return judge_repack(&trial);
    default:
        return WHY_NEWER;
    }
}
