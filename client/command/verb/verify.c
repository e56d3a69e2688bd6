#include "client/command/verb.h"

#include <stdio.h>

static const struct failure unsound = {
    .code = HOSO_STORE,
    .name = "unsound",
    .kept = {"Không có gì bị sửa hay xóa.", "Nothing was mended or removed."},
    .next = {"Chạy hosod scrub: sửa hoặc lấy lại cái sửa được. Nếu vẫn hỏng, giữ nguyên kho và báo "
             "cấp trên.",
             "Run hosod scrub: it mends, or fetches again, what can be. If the store stays bad, "
             "leave it as it is and tell the hub."}};
static const struct words unsound_words = {"Kho có bản ghi hỏng.", "The store holds a bad record."};

static void write_verdict(struct call *call, const struct replica_verdict *verdict)
{
    struct json_writer *writer = &call->writer;

    json_open_object(writer, NULL);
    json_write_flag(writer, "ok", verdict->ok);
    json_write_unsigned(writer, "records", verdict->records);
    json_write_unsigned(writer, "logs", verdict->logs);
    if (verdict->ok) {
        json_write_null(writer, "first_bad");
    } else {
        json_open_object(writer, "first_bad");
        json_write_hex(writer, "log", verdict->bad_log.bytes, sizeof verdict->bad_log.bytes);
        json_write_unsigned(writer, "seq", verdict->bad_seq);
        json_write_string(writer, "why", verdict->bad_why);
        json_close_object(writer);
    }
    json_write_unsigned(writer, "signatures", verdict->signatures);
    json_write_unsigned(writer, "by_chain", verdict->by_chain);
    if (!verdict->ok)
        call_note_error(call, &unsound, unsound_words.vietnamese, unsound_words.english);
    json_close_object(writer);
    json_write_end(writer);
}

static bool is_stopped(void *context)
{
    return call_stopped(context);
}

void command_verify(struct call *call)
{
    struct replica_read *read = NULL;
    struct replica_verdict verdict = {0};
    char log[33];

    enum status status = replica_read_begin(call->host->replica, &read);
    if (!status) {
        replica_read_stop_when(read, is_stopped, call);
        status = replica_verify(read, true, &verdict);
        replica_read_end(read);
    }
    if (status) {
        call_fail_status(call, status);
        return;
    }
    if (call->json)
        write_verdict(call, &verdict);
    call_say(call, "%llu bản ghi trong %llu nhật ký; đã kiểm tra %llu chữ ký.\n",
             "Records: %llu; logs: %llu; signatures checked: %llu.\n",
             (unsigned long long)verdict.records, (unsigned long long)verdict.logs,
             (unsigned long long)verdict.signatures);
    if (verdict.ok) {
        call_say(call, "Mọi bản ghi đều toàn vẹn.\n", "Every record is sound.\n");
        return;
    }
    hex_encode(bytes_of(verdict.bad_log.bytes, sizeof verdict.bad_log.bytes), log);
    call_say(call, "HỎNG: nhật ký %s, bản ghi số %llu: %s\n", "BAD: log %s, record %llu: %s\n", log,
             (unsigned long long)verdict.bad_seq, verdict.bad_why);
    if (!call->json)
        call_note_error(call, &unsound, unsound_words.vietnamese, unsound_words.english);
}
