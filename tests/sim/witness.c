#include "tests/sim/witness.h"

#include "tests/sim/node.h"
#include "tests/sim/number.h"

#include <stdlib.h>
#include <string.h>

enum { LEARN_BYTES = 1 << 18, LEARN_ARENA = 32 << 20 };

void witness_deinit(struct witness *witness)
{
    free(witness->entries);
    free(witness->numbers);
    free(witness->leases);
    free(witness->inputs);
    free(witness->views);
    *witness = (struct witness){0};
}

static void *grown(void *at, size_t *capacity, size_t least, size_t size)
{
    if (*capacity >= least)
        return at;
    *capacity = *capacity ? *capacity * 2 : 64;
    void *larger = realloc(at, *capacity * size);
    if (!larger)
        abort();
    return larger;
}

/* ---- the table of records ---- */

static size_t slot_of(const struct witness *witness, const uint8_t *id, size_t size)
{
    size_t slot = (size_t)be64_load(id) & (witness->capacity - 1);
    while (!hash_is_none(&witness->entries[slot].id) &&
           memcmp(witness->entries[slot].id.bytes, id, size) != 0)
        slot = (slot + 1) & (witness->capacity - 1);
    return slot;
}

static struct witness_entry *find(struct witness *witness, const uint8_t *id, size_t size)
{
    if (witness->capacity == 0)
        return NULL;
    struct witness_entry *entry = &witness->entries[slot_of(witness, id, size)];
    return hash_is_none(&entry->id) ? NULL : entry;
}

struct witness_entry *witness_find(struct witness *witness, const struct hash *id)
{
    return find(witness, id->bytes, sizeof id->bytes);
}

struct witness_entry *witness_find16(struct witness *witness, const struct name *id16)
{
    return find(witness, id16->bytes, sizeof id16->bytes);
}

void witness_each(struct witness *witness, void (*each)(void *context, struct witness_entry *entry),
                  void *context)
{
    for (size_t i = 0; i < witness->capacity; i++) {
        if (!hash_is_none(&witness->entries[i].id))
            each(context, &witness->entries[i]);
    }
}

static void make_room(struct witness *witness)
{
    if (witness->count * 2 < witness->capacity)
        return;
    struct witness old = *witness;
    witness->capacity = old.capacity ? old.capacity * 2 : 1024;
    witness->entries = calloc(witness->capacity, sizeof *witness->entries);
    if (!witness->entries)
        abort();
    for (size_t i = 0; i < old.capacity; i++) {
        const struct witness_entry *entry = &old.entries[i];
        if (!hash_is_none(&entry->id))
            witness->entries[slot_of(witness, entry->id.bytes, sizeof entry->id.bytes)] = *entry;
    }
    free(old.entries);
}

/* ---- learning ---- */

static uint64_t bit_of(const struct node *node)
{
    return UINT64_C(1) << node->index % 64;
}

bool witness_holds(const struct witness_entry *entry, const struct node *node)
{
    return (entry->holders[node->index / 64] & bit_of(node)) != 0;
}

static bool is_held(const struct witness_entry *entry)
{
    uint64_t any = 0;
    for (size_t i = 0; i < WITNESS_NODES_MAX / 64; i++)
        any |= entry->holders[i];
    return any != 0;
}

static void enter(struct world *world, struct node *node, const struct record *record)
{
    struct witness *witness = &world->witness;
    struct witness_entry *known = witness_find(witness, &record->id);
    if (known) {
        known->holders[node->index / 64] |= bit_of(node);
        known->destroyed = false;
        return;
    }
    make_room(witness);
    struct witness_entry *entry =
        &witness->entries[slot_of(witness, record->id.bytes, sizeof record->id.bytes)];
    *entry = (struct witness_entry){.id = record->id,
                                    .prev = record->header.prev,
                                    .log = record_log(record),
                                    .case_name = record_case(record),
                                    .seq = record->header.seq,
                                    .kind = record->header.kind,
                                    .writer = node->index};
    entry->holders[node->index / 64] = bit_of(node);
    witness->count++;
    number_learn(world, node, record);
}

static void learn_one(struct world *world, struct node *node, const struct read_record *row,
                      struct arena *arena)
{
    struct record record;
    enum status status = record_decode(row->raw, arena, &record);
    bool intact = status == STATUS_OK && hash_equal(&record.id, &row->id);
    if (!intact && (node_has_spoilt(node, &row->id) ||
                    (status == STATUS_OK && node_has_spoilt(node, &record.id))))
        return;
    if (!intact) {
        world_fail(world, "%s holds a record that is none: %s", node->name, status_name(status));
        return;
    }
    enter(world, node, &record);
}

void witness_learn(struct world *world, struct node *node)
{
    struct name scopes[DISTRICT_UNITS_MAX + 1];
    struct read_request request = {.kind = READ_ARRIVALS,
                                   .scopes = scopes,
                                   .scope_count = district_scopes(&world->district, scopes),
                                   .from = node->seen_arrival,
                                   .bytes = LEARN_BYTES};
    size_t in_a_row = 0;
    for (bool more = true; more && !world->failed;) {
        struct arena arena;
        struct read_result result = {0};
        arena_init(&arena, LEARN_ARENA);
        enum status status = replica_inquire(node->replica, &request, &arena, &result);
        if (status != STATUS_OK && !node_is_damaged(node))
            world_fail(world, "%s cannot read its arrivals: %s", node->name, status_name(status));
        for (size_t i = 0; i < result.record_count && status == STATUS_OK; i++)
            learn_one(world, node, &result.records[i], &arena);
        if (status == STATUS_OK) {
            more = !result.at_end && result.end > request.from;
            request.from = result.end;
            in_a_row = 0;
        } else if (request.bytes > 1)
            request.bytes = 1; /* up to the damaged one, */
        else {
            request.from++; /* and past it */
            more = ++in_a_row <= node->spoilt.count;
        }
        arena_deinit(&arena);
    }
    if (in_a_row > 0)
        request.from = node->seen_arrival; /* the last ones are looked at again */
    node->progress += request.from - node->seen_arrival;
    node->seen_arrival = request.from;
}

