#include "protocol/sync/frame/columns.h"
#include "protocol/sync/frame/packing.h"
#include "protocol/sync/frame/squeeze.h"
#include "tests/lib/random.h"
#include "tests/lib/record_fixture.h"
#include "tests/lib/register.h"
#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const register_path = HOSO_SOURCE_DIR "/client/example/register.csv";

/* Encodes |count| records from |first| on, with up to |before| as their prelude, and rebuilds them;
 * returns the bytes of the columns. */
static size_t travel_on(const struct register_log *log, size_t before, size_t first, size_t count)
{
    before = before < first ? before : first;
    struct prelude prelude = {.records = log->records + first - before, .count = before};
    struct run run = {.log = log->log, .count = count};
    run.before.log = log->log;
    run.before.seq = first;
    run.before.id = first == 0 ? (struct hash){{0}} : log->records[first - 1].id;
    struct buffer out;
    struct arena arena;
    buffer_init(&out, LIMIT_FRAME_BYTES);
    arena_init(&arena, (size_t)64 * 1024 * 1024);
    assert_int_equal(columns_encode(&prelude, log->records + first, &run, 1, &out), STATUS_OK);
    struct record *records = arena_array(&arena, count, sizeof *records);
    assert_non_null(records);
    assert_int_equal(columns_decode(buffer_view(&out), &prelude, &arena, &run, 1, records),
                     STATUS_OK);
    assert_int_equal(run.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_true(bytes_equal(records[i].raw, log->records[first + i].raw));
        assert_true(hash_equal(&records[i].id, &log->records[first + i].id));
    }
    size_t size = out.size;
    buffer_deinit(&out);
    arena_deinit(&arena);
    return size;
}

static size_t travel(const struct register_log *log, size_t first, size_t count)
{
    return travel_on(log, 0, first, count);
}

static void test_columns__the_register_travels_small(void **state)
{
    (void)state;
    enum { ROWS = 1000, FRAME = 400 };
    struct register_log log;
    const char *rows = getenv("REGISTER_ROWS");
    register_open(&log, register_path, rows != NULL ? (size_t)atoi(rows) : ROWS);
    size_t bytes = 0;
    for (size_t first = 0; first < log.count; first += FRAME) {
        size_t count = log.count - first < FRAME ? log.count - first : FRAME;
        bytes += travel(&log, first, count);
    }
    size_t beside = bytes - 64 * log.count;
    print_message("%zu records: %zu.%02zu bytes each beside the signature\n", log.count,
                  beside / log.count, beside * 100 / log.count % 100);
    assert_true(beside < 45 * log.count);
    register_close(&log);
}

/* A log of records of every sort: with and without body, act, officer's signature, case, lists. */
struct sorts {
    struct record_fixture *fixture;
    struct arena arena;
    struct record *records;
    size_t count;
};

static void add_sort(struct sorts *sorts, struct record_header header, struct bytes body,
                     bool officer, bool keep_body)
{
    struct buffer raw;
    struct hash id;
    bool ok = true;
    struct record_fixture *f = sorts->fixture;
    buffer_init(&raw, LIMIT_RECORD_BYTES);
    header.seq = sorts->count + 1;
    header.log = sorts->count == 0 ? (struct name){{0}} : record_log(&sorts->records[0]);
    header.prev = sorts->count == 0 ? (struct hash){{0}} : sorts->records[sorts->count - 1].id;
    assert_int_equal(record_seal(&header, body, officer ? &f->officer_secret : NULL,
                                 &f->device_secret, &raw, &id),
                     STATUS_OK);
    struct bytes kept = arena_copy(&sorts->arena, buffer_view(&raw), &ok);
    struct record *record = &sorts->records[sorts->count++];
    assert_true(ok);
    assert_int_equal(record_decode(kept, &sorts->arena, record), STATUS_OK);
    if (!keep_body) {
        buffer_reset(&raw);
        assert_int_equal(record_assemble(record->header_bytes,
                                         officer ? &record->officer_signature : NULL,
                                         &record->device_signature, NULL, &raw),
                         STATUS_OK);
        kept = arena_copy(&sorts->arena, buffer_view(&raw), &ok);
        assert_int_equal(record_decode(kept, &sorts->arena, record), STATUS_OK);
    }
    buffer_deinit(&raw);
}

