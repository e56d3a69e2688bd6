/* Codes: counting, leases, provisional dossiers, doubt after a restore, the clock. */
#include "client/replica/act/act_why.h"
#include "client/replica/act/clock.h"
#include "client/replica/act/number.h"
#include "client/replica/log/log.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (const uint8_t *)(literal), sizeof(literal) - 1                                            \
    }

enum { DAY = 86400 };

struct world {
    struct district district;
    struct site hub;
    struct site office;
    struct site device;
};

/* A hub, an office it granted and a device the office granted; the authority is everywhere. */
static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    district_open(&world->district);
    site_open(&world->hub, site_memory(), &world->district, ROLE_HUB, SITE_HUB_UNIT, 1, NULL);
    site_found(&world->hub, &world->district);
    site_open(&world->office, site_memory(), &world->district, ROLE_OFFICE, SITE_UNIT, 2, NULL);
    site_grant(&world->hub, &world->office, true, true);
    site_send(&world->hub, &world->office);
    struct name scope = replica_identity(world->office.replica)->scope;
    site_open(&world->device, site_memory(), &world->district, ROLE_DEVICE, SITE_UNIT, 3, &scope);
    site_grant(&world->office, &world->device, false, false);
    site_send(&world->office, &world->device);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    site_close(&world->device);
    site_close(&world->office);
    site_close(&world->hub);
    district_close(&world->district);
    free(world);
    return 0;
}

static void test_number__code_is_taken_apart_and_made(void **state)
{
    (void)state;
    struct code code;
    char text[LIMIT_CODE_BYTES + 1];
    assert_true(code_parse(bytes_of_text("000.15.30.H57-181001-0042"), &code));
    assert_true(bytes_equal_text(code.unit, "000.15.30.H57"));
    assert_int_equal(code.day, 181001);
    assert_int_equal(code.number, 42);
    assert_int_equal(code_format(&code, text), STATUS_OK);
    assert_string_equal(text, "000.15.30.H57-181001-0042");
    assert_true(code_parse(bytes_of_text("H57.30.15-261123-9999"), &code));
    static const char *const bad[] = {"",
                                      "-181001-0001",
                                      "H57-181001-000",
                                      "H57-181001-0000",
                                      "H57-18100-00001",
                                      "H57-18100x-0001",
                                      "H57 181001-0001",
                                      "H57-181001+0001"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(code_parse(bytes_of_text(bad[i]), &code));
    }
    assert_int_equal(code_day_of(1538326799, 420), 180930);
    assert_int_equal(code_day_of(1538326800, 420), 181001);
}

static void check_receive(struct site *site, int64_t received, const char *want)
{
    struct act_result result;
    assert_int_equal(site_receive(site, "Hồ Thị Hòa", received, &result), STATUS_OK);
    if (want == NULL) {
        assert_true(result.provisional);
        assert_memory_equal(result.code, "tạm-", strlen("tạm-"));
        return;
    }
    assert_false(result.provisional);
    assert_string_equal(result.code, want);
}

static void test_number__counts_by_day_of_reception(void **state)
{
    struct world *world = *state;
    check_receive(&world->office, 0, SITE_UNIT "-261124-0001");
    check_receive(&world->office, 0, SITE_UNIT "-261124-0002");
    check_receive(&world->office, SITE_START_SECONDS - 3 * DAY, SITE_UNIT "-261121-0001");
    world->office.clock += DAY;
    check_receive(&world->office, 0, SITE_UNIT "-261125-0001");
    site_reopen(&world->office);
    check_receive(&world->office, 0, SITE_UNIT "-261125-0002");
}

