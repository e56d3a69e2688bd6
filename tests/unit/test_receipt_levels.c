/* How far a record got, by receipts of current epochs. */
#include "client/replica/receipt/receipt.h"
#include "client/replica/receipt/receipt_row.h"
#include "protocol/base/limits.h"
#include "tests/lib/intake.h"

#include <string.h>

/* A node above: a key with a role that signs receipts. */
struct signer {
    struct writer writer;
    struct name epoch;
    uint64_t arrival;
    int64_t seconds;
};

static void signer_make(struct intake_fixture *fixture, struct signer *signer, uint64_t seed,
                        uint64_t role)
{
    *signer = (struct signer){.epoch = {{(uint8_t)seed}}, .seconds = fixture->clock};
    writer_init(&signer->writer, seed, &fixture->scope);
    intake_grant(fixture, &signer->writer, role);
}

/* The signer's receipt over one log, brought by |from|. */
static void sign(struct intake_fixture *fixture, struct signer *signer, const struct name *log,
                 uint64_t seq, const struct hash *id, const struct public_key *from)
{
    struct buffer raw;
    struct receipt_head head = {.log = *log, .seq = seq, .id16 = name_of_hash(id)};
    struct receipt receipt = {.signer = signer->writer.key,
                              .epoch = signer->epoch,
                              .arrival = ++signer->arrival,
                              .seconds = ++signer->seconds,
                              .heads = &head,
                              .head_count = 1};
    buffer_init(&raw, 4096);
    assert_int_equal(receipt_seal(&receipt, &signer->writer.secret, &raw), STATUS_OK);
    intake_receipt(fixture, buffer_view(&raw), from);
    buffer_deinit(&raw);
}

static unsigned level(struct intake_fixture *fixture, const struct name *log, uint64_t seq)
{
    struct replica_read *read;
    assert_int_equal(replica_read_begin(fixture->replica, &read), STATUS_OK);
    unsigned reached = replica_level(read, log, seq);
    replica_read_end(read);
    return reached;
}

enum { HERE = LEVEL_MACHINE | LEVEL_OFFICE /* the fixture is an office */, ALL = HERE | LEVEL_HUB };

static size_t hold_log(struct intake_fixture *fixture)
{
    size_t first = intake_write_log(fixture, &fixture->device, 8); /* 10 records */
    intake_grant(fixture, &fixture->device, ROLE_DEVICE);
    assert_int_equal(intake_accept(fixture, first, 8, &fixture->device).outcome, RUN_STORED);
    return first;
}

static void test_receipt_levels__a_hub_covers_the_prefix(void **state)
{
    struct intake_fixture *fixture = *state;
    struct signer hub, device;
    size_t first = hold_log(fixture);
    const struct name *log = &fixture->device.log;
    signer_make(fixture, &hub, 31, ROLE_HUB);
    signer_make(fixture, &device, 32, ROLE_DEVICE);
    assert_int_equal(level(fixture, log, 5), HERE);
    assert_int_equal(level(fixture, log, 9), 0); /* not held */
    sign(fixture, &device, log, 8, &fixture->script.ids[first + 7], &device.writer.key);
    assert_int_equal(level(fixture, log, 5), HERE); /* a device raises nothing */
    sign(fixture, &hub, log, 5, &fixture->script.ids[first + 4], &device.writer.key);
    assert_int_equal(level(fixture, log, 5), ALL); /* relayed: as good */
    assert_int_equal(level(fixture, log, 6), HERE);
    sign(fixture, &hub, log, 3, &fixture->script.ids[first + 2], &hub.writer.key);
    assert_int_equal(level(fixture, log, 5), ALL); /* the older one says less */
    sign(fixture, &hub, log, 8, &fixture->script.ids[first + 7], &hub.writer.key);
    assert_int_equal(level(fixture, log, 8), ALL);
}