static void make_sorts(struct sorts *sorts, struct record_fixture *fixture, size_t rounds)
{
    struct random random = {5};
    struct opening opening = {.device = fixture->device, .software = bytes_of_text("t")};
    struct buffer body;
    *sorts = (struct sorts){.fixture = fixture};
    arena_init(&sorts->arena, (size_t)64 * 1024 * 1024);
    sorts->records = arena_array(&sorts->arena, 5 * rounds + 1, sizeof *sorts->records);
    assert_non_null(sorts->records);
    buffer_init(&body, LIMIT_BODY_BYTES);
    opening.scope.bytes[0] = 1;
    assert_int_equal(opening_encode(&opening, &body), STATUS_OK);
    add_sort(sorts, (struct record_header){.version = 1, .kind = KIND_OPENING}, buffer_view(&body),
             false, true);
    struct bytes usual = buffer_view(&fixture->body);
    for (size_t i = 0; i < rounds; i++) {
        struct record_header header = record_fixture_header(fixture);
        header.recorded_seconds += (int64_t)random_below(&random, 1000) - 500;
        header.happened.seconds =
            (int64_t)random_below(&random, 2 * (uint64_t)LIMIT_SECONDS) - LIMIT_SECONDS;
        add_sort(sorts, header, usual, true, true);
        add_sort(sorts, header, usual, true, false);
        header.act.present = false;
        header.parent_count = i % 3;
        header.extension_count = 0;
        add_sort(sorts, header, usual, false, true);
        header.kind = 77; /* of a later version */
        header.happened = (struct moment){.known = false};
        add_sort(sorts, header, usual, false, true);
        add_sort(sorts, (struct record_header){.version = 1, .kind = KIND_GRANT}, usual, false,
                 i % 2 == 0);
    }
    buffer_deinit(&body);
}

static void test_columns__records_of_every_sort_come_back(void **state)
{
    struct sorts sorts;
    make_sorts(&sorts, *state, 40);
    struct register_log log = {.records = sorts.records, .count = sorts.count};
    log.log = record_log(&sorts.records[0]);
    for (size_t first = 0; first < sorts.count; first += 61) {
        size_t count = sorts.count - first < 61 ? sorts.count - first : 61;
        (void)travel(&log, first, count);
    }
    for (size_t first = 0; first < 12; first++) {
        (void)travel(&log, first, 1);
    }
    for (size_t first = 1; first + 7 <= sorts.count; first += 7) {
        (void)travel_on(&log, LIMIT_PRELUDE_RECORDS, first, 7);
    }
    arena_deinit(&sorts.arena);
}

static void test_columns__behind_a_prelude_few_records_are_small(void **state)
{
    (void)state;
    enum { ROWS = 60, FEW = 8 };
    struct register_log log;
    size_t alone = 0, behind = 0, records = 0;
    register_open(&log, register_path, ROWS);
    for (size_t first = 1; first + FEW <= log.count; first += FEW) {
        alone += travel(&log, first, FEW);
        behind += travel_on(&log, LIMIT_PRELUDE_RECORDS, first, FEW);
        records += FEW;
    }
    print_message("%zu a frame: %zu bytes a record, %zu behind a prelude\n", (size_t)FEW,
                  alone / records, behind / records);
    assert_true(4 * behind < 3 * alone);
    register_close(&log);
}

/* Who has another prelude than the writer rebuilds other records or none, and reads no byte that
 * is not there. */
static void test_columns__another_prelude_makes_other_records(void **state)
{
    (void)state;
    enum { FIRST = 90, FEW = 4 };
    struct register_log log;
    struct buffer out;
    register_open(&log, register_path, 40);
    struct run run = {.log = log.log, .count = FEW};
    run.before = (struct position){.log = log.log, .seq = FIRST, .id = log.records[FIRST - 1].id};
    struct prelude prelude = {.records = log.records + FIRST - 64, .count = 64};
    buffer_init(&out, LIMIT_FRAME_BYTES);
    assert_int_equal(columns_encode(&prelude, log.records + FIRST, &run, 1, &out), STATUS_OK);
    for (size_t count = 0; count < 64; count++) {
        struct arena arena;
        struct run copy = run;
        struct record records[FEW];
        struct prelude other = {.records = log.records + FIRST - count, .count = count};
        arena_init(&arena, (size_t)4 * 1024 * 1024);
        if (columns_decode(buffer_view(&out), &other, &arena, &copy, 1, records) == STATUS_OK &&
            copy.count == FEW) {
            assert_false(bytes_equal(records[FEW - 1].raw, log.records[FIRST + FEW - 1].raw));
        }
        arena_deinit(&arena);
    }
    buffer_deinit(&out);
    register_close(&log);
}