void witness_forget(struct world *world, struct node *node)
{
    struct witness *witness = &world->witness;
    for (size_t i = 0; i < witness->capacity; i++)
        witness->entries[i].holders[node->index / 64] &= ~bit_of(node);
    node->seen_arrival = 0;
    node->progress++;
}

void witness_settle(struct world *world)
{
    struct witness *witness = &world->witness;
    for (size_t i = 0; i < witness->capacity; i++) {
        struct witness_entry *entry = &witness->entries[i];
        if (!hash_is_none(&entry->id) && !is_held(entry))
            entry->destroyed = true;
    }
}

/* ---- promises ---- */

bool witness_is_durable(struct node *sender, const struct receipt_head *head)
{
    const struct witness_entry *entry = witness_find16(&sender->world->witness, &head->id16);
    /* A bit of it flipped unseen: it is believed to be held until somebody reads it. */
    return entry && entry->seq == head->seq &&
           (witness_holds(entry, sender) || node_has_spoilt(sender, &entry->id));
}

void witness_promise(struct world *world, struct node *sender, const struct receipt *receipt)
{
    struct witness *witness = &world->witness;
    bool own = public_key_equal(&receipt->signer, &sender->key);
    witness->receipts_sent++;
    for (size_t i = 0; i < receipt->head_count; i++) {
        const struct receipt_head *head = &receipt->heads[i];
        char log[9];
        /* A receipt of before this disk was put back is proof of deposit, not a promise anew. */
        struct name epoch = replica_epoch(sender->replica);
        if (own && name_equal(&epoch, &receipt->epoch) && !sender->unknowing &&
            !witness_is_durable(sender, head)) {
            world_fail(world, "%s acknowledges log %s seq %llu, which is not durable", sender->name,
                       name_brief(&head->log, log), (unsigned long long)head->seq);
            return;
        }
        struct witness_entry *entry = witness_find16(witness, &head->id16);
        if (!entry) {
            world_fail(world, "%s sends a receipt for log %s seq %llu, which no disk ever held",
                       sender->name, name_brief(&head->log, log), (unsigned long long)head->seq);
            return;
        }
        while (entry && !entry->receipted) {
            entry->receipted = true;
            entry = hash_is_none(&entry->prev) ? NULL : witness_find(witness, &entry->prev);
        }
    }
}

/* ---- views ---- */

static size_t view_slot(const struct witness *witness, const struct hash *inputs)
{
    size_t slot = (size_t)be64_load(inputs->bytes) & (witness->view_capacity - 1);
    while (!hash_is_none(&witness->inputs[slot]) && !hash_equal(&witness->inputs[slot], inputs))
        slot = (slot + 1) & (witness->view_capacity - 1);
    return slot;
}

static void make_view_room(struct witness *witness)
{
    if (witness->view_count * 2 < witness->view_capacity)
        return;
    struct witness old = *witness;
    witness->view_capacity = old.view_capacity ? old.view_capacity * 2 : 256;
    witness->inputs = calloc(witness->view_capacity, sizeof *witness->inputs);
    witness->views = calloc(witness->view_capacity, sizeof *witness->views);
    if (!witness->inputs || !witness->views)
        abort();
    for (size_t i = 0; i < old.view_capacity; i++) {
        if (hash_is_none(&old.inputs[i]))
            continue;
        size_t slot = view_slot(witness, &old.inputs[i]);
        witness->inputs[slot] = old.inputs[i];
        witness->views[slot] = old.views[i];
    }
    free(old.inputs);
    free(old.views);
}

void witness_view(struct world *world, const struct hash *inputs, const struct name *view,
                  const char *where)
{
    struct witness *witness = &world->witness;
    make_view_room(witness);
    size_t slot = view_slot(witness, inputs);
    if (hash_is_none(&witness->inputs[slot])) {
        witness->inputs[slot] = *inputs;
        witness->views[slot] = *view;
        witness->view_count++;
        return;
    }
    char one[9];
    char other[9];
    if (!name_equal(&witness->views[slot], view))
        world_fail(world, "equal inputs give views %s and %s (%s)",
                   name_brief(&witness->views[slot], one), name_brief(view, other), where);
}

/* ---- numbers ---- */

void witness_add_lease(struct witness *witness, struct witness_lease lease)
{
    witness->leases =
        grown(witness->leases, &witness->lease_capacity, witness->lease_count + 1, sizeof lease);
    witness->leases[witness->lease_count++] = lease;
}

void witness_add_number(struct witness *witness, struct witness_number number)
{
    witness->numbers = grown(witness->numbers, &witness->number_capacity, witness->number_count + 1,
                             sizeof number);
    witness->numbers[witness->number_count++] = number;
}
