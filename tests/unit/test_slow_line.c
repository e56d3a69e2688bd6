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
    self->line.rate = self->role == SESSION_CLIENT ? 8000 : 0;
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
    site_receive_many(&world->office, 4);
    meet(world);
    world->pair.alter = be_slow;
    site_receive_many(&world->office, 60);
    pair_connect(&world->pair, &world->office, &world->hub);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    uint64_t slow = side_report(&world->pair.client).payload_sent;
    uint64_t records = side_report(&world->pair.client).records_sent;
    print_message("%u records in %u bytes\n", (unsigned)records, (unsigned)slow);
    assert_true(slow < 150 * records);
    pair_close(&world->pair);
    pair_assert_same(&world->office, &world->hub);
}

static void test_slow_line__after_a_gap_no_prelude_is_sent(void **state)
{
    struct world *world = *state;
    site_receive_many(&world->office, 4);
    meet(world);
    world->pair.alter = be_slow;
    world->pair.hand = spoil_third;
    world->pair.count = 0;
    site_receive_many(&world->office, 60);
    pair_connect(&world->pair, &world->office, &world->hub);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    assert_in_range(world->pair.count, 3, 8); /* those that were on their way */
    pair_close(&world->pair);
    pair_assert_same(&world->office, &world->hub);
}

/* A line that is cut in the third frame with a prelude, and what either end remembers of it. */
static struct remembered {
    struct buffer flight;
    struct buffer begun;
} remembered;

static bool cut_in_third(struct pair *pair, struct side *from, uint8_t *frame, size_t *size)
{
    bool has =
        from == &pair->client && frame[0] == FRAME_RECORDS && (frame[FLAGS_AT] & FLAG_PRELUDE) != 0;
    pair->count += has ? 1 : 0;
    if (has && pair->count == 3) {
        buffer_append(&remembered.begun, frame, *size / 2);
    }
    return from != &pair->client || pair->count < 3;
}

static void take_begun(void *context, const struct public_key *key, struct buffer *out)
{
    (void)context;
    (void)key;
    buffer_append_bytes(out, buffer_view(&remembered.begun));
}

static void remember(struct pair *pair, struct session_self *self)
{
    be_slow(pair, self);
    self->marks_certain = false;
    if (self->role == SESSION_CLIENT) {
        self->flight = buffer_view(&remembered.flight);
    } else {
        self->begun = take_begun;
    }
}

/* Cuts the line in the middle of a frame; what is remembered of it is |remembered|. */
static void be_cut(struct world *world)
{
    buffer_init(&remembered.flight, 1 << 20);
    buffer_init(&remembered.begun, 1 << 20);
    site_receive_many(&world->office, 4);
    meet(world);
    world->pair.alter = be_slow;
    world->pair.hand = cut_in_third;
    world->pair.count = 0;
    site_receive_many(&world->office, 100);
    pair_connect(&world->pair, &world->office, &world->hub);
    pair_run(&world->pair);
    assert_true(remembered.begun.size > 0);
    buffer_append_bytes(&remembered.flight, session_flight(world->pair.client.session));
    pair_close(&world->pair);
    world->pair.hand = NULL;
    world->pair.alter = remember;
}

/* Returns how many remainders the hub took. */
static uint64_t come_again(struct world *world)
{
    pair_connect(&world->pair, &world->office, &world->hub);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    uint64_t remainders = side_report(&world->pair.server).paths[PATH_REMAINDER];
    pair_close(&world->pair);
    pair_assert_same(&world->office, &world->hub);
    buffer_deinit(&remembered.flight);
    buffer_deinit(&remembered.begun);
    return remainders;
}

static void test_slow_line__a_cut_frame_is_gone_on_with(void **state)
{
    be_cut(*state);
    assert_int_equal(come_again(*state), 1);
}

static void test_slow_line__what_is_not_remembered_comes_whole(void **state)
{
    be_cut(*state);
    buffer_reset(&remembered.flight); /* its program was started anew */
    assert_int_equal(come_again(*state), 0);
}

static void test_slow_line__another_beginning_is_not_gone_on_with(void **state)
{
    be_cut(*state);
    remembered.begun.at[remembered.begun.size - 1] ^= 1;
    assert_int_equal(come_again(*state), 0);
}

/* Nothing had begun: who sends a remainder breaks a rule. */
static void test_slow_line__remainder_of_nothing_ends_it(void **state)
{
    static const uint8_t remainder[] = {FRAME_REMAINDER, 1, 2, 3};
    struct world *world = *state;
    pair_connect(&world->pair, &world->office, &world->hub);
    pair_run(&world->pair);
    pair_inject(&world->pair.server, remainder, sizeof remainder);
    pair_run(&world->pair);
    assert_true(world->pair.server.closed);
    assert_int_equal(world->pair.server.close_status, STATUS_PROTOCOL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_slow_line__##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(frames_go_on_from_what_is_held),        TEST(after_a_gap_no_prelude_is_sent),
        TEST(a_cut_frame_is_gone_on_with),           TEST(what_is_not_remembered_comes_whole),
        TEST(another_beginning_is_not_gone_on_with), TEST(remainder_of_nothing_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
