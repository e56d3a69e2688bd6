/* What a session reads of a replica, over both stores. */
#include "tests/lib/intake.h"

#include <string.h>

enum { ANSWER_BYTES = 8 << 20 };

static struct read_result ask(struct intake_fixture *fixture, const struct read_request *request,
                              struct arena *arena)
{
    struct read_result result;
    arena_reset(arena);
    assert_int_equal(replica_inquire(fixture->replica, request, arena, &result), STATUS_OK);
    assert_int_equal(result.status, STATUS_OK);
    assert_int_equal(result.tag, request->tag);
    return result;
}

/* Two devices of two scopes whose logs arrive by turns. */
struct pair {
    struct writer other;
    size_t first, second; /* places of their openings in the script */
};

static void write_pair(struct intake_fixture *fixture, struct pair *pair)
{
    struct name scope = fixture->scope;
    scope.bytes[0] ^= 1;
    writer_init(&pair->other, 21, &scope);
    pair->first = intake_write_log(fixture, &fixture->device, 4); /* 6 records */
    pair->second = intake_write_log(fixture, &pair->other, 4);
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    intake_grant(fixture, &pair->other, ROLE_DEVICE);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(intake_accept(fixture, pair->first + 2 * i, 2, &fixture->device).outcome,
                         RUN_STORED);
        assert_int_equal(intake_accept(fixture, pair->second + 2 * i, 2, &pair->other).outcome,
                         RUN_STORED);
    }
}

static bool is_record(const struct intake_fixture *fixture, const struct read_record *record,
                      size_t place)
{
    return bytes_equal(record->raw, fixture->script.records[place]);
}

static void test_replica_inquiry__arrivals_come_in_one_order_over_scopes(void **state)
{
    struct intake_fixture *fixture = *state;
    struct pair pair;
    struct arena arena;
    write_pair(fixture, &pair);
    arena_init(&arena, ANSWER_BYTES);
    struct name scopes[2] = {pair.other.scope, fixture->scope};
    struct read_request request = {
        .kind = READ_ARRIVALS, .tag = 7, .scopes = scopes, .scope_count = 2, .bytes = 1 << 20};
    struct read_result result = ask(fixture, &request, &arena);
    assert_int_equal(result.record_count, 13); /* and the office's own opening */
    assert_true(result.at_end);
    assert_int_equal(result.end, fixture->commit.arrival);
    assert_true(name_equal(&result.running_hash, &fixture->commit.running_hash));
    for (size_t i = 0; i + 1 < result.record_count; i++)
        assert_true(result.records[i].arrival < result.records[i + 1].arrival);
    assert_true(is_record(fixture, &result.records[1], pair.first));
    assert_true(is_record(fixture, &result.records[2], pair.first + 1));
    assert_true(is_record(fixture, &result.records[3], pair.second));
    assert_true(name_equal(&result.records[3].scope, &pair.other.scope));
    assert_true(name_equal(&result.records[3].log, &pair.other.log));
    const struct read_record *last = &result.records[result.record_count - 1];
    assert_true(name_equal(&last->running_hash, &fixture->commit.running_hash));
    request.scopes = &scopes[0];
    request.scope_count = 1;
    result = ask(fixture, &request, &arena);
    assert_int_equal(result.record_count, 6);
    assert_int_equal(result.end, fixture->commit.arrival);
    request.scope_count = 0;
    result = ask(fixture, &request, &arena);
    assert_int_equal(result.record_count, 0); /* no scope is none, not every one */
    assert_int_equal(result.end, fixture->commit.arrival);
    request.every_scope = true; /* authority included */
    result = ask(fixture, &request, &arena);
    assert_int_equal(result.record_count, 16);
    assert_int_equal(result.record_count, result.newest);
    arena_deinit(&arena);
}

