#include "tests/sim/mishap.h"

#include "tests/sim/cable.h"
#include "tests/sim/check.h"
#include "tests/sim/desk.h"

static const int64_t CLOCK_1970 = -1767574800;
static const int64_t CLOCK_2099 = INT64_C(2303000000);
static const uint64_t MINUTE_US = UINT64_C(60) * 1000000;

enum { MISHAP_NODES_MAX = 24 }; /* none joins beyond */

static struct node *some_node(struct world *world)
{
    return world->nodes[prng_below(&world->prng, world->node_count)];
}

struct weather mishap_weather(struct prng *prng)
{
    struct weather weather = {.effect_us_max = prng_between(prng, 100, 20000),
                              .delay_us_max = prng_between(prng, 1000, 800000),
                              .rate_least = 4000,
                              .rate_most = prng_between(prng, 8000, 2000000)};
    if (weather.rate_most % 8 == 0) /* one in eight knows slow lines alone */
        weather.rate_most = 8000 + weather.rate_most % 16384;
    if (prng_chance(prng, 600))
        weather.cut = prng_between(prng, 1, 60);
    if (prng_chance(prng, 400))
        weather.half_open = prng_between(prng, 1, 500);
    if (prng_chance(prng, 500))
        weather.crash = prng_between(prng, 1, 8);
    if (prng_chance(prng, 400)) {
        weather.commit_fails = prng_between(prng, 1, 50);
        weather.commit_lands = prng_chance(prng, 500) ? prng_between(prng, 0, 1000) : 0;
    }
    if (prng_chance(prng, 200))
        weather.group_drops = prng_between(prng, 1, 80);
    if (prng_chance(prng, 200))
        weather.lying_disk = prng_between(prng, 1, 500);
    if (prng_chance(prng, 100))
        weather.damage = prng_between(prng, 1, 20);
    if (prng_chance(prng, 250))
        weather.loss = prng_between(prng, 1, 150);
    weather.windows = prng_chance(prng, 120);
    return weather;
}

struct temper mishap_temper(struct prng *prng, const struct weather *weather)
{
    struct temper temper = {.pause_us_max = prng_between(prng, 1000, 3000000)};
    if (weather->windows) /* then a run is some days */
        temper.pause_us_max = prng_between(prng, 10, 150) * MINUTE_US;
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
    if (temper.restore > 0 && prng_chance(prng, 250))
        temper.wrong_copy = prng_between(prng, 30, 120);
    if (prng_chance(prng, 150))
        temper.clone = prng_between(prng, 10, 40);
    if (prng_chance(prng, 150))
        temper.burn = prng_between(prng, 5, 20);
    if (prng_chance(prng, 300))
        temper.clock = prng_between(prng, 10, 60);
    if (prng_chance(prng, 150))
        temper.room = prng_between(prng, 10, 60);
    if (prng_chance(prng, 100))
        temper.fill = prng_between(prng, 10, 60);
    if (prng_chance(prng, 60))
        temper.flip = prng_between(prng, 5, 30);
    temper.join = prng_between(prng, 0, 20);
    return temper;
}

static void partition(struct world *world)
{
    struct node *node = some_node(world);
    if (node->route_count == 0)
        return;
    size_t index = (size_t)prng_below(&world->prng, node->route_count);
    struct route *route = &node->routes[index];
    route->blocked = !route->blocked;
    world_fault(world, FAULT_PARTITION);
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
    world_fault(world, FAULT_CRASH);
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

/* Two hubs at one address are no case of ours, and none is put back as an office. */
static void restore_wrong(struct world *world)
{
    struct node *node = some_node(world);
    const struct node *other = some_node(world);
    if (node == other || node->burned || !node->founded || other->backup_count == 0 ||
        node->route_count == 0 || node->identity.role != other->identity.role)
        return;
    node_restore_wrong(node, other, (size_t)prng_below(&world->prng, other->backup_count));
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
    world_fault(world, FAULT_CLOCK);
    node->clock_offset = choice == 5 ? CLOCK_1970 : choice == 6 ? CLOCK_2099 : offsets[choice];
    world_say(world, "%s's clock is off by %lld s", node->name, (long long)node->clock_offset);
}

/* A full disk: only the reserve for local acts is left; or room again. */
static void change_room(struct world *world)
{
    struct node *node = some_node(world);
    if (world->lmdb || node->burned || !node->founded)
        return;
    bool full = prng_chance(&world->prng, 500);
    if (full)
        world_fault(world, FAULT_RESERVE);
    world_say(world, "%s's disk %s", node->name, full ? "is all but full" : "has room");
    store_memory_set_room(node->disk.store, full ? 0 : UINT64_MAX, full);
}

/* The disk fills up in the middle of a write; room comes back with change_room(). */
static void fill(struct world *world)
{
    struct node *node = some_node(world);
    if (world->lmdb || node->burned || !node->founded)
        return;
    bool full = prng_chance(&world->prng, 600);
    world_say(world, "%s's disk %s", node->name, full ? "fills up" : "is not full any more");
    if (full)
        world_fault(world, FAULT_DISK_FULL);
    store_memory_fill(node->disk.store, full ? prng_between(&world->prng, 1, 200) : 0);
}

/* Never the hub's: what it alone holds could not be told from what a defect has lost. */
static void flip(struct world *world)
{
    struct node *node = some_node(world);
    if (node->index > 0 && !node->burned && node->founded)
        node_flip(node);
}

struct node *mishap_device(struct world *world, struct node *office)
{
    char name[24];
    snprintf(name, sizeof name, "device%zu", world->node_count);
    return node_new(world, name, ROLE_DEVICE, office, office->unit);
}

static void join(struct world *world)
{
    struct node *office = some_node(world);
    if (office->identity.role != ROLE_OFFICE || !node_is_up(office) ||
        world->node_count + 4 >= MISHAP_NODES_MAX)
        return;
    world_fault(world, FAULT_JOIN);
    node_join(mishap_device(world, office), office);
}

void mishap_step(struct world *world, const struct temper *temper)
{
    struct {
        uint64_t chance;
        void (*happen)(struct world *world);
    } const events[] = {
        {temper->partition, partition},      {temper->cut, cut},          {temper->crash, crash},
        {temper->restore, restore},          {temper->clone, clone},      {temper->burn, burn},
        {temper->clock, change_clock},       {temper->room, change_room}, {temper->join, join},
        {temper->wrong_copy, restore_wrong}, {temper->fill, fill},        {temper->flip, flip}};
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
