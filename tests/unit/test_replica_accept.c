/* What the accept transaction makes of runs, over both stores. */
#include "tests/lib/intake.h"

#include <string.h>

static void assert_head(struct intake_fixture *fixture, const struct name *log, uint64_t seq,
                        const struct hash *id)
{
    struct log_row row = intake_row(fixture, log);
    assert_int_equal(row.seq, seq);
    assert_true(hash_equal(&row.id, id));
}

static uint64_t record_count(struct intake_fixture *fixture)
{
    struct store_read *read;
    struct counters counters;
    assert_int_equal(store_read_begin(fixture->store, &read), STATUS_OK);
    assert_int_equal(counters_get(read, &counters), STATUS_OK);
    store_read_end(read);
    assert_int_equal(counters.records, counters.arrival);
    return counters.records;
}

/* ---- the tests ---- */

static void test_replica_accept__stores_then_knows(void **state)
{
    struct intake_fixture *fixture = *state;
    size_t first = intake_write_log(fixture, &fixture->device, 8);
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    struct run run = intake_accept(fixture, first, 5, &fixture->device);
    assert_int_equal(run.outcome, RUN_STORED);
    assert_int_equal(run.head.seq, 5);
    assert_true(name_equal(&run.scope, &fixture->scope));
    assert_int_equal(fixture->commit.changed_count, 1);
    assert_true(fixture->commit.receipt.size > 0);
    run = intake_accept(fixture, first, 5, &fixture->device);
    assert_int_equal(run.outcome, RUN_PRESENT);
    assert_int_equal(fixture->commit.changed_count, 0);
    assert_int_equal(fixture->commit.receipt.size, 0);
    run = intake_accept(fixture, first + 2, 8, &fixture->device); /* overlaps what is held */
    assert_int_equal(run.outcome, RUN_STORED);
    assert_head(fixture, &fixture->device.log, 10, &fixture->device.id);
    struct log_row row = intake_row(fixture, &fixture->device.log);
    assert_int_equal(row.first, 1);
}

static void test_replica_accept__gap_tells_the_head(void **state)
{
    struct intake_fixture *fixture = *state;
    size_t first = intake_write_log(fixture, &fixture->device, 8);
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    struct run run = intake_accept(fixture, first + 3, 2, &fixture->device);
    assert_int_equal(run.outcome, RUN_GAP); /* nothing of the log is held */
    assert_int_equal(run.head.seq, 0);
    run = intake_accept(fixture, first, 3, &fixture->device);
    assert_int_equal(run.outcome, RUN_STORED);
    uint64_t before = record_count(fixture);
    run = intake_accept(fixture, first + 4, 2, &fixture->device);
    assert_int_equal(run.outcome, RUN_GAP);
    assert_int_equal(run.head.seq, 3);
    assert_true(hash_equal(&run.head.id, &fixture->script.ids[first + 2]));
    assert_int_equal(record_count(fixture), before);
}

static void test_replica_accept__ungranted_stays_outside_until_granted(void **state)
{
    struct intake_fixture *fixture = *state;
    size_t first = intake_write_log(fixture, &fixture->device, 2);
    uint64_t before = record_count(fixture);
    struct run run = intake_accept(fixture, first, 4, &fixture->device);
    assert_int_equal(run.outcome, RUN_REFUSED);
    assert_int_equal(run.why, STATUS_UNKNOWN_PEER);
    assert_int_equal(run.refused_seq, 1);
    assert_int_equal(record_count(fixture), before);
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    run = intake_accept(fixture, first, 4, &fixture->device);
    assert_int_equal(run.outcome, RUN_STORED);
}

static void test_replica_accept__scope_must_have_been_granted(void **state)
{
    struct intake_fixture *fixture = *state;
    struct writer stray = fixture->device;
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    memset(stray.scope.bytes, 9, sizeof stray.scope.bytes);
    size_t first = fixture->script.count;
    writer_open_log(&stray, LOG_COUNTER, &fixture->script);
    struct run run = intake_accept_from(fixture, first, &stray);
    assert_int_equal(run.outcome, RUN_REFUSED);
    assert_int_equal(run.why, STATUS_REFUSED);
}

