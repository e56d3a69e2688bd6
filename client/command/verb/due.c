/* `due`: counts a due date and explains it. Opens no store: the days are those of a calendar given
 * or of the example district. */

#include "client/command/verb.h"
#include "client/command/verb/explain.h"
#include "client/text/base64.h"
#include "client/text/packfile.h"
#include "client/text/time.h"

/* What is counted, and the pack it is counted by. */
struct count {
    struct pack pack;
    struct explained what;
};

static const struct failure wrong = {
    .code = HOSO_USAGE,
    .name = "usage",
    .next = {"Xem cách dùng: hoso due --help", "See how it is used: hoso due --help"}};

/* Reads the pack with the days of the calendar given. False: the call has failed. */
static bool read_days(struct call *call, struct count *count)
{
    struct bytes given = call_text(call, "content");
    struct packfile_problem problem = {.text = ""};
    struct buffer calendar;
    struct buffer canonical;
    bool copied = true;
    bool own_calendar = call_text(call, "calendar").size > 0;

    buffer_init(&calendar, PACKFILE_BYTES_MAX);
    buffer_init(&canonical, LIMIT_PACK_BYTES);
    enum status status =
        own_calendar ? base64_decode(given, BASE64_STANDARD, &calendar) : STATUS_OK;
    if (!status)
        status = packfile_encode_example(own_calendar ? &calendar : NULL, &canonical, &problem);
    if (!status) {
        struct bytes kept = arena_copy(&call->arena, buffer_view(&canonical), &copied);
        status = copied ? pack_decode(kept, &call->arena, &count->pack) : STATUS_NO_MEMORY;
    }
    buffer_deinit(&canonical);
    buffer_deinit(&calendar);
    if (status && problem.text[0])
        call_fail(call, &wrong, "Lịch không dùng được: %s.", "The calendar cannot be used: %s.",
                  problem.text);
    else if (status)
        call_fail_status(call, status);
    count->what.pack = &count->pack;
    count->what.calendar = calendar_of(&count->pack);
    count->what.file = call_text(call, "calendar");
    return status == STATUS_OK;
}

static bool take_procedure(struct call *call, struct bytes code, struct count *count)
{
    const struct pack_procedure *procedure = pack_procedure_of(&count->pack, code);
    const struct failure unknown = {.code = HOSO_NOT_FOUND,
                                    .name = "unknown_procedure",
                                    .next = {"Kiểm tra mã thủ tục.", "Check the code."}};

    if (!procedure) {
        call_fail(call, &unknown, "Danh mục không có thủ tục \"%.*s\".",
                  "The pack has no procedure \"%.*s\".", (int)code.size, (const char *)code.at);
        return false;
    }
    if (start_policy_of(procedure->start_policy, &count->what.policy)) {
        call_fail_status(call, STATUS_MALFORMED);
        return false;
    }
    count->what.term = procedure->term;
    return true;
}

/* Which rule: that of a procedure, or a policy and a term. */
static bool take_rule(struct call *call, struct count *count)
{
    struct bytes procedure = call_text(call, "procedure");
    struct bytes policy = call_text(call, "policy");
    int64_t term = 0;

    if ((procedure.size > 0) == (policy.size > 0)) {
        call_fail_usage(call, "--procedure", "cần --procedure, hoặc --policy và --term",
                        "give --procedure, or --policy and --term");
        return false;
    }
    if (procedure.size > 0)
        return take_procedure(call, procedure, count);
    if (start_policy_of(policy, &count->what.policy)) {
        call_fail_usage(call, "--policy", "phải là S, D, H hoặc C", "must be S, D, H or C");
        return false;
    }
    if (!call_number(call, "term", 0, DUE_TERM_MAX, -1, &term))
        return false;
    if (term < 0 && count->what.policy != START_SAME_DAY) {
        call_fail_usage(call, "--term", "còn thiếu", "is missing");
        return false;
    }
    count->what.term = term < 0 ? 0 : (uint64_t)term;
    return true;
}

/* When it was received; "within the hour" of a term needs the hour. */
static bool take_received(struct call *call, struct count *count)
{
    bool by_minute = count->what.policy == START_SAME_DAY || count->what.policy == START_HOURS;
    struct bytes text;

    if (!call_needs(call, "received", &text))
        return false;
    if (time_parse(text, count->pack.zone_minutes, &count->what.received)) {
        call_fail_usage(call, "--received", "cần một lúc như 2026-11-20T10:00",
                        "a time like 2026-11-20T10:00 is needed");
        return false;
    }
    if (by_minute && count->what.received.precision == PRECISION_DAY) {
        call_fail_usage(call, "--received", "cần cả giờ và phút, vì hạn này tính theo giờ",
                        "the hour and minute are needed: this term depends on them");
        return false;
    }
    return true;
}

static void write_answer(struct call *call, const struct explained *what)
{
    struct json_writer *writer = &call->writer;
    char time[TIME_TEXT_BYTES];

    time_format(what->due.seconds, PRECISION_MINUTE, what->pack->zone_minutes, time);
    json_open_object(writer, NULL);
    json_write_string(writer, "due", time);
    json_write_flag(writer, "provisional", what->due.provisional);
    json_write_text(writer, "policy", bytes_of(&"SDHC"[what->policy], 1));
    json_write_unsigned(writer, "term", what->term);
    explain_write(call, what);
    json_close_object(writer);
    json_write_end(writer);
}

void command_due(struct call *call)
{
    struct count count = {.what.policy = START_SAME_DAY};
    struct explained *what = &count.what;
    char text[EXPLAIN_DUE_BYTES];

    if (!read_days(call, &count) || !take_rule(call, &count) || !take_received(call, &count))
        return;
    enum status status =
        due_count(&what->calendar, what->policy, what->term, what->received.seconds, &what->due);
    if (status) {
        call_fail_status(call, status);
    } else if (call->json) {
        write_answer(call, what);
    } else {
        explain_due(call, what->pack, &what->due, text);
        call_say(call, "Hẹn trả: %s\n", "Due: %s\n", text);
        explain_say(call, what);
    }
}
