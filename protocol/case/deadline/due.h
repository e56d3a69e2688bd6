/*
 * When a dossier is due: a term counted over a calendar from the moment of reception.
 *
 * A due date that was given stays: it is counted once, by the pack of the reception, and a later
 * calendar moves only later ones. Sources: Civil Code 2015 art. 147.2 (the first day is not
 * counted) and 148.5 (a term that ends on a day off ends at the next working day's end); Law on
 * Civil Status 2014 art. 5.3 and Decree 23/2015 art. 7 (received after 15:00: the next working
 * day).
 */
#ifndef HOSO_PROTOCOL_CASE_DEADLINE_DUE_H
#define HOSO_PROTOCOL_CASE_DEADLINE_DUE_H

#include "protocol/case/deadline/calendar.h"

enum {
    DUE_WAIT_DAYS_MAX = 3660,         /* longest waiting that is counted */
    DUE_TERM_MAX = 10000,             /* days or hours */
    DUE_SAME_DAY_UNTIL = 15 * 60 * 60 /* 15:00:00 itself is not "after 15:00" */
};

enum start_policy {
    START_SAME_DAY,     /* "S": the day of reception, or the next; the term is not looked at */
    START_WORKING_DAYS, /* "D": working days after the day of reception */
    START_HOURS,        /* "H": hours of office time from the minute of reception */
    START_CALENDAR      /* "C": calendar days after the day of reception */
};

struct due {
    int64_t seconds;  /* since 1970-01-01T00:00Z */
    bool provisional; /* a day from reception to the due day is in no declared range */
    int64_t first;    /* the local day of reception */
    int64_t last;     /* the local day it is due on */
    int64_t skipping; /* from here to |last| days off were passed over: for START_CALENDAR the
                         term's own last day, else |first| */
};

/* The policy of a pack's letter. Errors: MALFORMED. */
CHECK_RESULT enum status start_policy_of(struct bytes letter, enum start_policy *policy);

/*
 * |received| in seconds since 1970-01-01T00:00Z, within the years 1 to 9999. Due at the office's
 * close, but for START_HOURS, where a term that fills a day ends at that day's close and not at the
 * next day's opening. Errors: LIMIT (|term| above DUE_TERM_MAX, |received| outside those years:
 * the person is told), USAGE (the calendar has no office hours, or a span that is none).
 */
CHECK_RESULT enum status due_count(const struct calendar *calendar, enum start_policy policy,
                                   uint64_t term, int64_t received, struct due *due);
/*
 * Moves |*due|, as due_count() or an earlier call left it, by the time waited from |from| until
 * |until|: working days for START_SAME_DAY and START_WORKING_DAYS (the day the waiting began is not
 * counted), office time for START_HOURS, days for START_CALENDAR. Nothing where |until| is not
 * after |from|. Errors: as due_count(), LIMIT also for a waiting above DUE_WAIT_DAYS_MAX; |*due|
 * then stays.
 */
CHECK_RESULT enum status due_extend(const struct calendar *calendar, enum start_policy policy,
                                    int64_t from, int64_t until, struct due *due);
/* True iff |seconds| since 1970 lies within the years 1 to 9999. */
bool due_in_range(int64_t seconds);

#endif