static uint32_t claims_kept(struct intake_fixture *fixture, const struct public_key *key)
{
    struct replica_read *read;
    struct signer_row row;
    struct bytes value = {0};
    uint32_t count = 0;
    assert_int_equal(replica_read_begin(fixture->replica, &read), STATUS_OK);
    assert_int_equal(receipt_signer_get(read->store, key, &row), STATUS_OK);
    struct table_key counted = key_of_ahead(row.number);
    if (store_get(read->store, TABLE_RECEIPT, key_bytes(&counted), &value) == STATUS_OK)
        assert_int_equal(number_decode(value, &count), STATUS_OK);
    replica_read_end(read);
    return count;
}

/* A receipt over as many logs as one may name that nobody has ever seen. */
static void claim(struct intake_fixture *fixture, struct signer *signer, uint64_t which)
{
    struct receipt_head heads[LIMIT_RECEIPT_HEADS] = {0};
    struct receipt receipt = {.signer = signer->writer.key,
                              .epoch = signer->epoch,
                              .arrival = ++signer->arrival,
                              .seconds = ++signer->seconds,
                              .heads = heads,
                              .head_count = LIMIT_RECEIPT_HEADS};
    struct buffer raw;
    for (size_t i = 0; i < LIMIT_RECEIPT_HEADS; i++) {
        be64_store(heads[i].log.bytes, which * LIMIT_RECEIPT_HEADS + i + 1);
        heads[i].seq = 7;
        heads[i].id16 = heads[i].log;
    }
    buffer_init(&raw, 1 << 20);
    assert_int_equal(receipt_seal(&receipt, &signer->writer.secret, &raw), STATUS_OK);
    intake_receipt(fixture, buffer_view(&raw), &signer->writer.key);
    buffer_deinit(&raw);
}

static void test_receipt_levels__claims_on_what_nobody_has_are_bounded(void **state)
{
    struct intake_fixture *fixture = *state;
    enum { FULL = RECEIPT_AHEAD_MOST / LIMIT_RECEIPT_HEADS };
    struct signer liar, other;
    size_t first = hold_log(fixture);
    const struct name *log = &fixture->device.log;
    signer_make(fixture, &liar, 31, ROLE_HUB);
    signer_make(fixture, &other, 32, ROLE_OFFICE);
    for (uint64_t i = 0; i < FULL + 3; i++)
        claim(fixture, &liar, i);
    assert_int_equal(claims_kept(fixture, &liar.writer.key), RECEIPT_AHEAD_MOST);
    intake_reopen(fixture);
    claim(fixture, &liar, FULL + 3);
    claim(fixture, &liar, 0); /* what it has claimed may be claimed anew */
    assert_int_equal(claims_kept(fixture, &liar.writer.key), RECEIPT_AHEAD_MOST);
    /* Neither what it says of records that are here nor what others claim is touched by it. */
    sign(fixture, &liar, log, 5, &fixture->script.ids[first + 4], &liar.writer.key);
    assert_int_equal(level(fixture, log, 5), ALL);
    claim(fixture, &other, FULL + 4);
    assert_int_equal(claims_kept(fixture, &other.writer.key), LIMIT_RECEIPT_HEADS);
}

static void test_receipt_levels__an_ungranted_or_forged_one_counts_nothing(void **state)
{
    struct intake_fixture *fixture = *state;
    struct signer stranger = {.epoch = {{1}}, .seconds = fixture->clock};
    struct signer hub;
    size_t first = hold_log(fixture);
    const struct name *log = &fixture->device.log;
    writer_init(&stranger.writer, 41, &fixture->scope);
    sign(fixture, &stranger, log, 5, &fixture->script.ids[first + 4], &stranger.writer.key);
    assert_int_equal(level(fixture, log, 5), HERE);
    signer_make(fixture, &hub, 31, ROLE_HUB);
    hub.writer.secret = stranger.writer.secret; /* another key signs in the hub's name */
    struct receipt_head head = {
        .log = *log, .seq = 5, .id16 = name_of_hash(&fixture->script.ids[first + 4])};
    struct receipt receipt = {.signer = stranger.writer.key,
                              .epoch = hub.epoch,
                              .arrival = 1,
                              .heads = &head,
                              .head_count = 1};
    struct buffer raw;
    buffer_init(&raw, 4096);
    assert_int_equal(receipt_seal(&receipt, &stranger.writer.secret, &raw), STATUS_OK);
    memcpy(raw.at + 3, hub.writer.key.bytes, 32);
    intake_receipt(fixture, buffer_view(&raw), &hub.writer.key);
    buffer_deinit(&raw);
    assert_int_equal(level(fixture, log, 5), HERE);
}