static void test_replica_inquiry__arrivals_go_on_where_they_stopped(void **state)
{
    struct intake_fixture *fixture = *state;
    struct pair pair;
    struct arena arena;
    write_pair(fixture, &pair);
    arena_init(&arena, ANSWER_BYTES);
    struct name scopes[2] = {pair.other.scope, fixture->scope};
    struct read_request request = {
        .kind = READ_ARRIVALS, .scopes = scopes, .scope_count = 2, .bytes = 700};
    size_t records = 0, answers = 0;
    bool at_end = false;
    while (!at_end) {
        struct read_result result = ask(fixture, &request, &arena);
        struct read_request check = {.kind = READ_CURSOR, .from = result.end};
        struct name running = result.running_hash;
        size_t bytes = 0;
        for (size_t i = 0; i < result.record_count; i++)
            bytes += result.records[i].raw.size;
        assert_true(result.record_count == 1 || bytes <= 700);
        records += result.record_count;
        at_end = result.at_end;
        request.from = result.end;
        result = ask(fixture, &check, &arena);
        assert_true(name_equal(&running, &result.running_hash));
        assert_true(++answers < 20);
    }
    assert_int_equal(records, 13);
    assert_true(answers > 2);
    request.bytes = 1; /* one record always comes */
    request.from = 0;
    assert_int_equal(ask(fixture, &request, &arena).record_count, 1);
    arena_deinit(&arena);
}

static void test_replica_inquiry__arrivals_pass_over_what_is_there(void **state)
{
    struct intake_fixture *fixture = *state;
    struct pair pair;
    struct arena arena;
    write_pair(fixture, &pair);
    arena_init(&arena, ANSWER_BYTES);
    struct peer_mark have[2] = {{.log = fixture->device.log, .seq = 4},
                                {.log = pair.other.log, .seq = 6}};
    struct name scopes[2] = {pair.other.scope, fixture->scope};
    struct read_request request = {.kind = READ_ARRIVALS,
                                   .scopes = scopes,
                                   .scope_count = 2,
                                   .have = have,
                                   .have_count = 2,
                                   .bytes = 1 << 20};
    struct read_result result = ask(fixture, &request, &arena);
    assert_int_equal(result.skipped, 10);
    assert_int_equal(result.record_count, 3); /* the office's opening, two of the device */
    assert_true(is_record(fixture, &result.records[1], pair.first + 4));
    assert_int_equal(result.end, fixture->commit.arrival);
    arena_deinit(&arena);
}

static void test_replica_inquiry__arrivals_filter_many_scopes(void **state)
{
    struct intake_fixture *fixture = *state;
    struct pair pair;
    struct arena arena;
    struct name scopes[20];
    write_pair(fixture, &pair);
    arena_init(&arena, ANSWER_BYTES);
    /* Twenty scopes the store knows, of which one has records. */
    assert_int_equal(replica_begin(fixture->replica), STATUS_OK);
    for (size_t i = 0; i < 20; i++) {
        uint32_t number = 0;
        memset(scopes[i].bytes, (int)(100 + i), sizeof scopes[i].bytes);
        if (i == 9)
            scopes[i] = pair.other.scope;
        assert_int_equal(log_scope_make(fixture->replica, &scopes[i], &number), STATUS_OK);
    }
    assert_int_equal(replica_commit(fixture->replica, &fixture->commit), STATUS_OK);
    struct read_request request = {
        .kind = READ_ARRIVALS, .scopes = scopes, .scope_count = 20, .bytes = 1 << 20};
    struct read_result result = ask(fixture, &request, &arena);
    assert_int_equal(result.record_count, 6);
    for (size_t i = 0; i < result.record_count; i++)
        assert_true(is_record(fixture, &result.records[i], pair.second + i));
    arena_deinit(&arena);
}

static void test_replica_inquiry__unknown_scope_has_nothing(void **state)
{
    struct intake_fixture *fixture = *state;
    struct arena arena;
    struct name scope = {{1, 2, 3}};
    arena_init(&arena, ANSWER_BYTES);
    struct read_request request = {
        .kind = READ_ARRIVALS, .scopes = &scope, .scope_count = 1, .bytes = 1 << 20};
    struct read_result result = ask(fixture, &request, &arena);
    assert_int_equal(result.record_count, 0);
    assert_true(result.at_end);
    request.kind = READ_VECTOR;
    assert_int_equal(ask(fixture, &request, &arena).vector_count, 0);
    arena_deinit(&arena);
}

