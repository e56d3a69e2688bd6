#include "protocol/sync/frame.h"
#include "tests/lib/pair.h"
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

/* A hub with an office and a device below it. */
struct world {
    struct district district;
    struct site hub;
    struct site office;
    struct site device;
    struct pair pair;
};

static struct store *memory(void)
{
    struct store *store = NULL;
    assert_int_equal(store_open_memory(&store), STATUS_OK);
    return store;
}

static int set_up(void **state)
{
    static struct world world;
    memset(&world, 0, sizeof world);
    district_open(&world.district);
    site_open(&world.hub, memory(), &world.district, ROLE_HUB, SITE_HUB_UNIT, 1, NULL);
    site_open(&world.office, memory(), &world.district, ROLE_OFFICE, SITE_UNIT, 2, NULL);
    site_open(&world.device, memory(), &world.district, ROLE_DEVICE, SITE_UNIT, 3,
              &replica_identity(world.office.replica)->scope);
    site_found(&world.hub, &world.district);
    site_grant(&world.hub, &world.office, true, true);
    site_send(&world.hub, &world.office);
    world.pair.trace = getenv("PAIR_TRACE") != NULL;
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    pair_close(&world->pair);
    site_close(&world->hub);
    site_close(&world->office);
    site_close(&world->device);
    district_close(&world->district);
    return 0;
}

static void receive(struct site *site, size_t count)
{
    struct act_result result;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(site_receive(site, "Hồ Thị Hòa", 0, &result), STATUS_OK);
    }
}

/* Both hold the same of the office's scope. |a| is the office or below it. */
static void assert_same(struct site *a, struct site *b)
{
    const struct name *scope = &replica_identity(a->replica)->scope;
    struct name of_a = site_vector(a, scope);
    struct name of_b = site_vector(b, scope);
    assert_memory_equal(&of_a, &of_b, sizeof of_a);
}

static void assert_at_rest(const struct pair *pair)
{
    assert_false(pair->client.closed);
    assert_false(pair->server.closed);
    assert_true(side_report(&pair->client).at_rest);
    assert_true(side_report(&pair->server).at_rest);
}

/* One whole session to rest. */
static void meet(struct world *world, struct site *client, struct site *server)
{
    pair_connect(&world->pair, client, server);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    pair_close(&world->pair);
}

static void test_session__first_exchange_makes_both_equal(void **state)
{
    struct world *world = *state;
    receive(&world->office, 30);
    pair_connect(&world->pair, &world->office, &world->hub);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    assert_true(side_report(&world->pair.server).records_received >= 31);
    assert_int_equal(side_report(&world->pair.server).records_sent, 0);
    pair_close(&world->pair);
    assert_same(&world->office, &world->hub);
}

static void test_session__reconnect_with_nothing_new_is_cheap(void **state)
{
    struct world *world = *state;
    receive(&world->office, 30);
    meet(world, &world->office, &world->hub);
    pair_connect(&world->pair, &world->office, &world->hub);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    uint64_t query = sizeof "/sync?v=1&n=" - 1 + 22;
    uint64_t bytes = world->pair.client.bytes_sent + world->pair.server.bytes_sent + query;
    print_message("reconnect: %d bytes\n", (int)bytes);
    assert_in_range(bytes, 200, 300);
    struct session_report report = side_report(&world->pair.server);
    assert_int_equal(report.paths[PATH_CURSOR], 1);
    assert_int_equal(report.paths[PATH_VECTORS], 0);
    assert_int_equal(report.paths[PATH_DIGEST], 1);
    assert_int_equal(world->pair.client.commits + world->pair.server.commits, 0);
    pair_close(&world->pair);
}

static void test_session__down_and_live_push(void **state)
{
    struct world *world = *state;
    receive(&world->office, 10);
    site_grant(&world->office, &world->device, false, false);
    site_send(&world->hub, &world->device);
    pair_connect(&world->pair, &world->device, &world->office);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    assert_same(&world->office, &world->device);
    uint64_t before = side_report(&world->pair.server).records_sent;
    receive(&world->office, 1);
    pair_changed(&world->pair.server);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    assert_int_equal(side_report(&world->pair.server).records_sent, before + 1);
    receive(&world->device, 2);
    pair_changed(&world->pair.client);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    assert_same(&world->office, &world->device);
    pair_close(&world->pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_session__first_exchange_makes_both_equal, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_session__reconnect_with_nothing_new_is_cheap, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_session__down_and_live_push, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
