/* A change of authority reaches the derived rows of the cases it touches, and no others. */
#include "client/replica/case/index.h"
#include "client/replica/log/log.h"
#include "protocol/case/view/order.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#include <stdlib.h>

struct world {
    struct district district;
    struct site hub;
    struct site office;
    struct site other;
};

static void open_office(struct world *world, struct site *office, const char *unit, uint64_t seed)
{
    site_open(office, site_memory(), &world->district, ROLE_OFFICE, unit, seed, NULL);
    site_grant(&world->hub, office, true, true);
    site_send(&world->hub, office);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    district_open(&world->district);
    site_open(&world->hub, site_memory(), &world->district, ROLE_HUB, SITE_HUB_UNIT, 1, NULL);
    site_found(&world->hub, &world->district);
    open_office(world, &world->office, SITE_UNIT, 2);
    open_office(world, &world->other, SITE_OTHER_UNIT, 3);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    site_close(&world->other);
    site_close(&world->office);
    site_close(&world->hub);
    district_close(&world->district);
    free(world);
    return 0;
}

/* The hub revokes what it granted |site|, from the first record on. */
static void revoke(struct world *world, const struct site *site)
{
    struct replica *replica = world->hub.replica;
    const struct authority *authority = replica_authority_acquire(replica);
    struct revocation revocation = {.grant =
                                        authority_grant(authority, replica_key(site->replica))->id,
                                    .reason = bytes_of_text("khóa bị mất")};
    struct record_header header = {.kind = KIND_REVOCATION, .recorded_seconds = SITE_START_SECONDS};
    uint8_t salt[SALT_BYTES] = {1};
    struct replica_commit made;
    struct log_row log;
    struct name header_log;
    struct hash id;
    struct buffer body;
    replica_authority_release(replica, authority);
    buffer_init(&body, LIMIT_BODY_BYTES);
    assert_int_equal(revocation_encode(salt, &revocation, &body), STATUS_OK);
    assert_int_equal(replica_begin(replica), STATUS_OK);
    assert_int_equal(log_own(replica, LOG_AUTHORITY, &log, &header_log), STATUS_OK);
    assert_int_equal(log_write(replica, &log, &header, buffer_view(&body), &id), STATUS_OK);
    assert_int_equal(log_save(replica, &log), STATUS_OK);
    assert_int_equal(replica_commit(replica, &made), STATUS_OK);
    buffer_deinit(&body);
}

static size_t stale_count(struct site *site)
{
    struct replica_read *read = NULL;
    size_t count = 0;
    assert_int_equal(replica_read_begin(site->replica, &read), STATUS_OK);
    for (uint32_t number = 1; number <= 8; number++) {
        bool stale = false;
        assert_int_equal(index_is_stale(read->store, number, &stale), STATUS_OK);
        count += stale;
    }
    replica_read_end(read);
    return count;
}

struct sums {
    uint64_t cases;
    uint64_t ineffective;
};

static bool add(void *context, const struct summary *row)
{
    struct sums *sums = context;
    sums->cases++;
    sums->ineffective += row->ineffective;
    return true;
}

static struct sums sums_of(struct site *site)
{
    struct sums sums = {.cases = 0};
    struct replica_read *read = NULL;
    assert_int_equal(replica_read_begin(site->replica, &read), STATUS_OK);
    assert_int_equal(replica_each_summary(read, bytes_of(NULL, 0), add, &sums), STATUS_OK);
    replica_read_end(read);
    return sums;
}

static void test_stale__a_revocation_reaches_its_own_cases(void **state)
{
    struct world *world = *state;
    struct act_result result;
    struct replica_commit made;
    size_t left = 1;
    assert_int_equal(site_receive(&world->office, "A", 0, &result), STATUS_OK);
    assert_int_equal(site_receive(&world->office, "B", 0, &result), STATUS_OK);
    site_send(&world->office, &world->hub);
    assert_int_equal(stale_count(&world->hub), 0);
    revoke(world, &world->other);
    assert_int_equal(stale_count(&world->hub), 0);
    revoke(world, &world->office);
    assert_int_equal(stale_count(&world->hub), 2);
    assert_int_equal(sums_of(&world->hub).ineffective, 0);
    assert_int_equal(replica_begin(world->hub.replica), STATUS_OK);
    assert_int_equal(replica_index(world->hub.replica, SIZE_MAX, &left), STATUS_OK);
    assert_int_equal(replica_commit(world->hub.replica, &made), STATUS_OK);
    assert_int_equal(left, 0);
    assert_int_equal(sums_of(&world->hub).cases, 2);
    assert_int_equal(sums_of(&world->hub).ineffective, 2);
}

