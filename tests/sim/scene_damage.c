#include "tests/sim/forger.h"
#include "tests/sim/scenes.h"
#include "tests/sim/stage.h"

/*
 * Of what streams to a device two batches are at its writer when the first group fails for want of
 * room: the cursor of the second must not pass over the first. Without the rule only a gap or the
 * digest at rest finds out.
 */
void scene_cursor_passes_failed_batch(struct world *world)
{
    struct stage stage;
    struct name dossier;
    if (!stage_set(&stage, world, 1))
        return;
    struct node *device = stage.devices[0];
    stage_block(device, 0);
    /* A frame holds one scope: first a grant, then dossiers. */
    node_join_now(node_new(world, "device9", ROLE_DEVICE, stage.office1, 1), stage.office1);
    stage_receive(stage.office1, 5, &dossier);
    world->weather.rate_least = world->weather.rate_most = 400000;
    device->writer_us = 2000000;
    device->group_most = 1;
    stage_unblock(device, 0);
    size_t most = 0;
    for (size_t i = 0; i < 20000 && most < 2 && !world->failed; i++) {
        world_run(world, world->now_us + 500);
        most = 0;
        for (size_t k = 0; k < device->scribe.count; k++)
            most += device->scribe.jobs[k].kind == JOB_BATCH;
    }
    stage_expect(&stage, most >= 2, "two batches are at the writer");
    device->drops = 1;
    for (size_t i = 0; i < 20000 && device->drops > 0 && !world->failed; i++)
        world_run(world, world->now_us + 500);
    stage_expect(&stage, device->scribe.count > 0, "what came behind it is still at the writer");
    stage_block(device, 0);
    world_run(world, world->now_us + 10000000);
    stage_expect(&stage, device->scribe.count == 0, "and is stored before it calls again");
    device->group_most = 0;
    device->writer_us = 0;
    stage_expect(&stage, device->drops == 0, "the first group has failed");
    struct travel before = stage_travel(world);
    stage_unblock(device, 0);
    stage_rest(&stage);
    struct travel travel = stage_since(world, &before);
    stage_expect(&stage, stage_holds(device, &dossier), "the dossiers have come");
    stage_expect(&stage, travel.paths[PATH_CURSOR] > 0 && travel.paths[PATH_VECTORS] == 0,
                 "from the cursor of before, which fits");
    stage_end(&stage);
}

/* A bit of a device's record flips before it has met anyone: it never leaves as another record, and
 * the device is not taken for one that breaks the rules. */
void scene_damaged_record_stays(struct world *world)
{
    struct stage stage;
    struct name dossier;
    struct replica_read *read = NULL;
    struct replica_verdict verdict = {.ok = true};
    if (!stage_set(&stage, world, 2))
        return;
    struct node *device = stage.devices[0];
    stage_block(device, 0);
    stage_receive(device, 6, &dossier);
    size_t flips = 0;
    for (; flips < 200 && verdict.ok && !world->failed; flips++) {
        node_flip(device);
        if (replica_read_begin(device->replica, &read) != STATUS_OK)
            break;
        if (replica_verify(read, true, &verdict) != STATUS_OK)
            verdict.ok = true;
        replica_read_end(read);
    }
    stage_expect(&stage, !verdict.ok && verdict.bad_why, "verify names the damage");
    uint64_t held = world->witness.count;
    stage_unblock(device, 0);
    world_run(world, world->now_us + 60000000);
    stage_expect(&stage, world->witness.count == held, "no disk got a record that was not written");
    stage_receive(stage.devices[1], 3, &dossier);
    world_run(world, world->now_us + 20000000);
    stage_expect(&stage, stage_holds(stage.hub, &dossier), "the others go on");
}

/* The ids of all a device holds are spoilt while it is away: what follows streams to it and does
 * not fit. It asks for the vectors, ever more seldom, and nobody else is held up. */