static void test_receipt_levels__a_receipt_may_come_before_its_records(void **state)
{
    struct intake_fixture *fixture = *state;
    struct signer hub;
    size_t first = hold_log(fixture);
    const struct name *log = &fixture->device.log;
    signer_make(fixture, &hub, 31, ROLE_HUB);
    sign(fixture, &hub, log, 4, &fixture->script.ids[first + 3], &hub.writer.key);
    sign(fixture, &hub, log, 10, &fixture->script.ids[first + 9], &hub.writer.key);
    assert_int_equal(level(fixture, log, 4), ALL);  /* the earlier one still counts */
    assert_int_equal(level(fixture, log, 8), HERE); /* whether 10 stands on this 8 is not known */
    assert_int_equal(intake_accept(fixture, first + 8, 2, &fixture->device).outcome, RUN_STORED);
    assert_int_equal(level(fixture, log, 10), ALL);
}

static void test_receipt_levels__a_new_epoch_lowers(void **state)
{
    struct intake_fixture *fixture = *state;
    struct signer hub;
    size_t first = hold_log(fixture);
    const struct name *log = &fixture->device.log;
    signer_make(fixture, &hub, 31, ROLE_HUB);
    sign(fixture, &hub, log, 8, &fixture->script.ids[first + 7], &hub.writer.key);
    assert_int_equal(level(fixture, log, 8), ALL);
    struct signer restored = hub; /* to before it had seq 4 */
    restored.epoch.bytes[0] ^= 1;
    restored.arrival = 0;
    sign(fixture, &restored, log, 3, &fixture->script.ids[first + 2], &hub.writer.key);
    assert_int_equal(level(fixture, log, 3), ALL);
    assert_int_equal(level(fixture, log, 8), HERE);
    /* A receipt of the old epoch still travels about: it is proof of deposit, and no level. */
    hub.seconds -= 100;
    sign(fixture, &hub, log, 8, &fixture->script.ids[first + 7], &fixture->device.key);
    assert_int_equal(level(fixture, log, 8), HERE);
    sign(fixture, &restored, log, 8, &fixture->script.ids[first + 7], &hub.writer.key);
    assert_int_equal(level(fixture, log, 8), ALL);
}

static void test_receipt_levels__a_session_tells_the_epoch(void **state)
{
    struct intake_fixture *fixture = *state;
    struct signer hub;
    size_t first = hold_log(fixture);
    const struct name *log = &fixture->device.log;
    signer_make(fixture, &hub, 31, ROLE_HUB);
    sign(fixture, &hub, log, 8, &fixture->script.ids[first + 7], &hub.writer.key);
    struct batch *batch = receipt_batch(bytes_of("", 0), &hub.writer.key);
    batch->receipt_count = 0;
    batch->has_cursor = true;
    batch->cursor = (struct cursor){.epoch = {{77}}};
    assert_int_equal(replica_begin(fixture->replica), STATUS_OK);
    assert_int_equal(replica_accept(fixture->replica, batch), STATUS_OK);
    assert_int_equal(replica_commit(fixture->replica, &fixture->commit), STATUS_OK);
    script_batch_free(batch);
    assert_int_equal(level(fixture, log, 8), HERE);
    /* An office that has not heard of it goes on relaying: whatever the clock said, it is over. */
    hub.seconds += 1000;
    sign(fixture, &hub, log, 8, &fixture->script.ids[first + 7], &fixture->device.key);
    assert_int_equal(level(fixture, log, 8), HERE);
}

