#include "client/command/verb/deadline.h"

#include "client/command/value.h"
#include "client/command/verb/explain.h"
#include "client/text/time.h"
#include "protocol/case/deadline/deadline.h"

/* False: nobody can tell (or no memory to tell by: what is shown is then less, not wrong). */
static bool find(struct call *call, const struct view *view, struct deadline *deadline,
                 struct explained *explained)
{
    if (deadline_of(view, &call->arena, deadline) || deadline->source == DEADLINE_NONE)
        return false;
    *explained = (struct explained){.pack = view->pack,
                                    .calendar = calendar_of(view->pack),
                                    .policy = deadline->policy,
                                    .term = deadline->term,
                                    .received = {.known = true,
                                                 .seconds = deadline->started,
                                                 .precision = PRECISION_MINUTE,
                                                 .zone_minutes = view->pack->zone_minutes},
                                    .due = deadline->due};
    return true;
}

void deadline_write(struct call *call, const struct view *view)
{
    struct json_writer *writer = &call->writer;
    struct deadline deadline;
    struct explained explained;

    if (!find(call, view, &deadline, &explained)) {
        json_write_null(writer, "deadline");
        return;
    }
    int zone = view->pack->zone_minutes;
    bool counted = deadline.source == DEADLINE_COUNTED;
    json_open_object(writer, "deadline");
    value_write_time(writer, "due", true, deadline.due.seconds, PRECISION_MINUTE, zone);
    json_write_flag(writer, "provisional", deadline.due.provisional);
    json_write_string(writer, "source", counted ? "counted" : "written");
    if (counted) {
        json_write_text(writer, "policy", bytes_of(&"SDHC"[deadline.policy], 1));
        json_write_unsigned(writer, "term", deadline.term);
    }
    value_write_time(writer, "from", counted, deadline.started, PRECISION_MINUTE, zone);
    json_write_flag(writer, "extended", deadline.extended);
    value_write_time(writer, "waiting_since", deadline.waiting, deadline.waiting_since,
                     PRECISION_MINUTE, zone);
    if (counted)
        explain_write(call, &explained);
    json_close_object(writer);
}

void deadline_write_due(struct call *call, const struct view *view)
{
    struct deadline deadline;
    struct explained explained;
    bool known = find(call, view, &deadline, &explained);

    value_write_time(&call->writer, "due", known, deadline.due.seconds, PRECISION_MINUTE,
                     known ? view->pack->zone_minutes : 0);
    json_write_flag(&call->writer, "due_provisional", known && deadline.due.provisional);
}

void deadline_say(struct call *call, const struct view *view, bool why)
{
    struct deadline deadline;
    struct explained explained;
    char text[EXPLAIN_DUE_BYTES];

    if (call->json || !find(call, view, &deadline, &explained))
        return;
    explain_due(call, view->pack, &deadline.due, text);
    call_say(call, "Hẹn trả: %s%s\n", "Due: %s%s\n", text,
             deadline.source == DEADLINE_WRITTEN ? call_pick(call, " (đã ghi)", " (as written)")
             : deadline.extended
                 ? call_pick(call, " (đã cộng thời gian chờ)", " (with the time waited added)")
                 : "");
    if (deadline.waiting)
        call_say(call, "  Đang chờ công dân: thời hạn tạm dừng.\n",
                 "  Waiting for the citizen: the clock stands.\n");
    if (why && deadline.source == DEADLINE_COUNTED)
        explain_say(call, &explained);
}