static void test_replica_inquiry__vector_has_heads_and_marks(void **state)
{
    struct intake_fixture *fixture = *state;
    struct pair pair;
    struct arena arena;
    write_pair(fixture, &pair);
    arena_init(&arena, ANSWER_BYTES);
    struct peer_mark mark = {.log = fixture->device.log, .seq = 4};
    struct batch *batch = receipt_batch(bytes_of("", 0), &pair.other.key);
    batch->receipt_count = 0;
    batch->marks = &mark;
    batch->mark_count = 1;
    assert_int_equal(replica_begin(fixture->replica), STATUS_OK);
    assert_int_equal(replica_accept(fixture->replica, batch), STATUS_OK);
    assert_int_equal(replica_commit(fixture->replica, &fixture->commit), STATUS_OK);
    script_batch_free(batch);
    struct read_request request = {
        .kind = READ_VECTOR, .every_scope = true, .peer = pair.other.key};
    struct read_result result = ask(fixture, &request, &arena);
    assert_int_equal(result.vector_count, 4); /* root, own, two devices */
    bool found = false;
    for (size_t i = 0; i < result.vector_count; i++) {
        const struct vector_entry *entry = &result.vector[i];
        assert_true(i == 0 || name_compare(&result.vector[i - 1].head.log, &entry->head.log) < 0);
        bool device = name_equal(&entry->head.log, &fixture->device.log);
        found = found || device;
        assert_int_equal(entry->peer_seq, device ? 4 : 0);
        if (device) {
            assert_int_equal(entry->head.seq, 6);
            assert_true(hash_equal(&entry->head.id, &fixture->device.id));
            assert_true(public_key_equal(&entry->device, &fixture->device.key));
            assert_true(name_equal(&entry->scope, &fixture->scope));
        }
    }
    assert_true(found);
    struct name logs[2] = {{{9}}, fixture->device.log};
    request.kind = READ_HEADS;
    request.logs = logs;
    request.count = 2;
    result = ask(fixture, &request, &arena);
    assert_int_equal(result.vector_count, 2);
    assert_int_equal(result.vector[0].head.seq, 0);
    assert_int_equal(result.vector[1].head.seq, 6);
    assert_int_equal(result.vector[1].peer_seq, 4);
    arena_deinit(&arena);
}

static void test_replica_inquiry__log_and_ids(void **state)
{
    struct intake_fixture *fixture = *state;
    struct pair pair;
    struct arena arena;
    write_pair(fixture, &pair);
    arena_init(&arena, ANSWER_BYTES);
    struct read_request request = {
        .kind = READ_LOG, .log = pair.other.log, .from = 3, .bytes = 1 << 20};
    struct read_result result = ask(fixture, &request, &arena);
    assert_int_equal(result.record_count, 4);
    assert_int_equal(result.records[0].seq, 3);
    assert_int_equal(result.end, 6);
    assert_true(result.at_end);
    for (size_t i = 0; i < 4; i++)
        assert_true(is_record(fixture, &result.records[i], pair.second + 2 + i));
    request.from = 7;
    result = ask(fixture, &request, &arena);
    assert_int_equal(result.record_count, 0);
    assert_true(result.at_end);
    uint64_t seqs[3] = {6, 1, 9};
    request.kind = READ_IDS;
    request.seqs = seqs;
    request.count = 3;
    result = ask(fixture, &request, &arena);
    assert_int_equal(result.id_count, 3);
    assert_true(hash_equal(&result.ids[0], &fixture->script.ids[pair.second + 5]));
    assert_true(hash_equal(&result.ids[1], &fixture->script.ids[pair.second]));
    assert_true(hash_is_none(&result.ids[2]));
    arena_deinit(&arena);
}

static void test_replica_inquiry__cursor_past_the_newest_is_not_found(void **state)
{
    struct intake_fixture *fixture = *state;
    struct arena arena;
    struct read_result result;
    arena_init(&arena, ANSWER_BYTES);
    struct read_request request = {.kind = READ_CURSOR, .from = fixture->commit.arrival + 1};
    assert_int_equal(replica_inquire(fixture->replica, &request, &arena, &result),
                     STATUS_NOT_FOUND);
    assert_int_equal(result.status, STATUS_NOT_FOUND);
    assert_int_equal(result.newest, fixture->commit.arrival);
    request.from = 0;
    result = ask(fixture, &request, &arena);
    assert_true(name_is_none(&result.running_hash));
    arena_deinit(&arena);
}

