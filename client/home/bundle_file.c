#include "client/home/bundle_file.h"

#include "client/home/bundle_pieces.h"

#include <stdio.h>
#include <string.h>

enum { PIECE_BYTES_MOST = 16 * 1024 * 1024, NAMES_MOST = 99, MAGIC_BYTES = 12 };

static const char receipt_mark[] = "-bienlai";

/* What `hoso bundle read` ended as. */
struct read_end {
    const char *path;
    struct bundle_read_sum sum;
    char receipt[PATH_MAX]; /* the answer, if one was written */
    struct bundle_written answer;
};

static unsigned long long shown(uint64_t number)
{
    return (unsigned long long)number;
}

/* ---- write ---- */

static bool holds_bundle(const char *path, enum status *status)
{
    struct file_in file;
    struct buffer start;
    size_t got = 0;

    buffer_init(&start, MAGIC_BYTES);
    *status = file_open(&file, path);
    if (*status == STATUS_OK)
        *status = file_more(&file, MAGIC_BYTES, &start, &got);
    file_close(&file);
    bool is = *status == STATUS_OK && bytes_equal_text(buffer_view(&start), "hoso/bundle/");
    buffer_deinit(&start);
    return is;
}

/* A file of the person's that is no bundle is never written over. */
static bool may_write(struct call *call, const char *path)
{
    const struct failure exists = {.code = HOSO_REFUSED,
                                   .name = "exists",
                                   .kept = {"Tệp đó còn nguyên.", "That file was not touched."},
                                   .next = {"Chọn tên khác.", "Choose another name."}};
    enum status status = STATUS_OK;

    if (holds_bundle(path, &status) || status == STATUS_NOT_FOUND)
        return true;
    call_fail(call, &exists, "Đã có tệp %s và đó không phải gói hồ sơ.",
              "There is a file %s and it is no bundle.", path);
    return false;
}

static void tell_written(struct call *call, const char *path, const struct bundle_written *written)
{
    struct json_writer *writer = &call->writer;

    if (call->json) {
        json_open_object(writer, NULL);
        json_write_string(writer, "file", path);
        json_write_unsigned(writer, "records", written->records);
        json_write_unsigned(writer, "receipts", written->receipts);
        json_write_unsigned(writer, "bytes", written->bytes);
        json_close_object(writer);
        json_write_end(writer);
        return;
    }
    call_say(call, "Đã ghi %s: %llu bản ghi, %llu biên lai, %llu byte.\n",
             "Wrote %s: %llu records, %llu receipts, %llu bytes.\n", path, shown(written->records),
             shown(written->receipts), shown(written->bytes));
    if (written->records > 0)
        call_say(
            call, "Nơi nhận chưa có gì cho đến khi đọc gói này và biên lai được đọc lại ở đây.\n",
            "Nothing counts as received until it is read there and its receipt is read here.\n");
}

static void write_bundle(struct carrying *carrying, const struct json *arguments, const char *path)
{
    struct bundle_written written;
    struct json_writer writer;
    struct buffer first;
    struct bytes unit = json_as_text(json_member(arguments, "for"));

    if (!may_write(carrying->call, path))
        return;
    buffer_init(&first, PIECE_BYTES_MOST);
    json_write_start(&writer, &first);
    json_open_object(&writer, NULL);
    json_write_string(&writer, "op", "give");
    if (unit.size > 0)
        json_write_text(&writer, "for", unit);
    json_write_flag(&writer, "whole", json_as_flag(json_member(arguments, "whole")));
    if (bundle_pieces_write(carrying, buffer_view(&first), path, &written))
        tell_written(carrying->call, path, &written);
    buffer_deinit(&first);
}

/* ---- read ---- */

/* "a/goi.hoso" and number 1 give "a/goi-bienlai.hoso"; 2 "a/goi-bienlai-2.hoso". */
static bool receipt_name(const char *path, int number, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    const char *end = dot && dot != base ? dot : path + strlen(path);
    char digits[16] = "";

    if (number > 1)
        (void)snprintf(digits, sizeof digits, "-%d", number);
    int size =
        snprintf(out, PATH_MAX, "%.*s%s%s%s", (int)(end - path), path, receipt_mark, digits, end);
    return size > 0 && size < PATH_MAX;
}

/* The first name that is free, or holds the bundle of receipts of an earlier reading. */
static bool choose_receipt(const char *path, char out[PATH_MAX])
{
    for (int number = 1; number <= NAMES_MOST; number++) {
        enum status status = STATUS_OK;
        if (!receipt_name(path, number, out))
            return false;
        if (holds_bundle(out, &status) || status == STATUS_NOT_FOUND)
            return true;
    }
    return false;
}

