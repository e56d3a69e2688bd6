#include "protocol/case/deadline/due.h"

/* The outermost seconds of the years 1 and 9999, in any zone. */
#define FIRST_SECOND (-62135596800 - CALENDAR_DAY_SECONDS)
#define LAST_SECOND (253402300799 + CALENDAR_DAY_SECONDS)

enum { MINUTE = 60, HOUR = 3600 };

enum status start_policy_of(struct bytes letter, enum start_policy *policy)
{
    static const char letters[] = {'S', 'D', 'H', 'C'};

    for (size_t i = 0; i < sizeof letters; i++) {
        if (letter.size == 1 && letter.at[0] == (uint8_t)letters[i]) {
            *policy = (enum start_policy)i;
            return STATUS_OK;
        }
    }
    return STATUS_MALFORMED;
}

static bool has_hours(const struct calendar *calendar)
{
    for (size_t i = 0; i < calendar->span_count; i++) {
        const struct office_span *span = &calendar->spans[i];
        if (span->opens >= span->closes || span->closes > CALENDAR_DAY_SECONDS)
            return false;
    }
    return calendar->span_count > 0;
}

/* The |count|th working day after |day|; 0: |day| itself, or the next working day. */
static int64_t working_day_after(const struct calendar *calendar, int64_t day, uint64_t count)
{
    if (count == 0)
        return calendar_working_from(calendar, day);
    for (; count > 0; count--)
        day = calendar_working_from(calendar, day + 1);
    return day;
}

/* Where |left| seconds of office time from |of_day| of |*day| end, in seconds of the day; moves
 * |*day| there. */
static uint32_t spend(const struct calendar *calendar, int64_t *day, uint32_t of_day, uint64_t left)
{
    for (;; of_day = 0) {
        *day = calendar_working_from(calendar, *day);
        for (size_t i = 0; i < calendar->span_count; i++) {
            const struct office_span *span = &calendar->spans[i];
            uint32_t from = of_day > span->opens ? of_day : span->opens;
            if (from >= span->closes)
                continue;
            if (left <= span->closes - from)
                return from + (uint32_t)left;
            left -= span->closes - from;
        }
        *day += 1;
    }
}

/* The same for a reception on |day|: on a day off its time of day does not count. */
static uint32_t spend_hours(const struct calendar *calendar, int64_t *day, uint32_t of_day,
                            uint64_t hours)
{
    if (!calendar_works(calendar, *day))
        of_day = 0;
    return spend(calendar, day, of_day - of_day % MINUTE, hours * HOUR);
}

/* Office time of |day| from |from| to |until|, in seconds of the day. */
static uint64_t open_between(const struct calendar *calendar, int64_t day, uint32_t from,
                             uint32_t until)
{
    uint64_t open = 0;

    for (size_t i = 0; calendar_works(calendar, day) && i < calendar->span_count; i++) {
        const struct office_span *span = &calendar->spans[i];
        uint32_t begins = from > span->opens ? from : span->opens;
        uint32_t ends = until < span->closes ? until : span->closes;
        open += ends > begins ? ends - begins : 0;
    }
    return open;
}

/* What was waited: seconds of office time, or of working days the last ones of |*days|. */
static uint64_t waited(const struct calendar *calendar, int64_t from, int64_t until, uint64_t *days)
{
    uint32_t begins;
    uint32_t ends;
    int64_t first = calendar_local(calendar, from, &begins);
    int64_t last = calendar_local(calendar, until, &ends);
    uint64_t open = 0;

    *days = 0;
    for (int64_t day = first; day <= last; day++) {
        open += open_between(calendar, day, day == first ? begins : 0,
                             day == last ? ends : CALENDAR_DAY_SECONDS);
        *days += day > first && calendar_works(calendar, day);
    }
    return open;
}

bool due_in_range(int64_t seconds)
{
    return seconds >= FIRST_SECOND && seconds <= LAST_SECOND;
}

static bool is_declared(const struct calendar *calendar, int64_t first, int64_t last)
{
    for (int64_t day = first; day <= last; day++) {
        if (!calendar_day(calendar, day).declared)
            return false;
    }
    return true;
}

enum status due_count(const struct calendar *calendar, enum start_policy policy, uint64_t term,
                      int64_t received, struct due *due)
{
    uint32_t of_day;

    if (!has_hours(calendar))
        return STATUS_USAGE;
    if (term > DUE_TERM_MAX || !due_in_range(received))
        return STATUS_LIMIT;
    int64_t day = calendar_local(calendar, received, &of_day);
    uint32_t at = calendar_closes(calendar);
    due->first = due->skipping = day;
    switch (policy) {
    case START_SAME_DAY:
        day = calendar_working_from(calendar, of_day > DUE_SAME_DAY_UNTIL ? day + 1 : day);
        break;
    case START_WORKING_DAYS:
        day = working_day_after(calendar, day, term);
        break;
    case START_HOURS:
        at = spend_hours(calendar, &day, of_day, term);
        break;
    case START_CALENDAR:
        due->skipping = day + (int64_t)term;
        day = calendar_working_from(calendar, due->skipping);
        break;
    }
    due->last = day;
    due->seconds = calendar_seconds(calendar, day, at);
    due->provisional = !is_declared(calendar, due->first, due->last);
    return STATUS_OK;
}

enum status due_extend(const struct calendar *calendar, enum start_policy policy, int64_t from,
                       int64_t until, struct due *due)
{
    uint64_t days;
    uint32_t at;

    if (!has_hours(calendar))
        return STATUS_USAGE;
    if (!due_in_range(from) || !due_in_range(until) || !due_in_range(due->seconds) ||
        until - from > (int64_t)DUE_WAIT_DAYS_MAX * CALENDAR_DAY_SECONDS)
        return STATUS_LIMIT;
    if (until <= from)
        return STATUS_OK;
    uint64_t open = waited(calendar, from, until, &days);
    int64_t day = calendar_local(calendar, due->seconds, &at);
    if (policy == START_HOURS && open == 0)
        return STATUS_OK;
    if (policy == START_HOURS) {
        at = spend(calendar, &day, at, open);
    } else if (policy == START_CALENDAR) {
        due->skipping += calendar_local(calendar, until, &at) - calendar_local(calendar, from, &at);
        day = calendar_working_from(calendar, due->skipping);
        at = calendar_closes(calendar);
    } else {
        day = working_day_after(calendar, day, days);
    }
    due->last = day;
    due->seconds = calendar_seconds(calendar, day, at);
    due->provisional = due->provisional || !is_declared(calendar, due->first, due->last);
    return STATUS_OK;
}