static void test_replica_accept__authentic_prefix_only(void **state)
{
    struct intake_fixture *fixture = *state;
    size_t first = intake_write_log(fixture, &fixture->device, 4);
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    struct batch *batch = script_batch(&fixture->script, first, 6, &fixture->device.key);
    batch->runs[0].verdict.authentic = 4;
    batch->runs[0].verdict.status = STATUS_FORGED;
    assert_int_equal(replica_begin(fixture->replica), STATUS_OK);
    assert_int_equal(replica_accept(fixture->replica, batch), STATUS_OK);
    assert_int_equal(replica_commit(fixture->replica, &fixture->commit), STATUS_OK);
    assert_int_equal(batch->runs[0].outcome, RUN_REFUSED);
    assert_int_equal(batch->runs[0].refused_seq, 5);
    assert_int_equal(batch->runs[0].why, STATUS_FORGED);
    assert_int_equal(batch->runs[0].head.seq, 4);
    script_batch_free(batch);
    assert_head(fixture, &fixture->device.log, 4, &fixture->script.ids[first + 3]);
}

static void test_replica_accept__other_device_cannot_go_on_with_a_log(void **state)
{
    struct intake_fixture *fixture = *state;
    size_t first = intake_write_log(fixture, &fixture->device, 4);
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    struct run run = intake_accept(fixture, first, 3, &fixture->device);
    assert_int_equal(run.outcome, RUN_STORED);
    struct batch *batch = script_batch(&fixture->script, first + 3, 2, &fixture->device.key);
    batch->runs[0].device = fixture->root.key; /* a session that took another key for the log's */
    assert_int_equal(replica_begin(fixture->replica), STATUS_OK);
    assert_int_equal(replica_accept(fixture->replica, batch), STATUS_OK);
    replica_abort(fixture->replica);
    assert_int_equal(batch->runs[0].outcome, RUN_REFUSED);
    assert_int_equal(batch->runs[0].why, STATUS_FORGED);
    script_batch_free(batch);
}

/* The names and heads of all logs, which must not depend on the order of arrival. */
struct vector {
    struct vector_entry entries[16];
    size_t count;
};

static void read_vector(struct intake_fixture *fixture, struct vector *vector)
{
    struct read_request request = {
        .kind = READ_VECTOR, .scopes = &fixture->scope, .scope_count = 1};
    struct read_result result;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    assert_int_equal(replica_inquire(fixture->replica, &request, &arena, &result), STATUS_OK);
    vector->count = 0;
    for (size_t i = 0; i < result.vector_count; i++) {
        if (public_key_equal(&result.vector[i].device, replica_key(fixture->replica)))
            continue; /* every fixture has a log of its own */
        assert_true(vector->count < 16);
        vector->entries[vector->count++] = result.vector[i];
    }
    arena_deinit(&arena);
}

/* A clone writes on from seq 3; both branches come in either order, and a third. */
static void fork_in_order(void **state, struct vector *vector, int order)
{
    struct intake_fixture *fixture = *state;
    size_t first = intake_write_log(fixture, &fixture->device, 1); /* seq 1..3 */
    struct writer clone = fixture->device, third;
    struct name name = name_of_hash(&fixture->script.ids[first + 1]);
    clone.random.state ^= 0x55;
    size_t a = fixture->script.count;
    for (int i = 0; i < 4; i++) /* 4..7 */
        writer_edit(&fixture->device, &name, &fixture->script);
    size_t b = fixture->script.count;
    writer_edit(&clone, &name, &fixture->script); /* 4' */
    third = clone;
    third.random.state ^= 0x77;
    writer_edit(&clone, &name, &fixture->script); /* 5' */
    size_t c = fixture->script.count;
    writer_edit(&third, &name, &fixture->script); /* 5'' */
    writer_edit(&third, &name, &fixture->script); /* 6'' */
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    assert_int_equal(intake_accept(fixture, first, 3, &fixture->device).outcome, RUN_STORED);
    static const int orders[3][3] = {{0, 1, 2}, {1, 0, 2}, {1, 2, 0}};
    struct run run;
    for (int i = 0; i < 3; i++) {
        size_t at[3] = {a, b, c}, count[3] = {4, 2, 2};
        int which = orders[order][i];
        run = intake_accept(fixture, at[which], count[which], &fixture->device);
        assert_int_equal(run.outcome, i == 0 ? RUN_STORED : RUN_BRANCH);
        assert_true(hash_equal(&run.head.id, &fixture->script.ids[at[which] + count[which] - 1]));
        run = intake_accept(fixture, at[which], count[which], &fixture->device);
        assert_int_equal(run.outcome, RUN_PRESENT);
    }
    assert_head(fixture, &fixture->device.log, 3, &fixture->script.ids[first + 2]);
    /* The device that wrote the first branch goes on with it. */
    size_t more = fixture->script.count;
    writer_edit(&fixture->device, &name, &fixture->script); /* 8 */
    run = intake_accept_from(fixture, more, &fixture->device);
    assert_int_equal(run.outcome, RUN_BRANCH);
    assert_int_equal(run.head.seq, 8);
    read_vector(fixture, vector);
    struct read_request request = {.kind = READ_LOG, .log = run.log, .from = 1, .bytes = 1 << 20};
    struct read_result result;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    assert_int_equal(replica_inquire(fixture->replica, &request, &arena, &result), STATUS_OK);
    assert_int_equal(result.record_count, 5); /* 4..8 */
    assert_int_equal(result.records[0].seq, 4);
    assert_true(bytes_equal(result.records[0].raw, fixture->script.records[a]));
    assert_true(result.at_end);
    arena_deinit(&arena);
}

