#include "protocol/record/body.h"
#include "protocol/record/chain.h"
#include "tests/lib/unit.h"

#include <string.h>

enum { RUN = 12 };

/* A log of an opening and RUN - 1 edits and authority records, all decoded. */
struct log {
    struct arena arena;
    struct public_key device;
    struct secret_key secret;
    struct buffer raw[RUN];
    struct record records[RUN];
};

/* What each record is to be, and whose signature is junk. A junk one is part of its record's id, so
 * the chain after it holds. */
struct plan {
    uint64_t kind[RUN];
    bool junk[RUN];
};

static void add(struct log *log, size_t i, uint64_t kind, bool junk)
{
    struct buffer body;
    buffer_init(&body, LIMIT_BODY_BYTES);
    struct record_header header = {.version = 1, .seq = i + 1, .kind = kind};
    if (i == 0) {
        struct opening opening = {.salt = {1}, .device = log->device, .scope = {{2}}, .rules = 1};
        opening.software = bytes_of_text("hoso 0.1.0");
        assert_int_equal(opening_encode(&opening, &body), STATUS_OK);
    } else {
        struct case_body edit = {.salt = {(uint8_t)i}};
        assert_int_equal(case_body_encode(&edit, &body), STATUS_OK);
        header.log = record_log(&log->records[0]);
        header.prev = log->records[i - 1].id;
        if (record_is_of_case(kind)) {
            header.case_name = (struct name){{9}};
        }
    }
    struct hash id;
    buffer_init(&log->raw[i], LIMIT_RECORD_BYTES);
    assert_int_equal(
        record_seal(&header, buffer_view(&body), NULL, &log->secret, &log->raw[i], &id), STATUS_OK);
    if (junk) {
        struct record good;
        assert_int_equal(record_decode(buffer_view(&log->raw[i]), &log->arena, &good), STATUS_OK);
        struct signature signature = good.device_signature;
        signature.bytes[0] ^= 1;
        struct buffer again;
        buffer_init(&again, LIMIT_RECORD_BYTES);
        assert_int_equal(record_assemble(good.header_bytes, NULL, &signature, &good.body, &again),
                         STATUS_OK);
        buffer_deinit(&log->raw[i]);
        log->raw[i] = again;
    }
    assert_int_equal(record_decode(buffer_view(&log->raw[i]), &log->arena, &log->records[i]),
                     STATUS_OK);
    buffer_deinit(&body);
}

static struct log *log_new(const struct plan *plan)
{
    struct log *log = test_malloc(sizeof *log);
    arena_init(&log->arena, SIZE_MAX);
    uint8_t seed[32] = {5};
    key_pair_of_seed(seed, &log->device, &log->secret);
    for (size_t i = 0; i < RUN; i++) {
        uint64_t kind = plan->kind[i] != 0 ? plan->kind[i] : KIND_EDIT;
        add(log, i, i == 0 ? KIND_OPENING : kind, plan->junk[i]);
    }
    return log;
}

static void log_free(struct log *log)
{
    for (size_t i = 0; i < RUN; i++) {
        buffer_deinit(&log->raw[i]);
    }
    arena_deinit(&log->arena);
    test_free(log);
}

static struct position position_after(const struct log *log, size_t i)
{
    return (struct position){record_log(&log->records[i]), i + 1, log->records[i].id};
}

/* Both modes, whole log from its opening; they must agree. */
static void expect(const struct plan *plan, size_t authentic, enum status status,
                   size_t checked_by_run)
{
    struct log *log = log_new(plan);
    struct position none = {.seq = 0};
    struct chain_result by_run = chain_check(log->records, RUN, &none, NULL, CHAIN_BY_RUN);
    struct chain_result each = chain_check(log->records, RUN, &none, NULL, CHAIN_EACH);
    assert_int_equal(by_run.authentic, authentic);
    assert_int_equal(by_run.status, status);
    assert_int_equal(by_run.signatures_checked, checked_by_run);
    assert_int_equal(each.authentic, authentic);
    assert_int_equal(each.status, status);
    size_t good = 0;
    for (size_t i = 0; i < authentic; i++) {
        good += !plan->junk[i];
    }
    assert_int_equal(each.by_chain, authentic - good);
    log_free(log);
}

static void test_chain__a_sound_run_needs_two_signatures(void **state)
{
    (void)state;
    expect(&(struct plan){.kind = {0}}, RUN, STATUS_OK, 2);
}

static void test_chain__junk_before_the_last_is_covered(void **state)
{
    (void)state;
    expect(&(struct plan){.junk = {[3] = true, [7] = true}}, RUN, STATUS_OK, 2);
}

static void test_chain__junk_at_the_end_is_cut_back(void **state)
{
    (void)state;
    expect(&(struct plan){.junk = {[4] = true, [RUN - 2] = true, [RUN - 1] = true}}, RUN - 2,
           STATUS_FORGED, 4);
}

static void test_chain__a_junk_opening_is_no_log(void **state)
{
    (void)state;
    expect(&(struct plan){.junk = {[0] = true}}, 0, STATUS_FORGED, 1);
}

static void test_chain__authority_is_never_amortised(void **state)
{
    (void)state;
    expect(&(struct plan){.kind = {[3] = KIND_GRANT, [6] = KIND_REFUSAL}}, RUN, STATUS_OK, 4);
    expect(&(struct plan){.kind = {[RUN - 1] = KIND_GRANT}}, RUN, STATUS_OK, 2);
    expect(&(struct plan){.kind = {[3] = KIND_GRANT}, .junk = {[3] = true}}, 3, STATUS_FORGED, 3);
    expect(&(struct plan){.kind = {[3] = KIND_GRANT}, .junk = {[2] = true, [3] = true}}, 2,
           STATUS_FORGED, 4);
}

