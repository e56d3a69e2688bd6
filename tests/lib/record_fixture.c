#include "tests/lib/record_fixture.h"

#include "tests/lib/unit.h"

int record_fixture_set_up(void **state)
{
    struct record_fixture *f = test_calloc(1, sizeof *f);
    arena_init(&f->arena, SIZE_MAX);
    key_pair_of_seed((const uint8_t[32]){1}, &f->device, &f->device_secret);
    key_pair_of_seed((const uint8_t[32]){2}, &f->officer, &f->officer_secret);
    buffer_init(&f->body, LIMIT_BODY_BYTES);
    struct case_body body = {.salt = {1}};
    assert_int_equal(case_body_encode(&body, &f->body), STATUS_OK);
    for (size_t i = 0; i <= LIMIT_PARENTS; i++) {
        f->references[i].bytes[0] = (uint8_t)(i + 1);
    }
    for (size_t i = 0; i <= LIMIT_EXTENSIONS; i++) {
        f->extensions[i].type = 100 + i;
    }
    *state = f;
    return 0;
}

int record_fixture_tear_down(void **state)
{
    struct record_fixture *f = *state;
    buffer_deinit(&f->body);
    arena_deinit(&f->arena);
    test_free(f);
    return 0;
}

struct record_header record_fixture_header(const struct record_fixture *f)
{
    struct record_header header = {
        .version = 1,
        .log = {{1}},
        .seq = 300,
        .prev = {{2}},
        .kind = KIND_EDIT,
        .case_name = {{3}},
        .parents = f->references,
        .parent_count = 2,
        .without = f->references,
        .without_count = 1,
        .act = {.present = true,
                .hat = HAT_LEADER,
                .has_officer_key = true,
                .officer_key = f->officer},
        .happened = {true, 1700000000, PRECISION_MINUTE, 420},
        .recorded_seconds = 1700000123,
        .recorded_zone_minutes = -210,
        .source = SOURCE_LATE_ENTRY,
        .seen = {true, {{4}}, 77, {{5}}},
        .extensions = f->extensions,
        .extension_count = 1,
    };
    header.act.officer = bytes_of_text("ct-01");
    header.act.unit = bytes_of_text("000.15.30.H57");
    return header;
}