static enum status bring(struct site *site, const char *code, struct act_result *result)
{
    struct act_write writes[] = {
        {.field = TEXT("ma_tthc"), .value = value_of_text("2.000815")},
        {.field = TEXT("ma_ho_so"), .value = value_of_text(code)},
        {.field = TEXT("nhan_luc"), .value = value_of_integer(1538352360)},
    };
    struct act act = {.kind = KIND_GENESIS,
                      .writes = writes,
                      .write_count = 3,
                      .officer = TEXT("tn01"),
                      .hat = HAT_RECEPTION,
                      .source = SOURCE_IMPORT,
                      .purpose = LOG_BULK};
    return site_act(site, &act, result);
}

static void test_number__a_register_brings_numbers_that_count(void **state)
{
    struct world *world = *state;
    struct act_result result;
    assert_int_equal(bring(&world->office, SITE_UNIT "-181001-0007", &result), STATUS_OK);
    assert_string_equal(result.code, SITE_UNIT "-181001-0007");
    check_receive(&world->office, 1538352360, SITE_UNIT "-181001-0008");
    assert_int_equal(bring(&world->office, SITE_UNIT "-181001-0007", &result), STATUS_REFUSED);
    assert_int_equal(act_why_of(result.why), ACT_WHY_CODE_TAKEN);
    assert_int_equal(bring(&world->office, SITE_OTHER_UNIT "-181001-0007", &result),
                     STATUS_REFUSED);
    assert_int_equal(act_why_of(result.why), ACT_WHY_FOREIGN_CODE);
}

static void test_number__a_device_brings_no_codes(void **state)
{
    struct world *world = *state;
    struct act_result result;
    assert_int_equal(bring(&world->device, SITE_UNIT "-181001-0007", &result), STATUS_REFUSED);
    assert_int_equal(act_why_of(result.why), ACT_WHY_NOT_OWNER);
}

static void test_number__a_device_draws_from_its_lease(void **state)
{
    struct world *world = *state;
    check_receive(&world->device, 0, NULL);
    site_send(&world->device, &world->office);
    site_send(&world->office, &world->device);
    check_receive(&world->device, 0, SITE_UNIT "-261124-9001");
    check_receive(&world->device, 0, SITE_UNIT "-261124-9002");
    world->device.clock += DAY;
    check_receive(&world->device, 0, SITE_UNIT "-261125-9001");
    site_send(&world->device, &world->office);
    check_receive(&world->office, 0, SITE_UNIT "-261124-0002");
}

static void test_number__the_owner_gives_provisional_dossiers_their_code(void **state)
{
    struct world *world = *state;
    struct act_result result;
    assert_int_equal(site_receive(&world->device, "Lê Thị Lý", 0, &result), STATUS_OK);
    assert_true(result.provisional);
    site_send(&world->device, &world->office);
    site_send(&world->office, &world->device);
    struct site *const sites[] = {&world->office, &world->device};
    for (size_t i = 0; i < 2; i++) {
        struct replica_read *read = NULL;
        struct name found[4];
        size_t count = 0;
        assert_int_equal(replica_read_begin(sites[i]->replica, &read), STATUS_OK);
        assert_int_equal(
            replica_cases_named(read, bytes_of_text(SITE_UNIT "-261124-0001"), found, 4, &count),
            STATUS_OK);
        assert_int_equal(count, 1);
        assert_true(name_equal(&found[0], &result.case_name));
        replica_read_end(read);
    }
    site_send(&world->device, &world->office);
    check_receive(&world->office, 0, SITE_UNIT "-261124-0002");
}

static void open_device(struct world *world, struct site *device, uint64_t seed)
{
    struct name scope = replica_identity(world->office.replica)->scope;
    site_open(device, site_memory(), &world->district, ROLE_DEVICE, SITE_UNIT, seed, &scope);
    site_grant(&world->office, device, false, false);
    site_send(&world->office, device);
    site_send(device, &world->office);
    site_send(&world->office, device);
}

static void test_number__two_devices_never_draw_one_number(void **state)
{
    struct world *world = *state;
    struct site other;
    site_send(&world->device, &world->office);
    site_send(&world->office, &world->device);
    open_device(world, &other, 17);
    check_receive(&world->device, 0, SITE_UNIT "-261124-9001");
    check_receive(&other, 0, SITE_UNIT "-261124-9051");
    site_close(&other);
}

