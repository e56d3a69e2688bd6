#include "tests/sim/cable.h"
#include "tests/sim/scenes.h"
#include "tests/sim/stage.h"

static const uint64_t DAY_US = UINT64_C(86400) * 1000000;

/* The office goes back to before a dossier the hub has: at the hub it stays, at the office it is
 * again once the office has signed for it again. */
void scene_office_forgets(struct world *world)
{
    struct stage stage;
    struct name dossier;
    if (!stage_set(&stage, world, 1))
        return;
    struct node *device = stage.devices[0];
    node_backup(stage.office1);
    stage_receive(device, 4, &dossier);
    stage_rest(&stage);
    stage_expect(&stage,
                 stage_level(device, &dossier) == (LEVEL_MACHINE | LEVEL_OFFICE | LEVEL_HUB),
                 "office and hub have acknowledged it");
    world->weather.effect_us_max = 200000;
    stage_block(stage.office1, 0); /* from the hub it would have it again before it was asked */
    node_restore(stage.office1, 0);
    stage_expect(&stage, !stage_holds(stage.office1, &dossier), "the office has forgotten it");
    bool fell = false;
    bool hub = true;
    for (size_t i = 0; i < 6000 && !world->failed; i++) {
        world_run(world, world->now_us + 10000);
        unsigned level = stage_level(device, &dossier);
        fell = fell || !(level & LEVEL_OFFICE);
        hub = hub && (level & LEVEL_HUB);
    }
    stage_expect(&stage, fell, "the office's word falls with its epoch");
    stage_expect(&stage, hub, "the hub's does not");
    stage_expect(&stage,
                 stage_level(device, &dossier) == (LEVEL_MACHINE | LEVEL_OFFICE | LEVEL_HUB),
                 "and the office says so again");
    stage_unblock(stage.office1, 0);
    stage_end(&stage);
}

/* Hub and office go back to one day, all tablets but one are gone: what that one holds is all there
 * is of the days since, and it comes back to both. */
void scene_same_day_one_tablet_left(struct world *world)
{
    struct stage stage;
    struct name of_office;
    struct name of_tablet;
    struct name of_burned;
    if (!stage_set(&stage, world, 3))
        return;
    stage_receive(stage.office1, 2, NULL);
    stage_rest(&stage);
    node_backup(stage.hub);
    node_backup(stage.office1);
    stage_day(&stage);
    stage_receive(stage.office1, 5, &of_office);
    stage_receive(stage.devices[0], 5, &of_tablet);
    stage_receive(stage.devices[1], 5, &of_burned);
    stage_rest(&stage);
    stage_expect(&stage, stage_holds(stage.devices[0], &of_burned), "the tablet has all of it");
    stage_block(stage.devices[0], 0);
    node_burn(stage.devices[1]);
    node_burn(stage.devices[2]);
    struct name hub_epoch = replica_epoch(stage.hub->replica);
    struct name office_epoch = replica_epoch(stage.office1->replica);
    node_restore(stage.hub, 0);
    node_restore(stage.office1, 0);
    stage_expect(&stage, !stage_holds(stage.hub, &of_tablet), "the hub has lost it");
    world_run(world, world->now_us + 60000000);
    struct name epoch = replica_epoch(stage.office1->replica);
    stage_expect(&stage, name_equal(&epoch, &office_epoch), "nobody can tell the office yet");
    stage_unblock(stage.devices[0], 0);
    stage_rest(&stage);
    epoch = replica_epoch(stage.office1->replica);
    stage_expect(&stage, !name_equal(&epoch, &office_epoch), "the tablet tells the office");
    epoch = replica_epoch(stage.hub->replica);
    world_say(world, "the hub %s", name_equal(&epoch, &hub_epoch) ? "has not heard" : "heard too");
    stage_expect(&stage, stage_holds(stage.hub, &of_office), "the office's work is at the hub");
    stage_expect(&stage, stage_holds(stage.hub, &of_tablet), "the tablet's too");
    stage_expect(&stage, stage_holds(stage.hub, &of_burned), "and that of a tablet that is gone");
    stage_expect(&stage,
                 stage_level(stage.devices[0], &of_burned) ==
                     (LEVEL_MACHINE | LEVEL_OFFICE | LEVEL_HUB),
                 "and the tablet knows");
    stage_end(&stage);
}

