#include "client/command/call.h"

#include "client/command/reason.h"
#include "client/text/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLUSH_BYTES = 256 * 1024, CASES_SHOWN = 8, INDEX_CASES = 512 };

const char *call_pick(const struct call *call, const char *vietnamese, const char *english)
{
    return call->vietnamese ? vietnamese : english;
}

void call_say(struct call *call, const char *vietnamese, const char *english, ...)
{
    char text[CALL_MESSAGE_BYTES];
    va_list arguments;

    if (call->json)
        return;
    va_start(arguments, english);
    if (call->vietnamese)
        (void)vsnprintf(text, sizeof text, vietnamese, arguments);
    else
        (void)vsnprintf(text, sizeof text, english, arguments);
    va_end(arguments);
    buffer_append(&call->answer->out, text, strlen(text));
}

void call_put(struct call *call, struct bytes text)
{
    if (!call->json)
        buffer_append_bytes(&call->answer->out, text);
}

void call_put_padded(struct call *call, struct bytes text, size_t columns)
{
    size_t length = text_length(text);

    call_put(call, text);
    for (size_t i = length; i < columns; i++)
        call_put(call, bytes_of(" ", 1));
}

void call_flush(struct call *call)
{
    struct buffer *out = &call->answer->out;

    if (out->size < FLUSH_BYTES || !call->host->stream)
        return;
    if (call->host->stream(call->host->context, buffer_view(out)))
        buffer_reset(out);
}

bool call_stopped(const struct call *call)
{
    return call->host && call->host->stopped && call->host->stopped(call->host->context);
}

static const char *word_of(const struct call *call, struct words words)
{
    return call_pick(call, words.vietnamese, words.english);
}

static void write_error_member(struct call *call, const struct failure *failure,
                               const char *message)
{
    struct json_writer *writer = &call->writer;

    json_open_object(writer, "error");
    json_write_string(writer, "code", failure->name);
    json_write_string(writer, "message", message);
    json_write_string(writer, "kept", word_of(call, failure->kept));
    json_write_string(writer, "next", word_of(call, failure->next));
    json_close_object(writer);
}

static void write_error(struct call *call, const struct failure *failure, const char *message)
{
    struct json_writer *writer = &call->writer;

    buffer_reset(&call->answer->out);
    json_write_start(writer, &call->answer->out);
    json_open_object(writer, NULL);
    write_error_member(call, failure, message);
    json_close_object(writer);
    json_write_end(writer);
}

static void say_line(struct call *call, const char *text)
{
    if (!text)
        return;
    buffer_append(&call->answer->err, text, strlen(text));
    buffer_append_u8(&call->answer->err, '\n');
}

void call_fail(struct call *call, const struct failure *failure, const char *vietnamese,
               const char *english, ...)
{
    char message[CALL_MESSAGE_BYTES];
    va_list arguments;

    if (call->failed)
        return;
    va_start(arguments, english);
    if (call->vietnamese)
        (void)vsnprintf(message, sizeof message, vietnamese, arguments);
    else
        (void)vsnprintf(message, sizeof message, english, arguments);
    va_end(arguments);
    call->failed = true;
    call->answer->code = failure->code;
    say_line(call, message);
    say_line(call, word_of(call, failure->kept));
    say_line(call, word_of(call, failure->next));
    if (call->json)
        write_error(call, failure, message);
}

void call_note_error(struct call *call, const struct failure *failure, const char *vietnamese,
                     const char *english)
{
    const char *message = call_pick(call, vietnamese, english);

    call->answer->code = failure->code;
    if (call->json)
        write_error_member(call, failure, message);
    say_line(call, message);
    say_line(call, word_of(call, failure->next));
}

/* What a person is told of a status, and what it means for him. */
struct status_words {
    enum status status;
    enum hoso_code code;
    struct words message;
    struct words next;
};

