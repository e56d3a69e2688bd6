/* `due`: counts a due date and explains it. Opens no store: the days are those of a calendar given
 * or of the example district. */
#include "protocol/case/deadline/due.h"

#include "client/command/verb.h"
#include "client/text/base64.h"
#include "client/text/packfile.h"
#include "client/text/time.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 512, DAY_BYTES = 64, TERM_BYTES = 32 };

/* What is counted. */
struct count {
    struct pack pack;
    struct calendar calendar;
    bool own_calendar; /* --calendar was given */
    enum start_policy policy;
    uint64_t term;
    struct moment received;
    struct due due;
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

    buffer_init(&calendar, PACKFILE_BYTES_MAX);
    buffer_init(&canonical, LIMIT_PACK_BYTES);
    count->own_calendar = call_text(call, "calendar").size > 0;
    enum status status =
        count->own_calendar ? base64_decode(given, BASE64_STANDARD, &calendar) : STATUS_OK;
    if (!status)
        status =
            packfile_encode_example(count->own_calendar ? &calendar : NULL, &canonical, &problem);
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
    count->calendar = calendar_of(&count->pack);
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
    if (start_policy_of(procedure->start_policy, &count->policy)) {
        call_fail_status(call, STATUS_MALFORMED);
        return false;
    }
    count->term = procedure->term;
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
    if (start_policy_of(policy, &count->policy)) {
        call_fail_usage(call, "--policy", "phải là S, D, H hoặc C", "must be S, D, H or C");
        return false;
    }
    if (!call_number(call, "term", 0, DUE_TERM_MAX, -1, &term))
        return false;
    if (term < 0 && count->policy != START_SAME_DAY) {
        call_fail_usage(call, "--term", "còn thiếu", "is missing");
        return false;
    }
    count->term = term < 0 ? 0 : (uint64_t)term;
    return true;
}

/* When it was received; "within the hour" of a term needs the hour. */
static bool take_received(struct call *call, struct count *count)
{
    bool by_minute = count->policy == START_SAME_DAY || count->policy == START_HOURS;
    struct bytes text;

    if (!call_needs(call, "received", &text))
        return false;
    if (time_parse(text, count->pack.zone_minutes, &count->received)) {
        call_fail_usage(call, "--received", "cần một lúc như 2026-11-20T10:00",
                        "a time like 2026-11-20T10:00 is needed");
        return false;
    }
    if (by_minute && count->received.precision == PRECISION_DAY) {
        call_fail_usage(call, "--received", "cần cả giờ và phút, vì hạn này tính theo giờ",
                        "the hour and minute are needed: this term depends on them");
        return false;
    }
    return true;
}

static const char *weekday_name(const struct call *call, int64_t day)
{
    static const struct words names[] = {{"thứ Hai", "Monday"},   {"thứ Ba", "Tuesday"},
                                         {"thứ Tư", "Wednesday"}, {"thứ Năm", "Thursday"},
                                         {"thứ Sáu", "Friday"},   {"thứ Bảy", "Saturday"},
                                         {"Chủ nhật", "Sunday"}};
    const struct words *name = &names[calendar_weekday(day)];

    return call_pick(call, name->vietnamese, name->english);
}

/* "thứ Sáu 20/11/2026" */
static void spell_day(const struct call *call, int64_t day, char out[DAY_BYTES])
{
    struct civil civil = time_civil_of(day * TIME_DAY_SECONDS, 0);

    (void)snprintf(out, DAY_BYTES, "%s %02u/%02u/%lld", weekday_name(call, day), civil.day,
                   civil.month, (long long)civil.year);
}

/* One step of the explanation: a sentence, for programs with its kind and what it is about. */
struct step {
    struct step *next;
    const char *kind;
    char text[TEXT_BYTES];
    bool of_day; /* about |day| */
    int64_t day;
    struct bytes reason; /* of the calendar; may be empty */
};

/* The steps in their order, in the call's arena. */
struct explanation {
    struct step *first;
    struct step **end;
    struct step lost; /* takes what the arena had no room for */
    bool incomplete;
};

static struct step *add_step(struct call *call, struct explanation *explanation, const char *kind)
{
    struct step *step = arena_array(&call->arena, 1, sizeof *step);

    if (!step) {
        explanation->incomplete = true;
        return &explanation->lost;
    }
    step->kind = kind;
    *explanation->end = step;
    explanation->end = &step->next;
    return step;
}

static void explain_reception(struct call *call, const struct count *count,
                              struct explanation *explanation)
{
    struct step *step = add_step(call, explanation, "received");
    char spelt[DAY_BYTES];
    char time[TIME_TEXT_BYTES];

    spell_day(call, count->due.first, spelt);
    time_format(count->received.seconds, count->received.precision, count->pack.zone_minutes, time);
    (void)snprintf(step->text, sizeof step->text, "%s %s, %s", call_pick(call, "Nhận", "Received"),
                   spelt, time);
    step->of_day = true;
    step->day = count->due.first;
}

static void explain_rule(struct call *call, const struct count *count,
                         struct explanation *explanation)
{
    static const struct words rules[] = {
        {"trong ngày; nhận sau 15:00 thì ngày làm việc tiếp theo",
         "the same day; received after 15:00: the next working day"},
        {"ngày làm việc, không tính ngày nhận", "working days, the day of reception not counted"},
        {"giờ làm việc, tính từ phút nhận", "working hours from the minute of reception"},
        {"ngày, không tính ngày nhận; hết hạn vào ngày nghỉ thì ngày làm việc tiếp theo",
         "calendar days, the day of reception not counted; a last day off moves to the next "
         "working day"}};
    const struct words *rule = &rules[count->policy];
    struct step *step = add_step(call, explanation, "rule");
    char term[TERM_BYTES] = "";

