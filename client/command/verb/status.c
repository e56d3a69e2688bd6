#include "client/command/value.h"
#include "client/command/verb.h"
#include "client/replica/origin.h"

#include <string.h>
#include <time.h>

enum { TIMEOUT_MOST = 7 * 24 * 3600 };

static void write_scopes(struct json_writer *writer, const struct replica_status *status)
{
    json_open_array(writer, "scopes");
    for (size_t i = 0; i < status->scope_count; i++) {
        const struct replica_scope_status *scope = &status->scopes[i];
        json_open_object(writer, NULL);
        json_write_hex(writer, "scope", scope->scope.bytes, sizeof scope->scope.bytes);
        json_write_hex(writer, "vector", scope->vector.bytes, sizeof scope->vector.bytes);
        json_write_hex(writer, "views", scope->views.bytes, sizeof scope->views.bytes);
        json_close_object(writer);
    }
    json_close_array(writer);
}

/* What became of the invitation: "granted", or why not yet. */
static const char *grant_state(const struct call *call, const struct replica_status *status)
{
    const struct command_host *host = call->host;
    const struct replica_identity *identity = replica_identity(host->replica);

    if (status->granted)
        return "granted";
    if (!identity->has_invitation)
        return "none";
    if (identity->invitation_expires < (int64_t)time(NULL))
        return "expired";
    /* A home no daemon runs on remembers only that the node above was there and proved itself. */
    if (host->fault ? host->fault(host->context) == STATUS_UNKNOWN_PEER : status->last_contact != 0)
        return "refused";
    return "invited";
}

/* What ended or holds up the session with the node above and needs a person; OK: nothing known. */
static enum status fault_of(const struct call *call)
{
    enum status fault =
        call->host->fault != NULL ? call->host->fault(call->host->context) : STATUS_OK;

    bool says_more = fault == STATUS_INSECURE || fault == STATUS_FORGED || fault == STATUS_NEWER ||
                     fault == STATUS_FULL || fault == STATUS_CORRUPT;

    return says_more ? fault : STATUS_OK;
}

static const char *fault_name(enum status fault)
{
    if (fault == STATUS_INSECURE)
        return "insecure";
    if (fault == STATUS_FORGED)
        return "forged";
    if (fault == STATUS_FULL)
        return "no_room";
    if (fault == STATUS_CORRUPT)
        return "damaged";
    return fault == STATUS_NEWER ? "newer" : "ok";
}

/* Not a failure of the command: the figures are the answer, the code says that something waits. */
static const struct failure still_waiting = {
    .code = HOSO_UNREACHABLE,
    .name = "waiting",
    .kept = {"Mọi bản ghi đều còn trên máy này.", "Every record is kept on this machine."},
    .next = {"Đồng bộ khi có đường truyền: hoso sync", "Sync when there is a line: hoso sync"}};
static const struct words still_waiting_words = {"Còn bản ghi chưa được cấp trên nhận.",
                                                 "Some records are not received above yet."};

/* A store that found out where it came from, and whether its numbers are trusted again. */
struct past {
    struct origin_found found;
    bool doubt;
};

static void write_past(struct json_writer *writer, const struct past *past, int zone_minutes)
{
    json_write_string(writer, "numbers", past->doubt ? "provisional" : "ok");
    if (past->found.origin == ORIGIN_HERE) {
        json_write_null(writer, "restored");
        return;
    }
    json_open_object(writer, "restored");
    json_write_string(writer, "why", origin_name(past->found.origin));
    value_write_time(writer, "at", true, past->found.seconds, PRECISION_SECOND, zone_minutes);
    json_close_object(writer);
}

