#include "protocol/case/deadline/calendar.h"

enum { KIND_OFF, KIND_MADE_UP, KIND_RANGE, DAYS_A_WEEK = 7, SATURDAY = 5 };

/* An hour and a minute as seconds of the day. */
#define AT(hour, minute) (((hour)*60U + (minute)) * 60U)

struct calendar calendar_of(const struct pack *pack)
{
    return (struct calendar){.days = pack->days,
                             .day_count = pack->day_count,
                             .zone_minutes = pack->zone_minutes,
                             .spans = {{AT(7, 0), AT(11, 30)}, {AT(13, 30), AT(17, 0)}},
                             .span_count = 2};
}

unsigned calendar_weekday(int64_t day)
{
    /* 1970-01-01 was a Thursday. */
    return (unsigned)(((day % DAYS_A_WEEK) + DAYS_A_WEEK + 3) % DAYS_A_WEEK);
}

/* The first row whose day is not before |day|. */
static size_t first_row(const struct calendar *calendar, int64_t day)
{
    size_t low = 0;
    size_t high = calendar->day_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (calendar->days[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct calendar_day calendar_day(const struct calendar *calendar, int64_t day)
{
    bool weekend = calendar_weekday(day) >= SATURDAY;
    struct calendar_day found = {.kind = weekend ? DAY_WEEKEND : DAY_WORKING};
    size_t after = first_row(calendar, day);

    for (; after < calendar->day_count && calendar->days[after].day == day; after++) {
        const struct pack_day *row = &calendar->days[after];
        if (row->kind == KIND_RANGE)
            continue;
        if (row->kind == KIND_OFF)
            found.kind = DAY_OFF;
        else if (weekend)
            found.kind = DAY_MADE_UP;
        found.reason = row->reason;
    }
    for (size_t i = 0; i < after && !found.declared; i++) {
        const struct pack_day *row = &calendar->days[i];
        found.declared = row->kind == KIND_RANGE && row->last_day >= day;
    }
    return found;
}

bool calendar_works(const struct calendar *calendar, int64_t day)
{
    return calendar_day(calendar, day).kind <= DAY_MADE_UP;
}

int64_t calendar_working_from(const struct calendar *calendar, int64_t day)
{
    /* Ends: the rows are finite, and past them a week has five working days. */
    while (!calendar_works(calendar, day))
        day++;
    return day;
}

int64_t calendar_local(const struct calendar *calendar, int64_t seconds, uint32_t *of_day)
{
    int64_t local = seconds + (int64_t)calendar->zone_minutes * 60;
    int64_t rest = local % CALENDAR_DAY_SECONDS;

    if (rest < 0)
        rest += CALENDAR_DAY_SECONDS;
    *of_day = (uint32_t)rest;
    return (local - rest) / CALENDAR_DAY_SECONDS;
}

int64_t calendar_seconds(const struct calendar *calendar, int64_t day, uint32_t of_day)
{
    return day * CALENDAR_DAY_SECONDS + of_day - (int64_t)calendar->zone_minutes * 60;
}

uint32_t calendar_closes(const struct calendar *calendar)
{
    return calendar->span_count > 0 ? calendar->spans[calendar->span_count - 1].closes : 0;
}