struct lease_count {
    size_t count;
    struct lease_row rows[8];
};

static bool keep_lease(void *context, const struct lease_row *row)
{
    struct lease_count *leases = context;
    assert_true(leases->count < 8);
    leases->rows[leases->count++] = *row;
    return true;
}

static struct lease_count leases_of(struct site *site)
{
    struct lease_count leases = {.count = 0};
    struct store_read *read = NULL;
    assert_int_equal(store_read_begin(site->store, &read), STATUS_OK);
    assert_int_equal(lease_each(read, bytes_of_text(SITE_UNIT), keep_lease, &leases), STATUS_OK);
    store_read_end(read);
    return leases;
}

static void test_number__a_lease_is_renewed_before_it_ends(void **state)
{
    struct world *world = *state;
    site_send(&world->device, &world->office);
    struct lease_count leases = leases_of(&world->office);
    assert_int_equal(leases.count, 1);
    assert_int_equal(leases.rows[0].days, 90);
    assert_int_equal(leases.rows[0].first_number, 9001);
    site_send(&world->device, &world->office);
    assert_int_equal(leases_of(&world->office).count, 1);
    world->office.clock += 61 * DAY;
    site_send(&world->device, &world->office);
    leases = leases_of(&world->office);
    assert_int_equal(leases.count, 2);
    assert_int_equal(leases.rows[1].first_day, leases.rows[0].first_day + 90);
}

static void test_number__a_used_up_lease_is_followed_by_another_block(void **state)
{
    struct world *world = *state;
    site_send(&world->device, &world->office);
    site_send(&world->office, &world->device);
    for (size_t i = 0; i < 50; i++) {
        struct act_result result;
        assert_int_equal(site_receive(&world->device, "A", 0, &result), STATUS_OK);
        assert_false(result.provisional);
    }
    check_receive(&world->device, 0, NULL);
    site_send(&world->device, &world->office);
    site_send(&world->office, &world->device);
    check_receive(&world->device, 0, SITE_UNIT "-261124-9051");
}

static void test_number__an_owner_in_doubt_prints_no_number(void **state)
{
    struct world *world = *state;
    struct act_result result;
    struct name log = {{9}};
    struct name id16 = {{8}};
    check_receive(&world->office, 0, SITE_UNIT "-261124-0001");
    assert_int_equal(replica_begin(world->office.replica), STATUS_OK);
    assert_int_equal(number_doubt(world->office.replica, &log, 7, &id16), STATUS_OK);
    struct replica_commit made;
    assert_int_equal(replica_commit(world->office.replica, &made), STATUS_OK);
    check_receive(&world->office, 0, NULL);
    assert_int_equal(site_receive(&world->office, "B", 0, &result), STATUS_OK);
    assert_true(result.provisional);
    site_send(&world->device, &world->office);
    assert_int_equal(leases_of(&world->office).count, 0);
}

/* Which node is above stands in an invitation; here there was none. */
static void pin_upstream(struct site *office, const struct site *hub)
{
    office->replica->identity.has_upstream = true;
    office->replica->identity.upstream = *replica_key(hub->replica);
}

/* The office's disk as it was before its last dossier. */
static void roll_back(struct world *world, struct store *before)
{
    struct site rolled;
    site_open_again(&rolled, before, &world->office);
    site_close(&world->office);
    world->office = rolled;
    site_reopen(&world->office); /* the world's context is the site itself */
    pin_upstream(&world->office, &world->hub);
}

/* A session of the office with its hub is at rest. */
static void confirm(struct site *site, const struct world *world)
{
    struct replica *office = site->replica;
    struct replica_commit commit;
    assert_true(replica_in_doubt(office));
    assert_int_equal(replica_begin(office), STATUS_OK);
    assert_int_equal(replica_note_rest(office, replica_key(world->hub.replica)), STATUS_OK);
    assert_int_equal(replica_duties(office), STATUS_OK);
    assert_int_equal(replica_commit(office, &commit), STATUS_OK);
}

