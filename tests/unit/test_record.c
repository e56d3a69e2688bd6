#include "protocol/record/record.h"
#include "tests/lib/random.h"
#include "tests/lib/record_fixture.h"
#include "tests/lib/unit.h"

#include <string.h>

static struct bytes seal(struct record_fixture *f, struct record_header *header, struct buffer *raw,
                         struct hash *id)
{
    buffer_init(raw, LIMIT_RECORD_BYTES);
    const struct secret_key *officer = header->act.has_officer_key ? &f->officer_secret : NULL;
    assert_int_equal(
        record_seal(header, buffer_view(&f->body), officer, &f->device_secret, raw, id), STATUS_OK);
    return buffer_view(raw);
}

static void test_record__full_header_comes_back_whole(void **state)
{
    struct record_fixture *f = *state;
    struct record_header header = record_fixture_header(f);
    struct buffer raw;
    struct hash id;
    struct bytes bytes = seal(f, &header, &raw, &id);
    struct record record;
    assert_int_equal(record_decode(bytes, &f->arena, &record), STATUS_OK);
    const struct record_header *got = &record.header;
    assert_true(hash_equal(&record.id, &id));
    assert_true(name_equal(&got->log, &header.log));
    assert_int_equal(got->seq, 300);
    assert_true(hash_equal(&got->prev, &header.prev));
    assert_int_equal(got->kind, KIND_EDIT);
    assert_true(name_equal(&got->case_name, &header.case_name));
    assert_int_equal(got->body_size, f->body.size);
    assert_int_equal(got->parent_count, 2);
    assert_true(hash_equal(&got->parents[1], &f->references[1]));
    assert_int_equal(got->without_count, 1);
    assert_true(got->act.present && got->act.has_officer_key);
    assert_true(bytes_equal_text(got->act.officer, "ct-01"));
    assert_true(bytes_equal_text(got->act.unit, "000.15.30.H57"));
    assert_int_equal(got->act.hat, HAT_LEADER);
    assert_true(public_key_equal(&got->act.officer_key, &f->officer));
    assert_true(got->happened.known == header.happened.known);
    assert_int_equal(got->happened.seconds, header.happened.seconds);
    assert_int_equal(got->happened.precision, header.happened.precision);
    assert_int_equal(got->happened.zone_minutes, header.happened.zone_minutes);
    assert_int_equal(got->recorded_seconds, 1700000123);
    assert_int_equal(got->recorded_zone_minutes, -210);
    assert_int_equal(got->source, SOURCE_LATE_ENTRY);
    assert_true(hash_is_none(&got->pack));
    assert_int_equal(got->seen.size, 77);
    assert_int_equal(got->extension_count, 1);
    assert_int_equal(got->extensions[0].type, 100);
    assert_true(record.has_body && bytes_equal(record.body, buffer_view(&f->body)));
    assert_true(record_verify_device(&record, &f->device));
    assert_true(record_verify_officer(&record));
    assert_false(record_verify_device(&record, &f->officer));
    struct name case_name = record_case(&record);
    assert_true(name_equal(&case_name, &header.case_name));
    struct buffer again;
    buffer_init(&again, LIMIT_HEADER_BYTES);
    assert_int_equal(record_header_encode(got, &again), STATUS_OK);
    assert_true(bytes_equal(buffer_view(&again), record.header_bytes));
    buffer_deinit(&again);
    buffer_deinit(&raw);
}

static void test_record__officer_signs_the_header_device_signs_both(void **state)
{
    struct record_fixture *f = *state;
    struct record_header header = record_fixture_header(f);
    struct buffer raw;
    struct hash id;
    struct record record;
    assert_int_equal(record_decode(seal(f, &header, &raw, &id), &f->arena, &record), STATUS_OK);
    assert_true(seal_verify("hoso/officer/1", &record.header_bytes, 1, &f->officer,
                            &record.officer_signature));
    struct bytes parts[3] = {record.header_bytes, bytes_of(record.officer_signature.bytes, 64),
                             bytes_of(record.device_signature.bytes, 64)};
    assert_true(seal_verify("hoso/device/1", parts, 2, &f->device, &record.device_signature));
    struct hash same = seal_hash("hoso/record/1", parts, 3);
    assert_true(hash_equal(&same, &id));
    record.officer_signature.bytes[3] ^= 1;
    assert_false(record_verify_officer(&record));
    assert_false(record_verify_device(&record, &f->device));
    record.has_officer_signature = false;
    assert_false(record_verify_officer(&record));
    buffer_deinit(&raw);
}