static const struct status_words status_table[] = {
    {STATUS_NOT_FOUND,
     HOSO_NOT_FOUND,
     {"Không tìm thấy.", "Nothing of that name is here."},
     {"Kiểm tra lại mã, hoặc tìm bằng: hoso list --find TÊN",
      "Check the code, or look for it: hoso list --find NAME"}},
    {STATUS_AMBIGUOUS,
     HOSO_REFUSED,
     {"Tên này chỉ nhiều hơn một thứ.", "The name fits more than one thing."},
     {"Gõ thêm ký tự.", "Type more of it."}},
    {STATUS_CHANGED,
     HOSO_REFUSED,
     {"Hồ sơ đã thay đổi từ lúc hiển thị.", "The case has changed since it was shown."},
     {"Xem lại hồ sơ rồi quyết định: hoso show", "Look at it again, then decide: hoso show"}},
    {STATUS_REFUSED,
     HOSO_REFUSED,
     {"Quy tắc không cho phép việc này.", "A rule forbids it."},
     {NULL, NULL}},
    {STATUS_USAGE,
     HOSO_USAGE,
     {"Yêu cầu không đúng dạng.", "The request is not well formed."},
     {"Xem cách dùng: hoso LỆNH --help", "See how it is used: hoso VERB --help"}},
    {STATUS_LIMIT,
     HOSO_REFUSED,
     {"Nội dung quá dài.", "It is too long."},
     {"Chia nhỏ nội dung.", "Make it shorter."}},
    {STATUS_UNREACHABLE,
     HOSO_UNREACHABLE,
     {"Chưa liên lạc được với cấp trên.", "The node above cannot be reached."},
     {"Kiểm tra đường truyền rồi chạy lại: hoso sync", "Check the line, then: hoso sync"}},
    {STATUS_UNKNOWN_PEER,
     HOSO_UNREACHABLE,
     {"Cấp trên không nhận máy này: giấy mời sai, đã dùng hoặc hết hạn.",
      "The node above does not take this one: its invitation is wrong, used or expired."},
     {"Xin giấy mời mới; việc đã làm vẫn còn nguyên.",
      "Ask for a new invitation; all work is kept."}},
    {STATUS_FORGED,
     HOSO_UNREACHABLE,
     {"Máy bên kia không chứng minh được khóa của mình; đã ngừng liên lạc.",
      "The other side could not prove its key; the contact was ended."},
     {"Kiểm tra địa chỉ, so mã khóa trên hai màn hình.",
      "Check the address and compare the fingerprints on both screens."}},
    {STATUS_INSECURE,
     HOSO_UNREACHABLE,
     {"Đường tới cấp trên không được mã hóa bằng khóa của cấp trên: địa chỉ là ws://, hoặc có máy "
      "khác đứng giữa. Chưa gửi gì; hồ sơ vẫn nằm nguyên trên máy này.",
      "The line to the node above is not encrypted with its key: the address is ws://, or another "
      "machine stands between. Nothing was sent; all records are kept here."},
     {"Dùng địa chỉ wss:// của cấp trên. Nếu máy đứng giữa là của cơ quan: --any-certificate; nếu "
      "là mạng riêng không cần mã hóa: --insecure.",
      "Use the wss:// address of the node above. If what stands between is your own: "
      "--any-certificate; if the network is private: --insecure."}},
    {STATUS_PROTOCOL,
     HOSO_UNREACHABLE,
     {"Máy bên kia không theo đúng giao thức; đã ngừng liên lạc.",
      "The other side broke the protocol; the contact was ended."},
     {"Cài cùng phiên bản chương trình ở hai bên.", "Install one version on both sides."}},
    {STATUS_NEWER,
     HOSO_REFUSED,
     {"Cần phiên bản mới hơn của chương trình.", "It needs a newer version of this program."},
     {"Cài phiên bản mới của chương trình.", "Install the newer version."}},
    {STATUS_BUSY,
     HOSO_BUSY,
     {"Một chương trình khác đang giữ dữ liệu và không trả lời.",
      "Another process owns the store and does not answer."},
     {"Đợi một lát rồi thử lại; nếu vẫn vậy, khởi động lại hosod.",
      "Try again in a moment; if it stays so, restart hosod."}},
    {STATUS_FULL,
     HOSO_STORE,
     {"Ổ đĩa hoặc kho dữ liệu đã đầy.", "The disk or the store is full."},
     {"Giải phóng chỗ trên ổ đĩa rồi thử lại.", "Free some room on the disk, then try again."}},
    {STATUS_READ_ONLY,
     HOSO_STORE,
     {"Ổ đĩa chỉ cho đọc; vẫn xem được, chưa ghi được.",
      "The disk takes no writes; what is there can still be read."},
     {"Kiểm tra ổ đĩa (dmesg), gắn lại để ghi, rồi khởi động lại hosod.",
      "Look at the disk (dmesg), mount it for writing, then restart hosod."}},
    {STATUS_NO_MEMORY,
     HOSO_STORE,
     {"Máy không đủ bộ nhớ.", "The machine is out of memory."},
     {"Đóng bớt chương trình rồi thử lại.", "Close other programs, then try again."}},
    {STATUS_STORE_NEWER,
     HOSO_STORE,
     {"Kho dữ liệu do phiên bản mới hơn ghi.", "The store was written by a newer version."},
     {"Cài phiên bản mới của chương trình; không có gì bị đổi.",
      "Install the newer version; nothing was touched."}},
};

