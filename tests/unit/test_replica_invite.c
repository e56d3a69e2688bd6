/* Invitations, grants, a hub's beginning, and the pack a node works with before its first grant. */
#include "protocol/sync/frame/frame.h"
#include "tests/lib/intake.h"
#include "tests/lib/site.h"

#include <string.h>

static void begin(struct intake_fixture *fixture)
{
    assert_int_equal(replica_begin(fixture->replica), STATUS_OK);
}

static void commit(struct intake_fixture *fixture)
{
    assert_int_equal(replica_commit(fixture->replica, &fixture->commit), STATUS_OK);
}

/* The root lets the office grant. */
static void empower(struct intake_fixture *fixture)
{
    struct grant grant = {.key = *replica_key(fixture->replica),
                          .role = ROLE_OFFICE,
                          .unit = bytes_of_text("u"),
                          .label = bytes_of_text("l"),
                          .scopes = &fixture->scope,
                          .scope_count = 1,
                          .may_grant = true,
                          .counter_owner = true};
    size_t first = fixture->script.count;
    writer_grant(&fixture->root, &grant, &fixture->script);
    assert_int_equal(intake_accept_from(fixture, first, &fixture->root).outcome, RUN_STORED);
}

static struct invitation invitation_of(const struct intake_fixture *fixture)
{
    struct invitation invitation = {.role = ROLE_DEVICE,
                                    .unit = bytes_of_text("u"),
                                    .label = bytes_of_text("máy 2"),
                                    .scope = fixture->scope,
                                    .expires = fixture->clock + 100};
    memset(invitation.secret.secret, 6, sizeof invitation.secret.secret);
    return invitation;
}

static const uint8_t transcript[INVITATION_TRANSCRIPT_BYTES] = {1, 2, 3};

static bool invited(struct intake_fixture *fixture, const struct hash *proof)
{
    struct bytes shown = bytes_of(transcript, sizeof transcript);
    return replica_invited(fixture->replica, proof, &fixture->device.key, &shown);
}

static enum status admit(struct intake_fixture *fixture, const struct hash *proof,
                         const struct public_key *key)
{
    begin(fixture);
    enum status status = replica_admit(fixture->replica, proof, key);
    if (status == STATUS_OK)
        commit(fixture);
    else
        replica_abort(fixture->replica);
    return status;
}

static void test_replica_invite__a_proof_is_admitted_once(void **state)
{
    struct intake_fixture *fixture = *state;
    struct invitation invitation = invitation_of(fixture);
    struct bytes shown = bytes_of(transcript, sizeof transcript);
    struct hash proof = invitation_proof(invitation.secret.secret, shown), wrong = proof;
    wrong.bytes[0] ^= 1;
    empower(fixture);
    assert_false(invited(fixture, &proof));
    begin(fixture);
    assert_int_equal(replica_invite(fixture->replica, &invitation), STATUS_OK);
    commit(fixture);
    assert_int_equal(admit(fixture, &proof, &fixture->device.key), STATUS_NOT_FOUND);
    intake_reopen(fixture);
    assert_true(invited(fixture, &proof));
    assert_false(invited(fixture, &wrong));
    /* Shown by one key, of no use to another. */
    assert_int_equal(admit(fixture, &proof, &fixture->root.key), STATUS_NOT_FOUND);
    assert_int_equal(admit(fixture, &proof, &fixture->device.key), STATUS_OK);
    assert_true(fixture->commit.authority_changed);
    const struct authority *authority = replica_authority_acquire(fixture->replica);
    const struct grant *grant = authority_grant(authority, &fixture->device.key);
    assert_non_null(grant);
    assert_int_equal(grant->role, ROLE_DEVICE);
    assert_true(bytes_equal_text(grant->label, "máy 2"));
    assert_false(grant->may_grant);
    assert_false(grant->counter_owner);
    assert_true(authority_may(authority, &fixture->device.key, &fixture->scope));
    replica_authority_release(fixture->replica, authority);
    assert_false(invited(fixture, &proof));
    assert_int_equal(admit(fixture, &proof, &fixture->device.key), STATUS_NOT_FOUND);
}

