#include "protocol/case/view/casefile.h"

#include <string.h>

/* What is said of a case that cannot be computed: who is in it, and what authority alone says. */
static void leave_unloaded(struct casefile *casefile)
{
    for (size_t i = casefile->missing_count; i < casefile->count; i++) {
        struct vertex *vertex = &casefile->vertices[i];
        vertex->effect = EFFECT_HELD;
        vertex->why = WHY_NOT_LOADED;
        if (vertex->in->standing == STANDING_UNGRANTED)
            vertex->why = WHY_UNGRANTED;
        if (vertex->in->standing == STANDING_REVOKED)
            vertex->why = WHY_REVOKED;
        if (vertex->in->standing == STANDING_REFUSED)
            vertex->why = WHY_REFUSED;
        if (vertex->why != WHY_NOT_LOADED)
            vertex->effect = EFFECT_NONE;
        vertex->article = view_why_rule(vertex->why);
    }
}

static enum status write_entries(struct casefile *casefile, struct view *view)
{
    size_t count = casefile->count - casefile->missing_count;
    struct view_entry *entries = arena_array(casefile->arena, count, sizeof(*entries));
    if (entries == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const struct vertex *vertex = &casefile->vertices[casefile->missing_count + i];
        entries[i].record = vertex->in->record;
        entries[i].body = vertex->body;
        entries[i].generation = vertex->generation;
        entries[i].effect = vertex->effect;
        entries[i].why = vertex->why == WHY_NONE ? NULL : view_why_text(vertex->why);
        entries[i].article = vertex->article;
        entries[i].aside = vertex->aside;
        view->held_count += vertex->effect == EFFECT_HELD;
    }
    view->entries = entries;
    view->entry_count = count;
    return STATUS_OK;
}

/* Past LIMIT_WITHOUT there is no list to give; whoever writes next is told so by view_cite(). */
static enum status write_heads(struct casefile *casefile, struct view *view)
{
    struct view_cites cites;
    enum status status = cite_compute(casefile, NULL, casefile->arena, &cites);
    if (status == STATUS_LIMIT)
        return STATUS_OK;
    view->heads = cites.parents;
    view->head_count = cites.parent_count;
    view->without = cites.without;
    view->without_count = cites.without_count;
    return status;
}

static enum status compute_loaded(struct casefile *casefile, struct view *view)
{
    enum status status = effect_judge_all(casefile);
    if (status != STATUS_OK)
        return status;
    view->load = casefile->any_newer ? VIEW_NEWER : VIEW_LOADED;
    view->pack = fold_pack(casefile, casefile->effective);
    view->inside = casefile;
    status = outcome_fields(casefile, view);
    return status == STATUS_OK ? write_heads(casefile, view) : status;
}

static enum status compute(struct casefile *casefile, const struct view_record *records,
                           size_t count, struct view *view)
{
    enum status status = casefile_order(casefile, records, count);
    if (status != STATUS_OK)
        return status;
    view->case_name = record_case(records[0].record);
    bool loaded = false;
    if (casefile->genesis != NO_VERTEX && casefile->vertices[casefile->genesis].newer) {
        view->load = VIEW_NEWER;
    } else if (casefile->genesis != NO_VERTEX) {
        casefile->unit = casefile->vertices[casefile->genesis].officer_unit;
        view->unit = casefile->unit;
        status = ancestry_count(casefile);
        if (status == STATUS_OK)
            status = fieldset_build(casefile);
        if (status != STATUS_OK)
            return status;
        loaded = !casefile->pack_absent && !casefile->any_bodiless;
    }
    if (loaded)
        status = compute_loaded(casefile, view);
    else
        leave_unloaded(casefile);
    if (status == STATUS_OK)
        status = write_entries(casefile, view);
    return status == STATUS_OK ? digest_view(casefile, view) : status;
}