static void test_record__body_may_be_absent_but_never_another(void **state)
{
    struct record_fixture *f = *state;
    struct record_header header = record_fixture_header(f);
    struct buffer raw;
    struct hash id;
    struct record record;
    assert_int_equal(record_decode(seal(f, &header, &raw, &id), &f->arena, &record), STATUS_OK);
    struct buffer other;
    buffer_init(&other, LIMIT_RECORD_BYTES);
    assert_int_equal(record_assemble(record.header_bytes, &record.officer_signature,
                                     &record.device_signature, NULL, &other),
                     STATUS_OK);
    struct record headless;
    assert_int_equal(record_decode(buffer_view(&other), &f->arena, &headless), STATUS_OK);
    assert_false(headless.has_body);
    assert_true(hash_equal(&headless.id, &id));
    assert_true(record_verify_device(&headless, &f->device));

    buffer_reset(&other);
    uint8_t changed[64];
    assert_true(record.body.size <= sizeof changed);
    memcpy(changed, record.body.at, record.body.size);
    changed[3] ^= 1;
    struct bytes body = bytes_of(changed, record.body.size);
    assert_int_equal(record_assemble(record.header_bytes, &record.officer_signature,
                                     &record.device_signature, &body, &other),
                     STATUS_OK);
    assert_int_equal(record_decode(buffer_view(&other), &f->arena, &headless), STATUS_FORGED);
    buffer_deinit(&other);
    buffer_deinit(&raw);
}

static void test_record__officer_key_and_signature_go_together(void **state)
{
    struct record_fixture *f = *state;
    struct buffer raw;
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    struct hash id;
    struct record_header header = record_fixture_header(f);
    struct bytes body = buffer_view(&f->body);
    assert_int_equal(record_seal(&header, body, NULL, &f->device_secret, &raw, &id), STATUS_USAGE);
    assert_int_equal(record_seal(&header, body, &f->device_secret, &f->device_secret, &raw, &id),
                     STATUS_USAGE);
    header.act.has_officer_key = false;
    assert_int_equal(record_seal(&header, body, &f->officer_secret, &f->device_secret, &raw, &id),
                     STATUS_USAGE);
    assert_int_equal(record_seal(&header, body, NULL, &f->device_secret, &raw, &id), STATUS_OK);

    struct record record;
    assert_int_equal(record_decode(buffer_view(&raw), &f->arena, &record), STATUS_OK);
    assert_false(record_verify_officer(&record));
    struct buffer other;
    buffer_init(&other, LIMIT_RECORD_BYTES);
    assert_int_equal(record_assemble(record.header_bytes, &record.device_signature,
                                     &record.device_signature, NULL, &other),
                     STATUS_OK);
    assert_int_equal(record_decode(buffer_view(&other), &f->arena, &record), STATUS_MALFORMED);
    buffer_deinit(&other);
    buffer_deinit(&raw);
}

static void seal_opening(struct record_fixture *f, struct buffer *raw, struct hash *id)
{
    struct opening opening = {.salt = {1}, .device = f->device, .scope = {{2}}, .rules = 1};
    opening.software = bytes_of_text("hoso 0.1.0");
    struct buffer body;
    buffer_init(&body, LIMIT_BODY_BYTES);
    assert_int_equal(opening_encode(&opening, &body), STATUS_OK);
    struct record_header header = {.version = 1, .seq = 1, .kind = KIND_OPENING};
    buffer_init(raw, LIMIT_RECORD_BYTES);
    assert_int_equal(record_seal(&header, buffer_view(&body), NULL, &f->device_secret, raw, id),
                     STATUS_OK);
    buffer_deinit(&body);
}

static void test_record__openings_and_genesis_name_log_and_case(void **state)
{
    struct record_fixture *f = *state;
    struct buffer raw;
    struct hash id;
    struct record record;
    seal_opening(f, &raw, &id);
    assert_int_equal(record_decode(buffer_view(&raw), &f->arena, &record), STATUS_OK);
    struct name log = record_log(&record);
    assert_memory_equal(&log, &id, sizeof log);
    struct name none = record_case(&record);
    assert_true(name_is_none(&none));
    buffer_deinit(&raw);

    struct record_header header = record_fixture_header(f);
    header.kind = KIND_GENESIS;
    header.case_name = (struct name){{0}};
    header.parent_count = 0;
    header.without_count = 0;
    header.pack = (struct hash){{1}};
    assert_int_equal(record_decode(seal(f, &header, &raw, &id), &f->arena, &record), STATUS_OK);
    struct name case_name = record_case(&record);
    assert_memory_equal(&case_name, &id, sizeof case_name);
    log = record_log(&record);
    assert_true(name_equal(&log, &header.log));
    buffer_deinit(&raw);
}

