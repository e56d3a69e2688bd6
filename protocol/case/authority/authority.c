#include "protocol/case/authority/authority_set.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_FIRST = 16, INDEX_FIRST = 32 };

/* ---- lists and indexes ---- */

static bool list_grow(struct list *list)
{
    size_t capacity = list->capacity == 0 ? LIST_FIRST : list->capacity * 2;
    if (capacity > NO_ROW || capacity > SIZE_MAX / list->row_size)
        return false;
    void *at = realloc(list->at, capacity * list->row_size);
    if (at == NULL)
        return false;
    list->at = at;
    list->capacity = capacity;
    return true;
}

void *list_push(struct list *list)
{
    if (list->count == list->capacity && !list_grow(list))
        return NULL;
    uint8_t *row = (uint8_t *)list->at + list->count * list->row_size;
    memset(row, 0, list->row_size);
    list->count++;
    return row;
}

void list_free(struct list *list)
{
    free(list->at);
    list->at = NULL;
    list->count = 0;
    list->capacity = 0;
}

static bool list_copy(struct list *to, const struct list *from)
{
    *to = *from;
    to->at = NULL;
    to->capacity = 0;
    if (from->count == 0)
        return true;
    to->at = malloc(from->capacity * from->row_size);
    if (to->at == NULL)
        return false;
    to->capacity = from->capacity;
    memcpy(to->at, from->at, from->count * from->row_size);
    return true;
}

static size_t index_slot(const struct prefix_slot *slots, size_t capacity, uint64_t prefix)
{
    size_t mask = capacity - 1;
    size_t slot = (size_t)(prefix ^ prefix >> 32) & mask;
    while (slots[slot].head != NO_ROW && slots[slot].prefix != prefix)
        slot = (slot + 1) & mask;
    return slot;
}

static bool index_grow(struct prefix_index *index)
{
    size_t capacity = index->capacity == 0 ? INDEX_FIRST : index->capacity * 2;
    if (capacity > SIZE_MAX / sizeof(struct prefix_slot))
        return false;
    struct prefix_slot *slots = malloc(capacity * sizeof(*slots));
    if (slots == NULL)
        return false;
    memset(slots, 0xff, capacity * sizeof(*slots)); /* every head NO_ROW */
    for (size_t i = 0; i < index->capacity; i++) {
        const struct prefix_slot *old = &index->slots[i];
        if (old->head != NO_ROW)
            slots[index_slot(slots, capacity, old->prefix)] = *old;
    }
    free(index->slots);
    index->slots = slots;
    index->capacity = capacity;
    return true;
}

uint32_t prefix_index_find(const struct prefix_index *index, const uint8_t *name)
{
    if (index->capacity == 0)
        return NO_ROW;
    return index->slots[index_slot(index->slots, index->capacity, be64_load(name))].head;
}

bool prefix_index_put(struct prefix_index *index, const uint8_t *name, uint32_t row, uint32_t *next)
{
    if (index->count * 2 >= index->capacity && !index_grow(index))
        return false;
    uint64_t prefix = be64_load(name);
    struct prefix_slot *slot = &index->slots[index_slot(index->slots, index->capacity, prefix)];
    if (slot->head == NO_ROW)
        index->count++;
    *next = slot->head;
    *slot = (struct prefix_slot){prefix, row};
    return true;
}

static bool index_copy(struct prefix_index *to, const struct prefix_index *from)
{
    *to = (struct prefix_index){.capacity = 0};
    if (from->capacity == 0)
        return true;
    to->slots = malloc(from->capacity * sizeof(*to->slots));
    if (to->slots == NULL)
        return false;
    memcpy(to->slots, from->slots, from->capacity * sizeof(*to->slots));
    to->capacity = from->capacity;
    to->count = from->count;
    return true;
}

/* ---- the set ---- */

static void set_row_sizes(struct authority *authority)
{
    authority->seen.row_size = sizeof(struct seen_row);
    authority->openings.row_size = sizeof(struct opening_row);
    authority->grants.row_size = sizeof(struct grant_row);
    authority->revocations.row_size = sizeof(struct revocation_row);
    authority->ranges.row_size = sizeof(struct range_row);
    authority->packs.row_size = sizeof(struct pack_row);
    authority->rules.row_size = sizeof(struct rules_row);
    authority->erasures.row_size = sizeof(struct erasure_row);
}

struct name authority_scope(const struct public_key *root)
{
    struct bytes key = bytes_of(root->bytes, sizeof(root->bytes));
    return seal_name("hoso/scope/authority/1", &key, 1);
}

struct authority *authority_new(const struct public_key *root)
{
    struct authority *authority = calloc(1, sizeof(*authority));
    if (authority == NULL)
        return NULL;
    arena_init(&authority->arena, SIZE_MAX / 2);
    authority->root = *root;
    authority->scope = authority_scope(root);
    set_row_sizes(authority);
    return authority;
}

