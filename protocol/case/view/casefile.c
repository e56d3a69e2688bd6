#include "protocol/case/view/casefile.h"

#include <stdlib.h>
#include <string.h>

/* ---- by id ---- */

/* A record or a missing parent before it has its place. */
struct draft {
    const struct hash *id;
    const struct view_record *in; /* NULL: missing */
    uint64_t generation;
    uint32_t place; /* in canonical order */
};

static int by_draft_id(const void *a, const void *b)
{
    return hash_compare(((const struct draft *)a)->id, ((const struct draft *)b)->id);
}

static uint32_t draft_find(const struct draft *drafts, size_t count, const struct hash *id)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = hash_compare(drafts[middle].id, id);
        if (order == 0)
            return (uint32_t)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NO_VERTEX;
}

uint32_t casefile_find(const struct casefile *casefile, const struct hash *id)
{
    size_t low = 0;
    size_t high = casefile->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = hash_compare(casefile->vertices[casefile->by_id[middle]].id, id);
        if (order == 0)
            return casefile->by_id[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NO_VERTEX;
}

static size_t cited_count(const struct view_record *in)
{
    return in->record->header.parent_count + (in->implicit_parent != NULL);
}

static const struct hash *cited_at(const struct view_record *in, size_t index)
{
    const struct record_header *header = &in->record->header;
    return index < header->parent_count ? &header->parents[index] : in->implicit_parent;
}

/* Adds the parents nobody holds, each once. |drafts| has room for every citation; sorted by id
 * before and after. */
static enum status add_missing(struct draft *drafts, size_t records, size_t *total)
{
    size_t found = records;
    for (size_t i = 0; i < records; i++) {
        const struct view_record *in = drafts[i].in;
        for (size_t j = 0; j < cited_count(in); j++) {
            if (draft_find(drafts, records, cited_at(in, j)) == NO_VERTEX)
                drafts[found++] = (struct draft){.id = cited_at(in, j)};
        }
    }
    *total = records;
    if (found == records)
        return STATUS_OK;
    qsort(drafts + records, found - records, sizeof(*drafts), by_draft_id);
    size_t kept = records;
    for (size_t i = records; i < found; i++) {
        if (kept == records || !hash_equal(drafts[kept - 1].id, drafts[i].id))
            drafts[kept++] = drafts[i];
    }
    if (kept > LIMIT_CASE_RECORDS)
        return STATUS_LIMIT;
    qsort(drafts, kept, sizeof(*drafts), by_draft_id);
    *total = kept;
    return STATUS_OK;
}

/* ---- generations: the genesis 1, others 1 + the largest of the parents' and the genesis' ---- */

struct walk {
    uint32_t draft;
    uint32_t next; /* parent to look at */
};

/* Depth first, with a stack of its own: a case may be one chain of thousands. A ring cannot be
 * (ids are hashes) but must not hold us. */
static enum status generation_of(struct draft *drafts, size_t count, uint32_t start,
                                 struct walk *stack)
{
    size_t depth = 0;
    stack[depth++] = (struct walk){start, 0};
    while (depth > 0) {
        struct walk *top = &stack[depth - 1];
        struct draft *draft = &drafts[top->draft];
        if (top->next == cited_count(draft->in)) {
            draft->generation++;
            depth--;
            continue;
        }
        uint32_t parent = draft_find(drafts, count, cited_at(draft->in, top->next));
        struct draft *above = &drafts[parent];
        if (above->in != NULL && above->place == NO_VERTEX) {
            if (depth == count)
                return STATUS_USAGE;
            above->place = 0;
            stack[depth++] = (struct walk){parent, 0};
            continue;
        }
        if (above->generation > draft->generation)
            draft->generation = above->generation;
        top->next++;
    }
    return STATUS_OK;
}

static enum status find_generations(struct arena *arena, struct draft *drafts, size_t count)
{
    struct walk *stack = arena_array(arena, count, sizeof(*stack));
    if (stack == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        drafts[i].place = NO_VERTEX;
        if (drafts[i].in != NULL && drafts[i].in->record->header.kind != KIND_GENESIS)
            drafts[i].generation = 1;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (drafts[i].in == NULL || drafts[i].place != NO_VERTEX)
            continue;
        drafts[i].place = 0;
        enum status status = generation_of(drafts, count, i, stack);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* ---- canonical order ---- */

static int by_place(const void *a, const void *b)
{
    const struct draft *left = *(const struct draft *const *)a;
    const struct draft *right = *(const struct draft *const *)b;
    if (left->generation != right->generation)
        return left->generation < right->generation ? -1 : 1;
    if (left->in != NULL && right->in != NULL) {
        int64_t earlier = left->in->record->header.recorded_seconds;
        int64_t later = right->in->record->header.recorded_seconds;
        if (earlier != later)
            return earlier < later ? -1 : 1;
    }
    return hash_compare(left->id, right->id);
}

static bool names(const struct record_header *header, const struct hash *id)
{
    for (size_t i = 0; i < header->without_count; i++) {
        if (hash_equal(&header->without[i], id))
            return true;
    }
    return false;
}

static enum status link_vertex(struct casefile *casefile, struct vertex *vertex)
{
    const struct record_header *header = &vertex->in->record->header;
    size_t cited = cited_count(vertex->in);
    uint32_t *parents = arena_array(casefile->arena, cited + 1, sizeof(*parents));
    uint32_t *without = arena_array(casefile->arena, header->without_count + 1, sizeof(*without));
    if (parents == NULL || without == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < cited; i++) {
        uint32_t parent = casefile_find(casefile, cited_at(vertex->in, i));
        if (parent == casefile->genesis || !names(header, casefile->vertices[parent].id))
            parents[vertex->parent_count++] = parent;
    }
    for (size_t i = 0; i < header->without_count; i++) {
        uint32_t named = casefile_find(casefile, &header->without[i]);
        if (named != NO_VERTEX && named != casefile->genesis)
            without[vertex->without_count++] = named;
    }
    vertex->parents = parents;
    vertex->without = without;
    return STATUS_OK;
}

static void describe(struct vertex *vertex, const struct view_record *in)
{
    const struct record_header *header = &in->record->header;
    vertex->in = in;
    vertex->kind = header->kind;
    vertex->newer =
        header->newer || record_kind_name(header->kind) == NULL || header->source > SOURCE_IMPORT;
    for (size_t i = 0; i < header->extension_count; i++)
        vertex->newer = vertex->newer || header->extensions[i].critical;
    vertex->book = header->source != SOURCE_HERE;
    vertex->lenient = in->standing == STANDING_RELEASED_HELD;
    vertex->erased = in->erased;
    vertex->has_act = header->act.present;
    vertex->hat = header->act.hat;
    vertex->officer = header->act.officer;
    vertex->officer_unit = header->act.unit;
    vertex->pack_hash = header->pack;
}

static enum status place_vertices(struct casefile *casefile, struct draft *drafts)
{
    size_t count = casefile->count;
    struct draft **order = arena_array(casefile->arena, count, sizeof(struct draft *));
    uint32_t *by_id = arena_array(casefile->arena, count, sizeof(*by_id));
    casefile->vertices = arena_array(casefile->arena, count, sizeof(*casefile->vertices));
    if (order == NULL || by_id == NULL || casefile->vertices == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        order[i] = &drafts[i];
    qsort(order, count, sizeof(struct draft *), by_place);
    casefile->genesis = NO_VERTEX;
    for (uint32_t i = 0; i < count; i++) {
        struct vertex *vertex = &casefile->vertices[i];
        order[i]->place = i;
        vertex->id = order[i]->id;
        vertex->generation = order[i]->generation;
        if (order[i]->in == NULL) {
            casefile->missing_count++;
            continue;
        }
        describe(vertex, order[i]->in);
        if (vertex->kind == KIND_GENESIS && casefile->genesis == NO_VERTEX)
            casefile->genesis = i;
    }
    for (uint32_t i = 0; i < count; i++)
        by_id[i] = drafts[i].place;
    casefile->by_id = by_id;
    return STATUS_OK;
}

enum status casefile_order(struct casefile *casefile, const struct view_record *records,
                           size_t count)
{
    if (count == 0)
        return STATUS_USAGE;
    if (count > LIMIT_CASE_RECORDS)
        return STATUS_LIMIT;
    size_t room = count;
    for (size_t i = 0; i < count; i++)
        room += cited_count(&records[i]);
    struct draft *drafts = arena_array(casefile->arena, room, sizeof(*drafts));
    if (drafts == NULL)
        return STATUS_NO_MEMORY;
    struct name case_name = record_case(records[0].record);
    for (size_t i = 0; i < count; i++) {
        struct name name = record_case(records[i].record);
        if (!name_equal(&name, &case_name))
            return STATUS_USAGE;
        drafts[i] = (struct draft){.id = &records[i].record->id, .in = &records[i]};
    }
    qsort(drafts, count, sizeof(*drafts), by_draft_id);
    for (size_t i = 1; i < count; i++) {
        if (hash_equal(drafts[i - 1].id, drafts[i].id))
            return STATUS_USAGE;
    }
    enum status status = add_missing(drafts, count, &casefile->count);
    if (status == STATUS_OK)
        status = find_generations(casefile->arena, drafts, casefile->count);
    if (status == STATUS_OK)
        status = place_vertices(casefile, drafts);
    for (size_t i = casefile->missing_count; status == STATUS_OK && i < casefile->count; i++)
        status = link_vertex(casefile, &casefile->vertices[i]);
    return status;
}