void call_say_status(struct call *call, enum status status)
{
    for (size_t i = 0; i < sizeof status_table / sizeof *status_table; i++) {
        if (status_table[i].status != status)
            continue;
        call_say(call, "%s\n", "%s\n", word_of(call, status_table[i].message));
        if (status_table[i].next.english != NULL)
            call_say(call, "%s\n", "%s\n", word_of(call, status_table[i].next));
    }
}

static void fail_stopped(struct call *call)
{
    const struct failure failure = {
        .code = HOSO_BUSY,
        .name = "stopped",
        .kept = {"Không có gì bị thay đổi.", "Nothing was changed."},
        .next = {"Chạy lại lệnh này; khi hosod không chạy, hoso tự làm lấy.",
                 "Run the command again; where hosod does not run, hoso does it by itself."}};

    call_fail(call, &failure, "Chưa làm xong: hosod đã được dừng.",
              "Not finished: the daemon was stopped.");
}

void call_fail_status(struct call *call, enum status status)
{
    char name[32];
    struct failure failure = {.code = HOSO_STORE, .name = name};
    struct words message = {"Kho dữ liệu hoặc ổ đĩa có lỗi.", "The store or the disk failed."};

    if (status == STATUS_OK)
        return;
    if (status == STATUS_BUSY && call_stopped(call)) {
        fail_stopped(call);
        return;
    }
    (void)snprintf(name, sizeof name, "%s", status_name(status));
    for (char *c = name; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    failure.next = (struct words){
        "Kiểm tra ổ đĩa, khởi động lại hosod nếu nó đang chạy, rồi chạy hosod scrub.",
        "Look at the disk, restart hosod if it runs, then run hosod scrub."};
    for (size_t i = 0; i < sizeof status_table / sizeof *status_table; i++) {
        if (status_table[i].status != status)
            continue;
        failure.code = status_table[i].code;
        failure.next = status_table[i].next;
        message = status_table[i].message;
    }
    failure.kept = (struct words){"Không có gì bị thay đổi.", "Nothing was changed."};
    call_fail(call, &failure, "%s", "%s", word_of(call, message));
}

void call_fail_usage(struct call *call, const char *name, const char *vietnamese,
                     const char *english)
{
    const struct failure failure = {
        .code = HOSO_USAGE,
        .name = "usage",
        .kept = {"Không có gì bị thay đổi.", "Nothing was changed."},
        .next = {"Xem cách dùng: hoso LỆNH --help", "See how it is used: hoso VERB --help"}};

    call_fail(call, &failure, "%s: %s", "%s: %s", name, call_pick(call, vietnamese, english));
}

struct bytes call_text(const struct call *call, const char *key)
{
    return text_trim(json_as_text(json_member(call->arguments, key)));
}

bool call_needs(struct call *call, const char *key, struct bytes *text)
{
    *text = call_text(call, key);
    if (text->size == 0)
        call_fail_usage(call, key, "còn thiếu", "it is missing");
    return text->size > 0;
}

bool call_composed(struct call *call, const char *key, struct bytes *text)
{
    struct bytes typed = call_text(call, key);
    struct buffer composed;
    bool copied = true;

    buffer_init(&composed, text_room(typed.size) + 1);
    enum status status = text_normalise(typed, &composed);
    if (status == STATUS_MALFORMED)
        call_fail_usage(call, key, "có ký tự không hợp lệ",
                        "it holds characters that are not allowed");
    else if (!status)
        *text = arena_copy(&call->arena, buffer_view(&composed), &copied);
    buffer_deinit(&composed);
    call_fail_status(call, copied ? status : STATUS_NO_MEMORY);
    return !status && copied;
}

bool call_flag(const struct call *call, const char *key)
{
    return json_as_flag(json_member(call->arguments, key));
}

bool call_number(struct call *call, const char *key, int64_t least, int64_t most, int64_t otherwise,
                 int64_t *number)
{
    const struct json *value = json_member(call->arguments, key);
    bool sound = true;

    *number = otherwise;
    if (!value || json_holds_null(value))
        return true;
    if (json_holds_integer(value)) {
        *number = json_as_integer(value, 0);
    } else {
        struct bytes text = call_text(call, key);
        char digits[24];
        char *end = digits;
        if (text.size > 0 && text.size < sizeof digits) {
            memcpy(digits, text.at, text.size);
            digits[text.size] = 0;
            *number = strtoll(digits, &end, 10);
        }
        sound = end != digits && *end == 0;
    }
    if (!sound || *number < least || *number > most) {
        call_fail_usage(call, key, "không phải là số hợp lệ", "that is no number in its range");
        return false;
    }
    return true;
}

const struct pack *call_pack(struct call *call)
{
    const struct pack *pack = replica_pack(call->host->replica, NULL);

    if (!pack)
        call_fail_status(call, STATUS_CORRUPT);
    return pack;
}

static bool hat_held(struct call *call, const struct pack_officer *officer, struct bytes hat_text,
                     uint64_t *hat)
{
    *hat = hat_text.size > 0 ? hat_of_name(hat_text) : officer->first_hat;
    if (*hat != HAT_NONE && *hat < 32 && (officer->hats >> *hat & 1))
        return true;
    const struct failure failure = {
        .code = HOSO_REFUSED,
        .name = "hat",
        .kept = {"Không có gì bị thay đổi.", "Nothing was changed."},
        .next = {"Dùng --as CÁN_BỘ:VAI_TRÒ với vai trò có trong danh sách.",
                 "Use --as OFFICER:HAT with a hat of the staff list."}};
    call_fail(call, &failure, "Cán bộ %.*s không giữ vai trò \"%.*s\".",
              "Officer %.*s does not hold the hat \"%.*s\".", (int)officer->code.size,
              (const char *)officer->code.at, (int)hat_text.size, (const char *)hat_text.at);
    return false;
}

bool call_actor(struct call *call, struct actor *actor)
{
    const struct pack *pack = call_pack(call);
    struct bytes as = call_text(call, "as");
    struct bytes hat = {0};

    if (!pack)
        return false;
    if (as.size == 0)
        as = replica_identity(call->host->replica)->officer;
    if (as.size == 0) {
        const struct failure failure = {
            .code = HOSO_REFUSED,
            .name = "no_officer",
            .kept = {"Không có gì bị thay đổi.", "Nothing was changed."},
            .next = {"Thêm --as CÁN_BỘ (ví dụ --as tn01), hoặc đặt HOSO_AS.",
                     "Add --as OFFICER (say --as tn01), or set HOSO_AS."}};
        call_fail(call, &failure, "Chưa rõ cán bộ nào thực hiện.", "It is not said who acts.");
        return false;
    }
    const uint8_t *colon = memchr(as.at, ':', as.size);
    if (colon) {
        hat = bytes_of(colon + 1, as.size - (size_t)(colon - as.at) - 1);
        as.size = (size_t)(colon - as.at);
    }
    actor->officer = pack_officer_of(pack, as);
    if (!actor->officer) {
        const struct failure failure = {
            .code = HOSO_REFUSED,
            .name = "unknown_officer",
            .kept = {"Không có gì bị thay đổi.", "Nothing was changed."},
            .next = {"Dùng mã cán bộ có trong staff.csv của đơn vị.",
                     "Use a code of the unit's staff.csv."}};
        call_fail(call, &failure, "Danh sách cán bộ không có \"%.*s\".",
                  "The staff list has no \"%.*s\".", (int)as.size, (const char *)as.at);
        return false;
    }
    return hat_held(call, actor->officer, hat, &actor->hat);
}

static enum status index_some(struct replica *replica, void *context)
{
    return replica_index(replica, INDEX_CASES, context);
}

/* Makes all derived rows that are stale. A disk that takes no writes does not end reading: lists
 * are then as they were, and said to be. */
static enum status make_fresh(struct call *call)
{
    const struct command_host *host = call->host;
    size_t left = 1;
    enum status status = STATUS_OK;

    while (!status && left > 0)
        status = host->submit(host->context, index_some, &left);
    if (status != STATUS_FULL && status != STATUS_READ_ONLY && status != STATUS_IO)
        return status;
    say_line(call, call_pick(call, "Ổ đĩa không ghi được: danh sách có thể thiếu việc mới nhất.",
                             "The disk takes no writes: lists may lack what came last."));
    return STATUS_OK;
}

struct replica_read *call_read(struct call *call)
{
    const struct command_host *host = call->host;
    struct replica_read *read = NULL;
    bool stale = true;

    enum status status = replica_read_begin(host->replica, &read);
    if (!status)
        status = replica_any_stale(read, &stale);
    if (!status && stale) {
        replica_read_end(read);
        read = NULL;
        status = make_fresh(call);
        if (!status)
            status = replica_read_begin(host->replica, &read);
    }
    if (status && read) {
        replica_read_end(read);
        read = NULL;
    }
    call_fail_status(call, status);
    return read;
}

static void fail_ambiguous(struct call *call, struct bytes code, const struct name *cases,
                           size_t count)
{
    char ids[CASES_SHOWN * 34];
    size_t at = 0;
    const struct failure failure = {
        .code = HOSO_REFUSED,
        .name = "ambiguous",
        .kept = {"Không có gì bị thay đổi.", "Nothing was changed."},
        .next = {"Dùng mã định danh (id) thay cho mã hồ sơ.", "Use an id in place of the code."}};

    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            ids[at++] = ' ';
        hex_encode(bytes_of(cases[i].bytes, sizeof cases[i].bytes), ids + at);
        at += 32;
    }
    call_fail(call, &failure, "\"%.*s\" chỉ nhiều hồ sơ: %.*s",
              "\"%.*s\" names several cases: %.*s", (int)code.size, (const char *)code.at, (int)at,
              ids);
}

