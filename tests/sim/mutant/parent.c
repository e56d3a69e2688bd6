/*
 * A deliberate fault, linked around the view (-Wl,--wrap): a parent that is not held is passed over
 * instead of holding its children back.
 */
#include "protocol/case/view/view.h"

enum status __real_view_compute(const struct view_record *records, size_t count,
                                const struct pack *(*find_pack)(void *context,
                                                                const struct hash *hash),
                                void *context, struct arena *arena, struct view *view);
enum status __wrap_view_compute(const struct view_record *records, size_t count,
                                const struct pack *(*find_pack)(void *context,
                                                                const struct hash *hash),
                                void *context, struct arena *arena, struct view *view);

static bool is_held(const struct view_record *records, size_t count, const struct hash *id)
{
    for (size_t i = 0; i < count; i++) {
        if (hash_equal(&records[i].record->id, id))
            return true;
    }
    return false;
}

/* |copy| is |records[index]| with only those parents that are held. */
static bool orphan(const struct view_record *records, size_t count, size_t index,
                   struct arena *arena, struct record *copy)
{
    *copy = *records[index].record;
    struct hash *parents = arena_array(arena, copy->header.parent_count + 1, sizeof *parents);
    if (!parents)
        return false;
    size_t kept = 0;
    for (size_t i = 0; i < copy->header.parent_count; i++) {
        if (is_held(records, count, &copy->header.parents[i]))
            parents[kept++] = copy->header.parents[i];
    }
    copy->header.parents = parents;
    copy->header.parent_count = kept;
    return true;
}

enum status __wrap_view_compute(const struct view_record *records, size_t count,
                                const struct pack *(*find_pack)(void *context,
                                                                const struct hash *hash),
                                void *context, struct arena *arena, struct view *view)
{
    struct record *copies = arena_array(arena, count + 1, sizeof *copies);
    struct view_record *inputs = arena_array(arena, count + 1, sizeof *inputs);
    if (!copies || !inputs)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (!orphan(records, count, i, arena, &copies[i]))
            return STATUS_NO_MEMORY;
        inputs[i] = records[i];
        inputs[i].record = &copies[i];
    }
    enum status status = __real_view_compute(inputs, count, find_pack, context, arena, view);
    struct view_entry *entries = arena_array(arena, view->entry_count + 1, sizeof *entries);
    if (status != STATUS_OK || !entries)
        return status;
    for (size_t i = 0; i < view->entry_count; i++) {
        entries[i] = view->entries[i];
        entries[i].record = records[view->entries[i].record - copies].record;
    }
    view->entries = entries;
    return STATUS_OK;
}
