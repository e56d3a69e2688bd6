/*
 * The fields of a view: for each that was written, the value that holds or the versions that do
 * not agree.
 */
#include "protocol/case/view/casefile.h"

#include <string.h>

/* What is being built for one field. */
struct outcome {
    struct casefile *casefile;
    struct view *view;
    struct view_field *field;
    struct view_version *versions;
    const struct item **written; /* the item behind each version */
    size_t count;
};

static void add_version(struct outcome *outcome, const struct item *item, bool proposal)
{
    struct view_version *version = &outcome->versions[outcome->count];
    version->entry = item->vertex - outcome->casefile->missing_count;
    version->value_bytes = item->value_bytes;
    version->erased = item->erased;
    version->proposal = proposal;
    outcome->written[outcome->count++] = item;
}

static bool has_version(const struct outcome *outcome, const struct item *item, bool proposal)
{
    for (size_t i = 0; i < outcome->count; i++) {
        if (outcome->written[i]->value == item->value && outcome->versions[i].proposal == proposal)
            return true;
    }
    return false;
}

/* ---- lists (F15) ---- */

static bool adds(const struct item *item)
{
    bool nil = item->value_bytes.size == 1 && item->value_bytes.at[0] == 0xc0;
    return item->op != WRITE_REMOVE && !nil;
}

static bool removes(const struct casefile *casefile, const struct item *removal,
                    const struct item *addition)
{
    bool any = removal->value_bytes.size == 1 && removal->value_bytes.at[0] == 0xc0;
    if (removal->op != WRITE_REMOVE || (!any && removal->value != addition->value) ||
        !bit_test(counted_by(casefile, removal->vertex), addition->vertex))
        return false;
    const struct hash *id = casefile->vertices[addition->vertex].id;
    for (size_t i = 0; i < removal->source_count; i++) {
        if (hash_equal(&removal->sources[i], id))
            return true;
    }
    return false;
}

static void list_items(struct outcome *outcome, const struct fold *fold)
{
    const struct casefile *casefile = outcome->casefile;
    size_t removal_count = 0;
    for (size_t i = 0; i < fold->live_count; i++)
        removal_count += fold->live[i]->op == WRITE_REMOVE;
    for (size_t i = 0; i < fold->live_count; i++) {
        const struct item *item = fold->live[i];
        if (!adds(item))
            continue;
        bool gone = false;
        for (size_t j = i + 1; removal_count > 0 && j < fold->live_count && !gone; j++)
            gone = removes(casefile, fold->live[j], item);
        if (!gone && !(fold->policy == POLICY_SET && has_version(outcome, item, false)))
            add_version(outcome, item, false);
    }
}

/* ---- values ---- */

static bool is_left(const struct fold *fold, const struct item *item)
{
    for (size_t i = 0; i < fold->live_count; i++) {
        if (fold->live[i]->mark == MARK_LEFT && fold->live[i]->value == item->value)
            return true;
    }
    return false;
}

static void value_versions(struct outcome *outcome, const struct fold *fold)
{
    struct vertex *vertices = outcome->casefile->vertices;
    for (size_t i = 0; i < fold->live_count; i++) {
        const struct item *item = fold->live[i];
        switch (item->mark) {
        case MARK_LEFT:
        case MARK_EARLIER:
            if (!has_version(outcome, item, false))
                add_version(outcome, item, false);
            break;
        case MARK_PROPOSAL:
            if (!is_left(fold, item) && !has_version(outcome, item, true))
                add_version(outcome, item, true);
            break;
        case MARK_ASIDE:
            if (fold->possible || fold->value->value != item->value)
                vertices[item->vertex].aside = true;
            break;
        case MARK_UNDER:
            break;
        }
    }
}

static void note_state(struct outcome *outcome)
{
    const struct view_field *field = outcome->field;
    if (field->value_bytes.size == 1)
        outcome->view->state = field->value_bytes.at[0];
    if (field->standing_bytes.size == 1)
        outcome->view->standing_state = field->standing_bytes.at[0];
}

static void write_field(struct outcome *outcome, uint32_t number)
{
    struct casefile *casefile = outcome->casefile;
    const struct field_items *items = &casefile->fields[number];
    struct fold fold;
    fold_field(casefile, number, casefile->effective, &fold);
    if (fold.live_count == 0 || (items->is_pack && !fold.possible))
        return;
    struct view_field *field = outcome->field;
    field->key = items->key;
    field->field = fold_known(casefile, number, outcome->view->pack);
    field->rank = fold.settled_rank;
    field->versions = outcome->versions;
    outcome->count = 0;
    if (is_list(fold.policy)) {
        list_items(outcome, &fold);
    } else {
        value_versions(outcome, &fold);
        field->conflict = fold.possible;
        if (!field->conflict && fold.value != NULL)
            field->value_bytes = fold.value->value_bytes;
        field->standing_bytes = field->value_bytes;
    }
    field->version_count = outcome->count;
    if (field->conflict) {
        outcome->view->conflict_count++;
        const struct item *standing = fold_standing(casefile, number, casefile->effective);
        if (standing != NULL)
            field->standing_bytes = standing->value_bytes;
    }
    if (items->is_state)
        note_state(outcome);
    outcome->versions += outcome->count;
    outcome->field++;
}

/* The numbers of the fields: those of the pack that holds in its order, then the others. */
static void order_fields(const struct casefile *casefile, const struct pack *pack, uint32_t *order)
{
    size_t count = 0;
    for (size_t i = 0; i < pack->field_count; i++)
        order[count++] =
            pack == casefile->packs[0] ? (uint32_t)i : fieldset_find(casefile, pack->fields[i].key);
    for (uint32_t i = 0; i < casefile->field_count; i++) {
        if (fold_known(casefile, i, pack) == NULL)
            order[count++] = i;
    }
}

enum status outcome_fields(struct casefile *casefile, struct view *view)
{
    size_t items = 1;
    for (size_t i = 0; i < casefile->field_count; i++)
        items += casefile->fields[i].count;
    struct arena *arena = casefile->arena;
    struct view_field *fields = arena_array(arena, casefile->field_count + 1, sizeof(*fields));
    uint32_t *order = arena_array(arena, casefile->field_count + 1, sizeof(*order));
    struct outcome outcome = {.casefile = casefile, .view = view, .field = fields};
    outcome.versions = arena_array(arena, items, sizeof(*outcome.versions));
    outcome.written = arena_array(arena, items, sizeof(struct item *));
    if (fields == NULL || order == NULL || outcome.versions == NULL || outcome.written == NULL)
        return STATUS_NO_MEMORY;
    order_fields(casefile, view->pack, order);
    for (size_t i = 0; i < casefile->field_count; i++) {
        if (casefile->fields[order[i]].count > 0)
            write_field(&outcome, order[i]);
    }
    view->fields = fields;
    view->field_count = (size_t)(outcome.field - fields);
    return STATUS_OK;
}