static void test_record__an_opening_needs_the_body_of_one(void **state)
{
    struct record_fixture *f = *state;
    struct record_header header = {.version = 1, .seq = 1, .kind = KIND_OPENING};
    struct buffer raw;
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    struct hash id;
    assert_int_equal(
        record_seal(&header, buffer_view(&f->body), NULL, &f->device_secret, &raw, &id),
        STATUS_USAGE);
    /* The same bytes from a writer that does not care. */
    struct buffer encoded;
    buffer_init(&encoded, LIMIT_HEADER_BYTES);
    header.commitment = record_commitment(buffer_view(&f->body));
    header.body_size = f->body.size;
    assert_int_equal(record_header_encode(&header, &encoded), STATUS_OK);
    struct signature signature = {{1}};
    struct bytes body = buffer_view(&f->body);
    assert_int_equal(record_assemble(buffer_view(&encoded), NULL, &signature, &body, &raw),
                     STATUS_OK);
    struct record record;
    assert_int_equal(record_decode(buffer_view(&raw), &f->arena, &record), STATUS_MALFORMED);
    buffer_deinit(&encoded);
    buffer_deinit(&raw);
}

static void test_record__size_and_commitment_must_both_fit_the_body(void **state)
{
    struct record_fixture *f = *state;
    struct record_header header = record_fixture_header(f);
    struct bytes body = buffer_view(&f->body);
    header.commitment = record_commitment(body);
    header.body_size = body.size + 1;
    struct buffer encoded;
    struct buffer raw;
    buffer_init(&encoded, LIMIT_HEADER_BYTES);
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    assert_int_equal(record_header_encode(&header, &encoded), STATUS_OK);
    struct signature signature = {{1}};
    assert_int_equal(record_assemble(buffer_view(&encoded), &signature, &signature, &body, &raw),
                     STATUS_OK);
    struct record record;
    assert_int_equal(record_decode(buffer_view(&raw), &f->arena, &record), STATUS_FORGED);
    buffer_deinit(&encoded);
    buffer_deinit(&raw);
}

/* A header of version 2: the seven items, then what this version cannot know. */
static void put_newer_header(struct buffer *out, const struct record_fixture *f, size_t padding)
{
    struct name log = {{1}};
    struct hash prev = {{2}};
    struct hash commitment = record_commitment(buffer_view(&f->body));
    wire_put_array(out, 9);
    wire_put_unsigned(out, 2);
    wire_put_name(out, &log);
    wire_put_unsigned(out, 7);
    wire_put_hash(out, &prev);
    wire_put_unsigned(out, KIND_EDIT);
    wire_put_name(out, &log);
    wire_put_hash(out, &commitment);
    wire_put_map(out, 1);
    wire_put_unsigned(out, 1);
    wire_put_text(out, bytes_of_text("new"));
    static const uint8_t zeros[LIMIT_HEADER_BYTES];
    wire_put_binary(out, bytes_of(zeros, padding));
}

static void test_record__a_newer_header_is_read_to_its_fixed_items(void **state)
{
    struct record_fixture *f = *state;
    struct buffer encoded;
    struct buffer raw;
    buffer_init(&encoded, 2 * LIMIT_HEADER_BYTES);
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    put_newer_header(&encoded, f, 10);
    struct bytes header_bytes = buffer_view(&encoded);
    struct signature signature;
    seal_sign("hoso/device/1", &header_bytes, 1, &f->device_secret, &signature);
    struct bytes body = buffer_view(&f->body);
    assert_int_equal(record_assemble(header_bytes, NULL, &signature, &body, &raw), STATUS_OK);
    struct record record;
    assert_int_equal(record_decode(buffer_view(&raw), &f->arena, &record), STATUS_OK);
    assert_true(record.header.newer);
    assert_int_equal(record.header.version, 2);
    assert_int_equal(record.header.seq, 7);
    assert_int_equal(record.header.kind, KIND_EDIT);
    assert_true(bytes_equal(record.header_bytes, header_bytes));
    assert_true(record_verify_device(&record, &f->device));

    buffer_reset(&encoded);
    put_newer_header(&encoded, f, LIMIT_HEADER_BYTES - 100);
    struct record_header header;
    assert_true(encoded.size > LIMIT_HEADER_BYTES);
    assert_int_equal(record_header_decode(buffer_view(&encoded), &f->arena, &header), STATUS_LIMIT);
    buffer_deinit(&encoded);
    buffer_deinit(&raw);
}

static void test_record__version_1_knows_no_further_item(void **state)
{
    struct record_fixture *f = *state;
    struct record_header header = record_fixture_header(f);
    header.commitment = (struct hash){{1}};
    struct buffer encoded;
    buffer_init(&encoded, LIMIT_HEADER_BYTES);
    assert_int_equal(record_header_encode(&header, &encoded), STATUS_OK);
    assert_int_equal(encoded.at[0], 0xdc);
    assert_int_equal(encoded.at[2], 17);
    encoded.at[2] = 18;
    wire_put_nil(&encoded);
    struct record_header got;
    assert_int_equal(record_header_decode(buffer_view(&encoded), &f->arena, &got),
                     STATUS_MALFORMED);
    buffer_deinit(&encoded);
}

