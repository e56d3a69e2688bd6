/* A session on a line known to be slow: short frames that go on from what both ends hold. */
#include "protocol/sync/frame/frame.h"
#include "tests/lib/pair.h"
#include "tests/lib/unit.h"

#include <string.h>

struct world {
    struct district district;
    struct site hub;
    struct site office;
    struct pair pair;
};

static int set_up(void **state)
{
    static struct world world;
    memset(&world, 0, sizeof world);
    district_open(&world.district);
    site_open(&world.hub, site_memory(), &world.district, ROLE_HUB, SITE_HUB_UNIT, 1, NULL);
    site_open(&world.office, site_memory(), &world.district, ROLE_OFFICE, SITE_UNIT, 2, NULL);
    site_found(&world.hub, &world.district);
    site_grant(&world.hub, &world.office, true, true);
    site_send(&world.hub, &world.office);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    pair_close(&world->pair);
    site_close(&world->hub);
    site_close(&world->office);
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

static void assert_same(struct site *a, struct site *b)
{
    const struct name *scope = &replica_identity(a->replica)->scope;
    struct name of_a = site_vector(a, scope);
    struct name of_b = site_vector(b, scope);
    assert_memory_equal(&of_a, &of_b, sizeof of_a);
}

static void assert_at_rest(const struct pair *pair)
{
    assert_true(side_report(&pair->client).at_rest);
    assert_true(side_report(&pair->server).at_rest);
}

/* One whole session to rest. */
static void meet(struct world *world)
{
    pair_connect(&world->pair, &world->office, &world->hub);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    pair_close(&world->pair);
}

static void be_slow(struct pair *pair, struct session_self *self)
{
    (void)pair;
    self->line_rate = self->role == SESSION_CLIENT ? 8000 : 0;
}

enum { FLAGS_AT = 1, FLAG_PRELUDE = 8, BEFORE_AT = 23 /* with one run below seq 128 */ };

/* Counts frames with a prelude; the third follows a record that is not held. */
static bool spoil_third(struct pair *pair, struct side *from, uint8_t *frame, size_t *size)
{
    (void)size;
    bool has =
        from == &pair->client && frame[0] == FRAME_RECORDS && (frame[FLAGS_AT] & FLAG_PRELUDE) != 0;
    pair->count += has ? 1 : 0;
    if (has && pair->count == 3) {
        frame[BEFORE_AT] ^= 1;
    }
    return true;
}

static void test_slow_line__frames_go_on_from_what_is_held(void **state)
{
    struct world *world = *state;
    receive(&world->office, 4);
    meet(world);
    world->pair.alter = be_slow;
    receive(&world->office, 60);
    pair_connect(&world->pair, &world->office, &world->hub);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    uint64_t slow = side_report(&world->pair.client).payload_sent;
    uint64_t records = side_report(&world->pair.client).records_sent;
    print_message("%u records in %u bytes\n", (unsigned)records, (unsigned)slow);
    assert_true(slow < 150 * records);
    pair_close(&world->pair);
    assert_same(&world->office, &world->hub);
}

static void test_slow_line__after_a_gap_no_prelude_is_sent(void **state)
{
    struct world *world = *state;
    receive(&world->office, 4);
    meet(world);
    world->pair.alter = be_slow;
    world->pair.hand = spoil_third;
    world->pair.count = 0;
    receive(&world->office, 60);
    pair_connect(&world->pair, &world->office, &world->hub);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    assert_in_range(world->pair.count, 3, 8); /* those that were on their way */
    pair_close(&world->pair);
    assert_same(&world->office, &world->hub);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_slow_line__##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(frames_go_on_from_what_is_held),
        TEST(after_a_gap_no_prelude_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
