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
    if (term > DUE_TERM_MAX || received < FIRST_SECOND || received > LAST_SECOND)
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
