#include "tests/sim/run.h"

#include "tests/sim/cable.h"
#include "tests/sim/check.h"
#include "tests/sim/mishap.h"

static const int64_t CLOCK_1970 = -1767574800;
static const int64_t CLOCK_2099 = INT64_C(2303000000);

static void plan(struct world *world, uint64_t steps_left)
{
    const struct temper *temper = world->plan_context;
    mishap_step(world, temper);
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
    bool wide = world->district.unit_count > DISTRICT_UNITS;
    size_t offices =
        wide ? world->district.unit_count - 1 : 1 + (size_t)prng_below(prng, DISTRICT_UNITS - 1);
    for (size_t i = 1; i <= offices && !world->failed; i++) {
        char name[24];
        snprintf(name, sizeof name, "office%zu", i);
        struct node *office = node_new(world, name, ROLE_OFFICE, hub, i);
        some_clock(office);
        node_join_now(office, hub);
        uint64_t devices = wide ? prng_chance(prng, 100) : prng_below(prng, 3);
        for (uint64_t k = 0; k < devices && !world->failed; k++) {
            struct node *device = mishap_device(world, office);
            some_clock(device);
            /* Some also know the hub's address. */
            if (prng_chance(prng, 200))
                node_add_route(device, hub);
            node_join_now(device, office);
        }
    }
}

size_t run_offices(uint64_t seed)
{
    enum { WIDE_ONE_IN = 4096, WIDE_LEAST = 40, WIDE_MOST = 200 };
    if (seed % WIDE_ONE_IN != WIDE_ONE_IN - 1)
        return 0;
    return WIDE_LEAST + (size_t)(seed / WIDE_ONE_IN % (WIDE_MOST - WIDE_LEAST + 1));
}

void run_random(struct world *world)
{
    struct prng *prng = &world->prng;
    settle_district(world);
    world->weather = mishap_weather(prng);
    world->drawn = world->weather;
    world->hostile = world->weather.damage > 0;
    struct temper temper = mishap_temper(prng, &world->weather);
    uint64_t steps = prng_between(prng, 10, world->lmdb ? 30 : 60);
    if (world->district.unit_count > DISTRICT_UNITS)
        steps += 2 * world->district.unit_count;
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
