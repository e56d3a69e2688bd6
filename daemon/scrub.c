#include "daemon/scrub.h"

#include "client/replica/log/scrub.h"
#include "daemon/apart.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SLICE_RECORDS = 1000, ANSWER_BYTES_MAX = 64 << 20, LISTED_MOST = 1000 };

/* A scrub on behalf of a person. */
struct scrubbing {
    const struct attendant *attendant;
    const struct command_request *request;
    const struct attend_stream *stream;
    struct command_answer *answer;
    struct json_writer writer;
    struct scrub *scrub;
    uint64_t mended, waiting, listed;
    uint64_t told;
};

static enum status settle_job(struct replica *replica, void *context)
{
    return scrub_settle(replica, context);
}

static enum status renew_job(struct replica *replica, void *context)
{
    (void)context;
    return scrub_renew_derived(replica);
}

static struct words outcome_words(enum scrub_outcome outcome)
{
    switch (outcome) {
    case SCRUB_MENDED:
        return (struct words){"đã sửa", "mended"};
    case SCRUB_REBUILT:
        return (struct words){"đã dựng lại chỉ mục", "its index rows were made again"};
    case SCRUB_WAITS:
        return (struct words){"hỏng: chờ nhận lại từ nơi còn giữ",
                              "damaged: waits to be fetched from whoever holds it"};
    case SCRUB_SOUND:
        break;
    }
    return (struct words){"toàn vẹn", "sound"};
}

static const char *outcome_name(enum scrub_outcome outcome)
{
    static const char *const names[] = {[SCRUB_SOUND] = "sound",
                                        [SCRUB_MENDED] = "mended",
                                        [SCRUB_REBUILT] = "rebuilt",
                                        [SCRUB_WAITS] = "waits"};

    return names[outcome];
}

/* The code of the dossier the finding is of; empty: of none. */
static void code_of(struct replica *replica, const struct scrub_finding *finding,
                    char code[LIMIT_CODE_BYTES + 16])
{
    struct replica_read *read = NULL;

    code[0] = '\0';
    if (finding->case_number == 0 || replica_read_begin(replica, &read) != STATUS_OK)
        return;
    if (scrub_code(read, finding->case_number, code) != STATUS_OK)
        code[0] = '\0';
    replica_read_end(read);
}

static void put_finding(struct scrubbing *scrubbing, const struct scrub_finding *finding)
{
    char code[LIMIT_CODE_BYTES + 16], log[33], record[65], line[512];
    struct words outcome = outcome_words(finding->outcome);

    scrubbing->mended += finding->outcome == SCRUB_MENDED || finding->outcome == SCRUB_REBUILT;
    scrubbing->waiting += finding->outcome == SCRUB_WAITS;
    if (finding->outcome == SCRUB_SOUND || scrubbing->listed++ >= LISTED_MOST)
        return;
    code_of(scrubbing->attendant->home->replica, finding, code);
    hex_encode(bytes_of(finding->log.bytes, sizeof finding->log.bytes), log);
    hex_encode(bytes_of(finding->id.bytes, sizeof finding->id.bytes), record);
    if (scrubbing->request->json) {
        json_open_object(&scrubbing->writer, NULL);
        json_write_string(&scrubbing->writer, "log", log);
        json_write_unsigned(&scrubbing->writer, "seq", finding->place.seq);
        json_write_string(&scrubbing->writer, "record", record);
        if (code[0] != '\0')
            json_write_string(&scrubbing->writer, "code", code);
        else
            json_write_null(&scrubbing->writer, "code");
        json_write_string(&scrubbing->writer, "outcome", outcome_name(finding->outcome));
        json_close_object(&scrubbing->writer);
        return;
    }
    (void)snprintf(line, sizeof line, "%s %.16s… #%" PRIu64 "  %s\n", code[0] != '\0' ? code : "-",
                   record, finding->place.seq,
                   scrubbing->request->vietnamese ? outcome.vietnamese : outcome.english);
    buffer_append_bytes(&scrubbing->answer->out, bytes_of_text(line));
}

/* A line now and then for who waits; an empty one says that the daemon lives. */
static void tell_progress(struct scrubbing *scrubbing)
{
    char line[64] = "";

    if (scrubbing->stream == NULL || scrubbing->stream->take == NULL ||
        scrubbing->scrub->records - scrubbing->told < 50 * SLICE_RECORDS)
        return;
    scrubbing->told = scrubbing->scrub->records;
    if (!scrubbing->request->json)
        (void)snprintf(line, sizeof line, "%" PRIu64 " …\n", scrubbing->told);
    (void)scrubbing->stream->take(scrubbing->stream->context, bytes_of_text(line));
}

static enum status scrub_all(struct scrubbing *scrubbing)
{
    struct replica *replica = scrubbing->attendant->home->replica;
    struct scrub *scrub = scrubbing->scrub;
    enum status status = STATUS_OK;

    while (status == STATUS_OK && !scrub->ended) {
        status = scrub_slice(replica, scrub, SLICE_RECORDS);
        if (status == STATUS_OK && scrub->finding_count > 0)
            status = attend_submit(scrubbing->attendant, settle_job, scrub);
        for (size_t i = 0; status == STATUS_OK && i < scrub->finding_count; i++)
            put_finding(scrubbing, &scrub->findings[i]);
        tell_progress(scrubbing);
    }
    if (status == STATUS_OK)
        status = attend_submit(scrubbing->attendant, renew_job, NULL);
    return status;
}

