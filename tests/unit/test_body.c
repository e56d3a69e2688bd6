#include "protocol/record/body.h"
#include "tests/lib/random.h"
#include "tests/lib/unit.h"

#include <string.h>

static const uint8_t salt[SALT_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static struct wire_value text_value(const char *text)
{
    return (struct wire_value){.type = WIRE_TEXT, .as.bytes = bytes_of_text(text)};
}

static struct wire_value unsigned_value(uint64_t number)
{
    return (struct wire_value){.type = WIRE_UNSIGNED, .as.number = number};
}

/* A body in which every part is used. */
struct full {
    struct hash sources[2];
    struct write writes[3];
    struct shown_field shown[2];
    struct attachment attachments[2];
    struct record_extension extensions[2];
    struct case_body body;
};

static void full_init(struct full *full)
{
    *full = (struct full){.sources = {{{9}}, {{8}}}};
    full->writes[0] = (struct write){.field = bytes_of_text("ho_ten"),
                                     .value = text_value("Hồ Thị Nhung"),
                                     .sources = full->sources,
                                     .source_count = 2};
    full->writes[1] = (struct write){
        .field = bytes_of_text("dinh_kem"), .op = WRITE_ADD, .value = unsigned_value(70000)};
    full->writes[2] = (struct write){.field = bytes_of_text("ghi_chu"),
                                     .op = WRITE_REMOVE,
                                     .value = {.type = WIRE_NEGATIVE, .as.negative = -5}};
    full->shown[0] =
        (struct shown_field){.field = bytes_of_text("ho_ten"), .value_bytes = bytes_of("\xa1Z", 2)};
    full->shown[1] = (struct shown_field){.field = bytes_of_text("tuoi"),
                                          .value_bytes = bytes_of("\xcc\x80", 2),
                                          .sources = full->sources,
                                          .source_count = 1};
    for (size_t i = 0; i < 2; i++) {
        full->attachments[i] = (struct attachment){.slot = i,
                                                   .size = 1234567,
                                                   .chunk_size = 65536,
                                                   .root = {{7}},
                                                   .media_type = bytes_of_text("image/webp"),
                                                   .file_name = bytes_of_text("a.webp")};
        full->extensions[i] = (struct record_extension){
            .type = 5 + i, .critical = i == 1, .value = bytes_of("\x01", 1)};
    }
    memcpy(full->body.salt, salt, SALT_BYTES);
    full->body.step = bytes_of_text("phan_cong");
    full->body.writes = full->writes;
    full->body.write_count = 3;
    full->body.has_shown = true;
    full->body.shown_form = bytes_of_text("phieu-tiep-nhan/1");
    full->body.shown_language = bytes_of_text("vi");
    full->body.shown = full->shown;
    full->body.shown_count = 2;
    full->body.attachments = full->attachments;
    full->body.attachment_count = 2;
    full->body.reason = bytes_of_text("sai họ tên");
    full->body.basis = bytes_of_text("NĐ 61/2018");
    full->body.book_officer = bytes_of_text("tn01");
    full->body.book_hat = HAT_RECEPTION;
    full->body.cites = full->sources;
    full->body.cite_count = 2;
    full->body.request = bytes_of_text("r-1");
    full->body.note = bytes_of_text("ghi chú");
    full->body.extensions = full->extensions;
    full->body.extension_count = 2;
}

typedef enum status decode_any(struct bytes body, struct arena *arena);

static enum status decode_case(struct bytes body, struct arena *arena)
{
    struct case_body out;
    return case_body_decode(body, arena, &out);
}

static enum status decode_opening(struct bytes body, struct arena *arena)
{
    struct opening out;
    return opening_decode(body, arena, &out);
}

static enum status decode_lease(struct bytes body, struct arena *arena)
{
    struct lease out;
    return lease_decode(body, arena, &out);
}

/* Every strict prefix is refused; a changed byte never does harm. */
static void check_prefixes_and_mutants(struct bytes body, decode_any *decode)
{
    struct random random = {11};
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    uint8_t *copy = test_malloc(body.size);
    for (size_t size = 0; size < body.size; size++) {
        uint8_t *prefix = test_malloc(size + 1);
        memcpy(prefix, body.at, size);
        assert_int_not_equal(decode(bytes_of(prefix, size), &arena), STATUS_OK);
        test_free(prefix);
        arena_reset(&arena);
    }
    for (size_t round = 0; round < 20 * body.size; round++) {
        memcpy(copy, body.at, body.size);
        copy[random_below(&random, body.size)] = (uint8_t)random_next(&random);
        enum status status = decode(bytes_of(copy, body.size), &arena);
        assert_true(status == STATUS_OK || status == STATUS_MALFORMED || status == STATUS_LIMIT);
        arena_reset(&arena);
    }
    test_free(copy);
    arena_deinit(&arena);
}

static void test_body__case_body_comes_back_whole(void **state)
{
    (void)state;
    struct full full;
    full_init(&full);
    struct buffer out;
    buffer_init(&out, LIMIT_BODY_BYTES);
    assert_int_equal(case_body_encode(&full.body, &out), STATUS_OK);
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct case_body body;
    assert_int_equal(case_body_decode(buffer_view(&out), &arena, &body), STATUS_OK);
    assert_memory_equal(body.salt, salt, SALT_BYTES);
    assert_true(bytes_equal_text(body.step, "phan_cong"));
    assert_int_equal(body.write_count, 3);
    assert_true(bytes_equal_text(body.writes[0].field, "ho_ten"));
    assert_true(bytes_equal_text(body.writes[0].value.as.bytes, "Hồ Thị Nhung"));
    assert_true(bytes_equal_text(body.writes[0].value_bytes, "\xb0Hồ Thị Nhung"));
    assert_int_equal(body.writes[0].source_count, 2);
    assert_true(hash_equal(&body.writes[0].sources[1], &full.sources[1]));
    assert_true(bytes_equal(body.writes[1].value_bytes, bytes_of("\xce\x00\x01\x11\x70", 5)));
    assert_int_equal(body.writes[1].op, WRITE_ADD);
    assert_true(bytes_equal_text(body.writes[2].value_bytes, "\xfb"));
    assert_true(body.has_shown);
    assert_true(bytes_equal_text(body.shown_form, "phieu-tiep-nhan/1"));
    assert_true(bytes_equal_text(body.shown_language, "vi"));
    assert_int_equal(body.shown_count, 2);
    assert_true(bytes_equal_text(body.shown[1].value_bytes, "\xcc\x80"));
    assert_int_equal(body.attachment_count, 2);
    assert_int_equal(body.attachments[1].size, 1234567);
    assert_true(bytes_equal_text(body.attachments[1].media_type, "image/webp"));
    assert_true(bytes_equal_text(body.reason, "sai họ tên"));
    assert_true(bytes_equal_text(body.basis, "NĐ 61/2018"));
    assert_true(bytes_equal_text(body.book_officer, "tn01"));
    assert_int_equal(body.book_hat, HAT_RECEPTION);
    assert_int_equal(body.cite_count, 2);
    assert_true(bytes_equal_text(body.request, "r-1"));
    assert_true(bytes_equal_text(body.note, "ghi chú"));
    assert_int_equal(body.extension_count, 2);
    assert_true(body.extensions[1].critical && !body.extensions[0].critical);

    struct buffer again;
    buffer_init(&again, LIMIT_BODY_BYTES);
    assert_int_equal(case_body_encode(&body, &again), STATUS_OK);
    assert_true(bytes_equal(buffer_view(&again), buffer_view(&out)));
    check_prefixes_and_mutants(buffer_view(&out), decode_case);
    buffer_deinit(&again);
    buffer_deinit(&out);
    arena_deinit(&arena);
}

static void test_body__smallest_case_body_has_golden_bytes(void **state)
{
    (void)state;
    struct case_body body = {.has_shown = false};
    memcpy(body.salt, salt, SALT_BYTES);
    struct buffer out;
    buffer_init(&out, 100);
    assert_int_equal(case_body_encode(&body, &out), STATUS_OK);
    char text[128];
    assert_true(buffer_view(&out).size < 60);
    hex_encode(buffer_view(&out), text);
    assert_string_equal(text, "97c4100102030405060708090a0b0c0d0e0f10c090c0908090");
    buffer_deinit(&out);
}

/* What a change to the full body makes of its encoding. */
typedef void change(struct full *full);

static char long_text[LIMIT_TEXT_BYTES + 1];
static struct write many_writes[LIMIT_WRITES + 1];
static struct hash many_hashes[LIMIT_SOURCES + 1];

static void text_at_limit(struct full *full)
{
    full->writes[0].value.as.bytes = bytes_of(long_text, LIMIT_TEXT_BYTES);
}
static void text_over_limit(struct full *full)
{
    full->writes[0].value.as.bytes = bytes_of(long_text, LIMIT_TEXT_BYTES + 1);
}
static void key_at_limit(struct full *full)
{
    full->writes[0].field = bytes_of(long_text, LIMIT_KEY_BYTES);
}
static void key_over_limit(struct full *full)
{
    full->writes[0].field = bytes_of(long_text, LIMIT_KEY_BYTES + 1);
}
static void key_empty(struct full *full)
{
    full->writes[0].field.size = 0;
}
static void writes_at_limit(struct full *full)
{
    full->body.writes = many_writes;
    full->body.write_count = LIMIT_WRITES;
}
static void writes_over_limit(struct full *full)
{
    full->body.writes = many_writes;
    full->body.write_count = LIMIT_WRITES + 1;
}
static void sources_at_limit(struct full *full)
{
    full->writes[1].sources = many_hashes;
    full->writes[1].source_count = LIMIT_SOURCES;
}
static void sources_over_limit(struct full *full)
{
    full->writes[1].sources = many_hashes;
    full->writes[1].source_count = LIMIT_SOURCES + 1;
}
static void source_none(struct full *full)
{
    full->sources[1] = (struct hash){{0}};
}
static void op_unknown(struct full *full)
{
    full->writes[0].op = WRITE_REMOVE + 1;
}
static void set_twice(struct full *full)
{
    full->writes[2] = full->writes[0];
}
static void value_is_binary(struct full *full)
{
    full->writes[0].value.type = WIRE_BINARY;
}
static void value_not_utf8(struct full *full)
{
    full->writes[0].value = text_value("\xff");
}
static void value_too_large(struct full *full)
{
    full->writes[0].value = unsigned_value((uint64_t)INT64_MAX + 1);
}
static void shown_of_two_values(struct full *full)
{
    full->shown[0].value_bytes = bytes_of("\xc0\xc0", 2);
}
static void shown_of_no_value(struct full *full)
{
    full->shown[0].value_bytes.size = 0;
}
static void slots_out_of_order(struct full *full)
{
    full->attachments[0].slot = 1;
}
static void chunk_of_nothing(struct full *full)
{
    full->attachments[0].chunk_size = 0;
}
static void extensions_out_of_order(struct full *full)
{
    full->extensions[0].type = 6;
}
static void step_over_limit(struct full *full)
{
    full->body.step = bytes_of(long_text, LIMIT_KEY_BYTES + 1);
}
static void request_over_limit(struct full *full)
{
    full->body.request = bytes_of(long_text, LIMIT_REQUEST_BYTES + 1);
}

static void test_body__encoder_refuses_what_the_decoder_would(void **state)
{
    (void)state;
    static const struct {
        change *change;
        enum status status;
    } rows[] = {
        {text_at_limit, STATUS_OK},         {text_over_limit, STATUS_USAGE},
        {key_at_limit, STATUS_OK},          {key_over_limit, STATUS_LIMIT},
        {key_empty, STATUS_USAGE},          {writes_at_limit, STATUS_OK},
        {writes_over_limit, STATUS_LIMIT},  {sources_at_limit, STATUS_OK},
        {sources_over_limit, STATUS_LIMIT}, {source_none, STATUS_USAGE},
        {op_unknown, STATUS_LIMIT},         {set_twice, STATUS_USAGE},
        {value_is_binary, STATUS_USAGE},    {value_not_utf8, STATUS_USAGE},
        {value_too_large, STATUS_USAGE},    {shown_of_two_values, STATUS_USAGE},
        {shown_of_no_value, STATUS_USAGE},  {slots_out_of_order, STATUS_USAGE},
        {chunk_of_nothing, STATUS_USAGE},   {extensions_out_of_order, STATUS_USAGE},
        {step_over_limit, STATUS_LIMIT},    {request_over_limit, STATUS_LIMIT},
    };
    memset(long_text, 'a', sizeof long_text);
    static char keys[LIMIT_WRITES + 1][3];
    for (size_t i = 0; i <= LIMIT_WRITES; i++) {
        keys[i][0] = (char)('a' + i / 26);
        keys[i][1] = (char)('a' + i % 26);
        many_writes[i] = (struct write){.field = bytes_of(keys[i], 2), .value = unsigned_value(i)};
        many_hashes[i].bytes[0] = (uint8_t)(i + 1);
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct full full;
        full_init(&full);
        rows[i].change(&full);
        struct buffer out;
        buffer_init(&out, LIMIT_BODY_BYTES);
        enum status status = case_body_encode(&full.body, &out);
        if (status != rows[i].status) {
            fail_msg("row %zu: %s", i, status_name(status));
        }
        buffer_deinit(&out);
    }
}

static void test_body__body_over_its_limit_is_refused(void **state)
{
    (void)state;
    memset(long_text, 'a', sizeof long_text);
    struct full full;
    full_init(&full);
    for (size_t i = 0; i < 3; i++) {
        full.writes[i].op = WRITE_ADD;
        full.writes[i].value = text_value("");
        full.writes[i].value.as.bytes = bytes_of(long_text, LIMIT_TEXT_BYTES);
    }
    full.body.reason = bytes_of(long_text, LIMIT_TEXT_BYTES);
    struct buffer out;
    buffer_init(&out, 2 * LIMIT_BODY_BYTES);
    assert_int_equal(case_body_encode(&full.body, &out), STATUS_LIMIT);
    buffer_reset(&out);
    full.body.reason = bytes_of(long_text, LIMIT_TEXT_BYTES - 2000);
    assert_int_equal(case_body_encode(&full.body, &out), STATUS_OK);
    struct buffer small;
    buffer_init(&small, 1000);
    assert_int_equal(case_body_encode(&full.body, &small), STATUS_LIMIT);
    buffer_deinit(&small);
    buffer_deinit(&out);
}

static void test_body__unknown_detail_is_passed_over(void **state)
{
    (void)state;
    /* detail {2: "b", 8: [1, {1: nil}], 300: nil} */
    static const char hex[] = "97c4100102030405060708090a0b0c0d0e0f10c090c090"
                              "8302a16208920181"
                              "01c0cd012cc090";
    uint8_t room[128];
    size_t size = 0;
    assert_true(hex_decode(hex, strlen(hex), room, sizeof room, &size));
    struct arena arena;
    arena_init(&arena, 10000);
    struct case_body body;
    assert_int_equal(case_body_decode(bytes_of(room, size), &arena, &body), STATUS_OK);
    assert_true(bytes_equal_text(body.basis, "b"));
    arena_deinit(&arena);
}

static void test_body__known_detail_of_another_type_is_refused(void **state)
{
    (void)state;
    static const char *const details[] = {"8101c0", "8101a0", "810401c0", "810400", "810590",
                                          "8105c0", "8106c0", "90",       "c0"};
    for (size_t i = 0; i < sizeof details / sizeof details[0]; i++) {
        char hex[128] = "97c4100102030405060708090a0b0c0d0e0f10c090c090";
        strcat(hex, details[i]);
        strcat(hex, "90");
        assert_int_equal(strlen(details[i]) % 2, 0);
        uint8_t room[64];
        size_t size = 0;
        assert_true(hex_decode(hex, strlen(hex), room, sizeof room, &size));
        struct arena arena;
        arena_init(&arena, 10000);
        assert_int_equal(decode_case(bytes_of(room, size), &arena), STATUS_MALFORMED);
        arena_deinit(&arena);
    }
}

static struct opening sound_opening(void)
{
    struct opening opening = {.scope = {{2}},
                              .has_predecessor = true,
                              .predecessor_log = {{3}},
                              .predecessor_seq = 70,
                              .predecessor_id = {{4}},
                              .rules = RULES_VERSION,
                              .purpose = LOG_BULK};
    struct secret_key secret;
    memcpy(opening.salt, salt, SALT_BYTES);
    key_pair_of_seed((const uint8_t[32]){5}, &opening.device, &secret);
    opening.software = bytes_of_text("hoso 0.1.0");
    return opening;
}

static void test_body__opening_comes_back_whole(void **state)
{
    (void)state;
    struct opening opening = sound_opening();
    struct buffer out;
    buffer_init(&out, LIMIT_BODY_BYTES);
    assert_int_equal(opening_encode(&opening, &out), STATUS_OK);
    struct arena arena;
    arena_init(&arena, 10000);
    struct opening again;
    assert_int_equal(opening_decode(buffer_view(&out), &arena, &again), STATUS_OK);
    assert_true(public_key_equal(&again.device, &opening.device));
    assert_true(name_equal(&again.scope, &opening.scope));
    assert_true(again.has_predecessor);
    assert_true(name_equal(&again.predecessor_log, &opening.predecessor_log));
    assert_int_equal(again.predecessor_seq, 70);
    assert_true(hash_equal(&again.predecessor_id, &opening.predecessor_id));
    assert_true(bytes_equal_text(again.software, "hoso 0.1.0"));
    assert_int_equal(again.rules, RULES_VERSION);
    assert_int_equal(again.purpose, LOG_BULK);
    check_prefixes_and_mutants(buffer_view(&out), decode_opening);
    buffer_deinit(&out);
    arena_deinit(&arena);
}

static void test_body__opening_of_an_unsound_key_is_refused(void **state)
{
    (void)state;
    struct opening opening = sound_opening();
    opening.device = (struct public_key){{1}};
    struct buffer out;
    buffer_init(&out, LIMIT_BODY_BYTES);
    assert_int_equal(opening_encode(&opening, &out), STATUS_USAGE);
    buffer_reset(&out);
    opening = sound_opening();
    opening.scope = (struct name){{0}};
    assert_int_equal(opening_encode(&opening, &out), STATUS_USAGE);
    buffer_deinit(&out);
}

static void test_body__identity_of_a_newer_opening_is_read(void **state)
{
    (void)state;
    struct opening opening = sound_opening();
    struct buffer out;
    buffer_init(&out, LIMIT_BODY_BYTES);
    wire_put_array(&out, 4);
    wire_put_binary(&out, bytes_of(salt, SALT_BYTES));
    wire_put_binary(&out, bytes_of(opening.device.bytes, 32));
    wire_put_name(&out, &opening.scope);
    wire_put_map(&out, 0);
    struct public_key device;
    struct name scope;
    assert_int_equal(opening_decode_identity(buffer_view(&out), &device, &scope), STATUS_OK);
    assert_true(public_key_equal(&device, &opening.device));
    assert_true(name_equal(&scope, &opening.scope));
    struct arena arena;
    arena_init(&arena, 10000);
    assert_int_equal(decode_opening(buffer_view(&out), &arena), STATUS_MALFORMED);
    arena_deinit(&arena);
    buffer_deinit(&out);
}

static void test_body__lease_keeps_its_ranges(void **state)
{
    (void)state;
    struct lease lease = {
        .log = {{1}}, .first_day = 20000, .days = 90, .first_number = 9950, .count = 50};
    memcpy(lease.salt, salt, SALT_BYTES);
    lease.unit = bytes_of_text("000.15.30.H57");
    struct buffer out;
    buffer_init(&out, LIMIT_BODY_BYTES);
    assert_int_equal(lease_encode(&lease, &out), STATUS_OK);
    struct arena arena;
    arena_init(&arena, 10000);
    struct lease again;
    assert_int_equal(lease_decode(buffer_view(&out), &arena, &again), STATUS_OK);
    assert_true(name_equal(&again.log, &lease.log));
    assert_int_equal(again.first_day, 20000);
    assert_int_equal(again.days, 90);
    assert_int_equal(again.first_number, 9950);
    assert_int_equal(again.count, 50);
    assert_true(bytes_equal(again.unit, lease.unit));
    check_prefixes_and_mutants(buffer_view(&out), decode_lease);
    buffer_reset(&out);
    lease.count = 51;
    assert_int_equal(lease_encode(&lease, &out), STATUS_USAGE);
    buffer_reset(&out);
    lease.count = 0;
    assert_int_equal(lease_encode(&lease, &out), STATUS_USAGE);
    buffer_reset(&out);
    lease.count = 1;
    lease.days = LIMIT_LEASE_DAYS + 1;
    assert_int_equal(lease_encode(&lease, &out), STATUS_LIMIT);
    buffer_deinit(&out);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_body__case_body_comes_back_whole),
        cmocka_unit_test(test_body__smallest_case_body_has_golden_bytes),
        cmocka_unit_test(test_body__encoder_refuses_what_the_decoder_would),
        cmocka_unit_test(test_body__body_over_its_limit_is_refused),
        cmocka_unit_test(test_body__unknown_detail_is_passed_over),
        cmocka_unit_test(test_body__known_detail_of_another_type_is_refused),
        cmocka_unit_test(test_body__opening_comes_back_whole),
        cmocka_unit_test(test_body__opening_of_an_unsound_key_is_refused),
        cmocka_unit_test(test_body__identity_of_a_newer_opening_is_read),
        cmocka_unit_test(test_body__lease_keeps_its_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