/* Receives a dossier and returns its number; the day's code is to be of |day|. */
static uint32_t receive_number(struct site *site, int64_t received, uint32_t day)
{
    struct act_result result;
    struct code code;
    assert_int_equal(site_receive(site, "Hồ Thị Hòa", received, &result), STATUS_OK);
    assert_false(result.provisional);
    assert_true(code_parse(bytes_of_text(result.code), &code));
    assert_int_equal(code.day, day);
    return code.number;
}

static void test_number__a_restored_owner_draws_what_is_lent_to_it(void **state)
{
    struct world *world = *state;
    struct store *before = store_memory_clone(world->office.store);
    assert_non_null(before);
    check_receive(&world->office, 0, SITE_UNIT "-261124-0001");
    check_receive(&world->office, 0, SITE_UNIT "-261124-0002");
    site_send(&world->office, &world->hub);
    roll_back(world, before);
    site_show_receipts(&world->hub, &world->office);
    check_receive(&world->office, 0, NULL);
    site_send(&world->hub, &world->office);
    confirm(&world->office, world);
    /* What was shown is back; but another copy may go on behind it. */
    check_receive(&world->office, 0, NULL);
    site_send(&world->office, &world->hub);
    site_send(&world->hub, &world->office);
    assert_false(replica_in_doubt(world->office.replica));
    uint32_t number = receive_number(&world->office, 0, 261124);
    assert_in_range(number, NUMBER_LENT_FROM, NUMBER_LENT_TO);
    assert_int_equal((number - NUMBER_LENT_FROM) % NUMBER_LENT_COUNT, 2); /* two had waited */
    assert_int_equal(receive_number(&world->office, 0, 261124), number + 1);
    assert_int_equal(receive_number(&world->office, SITE_START_SECONDS - 3 * DAY, 261121),
                     number - 2);
    world->office.clock += 2 * DAY;
    assert_int_equal(receive_number(&world->office, 0, 261126), number - 2);
}

/* The office's store as it was, a second time beside it; both are shown that they were put back. */
static void open_twin(struct world *world, struct store *store, uint64_t seed, struct site *twin)
{
    site_open_again(twin, store, &world->office);
    twin->random.state = seed;
    site_reopen(twin);
    pin_upstream(twin, &world->hub);
    site_show_receipts(&world->hub, twin);
    site_send(&world->hub, twin);
    confirm(twin, world);
    assert_true(replica_codes_wait(twin->replica));
}

static void test_number__two_copies_are_lent_numbers_apart(void **state)
{
    struct world *world = *state;
    struct store *one = store_memory_clone(world->office.store);
    struct store *other = store_memory_clone(world->office.store);
    struct site twins[2];
    uint32_t numbers[2];
    assert_non_null(one);
    assert_non_null(other);
    check_receive(&world->office, 0, SITE_UNIT "-261124-0001");
    site_send(&world->office, &world->hub);
    open_twin(world, one, 71, &twins[0]);
    open_twin(world, other, 72, &twins[1]);
    /* What the first took in without a code yet, the second gives none. */
    check_receive(&twins[0], 0, NULL);
    site_send(&twins[0], &world->hub);
    site_send(&twins[1], &world->hub);
    for (size_t i = 2; i-- > 0;) {
        site_send(&world->hub, &twins[i]);
        assert_false(replica_codes_wait(twins[i].replica));
        numbers[i] = receive_number(&twins[i], 0, 261124);
        assert_in_range(numbers[i], NUMBER_LENT_FROM, NUMBER_LENT_TO);
    }
    assert_int_not_equal((numbers[0] - NUMBER_LENT_FROM) / NUMBER_LENT_COUNT,
                         (numbers[1] - NUMBER_LENT_FROM) / NUMBER_LENT_COUNT);
    assert_int_equal((numbers[0] - NUMBER_LENT_FROM) % NUMBER_LENT_COUNT, 1);
    assert_int_equal((numbers[1] - NUMBER_LENT_FROM) % NUMBER_LENT_COUNT, 0);
    site_close(&twins[0]);
    site_close(&twins[1]);
}