/* A status tells what its own rows would be, stale or not: digests on two nodes are equal. */
static void test_stale__digests_do_not_wait_for_the_index(void **state)
{
    struct world *world = *state;
    struct act_result result;
    struct replica_status status;
    struct replica_read *read = NULL;
    struct arena arena;
    struct name before;
    assert_int_equal(site_receive(&world->office, "A", 0, &result), STATUS_OK);
    site_send(&world->office, &world->hub);
    revoke(world, &world->office);
    struct name scope = replica_identity(world->office.replica)->scope;
    for (size_t round = 0; round < 2; round++) {
        arena_init(&arena, SIZE_MAX);
        assert_int_equal(replica_read_begin(world->hub.replica, &read), STATUS_OK);
        enum status told = replica_status(read, &arena, &status);
        replica_read_end(read);
        assert_int_equal(told, STATUS_OK);
        assert_int_equal(status.ineffective, 1);
        assert_int_equal(status.stale_cases, round == 0 ? 1 : 0);
        for (size_t i = 0; i < status.scope_count; i++) {
            if (!name_equal(&status.scopes[i].scope, &scope)) {
                continue;
            }
            assert_true(round == 0 || name_equal(&before, &status.scopes[i].views));
            before = status.scopes[i].views;
        }
        arena_deinit(&arena);
        site_send(&world->office, &world->hub);
    }
}

static void test_stale__levels_come_with_receipts(void **state)
{
    struct world *world = *state;
    struct act_result result;
    struct replica_status status;
    struct replica_read *read = NULL;
    struct arena arena;
    assert_int_equal(site_receive(&world->office, "A", 0, &result), STATUS_OK);
    for (size_t round = 0; round < 2; round++) {
        arena_init(&arena, SIZE_MAX);
        assert_int_equal(replica_read_begin(world->office.replica, &read), STATUS_OK);
        enum status told = replica_status(read, &arena, &status);
        replica_read_end(read);
        assert_int_equal(told, STATUS_OK);
        assert_int_equal(status.at_office, status.records);
        assert_true(round == 0 ? status.waiting > 0 : status.waiting == 0);
        assert_int_equal(status.at_hub + status.waiting, status.records);
        assert_true(status.granted);
        arena_deinit(&arena);
        site_send(&world->office, &world->hub);
        site_send(&world->hub, &world->office);
    }
}

/* An edit whose every parent is missing: LIMIT_PARENTS more for the case to wait for. */
static void write_orphan(struct site *site, const struct name *case_name, uint64_t salt)
{
    struct case_body content = {.salt = {1}, .reason = bytes_of_text("x")};
    struct hash parents[LIMIT_PARENTS];
    struct name header_log;
    struct log_row log;
    struct hash id;
    struct buffer body;
    for (size_t i = 0; i < LIMIT_PARENTS; i++) {
        parents[i] = (struct hash){{1, (uint8_t)(salt >> 8), (uint8_t)salt, (uint8_t)i}};
    }
    struct record_header header = {.kind = KIND_EDIT,
                                   .case_name = *case_name,
                                   .parents = parents,
                                   .parent_count = LIMIT_PARENTS,
                                   .recorded_seconds = SITE_START_SECONDS};
    buffer_init(&body, LIMIT_BODY_BYTES);
    assert_int_equal(case_body_encode(&content, &body), STATUS_OK);
    assert_int_equal(log_own(site->replica, LOG_COUNTER, &log, &header_log), STATUS_OK);
    assert_int_equal(log_write(site->replica, &log, &header, buffer_view(&body), &id), STATUS_OK);
    assert_int_equal(log_save(site->replica, &log), STATUS_OK);
    buffer_deinit(&body);
}

/* What one device writes into one case must not hide the others. */
static void test_stale__a_case_past_its_bounds_stops_no_other(void **state)
{
    enum { ORPHANS = LIMIT_CASE_RECORDS / LIMIT_PARENTS + 1 };
    struct world *world = *state;
    struct act_result large, other;
    struct replica_commit made;
    struct replica_status status;
    struct replica_read *read = NULL;
    struct arena arena;
    size_t left = 1;
    assert_int_equal(site_receive(&world->office, "A", 0, &large), STATUS_OK);
    assert_int_equal(replica_begin(world->office.replica), STATUS_OK);
    for (uint64_t i = 0; i < ORPHANS; i++) {
        write_orphan(&world->office, &large.case_name, i);
    }
    assert_int_equal(replica_commit(world->office.replica, &made), STATUS_OK);
    assert_int_equal(site_receive(&world->office, "B", 0, &other), STATUS_OK);
    assert_int_equal(replica_begin(world->office.replica), STATUS_OK);
    assert_int_equal(replica_index(world->office.replica, SIZE_MAX, &left), STATUS_OK);
    assert_int_equal(replica_commit(world->office.replica, &made), STATUS_OK);
    assert_int_equal(left, 0);
    assert_int_equal(sums_of(&world->office).cases, 2);
    arena_init(&arena, SIZE_MAX);
    assert_int_equal(replica_read_begin(world->office.replica, &read), STATUS_OK);
    assert_int_equal(replica_status(read, &arena, &status), STATUS_OK);
    replica_read_end(read);
    assert_int_equal(status.cases, 2);
    arena_deinit(&arena);
    /* Nothing more is written into it here, and the others go on. */
    assert_int_equal(site_set(&world->office, &large.case_name, "tn01", HAT_RECEPTION, "dia_chi",
                              "Trung Sơn", &large),
                     STATUS_REFUSED);
    assert_int_equal(site_set(&world->office, &other.case_name, "tn01", HAT_RECEPTION, "dia_chi",
                              "Trung Sơn", &other),
                     STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_stale__a_revocation_reaches_its_own_cases, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_stale__digests_do_not_wait_for_the_index, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_stale__levels_come_with_receipts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stale__a_case_past_its_bounds_stops_no_other, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
