/*
 * What comes of bundles, in whatever order and number: sticks of one log, over both stores. Between
 * them a record waits aside and is nowhere else (H45).
 */
#include "client/replica/log/aside.h"
#include "client/replica/log/bundle.h"
#include "client/replica/state.h"
#include "protocol/sync/frame/bundle.h"
#include "tests/lib/intake.h"
#include "tests/lib/site.h"

#include <string.h>

enum { EDITS = 28, RECORDS = EDITS + 2 };

/* Records |from| to |to| (seqs) of the device's log, whose opening is the script's |first|. */
struct stick {
    uint64_t from, to;
};

static struct bundle_tally read_stick(struct intake_fixture *fixture, size_t first,
                                      const struct stick *stick)
{
    struct script *script = &fixture->script;
    struct bundle_tally tally = {0};
    struct replica_read *read = NULL;
    struct batch *batch = NULL;
    struct record opening, records[RECORDS];
    struct name scopes[2] = {fixture->scope, authority_scope(&fixture->root.key)};
    struct buffer frame;
    size_t taken = 0, count = (size_t)(stick->to - stick->from + 1);
    if (name_compare(&scopes[0], &scopes[1]) > 0) {
        struct name swap = scopes[0];
        scopes[0] = scopes[1];
        scopes[1] = swap;
    }
    assert_int_equal(record_decode(script->records[first], &script->arena, &opening), STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        struct bytes raw = script->records[first + stick->from - 1 + i];
        assert_int_equal(record_decode(raw, &script->arena, &records[i]), STATUS_OK);
    }
    buffer_init(&frame, LIMIT_FRAME_BYTES);
    assert_int_equal(bundle_records_encode(&fixture->device.log, stick->from > 1 ? &opening : NULL,
                                           records, count, &frame, &taken),
                     STATUS_OK);
    assert_int_equal(taken, count);
    assert_int_equal(bundle_batch(buffer_view(&frame), &batch), STATUS_OK);
    assert_int_equal(replica_read_begin(fixture->replica, &read), STATUS_OK);
    assert_int_equal(bundle_judge(read, scopes, 2), STATUS_OK);
    assert_int_equal(bundle_verify(read, scopes, 2, &batch, 1, &tally), STATUS_OK);
    replica_read_end(read);
    assert_int_equal(replica_begin(fixture->replica), STATUS_OK);
    assert_int_equal(bundle_accept(fixture->replica, batch, &tally), STATUS_OK);
    assert_int_equal(replica_commit(fixture->replica, &fixture->commit), STATUS_OK);
    batch_free(batch);
    buffer_deinit(&frame);
    return tally;
}

static uint64_t waiting(struct intake_fixture *fixture)
{
    struct replica_read *read = NULL;
    uint64_t records = 0;
    assert_int_equal(replica_read_begin(fixture->replica, &read), STATUS_OK);
    assert_int_equal(bundle_waiting(read, &records), STATUS_OK);
    replica_read_end(read);
    return records;
}

static void assert_head(struct intake_fixture *fixture, size_t first, uint64_t seq)
{
    struct log_row row = intake_row(fixture, &fixture->device.log);
    assert_int_equal(row.seq, seq);
    assert_true(hash_equal(&row.id, &fixture->script.ids[first + seq - 1]));
}

/* All of the log is held, receipted as one, and nothing is left behind. */
static void assert_whole(struct intake_fixture *fixture, size_t first)
{
    struct replica_read *read = NULL;
    struct replica_verdict verdict;
    assert_head(fixture, first, RECORDS);
    assert_int_equal(waiting(fixture), 0);
    assert_int_equal(replica_read_begin(fixture->replica, &read), STATUS_OK);
    assert_int_equal(replica_verify(read, true, &verdict), STATUS_OK);
    assert_true(verdict.ok);
    replica_read_end(read);
}

static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