static void test_columns__more_forms_than_a_frame_has_travel_whole(void **state)
{
    enum { SORTS = 200 };
    struct record_fixture *f = *state;
    struct sorts sorts = {.fixture = f};
    struct random random = {6};
    arena_init(&sorts.arena, (size_t)64 * 1024 * 1024);
    sorts.records = arena_array(&sorts.arena, SORTS + 1, sizeof *sorts.records);
    struct opening opening = {.device = f->device, .software = bytes_of_text("t")};
    struct buffer body;
    buffer_init(&body, LIMIT_BODY_BYTES);
    opening.scope.bytes[0] = 1;
    assert_int_equal(opening_encode(&opening, &body), STATUS_OK);
    add_sort(&sorts, (struct record_header){.version = 1, .kind = KIND_OPENING}, buffer_view(&body),
             false, true);
    for (size_t i = 0; i < SORTS; i++) {
        char field[16];
        struct write write = {.field = bytes_of_text(field), .value = {.type = WIRE_NIL}};
        struct case_body one = {.writes = &write, .write_count = 1};
        snprintf(field, sizeof field, "f%zu", i);
        write.field = bytes_of_text(field);
        random_fill(&random, one.salt, sizeof one.salt);
        buffer_reset(&body);
        assert_int_equal(case_body_encode(&one, &body), STATUS_OK);
        struct record_header header = {.version = 1, .kind = KIND_EDIT};
        header.case_name.bytes[0] = (uint8_t)(1 + i % 5);
        add_sort(&sorts, header, buffer_view(&body), false, true);
    }
    struct register_log log = {.records = sorts.records, .count = sorts.count};
    log.log = record_log(&sorts.records[0]);
    (void)travel(&log, 0, sorts.count);
    buffer_deinit(&body);
    arena_deinit(&sorts.arena);
}

static void test_columns__runs_of_two_logs_share_a_frame(void **state)
{
    (void)state;
    struct register_log a;
    struct register_log b;
    register_open(&a, register_path, 20);
    register_open(&b, register_path, 10);
    struct record records[30];
    struct record out[30];
    struct run runs[2] = {{.log = a.log, .first = 0, .count = 20},
                          {.log = b.log, .first = 20, .count = 10}};
    memcpy(records, a.records + 5, 20 * sizeof *records);
    memcpy(records + 20, b.records, 10 * sizeof *records);
    runs[0].before = (struct position){.log = a.log, .seq = 5, .id = a.records[4].id};
    runs[1].before = (struct position){.log = b.log};
    struct buffer encoded;
    struct arena arena;
    buffer_init(&encoded, LIMIT_FRAME_BYTES);
    arena_init(&arena, (size_t)8 * 1024 * 1024);
    assert_int_equal(columns_encode(NULL, records, runs, 2, &encoded), STATUS_OK);
    assert_int_equal(columns_decode(buffer_view(&encoded), NULL, &arena, runs, 2, out), STATUS_OK);
    for (size_t i = 0; i < 30; i++) {
        assert_true(bytes_equal(out[i].raw, records[i].raw));
    }
    buffer_deinit(&encoded);
    arena_deinit(&arena);
    register_close(&a);
    register_close(&b);
}

static void test_columns__a_record_elsewhere_than_its_run_says_is_not_sent(void **state)
{
    (void)state;
    struct register_log log;
    register_open(&log, register_path, 2);
    struct run run = {.log = log.log, .count = 2};
    struct buffer out;
    struct arena arena;
    struct record records[2];
    run.before = (struct position){.log = log.log, .seq = 4, .id = log.records[2].id};
    buffer_init(&out, LIMIT_FRAME_BYTES);
    arena_init(&arena, 1024 * 1024);
    /* It does not fit the form's place, so it goes whole and says itself where it stands. */
    assert_int_equal(columns_encode(NULL, log.records + 5, &run, 1, &out), STATUS_OK);
    assert_int_equal(columns_decode(buffer_view(&out), NULL, &arena, &run, 1, records), STATUS_OK);
    assert_true(bytes_equal(records[0].raw, log.records[5].raw));
    buffer_deinit(&out);
    arena_deinit(&arena);
    register_close(&log);
}

