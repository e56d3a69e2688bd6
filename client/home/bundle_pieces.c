#include "client/home/bundle_pieces.h"

#include "client/text/base64.h"

#include <stdio.h>
#include <string.h>

enum {
    ANSWER_BYTES_MOST = 16 * 1024 * 1024,
    ARGUMENTS_BYTES_MOST = 16 * 1024 * 1024,
    TAKE_BYTES = 256 * 1024, /* of frames in one request: thousands of records, one commit */
    TAKE_FRAMES = 1024,
    READ_BYTES = 256 * 1024,
    WINDOW_BYTES = READ_BYTES + 2 * BUNDLE_PIECE_BYTES
};

/* ---- asking ---- */

bool carry_piece(struct carrying *carrying, const struct buffer *arguments)
{
    struct command_answer *piece = &carrying->piece;
    const struct command_request request = {.verb = "bundle",
                                            .arguments = (const char *)arguments->at,
                                            .vietnamese = carrying->request->vietnamese,
                                            .json = true};

    json_release(carrying->document);
    carrying->document = NULL;
    buffer_reset(&piece->out);
    buffer_reset(&piece->err);
    piece->code = HOSO_DONE;
    enum status status = buffer_status(arguments);
    if (!status)
        runner_run(carrying->runner, &request, piece);
    if (!status && piece->code == HOSO_DONE)
        status = json_read(buffer_view(&piece->out), &carrying->document);
    call_fail_status(carrying->call, status);
    if (status || piece->code == HOSO_DONE)
        return !status;
    struct command_answer *answer = carrying->call->answer;
    answer->code = piece->code;
    buffer_append_bytes(&answer->err, buffer_view(&piece->err));
    if (carrying->call->json)
        buffer_append_bytes(&answer->out, buffer_view(&piece->out));
    carrying->call->failed = true;
    return false;
}

static uint64_t figure(const struct carrying *carrying, const char *key)
{
    return (uint64_t)json_as_integer(json_member(carrying->document, key), 0);
}

static void show_progress(const struct carrying *carrying, uint64_t done, uint64_t all)
{
    const struct runner *runner = carrying->runner;

    if (runner->progress)
        runner->progress(runner->context, done, all);
}

/* What became of a file, in the words of the machine. */
static void fail_file(struct call *call, const char *path, enum status status, bool writing)
{
    struct failure failure = {.code = HOSO_STORE, .name = "file"};
    struct words why = {"ổ đĩa hoặc USB có lỗi", "the disk or the stick failed"};

    if (status == STATUS_NOT_FOUND) {
        failure.code = HOSO_NOT_FOUND;
        why = writing ? (struct words){"không có thư mục này", "there is no such folder"}
                      : (struct words){"không có tệp này", "there is no such file"};
    } else if (status == STATUS_REFUSED) {
        failure.code = HOSO_REFUSED;
        why = (struct words){"không có quyền", "it is not permitted"};
    } else if (status == STATUS_FULL) {
        why = (struct words){"ổ đĩa hoặc USB đã đầy", "the disk or the stick is full"};
    } else if (status == STATUS_LIMIT) {
        failure.code = HOSO_USAGE;
        why = (struct words){"tên quá dài", "its name is too long"};
    }
    if (writing)
        failure.kept = (struct words){"Kho không bị thay đổi; tệp cũ cùng tên, nếu có, còn nguyên.",
                                      "The store is as it was, and so is a file of that name."};
    else
        failure.kept = (struct words){"Những gì đã nhận trước đó vẫn còn nguyên.",
                                      "What was taken before stays as it is."};
    call_fail(call, &failure, writing ? "Không ghi được %s: %s." : "Không đọc được %s: %s.",
              writing ? "%s cannot be written: %s." : "%s cannot be read: %s.", path,
              call_pick(call, why.vietnamese, why.english));
}

/* ---- writing ---- */

/* Appends the frames of the piece at hand to the file. */
static enum status append_frames(struct carrying *carrying, struct bundle_writer *writer,
                                 struct file_out *file, uint64_t *bytes)
{
    const struct json *frames = json_member(carrying->document, "frames");
    struct buffer frame, out;
    enum status status = STATUS_OK;

    buffer_init(&frame, LIMIT_FRAME_BYTES);
    buffer_init(&out, ANSWER_BYTES_MOST);
    for (size_t i = 0; !status && i < json_count(frames); i++) {
        buffer_reset(&frame);
        status = base64_decode(json_as_text(json_item(frames, i)), BASE64_STANDARD, &frame);
        if (!status)
            bundle_put(writer, buffer_view(&frame), &out);
    }
    if (!status)
        status = buffer_status(&out);
    if (!status)
        status = file_append(file, buffer_view(&out));
    *bytes += out.size;
    buffer_deinit(&frame);
    buffer_deinit(&out);
    return status;
}