static void test_chain__a_later_run_follows_its_position(void **state)
{
    (void)state;
    struct log *log = log_new(&(struct plan){.kind = {0}});
    struct position before = position_after(log, 3);
    const struct record *rest = &log->records[4];
    struct chain_result result = chain_check(rest, RUN - 4, &before, &log->device, CHAIN_BY_RUN);
    assert_int_equal(result.authentic, RUN - 4);
    assert_int_equal(result.signatures_checked, 1);
    assert_int_equal(result.by_chain, RUN - 5);

    /* A claim of 16 bytes is enough, 15 right ones are not. */
    memset(before.id.bytes + 16, 0, 16);
    assert_int_equal(chain_check(rest, RUN - 4, &before, &log->device, CHAIN_BY_RUN).authentic,
                     RUN - 4);
    before.seq++;
    assert_int_equal(chain_check(rest, RUN - 4, &before, &log->device, CHAIN_BY_RUN).authentic, 0);
    before.seq--;
    before.id.bytes[15] ^= 1;
    result = chain_check(rest, RUN - 4, &before, &log->device, CHAIN_BY_RUN);
    assert_int_equal(result.authentic, 0);
    assert_int_equal(result.status, STATUS_MALFORMED);
    log_free(log);
}

static void test_chain__gaps_other_logs_and_other_keys_end_it(void **state)
{
    (void)state;
    struct log *log = log_new(&(struct plan){.kind = {0}});
    struct position none = {.seq = 0};
    struct record run[RUN];
    memcpy(run, log->records, sizeof run);
    run[5] = log->records[6];
    struct chain_result result = chain_check(run, RUN, &none, NULL, CHAIN_BY_RUN);
    assert_int_equal(result.authentic, 5);
    assert_int_equal(result.status, STATUS_MALFORMED);

    memcpy(run, log->records, sizeof run);
    run[5].header.log.bytes[0] ^= 1;
    assert_int_equal(chain_check(run, RUN, &none, NULL, CHAIN_EACH).authentic, 5);

    memcpy(run, log->records, sizeof run);
    run[5].header.prev.bytes[31] ^= 1;
    assert_int_equal(chain_check(run, RUN, &none, NULL, CHAIN_EACH).authentic, 5);
    memcpy(run, log->records, sizeof run);

    /* A run that must follow something does not start a log, and the other way round. */
    struct position before = position_after(log, 0);
    assert_int_equal(chain_check(run, 1, &before, &log->device, CHAIN_EACH).authentic, 0);
    assert_int_equal(chain_check(&run[1], 1, &none, &log->device, CHAIN_EACH).authentic, 0);

    struct public_key other;
    struct secret_key secret;
    key_pair_of_seed((const uint8_t[32]){6}, &other, &secret);
    result = chain_check(&log->records[1], 4, &before, &other, CHAIN_BY_RUN);
    assert_int_equal(result.authentic, 0);
    assert_int_equal(result.status, STATUS_FORGED);
    assert_int_equal(result.signatures_checked, 4);
    log_free(log);
}

static void test_chain__an_opening_without_body_names_no_key(void **state)
{
    (void)state;
    struct log *log = log_new(&(struct plan){.kind = {0}});
    struct position none = {.seq = 0};
    log->records[0].has_body = false;
    struct chain_result result = chain_check(log->records, RUN, &none, &log->device, CHAIN_EACH);
    assert_int_equal(result.authentic, 0);
    assert_int_equal(result.status, STATUS_MALFORMED);
    log_free(log);
}

static void test_chain__empty_run_is_fine(void **state)
{
    (void)state;
    struct position none = {.seq = 0};
    struct chain_result result = chain_check(NULL, 0, &none, NULL, CHAIN_BY_RUN);
    assert_int_equal(result.status, STATUS_OK);
    assert_int_equal(result.authentic, 0);
}

static void test_chain__branches_are_named_by_log_and_first_record(void **state)
{
    (void)state;
    struct name log = {{1}};
    struct hash first = {{2}};
    struct name name = chain_branch_name(&log, &first);
    struct bytes parts[2] = {bytes_of(log.bytes, 16), bytes_of(first.bytes, 32)};
    struct name same = seal_name("hoso/branch/1", parts, 2);
    assert_true(name_equal(&name, &same));
    first.bytes[31] ^= 1;
    struct name other = chain_branch_name(&log, &first);
    assert_false(name_equal(&name, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain__a_sound_run_needs_two_signatures),
        cmocka_unit_test(test_chain__junk_before_the_last_is_covered),
        cmocka_unit_test(test_chain__junk_at_the_end_is_cut_back),
        cmocka_unit_test(test_chain__a_junk_opening_is_no_log),
        cmocka_unit_test(test_chain__authority_is_never_amortised),
        cmocka_unit_test(test_chain__a_later_run_follows_its_position),
        cmocka_unit_test(test_chain__gaps_other_logs_and_other_keys_end_it),
        cmocka_unit_test(test_chain__an_opening_without_body_names_no_key),
        cmocka_unit_test(test_chain__empty_run_is_fine),
        cmocka_unit_test(test_chain__branches_are_named_by_log_and_first_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