static void test_columns__reader_stands_any_bytes(void **state)
{
    enum { ROUNDS = 1500, COUNT = 24 };
    (void)state;
    struct register_log log;
    struct random random = {3};
    struct record out[COUNT];
    register_open(&log, register_path, 8);
    struct run run = {.log = log.log, .count = COUNT};
    struct buffer encoded;
    buffer_init(&encoded, LIMIT_FRAME_BYTES);
    assert_int_equal(columns_encode(NULL, log.records, &run, 1, &encoded), STATUS_OK);
    for (size_t round = 0; round < ROUNDS; round++) {
        struct arena arena;
        uint8_t spoilt[8192];
        struct run copy = run;
        size_t size = encoded.size;
        assert_true(size <= sizeof spoilt);
        memcpy(spoilt, encoded.at, size);
        for (uint64_t flips = 1 + random_below(&random, 3); flips > 0; flips--) {
            spoilt[random_below(&random, size)] ^= (uint8_t)(1 + random_below(&random, 255));
        }
        size = round % 7 == 0 ? (size_t)random_below(&random, size) : size;
        arena_init(&arena, (size_t)8 * 1024 * 1024);
        enum status status = columns_decode(bytes_of(spoilt, size), NULL, &arena, &copy, 1, out);
        assert_true(status == STATUS_OK || status == STATUS_MALFORMED || status == STATUS_LIMIT ||
                    status == STATUS_NO_MEMORY);
        arena_deinit(&arena);
    }
    buffer_deinit(&encoded);
    register_close(&log);
}

static void test_columns__inner_streams_stand_any_bytes(void **state)
{
    enum { ROUNDS = 3000, COUNT = 24, ROOM = 16384 };
    (void)state;
    struct register_log log;
    struct random random = {4};
    struct record out[COUNT];
    register_open(&log, register_path, 8);
    struct run run = {.log = log.log, .count = COUNT};
    struct buffer encoded;
    buffer_init(&encoded, LIMIT_FRAME_BYTES);
    assert_int_equal(columns_encode(NULL, log.records, &run, 1, &encoded), STATUS_OK);
    struct unpacker from = unpacker_of(buffer_view(&encoded));
    size_t plain_size = (size_t)unpack_unsigned(&from, LIMIT_FRAME_BYTES);
    struct bytes plain = unpack_bytes(&from, plain_size);
    size_t raw_size = (size_t)unpack_unsigned(&from, ROOM);
    uint8_t raw[ROOM];
    uint8_t spoilt[ROOM];
    assert_int_equal(squeeze_inflate(bytes_of(NULL, 0), from.left, raw, raw_size), STATUS_OK);
    for (size_t round = 0; round < ROUNDS; round++) {
        struct arena arena;
        struct buffer again;
        struct run copy = run;
        memcpy(spoilt, raw, raw_size);
        for (uint64_t flips = 1 + random_below(&random, 2); flips > 0; flips--) {
            spoilt[random_below(&random, raw_size)] = (uint8_t)random_below(&random, 256);
        }
        struct bytes part = bytes_of(spoilt, raw_size);
        arena_init(&arena, (size_t)8 * 1024 * 1024);
        buffer_init(&again, LIMIT_FRAME_BYTES);
        pack_unsigned(&again, plain.size);
        buffer_append_bytes(&again, plain);
        pack_unsigned(&again, raw_size);
        assert_int_equal(squeeze_deflate(bytes_of(NULL, 0), &part, 1, &again), STATUS_OK);
        enum status status = columns_decode(buffer_view(&again), NULL, &arena, &copy, 1, out);
        assert_true(status == STATUS_OK || status == STATUS_MALFORMED || status == STATUS_LIMIT ||
                    status == STATUS_NO_MEMORY);
        buffer_deinit(&again);
        arena_deinit(&arena);
    }
    buffer_deinit(&encoded);
    register_close(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns__the_register_travels_small),
        cmocka_unit_test(test_columns__behind_a_prelude_few_records_are_small),
        cmocka_unit_test(test_columns__another_prelude_makes_other_records),
        cmocka_unit_test_setup_teardown(test_columns__records_of_every_sort_come_back,
                                        record_fixture_set_up, record_fixture_tear_down),
        cmocka_unit_test_setup_teardown(test_columns__more_forms_than_a_frame_has_travel_whole,
                                        record_fixture_set_up, record_fixture_tear_down),
        cmocka_unit_test(test_columns__runs_of_two_logs_share_a_frame),
        cmocka_unit_test(test_columns__a_record_elsewhere_than_its_run_says_is_not_sent),
        cmocka_unit_test(test_columns__reader_stands_any_bytes),
        cmocka_unit_test(test_columns__inner_streams_stand_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