/* Piece after piece; false: the call has failed. */
static bool write_pieces(struct carrying *carrying, struct bytes first, struct file_out *file,
                         struct bundle_written *written)
{
    struct bundle_writer writer = {.begun = false};
    struct buffer arguments;
    bool ok = true, more = true;

    buffer_init(&arguments, ARGUMENTS_BYTES_MOST);
    buffer_append_bytes(&arguments, first);
    while (ok && more) {
        buffer_append(&arguments, "}", 2); /* with its terminator */
        ok = carry_piece(carrying, &arguments);
        if (!ok)
            break;
        enum status status = append_frames(carrying, &writer, file, &written->bytes);
        if (status)
            fail_file(carrying->call, file->path, status, true);
        ok = !status;
        written->records += figure(carrying, "records");
        written->receipts += figure(carrying, "receipts");
        show_progress(carrying, written->records, figure(carrying, "all"));
        const struct json *next = json_member(carrying->document, "next");
        struct json_writer json;
        more = next != NULL;
        buffer_reset(&arguments);
        buffer_append_bytes(&arguments, first);
        buffer_append_u8(&arguments, ',');
        json_write_start(&json, &arguments);
        json_open_object(&json, NULL);
        arguments.size--; /* the brace: |first| has opened one */
        if (more)
            json_write_value(&json, "next", next);
    }
    buffer_deinit(&arguments);
    return ok;
}

bool bundle_pieces_write(struct carrying *carrying, struct bytes first, const char *path,
                         struct bundle_written *written)
{
    struct file_out file;

    *written = (struct bundle_written){0};
    enum status status = file_begin(&file, path);
    if (status) {
        fail_file(carrying->call, path, status, true);
        return false;
    }
    bool ok = write_pieces(carrying, first, &file, written);
    if (ok) {
        status = file_finish(&file);
        if (status)
            fail_file(carrying->call, path, status, true);
        return !status;
    }
    file_abandon(&file);
    return false;
}

/* ---- reading ---- */

struct reading {
    struct carrying *carrying;
    struct bundle_read_sum *sum;
    struct file_in file;
    struct buffer window; /* of the file, from |at| on not taken yet */
    size_t at;
    bool ended; /* the file is read to its end */
    struct bundle_reader reader;
    struct buffer frames; /* base64 texts of the next request, comma between */
    size_t pending;       /* bytes of frames in it */
    size_t pending_count; /* the frames */
};

static void put_base64(struct buffer *list, struct bytes frame)
{
    buffer_append(list, list->size > 0 ? ",\"" : "\"", list->size > 0 ? 2 : 1);
    base64_encode(frame, BASE64_STANDARD, list);
    buffer_append_u8(list, '"');
}

static void put_text(struct buffer *out, const char *text)
{
    buffer_append_bytes(out, bytes_of_text(text));
}

/* Who wrote it and when, as the owner of the store says. */
static void note_writer(struct reading *reading)
{
    const struct json *document = reading->carrying->document;
    struct bytes name = json_as_text(json_member(document, "writer_name"));
    struct bytes unit = json_as_text(json_member(document, "writer_unit"));
    struct bytes when = json_as_text(json_member(document, "written"));

    struct bytes key = json_as_text(json_member(document, "writer_fingerprint"));

    buffer_reset(&reading->sum->writer);
    buffer_append_bytes(&reading->sum->writer, name.size > 0 ? name : unit.size > 0 ? unit : key);
    (void)snprintf(reading->sum->written, sizeof reading->sum->written, "%.*s", (int)when.size,
                   (const char *)when.at);
}

static void add_figures(struct reading *reading)
{
    const struct carrying *carrying = reading->carrying;
    struct bundle_read_sum *sum = reading->sum;

    sum->of = figure(carrying, "of");
    sum->read += figure(carrying, "read");
    sum->fresh += figure(carrying, "new");
    sum->aside += figure(carrying, "aside");
    sum->unknown += figure(carrying, "unknown");
    sum->refused += figure(carrying, "refused");
    sum->left += figure(carrying, "left");
    sum->receipts += figure(carrying, "receipts");
    sum->waiting = figure(carrying, "waiting");
}

