#include "tests/fuzz/session_world.h"

#include "tests/lib/unit.h"

static void receive(struct site *site, size_t count)
{
    struct act_result result;

    for (size_t i = 0; i < count; i++) {
        assert_int_equal(site_receive(site, "Hồ Thị Hòa", 0, &result), STATUS_OK);
        assert_int_equal(site_set(site, &result.case_name, "tn01", HAT_RECEPTION, "dia_chi",
                                  "Trung Sơn", &result),
                         STATUS_OK);
    }
}

static void copy_site(struct site *copy, const struct site *of)
{
    struct replica_world world;

    *copy = (struct site){.store = store_memory_clone(of->store),
                          .clock = of->clock,
                          .random = {of->random.state + 99}};
    assert_non_null(copy->store);
    world = site_world(copy);
    assert_int_equal(replica_open(copy->store, &world, &copy->replica), STATUS_OK);
}

static void meet(struct pair *pair, struct site *client, struct site *server)
{
    pair_connect(pair, client, server);
    pair_run(pair);
    pair_close(pair);
}

static void make(struct world *world)
{
    struct site *hub = &world->sites[WORLD_HUB];
    struct site *office = &world->sites[WORLD_OFFICE];
    struct site *device = &world->sites[WORLD_DEVICE];
    struct pair pair = {.now_us = 1};

    district_open(&world->district);
    site_open(hub, site_memory(), &world->district, ROLE_HUB, SITE_HUB_UNIT, 1, NULL);
    site_open(office, site_memory(), &world->district, ROLE_OFFICE, SITE_UNIT, 2, NULL);
    site_open(device, site_memory(), &world->district, ROLE_DEVICE, SITE_UNIT, 3,
              &replica_identity(office->replica)->scope);
    site_found(hub, &world->district);
    site_grant(hub, office, true, true);
    site_send(hub, office);
    site_grant(office, device, false, false);
    site_send(office, device);
    receive(device, 2);
    receive(office, 3);
    meet(&pair, office, hub);
    meet(&pair, device, office);
    receive(device, 1);
    copy_site(&world->sites[WORLD_TWIN], office);
    receive(office, 2);
    receive(&world->sites[WORLD_TWIN], 1);
    for (size_t i = 0; i < WORLD_SITES; i++)
        world->known[i] = site_batch(&world->sites[i]);
}

const struct world *world_base(void)
{
    static struct world world;
    static bool made;

    if (!made)
        make(&world);
    made = true;
    return &world;
}

void world_copy(enum world_site which, struct site *copy)
{
    copy_site(copy, &world_base()->sites[which]);
}