static void say_past(struct call *call, const struct past *past)
{
    static const struct words texts[] = {
        [ORIGIN_BACKUP] = {"Kho này được dựng lại từ bản sao lưu.\n",
                           "This store was started from a backup.\n"},
        [ORIGIN_COPIED] = {"Kho này là bản chép, hoặc đã được đặt lại.\n",
                           "This store was copied or put back.\n"},
        [ORIGIN_PUT_BACK] = {"Kho này cũ hơn những gì máy này đã ghi.\n",
                             "This store is older than what this machine wrote.\n"},
        [ORIGIN_SHOWN] = {"Nơi khác giữ những bản ghi mà kho này đã mất.\n",
                          "Another node holds records that this store has lost.\n"},
        [ORIGIN_DAMAGED] = {"Kho này từng có bản ghi hỏng; xem hosod scrub.\n",
                            "Records of this store were damaged; see hosod scrub.\n"},
    };
    const struct words *text = &texts[past->found.origin];

    if (past->doubt && past->found.origin != ORIGIN_HERE)
        call_put(call, bytes_of_text(call_pick(call, text->vietnamese, text->english)));
    if (past->doubt)
        call_say(call,
                 "Mã hồ sơ mới là mã tạm cho đến khi cấp trên dành số cho máy này, hoặc cán bộ xác "
                 "nhận mã cuối trên giấy: hoso confirm MÃ.\n",
                 "New codes are provisional (tạm) until the node above has set numbers aside for "
                 "this machine, or until an officer confirms the last code on paper: hoso confirm "
                 "CODE.\n");
}

static void write_status(struct call *call, const struct replica_status *status, int zone_minutes,
                         uint64_t waiting, const struct past *past)
{
    struct json_writer *writer = &call->writer;

    json_open_object(writer, NULL);
    json_open_object(writer, "records");
    json_write_unsigned(writer, "local", status->records);
    json_write_unsigned(writer, "office", status->at_office);
    json_write_unsigned(writer, "hub", status->at_hub);
    json_close_object(writer);
    json_write_unsigned(writer, "waiting", status->waiting);
    json_write_unsigned(writer, "held", status->held);
    json_write_unsigned(writer, "aside", status->aside);
    json_write_unsigned(writer, "refused", status->refused);
    json_write_unsigned(writer, "without_effect", status->ineffective);
    value_write_time(writer, "last_contact", status->last_contact != 0, status->last_contact,
                     PRECISION_SECOND, zone_minutes);
    json_write_string(writer, "clock", status->clock_suspect ? "suspect" : "ok");
    json_write_unsigned(writer, "disk_free",
                        status->free_bytes < INT64_MAX ? status->free_bytes : INT64_MAX);
    write_scopes(writer, status);
    json_write_unsigned(writer, "logs", status->logs);
    json_write_unsigned(writer, "cases", status->cases);
    json_write_flag(writer, "example", status->example_pack);
    json_write_string(writer, "grant", grant_state(call, status));
    json_write_string(writer, "line", fault_name(fault_of(call)));
    write_past(writer, past, zone_minutes);
    if (waiting > 0)
        call_note_error(call, &still_waiting, still_waiting_words.vietnamese,
                        still_waiting_words.english);
    json_close_object(writer);
    json_write_end(writer);
}

static void say_grant(struct call *call, const char *state)
{
    static const struct {
        const char *state;
        struct words words;
    } table[] = {
        {"invited",
         {"Giấy mời chưa được dùng: sẽ dùng khi liên lạc lần đầu. Việc đã làm vẫn còn nguyên.\n",
          "The invitation is used at first contact. All work is kept.\n"}},
        {"expired",
         {"Giấy mời đã hết hạn: xin giấy mời mới. Việc đã làm vẫn còn nguyên.\n",
          "The invitation has expired: ask for a new one. All work is kept.\n"}},
        {"refused",
         {"Cấp trên không nhận giấy mời này: xin giấy mời mới. Việc đã làm vẫn còn nguyên.\n",
          "The node above does not take this invitation: ask for a new one. All work is kept.\n"}},
        {"none",
         {"Máy này chưa được cấp quyền. Việc đã làm vẫn còn nguyên.\n",
          "This node has no grant yet. All work is kept.\n"}},
    };

    if (replica_identity(call->host->replica)->role == ROLE_HUB)
        return;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].state, state) == 0)
            call_put(call, bytes_of_text(
                               call_pick(call, table[i].words.vietnamese, table[i].words.english)));
    }
}

static void say_line(struct call *call, enum status fault)
{
    if (fault == STATUS_FULL)
        call_say(call,
                 "Ổ đĩa của cấp trên, hoặc của máy này, đã đầy. Bản ghi chưa gửi vẫn còn nguyên ở "
                 "đây và tự gửi khi có chỗ.\n",
                 "The disk of the node above, or of this one, is full. What was not sent is kept "
                 "here and goes by itself when there is room.\n");
    else if (fault == STATUS_CORRUPT)
        call_say(call,
                 "Kho này có bản ghi hỏng, nên không nhận tiếp được từ cấp trên. Chạy hosod "
                 "scrub.\n",
                 "Records of this store are damaged, and what the node above sends does not follow "
                 "them. Run hosod scrub.\n");
    else
        call_say_status(call, fault);
}