static void test_record__prefixes_and_changed_bytes_do_no_harm(void **state)
{
    struct record_fixture *f = *state;
    struct record_header header = record_fixture_header(f);
    struct buffer raw;
    struct hash id;
    struct bytes bytes = seal(f, &header, &raw, &id);
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct record record;
    for (size_t size = 0; size < bytes.size; size++) {
        uint8_t *prefix = test_malloc(size + 1);
        memcpy(prefix, bytes.at, size);
        assert_int_not_equal(record_decode(bytes_of(prefix, size), &arena, &record), STATUS_OK);
        test_free(prefix);
        arena_reset(&arena);
    }
    uint8_t *copy = test_malloc(bytes.size);
    struct random random = {1};
    for (size_t round = 0; round < 40000; round++) {
        memcpy(copy, bytes.at, bytes.size);
        size_t at = random_below(&random, bytes.size);
        copy[at] ^= (uint8_t)(1 + random_below(&random, 255));
        if (record_decode(bytes_of(copy, bytes.size), &arena, &record) == STATUS_OK) {
            /* What still is a record is another one. */
            assert_false(hash_equal(&record.id, &id));
        }
        arena_reset(&arena);
    }
    test_free(copy);
    arena_deinit(&arena);
    buffer_deinit(&raw);
}

static void test_record__over_long_records_are_refused(void **state)
{
    struct record_fixture *f = *state;
    uint8_t *room = test_calloc(1, LIMIT_RECORD_BYTES + 1);
    struct record record;
    assert_int_equal(record_decode(bytes_of(room, LIMIT_RECORD_BYTES + 1), &f->arena, &record),
                     STATUS_LIMIT);
    struct buffer out;
    buffer_init(&out, SIZE_MAX);
    struct signature signature = {{1}};
    struct bytes body = bytes_of(room, LIMIT_BODY_BYTES + 1);
    struct bytes header = bytes_of(room, 1);
    assert_int_equal(record_assemble(header, NULL, &signature, &body, &out), STATUS_LIMIT);
    header.size = LIMIT_HEADER_BYTES + 1;
    assert_int_equal(record_assemble(header, NULL, &signature, NULL, &out), STATUS_LIMIT);
    buffer_deinit(&out);
    test_free(room);
}

static void test_record__hats_and_kinds_have_names(void **state)
{
    (void)state;
    for (uint64_t hat = 1; hat <= HAT_IT; hat++) {
        assert_int_equal(hat_of_name(bytes_of_text(hat_name(hat))), hat);
    }
    assert_null(hat_name(HAT_NONE));
    assert_null(hat_name(HAT_IT + 1));
    assert_int_equal(hat_of_name(bytes_of_text("king")), HAT_NONE);
    assert_string_equal(record_kind_name(KIND_RESOLUTION), "resolution");
    assert_null(record_kind_name(37));
    assert_true(record_is_authority(KIND_GRANT) && record_is_authority(KIND_ERASURE));
    assert_false(record_is_authority(KIND_OPENING) || record_is_authority(KIND_LEASE));
    assert_true(record_is_of_case(KIND_GENESIS) && record_is_of_case(9999));
    assert_false(record_is_of_case(KIND_LEASE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record__full_header_comes_back_whole),
        cmocka_unit_test(test_record__officer_signs_the_header_device_signs_both),
        cmocka_unit_test(test_record__body_may_be_absent_but_never_another),
        cmocka_unit_test(test_record__officer_key_and_signature_go_together),
        cmocka_unit_test(test_record__openings_and_genesis_name_log_and_case),
        cmocka_unit_test(test_record__an_opening_needs_the_body_of_one),
        cmocka_unit_test(test_record__size_and_commitment_must_both_fit_the_body),
        cmocka_unit_test(test_record__a_newer_header_is_read_to_its_fixed_items),
        cmocka_unit_test(test_record__version_1_knows_no_further_item),
        cmocka_unit_test(test_record__prefixes_and_changed_bytes_do_no_harm),
        cmocka_unit_test(test_record__over_long_records_are_refused),
        cmocka_unit_test(test_record__hats_and_kinds_have_names),
    };
    struct CMUnitTest with_fixture[sizeof tests / sizeof tests[0]];
    memcpy(with_fixture, tests, sizeof tests);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        with_fixture[i].setup_func = record_fixture_set_up;
        with_fixture[i].teardown_func = record_fixture_tear_down;
    }
    return cmocka_run_group_tests(with_fixture, NULL, NULL);
}