static const struct desk_refusal still_waiting = {
    .failure = {.code = HOSO_STORE,
                .name = "waiting",
                .kept = {"Các bản ghi khác đều còn nguyên; chỗ của bản ghi hỏng được giữ lại.",
                         "All other records are sound; the places of the damaged ones are kept."},
                .next = {"Nối với cấp trên hoặc máy còn giữ bản ghi: chúng tự về; rồi chạy lại.",
                         "Connect with the node above, or a device that holds them: they come by "
                         "themselves; then scrub again."}},
    .message = {"Có bản ghi hỏng chưa nhận lại được.", "Damaged records are not back yet."}};
static const struct desk_refusal broken_pages = {
    .failure = {.code = HOSO_STORE,
                .name = "broken",
                .kept = {"Không có gì bị sửa.", "Nothing was changed."},
                .next = {"Để kho hỏng sang một bên, đặt bản hosod backup gần nhất làm --home và "
                         "chạy: bản ghi mới hơn tự về từ cấp trên và các máy.",
                         "Put the broken store aside, make the newest hosod backup the --home and "
                         "run it: newer records come by themselves from the node above and from "
                         "devices."}},
    .message = {"Tệp của kho hỏng cấu trúc, không đọc hết được.",
                "The store's file itself is broken and cannot be read through."}};

/* The answer stands; the error beside it says why the exit code is one. */
static void write_waiting(struct scrubbing *scrubbing)
{
    const struct desk_refusal *refusal = &still_waiting;
    struct json_writer *writer = &scrubbing->writer;
    bool vietnamese = scrubbing->request->vietnamese;
    struct words message = refusal->message, kept = refusal->failure.kept,
                 next = refusal->failure.next;

    json_open_object(writer, "error");
    json_write_string(writer, "code", refusal->failure.name);
    json_write_string(writer, "message", vietnamese ? message.vietnamese : message.english);
    json_write_string(writer, "kept", vietnamese ? kept.vietnamese : kept.english);
    json_write_string(writer, "next", vietnamese ? next.vietnamese : next.english);
    json_close_object(writer);
    scrubbing->answer->code = refusal->failure.code;
}

static void conclude(struct scrubbing *scrubbing)
{
    const struct scrub *scrub = scrubbing->scrub;
    uint64_t waiting = scrubbing->waiting;
    char line[512];

    if (scrubbing->request->json) {
        json_close_array(&scrubbing->writer);
        json_write_unsigned(&scrubbing->writer, "records", scrub->records);
        json_write_unsigned(&scrubbing->writer, "signatures", scrub->signatures);
        json_write_unsigned(&scrubbing->writer, "bad_signatures", scrub->bad_signatures);
        json_write_unsigned(&scrubbing->writer, "mended", scrubbing->mended);
        json_write_unsigned(&scrubbing->writer, "waiting", waiting);
        if (waiting > 0)
            write_waiting(scrubbing);
        json_close_object(&scrubbing->writer);
        json_write_end(&scrubbing->writer);
        return;
    }
    (void)snprintf(line, sizeof line,
                   scrubbing->request->vietnamese
                       ? "%" PRIu64 " bản ghi, %" PRIu64 " chữ ký; sửa %" PRIu64
                         ", chờ nhận lại %" PRIu64 ".\n"
                       : "Records: %" PRIu64 "; signatures: %" PRIu64 "; mended: %" PRIu64
                         "; waiting to be fetched again: %" PRIu64 ".\n",
                   scrub->records, scrub->signatures, scrubbing->mended, waiting);
    buffer_append_bytes(&scrubbing->answer->out, bytes_of_text(line));
    if (waiting > 0)
        desk_refuse(scrubbing->request, scrubbing->answer, &still_waiting);
}

void scrub_answer(const struct attendant *attendant, const struct command_request *request,
                  const struct attend_stream *stream, struct command_answer *answer)
{
    struct scrubbing scrubbing = {
        .attendant = attendant, .request = request, .stream = stream, .answer = answer};
    enum status status = STATUS_NO_MEMORY;

    scrubbing.scrub = calloc(1, sizeof *scrubbing.scrub);
    json_write_start(&scrubbing.writer, &answer->out);
    if (request->json) {
        json_open_object(&scrubbing.writer, NULL);
        json_open_array(&scrubbing.writer, "damaged");
    }
    if (scrubbing.scrub != NULL)
        status = scrub_all(&scrubbing);
    if (status == STATUS_OK) {
        conclude(&scrubbing);
    } else {
        buffer_reset(&answer->out);
        if (status == STATUS_CORRUPT)
            desk_refuse(request, answer, &broken_pages);
        else
            desk_fail(request, answer, status);
    }
    free(scrubbing.scrub);
}

/* ---- without a daemon ---- */

struct alone {
    const char *home;
    const struct command_request *request;
};

static void answer_alone(void *context, struct command_answer *answer)
{
    const struct alone *alone = context;
    struct home home = {.store = NULL, .mark = -1};
    struct attendant attendant = {.home = &home};
    enum status status = home_open(&home, alone->home);

    if (status == STATUS_OK)
        scrub_answer(&attendant, alone->request, NULL, answer);
    else if (status == STATUS_CORRUPT)
        desk_refuse(alone->request, answer, &broken_pages);
    else
        desk_fail(alone->request, answer, status);
    home_close(&home);
}

enum status scrub_alone(const char *home, const struct command_request *request,
                        struct command_answer *answer)
{
    struct alone alone = {.home = home, .request = request};
    char path[HOME_PATH_SIZE];

    if (home_file(home, "store/records.mdb", path) == STATUS_OK && access(path, F_OK) != 0 &&
        errno == ENOENT)
        return STATUS_NOT_FOUND;
    enum status status = apart_run(answer_alone, &alone, answer);

    if (status == STATUS_CORRUPT)
        desk_refuse(request, answer, &broken_pages);
    else if (status != STATUS_OK)
        desk_fail(request, answer, status);
    return STATUS_OK;
}
