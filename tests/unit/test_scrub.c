/* Damage in a store: found, a bit turned back, let go, told as missing, held again. */
#include "client/replica/log/damage.h"
#include "client/replica/log/scrub.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

struct world {
    struct district district;
    struct site hub;
    struct site office;
    struct name dossier;
    struct place place; /* of the dossier's genesis, at the office */
};

static bool find_case(void *context, const struct log_row *row)
{
    struct world *world = context;
    struct replica *office = world->office.replica;
    struct replica_read *read = NULL;
    assert_int_equal(replica_read_begin(office, &read), STATUS_OK);
    for (uint64_t seq = row->first; seq <= row->seq; seq++) {
        struct place place = {.store = row->store, .seq = seq};
        struct record_row record;
        assert_int_equal(log_record(read->store, &place, &record), STATUS_OK);
        if (memcmp(record.id.bytes, world->dossier.bytes, sizeof world->dossier.bytes) == 0)
            world->place = place;
    }
    replica_read_end(read);
    return true;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    struct act_result result;
    struct replica_read *read = NULL;
    assert_non_null(world);
    district_open(&world->district);
    site_open(&world->hub, site_memory(), &world->district, ROLE_HUB, SITE_HUB_UNIT, 1, NULL);
    site_found(&world->hub, &world->district);
    site_open(&world->office, site_memory(), &world->district, ROLE_OFFICE, SITE_UNIT, 2, NULL);
    site_grant(&world->hub, &world->office, true, true);
    site_send(&world->hub, &world->office);
    assert_int_equal(site_receive(&world->office, "Hồ Thị Hòa", 0, &result), STATUS_OK);
    world->dossier = result.case_name;
    assert_int_equal(site_receive(&world->office, "Hồ Thị Hai", 0, &result), STATUS_OK);
    site_send(&world->office, &world->hub);
    assert_int_equal(replica_read_begin(world->office.replica, &read), STATUS_OK);
    assert_int_equal(log_each(read->store, find_case, world), STATUS_OK);
    replica_read_end(read);
    assert_int_not_equal(world->place.seq, 0);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    site_close(&world->office);
    site_close(&world->hub);
    district_close(&world->district);
    free(world);
    return 0;
}

/* Turns the bits of |mask| in byte |at| of the row of the dossier's genesis. */
static void spoil(struct world *world, size_t at, uint8_t mask)
{
    struct table_key key = key_of_pair(world->place.store, world->place.seq);
    struct store_write *write = NULL;
    struct bytes value;
    uint8_t row[STORE_VALUE_BYTES];
    assert_int_equal(store_write_begin(world->office.store, &write), STATUS_OK);
    assert_int_equal(store_get(store_write_view(write), TABLE_RECORD, key_bytes(&key), &value),
                     STATUS_OK);
    size_t size = value.size;
    assert_true(at < size);
    memcpy(row, value.at, size);
    row[at] ^= mask;
    assert_int_equal(store_put(write, TABLE_RECORD, key_bytes(&key), bytes_of(row, size)),
                     STATUS_OK);
    assert_int_equal(store_commit(write), STATUS_OK);
}

/* Scrubs the office once; returns the only finding, or one that is sound. */
static struct scrub_finding scrub(struct world *world, struct replica_commit *commit)
{
    struct replica *office = world->office.replica;
    struct scrub *scrub = calloc(1, sizeof *scrub);
    struct scrub_finding finding = {.outcome = SCRUB_SOUND};
    assert_non_null(scrub);
    assert_int_equal(scrub_slice(office, scrub, 1000), STATUS_OK);
    assert_true(scrub->ended);
    assert_true(scrub->finding_count <= 1);
    assert_int_equal(replica_begin(office), STATUS_OK);
    assert_int_equal(scrub_settle(office, scrub), STATUS_OK);
    assert_int_equal(replica_commit(office, commit), STATUS_OK);
    if (scrub->finding_count == 1)
        finding = scrub->findings[0];
    free(scrub);
    return finding;
}

static bool is_sound(struct world *world)
{
    struct replica_read *read = NULL;
    struct replica_verdict verdict;
    assert_int_equal(replica_read_begin(world->office.replica, &read), STATUS_OK);
    assert_int_equal(replica_verify(read, true, &verdict), STATUS_OK);
    replica_read_end(read);
    return verdict.ok;
}

