/* A bundle as a file: what is written is read again, and what is not whole is never taken. */
#include "protocol/sync/frame/bundle.h"
#include "tests/lib/unit.h"
#include "tests/lib/writer.h"

#include <string.h>

enum { EDITS = 20 };

struct fixture {
    struct script script;
    struct writer writer;
    struct arena arena;
    struct record *records;
    struct buffer file;
    struct bundle_writer out;
};

static struct bytes put_title(struct fixture *fixture, uint64_t records, struct buffer *frame)
{
    struct bundle_title title = {.writer = fixture->writer.key,
                                 .unit = bytes_of_text("000.15.30.H57"),
                                 .seconds = 1795485600,
                                 .records = records};
    buffer_reset(frame);
    bundle_title_encode(&title, frame);
    assert_int_equal(buffer_status(frame), STATUS_OK);
    return buffer_view(frame);
}

static struct bytes put_vector(struct fixture *fixture, struct buffer *frame)
{
    struct head head = {.log = fixture->writer.log, .seq = 1};
    struct heads heads = {.mode = HEADS_WHOLE,
                          .scopes = &fixture->writer.scope,
                          .scope_count = 1,
                          .entries = &head,
                          .count = 1};
    head.id16 = name_of_hash(&fixture->script.ids[0]);
    buffer_reset(frame);
    heads_encode(&heads, frame);
    return buffer_view(frame);
}

/* Title, vector, records from |first| on with the opening before them, end. */
static void write_file(struct fixture *fixture, size_t first)
{
    struct buffer frame;
    size_t taken = 0;
    buffer_init(&frame, LIMIT_FRAME_BYTES);
    bundle_put(&fixture->out, put_title(fixture, fixture->script.count - first, &frame),
               &fixture->file);
    bundle_put(&fixture->out, put_vector(fixture, &frame), &fixture->file);
    buffer_reset(&frame);
    assert_int_equal(bundle_records_encode(
                         &fixture->writer.log, first > 0 ? &fixture->records[0] : NULL,
                         fixture->records + first, fixture->script.count - first, &frame, &taken),
                     STATUS_OK);
    assert_int_equal(taken, fixture->script.count - first);
    bundle_put(&fixture->out, buffer_view(&frame), &fixture->file);
    buffer_reset(&frame);
    notice_encode(FRAME_BYE, 0, &frame);
    bundle_put(&fixture->out, buffer_view(&frame), &fixture->file);
    assert_int_equal(buffer_status(&fixture->file), STATUS_OK);
    buffer_deinit(&frame);
}

static int set_up(void **state)
{
    static struct fixture fixture;
    struct name scope = {{7}};
    memset(&fixture, 0, sizeof fixture);
    script_open(&fixture.script);
    writer_init(&fixture.writer, 5, &scope);
    writer_open_log(&fixture.writer, LOG_COUNTER, &fixture.script);
    struct name case_name = writer_genesis(&fixture.writer, &fixture.script);
    for (size_t i = 0; i < EDITS; i++)
        writer_edit(&fixture.writer, &case_name, &fixture.script);
    arena_init(&fixture.arena, 1 << 22);
    fixture.records = arena_array(&fixture.arena, fixture.script.count, sizeof *fixture.records);
    for (size_t i = 0; i < fixture.script.count; i++)
        assert_int_equal(
            record_decode(fixture.script.records[i], &fixture.arena, &fixture.records[i]),
            STATUS_OK);
    buffer_init(&fixture.file, 1 << 22);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    buffer_deinit(&fixture->file);
    arena_deinit(&fixture->arena);
    script_close(&fixture->script);
    return 0;
}

/* How many frames come whole out of the first |size| bytes, and what ends it. */
static size_t read_frames(struct bytes file, enum status *status, struct bundle_reader *reader)
{
    size_t frames = 0, at = 0;
    *reader = (struct bundle_reader){.offset = 0};
    for (;;) {
        size_t used = 0;
        struct bytes frame;
        *status = bundle_take(reader, bytes_of(file.at + at, file.size - at), &used, &frame);
        if (*status != STATUS_OK)
            return frames;
        at += used;
        assert_int_equal(reader->offset, at);
        if (frame.size == 0)
            return frames;
        frames++;
    }
}