static void test_receipt_levels__branches_are_told_by_their_ids(void **state)
{
    struct intake_fixture *fixture = *state;
    struct signer hub;
    size_t first = hold_log(fixture); /* 8 of 10 are held */
    struct name log = fixture->device.log,
                case_name = name_of_hash(&fixture->script.ids[first + 1]);
    struct writer clone = fixture->device;
    signer_make(fixture, &hub, 31, ROLE_HUB);
    sign(fixture, &hub, &log, 8, &fixture->script.ids[first + 7], &hub.writer.key);
    clone.seq = 5;
    clone.id = fixture->script.ids[first + 4];
    clone.random.state ^= 1;
    size_t at = fixture->script.count;
    writer_edit(&clone, &case_name, &fixture->script);
    struct run run = intake_accept_from(fixture, at, &clone);
    assert_int_equal(run.outcome, RUN_BRANCH);
    assert_int_equal(level(fixture, &log, 5), ALL);      /* below the fork */
    assert_int_equal(level(fixture, &run.log, 6), HERE); /* the clone's */
    struct name rest = chain_branch_name(&log, &fixture->script.ids[first + 5]);
    assert_int_equal(level(fixture, &rest, 8), ALL); /* the branch the hub had meant */
    /* A node that does not know of the fork names the log, and means the clone's branch. */
    sign(fixture, &hub, &log, 6, &clone.id, &hub.writer.key);
    assert_int_equal(level(fixture, &rest, 8), ALL);
    sign(fixture, &hub, &run.log, 6, &clone.id, &hub.writer.key);
    assert_int_equal(level(fixture, &run.log, 6), ALL);
}

static void test_receipt_levels__what_a_node_wrote_it_committed(void **state)
{
    struct intake_fixture *fixture = *state;
    struct writer office;
    struct replica_read *read;
    struct log_row row;
    struct coverage coverage;
    writer_init(&office, 51, &fixture->scope);
    intake_grant(fixture, &office, ROLE_OFFICE);
    size_t first = intake_write_log(fixture, &office, 2);
    assert_int_equal(intake_accept(fixture, first, 4, &office).outcome, RUN_STORED);
    struct writer hub;
    writer_init(&hub, 52, &fixture->scope);
    intake_grant(fixture, &hub, ROLE_HUB);
    first = intake_write_log(fixture, &hub, 2);
    assert_int_equal(intake_accept(fixture, first, 4, &hub).outcome, RUN_STORED);
    (void)hold_log(fixture);
    assert_int_equal(level(fixture, &hub.log, 4), ALL);
    assert_int_equal(level(fixture, &fixture->device.log, 5), HERE);
    fixture->replica->identity.role = ROLE_HUB; /* as the hub above would see them */
    assert_int_equal(replica_read_begin(fixture->replica, &read), STATUS_OK);
    row = intake_row(fixture, &office.log);
    assert_int_equal(receipt_coverage(read, &row, &coverage), STATUS_OK);
    assert_int_equal(coverage.office, 4);
    assert_int_equal(coverage.hub, 4);
    row = intake_row(fixture, &fixture->device.log);
    assert_int_equal(receipt_coverage(read, &row, &coverage), STATUS_OK);
    assert_int_equal(coverage.office, 0);
    for (int i = 0; i < 2; i++) { /* found, then remembered */
        assert_int_equal(replica_level(read, &office.log, 4), ALL);
        assert_int_equal(replica_level(read, &office.log, 5), 0);
        assert_int_equal(replica_level(read, &fixture->device.log, 5), LEVEL_MACHINE | LEVEL_HUB);
    }
    replica_read_end(read);
}

/* ---- what is kept and relayed ---- */

static struct read_result receipts(struct intake_fixture *fixture, uint64_t from,
                                   const struct name *scope, struct arena *arena)
{
    struct read_request request = {.kind = READ_RECEIPTS,
                                   .from = from,
                                   .scopes = scope,
                                   .scope_count = scope ? 1 : 0,
                                   .every_scope = scope == NULL,
                                   .bytes = 1 << 20};
    struct read_result result;
    arena_reset(arena);
    assert_int_equal(replica_inquire(fixture->replica, &request, arena, &result), STATUS_OK);
    return result;
}