void authority_free(struct authority *authority)
{
    if (authority == NULL)
        return;
    struct list *lists[] = {&authority->seen,        &authority->openings, &authority->grants,
                            &authority->revocations, &authority->ranges,   &authority->packs,
                            &authority->rules,       &authority->erasures};
    struct prefix_index *indexes[] = {&authority->seen_by_id,    &authority->openings_by_log,
                                      &authority->grants_by_key, &authority->grants_by_granter,
                                      &authority->grants_by_id,  &authority->revocations_by_grant,
                                      &authority->ranges_by_log, &authority->erasures_by_record};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        list_free(lists[i]);
    for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++)
        free(indexes[i]->slots);
    arena_deinit(&authority->arena);
    free(authority);
}

const struct public_key *authority_root(const struct authority *authority)
{
    return &authority->root;
}

/* ---- copying: what rows borrow moves into the set's own arena ---- */

static bool own_bytes(struct arena *arena, struct bytes *bytes)
{
    bool ok = true;
    *bytes = arena_copy(arena, *bytes, &ok);
    return ok;
}

/* A copy of |count| items of |size| bytes; NULL: out of memory. */
static const void *own_items(struct arena *arena, const void *items, size_t count, size_t size)
{
    uint8_t *copy = arena_array(arena, count + 1, size);
    if (copy != NULL && count > 0)
        memcpy(copy, items, count * size);
    return copy;
}

static bool own_grant(struct arena *arena, struct grant *grant)
{
    grant->scopes = own_items(arena, grant->scopes, grant->scope_count, sizeof(*grant->scopes));
    return grant->scopes != NULL && own_bytes(arena, &grant->unit) &&
           own_bytes(arena, &grant->label);
}

static bool own_revocation(struct arena *arena, struct revocation *revocation)
{
    revocation->cuts =
        own_items(arena, revocation->cuts, revocation->cut_count, sizeof(*revocation->cuts));
    return revocation->cuts != NULL && own_bytes(arena, &revocation->reason);
}

static bool own_erasure_item(struct arena *arena, struct erasure_item *item)
{
    struct write *copy = arena_array(arena, item->stand_in_count + 1, sizeof(*copy));
    if (copy == NULL)
        return false;
    for (size_t i = 0; i < item->stand_in_count; i++) {
        struct write *write = &copy[i];
        *write = item->stand_ins[i];
        write->sources =
            own_items(arena, write->sources, write->source_count, sizeof(*write->sources));
        if (write->sources == NULL || !own_bytes(arena, &write->field) ||
            !own_bytes(arena, &write->value_bytes))
            return false;
        if (write->value.type == WIRE_TEXT && !own_bytes(arena, &write->value.as.bytes))
            return false;
    }
    item->stand_ins = copy;
    return true;
}

static bool own_rows(struct authority *authority)
{
    struct arena *arena = &authority->arena;
    for (uint32_t i = 0; i < authority->grants.count; i++) {
        if (!own_grant(arena, &grant_row(authority, i)->grant))
            return false;
    }
    for (uint32_t i = 0; i < authority->revocations.count; i++) {
        if (!own_revocation(arena, &revocation_row(authority, i)->revocation))
            return false;
    }
    for (uint32_t i = 0; i < authority->packs.count; i++) {
        if (!own_bytes(arena, &pack_row(authority, i)->canonical))
            return false;
    }
    for (uint32_t i = 0; i < authority->erasures.count; i++) {
        if (!own_erasure_item(arena, &erasure_row(authority, i)->item))
            return false;
    }
    return true;
}

struct authority *authority_copy(const struct authority *from)
{
    struct authority *to = authority_new(&from->root);
    if (to == NULL)
        return NULL;
    bool ok = list_copy(&to->seen, &from->seen);
    ok = ok && list_copy(&to->openings, &from->openings);
    ok = ok && list_copy(&to->grants, &from->grants);
    ok = ok && list_copy(&to->revocations, &from->revocations);
    ok = ok && list_copy(&to->ranges, &from->ranges);
    ok = ok && list_copy(&to->packs, &from->packs);
    ok = ok && list_copy(&to->rules, &from->rules);
    ok = ok && list_copy(&to->erasures, &from->erasures);
    ok = ok && index_copy(&to->seen_by_id, &from->seen_by_id);
    ok = ok && index_copy(&to->openings_by_log, &from->openings_by_log);
    ok = ok && index_copy(&to->grants_by_key, &from->grants_by_key);
    ok = ok && index_copy(&to->grants_by_granter, &from->grants_by_granter);
    ok = ok && index_copy(&to->grants_by_id, &from->grants_by_id);
    ok = ok && index_copy(&to->revocations_by_grant, &from->revocations_by_grant);
    ok = ok && index_copy(&to->ranges_by_log, &from->ranges_by_log);
    ok = ok && index_copy(&to->erasures_by_record, &from->erasures_by_record);
    if (ok && own_rows(to))
        return to;
    authority_free(to);
    return NULL;
}
