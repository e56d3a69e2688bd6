#include "protocol/sync/frame/frame.h"
#include "tests/lib/random.h"
#include "tests/lib/unit.h"

#include <string.h>

static struct name name_of(uint8_t byte)
{
    struct name name;
    memset(name.bytes, byte, sizeof name.bytes);
    return name;
}

/* What a decoder of any frame says; the frame's type picks it. */
static enum status decode(struct bytes frame)
{
    struct arena arena;
    struct heads heads;
    struct ack ack;
    struct receipts receipts;
    struct want want;
    struct rest rest;
    struct begun begun;
    struct records records;
    uint64_t number = 0;
    enum status status = STATUS_OK;
    arena_init(&arena, 1024 * 1024);
    switch ((enum frame_type)frame.at[0]) {
    case FRAME_HEADS:
        status = heads_decode(frame, &arena, &heads);
        break;
    case FRAME_ACK:
        status = ack_decode(frame, &arena, &ack);
        break;
    case FRAME_RECEIPT:
        status = receipts_decode(frame, &arena, &receipts);
        break;
    case FRAME_WANT:
        status = want_decode(frame, &arena, &want);
        break;
    case FRAME_REST:
        status = rest_decode(frame, &arena, &rest);
        break;
    case FRAME_RECORDS:
        status = records_decode(frame, &arena, &records);
        break;
    case FRAME_BUSY:
    case FRAME_BYE:
        status = notice_decode(frame, &arena, &number);
        break;
    case FRAME_BEGUN:
        status = begun_decode(frame, &arena, &begun);
        break;
    case FRAME_HELLO:
    case FRAME_REFUSE:
    case FRAME_REMAINDER:
        break;
    }
    arena_deinit(&arena);
    return status;
}

enum { FRAMES = 9 };

static void encode_all(struct buffer frames[FRAMES], size_t *count)
{
    static const uint64_t seqs[] = {1, 2, 900};
    static const uint8_t receipt[] = {1, 2, 3};
    struct name scopes[] = {name_of(1), name_of(2)};
    struct head heads_of[] = {{name_of(3), 7, name_of(4)}, {.log = name_of(5)}};
    struct bytes item = bytes_of(receipt, sizeof receipt);
    struct heads heads = {HEADS_WHOLE, scopes, 2, heads_of, 2};
    struct ack ack = {9000, 18, heads_of, 2, item};
    struct receipts receipts = {5, &item, 1};
    struct want want = {.log = name_of(6), .seqs = seqs, .count = 3};
    struct rest rest = {.digest = name_of(7)};
    struct records_run runs[] = {
        {.log = name_of(8), .first_seq = 1, .count = 2, .follow = FOLLOW_OPENING},
        {.log = name_of(9), .first_seq = 300, .count = 1, .follow = FOLLOW_KNOWN}};
    struct records records = {.has_cursor = true,
                              .arrival = 70000,
                              .running_hash = name_of(10),
                              .runs = runs,
                              .run_count = 2};
    for (size_t i = 0; i < FRAMES; i++) {
        buffer_init(&frames[i], LIMIT_FRAME_BYTES);
    }
    heads_encode(&heads, &frames[0]);
    ack_encode(&ack, &frames[1]);
    receipts_encode(&receipts, &frames[2]);
    want_encode(&want, &frames[3]);
    rest_encode(&rest, &frames[4]);
    notice_encode(FRAME_BUSY, 5000, &frames[5]);
    records_encode(&records, &frames[6]);
    buffer_append_u8(&frames[6], 0); /* stands for its columns */
    struct begun begun = {.bytes = 911, .check = name_of(11)};
    begun_encode(&begun, &frames[7]);
    runs[0] = runs[1];
    records.prelude = LIMIT_PRELUDE_RECORDS;
    records_encode(&records, &frames[8]);
    buffer_append_u8(&frames[8], 0);
    *count = FRAMES;
}

static void test_frame__every_strict_prefix_is_refused(void **state)
{
    (void)state;
    struct buffer frames[FRAMES];
    size_t count = 0;
    encode_all(frames, &count);
    for (size_t i = 0; i < count; i++) {
        struct bytes whole = buffer_view(&frames[i]);
        assert_true(whole.size > 1);
        assert_int_equal(decode(whole), STATUS_OK);
        for (size_t size = 1; size < whole.size; size++) {
            assert_int_not_equal(decode(bytes_of(whole.at, size)), STATUS_OK);
        }
        buffer_append_u8(&frames[i], 0xc0);
        if (frames[i].at[0] != FRAME_RECORDS) { /* what follows there is the columns' */
            assert_int_not_equal(decode(buffer_view(&frames[i])), STATUS_OK);
        }
        buffer_deinit(&frames[i]);
    }
}