static enum status confirm_on_paper(struct site *site, const char *text)
{
    bool own_hundred = false;
    struct code last;
    struct replica_commit commit;
    assert_true(code_parse(bytes_of_text(text), &last));
    assert_int_equal(replica_begin(site->replica), STATUS_OK);
    enum status status = number_confirm(site->replica, &last, &own_hundred);
    if (status == STATUS_OK) {
        assert_true(own_hundred); /* the screen says so (confirm.c) */
        assert_int_equal(replica_commit(site->replica, &commit), STATUS_OK);
    } else {
        replica_abort(site->replica);
    }
    return status;
}

/* More dossiers wait than are looked at in one go, and most cannot be served: nobody knows their
 * day. Those behind them get their codes all the same. */
static void test_number__what_cannot_be_served_keeps_nothing_waiting(void **state)
{
    struct world *world = *state;
    struct replica_commit commit;
    world->device.clock = 0;
    for (int i = 0; i < 70; i++) {
        check_receive(&world->device, 0, NULL);
    }
    for (int i = 0; i < 10; i++) {
        check_receive(&world->device, SITE_START_SECONDS, NULL);
    }
    site_send(&world->device, &world->office);
    assert_int_equal(replica_begin(world->office.replica), STATUS_OK);
    assert_int_equal(replica_duties(world->office.replica), STATUS_OK);
    assert_int_equal(replica_commit(world->office.replica, &commit), STATUS_OK);
    check_receive(&world->office, 0, SITE_UNIT "-261124-0011");
}

/* What is missing may be nowhere any more, and the node above out of reach: then an officer's word
 * ends the doubt. The log has a hundred numbers by its own name. */
static void test_number__an_officer_confirms_the_last_code_on_paper(void **state)
{
    struct world *world = *state;
    struct store *before = store_memory_clone(world->office.store);
    assert_non_null(before);
    assert_int_equal(confirm_on_paper(&world->office, SITE_UNIT "-261124-0007"), STATUS_NOT_FOUND);
    check_receive(&world->office, 0, SITE_UNIT "-261124-0001");
    site_send(&world->office, &world->hub);
    roll_back(world, before);
    site_show_receipts(&world->hub, &world->office);
    confirm(&world->office, world); /* the record that was shown is not back: its doubt stands */
    check_receive(&world->office, 0, NULL);
    assert_int_equal(confirm_on_paper(&world->office, "000.11.30.H57-261124-0007"), STATUS_REFUSED);
    assert_int_equal(confirm_on_paper(&world->office, SITE_UNIT "-261124-0207"), STATUS_OK);
    assert_false(replica_in_doubt(world->office.replica));
    uint32_t number = receive_number(&world->office, 0, 261124);
    assert_in_range(number, NUMBER_OWN_FROM, NUMBER_OWN_TO);
    uint32_t next = receive_number(&world->office, SITE_START_SECONDS + DAY, 261125);
    assert_int_equal((next - NUMBER_OWN_FROM) % NUMBER_OWN_COUNT, 0);
    assert_int_equal((number - NUMBER_OWN_FROM) / NUMBER_OWN_COUNT,
                     (next - NUMBER_OWN_FROM) / NUMBER_OWN_COUNT);
    assert_int_equal(confirm_on_paper(&world->office, SITE_UNIT "-261124-0208"), STATUS_NOT_FOUND);
}

/* A first log's numbers go on behind those kept for others. */
static void test_number__a_full_day_goes_on_behind_what_is_kept(void **state)
{
    struct world *world = *state;
    struct act_result result;
    assert_int_equal(bring(&world->office, SITE_UNIT "-181001-2000", &result), STATUS_OK);
    check_receive(&world->office, 1538352360, SITE_UNIT "-181001-8001");
    assert_int_equal(bring(&world->office, SITE_UNIT "-181001-9999", &result), STATUS_OK);
    check_receive(&world->office, 1538352360, NULL);
}