static void test_bundle__records_come_back_as_they_were(void **state)
{
    struct fixture *fixture = *state;
    struct bundle_reader reader = {.offset = 0};
    struct bytes frame, file;
    size_t used = 0, at = 0, first = 8;
    struct batch *batch = NULL;
    write_file(fixture, first);
    file = buffer_view(&fixture->file);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            bundle_take(&reader, bytes_of(file.at + at, file.size - at), &used, &frame), STATUS_OK);
        at += used;
    }
    assert_int_equal(reader.part, BUNDLE_RECORDS);
    assert_int_equal(bundle_batch(frame, &batch), STATUS_OK);
    assert_int_equal(batch->run_count, 2);
    assert_int_equal(batch->runs[0].count, 1);
    assert_true(batch->runs[1].device_known); /* by the opening beside it */
    assert_true(public_key_equal(&batch->runs[1].device, &fixture->writer.key));
    assert_true(name_equal(&batch->runs[1].scope, &fixture->writer.scope));
    assert_int_equal(batch->runs[1].before.seq, first);
    assert_true(hash_equal(&batch->runs[1].before.id, &fixture->script.ids[first - 1]));
    for (size_t i = first; i < fixture->script.count; i++)
        assert_true(bytes_equal(batch->records[1 + i - first].raw, fixture->script.records[i]));
    batch_verify(batch, CHAIN_EACH);
    assert_int_equal(batch->runs[1].verdict.authentic, fixture->script.count - first);
    assert_int_equal(batch->runs[1].verdict.by_chain, 0);
    batch_free(batch);
}

static void test_bundle__every_prefix_waits_for_more(void **state)
{
    struct fixture *fixture = *state;
    struct bundle_reader reader;
    enum status status = STATUS_OK;
    write_file(fixture, 0);
    struct bytes file = buffer_view(&fixture->file);
    size_t most = 0;
    for (size_t size = 0; size <= file.size; size++) {
        size_t frames = read_frames(bytes_of(file.at, size), &status, &reader);
        assert_int_equal(status, STATUS_OK);
        assert_true(frames >= most);
        assert_int_equal(reader.part == BUNDLE_END, size == file.size);
        most = frames;
    }
    assert_int_equal(most, 4);
}

static void test_bundle__no_byte_may_be_another(void **state)
{
    struct fixture *fixture = *state;
    struct bundle_reader reader;
    enum status status = STATUS_OK;
    write_file(fixture, 0);
    struct bytes file = buffer_view(&fixture->file);
    for (size_t i = 0; i < file.size; i++) {
        fixture->file.at[i] ^= 0x10;
        (void)read_frames(file, &status, &reader);
        /* Refused; or a size that says more than there is: then the end never comes. */
        assert_true(status != STATUS_OK || reader.part != BUNDLE_END);
        assert_true(reader.offset <= i);
        fixture->file.at[i] ^= 0x10;
    }
    buffer_append_u8(&fixture->file, 0);
    (void)read_frames(buffer_view(&fixture->file), &status, &reader);
    assert_int_equal(status, STATUS_MALFORMED); /* nothing follows the end */
}

static void test_bundle__tells_what_it_is_not(void **state)
{
    struct bundle_reader reader;
    enum status status = STATUS_OK;
    (void)state;
    (void)read_frames(bytes_of_text("ma_ho_so,thu_tuc\n"), &status, &reader);
    assert_int_equal(status, STATUS_MALFORMED);
    assert_int_equal(reader.offset, 0);
    (void)read_frames(bytes_of_text("hoso/bundle/2\n"), &status, &reader);
    assert_int_equal(status, STATUS_NEWER);
}

/* Frames in another order than SPEC.md's are no bundle, though each is whole. */
static void test_bundle__order_holds(void **state)
{
    struct fixture *fixture = *state;
    struct buffer frame;
    struct bundle_reader reader;
    enum status status = STATUS_OK;
    buffer_init(&frame, LIMIT_FRAME_BYTES);
    bundle_put(&fixture->out, put_vector(fixture, &frame), &fixture->file);
    assert_int_equal(read_frames(buffer_view(&fixture->file), &status, &reader), 0);
    assert_int_equal(status, STATUS_MALFORMED);
    buffer_reset(&fixture->file);
    fixture->out = (struct bundle_writer){.begun = false};
    bundle_put(&fixture->out, put_title(fixture, 0, &frame), &fixture->file);
    buffer_reset(&frame);
    notice_encode(FRAME_BYE, 0, &frame);
    bundle_put(&fixture->out, buffer_view(&frame), &fixture->file);
    assert_int_equal(read_frames(buffer_view(&fixture->file), &status, &reader), 1);
    assert_int_equal(status, STATUS_MALFORMED);
    buffer_deinit(&frame);
}

