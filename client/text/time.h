/*
 * Calendar arithmetic and ISO 8601, with the zone as an argument: the machine's own zone is never
 * asked. Proleptic Gregorian calendar, no leap seconds. Source: ISO 8601.
 */
#ifndef HOSO_CLIENT_TEXT_TIME_H
#define HOSO_CLIENT_TEXT_TIME_H

#include "protocol/record/record.h"

enum {
    TIME_VIETNAM_ZONE_MINUTES = 420,
    TIME_DAY_SECONDS = 86400,
    TIME_TEXT_BYTES = 48 /* the longest text time_format() makes, with its terminator */
};

/* A wall clock reading. month 1..12, day 1..31, hour 0..23, minute and second 0..59. */
struct civil {
    int64_t year;
    unsigned month;
    unsigned day;
    unsigned hour;
    unsigned minute;
    unsigned second;
};

/* Days since 1970-01-01 of a valid date; |year| within ±292,000,000,000. */
int64_t time_day_of_date(int64_t year, unsigned month, unsigned day);
/* True iff there is such a day and such a time of day. */
bool time_is_civil(const struct civil *civil);
/* Seconds since 1970-01-01T00:00Z of a valid |civil| in the zone, minutes east of UTC. */
int64_t time_seconds_of(const struct civil *civil, int zone_minutes);
/* What the wall shows at |seconds| in the zone. Any |seconds| but the outermost day of int64_t. */
struct civil time_civil_of(int64_t seconds, int zone_minutes);
/* Days since 1970-01-01 of the local day |seconds| falls on. */
int64_t time_day_of(int64_t seconds, int zone_minutes);

/*
 * Reads YYYY-MM-DD, YYYY-MM-DDTHH:MM or YYYY-MM-DDTHH:MM:SS, the last two followed by Z, ±HH:MM or
 * nothing; without an offset |zone_minutes| holds. Nothing else is taken: no fractions, no 24:00,
 * no missing zeros, years 0001 to 9999, offsets up to 14 hours. The precision tells what was
 * written; a day is its first second there. Errors: MALFORMED (the person is told).
 */
CHECK_RESULT enum status time_parse(struct bytes text, int zone_minutes, struct moment *moment);

/* "2018-10-01", "2018-10-01T07:06+07:00" or "2018-10-01T07:06:05+07:00" by |precision| (enum
 * precision), terminated. Years beyond four digits come with a sign. */
void time_format(int64_t seconds, unsigned precision, int zone_minutes, char out[TIME_TEXT_BYTES]);

/* "181001": the day part of a dossier code, for the day since 1970-01-01. */
void time_format_code_day(int64_t day, char out[7]);

#endif