/* An office's line stands two minutes a day: a day's work is at the hub the next day. */
void scene_two_minutes_a_day(struct world *world)
{
    struct stage stage;
    struct name dossier[3];
    if (!stage_set(&stage, world, 1))
        return;
    world->weather.windows = true;
    world->weather.rate_least = world->weather.rate_most = 8000;
    world->weather.delay_us_max = 300000;
    stage.office1->routes[0].windowed = true;
    stage.devices[0]->routes[0].windowed = false;
    cable_cut_route(stage.office1, 0);
    world_run(world, world->now_us + 3000000);
    for (size_t day = 0; day < 3; day++) {
        stage_receive(stage.office1, 20, &dossier[day]);
        stage_receive(stage.devices[0], 20, NULL);
        world_run(world, world->now_us + DAY_US + DAY_US / 100);
        stage_expect(&stage, stage_holds(stage.hub, &dossier[day]), "the day's work is at the hub");
    }
    stage_expect(&stage, world->faults[FAULT_WINDOW] >= 2, "the line stood for its minutes only");
    stage_end(&stage);
}

static enum status hub_grant_call(struct node *node, void *context)
{
    const struct node *below = node->world->nodes[*(const size_t *)context];
    struct grant grant = {.granter = node->key,
                          .key = below->key,
                          .role = ROLE_HUB,
                          .unit = below->identity.unit,
                          .label = below->identity.name,
                          .scopes = &below->identity.scope,
                          .scope_count = 1,
                          .may_grant = true,
                          .counter_owner = true,
                          .sees_all = true};
    return replica_grant(node->replica, &grant);
}

/* Hub of hubs: a device's dossier goes up three nodes and a decision comes down as many; there is
 * no code for depth. */
void scene_hub_of_hubs(struct world *world)
{
    struct stage stage = {.world = world};
    struct name dossier;
    struct node *top = node_new(world, "hub", ROLE_HUB, NULL, 0);
    node_found(top);
    struct node *middle = node_new(world, "hub2", ROLE_HUB, top, 3);
    node_join_now(middle, top);
    size_t index = middle->index;
    if (world->failed || !scribe_now(top, hub_grant_call, &index))
        world_fail(world, "the top cannot grant a hub");
    stage.hub = top;
    stage_rest(&stage);
    stage.office1 = node_new(world, "office1", ROLE_OFFICE, middle, 1);
    node_join_now(stage.office1, middle);
    stage_rest(&stage);
    stage.devices[0] = node_new(world, "device1", ROLE_DEVICE, stage.office1, 1);
    node_join_now(stage.devices[0], stage.office1);
    stage_rest(&stage);
    if (world->failed)
        return;
    stage_receive(stage.devices[0], 5, &dossier);
    stage_rest(&stage);
    stage_expect(&stage, stage_holds(middle, &dossier), "the hub between has it");
    stage_expect(&stage, stage_holds(top, &dossier), "so has the top");
    stage_expect(&stage,
                 stage_level(stage.devices[0], &dossier) ==
                     (LEVEL_MACHINE | LEVEL_OFFICE | LEVEL_HUB),
                 "and the device knows");
    stage_expect(&stage, desk_set(stage.office1, &dossier, "dia_chi", "Bản Một"),
                 "the office writes into it");
    node_backup(middle);
    stage_receive(stage.office1, 5, &dossier);
    stage_rest(&stage);
    node_restore(middle, 0);
    stage_rest(&stage);
    stage_expect(&stage, stage_holds(middle, &dossier), "put back, it gets all again");
    stage_end(&stage);
}

/* Twenty offices write in turn. What one of them has sent does not come back to it, and what the
 * others do costs it nothing. */