static bool write_receipts(struct carrying *carrying, struct read_end *end)
{
    struct buffer first;

    if (!choose_receipt(end->path, end->receipt)) {
        end->receipt[0] = 0;
        return true;
    }
    buffer_init(&first, PIECE_BYTES_MOST);
    buffer_append_bytes(&first, bytes_of_text("{\"op\":\"give\",\"front\":["));
    buffer_append_bytes(&first, buffer_view(&end->sum.front));
    buffer_append_u8(&first, ']');
    bool ok = bundle_pieces_write(carrying, buffer_view(&first), end->receipt, &end->answer);
    buffer_deinit(&first);
    if (!ok)
        end->receipt[0] = 0;
    return ok;
}

static void write_figures(struct json_writer *writer, const struct read_end *end)
{
    const struct bundle_read_sum *sum = &end->sum;

    json_write_text(writer, "writer", buffer_view(&sum->writer));
    json_write_string(writer, "written", sum->written);
    json_write_flag(writer, "whole", sum->whole);
    json_write_unsigned(writer, "of", sum->of);
    json_write_unsigned(writer, "read", sum->read);
    json_write_unsigned(writer, "new", sum->fresh);
    json_write_unsigned(writer, "aside", sum->aside);
    json_write_unsigned(writer, "unknown", sum->unknown);
    json_write_unsigned(writer, "refused", sum->refused);
    json_write_unsigned(writer, "left", sum->left);
    json_write_unsigned(writer, "receipts", sum->receipts);
    json_write_unsigned(writer, "waiting", sum->waiting);
    json_write_string(writer, "receipt_file", end->receipt[0] ? end->receipt : NULL);
}

static void say_figures(struct call *call, const struct read_end *end)
{
    const struct bundle_read_sum *sum = &end->sum;

    call_say(call, "Gói của %.*s, ghi lúc %s: đọc %llu bản ghi, %llu mới, %llu biên lai.\n",
             "Bundle of %.*s, written %s: read %llu records, %llu new, %llu receipts.\n",
             (int)sum->writer.size, (const char *)sum->writer.at, sum->written, shown(sum->read),
             shown(sum->fresh), shown(sum->receipts));
    if (sum->waiting > 0)
        call_say(
            call,
            "%llu bản ghi đang chờ vì thiếu bản ghi đứng trước: đọc nốt các gói khác, hoặc xin "
            "gói đủ (hoso bundle write TỆP --whole).\n",
            "%llu records wait, for earlier ones are missing: read the other bundles, or ask "
            "for a whole one (hoso bundle write FILE --whole).\n",
            shown(sum->waiting));
    if (end->receipt[0])
        call_say(call, "Biên lai: %s. Mang về nơi ghi gói và đọc ở đó: hoso bundle read %s\n",
                 "The receipt: %s. Take it back and read it there: hoso bundle read %s\n",
                 end->receipt, end->receipt);
}

/* Not all of it is in. */
struct shortfall {
    struct failure failure;
    char vietnamese[256];
    char english[256];
};

static void rest_of_damage(const struct bundle_read_sum *sum, struct shortfall *rest)
{
    rest->failure.name = sum->cut ? "cut" : "damaged";
    rest->failure.kept = (struct words){"Những gì nguyên vẹn trước chỗ đó đã được nhận.",
                                        "What was whole before that was taken and stays."};
    rest->failure.next =
        (struct words){"Ghi lại gói rồi đọc lại: bản ghi đã có được bỏ qua.",
                       "Write the bundle again and read it: what is held is passed over."};
    (void)snprintf(rest->vietnamese, sizeof rest->vietnamese, "Gói %s từ byte %llu.",
                   sum->cut ? "bị thiếu phần cuối" : "bị hỏng", shown(sum->damaged_at));
    (void)snprintf(rest->english, sizeof rest->english, "The bundle is %s from byte %llu on.",
                   sum->cut ? "cut off" : "damaged", shown(sum->damaged_at));
}

static void rest_of_records(const struct bundle_read_sum *sum, struct shortfall *rest)
{
    rest->failure.name = sum->left > 0      ? "no_room"
                         : sum->unknown > 0 ? "unknown_writer"
                                            : "refused";
    rest->failure.kept = (struct words){"Phần còn lại đã được nhận; đừng xóa gói.",
                                        "The rest was taken; keep the bundle."};
    rest->failure.next = (struct words){
        "Máy chưa được cấp quyền: đọc gói có giấy cấp quyền của nó trước; hết chỗ: dọn ổ đĩa; rồi "
        "đọc lại.",
        "Of a device not granted: read the bundle that brings its grant first; no room: make "
        "some; then read it again."};
    (void)snprintf(
        rest->vietnamese, sizeof rest->vietnamese,
        "Chưa nhận %llu bản ghi của máy chưa được cấp quyền, %llu không hợp lệ, %llu hết chỗ.",
        shown(sum->unknown), shown(sum->refused), shown(sum->left));
    (void)snprintf(
        rest->english, sizeof rest->english,
        "Not taken: %llu records of devices not granted, %llu not valid, %llu for want of room.",
        shown(sum->unknown), shown(sum->refused), shown(sum->left));
}