void scene_damaged_record_followed(struct world *world)
{
    enum { ID_BIT = 8 * 8 + 3, RECORDS_A_DAY = 1000 };
    struct stage stage;
    struct name dossier;
    if (!stage_set(&stage, world, 2))
        return;
    struct node *device = stage.devices[0];
    stage_block(device, 0);
    uint64_t rows = 0;
    while (node_flip_bit(device, rows, ID_BIT))
        rows++;
    stage_expect(&stage, rows > 4 && rows < NODE_SPOILT_MAX, "every record of it is spoilt");
    stage_receive(stage.office1, 3, NULL);
    stage_receive(stage.devices[1], 3, &dossier);
    struct travel before = stage_travel(world);
    stage_unblock(device, 0);
    stage_day(&stage);
    struct travel travel = stage_since(world, &before);
    stage_expect(&stage, stage_holds(stage.hub, &dossier), "the others go on");
    stage_expect(&stage, travel.paths[PATH_VECTORS] > 2, "the vectors were tried again");
    stage_allow(&stage, &travel, RECORDS_A_DAY);
}

static void junk_at(struct stage *stage, struct node *device, size_t before, size_t behind)
{
    struct name first = {{0}};
    struct name last = {{0}};
    stage_block(device, 0);
    stage_receive(device, before, &first);
    forger_append(device, &first, FORGED_SIGNATURE);
    stage_receive(device, behind, &last);
    stage_unblock(device, 0);
    world_run(device->world, device->world->now_us + 60000000);
    stage_expect(stage, stage_holds(stage->hub, &first), "what came before the junk is stored");
    if (behind > 0)
        stage_expect(stage, stage_holds(stage->hub, &last),
                     "a later signature covers it, and what follows is stored");
}

/* A signature that is none: early, in the middle, last of what is sent, and then the log goes on.
 */
void scene_junk_signature(struct world *world)
{
    struct stage stage;
    struct name fresh;
    if (!stage_set(&stage, world, 2))
        return;
    world->hostile = 1;
    junk_at(&stage, stage.devices[0], 1, 8);
    junk_at(&stage, stage.devices[0], 6, 6);
    junk_at(&stage, stage.devices[1], 6, 0);
    stage_receive(stage.devices[1], 3, &fresh);
    world_run(world, world->now_us + 60000000);
    stage_expect(&stage, stage_holds(stage.hub, &fresh),
                 "behind a junk one that was last the writer goes on");
}

static enum view_load load_of(const struct node *node, const struct name *case_name)
{
    struct replica_read *read = NULL;
    struct arena arena;
    struct view view = {.load = VIEW_NOT_LOADED};
    if (replica_read_begin(node->replica, &read) != STATUS_OK)
        return VIEW_NOT_LOADED;
    arena_init(&arena, 16 << 20);
    if (replica_view(read, case_name, &arena, &view) != STATUS_OK)
        view.load = VIEW_NOT_LOADED;
    arena_deinit(&arena);
    replica_read_end(read);
    return view.load;
}

/* A device of a later version writes into a dossier; hub and devices of this one store, chain,
 * receipt and relay what they do not know. */
void scene_newer_kind_through_old_hub(struct world *world)
{
    struct stage stage;
    struct name dossiers[2];
    if (!stage_set(&stage, world, 2))
        return;
    struct node *newer = stage.devices[0];
    stage_receive(newer, 1, &dossiers[0]);
    stage_receive(newer, 1, &dossiers[1]);
    forger_append(newer, &dossiers[0], FORGED_NEWER);
    forger_append(newer, &dossiers[1], FORGED_KIND);
    stage_receive(newer, 2, NULL);
    stage_rest(&stage);
    for (size_t i = 0; i < 2; i++) {
        stage_expect(&stage, load_of(stage.hub, &dossiers[i]) == VIEW_NEWER,
                     "the hub says that the dossier needs a newer version");
        stage_expect(&stage, load_of(stage.devices[1], &dossiers[i]) == VIEW_NEWER,
                     "so does a device it was relayed to");
        stage_expect(&stage, load_of(stage.office1, &dossiers[i]) == VIEW_NEWER, "and the office");
    }
    stage_end(&stage);
}
