#include "client/command/register/import_report.h"

#include "client/command/call.h"
#include "client/text/base64.h"
#include "client/text/file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { ROWS_BYTES_MAX = 128 * 1024 * 1024, NAMES_MOST = 99 };

static const char mark[] = "-tuchoi";

/* "a/register.csv" and number 1 give "a/register-tuchoi.csv"; 2 "a/register-tuchoi-2.csv". A mended
 * file that is refused again keeps the register's name. */
static bool file_name(const char *input, int number, char out[PATH_MAX])
{
    const char *slash = strrchr(input, '/');
    const char *dot = strrchr(slash ? slash : input, '.');
    const char *end = dot && dot != input && dot[-1] != '/' ? dot : input + strlen(input);
    const char *marked = strstr(slash ? slash : input, mark);
    size_t stem = (size_t)((marked && marked < end ? marked : end) - input);
    char digits[16] = "";

    if (number > 1)
        (void)snprintf(digits, sizeof digits, "-%d", number);
    int size =
        snprintf(out, PATH_MAX, "%.*s%s%s%s", (int)stem, input, mark, digits, *end ? end : ".csv");
    return size > 0 && size < PATH_MAX;
}

/* Writes |rows| under the first name that is free or holds these very rows. */
static enum status write_rows(const char *input, struct bytes rows, char out[PATH_MAX])
{
    struct buffer there;
    enum status status = STATUS_LIMIT;

    buffer_init(&there, ROWS_BYTES_MAX);
    for (int number = 1; number <= NAMES_MOST; number++) {
        if (!file_name(input, number, out))
            break;
        buffer_reset(&there);
        status = strcmp(out, input) == 0 ? STATUS_REFUSED : file_read(out, &there);
        if (status == STATUS_NOT_FOUND) {
            status = file_write(out, rows);
            break;
        }
        if (status == STATUS_OK && bytes_equal(buffer_view(&there), rows))
            break;
        status = STATUS_LIMIT;
    }
    buffer_deinit(&there);
    return status;
}

static enum status keep_rows(const struct json *document, const char *input, char out[PATH_MAX])
{
    struct buffer rows;

    buffer_init(&rows, ROWS_BYTES_MAX);
    enum status status =
        base64_decode(json_as_text(json_member(document, "refused_rows")), BASE64_STANDARD, &rows);
    if (!status)
        status = write_rows(input, buffer_view(&rows), out);
    buffer_deinit(&rows);
    return status;
}

/* The answer's members again, with the file's name and without the rows. */
struct rewriting {
    struct json_writer writer;
    const char *file;
};

static bool rewrite_member(void *context, const char *key, const struct json *member)
{
    struct rewriting *rewriting = context;

    if (strcmp(key, "refused_file") == 0)
        json_write_string(&rewriting->writer, key, rewriting->file);
    else if (strcmp(key, "refused_rows") != 0)
        json_write_value(&rewriting->writer, key, member);
    return true;
}

static long long figure(const struct json *document, const char *key)
{
    return (long long)json_as_integer(json_member(document, key), 0);
}

static void say_rows(struct call *call, const struct json *document)
{
    const struct json *rows = json_member(document, "rows");

    for (size_t i = 0; i < json_count(rows); i++) {
        const struct json *row = json_item(rows, i);
        struct bytes column = json_as_text(json_member(row, "column"));
        struct bytes reason = json_as_text(json_member(row, "reason"));
        struct bytes detail = json_as_text(json_member(row, "detail"));
        call_say(call, "  dòng %lld, ", "  line %lld, ", figure(row, "line"));
        call_put(call, column);
        call_put(call, bytes_of_text(column.size > 0 ? ": " : ""));
        call_put(call, reason);
        call_put(call, bytes_of_text(detail.size > 0 ? " (" : ""));
        call_put(call, detail);
        call_put(call, bytes_of_text(detail.size > 0 ? ")\n" : "\n"));
    }
}

static void say_document(struct call *call, const struct json *document, const char *file)
{
    if (json_as_flag(json_member(document, "dry_run")))
        call_say(call, "Chạy thử, chưa ghi gì.\n", "A dry run: nothing was written.\n");
    call_say(call, "%lld mới, %lld đã có, %lld cập nhật, %lld bị từ chối; %lld bản ghi.\n",
             "%lld new, %lld already there, %lld updated, %lld refused; %lld records.\n",
             figure(document, "new"), figure(document, "present"), figure(document, "updated"),
             figure(document, "refused"), figure(document, "records"));
    say_rows(call, document);
    if (file)
        call_say(call, "Các dòng bị từ chối: %s\nSửa trong tệp đó rồi nhập lại: hoso import %s\n",
                 "The refused rows: %s\nMend them there and import again: hoso import %s\n", file,
                 file);
    if (figure(document, "new") + figure(document, "updated") > 0)
        call_say(call, "Đã lưu trên máy này. Chưa gửi lên hub.\n",
                 "Saved on this machine. Not sent to the hub yet.\n");
}

static void complain(struct call *call, enum status status, const char *file)
{
    const struct failure failure = {.code = HOSO_STORE, .name = "refused_file"};
    bool json = call->json;

    /* The rest of the answer stands: only stderr tells of the file. */
    call->json = false;
    call_fail(call, &failure, "Không ghi được tệp %s: %s.", "The file %s cannot be written: %s.",
              file, status_text(status));
    call->json = json;
}

void import_report(const struct command_request *request, const char *input,
                   struct command_answer *answer)
{
    char file[PATH_MAX] = "";
    struct json *document = NULL;
    struct call call = {.json = request->json, .vietnamese = request->vietnamese, .answer = answer};
    struct rewriting rewriting = {.file = NULL};
    enum status kept = STATUS_NOT_FOUND;

    if (json_read(buffer_view(&answer->out), &document) ||
        !json_holds_integer(json_member(document, "new"))) {
        /* A failure: its words are on stderr, its document only for programs. */
        if (!request->json)
            buffer_reset(&answer->out);
        json_release(document);
        return;
    }
    if (json_member(document, "refused_rows") && !json_as_flag(json_member(document, "dry_run")))
        kept = keep_rows(document, input, file);
    rewriting.file = kept == STATUS_OK ? file : NULL;
    buffer_reset(&answer->out);
    if (request->json) {
        json_write_start(&rewriting.writer, &answer->out);
        json_open_object(&rewriting.writer, NULL);
        json_members(document, rewrite_member, &rewriting);
        json_close_object(&rewriting.writer);
        json_write_end(&rewriting.writer);
    } else {
        say_document(&call, document, rewriting.file);
    }
    if (kept != STATUS_OK && kept != STATUS_NOT_FOUND)
        complain(&call, kept, file);
    json_release(document);
}
