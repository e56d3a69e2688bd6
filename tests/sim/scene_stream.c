#include "tests/sim/cable.h"
#include "tests/sim/endpoint.h"
#include "tests/sim/forger.h"
#include "tests/sim/scenes.h"
#include "tests/sim/stage.h"

/* Writers interleaved at the hub; what one office sent does not come back to it, and the next
 * session is only a greeting. */
void scene_upload_then_idle(struct world *world)
{
    enum { ROUNDS = 20, IDLE_BYTES = 400 };
    struct stage stage;
    if (!stage_set(&stage, world, 3))
        return;
    for (size_t i = 0; i < ROUNDS && !world->failed; i++) {
        stage_receive(stage.office1, 4, NULL);
        stage_receive(stage.office2, 4, NULL);
        stage_receive(stage.devices[i % STAGE_DEVICES], 4, NULL);
        world_run(world, world->now_us + 100000);
    }
    struct travel before = {0};
    stage_rest(&stage);
    struct travel travel = stage_since(world, &before);
    stage_expect(&stage, travel.paths[PATH_SKIP] > 0, "own records were passed over by count");
    stage_block(stage.office1, 0);
    before = stage_travel(world);
    stage_unblock(stage.office1, 0);
    stage_rest(&stage);
    travel = stage_since(world, &before);
    world_say(world, "the second session took %llu bytes and %llu records",
              (unsigned long long)travel.payload, (unsigned long long)travel.records);
    stage_expect(&stage, travel.records == 0, "no record travels again");
    stage_expect(&stage, travel.payload <= IDLE_BYTES, "and at most 400 bytes in all");
    stage_expect(&stage, travel.paths[PATH_CURSOR] > 0, "the cursor fitted");
    stage_expect(&stage, travel.paths[PATH_VECTORS] == 0, "no head was compared");
    stage_end(&stage);
}

/* A device's log holds a record that is none; what came before it and all other logs go on, and the
 * writer goes on in a new log. */
void scene_bad_header_mid_log(struct world *world)
{
    struct stage stage;
    struct name before;
    struct name behind;
    struct name others;
    struct name fresh;
    if (!stage_set(&stage, world, 2))
        return;
    world->hostile = 1;
    struct node *device = stage.devices[0];
    stage_block(device, 0);
    stage_receive(device, 5, &before);
    forger_append(device, &before, FORGED_PREV);
    stage_receive(device, 5, &behind);
    stage_receive(stage.devices[1], 5, &others);
    stage_unblock(device, 0);
    world_run(world, world->now_us + 60000000);
    stage_expect(&stage, stage_holds(stage.hub, &before), "what came before it is stored");
    stage_expect(&stage, !stage_holds(stage.hub, &behind), "it and what follows are not");
    stage_expect(&stage, stage_holds(stage.hub, &others), "other logs go on");
    stage_receive(device, 3, &fresh);
    world_run(world, world->now_us + 60000000);
    stage_expect(&stage, stage_holds(stage.hub, &fresh), "the writer goes on in a new log");
}

/* Device 2 has written into device 1's dossier and meets the hub first, which knows nothing of
 * device 1's log: the parent's id travels whole, and nothing stalls. */
void scene_parent_unknown_to_receiver(struct world *world)
{
    struct stage stage;
    struct name dossier;
    if (!stage_set(&stage, world, 2))
        return;
    struct node *second = stage.devices[1];
    stage_block(stage.office1, 0);
    stage_receive(stage.devices[0], 3, &dossier);
    world_run(world, world->now_us + 20000000);
    stage_expect(&stage, stage_holds(second, &dossier), "device 2 has device 1's dossier");
    stage_block(second, 0);
    stage_expect(&stage, desk_set(second, &dossier, "chu_ho_so", "Chi"), "and changes its owner");
    node_add_route(second, stage.hub);
    stage_unblock(second, 1);
    world_run(world, world->now_us + 20000000);
    stage_expect(&stage, stage_holds(stage.hub, &dossier), "the hub has both");
    stage_unblock(second, 0);
    stage_unblock(stage.office1, 0);
    stage_rest(&stage);
    stage_end(&stage);
}

/* The n-th commit of the hub fails, for every n of a sync with runs under way. */
void scene_commit_failure(struct world *world)
{
    enum { FAILURES = 12 };
    struct stage stage;
    if (!stage_set(&stage, world, 2))
        return;
    for (uint64_t n = 1; n <= FAILURES && !world->failed; n++) {
        stage_block(stage.office1, 0);
        stage_receive(stage.office1, 6, NULL);
        stage_receive(stage.devices[0], 6, NULL);
        if (!world->lmdb && node_is_up(stage.hub))
            store_memory_fail_commit(stage.hub->disk.store, n);
        stage_unblock(stage.office1, 0);
        world_run(world, world->now_us + 10000000);
    }
    stage_rest(&stage);
    stage_end(&stage);
}

static bool waits_for_room(const struct node *office)
{
    struct session_report report;
    const struct endpoint *endpoint = endpoint_of(office->world, office->routes[0].endpoint);
    if (!endpoint)
        return false;
    session_report(endpoint->session, &report);
    return report.settled && report.no_room && !report.at_rest;
}

/*
 * The hub's disk is full for a day. Two offices, one of them with a device's log too, wait with
 * what they have, ask ever more seldom and can say why. When there is room the standing sessions
 * bring all of it by themselves.
 */
void scene_full_hub_then_room(struct world *world)
{
    enum { ROUNDS_A_DAY = 24 * 6 + 10, RECORDS_A_ROUND = 12 };
    struct stage stage;
    struct name waiting[3];
    if (!stage_set(&stage, world, 1))
        return;
    struct node *writers[3] = {stage.office1, stage.office2, stage.devices[0]};
    store_memory_set_room(stage.hub->disk.store, 0, true);
    struct travel before = stage_travel(world);
    for (size_t i = 0; i < 3; i++)
        stage_receive(writers[i], 4, &waiting[i]);
    stage_day(&stage);
    struct travel travel = stage_since(world, &before);
    stage_allow(&stage, &travel, ROUNDS_A_DAY * RECORDS_A_ROUND);
    for (size_t i = 0; i < 3; i++)
        stage_expect(&stage, !stage_holds(stage.hub, &waiting[i]), "the hub has no room for it");
    stage_expect(&stage, waits_for_room(stage.office1) && waits_for_room(stage.office2),
                 "the offices wait, and can say for what");
    store_memory_set_room(stage.hub->disk.store, UINT64_MAX, false);
    world_run(world, world->now_us + UINT64_C(620) * 1000000);
    for (size_t i = 0; i < 3; i++)
        stage_expect(&stage, stage_holds(stage.hub, &waiting[i]), "then it comes, by itself");
    stage_rest(&stage);
    stage_end(&stage);
}
