/*
 * Which days an office works and when it is open: a pack's list of days off and working Saturdays,
 * read day by day. A day is a number since 1970-01-01 in the calendar's own zone.
 */
#ifndef HOSO_PROTOCOL_CASE_DEADLINE_CALENDAR_H
#define HOSO_PROTOCOL_CASE_DEADLINE_CALENDAR_H

#include "protocol/case/pack/pack.h"

enum { CALENDAR_SPANS_MAX = 4, CALENDAR_DAY_SECONDS = 86400 };

/* Seconds from a day's midnight, |opens| < |closes| <= 86,400. */
struct office_span {
    uint32_t opens;
    uint32_t closes;
};

struct calendar {
    const struct pack_day *days; /* ascending by day, as in a decoded pack; borrowed */
    size_t day_count;
    int zone_minutes;
    struct office_span spans[CALENDAR_SPANS_MAX]; /* ascending, apart */
    size_t span_count;
};

enum day_kind {
    DAY_WORKING,
    DAY_MADE_UP, /* a Saturday or Sunday worked instead of another day */
    DAY_WEEKEND,
    DAY_OFF
};

struct calendar_day {
    enum day_kind kind;
    bool declared;       /* within a range the calendar says it covers */
    struct bytes reason; /* of DAY_MADE_UP and DAY_OFF; borrowed */
};

/* |pack|'s days and zone with the usual office hours, 07:00-11:30 and 13:30-17:00 (domain: the
 * default of the one-stop offices). Borrows from |pack|, which is a decoded one. */
struct calendar calendar_of(const struct pack *pack);
/* What the calendar says of |day|. A day it does not name is a working day from Monday to Friday.
 */
struct calendar_day calendar_day(const struct calendar *calendar, int64_t day);
bool calendar_works(const struct calendar *calendar, int64_t day);
/* The first working day that is not before |day|. */
int64_t calendar_working_from(const struct calendar *calendar, int64_t day);
/* 0 Monday to 6 Sunday. */
unsigned calendar_weekday(int64_t day);
/* The local day of |seconds| since 1970-01-01T00:00Z, and the seconds from its midnight. */
int64_t calendar_local(const struct calendar *calendar, int64_t seconds, uint32_t *of_day);
/* Seconds since 1970-01-01T00:00Z of |of_day| seconds after |day|'s midnight. */
int64_t calendar_seconds(const struct calendar *calendar, int64_t day, uint32_t of_day);
/* When the last span closes, in seconds of the day; 0 if there is none. */
uint32_t calendar_closes(const struct calendar *calendar);

#endif