bool call_case(struct call *call, struct replica_read *read, struct bytes code,
               struct name *case_name)
{
    struct name cases[CASES_SHOWN];
    struct buffer composed;
    size_t count = 0;

    buffer_init(&composed, LIMIT_TEXT_BYTES);
    enum status status = text_normalise(code, &composed);
    if (!status)
        status = replica_cases_named(read, buffer_view(&composed), cases, CASES_SHOWN, &count);
    if (status == STATUS_MALFORMED || status == STATUS_LIMIT)
        status = STATUS_NOT_FOUND;
    buffer_deinit(&composed);
    if (!status && count == 1) {
        *case_name = cases[0];
        return true;
    }
    if (!status && count > 1) {
        fail_ambiguous(call, code, cases, count);
        return false;
    }
    if (status && status != STATUS_NOT_FOUND) {
        call_fail_status(call, status);
        return false;
    }
    const struct failure failure = {
        .code = HOSO_NOT_FOUND,
        .name = "not_found",
        .kept = {"Không có gì bị thay đổi.", "Nothing was changed."},
        .next = {"Tìm bằng tên: hoso list --find TÊN", "Look by name: hoso list --find NAME"}};
    call_fail(call, &failure, "Không có hồ sơ \"%.*s\" trên máy này.",
              "There is no dossier \"%.*s\" here.", (int)code.size, (const char *)code.at);
    return false;
}

void call_fail_act(struct call *call, enum status status, const struct act_result *result)
{
    const struct failure failure = {.code = HOSO_REFUSED,
                                    .name = reason_name(result->why),
                                    .kept = {"Không có gì bị thay đổi.", "Nothing was changed."},
                                    .next = reason_next(result->why)};

    if (status != STATUS_REFUSED || !result->why) {
        call_fail_status(call, status);
        return;
    }
    struct words why = reason_words(result->why);
    const char *where = result->detail;
    /* An article of law is told ("NĐ 61/2018 Điều 19.1"), a number of our own rules is not. */
    const char *article = result->article && strchr(result->article, ' ') ? result->article : NULL;
    call_fail(call, &failure, "Bị từ chối: %s%s%s%s%s%s.", "Refused: %s%s%s%s%s%s.",
              word_of(call, why), *where ? " (" : "", where, *where ? ")" : "", article ? "; " : "",
              article ? article : "");
}