/* Which part is not in, why, and what to do: nothing else may look like success. False: all is. */
static bool rest_of(const struct bundle_read_sum *sum, struct shortfall *rest)
{
    *rest = (struct shortfall){.failure.code = HOSO_REFUSED};
    if (!sum->whole)
        rest_of_damage(sum, rest);
    else if (sum->unknown + sum->refused + sum->left > 0)
        rest_of_records(sum, rest);
    else
        return false;
    return true;
}

static void tell_read(struct call *call, const struct read_end *end)
{
    struct json_writer *writer = &call->writer;
    struct shortfall rest;
    bool incomplete = rest_of(&end->sum, &rest);

    if (call->json) {
        json_open_object(writer, NULL);
        write_figures(writer, end);
    } else {
        say_figures(call, end);
    }
    if (incomplete)
        call_note_error(call, &rest.failure, rest.vietnamese, rest.english);
    if (call->json) {
        json_close_object(writer);
        json_write_end(writer);
    }
}

/* It failed on the way: what earlier pieces brought is durable. */
static void tell_kept(struct call *call, uint64_t records)
{
    char text[256];
    int size = call->vietnamese
                   ? snprintf(text, sizeof text,
                              "%llu bản ghi đọc trước lỗi đó đã được nhận; sửa lỗi rồi đọc lại "
                              "gói.\n",
                              shown(records))
                   : snprintf(text, sizeof text,
                              "%llu records read before that were taken; mend it and read the "
                              "bundle again.\n",
                              shown(records));

    buffer_append(&call->answer->err, text, size > 0 ? (size_t)size : 0);
}

static void read_bundle(struct carrying *carrying, const char *path)
{
    struct read_end end = {.path = path};
    struct bundle_read_sum *sum = &end.sum;
    struct shortfall rest;

    buffer_init(&sum->front, PIECE_BYTES_MOST);
    buffer_init(&sum->writer, PIECE_BYTES_MOST);
    bool ok = bundle_pieces_read(carrying, path, sum);
    if (ok && sum->begun && sum->of > 0 && sum->read > 0)
        ok = write_receipts(carrying, &end);
    if (ok && sum->begun) {
        tell_read(carrying->call, &end);
    } else if (ok && rest_of(sum, &rest)) { /* in its front: nothing was looked at */
        rest.failure.kept = (struct words){"Chưa nhận gì.", "Nothing was taken."};
        call_fail(carrying->call, &rest.failure, "%s", "%s",
                  call_pick(carrying->call, rest.vietnamese, rest.english));
    }
    if (!ok && sum->read > 0)
        tell_kept(carrying->call, sum->read);
    buffer_deinit(&sum->front);
    buffer_deinit(&sum->writer);
}

void bundle_file_run(struct runner *runner, const struct command_request *request,
                     const struct json *arguments, struct command_answer *answer)
{
    struct call call = {.json = request->json,
                        .vietnamese = request->vietnamese,
                        .arguments = arguments,
                        .answer = answer};
    struct carrying carrying = {.call = &call, .runner = runner, .request = request};
    struct bytes what = json_as_text(json_member(arguments, "what"));
    struct bytes file = json_as_text(json_member(arguments, "file"));

    answer->code = HOSO_DONE;
    json_write_start(&call.writer, &answer->out);
    buffer_init(&carrying.piece.out, PIECE_BYTES_MOST);
    buffer_init(&carrying.piece.err, PIECE_BYTES_MOST);
    if (file.size == 0 || memchr(file.at, 0, file.size))
        call_fail_usage(&call, "FILE", "còn thiếu tên tệp", "the file's name is missing");
    else if (bytes_equal_text(what, "write"))
        write_bundle(&carrying, arguments, (const char *)file.at);
    else if (bytes_equal_text(what, "read"))
        read_bundle(&carrying, (const char *)file.at);
    else
        call_fail_usage(&call, "bundle", "phải là write hoặc read", "it takes write or read");
    json_release(carrying.document);
    buffer_deinit(&carrying.piece.out);
    buffer_deinit(&carrying.piece.err);
}