static void test_replica_invite__an_expired_one_is_none(void **state)
{
    struct intake_fixture *fixture = *state;
    struct invitation invitation = invitation_of(fixture);
    struct bytes shown = bytes_of(transcript, sizeof transcript);
    struct hash proof = invitation_proof(invitation.secret.secret, shown);
    empower(fixture);
    begin(fixture);
    assert_int_equal(replica_invite(fixture->replica, &invitation), STATUS_OK);
    commit(fixture);
    assert_true(invited(fixture, &proof));
    fixture->clock += 101;
    assert_int_equal(admit(fixture, &proof, &fixture->device.key), STATUS_REFUSED);
    assert_false(invited(fixture, &proof));
}

static void test_replica_invite__only_who_may_grants(void **state)
{
    struct intake_fixture *fixture = *state;
    struct grant grant = {.key = fixture->device.key,
                          .role = ROLE_DEVICE,
                          .unit = bytes_of_text("u"),
                          .label = bytes_of_text("l"),
                          .scopes = &fixture->scope,
                          .scope_count = 1};
    begin(fixture);
    assert_int_equal(replica_grant(fixture->replica, &grant), STATUS_REFUSED);
    replica_abort(fixture->replica);
    empower(fixture);
    begin(fixture);
    assert_int_equal(replica_grant(fixture->replica, &grant), STATUS_OK);
    commit(fixture);
    size_t first = intake_write_log(fixture, &fixture->device, 1);
    assert_int_equal(intake_accept(fixture, first, 3, &fixture->device).outcome, RUN_STORED);
}

static void test_replica_invite__a_root_founds(void **state)
{
    struct intake_fixture *fixture = *state;
    struct grant hub = {.key = *replica_key(fixture->replica),
                        .role = ROLE_HUB,
                        .unit = bytes_of_text("u"),
                        .label = bytes_of_text("l"),
                        .scopes = &fixture->scope,
                        .scope_count = 1,
                        .may_grant = true,
                        .sees_all = true};
    begin(fixture);
    assert_int_equal(replica_found(fixture->replica, &fixture->device.secret, &hub), STATUS_USAGE);
    assert_int_equal(replica_found(fixture->replica, &fixture->root.secret, &hub), STATUS_OK);
    commit(fixture);
    intake_reopen(fixture);
    const struct authority *authority = replica_authority_acquire(fixture->replica);
    const struct grant *grant = authority_grant(authority, replica_key(fixture->replica));
    assert_non_null(grant);
    assert_int_equal(grant->role, ROLE_HUB);
    struct hash ids[8];
    assert_int_equal(authority_chain(authority, replica_key(fixture->replica), ids, 8), 2);
    replica_authority_release(fixture->replica, authority);
}

static uint64_t records_of(struct intake_fixture *fixture)
{
    struct store_read *read;
    struct counters counters;
    assert_int_equal(store_read_begin(fixture->store, &read), STATUS_OK);
    assert_int_equal(counters_get(read, &counters), STATUS_OK);
    store_read_end(read);
    return counters.records;
}

static void propose(struct intake_fixture *fixture, struct bytes canonical)
{
    uint64_t before = records_of(fixture);
    struct hash hash = pack_hash(canonical);
    begin(fixture);
    assert_int_equal(replica_publish_pack(fixture->replica, bytes_of("no pack", 7)), STATUS_USAGE);
    assert_int_equal(replica_publish_pack(fixture->replica, canonical), STATUS_OK);
    assert_non_null(replica_pack(fixture->replica, &hash)); /* in the open group already */
    commit(fixture);
    assert_int_equal(records_of(fixture), before); /* a proposal travels nowhere */
    intake_reopen(fixture);
    const struct pack *pack = replica_pack(fixture->replica, NULL);
    assert_non_null(pack);
    assert_true(hash_equal(&pack->hash, &hash));
}