static void test_frame__decoders_stand_any_bytes(void **state)
{
    enum { ROUNDS = 20000 };
    (void)state;
    struct buffer frames[FRAMES];
    size_t count = 0;
    struct random random = {11};
    uint8_t spoilt[256];
    encode_all(frames, &count);
    for (size_t round = 0; round < ROUNDS; round++) {
        struct bytes whole = buffer_view(&frames[round % count]);
        size_t size = 1 + (size_t)random_below(&random, whole.size);
        assert_true(size <= sizeof spoilt);
        memcpy(spoilt, whole.at, size);
        for (uint64_t flips = random_below(&random, 4); flips > 0; flips--) {
            spoilt[random_below(&random, size)] = (uint8_t)random_next(&random);
        }
        enum status status = decode(bytes_of(spoilt, size));
        assert_true(status == STATUS_OK || status == STATUS_MALFORMED || status == STATUS_LIMIT);
    }
    for (size_t i = 0; i < count; i++) {
        buffer_deinit(&frames[i]);
    }
}

static void test_frame__bounds_are_kept(void **state)
{
    (void)state;
    static struct head many[FRAME_HEADS_MAX + 1];
    static struct bytes items[FRAME_RECEIPTS_MAX + 1];
    static const uint8_t byte = 1;
    struct buffer out;
    buffer_init(&out, LIMIT_FRAME_BYTES);
    for (size_t i = 0; i <= FRAME_HEADS_MAX; i++) {
        many[i].log = name_of((uint8_t)(i % 255 + 1));
    }
    struct heads heads = {.mode = HEADS_ASK, .entries = many, .count = FRAME_HEADS_MAX};
    heads_encode(&heads, &out);
    assert_int_equal(decode(buffer_view(&out)), STATUS_OK);
    heads.count++;
    buffer_reset(&out);
    heads_encode(&heads, &out);
    assert_int_equal(decode(buffer_view(&out)), STATUS_LIMIT);
    for (size_t i = 0; i <= FRAME_RECEIPTS_MAX; i++) {
        items[i] = bytes_of(&byte, 1);
    }
    struct receipts receipts = {1, items, FRAME_RECEIPTS_MAX + 1};
    buffer_reset(&out);
    receipts_encode(&receipts, &out);
    assert_int_equal(decode(buffer_view(&out)), STATUS_LIMIT);
    struct records_run run = {
        .log = name_of(1), .first_seq = 1, .count = LIMIT_FRAME_RECORDS, .follow = FOLLOW_OPENING};
    struct records_run two[] = {run, run};
    struct records records = {.runs = two, .run_count = 2};
    buffer_reset(&out);
    records_encode(&records, &out);
    buffer_append_u8(&out, 0);
    assert_int_equal(decode(buffer_view(&out)), STATUS_LIMIT);
    buffer_deinit(&out);
}

static void test_frame__a_head_has_an_id_unless_nothing_is_held(void **state)
{
    (void)state;
    struct head head = {.log = name_of(1), .seq = 3};
    struct heads heads = {.mode = HEADS_TELL, .entries = &head, .count = 1};
    struct buffer out;
    buffer_init(&out, LIMIT_FRAME_BYTES);
    heads_encode(&heads, &out);
    assert_int_equal(decode(buffer_view(&out)), STATUS_MALFORMED);
    head = (struct head){.log = name_of(1), .id16 = name_of(2)};
    buffer_reset(&out);
    heads_encode(&heads, &out);
    assert_int_equal(decode(buffer_view(&out)), STATUS_MALFORMED);
    buffer_deinit(&out);
}

static void test_frame__only_an_opening_begins_a_log(void **state)
{
    (void)state;
    struct records_run run = {.log = name_of(1), .first_seq = 1, .count = 1, .follow = FOLLOW_TOLD};
    struct records records = {.runs = &run, .run_count = 1};
    struct buffer out;
    buffer_init(&out, LIMIT_FRAME_BYTES);
    records_encode(&records, &out);
    buffer_append_u8(&out, 0);
    assert_int_equal(decode(buffer_view(&out)), STATUS_MALFORMED);
    run.follow = FOLLOW_OPENING;
    run.first_seq = 2;
    buffer_reset(&out);
    records_encode(&records, &out);
    buffer_append_u8(&out, 0);
    assert_int_equal(decode(buffer_view(&out)), STATUS_MALFORMED);
    buffer_deinit(&out);
}

static void test_frame__cursor_check_covers_every_part(void **state)
{
    (void)state;
    struct cursor cursor = {name_of(1), 7, name_of(2), name_of(3), 0};
    struct name whole = frame_cursor_check(&cursor);
    struct cursor changed[] = {cursor, cursor, cursor, cursor};
    changed[0].epoch.bytes[15] ^= 1;
    changed[1].arrival++;
    changed[2].running_hash.bytes[15] ^= 1;
    changed[3].scopes.bytes[15] ^= 1;
    for (size_t i = 0; i < 4; i++) {
        struct name check = frame_cursor_check(&changed[i]);
        assert_false(name_equal(&check, &whole));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame__every_strict_prefix_is_refused),
        cmocka_unit_test(test_frame__decoders_stand_any_bytes),
        cmocka_unit_test(test_frame__bounds_are_kept),
        cmocka_unit_test(test_frame__a_head_has_an_id_unless_nothing_is_held),
        cmocka_unit_test(test_frame__only_an_opening_begins_a_log),
        cmocka_unit_test(test_frame__cursor_check_covers_every_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