static void test_bundle__what_a_newer_one_adds_is_passed_over(void **state)
{
    static const uint8_t unknown[] = {17, 0xc0};
    struct fixture *fixture = *state;
    struct buffer frame;
    struct bundle_reader reader;
    enum status status = STATUS_OK;
    buffer_init(&frame, LIMIT_FRAME_BYTES);
    bundle_put(&fixture->out, put_title(fixture, 0, &frame), &fixture->file);
    bundle_put(&fixture->out, bytes_of(unknown, sizeof unknown), &fixture->file);
    bundle_put(&fixture->out, put_vector(fixture, &frame), &fixture->file);
    assert_int_equal(read_frames(buffer_view(&fixture->file), &status, &reader), 3);
    assert_int_equal(status, STATUS_OK);
    buffer_deinit(&frame);
}

static void test_bundle__title_is_exact(void **state)
{
    struct fixture *fixture = *state;
    struct arena arena;
    struct bundle_title title;
    struct buffer frame;
    buffer_init(&frame, LIMIT_FRAME_BYTES);
    arena_init(&arena, 1 << 16);
    struct bytes whole = put_title(fixture, 12, &frame);
    assert_int_equal(bundle_title_decode(whole, &arena, &title), STATUS_OK);
    assert_int_equal(title.records, 12);
    assert_int_equal(title.seconds, 1795485600);
    assert_true(bytes_equal_text(title.unit, "000.15.30.H57"));
    assert_false(title.has_proof);
    assert_true(public_key_equal(&title.writer, &fixture->writer.key));
    struct bundle_title odd = {.writer = fixture->writer.key, .unit = bytes_of_text("H57\033[2J")};
    struct buffer spoilt;
    buffer_init(&spoilt, LIMIT_FRAME_BYTES);
    bundle_title_encode(&odd, &spoilt); /* nothing that a terminal would act on */
    assert_int_equal(bundle_title_decode(buffer_view(&spoilt), &arena, &title), STATUS_MALFORMED);
    buffer_deinit(&spoilt);
    for (size_t size = 0; size < whole.size; size++)
        assert_int_not_equal(bundle_title_decode(bytes_of(whole.at, size), &arena, &title),
                             STATUS_OK);
    arena_deinit(&arena);
    buffer_deinit(&frame);
}

/* A cursor, or a run that follows what only the line's other end knows, has no place in a file. */
static void test_bundle__takes_no_frames_of_a_line(void **state)
{
    struct fixture *fixture = *state;
    struct buffer frame;
    struct batch *batch = NULL;
    size_t taken = 0;
    buffer_init(&frame, LIMIT_FRAME_BYTES);
    assert_int_equal(
        bundle_records_encode(&fixture->writer.log, NULL, fixture->records + 3, 4, &frame, &taken),
        STATUS_OK);
    assert_int_equal(bundle_batch(buffer_view(&frame), &batch), STATUS_OK);
    assert_false(batch->runs[0].device_known);
    batch_free(batch);
    frame.at[1] = 2; /* flags: the stream is at its end */
    assert_int_equal(bundle_batch(buffer_view(&frame), &batch), STATUS_PROTOCOL);
    frame.at[1] = 0;
    frame.at[3 + 16 + 2] = 1; /* follow: what the receiver surely holds */
    assert_int_not_equal(bundle_batch(buffer_view(&frame), &batch), STATUS_OK);
    buffer_deinit(&frame);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_bundle__records_come_back_as_they_were),
        TEST(test_bundle__every_prefix_waits_for_more),
        TEST(test_bundle__no_byte_may_be_another),
        TEST(test_bundle__tells_what_it_is_not),
        TEST(test_bundle__order_holds),
        TEST(test_bundle__what_a_newer_one_adds_is_passed_over),
        TEST(test_bundle__title_is_exact),
        TEST(test_bundle__takes_no_frames_of_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
