#include "client/replica/log/log.h"
#include "protocol/sync/frame/frame.h"
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

static int set_up(void **state)
{
    static struct world world;
    memset(&world, 0, sizeof world);
    district_open(&world.district);
    site_open(&world.hub, site_memory(), &world.district, ROLE_HUB, SITE_HUB_UNIT, 1, NULL);
    site_open(&world.office, site_memory(), &world.district, ROLE_OFFICE, SITE_UNIT, 2, NULL);
    site_open(&world.device, site_memory(), &world.district, ROLE_DEVICE, SITE_UNIT, 3,
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
    site_receive_many(&world->office, 30);
    pair_connect(&world->pair, &world->office, &world->hub);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    assert_true(side_report(&world->pair.server).records_received >= 31);
    assert_int_equal(side_report(&world->pair.server).records_sent, 0);
    pair_close(&world->pair);
    pair_assert_same(&world->office, &world->hub);
}

static void test_session__reconnect_with_nothing_new_is_cheap(void **state)
{
    struct world *world = *state;
    site_receive_many(&world->office, 30);
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
    site_receive_many(&world->office, 10);
    site_grant(&world->office, &world->device, false, false);
    site_send(&world->hub, &world->device);
    pair_connect(&world->pair, &world->device, &world->office);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    pair_assert_same(&world->office, &world->device);
    uint64_t before = side_report(&world->pair.server).records_sent;
    site_receive_many(&world->office, 1);
    pair_changed(&world->pair.server);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    assert_int_equal(side_report(&world->pair.server).records_sent, before + 1);
    site_receive_many(&world->device, 2);
    pair_changed(&world->pair.client);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    pair_assert_same(&world->office, &world->device);
    pair_close(&world->pair);
}

/* A site over a copy of another's store, as `cp` of its disk. */
static void copy_site(struct site *copy, const struct site *of)
{
    *copy = (struct site){.store = store_memory_clone(of->store),
                          .clock = of->clock,
                          .random = {of->random.state + 99}};
    assert_non_null(copy->store);
    struct replica_world world = site_world(copy);
    assert_int_equal(replica_open(copy->store, &world, &copy->replica), STATUS_OK);
}

static void break_cursor(struct pair *pair, struct session_self *self)
{
    (void)pair;
    self->cursor.running_hash.bytes[3] ^= 1;
}

static void test_session__cursor_that_does_not_fit_means_vectors(void **state)
{
    struct world *world = *state;
    site_receive_many(&world->office, 20);
    meet(world, &world->office, &world->hub);
    world->pair.alter = break_cursor;
    pair_connect(&world->pair, &world->office, &world->hub);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    struct session_report server = side_report(&world->pair.server);
    struct session_report client = side_report(&world->pair.client);
    assert_int_equal(server.paths[PATH_CURSOR], 0);
    assert_int_equal(server.paths[PATH_VECTORS], 1);
    assert_true(server.paths[PATH_RECEIPT_SELF] > 0); /* the evidence */
    assert_int_equal(server.records_sent + client.records_sent, 0);
    pair_close(&world->pair);
    world->pair.alter = NULL;
    pair_connect(&world->pair, &world->office, &world->hub);
    pair_run(&world->pair);
    assert_int_equal(side_report(&world->pair.server).paths[PATH_CURSOR], 1);
}

static void doubt_marks(struct pair *pair, struct session_self *self)
{
    (void)pair;
    self->marks_certain = false;
}

static void test_session__branch_is_found_by_bisecting_and_travels_alone(void **state)
{
    struct world *world = *state;
    struct site copy;
    site_receive_many(&world->office, 40);
    meet(world, &world->office, &world->hub);
    copy_site(&copy, &world->office);
    site_receive_many(&world->office, 12);
    site_receive_many(&copy, 5);
    meet(world, &world->office, &world->hub);
    world->pair.alter = doubt_marks;
    pair_connect(&world->pair, &copy, &world->hub);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    struct session_report client = side_report(&world->pair.client);
    assert_true(client.paths[PATH_BISECT] > 0);
    assert_int_equal(client.records_sent, 5);
    assert_int_equal(client.records_received, 12);
    pair_close(&world->pair);
    pair_assert_same(&copy, &world->hub);
    world->pair.alter = NULL;
    meet(world, &world->office, &world->hub);
    pair_assert_same(&world->office, &world->hub);
    site_close(&copy);
}

static void show_invitation(struct pair *pair, struct session_self *self)
{
    self->has_invitation = self->role == SESSION_CLIENT;
    self->invitation = pair->secret;
}

static void invite(struct world *world)
{
    struct invitation invitation = {.role = ROLE_DEVICE,
                                    .unit = bytes_of_text(SITE_UNIT),
                                    .label = bytes_of_text("máy 2"),
                                    .scope = replica_identity(world->office.replica)->scope,
                                    .expires = SITE_START_SECONDS + 86400};
    struct replica_commit commit;
    memset(invitation.secret.secret, 7, sizeof invitation.secret.secret);
    world->pair.secret = invitation.secret;
    assert_int_equal(replica_begin(world->office.replica), STATUS_OK);
    assert_int_equal(replica_invite(world->office.replica, &invitation), STATUS_OK);
    assert_int_equal(replica_commit(world->office.replica, &commit), STATUS_OK);
}

static void test_session__invited_node_is_granted_at_first_contact(void **state)
{
    struct world *world = *state;
    site_receive_many(&world->office, 5);
    invite(world);
    site_publish(&world->device, &world->district);
    site_receive_many(&world->device, 3);
    world->pair.alter = show_invitation;
    meet(world, &world->device, &world->office);
    pair_assert_same(&world->device, &world->office);
}

static void test_session__wrong_invitation_is_unknown(void **state)
{
    struct world *world = *state;
    invite(world);
    world->pair.secret.secret[0] ^= 1;
    world->pair.alter = show_invitation;
    pair_connect(&world->pair, &world->device, &world->office);
    pair_run(&world->pair);
    assert_true(world->pair.server.closed);
    assert_int_equal(world->pair.server.close_status, STATUS_UNKNOWN_PEER);
    assert_true(world->pair.client.closed);
    assert_int_equal(world->pair.client.close_status, STATUS_UNKNOWN_PEER);
    assert_int_equal(side_report(&world->pair.server).records_sent, 0);
}

static void test_session__unknown_peer_shows_the_chain_of_its_grant(void **state)
{
    struct world *world = *state;
    site_grant(&world->office, &world->device, false, false);
    site_send(&world->office, &world->device);
    site_receive_many(&world->device, 4);
    pair_connect(&world->pair, &world->device, &world->hub);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    pair_close(&world->pair);
    pair_assert_same(&world->device, &world->hub);
}

/* One receipt a log, each of one head: as small as they come, and more than one frame holds. */
static void test_session__many_small_receipts_are_told(void **state)
{
    enum { DEVICES = 80 };
    struct world *world = *state;
    for (uint64_t i = 0; i < DEVICES; i++) {
        struct act_result result;
        struct site site;
        site_open(&site, site_memory(), &world->district, ROLE_DEVICE, SITE_UNIT, 100 + i,
                  &replica_identity(world->office.replica)->scope);
        site_publish(&site, &world->district);
        site_grant(&world->office, &site, false, false);
        assert_int_equal(site_receive(&site, "Hồ Thị Hòa", 0, &result), STATUS_OK);
        site_send(&site, &world->office); /* the office lends it numbers in the same group */
        assert_int_equal(site_set(&site, &result.case_name, "tn01", HAT_RECEPTION, "dia_chi",
                                  "Trung Sơn", &result),
                         STATUS_OK);
        site_send(&site, &world->office);
        site_close(&site);
    }
    site_grant(&world->office, &world->device, false, false);
    site_send(&world->hub, &world->device);
    meet(world, &world->device, &world->office);
    pair_assert_same(&world->office, &world->device);
}

static uint64_t count_logs(struct site *site)
{
    struct replica_read *read = NULL;
    struct replica_status status;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    assert_int_equal(replica_read_begin(site->replica, &read), STATUS_OK);
    assert_int_equal(replica_status(read, &arena, &status), STATUS_OK);
    replica_read_end(read);
    arena_deinit(&arena);
    return status.logs;
}

static void close_own_logs(struct site *site)
{
    struct replica_commit made;
    assert_int_equal(replica_begin(site->replica), STATUS_OK);
    assert_int_equal(log_close_own(site->replica), STATUS_OK);
    assert_int_equal(replica_commit(site->replica, &made), STATUS_OK);
}

/* A log too many waits for room: its writer goes on in it, or there would be ever more of them. */
static void test_session__log_without_room_is_no_reason_for_another(void **state)
{
    struct world *world = *state;
    struct replica_commit made;
    site_grant(&world->office, &world->device, false, false);
    site_send(&world->office, &world->device);
    for (size_t i = 1; i < (size_t)3 * LIMIT_LOGS_A_DAY; i++) { /* one log is there */
        close_own_logs(&world->device);
        site_receive_many(&world->device, 1);
        site_send(&world->device, &world->office);
    }
    close_own_logs(&world->device);
    site_receive_many(&world->device, 1);
    pair_connect(&world->pair, &world->device, &world->office);
    pair_run(&world->pair);
    assert_int_equal(world->pair.client.refused, 1);
    enum status why = world->pair.client.refused_status;
    pair_close(&world->pair);
    assert_int_equal(why, STATUS_FULL);
    struct replica *replica = world->device.replica;
    struct log_row own;
    struct name header_log;
    assert_int_equal(replica_begin(replica), STATUS_OK);
    assert_int_equal(log_own(replica, LOG_COUNTER, &own, &header_log), STATUS_OK);
    assert_int_equal(
        replica_note_refused(replica, replica_key(world->office.replica), &own.name, 1, why),
        STATUS_OK);
    assert_int_equal(replica_commit(replica, &made), STATUS_OK);
    uint64_t before = count_logs(&world->device);
    site_receive_many(&world->device, 1);
    assert_int_equal(count_logs(&world->device), before);
}

/* A client without room ends, to come again later: it neither asks at once, nor forgets what the
 * failed commits held. */
static void test_session__client_without_room_comes_again(void **state)
{
    struct world *world = *state;
    site_receive_many(&world->office, 10);
    site_grant(&world->office, &world->device, false, false);
    site_send(&world->hub, &world->device);
    for (size_t good = 0; good < 4; good++) {
        pair_connect(&world->pair, &world->device, &world->office);
        while (world->pair.client.commits < good && pair_run_some(&world->pair, 1)) {
        }
        world->pair.client.failing = SIZE_MAX;
        site_receive_many(&world->office, 1);
        pair_changed(&world->pair.server);
        assert_false(pair_run_some(&world->pair, 10000));
        assert_true(world->pair.client.closed);
        assert_int_equal(world->pair.client.close_status, STATUS_FULL);
        pair_close(&world->pair);
    }
    meet(world, &world->device, &world->office);
    pair_assert_same(&world->office, &world->device);
    struct replica_read *read = NULL;
    struct replica_status status;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    assert_int_equal(replica_read_begin(world->device.replica, &read), STATUS_OK);
    assert_int_equal(replica_status(read, &arena, &status), STATUS_OK);
    replica_read_end(read);
    arena_deinit(&arena);
    assert_int_equal(status.at_office, status.records);
}

/* The cursor is of before the backup and fits: only the digests tell that the hub went back, and
 * what the office holds of the hub's hand proves it. */
static void test_session__rolled_back_hub_below_a_fitting_cursor_is_shown_its_receipt(void **state)
{
    struct world *world = *state;
    struct site back;
    site_receive_many(&world->office, 3);
    meet(world, &world->office, &world->hub);
    copy_site(&back, &world->hub);
    site_receive_many(&world->office, 3);
    pair_connect(&world->pair, &world->office, &world->hub);
    while (world->pair.client.commits == 0 && pair_run_some(&world->pair, 1)) {
    }
    pair_close(&world->pair); /* cut once the receipt is kept, before the cursor is */
    struct name before = replica_epoch(back.replica);
    pair_connect(&world->pair, &world->office, &back);
    pair_run(&world->pair);
    assert_int_equal(side_report(&world->pair.server).paths[PATH_CURSOR], 1);
    pair_close(&world->pair);
    pair_assert_same(&world->office, &back);
    struct name after = replica_epoch(back.replica);
    assert_false(name_equal(&before, &after));
    site_close(&back);
}

/* A node too busy to greet: the client waits as told, no longer than an hour, and breaks nothing.
 */
static void test_session__busy_instead_of_a_greeting_only_delays(void **state)
{
    static const uint64_t told[] = {3000, UINT64_C(86400000)};
    static const uint64_t waits[] = {3000, 3600 * 1000};
    struct world *world = *state;
    for (size_t i = 0; i < 2; i++) {
        struct buffer frame;
        buffer_init(&frame, 64);
        notice_encode(FRAME_BUSY, told[i], &frame);
        pair_connect(&world->pair, &world->office, &world->hub);
        assert_true(pair_run_some(&world->pair, 1)); /* both are open */
        pair_inject(&world->pair.client, frame.at, frame.size);
        pair_run(&world->pair);
        assert_int_equal(side_report(&world->pair.client).retry_after_ms, waits[i]);
        assert_false(world->pair.client.closed);
        pair_close(&world->pair);
        buffer_deinit(&frame);
    }
    meet(world, &world->office, &world->hub);
}

static bool spoil_hello(struct pair *pair, struct side *from, uint8_t *frame, size_t *size)
{
    bool hit = from == (pair->count == 0 ? &pair->server : &pair->client);
    if (hit && frame[0] == FRAME_HELLO) {
        frame[*size / 2] ^= 1;
    }
    return true;
}

static void test_session__no_record_leaves_before_the_other_is_proved(void **state)
{
    struct world *world = *state;
    site_receive_many(&world->office, 3);
    world->pair.hand = spoil_hello;
    for (world->pair.count = 0; world->pair.count < 2; world->pair.count++) {
        pair_connect(&world->pair, &world->office, &world->hub);
        pair_run(&world->pair);
        struct side *judge = world->pair.count == 0 ? &world->pair.client : &world->pair.server;
        assert_true(judge->closed);
        assert_false(side_report(judge).proved);
        assert_int_equal(side_report(judge).records_sent + side_report(judge).records_received, 0);
        assert_int_equal(world->pair.server.commits, 0);
        pair_close(&world->pair);
    }
}

/* Flips a bit of the n-th record's signature: signatures stand first in the columns' plain part. */
static bool spoil_signature(struct pair *pair, struct side *from, uint8_t *frame, size_t *size)
{
    if (from == &pair->client && frame[0] == FRAME_RECORDS && *size > 600 && pair->count++ == 0) {
        frame[*size / 3] ^= 1;
    }
    return true;
}

static void test_session__bad_record_stops_its_log_and_no_other(void **state)
{
    struct world *world = *state;
    site_receive_many(&world->office, 20);
    world->pair.hand = spoil_signature;
    pair_connect(&world->pair, &world->office, &world->hub);
    pair_run(&world->pair);
    assert_false(world->pair.client.closed);
    assert_int_equal(world->pair.client.refused, 1);
    struct session_report report = side_report(&world->pair.client);
    assert_false(report.at_rest);
    assert_true(report.settled);
    assert_int_equal(report.logs_refused, 1);
    site_grant(&world->office, &world->device, false, false);
    uint64_t before = side_report(&world->pair.server).records_received;
    pair_changed(&world->pair.client);
    pair_run(&world->pair);
    assert_true(side_report(&world->pair.server).records_received > before);
    assert_false(world->pair.client.closed);
}

static void test_session__small_window_is_enough(void **state)
{
    struct world *world = *state;
    site_receive_many(&world->office, 120);
    world->pair.window_bytes = 4096;
    meet(world, &world->office, &world->hub);
    pair_assert_same(&world->office, &world->hub);
}

static void test_session__unknown_frame_is_passed_over(void **state)
{
    static const uint8_t later[] = {200, 1, 2, 3};
    struct world *world = *state;
    pair_connect(&world->pair, &world->office, &world->hub);
    pair_run(&world->pair);
    pair_inject(&world->pair.client, later, sizeof later);
    pair_inject(&world->pair.server, later, sizeof later);
    site_receive_many(&world->office, 1);
    pair_changed(&world->pair.client);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
}

static bool shake(struct pair *pair, struct side *from, uint8_t *frame, size_t *size)
{
    (void)from;
    uint64_t what = random_below(&pair->random, 24);
    if (what == 0) {
        return false;
    }
    if (what == 1) {
        *size = (size_t)random_below(&pair->random, *size + 1);
    } else if (what < 6) {
        frame[random_below(&pair->random, *size)] ^= (uint8_t)random_next(&pair->random);
    }
    return true;
}

static void test_session__survives_a_line_that_changes_bytes(void **state)
{
    enum { SEEDS = 60, STEPS = 3000 };
    struct world *world = *state;
    site_receive_many(&world->office, 12);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        world->pair.hand = shake;
        world->pair.random.state = seed;
        site_receive_many(&world->office, 1);
        pair_connect(&world->pair, &world->office, &world->hub);
        (void)pair_run_some(&world->pair, STEPS);
        pair_close(&world->pair);
    }
    world->pair.hand = NULL;
    meet(world, &world->office, &world->hub);
    pair_assert_same(&world->office, &world->hub);
}