static void test_replica_accept__branches_do_not_depend_on_arrival(void **state)
{
    struct intake_fixture *fixture = *state;
    struct vector first, other;
    fork_in_order(state, &first, 0);
    assert_int_equal(first.count, 5); /* the log, 4.., 4', 5', 5'' */
    for (int order = 1; order < 3; order++) {
        void *again = NULL;
        assert_int_equal(intake_setup(&again, fixture->lmdb), 0);
        fork_in_order(&again, &other, order);
        intake_teardown(&again);
        assert_int_equal(other.count, first.count);
        for (size_t i = 0; i < first.count; i++) {
            assert_true(name_equal(&other.entries[i].head.log, &first.entries[i].head.log));
            assert_int_equal(other.entries[i].head.seq, first.entries[i].head.seq);
            assert_true(hash_equal(&other.entries[i].head.id, &first.entries[i].head.id));
        }
    }
}

static void test_replica_accept__branches_are_bounded(void **state)
{
    struct intake_fixture *fixture = *state;
    size_t first = intake_write_log(fixture, &fixture->device, 2); /* 1..4 */
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    assert_int_equal(intake_accept(fixture, first, 3, &fixture->device).outcome, RUN_STORED);
    assert_int_equal(intake_accept(fixture, first + 3, 1, &fixture->device).outcome, RUN_STORED);
    struct name name = name_of_hash(&fixture->script.ids[first + 1]);
    for (uint64_t i = 0; i <= LIMIT_BRANCHES; i++) {
        struct writer clone = fixture->device;
        clone.random.state ^= i + 1;
        clone.seq = 3;
        clone.id = fixture->script.ids[first + 2];
        size_t at = fixture->script.count;
        writer_edit(&clone, &name, &fixture->script);
        struct run run = intake_accept_from(fixture, at, &clone);
        assert_int_equal(run.outcome, i < LIMIT_BRANCHES ? RUN_BRANCH : RUN_NO_ROOM);
    }
}

static void test_replica_accept__logs_are_bounded(void **state)
{
    struct intake_fixture *fixture = *state;
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    for (int day = 0; day < 2; day++) {
        for (uint64_t i = 0; i <= 3 * LIMIT_LOGS_A_DAY; i++) {
            size_t first = fixture->script.count;
            writer_open_log(&fixture->device, i % 3, &fixture->script);
            struct run run = intake_accept_from(fixture, first, &fixture->device);
            assert_int_equal(run.outcome, i < 3 * LIMIT_LOGS_A_DAY ? RUN_STORED : RUN_NO_ROOM);
        }
        fixture->clock += 86400;
        fixture->device.clock = fixture->clock;
    }
}

/* A node that comes late gets the logs of many days in one; only their sum is bounded. */
static void test_replica_accept__logs_of_other_days_do_not_count_today(void **state)
{
    struct intake_fixture *fixture = *state;
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    for (int i = 0; i <= LIMIT_LOGS; i++) {
        size_t first = fixture->script.count;
        fixture->device.clock = fixture->clock - (100 - i) * INT64_C(86400);
        writer_open_log(&fixture->device, LOG_COUNTER, &fixture->script);
        struct run run = intake_accept_from(fixture, first, &fixture->device);
        assert_int_equal(run.outcome, i < LIMIT_LOGS ? RUN_STORED : RUN_NO_ROOM);
    }
}

/* What a device brought today, as its row says; the row of a store that counted no records is read
 * too. */