    if (count->policy != START_SAME_DAY)
        (void)snprintf(term, sizeof term, " %llu", (unsigned long long)count->term);
    (void)snprintf(step->text, sizeof step->text, "%s%s %s", call_pick(call, "Hạn:", "Term:"), term,
                   call_pick(call, rule->vietnamese, rule->english));
}

/* One day from the reception to the due day: passed over, or worked instead of another. */
static void explain_day(struct call *call, const struct count *count, int64_t day,
                        struct explanation *explanation)
{
    struct calendar_day found = calendar_day(&count->calendar, day);
    bool off = found.kind == DAY_WEEKEND || found.kind == DAY_OFF;
    char spelt[DAY_BYTES];

    if (found.kind == DAY_WORKING)
        return;
    struct step *step = add_step(call, explanation, off ? "skipped" : "worked");
    spell_day(call, day, spelt);
    (void)snprintf(step->text, sizeof step->text, "%s: %s%s%.*s", spelt,
                   off ? call_pick(call, "ngày nghỉ", "day off")
                       : call_pick(call, "đi làm", "worked"),
                   found.reason.size > 0 ? ", " : "", (int)found.reason.size,
                   found.reason.size > 0 ? (const char *)found.reason.at : "");
    step->of_day = true;
    step->day = day;
    step->reason = found.reason;
}

static void explain_calendar(struct call *call, const struct count *count,
                             struct explanation *explanation)
{
    struct bytes named = count->own_calendar ? call_text(call, "calendar") : count->pack.version;
    const char *kind = count->own_calendar ? call_pick(call, "Lịch: tệp", "Calendar: file")
                                           : call_pick(call, "Lịch: huyện mẫu, bản",
                                                       "Calendar: the example district's, version");
    struct step *step = add_step(call, explanation, "calendar");

    (void)snprintf(step->text, sizeof step->text, "%s %.*s", kind, (int)named.size,
                   (const char *)named.at);
    if (!count->due.provisional)
        return;
    step = add_step(call, explanation, "provisional");
    (void)snprintf(step->text, sizeof step->text, "%s",
                   call_pick(call,
                             "Lịch chưa có cho mọi ngày từ ngày nhận đến ngày hẹn: ngày hẹn là tạm "
                             "tính, xem lại khi lịch được công bố",
                             "The calendar does not cover every day from reception to due day: "
                             "provisional until it is published"));
}

static void write_step(struct call *call, const struct step *step)
{
    struct json_writer *writer = &call->writer;
    char day[TIME_TEXT_BYTES];

    json_open_object(writer, NULL);
    json_write_string(writer, "step", step->kind);
    json_write_string(writer, "text", step->text);
    if (step->of_day) {
        time_format(step->day * TIME_DAY_SECONDS, PRECISION_DAY, 0, day);
        json_write_string(writer, "day", day);
    }
    if (step->reason.size > 0)
        json_write_text(writer, "reason", step->reason);
    json_close_object(writer);
}

static void write_answer(struct call *call, const struct count *count, const struct step *step)
{
    struct json_writer *writer = &call->writer;
    char time[TIME_TEXT_BYTES];

    time_format(count->due.seconds, PRECISION_MINUTE, count->pack.zone_minutes, time);
    json_open_object(writer, NULL);
    json_write_string(writer, "due", time);
    json_write_flag(writer, "provisional", count->due.provisional);
    json_write_text(writer, "policy", bytes_of(&"SDHC"[count->policy], 1));
    json_write_unsigned(writer, "term", count->term);
    json_open_array(writer, "explain");
    for (; step; step = step->next)
        write_step(call, step);
    json_close_array(writer);
    json_close_object(writer);
    json_write_end(writer);
}

static void say_answer(struct call *call, const struct count *count, const struct step *step)
{
    char time[TIME_TEXT_BYTES];
    char spelt[DAY_BYTES];

    time_format(count->due.seconds, PRECISION_MINUTE, count->pack.zone_minutes, time);
    spell_day(call, count->due.last, spelt);
    /* The time's own "HH:MM" begins after "YYYY-MM-DDT". */
    call_say(call, "Hẹn trả: %.5s, %s%s\n", "Due: %.5s, %s%s\n", strchr(time, 'T') + 1, spelt,
             !count->due.provisional ? "" : call_pick(call, " (tạm tính)", " (provisional)"));
    for (; step; step = step->next)
        call_say(call, "  %s\n", "  %s\n", step->text);
}

void command_due(struct call *call)
{
    struct count count = {.policy = START_SAME_DAY};
    struct explanation explanation = {.first = NULL};

    if (!read_days(call, &count) || !take_rule(call, &count) || !take_received(call, &count))
        return;
    enum status status =
        due_count(&count.calendar, count.policy, count.term, count.received.seconds, &count.due);
    if (status) {
        call_fail_status(call, status);
        return;
    }
    explanation.end = &explanation.first;
    explain_reception(call, &count, &explanation);
    explain_rule(call, &count, &explanation);
    for (int64_t day = count.due.skipping; day <= count.due.last; day++)
        explain_day(call, &count, day, &explanation);
    explain_calendar(call, &count, &explanation);
    if (explanation.incomplete)
        call_fail_status(call, STATUS_NO_MEMORY);
    else if (call->json)
        write_answer(call, &count, explanation.first);
    else
        say_answer(call, &count, explanation.first);
}
