#include "tests/sim/run.h"

#include "tests/sim/cable.h"
#include "tests/sim/check.h"
#include "tests/sim/desk.h"

#include <string.h>

static const int64_t CLOCK_1970 = -1767574800;
static const int64_t CLOCK_2099 = INT64_C(2303000000);

/* What this run is like: chances per mille of each thing at a step of the plan. */
struct temper {
    uint64_t partition, cut, crash, backup, restore, clone, burn, clock, room, join;
    uint64_t pause_us_max; /* between two steps */
};

static struct node *some_node(struct world *world)
{
    return world->nodes[prng_below(&world->prng, world->node_count)];
}

static struct weather some_weather(struct prng *prng)
{
    struct weather weather = {.effect_us_max = prng_between(prng, 100, 20000),
                              .delay_us_max = prng_between(prng, 1000, 800000),
                              .rate_least = 4000,
                              .rate_most = prng_between(prng, 8000, 2000000)};
    if (prng_chance(prng, 600))
        weather.cut = prng_between(prng, 1, 60);
    if (prng_chance(prng, 400))
        weather.half_open = prng_between(prng, 1, 500);
    if (prng_chance(prng, 500))
        weather.crash = prng_between(prng, 1, 8);
    if (prng_chance(prng, 400))
        weather.commit_fails = prng_between(prng, 1, 50);
    if (prng_chance(prng, 200))
        weather.lying_disk = prng_between(prng, 1, 500);
    if (prng_chance(prng, 100))
        weather.damage = prng_between(prng, 1, 20);
    return weather;
}

static struct temper some_temper(struct prng *prng)
{
    struct temper temper = {.pause_us_max = prng_between(prng, 1000, 3000000)};
    if (prng_chance(prng, 600))
        temper.partition = prng_between(prng, 10, 150);
    if (prng_chance(prng, 500))
        temper.cut = prng_between(prng, 10, 150);
    if (prng_chance(prng, 500))
        temper.crash = prng_between(prng, 5, 60);
    if (prng_chance(prng, 300)) {
        temper.backup = prng_between(prng, 20, 80);
        temper.restore = prng_between(prng, 10, 60);
    }
    if (prng_chance(prng, 150))
        temper.clone = prng_between(prng, 10, 40);
    if (prng_chance(prng, 150))
        temper.burn = prng_between(prng, 5, 20);
    if (prng_chance(prng, 300))
        temper.clock = prng_between(prng, 10, 60);
    if (prng_chance(prng, 150))
        temper.room = prng_between(prng, 10, 60);
    temper.join = prng_between(prng, 0, 20);
    return temper;
}

/* ---- the faults of a step ---- */

static void partition(struct world *world)
{
    struct node *node = some_node(world);
    if (node->route_count == 0)
        return;
    size_t index = (size_t)prng_below(&world->prng, node->route_count);
    struct route *route = &node->routes[index];
    route->blocked = !route->blocked;
    world_say(world, "%s is %s %s", node->name, route->blocked ? "cut off from" : "back at",
              world->nodes[route->server]->name);
    if (route->blocked)
        cable_cut_route(node, index);
    cable_wake(node);
}

static void cut(struct world *world)
{
    struct node *node = some_node(world);
    if (node->route_count > 0)
        cable_cut_route(node, (size_t)prng_below(&world->prng, node->route_count));
}

static void crash(struct world *world)
{
    struct node *node = some_node(world);
    if (!node_is_up(node))
        return;
    world_say(world, "%s crashes", node->name);
    uint64_t lost =
        prng_chance(&world->prng, world->weather.lying_disk) ? prng_between(&world->prng, 1, 4) : 0;
    node_restart(node, lost, prng_between(&world->prng, 1000, 20000000));
}

static void restore(struct world *world)
{
    struct node *node = some_node(world);
    if (!node->burned && node->backup_count > 0)
        node_restore(node, (size_t)prng_below(&world->prng, node->backup_count));
}

static void clone(struct world *world)
{
    static const char *const names[] = {"copy1", "copy2", "copy3"};
    struct node *node = some_node(world);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        /* Two hubs at one address are no case of ours: nobody could tell which one is called. */
        if (!node_named(world, names[i]) && node->route_count > 0 && node_is_up(node)) {
            node_clone(node, names[i]);
            return;
        }
    }
}

/* What an office or device held alone is gone; what others have is not. */
static void burn(struct world *world)
{
    struct node *node = some_node(world);
    if (node->index > 0 && !node->burned && node->founded)
        node_burn(node);
}

