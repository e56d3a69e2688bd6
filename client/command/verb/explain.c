#include "client/command/verb/explain.h"

#include "client/text/time.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 512, TERM_BYTES = 32 };

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
static void spell_day(const struct call *call, int64_t day, char out[EXPLAIN_DAY_BYTES])
{
    struct civil civil = time_civil_of(day * TIME_DAY_SECONDS, 0);

    (void)snprintf(out, EXPLAIN_DAY_BYTES, "%s %02u/%02u/%lld", weekday_name(call, day), civil.day,
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

static void explain_reception(struct call *call, const struct explained *explained,
                              struct explanation *explanation)
{
    struct step *step = add_step(call, explanation, "received");
    char spelt[EXPLAIN_DAY_BYTES];
    char time[TIME_TEXT_BYTES];

    spell_day(call, explained->due.first, spelt);
    time_format(explained->received.seconds, explained->received.precision,
                explained->pack->zone_minutes, time);
    (void)snprintf(step->text, sizeof step->text, "%s %s, %s", call_pick(call, "Nhận", "Received"),
                   spelt, time);
    step->of_day = true;
    step->day = explained->due.first;
}

static void explain_rule(struct call *call, const struct explained *explained,
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
    const struct words *rule = &rules[explained->policy];
    struct step *step = add_step(call, explanation, "rule");
    char term[TERM_BYTES] = "";

    if (explained->policy != START_SAME_DAY)
        (void)snprintf(term, sizeof term, " %llu", (unsigned long long)explained->term);
    (void)snprintf(step->text, sizeof step->text, "%s%s %s", call_pick(call, "Hạn:", "Term:"), term,
                   call_pick(call, rule->vietnamese, rule->english));
}

/* One day from the reception to the due day: passed over, or worked instead of another. */
static void explain_day(struct call *call, const struct explained *explained, int64_t day,
                        struct explanation *explanation)
{
    struct calendar_day found = calendar_day(&explained->calendar, day);
    bool off = found.kind == DAY_WEEKEND || found.kind == DAY_OFF;
    char spelt[EXPLAIN_DAY_BYTES];

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

static void explain_calendar(struct call *call, const struct explained *explained,
                             struct explanation *explanation)
{
    struct bytes named = explained->file.size > 0 ? explained->file : explained->pack->version;
    const char *kind =
        explained->file.size > 0
            ? call_pick(call, "Lịch: tệp", "Calendar: file")
            : call_pick(call, "Lịch: huyện mẫu, bản", "Calendar: the example district's, version");
    struct step *step = add_step(call, explanation, "calendar");

    (void)snprintf(step->text, sizeof step->text, "%s %.*s", kind, (int)named.size,
                   (const char *)named.at);
    if (!explained->due.provisional)
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

/* All steps in their order. NULL: there was no room, the call has failed. */
static const struct step *explanation_of(struct call *call, const struct explained *explained)
{
    struct explanation explanation = {.first = NULL};

    explanation.end = &explanation.first;
    explain_reception(call, explained, &explanation);
    explain_rule(call, explained, &explanation);
    for (int64_t day = explained->due.skipping; day <= explained->due.last; day++)
        explain_day(call, explained, day, &explanation);
    explain_calendar(call, explained, &explanation);
    if (!explanation.incomplete)
        return explanation.first;
    call_fail_status(call, STATUS_NO_MEMORY);
    return NULL;
}

void explain_write(struct call *call, const struct explained *explained)
{
    const struct step *step = explanation_of(call, explained);

    json_open_array(&call->writer, "explain");
    for (; step; step = step->next)
        write_step(call, step);
    json_close_array(&call->writer);
}

void explain_say(struct call *call, const struct explained *explained)
{
    for (const struct step *step = explanation_of(call, explained); step; step = step->next)
        call_say(call, "    %s\n", "    %s\n", step->text);
}

void explain_due(const struct call *call, const struct pack *pack, const struct due *due,
                 char out[EXPLAIN_DUE_BYTES])
{
    char time[TIME_TEXT_BYTES];
    char spelt[EXPLAIN_DAY_BYTES];

    time_format(due->seconds, PRECISION_MINUTE, pack->zone_minutes, time);
    spell_day(call, due->last, spelt);
    /* The time's own "HH:MM" begins after "YYYY-MM-DDT". */
    (void)snprintf(out, EXPLAIN_DUE_BYTES, "%.5s, %s%s", strchr(time, 'T') + 1, spelt,
                   due->provisional ? call_pick(call, " (tạm tính)", " (provisional)") : "");
}