static void put_brought(struct intake_fixture *fixture, uint32_t records, uint64_t bytes)
{
    struct device_row row = {.logs = 1,
                             .day = fixture->clock / 86400,
                             .records_that_day = records,
                             .bytes_that_day = bytes};
    uint8_t value[DEVICE_ROW_BYTES];
    struct replica_commit commit;
    size_t size = records == 0 && bytes == 0 ? DEVICE_ROW_BYTES_ONCE : DEVICE_ROW_BYTES;
    struct table_key key = key_of_meta(META_DEVICE);
    key_hash(&key, fixture->device.key.bytes);
    device_row_encode(&row, value);
    assert_int_equal(replica_begin(fixture->replica), STATUS_OK);
    assert_int_equal(group_put(fixture->replica, TABLE_META, &key, bytes_of(value, size)),
                     STATUS_OK);
    assert_int_equal(replica_commit(fixture->replica, &commit), STATUS_OK);
}

static void test_replica_accept__a_day_s_records_are_bounded(void **state)
{
    struct intake_fixture *fixture = *state;
    size_t first = intake_write_log(fixture, &fixture->device, 8);
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    assert_int_equal(intake_accept(fixture, first, 2, &fixture->device).outcome, RUN_STORED);
    put_brought(fixture, LIMIT_RECORDS_A_DAY, 1);
    struct run run = intake_accept(fixture, first + 2, 1, &fixture->device);
    assert_int_equal(run.outcome, RUN_NO_ROOM);
    assert_int_equal(run.why, STATUS_LIMIT);
    /* What is here already is no more of it. */
    assert_int_equal(intake_accept(fixture, first, 2, &fixture->device).outcome, RUN_PRESENT);
    put_brought(fixture, 1, LIMIT_BYTES_A_DAY);
    assert_int_equal(intake_accept(fixture, first + 2, 1, &fixture->device).outcome, RUN_NO_ROOM);
    put_brought(fixture, 0, 0);
    assert_int_equal(intake_accept(fixture, first + 2, 1, &fixture->device).outcome, RUN_STORED);
    put_brought(fixture, LIMIT_RECORDS_A_DAY, LIMIT_BYTES_A_DAY);
    fixture->clock += 86400;
    assert_int_equal(intake_accept(fixture, first + 3, 1, &fixture->device).outcome, RUN_STORED);
}

/* Whoever was granted anything may open a log in the scope that every node has. */
static void test_replica_accept__authority_of_one_who_may_not_grant_is_bounded(void **state)
{
    struct intake_fixture *fixture = *state;
    struct public_key root = replica_identity(fixture->replica)->root;
    size_t first = fixture->script.count;
    struct run run;
    fixture->device.scope = authority_scope(&root);
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    first = fixture->script.count;
    writer_open_log(&fixture->device, LOG_AUTHORITY, &fixture->script);
    assert_int_equal(intake_accept_from(fixture, first, &fixture->device).outcome, RUN_STORED);
    for (size_t i = 1; i <= LIMIT_AUTHORITY_OTHERS; i++) {
        first = fixture->script.count;
        writer_record(&fixture->device, KIND_LEASE, NULL, &fixture->script);
        run = intake_accept_from(fixture, first, &fixture->device);
        assert_int_equal(run.outcome, i < LIMIT_AUTHORITY_OTHERS ? RUN_STORED : RUN_NO_ROOM);
    }
    fixture->clock += 86400;
    assert_int_equal(intake_accept(fixture, first, 1, &fixture->device).outcome, RUN_STORED);
}

static uint64_t peer_rows(struct intake_fixture *fixture)
{
    struct store_read *read = NULL;
    struct store_cursor *cursor = NULL;
    struct bytes found, value;
    uint64_t rows = 0;
    assert_int_equal(store_read_begin(fixture->store, &read), STATUS_OK);
    assert_int_equal(store_cursor_open(read, TABLE_PEER, &cursor), STATUS_OK);
    while (store_next(cursor, &found, &value) == STATUS_OK)
        rows++;
    store_cursor_close(cursor);
    store_read_end(read);
    return rows;
}

static void test_replica_accept__a_refusal_of_no_log_here_is_not_noted(void **state)
{
    struct intake_fixture *fixture = *state;
    struct name log = {{3}};
    struct replica_commit commit;
    uint64_t before = peer_rows(fixture);
    assert_int_equal(replica_begin(fixture->replica), STATUS_OK);
    for (log.bytes[1] = 0; log.bytes[1] < 200; log.bytes[1]++)
        assert_int_equal(
            replica_note_refused(fixture->replica, &fixture->root.key, &log, 1, STATUS_FORGED),
            STATUS_OK);
    assert_int_equal(replica_commit(fixture->replica, &commit), STATUS_OK);
    assert_int_equal(peer_rows(fixture), before);
}