static void test_receipt_levels__only_what_says_most_is_kept(void **state)
{
    struct intake_fixture *fixture = *state;
    struct signer hub;
    struct arena arena;
    struct name stranger = {{200}};
    size_t first = hold_log(fixture);
    arena_init(&arena, 1 << 20);
    signer_make(fixture, &hub, 31, ROLE_HUB);
    uint64_t before = receipts(fixture, 0, &fixture->scope, &arena).end;
    for (uint64_t seq = 3; seq <= 8; seq++)
        sign(fixture, &hub, &fixture->device.log, seq, &fixture->script.ids[first + seq - 1],
             &hub.writer.key);
    struct read_result result = receipts(fixture, before, &fixture->scope, &arena);
    assert_int_equal(result.receipt_count, 1);
    struct receipt receipt;
    assert_int_equal(receipt_open(result.receipts[0], &arena, &receipt), STATUS_OK);
    assert_int_equal(receipt.heads[0].seq, 8);
    assert_int_equal(result.end, result.newest_receipt);
    assert_int_equal(receipts(fixture, before, &stranger, &arena).receipt_count, 0);
    assert_int_equal(receipts(fixture, result.end, NULL, &arena).receipt_count, 0);
    struct read_request request = {.kind = READ_EVIDENCE, .peer = hub.writer.key};
    assert_int_equal(replica_inquire(fixture->replica, &request, &arena, &result), STATUS_OK);
    assert_int_equal(result.receipt_count, 1);
    assert_int_equal(receipt_open(result.receipts[0], &arena, &receipt), STATUS_OK);
    assert_int_equal(receipt.arrival, hub.arrival);
    request.peer = fixture->device.key;
    assert_int_equal(replica_inquire(fixture->replica, &request, &arena, &result), STATUS_OK);
    assert_int_equal(result.receipt_count, 0);
    arena_deinit(&arena);
}

static void test_receipt_levels__a_commit_receipts_what_advanced(void **state)
{
    struct intake_fixture *fixture = *state;
    struct arena arena;
    struct receipt receipt;
    arena_init(&arena, 1 << 20);
    (void)hold_log(fixture);
    assert_int_equal(receipt_open(fixture->commit.receipt, &arena, &receipt), STATUS_OK);
    struct name epoch = replica_epoch(fixture->replica);
    assert_true(public_key_equal(&receipt.signer, replica_key(fixture->replica)));
    assert_true(name_equal(&receipt.epoch, &epoch));
    assert_int_equal(receipt.arrival, fixture->commit.arrival);
    assert_true(name_equal(&receipt.running_hash, &fixture->commit.running_hash));
    assert_int_equal(receipt.head_count, 1);
    assert_true(name_equal(&receipt.heads[0].log, &fixture->device.log));
    assert_int_equal(receipt.heads[0].seq, 8);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        INTAKE_BOTH(test_receipt_levels__a_hub_covers_the_prefix),
        INTAKE_BOTH(test_receipt_levels__claims_on_what_nobody_has_are_bounded),
        INTAKE_BOTH(test_receipt_levels__an_ungranted_or_forged_one_counts_nothing),
        INTAKE_BOTH(test_receipt_levels__a_receipt_may_come_before_its_records),
        INTAKE_BOTH(test_receipt_levels__a_new_epoch_lowers),
        INTAKE_BOTH(test_receipt_levels__a_session_tells_the_epoch),
        INTAKE_BOTH(test_receipt_levels__branches_are_told_by_their_ids),
        INTAKE_BOTH(test_receipt_levels__what_a_node_wrote_it_committed),
        INTAKE_BOTH(test_receipt_levels__only_what_says_most_is_kept),
        INTAKE_BOTH(test_receipt_levels__a_commit_receipts_what_advanced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
