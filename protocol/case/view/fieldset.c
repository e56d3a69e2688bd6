/*
 * What each record writes, as items: read from its body, or from what an erasure put in its place,
 * and the state that follows from its step. Items of a field lie together, ascending by vertex;
 * equal values get one number.
 */
#include "protocol/case/view/casefile.h"

#include <stdlib.h>
#include <string.h>

/* ---- packs ---- */

static enum status add_pack(struct casefile *casefile, const struct hash *hash)
{
    const struct pack *pack = casefile->find_pack(casefile->find_context, hash);
    if (pack == NULL) {
        casefile->pack_absent = true;
        return STATUS_OK;
    }
    for (size_t i = 0; i < casefile->pack_count; i++) {
        if (hash_equal(&casefile->packs[i]->hash, hash))
            return STATUS_OK;
    }
    if (casefile->pack_count == CASE_PACKS_MOST)
        return STATUS_LIMIT;
    casefile->packs[casefile->pack_count++] = pack;
    return STATUS_OK;
}

static enum status find_packs(struct casefile *casefile, bool *repacked)
{
    enum status status = add_pack(casefile, &casefile->vertices[casefile->genesis].pack_hash);
    for (size_t i = casefile->missing_count; i < casefile->count && status == STATUS_OK; i++) {
        const struct vertex *vertex = &casefile->vertices[i];
        if (vertex->kind != KIND_REPACK || vertex->newer)
            continue;
        *repacked = true;
        status = add_pack(casefile, &vertex->pack_hash);
    }
    return status;
}

/* ---- bodies ---- */

static enum status read_body(struct casefile *casefile, struct vertex *vertex)
{
    const struct record *record = vertex->in->record;
    if (vertex->newer || vertex->erased)
        return STATUS_OK;
    if (!record->has_body) {
        vertex->bodiless = true;
        casefile->any_bodiless = true;
        return STATUS_OK;
    }
    struct case_body *body = arena_alloc(casefile->arena, sizeof(*body));
    if (body == NULL)
        return STATUS_NO_MEMORY;
    enum status status = case_body_decode(record->body, casefile->arena, body);
    if (status == STATUS_NO_MEMORY)
        return status;
    if (status != STATUS_OK) {
        vertex->unreadable = true;
        return STATUS_OK;
    }
    for (size_t i = 0; i < body->extension_count; i++)
        vertex->newer = vertex->newer || body->extensions[i].critical;
    if (!vertex->newer)
        vertex->body = body;
    return STATUS_OK;
}

/* The step a body names, or what an erasure left of it. */
static struct bytes step_name(const struct vertex *vertex)
{
    if (vertex->body != NULL)
        return vertex->body->step;
    for (size_t i = 0; vertex->erased && i < vertex->in->stand_in_count; i++) {
        const struct write *write = &vertex->in->stand_ins[i];
        if (bytes_equal_text(write->field, STAND_IN_STEP) && write->value.type == WIRE_TEXT)
            return write->value.as.bytes;
    }
    return (struct bytes){NULL, 0};
}

static void name_step(struct vertex *vertex)
{
    struct bytes name = step_name(vertex);
    vertex->step_named = name.size > 0;
    if (vertex->kind == KIND_GENESIS)
        vertex->step = step_of_genesis(name);
    else if (vertex->kind == KIND_STEP)
        vertex->step = step_of(name);
    vertex->has_reason = vertex->erased || (vertex->body != NULL && vertex->body->reason.size > 0);
}

/* ---- fields ---- */

static bool add_field(struct casefile *casefile, struct bytes key, size_t room)
{
    if (fieldset_find(casefile, key) != CASE_FIELD_NONE)
        return true;
    if (casefile->field_count == room)
        return false;
    casefile->fields[casefile->field_count++].key = key;
    return true;
}

uint32_t fieldset_find(const struct casefile *casefile, struct bytes key)
{
    for (size_t i = 0; i < casefile->field_count; i++) {
        if (bytes_equal(casefile->fields[i].key, key))
            return (uint32_t)i;
    }
    return CASE_FIELD_NONE;
}