static void test_replica_accept__abort_leaves_nothing(void **state)
{
    struct intake_fixture *fixture = *state;
    size_t first = intake_write_log(fixture, &fixture->device, 2);
    uint64_t before = record_count(fixture);
    struct batch *batch;
    struct grant grant_body = {.key = fixture->device.key,
                               .role = ROLE_DEVICE,
                               .unit = bytes_of_text("u"),
                               .label = bytes_of_text("l"),
                               .scopes = &fixture->scope,
                               .scope_count = 1};
    size_t at = fixture->script.count;
    writer_grant(&fixture->root, &grant_body, &fixture->script);
    assert_int_equal(replica_begin(fixture->replica), STATUS_OK);
    batch = script_batch(&fixture->script, at, 1, &fixture->root.key);
    assert_int_equal(replica_accept(fixture->replica, batch), STATUS_OK);
    script_batch_free(batch);
    batch = script_batch(&fixture->script, first, 4, &fixture->device.key);
    assert_int_equal(replica_accept(fixture->replica, batch), STATUS_OK);
    assert_int_equal(batch->runs[0].outcome, RUN_STORED); /* granted within the group */
    script_batch_free(batch);
    replica_abort(fixture->replica);
    assert_int_equal(record_count(fixture), before);
    const struct authority *authority = replica_authority_acquire(fixture->replica);
    assert_null(authority_grant(authority, &fixture->device.key));
    replica_authority_release(fixture->replica, authority);
    assert_int_equal(intake_accept(fixture, first, 4, &fixture->device).outcome, RUN_REFUSED);
    assert_int_equal(intake_accept(fixture, at, 1, &fixture->root).outcome, RUN_STORED);
    assert_int_equal(intake_accept(fixture, first, 4, &fixture->device).outcome, RUN_STORED);
}

static void test_replica_accept__authority_survives_reopening(void **state)
{
    struct intake_fixture *fixture = *state;
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    intake_reopen(fixture);
    const struct authority *authority = replica_authority_acquire(fixture->replica);
    assert_non_null(authority_grant(authority, &fixture->device.key));
    replica_authority_release(fixture->replica, authority);
}

static void test_replica_accept__reserve_is_for_authority_and_local_acts(void **state)
{
    struct intake_fixture *fixture = *state;
    size_t first = intake_write_log(fixture, &fixture->device, 2);
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    store_memory_set_room(fixture->store, 0, true);
    assert_int_equal(intake_accept(fixture, first, 4, &fixture->device).outcome, RUN_NO_ROOM);
    struct writer other;
    writer_init(&other, 77, &fixture->scope);
    intake_grant(fixture, &other, ROLE_DEVICE);
    store_memory_set_room(fixture->store, 1 << 20, false);
    assert_int_equal(intake_accept(fixture, first, 4, &fixture->device).outcome, RUN_STORED);
}

/* ---- evidence of a rollback ---- */

/* The replica's own log as a writer, to write on as a lost timeline did. */
static struct writer own_writer(struct intake_fixture *fixture)
{
    struct writer writer = {.key = *replica_key(fixture->replica),
                            .secret = *replica_secret(fixture->replica),
                            .scope = fixture->scope,
                            .random = {4711},
                            .clock = fixture->clock};
    struct store_read *read;
    struct log_row row;
    assert_int_equal(store_read_begin(fixture->store, &read), STATUS_OK);
    assert_int_equal(log_own_find(read, LOG_COUNTER, &row), STATUS_OK);
    store_read_end(read);
    writer.log = row.name;
    writer.seq = row.seq;
    writer.id = row.id;
    return writer;
}

static void assert_own_log_is_new(struct intake_fixture *fixture, const struct writer *lost)
{
    struct log_row row;
    struct name header_log;
    assert_int_equal(replica_begin(fixture->replica), STATUS_OK);
    assert_int_equal(log_own(fixture->replica, LOG_COUNTER, &row, &header_log), STATUS_OK);
    assert_int_equal(replica_commit(fixture->replica, &fixture->commit), STATUS_OK);
    assert_false(name_equal(&header_log, &lost->log));
    assert_int_equal(row.seq, 1);
}