static void test_replica_inquiry__cursor_is_written_only_if_nothing_is_missing(void **state)
{
    struct intake_fixture *fixture = *state;
    struct session_self self;
    size_t first = intake_write_log(fixture, &fixture->device, 4);
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    for (int gap = 1; gap >= 0; gap--) {
        struct batch *batch =
            script_batch(&fixture->script, gap ? first + 2 : first, 2, &fixture->device.key);
        batch->peer = fixture->root.key;
        batch->has_cursor = true;
        batch->cursor = (struct cursor){.epoch = {{4}}, .arrival = 44, .receipts = 3};
        assert_int_equal(replica_begin(fixture->replica), STATUS_OK);
        assert_int_equal(replica_accept(fixture->replica, batch), STATUS_OK);
        assert_int_equal(replica_commit(fixture->replica, &fixture->commit), STATUS_OK);
        assert_int_equal(batch->runs[0].outcome, gap ? RUN_GAP : RUN_STORED);
        script_batch_free(batch);
        replica_session_self(fixture->replica, &fixture->root.key, &self);
        assert_int_equal(self.has_cursor, !gap);
    }
    assert_int_equal(self.cursor.arrival, 44);
    assert_int_equal(self.cursor.receipts, 3);
    for (int follows = 0; follows < 2; follows++) { /* what was handed over before it failed */
        struct batch *batch = receipt_batch(bytes_of("", 0), &fixture->root.key);
        batch->receipt_count = 0;
        batch->has_cursor = true;
        batch->cursor = (struct cursor){.epoch = {{4}}, .arrival = 66, .receipts = 3};
        batch->after = (struct cursor){.epoch = {{4}}, .arrival = follows ? 44 : 55};
        assert_int_equal(replica_begin(fixture->replica), STATUS_OK);
        assert_int_equal(replica_accept(fixture->replica, batch), STATUS_OK);
        assert_int_equal(replica_commit(fixture->replica, &fixture->commit), STATUS_OK);
        assert_int_equal(batch->has_cursor, follows);
        script_batch_free(batch);
        replica_session_self(fixture->replica, &fixture->root.key, &self);
        assert_int_equal(self.cursor.arrival, follows ? 66 : 44);
    }
    assert_false(self.marks_certain);
    assert_int_equal(replica_begin(fixture->replica), STATUS_OK);
    assert_int_equal(replica_note_peer(fixture->replica, &fixture->root.key, true, 5), STATUS_OK);
    assert_int_equal(replica_commit(fixture->replica, &fixture->commit), STATUS_OK);
    replica_session_self(fixture->replica, &fixture->root.key, &self);
    assert_true(self.marks_certain);
    assert_int_equal(self.cursor.arrival, 66);
}

/* ---- verification and look-ups ---- */

static struct replica_verdict verify(struct intake_fixture *fixture, bool each)
{
    struct replica_read *read;
    struct replica_verdict verdict;
    assert_int_equal(replica_read_begin(fixture->replica, &read), STATUS_OK);
    assert_int_equal(replica_verify(read, each, &verdict), STATUS_OK);
    replica_read_end(read);
    return verdict;
}

static void test_replica_inquiry__verify_names_the_first_bad_record(void **state)
{
    struct intake_fixture *fixture = *state;
    struct pair pair;
    write_pair(fixture, &pair);
    struct replica_verdict verdict = verify(fixture, false);
    assert_true(verdict.ok);
    assert_int_equal(verdict.records, 16);
    assert_int_equal(verdict.logs, 4);
    assert_true(verdict.by_chain > 0);
    verdict = verify(fixture, true);
    assert_true(verdict.ok);
    assert_int_equal(verdict.by_chain, 0);
    assert_int_equal(verdict.signatures, 16);
    /* One byte of one body, as a bad disk would have it. */
    struct log_row row = intake_row(fixture, &fixture->device.log);
    struct table_key key = key_of_pair(row.store, 3);
    struct store_write *write;
    struct bytes value;
    uint8_t copy[2048];
    assert_int_equal(store_write_begin(fixture->store, &write), STATUS_OK);
    assert_int_equal(store_get(store_write_view(write), TABLE_RECORD, key_bytes(&key), &value),
                     STATUS_OK);
    assert_true(value.size <= sizeof copy);
    memcpy(copy, value.at, value.size);
    copy[value.size - 20] ^= 1;
    assert_int_equal(store_put(write, TABLE_RECORD, key_bytes(&key), bytes_of(copy, value.size)),
                     STATUS_OK);
    assert_int_equal(store_commit(write), STATUS_OK);
    verdict = verify(fixture, false);
    assert_false(verdict.ok);
    assert_true(name_equal(&verdict.bad_log, &fixture->device.log));
    assert_int_equal(verdict.bad_seq, 3);
    assert_non_null(verdict.bad_why);
}