/* The union of the packs' fields, in the order of the first pack that has one. */
static enum status name_fields(struct casefile *casefile, bool repacked)
{
    size_t room = 1;
    for (size_t i = 0; i < casefile->pack_count; i++)
        room += casefile->packs[i]->field_count;
    casefile->fields = arena_array(casefile->arena, room, sizeof(*casefile->fields));
    if (casefile->fields == NULL)
        return STATUS_NO_MEMORY;
    casefile->state_field = CASE_FIELD_NONE;
    casefile->pack_field = CASE_FIELD_NONE;
    for (size_t i = 0; i < casefile->pack_count; i++) {
        const struct pack *pack = casefile->packs[i];
        for (size_t j = 0; j < pack->field_count; j++) {
            const struct pack_field *field = &pack->fields[j];
            if (i == 0) /* keys of one pack differ */
                casefile->fields[casefile->field_count++].key = field->key;
            else if (!add_field(casefile, field->key, room))
                return STATUS_USAGE;
            uint32_t number = i == 0 ? (uint32_t)j : fieldset_find(casefile, field->key);
            struct field_items *items = &casefile->fields[number];
            items->ranked = items->ranked || field->policy == POLICY_AUTHORITY;
            items->listed = items->listed || is_list(field->policy);
            if (field->type == FIELD_STATE && casefile->state_field == CASE_FIELD_NONE)
                casefile->state_field = number;
        }
    }
    if (casefile->state_field != CASE_FIELD_NONE)
        casefile->fields[casefile->state_field].is_state = true;
    if (repacked) {
        casefile->pack_field = (uint32_t)casefile->field_count;
        struct field_items *items = &casefile->fields[casefile->field_count++];
        items->key = bytes_of_text(VIEW_PACK_KEY);
        items->is_pack = true;
        items->ranked = true;
    }
    return STATUS_OK;
}

/* ---- items in order of vertex ---- */

/* Where items are put as they are read. */
struct reading {
    struct casefile *casefile;
    struct item *items;
    size_t count;
    uint32_t hint; /* bodies tend to keep the pack's order */
};

static bool field_is_impersonal(const struct casefile *casefile, struct bytes key)
{
    const struct pack_field *field = pack_field_of(casefile->packs[0], key);
    return field != NULL && field->impersonal;
}

static uint32_t find_from_hint(struct reading *reading, struct bytes key)
{
    const struct casefile *casefile = reading->casefile;
    uint32_t next = reading->hint + 1;
    if (next < casefile->field_count && bytes_equal(casefile->fields[next].key, key)) {
        reading->hint = next;
        return next;
    }
    uint32_t found = fieldset_find(casefile, key);
    if (found != CASE_FIELD_NONE)
        reading->hint = found;
    return found;
}

/* F12: a resolution's value whose source is erased reads as the source's stand-in. */
static void read_through_source(const struct casefile *casefile, struct item *item,
                                struct bytes key)
{
    for (size_t i = 0; i < item->source_count; i++) {
        uint32_t source = casefile_find(casefile, &item->sources[i]);
        if (source == NO_VERTEX || !casefile->vertices[source].erased)
            continue;
        const struct view_record *in = casefile->vertices[source].in;
        for (size_t j = 0; j < in->stand_in_count; j++) {
            const struct write *write = &in->stand_ins[j];
            if (write->op > WRITE_REMOVE || !bytes_equal(write->field, key))
                continue;
            item->value_bytes = write->value_bytes;
            item->erased = !field_is_impersonal(casefile, key);
            return;
        }
    }
}

static void read_write(struct reading *reading, struct vertex *vertex, uint32_t number,
                       const struct write *write, bool shown)
{
    uint32_t field = find_from_hint(reading, write->field);
    if (field == CASE_FIELD_NONE || reading->casefile->fields[field].is_pack) {
        vertex->unknown_field = vertex->unknown_field || !shown;
        return;
    }
    struct item *item = &reading->items[reading->count++];
    *item = (struct item){.vertex = number,
                          .field = field,
                          .value_bytes = write->value_bytes,
                          .op = shown ? WRITE_SET : write->op,
                          .sources = write->sources,
                          .source_count = write->source_count,
                          .shown = shown};
    item->erased = vertex->erased && !field_is_impersonal(reading->casefile, write->field);
    if (vertex->kind == KIND_RESOLUTION)
        read_through_source(reading->casefile, item, write->field);
}

/* A field both written and shown counts as written. */
static bool writes_field(const struct reading *reading, size_t first, struct bytes key)
{
    uint32_t field = fieldset_find(reading->casefile, key);
    for (size_t i = first; i < reading->count; i++) {
        if (reading->items[i].field == field)
            return true;
    }
    return false;
}