void scene_twenty_writers_then_idle(struct world *world)
{
    enum { OFFICES = 20, ROUNDS = 6, IDLE_BYTES = 400 };
    struct stage stage = {.world = world};
    struct node *offices[OFFICES];
    char name[24];
    stage.hub = node_new(world, "hub", ROLE_HUB, NULL, 0);
    node_found(stage.hub);
    for (size_t i = 0; i < OFFICES && !world->failed; i++) {
        snprintf(name, sizeof name, "office%zu", i + 1);
        offices[i] = node_new(world, name, ROLE_OFFICE, stage.hub, i + 1);
        node_join_now(offices[i], stage.hub);
    }
    stage_rest(&stage);
    for (size_t round = 0; round < ROUNDS && !world->failed; round++) {
        for (size_t i = 0; i < OFFICES && !world->failed; i++)
            stage_receive(offices[i], 2, NULL);
        world_run(world, world->now_us + 200000);
    }
    stage_rest(&stage);
    struct travel before = stage_travel(world);
    stage_receive(offices[1], 4, NULL);
    stage_rest(&stage);
    struct travel travel = stage_since(world, &before);
    stage_expect(&stage, travel.records <= 8, "four acts travel once, to the hub alone");
    stage_block(offices[0], 0);
    before = stage_travel(world);
    stage_unblock(offices[0], 0);
    stage_rest(&stage);
    travel = stage_since(world, &before);
    world_say(world, "the second session took %llu bytes", (unsigned long long)travel.payload);
    stage_expect(&stage, travel.records == 0, "no record travels again");
    stage_expect(&stage, travel.payload <= IDLE_BYTES, "and at most 400 bytes in all");
    stage_expect(&stage, travel.paths[PATH_CURSOR] == 1 && travel.paths[PATH_VECTORS] == 0,
                 "the cursor fitted");
    stage_end(&stage);
}

/* A clock at 1970 when a dossier is received: it is taken in, and its code is a provisional one. */
void scene_clock_1970_at_intake(struct world *world)
{
    struct stage stage;
    struct act_result result = {0};
    struct act_result right = {0};
    if (!stage_set(&stage, world, 1))
        return;
    stage.devices[0]->clock_offset = -1767574800;
    stage_expect(&stage, desk_receive(stage.devices[0], "An", &result), "nothing is refused");
    stage_expect(&stage, result.provisional, "no day is made up: the code is provisional");
    stage.devices[0]->clock_offset = 0;
    stage_rest(&stage);
    stage_expect(&stage, desk_receive(stage.devices[0], "Chi", &right) && !right.provisional,
                 "with the clock right the next has its number");
    stage_expect(&stage, stage_holds(stage.hub, &result.case_name), "the first is at the hub");
    stage_end(&stage);
}

/* A clock at 2099 wins a concurrent write to a field of low stakes, until the next one. */
void scene_clock_2099_latest(struct world *world)
{
    struct stage stage;
    struct name dossier;
    if (!stage_set(&stage, world, 2))
        return;
    stage_receive(stage.office1, 1, &dossier);
    stage_rest(&stage);
    stage_block(stage.devices[0], 0);
    stage_block(stage.devices[1], 0);
    stage.devices[1]->clock_offset = INT64_C(2303000000);
    stage_expect(&stage, desk_set(stage.devices[1], &dossier, "dia_chi", "2099"), "2099 writes");
    stage_expect(&stage, desk_set(stage.devices[0], &dossier, "dia_chi", "today"), "today writes");
    stage_unblock(stage.devices[0], 0);
    stage_unblock(stage.devices[1], 0);
    stage_rest(&stage);
    stage_expect(&stage, stage_shows(stage.hub, &dossier, "dia_chi", "2099"),
                 "of two that did not know of each other the later claim is shown");
    stage_expect(&stage, desk_set(stage.devices[0], &dossier, "dia_chi", "again"),
                 "one who has seen it writes anew");
    stage_rest(&stage);
    stage_expect(&stage, stage_shows(stage.hub, &dossier, "dia_chi", "again"),
                 "and no clock stands against that");
    stage_end(&stage);
}

/* The owner of a counter goes back to the morning; of the day's numbers the first come back over a
 * slow line when the next citizen stands at the counter. */
void scene_restored_owner_draws_above(struct world *world)
{
    enum { DOSSIERS = 150 };
    struct stage stage;
    struct name last;
    if (!stage_set(&stage, world, 0))
        return;
    stage_receive(stage.office1, 1, NULL);
    stage_rest(&stage);
    node_backup(stage.office1);
    stage_receive(stage.office1, DOSSIERS, NULL);
    stage_receive(stage.office1, 1, &last);
    stage_rest(&stage);
    struct name epoch = replica_epoch(stage.office1->replica);
    world->weather.rate_least = world->weather.rate_most = 4000;
    node_restore(stage.office1, 0);
    bool early = false;
    for (size_t i = 0; i < 2000 && !world->failed; i++) {
        world_run(world, world->now_us + 20000);
        struct name now = replica_epoch(stage.office1->replica);
        early = early || (!name_equal(&epoch, &now) && !stage_holds(stage.office1, &last));
    }
    stage_expect(&stage, early, "it found out before all had come back");
    stage_rest(&stage);
    stage_expect(&stage, stage_holds(stage.office1, &last), "all came back");
    stage_end(&stage);
}