static void say_notes(struct call *call, const struct replica_status *status)
{
    if (status->held > 0)
        call_say(call, "%llu bản ghi bị giữ lại, chờ bản ghi đứng trước.\n",
                 "Records held: %llu. An earlier record is missing.\n",
                 (unsigned long long)status->held);
    if (status->aside > 0)
        call_say(call,
                 "%llu bản ghi từ gói đang chờ các bản ghi đứng trước: đọc nốt các gói khác.\n",
                 "Records from bundles that wait for earlier ones: %llu. Read the other bundles.\n",
                 (unsigned long long)status->aside);
    if (status->clock_suspect)
        call_say(call, "Giờ máy không tin cậy: kiểm tra ngày giờ.\n",
                 "The clock cannot be trusted: check date and time.\n");
    if (status->example_pack)
        call_say(call, "Đang dùng danh mục của huyện mẫu (dữ liệu mẫu).\n",
                 "The pack in use is the example district's (dữ liệu mẫu).\n");
    say_grant(call, grant_state(call, status));
    say_line(call, fault_of(call));
}

static void say_status(struct call *call, const struct replica_status *status, int zone_minutes)
{
    struct json_writer writer;
    struct buffer contact;

    buffer_init(&contact, 128);
    json_write_start(&writer, &contact);
    value_write_time(&writer, NULL, status->last_contact != 0, status->last_contact,
                     PRECISION_SECOND, zone_minutes);
    call_say(
        call,
        "%llu bản ghi trên máy này; đơn vị đã nhận %llu, hub đã nhận %llu, chưa lên hub "
        "%llu.\n",
        "Records on this machine: %llu; at the office: %llu, at the hub: %llu; waiting: %llu.\n",
        (unsigned long long)status->records, (unsigned long long)status->at_office,
        (unsigned long long)status->at_hub, (unsigned long long)status->waiting);
    if (status->last_contact != 0)
        call_say(call, "Liên lạc gần nhất: %.*s\n", "Last contact: %.*s\n", (int)(contact.size - 2),
                 (const char *)contact.at + 1);
    else
        call_say(call, "Chưa từng liên lạc.\n", "Never in contact.\n");
    say_notes(call, status);
    call_say(call, "Ổ đĩa còn %llu MB.\n", "%llu MB are free on the disk.\n",
             (unsigned long long)(status->free_bytes >> 20));
    buffer_deinit(&contact);
}

void command_status(struct call *call)
{
    struct replica_read *read = NULL;
    struct replica_status status;
    struct past past = {.doubt = replica_codes_wait(call->host->replica)};
    struct bytes wait = call_text(call, "wait");
    int64_t seconds;
    const struct pack *pack = replica_pack(call->host->replica, NULL);
    int zone_minutes = pack ? pack->zone_minutes : 0;

    if (wait.size > 0 && !bytes_equal_text(wait, "office") && !bytes_equal_text(wait, "hub")) {
        call_fail_usage(call, "--wait", "phải là office hoặc hub", "it must be office or hub");
        return;
    }
    if (!call_number(call, "timeout", 1, TIMEOUT_MOST, 1, &seconds))
        return;
    if (wait.size == 0 && call_text(call, "timeout").size > 0) {
        call_fail_usage(call, "--timeout", "chỉ dùng cùng --wait", "it goes with --wait");
        return;
    }
    enum status failure = replica_read_begin(call->host->replica, &read);
    if (!failure)
        failure = replica_status(read, &call->arena, &status);
    if (!failure)
        failure = origin_last(read, &past.found);
    if (read)
        replica_read_end(read);
    if (failure) {
        call_fail_status(call, failure);
        return;
    }
    uint64_t waiting =
        bytes_equal_text(wait, "office") ? status.records - status.at_office : status.waiting;
    if (call->json) {
        write_status(call, &status, zone_minutes, waiting, &past);
        return;
    }
    say_status(call, &status, zone_minutes);
    say_past(call, &past);
    if (waiting > 0)
        call_note_error(call, &still_waiting, still_waiting_words.vietnamese,
                        still_waiting_words.english);
}