static void change_clock(struct world *world)
{
    static const int64_t offsets[] = {0, 0, -86400, 400, INT64_C(40000000)};
    struct node *node = some_node(world);
    uint64_t choice = prng_below(&world->prng, 7);
    node->clock_offset = choice == 5 ? CLOCK_1970 : choice == 6 ? CLOCK_2099 : offsets[choice];
    world_say(world, "%s's clock is off by %lld s", node->name, (long long)node->clock_offset);
}

/* A full disk: only the reserve for local acts is left; or room again. */
static void change_room(struct world *world)
{
    struct node *node = some_node(world);
    if (world->lmdb || node->burned)
        return;
    bool full = prng_chance(&world->prng, 500);
    world_say(world, "%s's disk %s", node->name, full ? "is all but full" : "has room");
    store_memory_set_room(node->disk.store, full ? 0 : UINT64_MAX, full);
}

static struct node *add_device(struct world *world, struct node *office)
{
    char name[24];
    snprintf(name, sizeof name, "device%zu", world->node_count);
    return node_new(world, name, ROLE_DEVICE, office, office->unit);
}

static void join(struct world *world)
{
    struct node *office = some_node(world);
    if (office->identity.role != ROLE_OFFICE || !node_is_up(office) ||
        world->node_count + 4 >= WORLD_NODES_MAX)
        return;
    node_join(add_device(world, office), office);
}

static void one_step(struct world *world)
{
    const struct temper *temper = world->plan_context;
    struct {
        uint64_t chance;
        void (*happen)(struct world *world);
    } const events[] = {
        {temper->partition, partition}, {temper->cut, cut},          {temper->crash, crash},
        {temper->restore, restore},     {temper->clone, clone},      {temper->burn, burn},
        {temper->clock, change_clock},  {temper->room, change_room}, {temper->join, join}};
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (prng_chance(&world->prng, events[i].chance))
            events[i].happen(world);
    }
    if (prng_chance(&world->prng, temper->backup))
        node_backup(some_node(world));
    if (prng_chance(&world->prng, 100))
        check_views(some_node(world));
    desk_act(some_node(world));
}

static void plan(struct world *world, uint64_t steps_left)
{
    const struct temper *temper = world->plan_context;
    one_step(world);
    if (steps_left > 1)
        world_after(world, prng_between(&world->prng, 100, temper->pause_us_max),
                    (struct item){.kind = ITEM_PLAN, .value = steps_left - 1});
}

/* ---- the district ---- */

static void some_clock(struct node *node)
{
    struct prng *prng = &node->world->prng;
    if (prng_chance(prng, 50))
        node->clock_offset = CLOCK_1970;
    else if (prng_chance(prng, 50))
        node->clock_offset = CLOCK_2099;
    else
        node->clock_offset = (int64_t)prng_below(prng, 240) - 120;
}

static void settle_district(struct world *world)
{
    struct prng *prng = &world->prng;
    struct node *hub = node_new(world, "hub", ROLE_HUB, NULL, 0);
    node_found(hub);
    size_t offices = 1 + (size_t)prng_below(prng, DISTRICT_UNITS - 1);
    for (size_t i = 1; i <= offices && !world->failed; i++) {
        char name[24];
        snprintf(name, sizeof name, "office%zu", i);
        struct node *office = node_new(world, name, ROLE_OFFICE, hub, i);
        some_clock(office);
        node_join_now(office, hub);
        uint64_t devices = prng_below(prng, 3);
        for (uint64_t k = 0; k < devices && !world->failed; k++) {
            struct node *device = add_device(world, office);
            some_clock(device);
            /* Some also know the hub's address. */
            if (prng_chance(prng, 200))
                node_add_route(device, hub);
            node_join_now(device, office);
        }
    }
}

void run_random(struct world *world)
{
    struct prng *prng = &world->prng;
    settle_district(world);
    world->weather = some_weather(prng);
    world->hostile = world->weather.damage > 0;
    struct temper temper = some_temper(prng);
    uint64_t steps = prng_between(prng, 10, world->lmdb ? 30 : 60);
    if (world->failed)
        return;
    world->plan = plan;
    world->plan_context = &temper;
    world_after(world, 1000, (struct item){.kind = ITEM_PLAN, .value = steps});
    world_run(world, world->now_us + steps * temper.pause_us_max);
    world->plan_context = NULL;
    check_heal(world);
    check_all(world);
}