static void read_in_all_orders(void **state, const struct stick sticks[3])
{
    bool lmdb = ((struct intake_fixture *)*state)->lmdb;
    for (int order = 0; order < 6; order++) {
        void *own = NULL;
        assert_int_equal(intake_setup(&own, lmdb), 0);
        struct intake_fixture *fixture = own;
        size_t first = intake_write_log(fixture, &fixture->device, EDITS);
        intake_grant(fixture, &fixture->device, ROLE_DEVICE);
        uint64_t held = 0;
        for (int i = 0; i < 3; i++) {
            const struct stick *stick = &sticks[orders[order][i]];
            uint64_t aside = waiting(fixture);
            struct bundle_tally tally = read_stick(fixture, first, stick);
            struct log_row row = intake_row(fixture, &fixture->device.log);
            bool behind = stick->from > held + 1 && !(held == 0 && stick->from == 2);
            assert_int_equal(tally.left + tally.unknown + tally.refused, 0);
            assert_int_equal(tally.fresh, row.seq - held);
            if (behind) { /* the opening alone is in: it says whose they are */
                assert_int_equal(row.seq, held > 0 ? held : 1);
                assert_int_equal(tally.aside, stick->to - stick->from + 1);
                assert_true(waiting(fixture) > aside);
            }
            held = row.seq;
            if (fixture->commit.receipt.size > 0 && i < 2) {
                intake_reopen(fixture); /* what waits outlives the process */
                assert_head(fixture, first, held);
            }
        }
        assert_whole(fixture, first);
        for (int i = 0; i < 3; i++) { /* once more changes nothing */
            struct bundle_tally tally = read_stick(fixture, first, &sticks[i]);
            assert_int_equal(tally.fresh + tally.aside + tally.left, 0);
        }
        assert_whole(fixture, first);
        intake_teardown(&own);
    }
}

static void test_sticks__one_after_another_in_every_order(void **state)
{
    static const struct stick sticks[3] = {{1, 10}, {11, 20}, {21, RECORDS}};
    read_in_all_orders(state, sticks);
}

static void test_sticks__overlapping_in_every_order(void **state)
{
    static const struct stick sticks[3] = {{1, 14}, {8, 22}, {18, RECORDS}};
    read_in_all_orders(state, sticks);
}

static void test_sticks__a_missing_one_waits_for_the_line(void **state)
{
    struct intake_fixture *fixture = *state;
    size_t first = intake_write_log(fixture, &fixture->device, EDITS);
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    read_stick(fixture, first, &(struct stick){1, 8});
    struct bundle_tally tally = read_stick(fixture, first, &(struct stick){16, RECORDS});
    assert_int_equal(tally.aside, RECORDS - 15);
    assert_int_equal(fixture->commit.changed_count, 0); /* no vector moved */
    assert_int_equal(fixture->commit.receipt.size, 0);  /* and nothing was receipted */
    assert_head(fixture, first, 8);
    struct run run = intake_accept(fixture, first + 8, 7, &fixture->device); /* 9 … 15 */
    assert_int_equal(run.outcome, RUN_STORED);
    assert_whole(fixture, first);
}

static void test_sticks__a_device_without_a_grant_brings_nothing(void **state)
{
    struct intake_fixture *fixture = *state;
    size_t first = intake_write_log(fixture, &fixture->device, EDITS);
    struct bundle_tally tally = read_stick(fixture, first, &(struct stick){5, 12});
    assert_int_equal(tally.fresh, 0);
    assert_int_equal(tally.aside, 0);
    assert_int_equal(tally.unknown, 1 + 8);
    assert_int_equal(tally.left, 0);
    assert_int_equal(waiting(fixture), 0);
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    read_stick(fixture, first, &(struct stick){5, RECORDS});
    tally = read_stick(fixture, first, &(struct stick){1, 12});
    assert_whole(fixture, first);
}

/* Proved only by a later one, a record does not stand for itself: it stays on the stick. */
static void test_sticks__only_own_signatures_wait(void **state)
{
    struct intake_fixture *fixture = *state;
    size_t first = intake_write_log(fixture, &fixture->device, EDITS);
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    struct batch *batch = script_batch(&fixture->script, first + 9, 5, &fixture->device.key);
    struct bundle_tally tally = {0};
    batch->runs[0].verdict.by_chain = 1;
    intake_accept(fixture, first, 1, &fixture->device);
    assert_int_equal(replica_begin(fixture->replica), STATUS_OK);
    assert_int_equal(bundle_accept(fixture->replica, batch, &tally), STATUS_OK);
    assert_int_equal(replica_commit(fixture->replica, &fixture->commit), STATUS_OK);
    assert_int_equal(tally.aside, 0);
    assert_int_equal(tally.left, 5);
    script_batch_free(batch);
    assert_int_equal(waiting(fixture), 0);
}

static void test_sticks__no_room_leaves_them_on_the_stick(void **state)
{
    struct intake_fixture *fixture = *state;
    size_t first = intake_write_log(fixture, &fixture->device, EDITS);
    if (fixture->lmdb)
        return; /* only memory can be told how much room there is */
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    intake_accept(fixture, first, 3, &fixture->device);
    store_memory_set_room(fixture->store, 0, true);
    struct bundle_tally tally = read_stick(fixture, first, &(struct stick){10, 20});
    assert_int_equal(tally.aside, 0);
    assert_int_equal(tally.left, 11);
    tally = read_stick(fixture, first, &(struct stick){4, 9});
    assert_int_equal(tally.left, 6);
    store_memory_set_room(fixture->store, UINT64_MAX, false);
    read_stick(fixture, first, &(struct stick){10, RECORDS});
    read_stick(fixture, first, &(struct stick){4, 9});
    assert_whole(fixture, first);
}