static void test_replica_invite__a_proposal_gives_way_to_the_same_pack(void **state)
{
    struct intake_fixture *fixture = *state;
    struct district district;
    district_open(&district);
    propose(fixture, buffer_view(&district.pack));
    empower(fixture);
    uint64_t before = records_of(fixture);
    size_t first = fixture->script.count;
    writer_pack(&fixture->root, buffer_view(&district.pack), &fixture->script);
    assert_int_equal(intake_accept_from(fixture, first, &fixture->root).outcome, RUN_STORED);
    assert_int_equal(records_of(fixture), before + 1); /* nothing of our own beside it */
    const struct authority *authority = replica_authority_acquire(fixture->replica);
    struct hash hash = pack_hash(buffer_view(&district.pack)), current;
    assert_true(authority_current_pack(authority, &current).size > 0);
    assert_true(hash_equal(&hash, &current));
    replica_authority_release(fixture->replica, authority);
    district_close(&district);
}

static void test_replica_invite__another_proposal_is_published_since_cases_name_it(void **state)
{
    struct intake_fixture *fixture = *state;
    struct district district;
    struct arena arena;
    struct pack pack;
    struct buffer other;
    district_open(&district);
    arena_init(&arena, 1 << 20);
    buffer_init(&other, LIMIT_PACK_BYTES);
    assert_int_equal(pack_decode(buffer_view(&district.pack), &arena, &pack), STATUS_OK);
    pack.version = bytes_of_text("other");
    assert_int_equal(pack_encode(&pack, &other), STATUS_OK);
    propose(fixture, buffer_view(&other));
    empower(fixture);
    uint64_t before = records_of(fixture);
    size_t first = fixture->script.count;
    writer_pack(&fixture->root, buffer_view(&district.pack), &fixture->script);
    assert_int_equal(intake_accept_from(fixture, first, &fixture->root).outcome, RUN_STORED);
    assert_int_equal(records_of(fixture), before + 3); /* and a log's opening, and our own pack */
    struct hash ours = pack_hash(buffer_view(&other)),
                hubs = pack_hash(buffer_view(&district.pack));
    intake_reopen(fixture);
    assert_non_null(replica_pack(fixture->replica, &ours));
    const struct pack *current = replica_pack(fixture->replica, NULL);
    assert_non_null(current);
    assert_true(hash_equal(&current->hash, &hubs)); /* the hub's is in force */
    buffer_deinit(&other);
    arena_deinit(&arena);
    district_close(&district);
}

/* ---- refused by a peer ---- */

static struct log_row own_log(struct intake_fixture *fixture)
{
    struct log_row row;
    struct name header_log;
    begin(fixture);
    assert_int_equal(log_own(fixture->replica, LOG_COUNTER, &row, &header_log), STATUS_OK);
    commit(fixture);
    return row;
}

static void note_refused(struct intake_fixture *fixture, const struct log_row *log, enum status why)
{
    begin(fixture);
    assert_int_equal(replica_note_refused(fixture->replica, &fixture->root.key, &log->name, 1, why),
                     STATUS_OK);
    commit(fixture);
}

static void test_replica_invite__a_log_refused_for_its_bytes_is_closed(void **state)
{
    struct intake_fixture *fixture = *state;
    struct log_row log = own_log(fixture);
    note_refused(fixture, &log, STATUS_UNKNOWN_PEER); /* the grant may still come */
    assert_true(own_log(fixture).number == log.number);
    note_refused(fixture, &log, STATUS_FORGED);
    assert_false(own_log(fixture).number == log.number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        INTAKE_BOTH(test_replica_invite__a_proof_is_admitted_once),
        INTAKE_BOTH(test_replica_invite__an_expired_one_is_none),
        INTAKE_BOTH(test_replica_invite__only_who_may_grants),
        INTAKE_BOTH(test_replica_invite__a_root_founds),
        INTAKE_BOTH(test_replica_invite__a_proposal_gives_way_to_the_same_pack),
        INTAKE_BOTH(test_replica_invite__another_proposal_is_published_since_cases_name_it),
        INTAKE_BOTH(test_replica_invite__a_log_refused_for_its_bytes_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