static void read_derived(struct reading *reading, const struct vertex *vertex, uint32_t number)
{
    struct casefile *casefile = reading->casefile;
    struct item *item = &reading->items[reading->count];
    if (vertex->step != NULL && step_moves(vertex->step) &&
        casefile->state_field != CASE_FIELD_NONE) {
        static const uint8_t states[STATE_HANDED_OVER + 1] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
        *item = (struct item){.vertex = number, .field = casefile->state_field, .derived = true};
        item->value_bytes = bytes_of(&states[vertex->step->to], 1); /* its canonical encoding */
        reading->count++;
    }
    if (casefile->pack_field != CASE_FIELD_NONE &&
        (vertex->kind == KIND_GENESIS || vertex->kind == KIND_REPACK)) {
        item = &reading->items[reading->count++];
        *item = (struct item){.vertex = number, .field = casefile->pack_field, .derived = true};
        item->value_bytes = bytes_of(vertex->pack_hash.bytes, sizeof(vertex->pack_hash.bytes));
    }
}

static void read_vertex(struct reading *reading, struct vertex *vertex, uint32_t number)
{
    size_t first = reading->count;
    const struct case_body *body = vertex->body;
    bool shows = vertex->kind == KIND_STEP && !vertex->book;
    for (size_t i = 0; body != NULL && i < body->write_count; i++)
        read_write(reading, vertex, number, &body->writes[i], false);
    for (size_t i = 0; body != NULL && shows && i < body->shown_count; i++) {
        const struct shown_field *shown = &body->shown[i];
        struct write write = {.field = shown->field, .value_bytes = shown->value_bytes};
        if (!writes_field(reading, first, shown->field))
            read_write(reading, vertex, number, &write, true);
    }
    for (size_t i = 0; vertex->erased && i < vertex->in->stand_in_count; i++) {
        const struct write *write = &vertex->in->stand_ins[i];
        bool shown = write->op > WRITE_REMOVE;
        if (bytes_equal_text(write->field, STAND_IN_STEP) || (shown && !shows) ||
            (shown && writes_field(reading, first, write->field)))
            continue;
        read_write(reading, vertex, number, write, shown);
    }
    read_derived(reading, vertex, number);
    vertex->item_count = reading->count - first;
}

static size_t items_most(const struct vertex *vertex)
{
    if (vertex->erased)
        return vertex->in->stand_in_count + 2;
    return vertex->body != NULL ? vertex->body->write_count + vertex->body->shown_count + 2 : 2;
}

/* ---- items in order of field ---- */

static enum status group_items(struct casefile *casefile, const struct reading *reading)
{
    struct item *grouped = arena_array(casefile->arena, reading->count + 1, sizeof(*grouped));
    struct item **places = arena_array(casefile->arena, reading->count + 1, sizeof(struct item *));
    uint64_t *writers =
        arena_array(casefile->arena, casefile->field_count * casefile->words + 1, sizeof(*writers));
    if (grouped == NULL || places == NULL || writers == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < reading->count; i++)
        casefile->fields[reading->items[i].field].count++;
    struct item *next = grouped;
    for (size_t i = 0; i < casefile->field_count; i++) {
        struct field_items *field = &casefile->fields[i];
        field->items = next;
        field->writers = writers + i * casefile->words;
        next += field->count;
        field->count = 0;
    }
    for (size_t i = 0; i < reading->count; i++) {
        struct field_items *field = &casefile->fields[reading->items[i].field];
        places[i] = &field->items[field->count++];
        *places[i] = reading->items[i];
        bit_set(field->writers, places[i]->vertex);
    }
    for (size_t i = casefile->missing_count; i < casefile->count; i++) {
        casefile->vertices[i].items = places;
        places += casefile->vertices[i].item_count;
    }
    return STATUS_OK;
}

static int by_value(const void *a, const void *b)
{
    return bytes_compare((*(struct item *const *)a)->value_bytes,
                         (*(struct item *const *)b)->value_bytes);
}

/* Numbers the distinct values of a field. |order| has room for its items. */
static void number_values(struct field_items *field, struct item **order)
{
    for (size_t i = 0; i < field->count; i++)
        order[i] = &field->items[i];
    if (field->count > 1)
        qsort(order, field->count, sizeof(struct item *), by_value);
    for (size_t i = 0; i < field->count; i++) {
        if (i > 0 && by_value(&order[i - 1], &order[i]) != 0)
            field->value_count++;
        order[i]->value = field->value_count;
    }
    field->value_count += field->count > 0;
}