enum status view_compute(const struct view_record *records, size_t count,
                         const struct pack *(*find_pack)(void *context, const struct hash *hash),
                         void *context, struct arena *arena, struct view *view)
{
    *view = (struct view){.load = VIEW_NOT_LOADED};
    struct casefile *casefile = arena_alloc(arena, sizeof(*casefile));
    if (casefile == NULL)
        return STATUS_NO_MEMORY;
    casefile->arena = arena;
    casefile->find_pack = find_pack;
    casefile->find_context = context;
    return compute(casefile, records, count, view);
}

const struct view_field *view_field_of(const struct view *view, struct bytes key)
{
    for (size_t i = 0; i < view->field_count; i++) {
        if (bytes_equal(view->fields[i].key, key))
            return &view->fields[i];
    }
    return NULL;
}

enum status view_cite(const struct view *view, const struct hash *own_previous, struct arena *arena,
                      struct view_cites *cites)
{
    *cites = (struct view_cites){.parent_count = 0};
    if (view->inside == NULL)
        return STATUS_USAGE;
    return cite_compute(view->inside, own_previous, arena, cites);
}

/* ---- before it is signed ---- */

static bool only_notes(const struct vertex *vertex)
{
    for (size_t i = 0; i < vertex->item_count; i++) {
        if (vertex->items[i]->policy != POLICY_APPEND)
            return false;
    }
    return vertex->kind == KIND_EDIT && !vertex->unknown_field;
}

static void describe_draft(struct vertex *vertex, const struct view_draft *draft)
{
    vertex->kind = draft->kind;
    vertex->body = draft->body;
    vertex->book = draft->source != SOURCE_HERE;
    vertex->has_act = draft->officer.size > 0;
    vertex->hat = draft->hat;
    vertex->officer = draft->officer;
    vertex->officer_unit = draft->officer_unit;
    vertex->pack_hash = draft->pack;
}

enum status view_judge(const struct view *view, const struct view_draft *draft, const char **why,
                       const char **article)
{
    struct casefile *casefile = view->inside;
    enum view_why reason = WHY_NOT_LOADED;
    struct vertex vertex = {.id = NULL};
    if (casefile != NULL) {
        describe_draft(&vertex, draft);
        vertex.pack = view->pack;
        if (!vertex.book && vertex.has_act)
            vertex.rank = pack_rank(view->pack, draft->hat, draft->officer_unit, casefile->unit);
        enum status status = fieldset_draft(casefile, &vertex);
        if (status == STATUS_OK)
            status = settlement_prepare(casefile, &vertex, casefile->effective);
        if (status != STATUS_OK)
            return status;
        if (view->load == VIEW_NEWER && !only_notes(&vertex))
            reason = WHY_ONLY_NOTES;
        else
            reason = judge_vertex(casefile, &vertex, casefile->effective, true);
    }
    *why = reason == WHY_NONE ? NULL : view_why_text(reason);
    *article = vertex.step != NULL ? vertex.step->article : view_why_rule(reason);
    return reason == WHY_NONE ? STATUS_OK : STATUS_REFUSED;
}

/* ---- what a conflict blocks ---- */

static bool blocks(const struct step *step, const struct view_field *field, enum policy policy)
{
    if (step_opens(step))
        return false;
    if (field->field != NULL && field->field->type == FIELD_STATE)
        return true;
    if (step->once_field != NULL && bytes_equal_text(field->key, step->once_field))
        return true;
    if (step->needs != NULL && bytes_equal_text(field->key, step->needs))
        return true;
    return step->needs_values && (policy == POLICY_HUMAN || policy == POLICY_EXCLUSIVE);
}

size_t view_blocks(const struct view *view, const struct view_field *field, const char **steps,
                   size_t most)
{
    size_t count = 0;
    enum policy policy = field->field != NULL ? field->field->policy : POLICY_HUMAN;
    if (!field->conflict || view->inside == NULL)
        return 0;
    const struct step *step = step_at(0);
    for (size_t i = 0; step != NULL; step = step_at(++i)) {
        if (!blocks(step, field, policy))
            continue;
        if (count < most)
            steps[count] = step->name;
        count++;
    }
    if (policy == POLICY_HUMAN || policy == POLICY_EXCLUSIVE) {
        if (count < most)
            steps[count] = "print";
        count++;
    }
    return count;
}