/* Two clones wrote on from 10; the stick of one comes before what both have in common. */
static void test_sticks__branches_wait_side_by_side(void **state)
{
    struct intake_fixture *fixture = *state;
    struct script *script = &fixture->script;
    size_t first = intake_write_log(fixture, &fixture->device, 8); /* seq 1..10 */
    struct writer clone = fixture->device;
    struct name case_name = name_of_hash(&script->ids[first + 1]);
    clone.random.state += 7;
    for (int i = 0; i < 20; i++)
        writer_edit(&fixture->device, &case_name, script); /* 11..30 */
    size_t other = script->count;
    for (int i = 0; i < 5; i++)
        writer_edit(&clone, &case_name, script); /* 11'..15' */
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    intake_accept(fixture, first, 1, &fixture->device);
    read_stick(fixture, first, &(struct stick){11, RECORDS});
    struct bundle_tally tally = {0};
    struct batch *batch = script_batch(script, other, 5, &fixture->device.key);
    batch_verify(batch, CHAIN_EACH);
    assert_int_equal(replica_begin(fixture->replica), STATUS_OK);
    assert_int_equal(bundle_accept(fixture->replica, batch, &tally), STATUS_OK);
    assert_int_equal(replica_commit(fixture->replica, &fixture->commit), STATUS_OK);
    script_batch_free(batch);
    assert_int_equal(tally.aside, 5);
    assert_int_equal(waiting(fixture), 25);
    read_stick(fixture, first, &(struct stick){2, 10});
    assert_int_equal(waiting(fixture), 0);
    struct name branch = chain_branch_name(&fixture->device.log, &script->ids[other]);
    struct log_row row = intake_row(fixture, &branch);
    assert_int_equal(row.seq, 15);
    branch = chain_branch_name(&fixture->device.log, &script->ids[first + 10]);
    row = intake_row(fixture, &branch);
    assert_int_equal(row.seq, RECORDS);
    assert_head(fixture, first, 10);
}

/* ---- what goes in ---- */

struct parties {
    struct district district;
    struct site hub, office, other;
};

static int parties_open(void **state)
{
    static struct parties parties;
    struct act_result result;
    district_open(&parties.district);
    site_open(&parties.hub, site_memory(), &parties.district, ROLE_HUB, SITE_HUB_UNIT, 1, NULL);
    site_open(&parties.office, site_memory(), &parties.district, ROLE_OFFICE, SITE_UNIT, 2, NULL);
    site_open(&parties.other, site_memory(), &parties.district, ROLE_OFFICE, SITE_OTHER_UNIT, 3,
              NULL);
    site_found(&parties.hub, &parties.district);
    site_grant(&parties.hub, &parties.office, true, true);
    site_grant(&parties.hub, &parties.other, true, true);
    site_send(&parties.hub, &parties.office);
    site_send(&parties.hub, &parties.other);
    for (int i = 0; i < 3; i++)
        assert_int_equal(site_receive(&parties.office, "Hồ Thị Hòa", 0, &result), STATUS_OK);
    *state = &parties;
    return 0;
}

static int parties_close(void **state)
{
    struct parties *parties = *state;
    site_close(&parties->hub);
    site_close(&parties->office);
    site_close(&parties->other);
    district_close(&parties->district);
    return 0;
}

static uint64_t planned(struct site *from, const struct site *to, bool whole)
{
    struct replica_read *read = NULL;
    struct bundle_plan plan;
    struct arena arena;
    arena_init(&arena, 1 << 22);
    assert_int_equal(replica_read_begin(from->replica, &read), STATUS_OK);
    assert_int_equal(bundle_plan(read, replica_key(to->replica), whole, &arena, &plan), STATUS_OK);
    for (size_t i = 1; i < plan.log_count; i++)
        assert_true(plan.logs[i - 1].authority || !plan.logs[i].authority);
    replica_read_end(read);
    arena_deinit(&arena);
    return plan.records;
}