/* Hands over what is pending; the first time, nothing but the front, to be judged. */
static bool take_pending(struct reading *reading)
{
    struct buffer arguments;

    buffer_init(&arguments, ARGUMENTS_BYTES_MOST);
    put_text(&arguments, "{\"op\":\"take\",\"front\":[");
    buffer_append_bytes(&arguments, buffer_view(&reading->sum->front));
    put_text(&arguments, "],\"frames\":[");
    buffer_append_bytes(&arguments, buffer_view(&reading->frames));
    buffer_append(&arguments, "]}", 3);
    bool ok = carry_piece(reading->carrying, &arguments);
    buffer_deinit(&arguments);
    buffer_reset(&reading->frames);
    reading->pending = 0;
    reading->pending_count = 0;
    if (!ok)
        return false;
    add_figures(reading);
    note_writer(reading); /* its grant may have come with it */
    reading->sum->begun = true;
    show_progress(reading->carrying, reading->sum->read, reading->sum->of);
    return true;
}

/* Takes up one frame. */
static bool take_up(struct reading *reading, struct bytes frame)
{
    if (frame.at[0] == BUNDLE_TITLE || frame.at[0] == FRAME_HEADS) {
        put_base64(&reading->sum->front, frame);
        return reading->reader.part != BUNDLE_RECORDS || take_pending(reading);
    }
    if (frame.at[0] != FRAME_RECORDS && frame.at[0] != FRAME_RECEIPT)
        return true;
    put_base64(&reading->frames, frame);
    reading->pending += frame.size;
    bool more = reading->pending < TAKE_BYTES && ++reading->pending_count < TAKE_FRAMES;
    return more || take_pending(reading);
}

/* Reads on; the window holds at least one frame then, or the file's end. */
static enum status read_on(struct reading *reading)
{
    size_t got = 0, left = reading->window.size - reading->at;

    if (reading->at > 0) {
        memmove(reading->window.at, reading->window.at + reading->at, left);
        reading->window.size = left;
        reading->at = 0;
    }
    enum status status = file_more(&reading->file, READ_BYTES, &reading->window, &got);
    reading->ended = got == 0;
    return status;
}

static void fail_foreign(struct call *call, const char *path, enum status status)
{
    const struct failure foreign = {.code = HOSO_REFUSED,
                                    .name = status == STATUS_NEWER ? "newer" : "no_bundle",
                                    .kept = {"Kho không bị thay đổi.", "The store is as it was."},
                                    .next = {"Gói được ghi bằng: hoso bundle write TỆP",
                                             "Bundles are written by: hoso bundle "
                                             "write FILE"}};

    if (status == STATUS_NEWER)
        call_fail(call, &foreign, "Gói %s cần phiên bản mới hơn của chương trình.",
                  "The bundle %s needs a newer version of this program.", path);
    else
        call_fail(call, &foreign, "%s không phải gói hồ sơ.", "%s is no bundle.", path);
}

/* Frame after frame to the end, the damage or the failure. */
static bool read_pieces(struct reading *reading, const char *path)
{
    struct call *call = reading->carrying->call;
    struct bytes frame;

    for (;;) {
        size_t used = 0;
        struct bytes window = buffer_view(&reading->window), left = {NULL, 0};
        if (reading->at < window.size)
            left = bytes_of(window.at + reading->at, window.size - reading->at);
        enum status status = bundle_take(&reading->reader, left, &used, &frame);
        reading->at += used;
        if (status && reading->reader.offset == 0) {
            fail_foreign(call, path, status);
            return false;
        }
        if (status)
            break; /* damaged from here on */
        if (frame.size > 0) {
            if (!take_up(reading, frame))
                return false;
            continue;
        }
        if (reading->ended) {
            reading->sum->cut = true;
            break;
        }
        status = read_on(reading);
        if (status) {
            fail_file(call, path, status, false);
            return false;
        }
    }
    reading->sum->whole = reading->reader.part == BUNDLE_END && reading->at == reading->window.size;
    reading->sum->cut = reading->sum->cut && !reading->sum->whole;
    reading->sum->damaged_at = reading->reader.offset;
    if (reading->reader.offset == 0) {
        fail_foreign(call, path,
                     STATUS_MALFORMED); /* an empty file, or a piece of the first line */
        return false;
    }
    return reading->pending == 0 || take_pending(reading);
}

bool bundle_pieces_read(struct carrying *carrying, const char *path, struct bundle_read_sum *sum)
{
    struct reading reading = {.carrying = carrying, .sum = sum};

    buffer_init(&reading.window, WINDOW_BYTES);
    buffer_init(&reading.frames, ARGUMENTS_BYTES_MOST);
    enum status status = file_open(&reading.file, path);
    if (status)
        fail_file(carrying->call, path, status, false);
    bool ok = !status && read_pieces(&reading, path);
    file_close(&reading.file);
    buffer_deinit(&reading.window);
    buffer_deinit(&reading.frames);
    return ok;
}