static void test_replica_inquiry__verify_goes_through_long_and_forked_logs(void **state)
{
    struct intake_fixture *fixture = *state;
    size_t first = intake_write_log(fixture, &fixture->device, 700); /* several runs */
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    assert_int_equal(intake_accept(fixture, first, 702, &fixture->device).outcome, RUN_STORED);
    struct writer clone = fixture->device;
    struct name name = name_of_hash(&fixture->script.ids[first + 1]);
    clone.seq = 300;
    clone.id = fixture->script.ids[first + 299];
    clone.random.state ^= 1;
    first = fixture->script.count;
    for (int i = 0; i < 300; i++)
        writer_edit(&clone, &name, &fixture->script);
    assert_int_equal(intake_accept_from(fixture, first, &clone).outcome, RUN_BRANCH);
    for (int each = 0; each < 2; each++) {
        struct replica_verdict verdict = verify(fixture, each == 1);
        assert_true(verdict.ok);
        assert_int_equal(verdict.logs, 5); /* root, own, trunk, two branches */
        assert_int_equal(verdict.records, 1 + 1 + 1 + 702 + 300);
    }
}

static bool count_record(void *context, const struct record *record, const struct name *log)
{
    size_t *count = context;
    (void)log;
    if (*count < 3) /* the root's log comes first */
        assert_true(record_is_authority(record->header.kind) ||
                    record->header.kind == KIND_OPENING);
    ++*count;
    return *count < 10;
}

static void test_replica_inquiry__records_are_found_by_prefix(void **state)
{
    struct intake_fixture *fixture = *state;
    struct pair pair;
    struct replica_read *read;
    struct record record;
    struct arena arena;
    char hex[65];
    size_t count = 0;
    write_pair(fixture, &pair);
    arena_init(&arena, 1 << 20);
    const struct hash *id = &fixture->script.ids[pair.second + 3];
    hex_encode(bytes_of(id->bytes, sizeof id->bytes), hex);
    assert_int_equal(replica_read_begin(fixture->replica, &read), STATUS_OK);
    static const size_t digits[] = {8, 9, 63, 64};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(replica_record_named(read, bytes_of(hex, digits[i]), &arena, &record),
                         STATUS_OK);
        assert_true(hash_equal(&record.id, id));
    }
    assert_int_equal(replica_record_named(read, bytes_of(hex, 7), &arena, &record),
                     STATUS_NOT_FOUND);
    hex[10] = hex[10] == '0' ? '1' : '0';
    assert_int_equal(replica_record_named(read, bytes_of(hex, 11), &arena, &record),
                     STATUS_NOT_FOUND);
    assert_int_equal(replica_each_record(read, count_record, &count), STATUS_OK);
    assert_int_equal(count, 10);
    replica_read_end(read);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        INTAKE_BOTH(test_replica_inquiry__arrivals_come_in_one_order_over_scopes),
        INTAKE_BOTH(test_replica_inquiry__arrivals_go_on_where_they_stopped),
        INTAKE_BOTH(test_replica_inquiry__arrivals_pass_over_what_is_there),
        INTAKE_BOTH(test_replica_inquiry__arrivals_filter_many_scopes),
        INTAKE_BOTH(test_replica_inquiry__unknown_scope_has_nothing),
        INTAKE_BOTH(test_replica_inquiry__vector_has_heads_and_marks),
        INTAKE_BOTH(test_replica_inquiry__log_and_ids),
        INTAKE_BOTH(test_replica_inquiry__cursor_past_the_newest_is_not_found),
        INTAKE_BOTH(test_replica_inquiry__cursor_is_written_only_if_nothing_is_missing),
        INTAKE_BOTH(test_replica_inquiry__verify_names_the_first_bad_record),
        INTAKE_BOTH(test_replica_inquiry__verify_goes_through_long_and_forked_logs),
        INTAKE_BOTH(test_replica_inquiry__records_are_found_by_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