static enum status judged(struct site *from, const struct site *to, struct site *reader)
{
    struct replica_read *read = NULL;
    struct bundle_plan plan;
    struct arena arena;
    arena_init(&arena, 1 << 22);
    assert_int_equal(replica_read_begin(from->replica, &read), STATUS_OK);
    assert_int_equal(bundle_plan(read, replica_key(to->replica), false, &arena, &plan), STATUS_OK);
    replica_read_end(read);
    assert_int_equal(replica_read_begin(reader->replica, &read), STATUS_OK);
    enum status status = bundle_judge(read, plan.scopes, plan.scope_count);
    replica_read_end(read);
    arena_deinit(&arena);
    return status;
}

static void test_sticks__hold_what_no_receipt_covers(void **state)
{
    struct parties *parties = *state;
    struct act_result result;
    /* Its own records; those of the hub's hand have the hub's receipt. */
    uint64_t own = planned(&parties->office, &parties->hub, false);
    uint64_t all = planned(&parties->office, &parties->hub, true);
    assert_true(own > 3);
    assert_true(all > own);
    assert_int_equal(planned(&parties->office, &parties->hub, false),
                     own); /* writing moves nothing */
    site_send(&parties->office, &parties->hub);
    assert_int_equal(planned(&parties->office, &parties->hub, false), own); /* nobody said so yet */
    site_show_receipts(&parties->hub, &parties->office);
    assert_int_equal(planned(&parties->office, &parties->hub, false), 0);
    assert_int_equal(planned(&parties->office, &parties->hub, true), all);
    assert_int_equal(site_receive(&parties->office, "Lê Văn An", 0, &result), STATUS_OK);
    assert_int_equal(planned(&parties->office, &parties->hub, false), 1);
}

static void test_sticks__a_receiver_put_back_gets_it_again(void **state)
{
    struct parties *parties = *state;
    site_send(&parties->office, &parties->hub);
    site_show_receipts(&parties->hub, &parties->office);
    assert_int_equal(planned(&parties->office, &parties->hub, false), 0);
    /* The hub is drawn a new epoch, and its store is one that never saw the office. */
    struct site again;
    site_open(&again, site_memory(), &parties->district, ROLE_HUB, SITE_HUB_UNIT, 1, NULL);
    again.random.state = 77;
    site_found(&again, &parties->district);
    assert_int_equal(replica_begin(again.replica), STATUS_OK);
    assert_int_equal(group_draw_epoch(again.replica), STATUS_OK);
    struct replica_commit commit;
    assert_int_equal(replica_commit(again.replica, &commit), STATUS_OK);
    site_grant(&again, &parties->office, true, true);
    again.clock += 60;
    site_show_receipts(&again, &parties->office);
    assert_true(planned(&parties->office, &parties->hub, false) > 3);
    site_close(&again);
}

static void test_sticks__are_refused_at_the_wrong_office(void **state)
{
    struct parties *parties = *state;
    struct district elsewhere;
    struct site far;
    assert_int_equal(judged(&parties->office, &parties->hub, &parties->hub), STATUS_OK);
    assert_int_equal(judged(&parties->office, &parties->hub, &parties->other), STATUS_REFUSED);
    site_send(&parties->office, &parties->hub);
    assert_int_equal(judged(&parties->hub, &parties->office, &parties->office), STATUS_OK);
    assert_int_equal(judged(&parties->hub, &parties->office, &parties->other), STATUS_REFUSED);
    district_open(&elsewhere);
    memset(elsewhere.root.bytes, 0, sizeof elsewhere.root.bytes);
    struct secret_key secret;
    key_pair_of_seed((const uint8_t[32]){9}, &elsewhere.root, &secret);
    site_open(&far, site_memory(), &elsewhere, ROLE_HUB, SITE_HUB_UNIT, 5, NULL);
    assert_int_equal(judged(&parties->office, &parties->hub, &far), STATUS_UNKNOWN_PEER);
    site_close(&far);
    district_close(&elsewhere);
}

#define PARTIES(test) cmocka_unit_test_setup_teardown(test, parties_open, parties_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        INTAKE_BOTH(test_sticks__one_after_another_in_every_order),
        INTAKE_BOTH(test_sticks__overlapping_in_every_order),
        INTAKE_BOTH(test_sticks__a_missing_one_waits_for_the_line),
        INTAKE_BOTH(test_sticks__a_device_without_a_grant_brings_nothing),
        INTAKE_BOTH(test_sticks__only_own_signatures_wait),
        INTAKE_BOTH(test_sticks__no_room_leaves_them_on_the_stick),
        INTAKE_BOTH(test_sticks__branches_wait_side_by_side),
        PARTIES(test_sticks__hold_what_no_receipt_covers),
        PARTIES(test_sticks__a_receiver_put_back_gets_it_again),
        PARTIES(test_sticks__are_refused_at_the_wrong_office),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