static void test_session__long_upload_sends_each_record_once(void **state)
{
    enum { DOSSIERS = 1600, TEXT_BYTES = 500 };
    struct world *world = *state;
    struct act_result result;
    char owner[TEXT_BYTES + 1] = {0};
    for (size_t i = 0; i < DOSSIERS; i++) {
        for (size_t k = 0; k < TEXT_BYTES; k++) { /* nothing that deflates */
            owner[k] = (char)(33 + random_below(&world->office.random, 90));
        }
        assert_int_equal(site_receive(&world->office, owner, 0, &result), STATUS_OK);
    }
    pair_connect(&world->pair, &world->office, &world->hub);
    pair_run(&world->pair);
    assert_at_rest(&world->pair);
    struct session_report report = side_report(&world->pair.client);
    assert_int_equal(report.records_sent, side_report(&world->pair.server).records_received);
    assert_in_range(report.records_sent, DOSSIERS + 1, DOSSIERS + 8);
    assert_int_equal(report.records_received, 0);
    assert_true(report.payload_sent > 700000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_session__##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(first_exchange_makes_both_equal),
        TEST(reconnect_with_nothing_new_is_cheap),
        TEST(down_and_live_push),
        TEST(cursor_that_does_not_fit_means_vectors),
        TEST(branch_is_found_by_bisecting_and_travels_alone),
        TEST(invited_node_is_granted_at_first_contact),
        TEST(wrong_invitation_is_unknown),
        TEST(unknown_peer_shows_the_chain_of_its_grant),
        TEST(many_small_receipts_are_told),
        TEST(log_without_room_is_no_reason_for_another),
        TEST(client_without_room_comes_again),
        TEST(rolled_back_hub_below_a_fitting_cursor_is_shown_its_receipt),
        TEST(busy_instead_of_a_greeting_only_delays),
        TEST(no_record_leaves_before_the_other_is_proved),
        TEST(bad_record_stops_its_log_and_no_other),
        TEST(small_window_is_enough),
        TEST(unknown_frame_is_passed_over),
        TEST(long_upload_sends_each_record_once),
        TEST(survives_a_line_that_changes_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