static void test_replica_accept__own_record_from_elsewhere_is_evidence(void **state)
{
    struct intake_fixture *fixture = *state;
    struct name epoch = replica_epoch(fixture->replica);
    struct writer lost = own_writer(fixture);
    size_t first = fixture->script.count;
    struct name name = writer_genesis(&lost, &fixture->script);
    struct run run = intake_accept_from(fixture, first, &lost);
    assert_int_equal(run.outcome, RUN_STORED);
    assert_true(fixture->commit.epoch_changed);
    assert_non_null(fixture->commit.epoch_why);
    struct name changed = replica_epoch(fixture->replica);
    assert_false(name_equal(&epoch, &changed));
    /* More of the same log tells nothing new. */
    first = fixture->script.count;
    writer_edit(&lost, &name, &fixture->script);
    run = intake_accept_from(fixture, first, &lost);
    assert_int_equal(run.outcome, RUN_STORED);
    assert_false(fixture->commit.epoch_changed);
    assert_own_log_is_new(fixture, &lost);
}

static struct bytes own_receipt(struct intake_fixture *fixture, const struct receipt *receipt,
                                struct buffer *out)
{
    assert_int_equal(receipt_seal(receipt, replica_secret(fixture->replica), out), STATUS_OK);
    return buffer_view(out);
}

static bool shown(struct intake_fixture *fixture, struct bytes raw)
{
    intake_receipt(fixture, raw, &fixture->device.key);
    return fixture->commit.epoch_changed;
}

static void test_replica_accept__own_receipt_is_evidence_if_not_contained(void **state)
{
    struct intake_fixture *fixture = *state;
    struct writer lost = own_writer(fixture);
    struct buffer raw;
    buffer_init(&raw, 4096);
    struct receipt receipt = {.signer = lost.key,
                              .epoch = replica_epoch(fixture->replica),
                              .arrival = fixture->commit.arrival,
                              .running_hash = fixture->commit.running_hash,
                              .seconds = fixture->clock};
    assert_false(shown(fixture, own_receipt(fixture, &receipt, &raw)));
    buffer_reset(&raw);
    receipt.arrival += 5; /* further than this store ever came */
    assert_true(shown(fixture, own_receipt(fixture, &receipt, &raw)));
    assert_false(shown(fixture, buffer_view(&raw))); /* of an epoch that is over */
    buffer_reset(&raw);
    receipt.epoch = replica_epoch(fixture->replica);
    receipt.arrival = fixture->commit.arrival;
    receipt.running_hash.bytes[0] ^= 1; /* another history of the same length */
    assert_true(shown(fixture, own_receipt(fixture, &receipt, &raw)));
    buffer_reset(&raw);
    receipt.epoch.bytes[0] ^= 1; /* a clone's epoch: answering it would never end */
    assert_false(shown(fixture, own_receipt(fixture, &receipt, &raw)));
    buffer_deinit(&raw);
    assert_own_log_is_new(fixture, &lost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        INTAKE_BOTH(test_replica_accept__stores_then_knows),
        INTAKE_BOTH(test_replica_accept__gap_tells_the_head),
        INTAKE_BOTH(test_replica_accept__ungranted_stays_outside_until_granted),
        INTAKE_BOTH(test_replica_accept__scope_must_have_been_granted),
        INTAKE_BOTH(test_replica_accept__authentic_prefix_only),
        INTAKE_BOTH(test_replica_accept__other_device_cannot_go_on_with_a_log),
        INTAKE_BOTH(test_replica_accept__branches_do_not_depend_on_arrival),
        INTAKE_BOTH(test_replica_accept__branches_are_bounded),
        INTAKE_BOTH(test_replica_accept__logs_are_bounded),
        INTAKE_BOTH(test_replica_accept__logs_of_other_days_do_not_count_today),
        INTAKE_BOTH(test_replica_accept__a_day_s_records_are_bounded),
        INTAKE_BOTH(test_replica_accept__authority_of_one_who_may_not_grant_is_bounded),
        INTAKE_BOTH(test_replica_accept__a_refusal_of_no_log_here_is_not_noted),
        INTAKE_BOTH(test_replica_accept__abort_leaves_nothing),
        INTAKE_BOTH(test_replica_accept__authority_survives_reopening),
        {"reserve", test_replica_accept__reserve_is_for_authority_and_local_acts,
         intake_setup_memory, intake_teardown, NULL},
        INTAKE_BOTH(test_replica_accept__own_record_from_elsewhere_is_evidence),
        INTAKE_BOTH(test_replica_accept__own_receipt_is_evidence_if_not_contained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