static void test_number__a_receipt_tells_the_time(void **state)
{
    struct world *world = *state;
    struct replica_read *read = NULL;
    struct clock_verdict verdict;
    site_send(&world->office, &world->hub);
    site_send(&world->hub, &world->office);
    static const struct {
        int64_t clock;
        bool sane;
    } cases[] = {{SITE_START_SECONDS, true},
                 {SITE_START_SECONDS - 3600, true},
                 {SITE_START_SECONDS - 2 * DAY, false},
                 {SITE_START_SECONDS + 399 * DAY, true},
                 {SITE_START_SECONDS + 401 * DAY, false}};
    assert_int_equal(replica_read_begin(world->office.replica, &read), STATUS_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        world->office.clock = cases[i].clock;
        assert_int_equal(clock_judge(read, &verdict), STATUS_OK);
        assert_int_equal(verdict.baseline, SITE_START_SECONDS);
        assert_int_equal(verdict.sane, cases[i].sane);
    }
    replica_read_end(read);
}

static void test_number__a_mad_clock_prints_no_day(void **state)
{
    struct world *world = *state;
    world->office.clock = 3600;
    check_receive(&world->office, 0, NULL);
    check_receive(&world->office, SITE_START_SECONDS, SITE_UNIT "-261124-0001");
    world->office.clock = INT64_MAX;
    check_receive(&world->office, 0, NULL);
    world->office.clock = SITE_START_SECONDS;
    check_receive(&world->office, 0, SITE_UNIT "-261124-0002");
}

static void test_number__a_date_brings_the_code(void **state)
{
    struct world *world = *state;
    struct act_result result;
    struct act_write write = {.field = TEXT("nhan_luc"),
                              .value = value_of_integer(SITE_START_SECONDS)};
    world->office.clock = 3600;
    assert_int_equal(site_receive(&world->office, "Hồ Thị Hòa", 0, &result), STATUS_OK);
    assert_true(result.provisional);
    struct act act = {.kind = KIND_EDIT,
                      .case_name = result.case_name,
                      .writes = &write,
                      .write_count = 1,
                      .officer = TEXT("tn01"),
                      .hat = HAT_RECEPTION};
    assert_int_equal(site_act(&world->office, &act, &result), STATUS_OK);
    struct replica_read *read = NULL;
    struct name found;
    size_t count = 0;
    assert_int_equal(replica_read_begin(world->office.replica, &read), STATUS_OK);
    assert_int_equal(
        replica_cases_named(read, bytes_of_text(SITE_UNIT "-261124-0001"), &found, 1, &count),
        STATUS_OK);
    replica_read_end(read);
    assert_int_equal(count, 1);
    assert_true(name_equal(&found, &result.case_name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_number__code_is_taken_apart_and_made),
        cmocka_unit_test_setup_teardown(test_number__counts_by_day_of_reception, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_number__a_register_brings_numbers_that_count, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_number__a_device_brings_no_codes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_number__a_device_draws_from_its_lease, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            test_number__the_owner_gives_provisional_dossiers_their_code, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_number__two_devices_never_draw_one_number, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_number__a_lease_is_renewed_before_it_ends, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_number__a_used_up_lease_is_followed_by_another_block,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_number__an_owner_in_doubt_prints_no_number, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_number__a_restored_owner_draws_what_is_lent_to_it,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_number__two_copies_are_lent_numbers_apart, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_number__a_full_day_goes_on_behind_what_is_kept, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_number__what_cannot_be_served_keeps_nothing_waiting,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_number__an_officer_confirms_the_last_code_on_paper,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_number__a_receipt_tells_the_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_number__a_mad_clock_prints_no_day, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_number__a_date_brings_the_code, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