static void test_scrub__a_sound_store_is_left_alone(void **state)
{
    struct world *world = *state;
    struct replica_commit commit;
    assert_int_equal(scrub(world, &commit).outcome, SCRUB_SOUND);
    assert_false(commit.epoch_changed);
}

static void test_scrub__one_bit_anywhere_is_turned_back(void **state)
{
    struct world *world = *state;
    struct replica_commit commit;
    /* from the id on; a flipped arrival or case number is another test's */
    for (size_t at = 8; at < 400; at += 37) {
        if (at >= 40 && at < RECORD_ROW_BYTES)
            continue;
        spoil(world, at, (uint8_t)(1U << at % 8));
        assert_false(is_sound(world));
        assert_int_equal(scrub(world, &commit).outcome, SCRUB_MENDED);
        assert_false(commit.epoch_changed);
        assert_true(is_sound(world));
    }
}

static void test_scrub__what_cannot_be_mended_is_not_held_until_it_comes(void **state)
{
    struct world *world = *state;
    struct replica *office = world->office.replica;
    struct replica_commit commit;
    struct replica_read *read = NULL;
    struct log_row log;
    struct seen seen;
    struct act_result result;
    spoil(world, RECORD_ROW_BYTES + 90, 0xff);
    struct scrub_finding finding = scrub(world, &commit);
    assert_int_equal(finding.outcome, SCRUB_WAITS);
    assert_memory_equal(finding.id.bytes, world->dossier.bytes, sizeof world->dossier.bytes);
    assert_true(commit.epoch_changed);

    /* Its log is told as ending before it, its case shows nothing, and work goes on. */
    assert_int_equal(replica_read_begin(office, &read), STATUS_OK);
    assert_int_equal(log_at(read->store, &world->place, &log), STATUS_OK);
    uint64_t whole = log.seq;
    assert_int_equal(damage_cap(read->store, &log), STATUS_OK);
    assert_int_equal(log.seq, world->place.seq - 1);
    assert_true(whole > log.seq);
    replica_read_end(read);
    site_look(&world->office, &world->dossier, &seen);
    assert_int_equal(seen.view.load, VIEW_NOT_LOADED);
    site_look_away(&seen);
    assert_false(replica_in_doubt(office));
    assert_int_equal(site_receive(&world->office, "Hồ Thị Ba", 0, &result), STATUS_OK);
    assert_false(is_sound(world));
    struct scrub_finding again = scrub(world, &commit);
    assert_int_equal(again.outcome, SCRUB_WAITS); /* named, but settled once */
    assert_true(again.known);
    assert_false(commit.epoch_changed);

    /* It comes again by its id, and all is as it was. */
    site_send(&world->hub, &world->office);
    assert_true(is_sound(world));
    site_check_value(&world->office, &world->dossier, "chu_ho_so", "Hồ Thị Hòa");
    bool any = true;
    assert_int_equal(replica_read_begin(office, &read), STATUS_OK);
    assert_int_equal(damage_any(read->store, &any), STATUS_OK);
    replica_read_end(read);
    assert_false(any);
}

static void test_scrub__rows_that_point_at_a_record_are_made_again(void **state)
{
    struct world *world = *state;
    struct replica_commit commit;
    struct table_key key = key_of_pair(world->place.store, world->place.seq);
    struct store_write *write = NULL;
    struct bytes value;
    assert_int_equal(store_write_begin(world->office.store, &write), STATUS_OK);
    assert_int_equal(store_get(store_write_view(write), TABLE_RECORD, key_bytes(&key), &value),
                     STATUS_OK);
    uint32_t case_number = be32_load(value.at + 40);
    struct table_key pointer = key_of_pair(case_number, be64_load(value.at));
    assert_int_equal(store_delete(write, TABLE_CASE, key_bytes(&pointer)), STATUS_OK);
    assert_int_equal(store_commit(write), STATUS_OK);
    assert_int_equal(scrub(world, &commit).outcome, SCRUB_REBUILT);
    assert_true(is_sound(world));
    site_check_value(&world->office, &world->dossier, "chu_ho_so", "Hồ Thị Hòa");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_scrub__a_sound_store_is_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_scrub__one_bit_anywhere_is_turned_back, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            test_scrub__what_cannot_be_mended_is_not_held_until_it_comes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_scrub__rows_that_point_at_a_record_are_made_again,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
