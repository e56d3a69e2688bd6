#include "tests/sim/number.h"

#include "protocol/record/body.h"

#include <string.h>

enum { BODY_ARENA = 4 << 20 };

/* The running number is what follows the last hyphen. */
static uint64_t running_number(const char *code)
{
    const char *hyphen = strrchr(code, '-');
    uint64_t number = 0;
    for (const char *at = hyphen ? hyphen + 1 : code; *at >= '0' && *at <= '9'; at++)
        number = number * 10 + (uint64_t)(*at - '0');
    return number;
}

static bool of_unknowing_lease(const struct witness *witness, const struct name *log,
                               const char *code)
{
    uint64_t number = running_number(code);
    for (size_t i = 0; i < witness->lease_count; i++) {
        const struct witness_lease *lease = &witness->leases[i];
        if (lease->unknowing && name_equal(&lease->log, log) && number >= lease->first &&
            number - lease->first < lease->count)
            return true;
    }
    return false;
}

static void draw(struct world *world, struct node *node, const struct record *record,
                 struct bytes code)
{
    struct witness *witness = &world->witness;
    struct witness_number drawn = {
        .record = record->id, .node = node->index, .at_us = world->now_us};
    if (code.size > LIMIT_CODE_BYTES)
        return;
    memcpy(drawn.code, code.at, code.size);
    struct name log = record_log(record);
    struct name case_name = record_case(record);
    drawn.unknowing = node->unknowing || of_unknowing_lease(witness, &log, drawn.code);
    for (size_t i = 0; i < witness->number_count; i++) {
        const struct witness_number *earlier = &witness->numbers[i];
        /* Who knows keeps off also what one drew who did not. */
        if (strcmp(earlier->code, drawn.code) != 0 || drawn.unknowing)
            continue;
        const struct witness_entry *entry = witness_find(witness, &earlier->record);
        if (entry && name_equal(&entry->case_name, &case_name))
            continue;
        /* At the top nobody tells two copies apart: of what never left a disk only paper knows. */
        if (entry && node->route_count == 0 && !witness_holds(entry, node))
            continue;
        world_fail(world, "number %s is drawn twice: by %s at %llums and by %s", drawn.code,
                   world->nodes[earlier->node]->name, (unsigned long long)(earlier->at_us / 1000),
                   node->name);
    }
    witness_add_number(witness, drawn);
}

static void learn_lease(struct world *world, struct node *node, const struct record *record,
                        struct arena *arena)
{
    struct lease lease;
    if (lease_decode(record->body, arena, &lease) != STATUS_OK)
        return;
    witness_add_lease(&world->witness, (struct witness_lease){.log = lease.log,
                                                              .first = lease.first_number,
                                                              .count = lease.count,
                                                              .unknowing = node->unknowing});
}

void number_learn(struct world *world, struct node *node, const struct record *record)
{
    struct arena arena;
    struct case_body body;
    if (!record->has_body || record->header.newer)
        return;
    arena_init(&arena, BODY_ARENA);
    if (record->header.kind == KIND_LEASE)
        learn_lease(world, node, record, &arena);
    else if (record_is_of_case(record->header.kind) &&
             case_body_decode(record->body, &arena, &body) == STATUS_OK) {
        for (size_t i = 0; i < body.write_count; i++) {
            const struct write *write = &body.writes[i];
            if (bytes_equal_text(write->field, "ma_ho_so") && write->value.type == WIRE_TEXT)
                draw(world, node, record, write->value.as.bytes);
        }
    }
    arena_deinit(&arena);
}