static enum status make_room(struct casefile *casefile)
{
    size_t items = 1;
    size_t values = 1;
    for (size_t i = 0; i < casefile->field_count; i++) {
        if (casefile->fields[i].count > items)
            items = casefile->fields[i].count;
        if (casefile->fields[i].value_count > values)
            values = casefile->fields[i].value_count;
    }
    bool seen[256] = {true}; /* no rank is a rank too */
    for (size_t i = 0; i < casefile->pack_count; i++) {
        for (size_t j = 0; j < sizeof(casefile->packs[i]->ranks); j++)
            seen[casefile->packs[i]->ranks[j]] = true;
    }
    for (size_t rank = 0; rank < sizeof(seen); rank++) {
        if (!seen[rank])
            continue;
        casefile->slot_of_rank[rank] = (uint8_t)casefile->rank_count;
        casefile->ranks[casefile->rank_count++] = (uint8_t)rank;
    }
    struct arena *arena = casefile->arena;
    size_t words = casefile->words;
    casefile->covered = arena_array(arena, (casefile->rank_count + 1) * words, sizeof(uint64_t));
    casefile->common = arena_array(arena, words, sizeof(uint64_t));
    casefile->sound = arena_array(arena, words, sizeof(uint64_t));
    casefile->effective = arena_array(arena, words, sizeof(uint64_t));
    casefile->live = arena_array(arena, items, sizeof(struct item *));
    casefile->values = arena_array(arena, words_of(values + 1), sizeof(uint64_t));
    return casefile->covered != NULL && casefile->common != NULL && casefile->sound != NULL &&
                   casefile->effective != NULL && casefile->live != NULL && casefile->values != NULL
               ? STATUS_OK
               : STATUS_NO_MEMORY;
}

enum status fieldset_build(struct casefile *casefile)
{
    bool repacked = false;
    enum status status = find_packs(casefile, &repacked);
    size_t most = 0;
    for (size_t i = casefile->missing_count; i < casefile->count && status == STATUS_OK; i++) {
        struct vertex *vertex = &casefile->vertices[i];
        status = read_body(casefile, vertex);
        if (!vertex->newer)
            name_step(vertex);
        casefile->any_newer = casefile->any_newer || vertex->newer;
        most += items_most(vertex);
    }
    if (status != STATUS_OK || casefile->pack_absent || casefile->any_bodiless)
        return status;
    status = name_fields(casefile, repacked);
    if (status != STATUS_OK)
        return status;
    struct reading reading = {.casefile = casefile};
    reading.items = arena_array(casefile->arena, most + 1, sizeof(*reading.items));
    struct item **order = arena_array(casefile->arena, most + 1, sizeof(struct item *));
    if (reading.items == NULL || order == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = casefile->missing_count; i < casefile->count; i++) {
        if (!casefile->vertices[i].newer)
            read_vertex(&reading, &casefile->vertices[i], (uint32_t)i);
    }
    status = group_items(casefile, &reading);
    for (size_t i = 0; i < casefile->field_count && status == STATUS_OK; i++)
        number_values(&casefile->fields[i], order);
    return status == STATUS_OK ? make_room(casefile) : status;
}

enum status fieldset_draft(struct casefile *casefile, struct vertex *vertex)
{
    name_step(vertex);
    size_t most = items_most(vertex);
    struct reading reading = {.casefile = casefile};
    reading.items = arena_array(casefile->arena, most, sizeof(*reading.items));
    vertex->items = arena_array(casefile->arena, most, sizeof(struct item *));
    if (reading.items == NULL || vertex->items == NULL)
        return STATUS_NO_MEMORY;
    read_vertex(&reading, vertex, NO_VERTEX);
    for (size_t i = 0; i < reading.count; i++) {
        struct item *item = &reading.items[i];
        const struct field_items *field = &casefile->fields[item->field];
        item->value = field->value_count; /* a value nobody wrote, unless found */
        for (size_t j = 0; j < field->count; j++) {
            if (bytes_equal(field->items[j].value_bytes, item->value_bytes))
                item->value = field->items[j].value;
        }
        vertex->items[i] = item;
    }
    return STATUS_OK;
}
