#include "client/text/time.h"

#include <stdio.h>
#include <string.h>

/* A year that begins in March has its leap day at the end; 400 of them are 146,097 days. */
enum { DAYS_OF_ERA = 146097, YEARS_OF_ERA = 400, DAYS_TO_1970 = 719468 };

static int64_t floor_divide(int64_t value, int64_t by)
{
    int64_t quotient = value / by;
    return value % by < 0 ? quotient - 1 : quotient;
}

int64_t time_day_of_date(int64_t year, unsigned month, unsigned day)
{
    int64_t shifted = month <= 2 ? year - 1 : year;
    int64_t era = floor_divide(shifted, YEARS_OF_ERA);
    int64_t year_of_era = shifted - era * YEARS_OF_ERA;
    int64_t month_from_march = (int64_t)(month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + (int64_t)day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_OF_ERA + day_of_era - DAYS_TO_1970;
}

static unsigned days_of_month(int64_t year, unsigned month)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

bool time_is_civil(const struct civil *civil)
{
    return civil->month >= 1 && civil->month <= 12 && civil->day >= 1 &&
           civil->day <= days_of_month(civil->year, civil->month) && civil->hour < 24 &&
           civil->minute < 60 && civil->second < 60;
}

int64_t time_seconds_of(const struct civil *civil, int zone_minutes)
{
    int64_t day = time_day_of_date(civil->year, civil->month, civil->day);
    int64_t minutes = (int64_t)civil->hour * 60 + civil->minute - zone_minutes;
    return day * TIME_DAY_SECONDS + minutes * 60 + civil->second;
}

/* Adds without leaving int64_t: claimed times come from clocks that may say anything. */
static int64_t local_seconds(int64_t seconds, int zone_minutes)
{
    int64_t shift = (int64_t)zone_minutes * 60;
    if (shift > 0 && seconds > INT64_MAX - shift) {
        return INT64_MAX;
    }
    if (shift < 0 && seconds < INT64_MIN - shift) {
        return INT64_MIN;
    }
    return seconds + shift;
}

int64_t time_day_of(int64_t seconds, int zone_minutes)
{
    return floor_divide(local_seconds(seconds, zone_minutes), TIME_DAY_SECONDS);
}

struct civil time_civil_of(int64_t seconds, int zone_minutes)
{
    int64_t local = local_seconds(seconds, zone_minutes);
    int64_t days = floor_divide(local, TIME_DAY_SECONDS);
    int64_t rest = local % TIME_DAY_SECONDS;
    unsigned clock = (unsigned)(rest < 0 ? rest + TIME_DAY_SECONDS : rest);
    int64_t shifted = days + DAYS_TO_1970;
    int64_t era = floor_divide(shifted, DAYS_OF_ERA);
    int64_t day_of_era = shifted - era * DAYS_OF_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    struct civil civil = {
        .day = (unsigned)(day_of_year - (153 * month_from_march + 2) / 5 + 1),
        .month = (unsigned)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9),
        .hour = clock / 3600,
        .minute = clock / 60 % 60,
        .second = clock % 60,
    };
    civil.year = era * YEARS_OF_ERA + year_of_era + (civil.month <= 2 ? 1 : 0);
    return civil;
}

/* Takes |count| digits, or the one character |mark|, off the text; a miss is remembered. */
struct scanner {
    struct bytes rest;
    bool failed;
};

static unsigned scan_digits(struct scanner *scanner, size_t count)
{
    unsigned value = 0;
    if (scanner->rest.size < count) {
        scanner->failed = true;
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t digit = scanner->rest.at[i];
        scanner->failed = scanner->failed || digit < '0' || digit > '9';
        value = value * 10 + (unsigned)(digit - '0');
    }
    scanner->rest = bytes_of(scanner->rest.at + count, scanner->rest.size - count);
    return scanner->failed ? 0 : value;
}

static bool scan_mark(struct scanner *scanner, char mark)
{
    if (scanner->rest.size == 0 || scanner->rest.at[0] != (uint8_t)mark) {
        return false;
    }
    scanner->rest = bytes_of(scanner->rest.at + 1, scanner->rest.size - 1);
    return true;
}

static void scan_need(struct scanner *scanner, char mark)
{
    scanner->failed = !scan_mark(scanner, mark) || scanner->failed;
}

static int scan_offset(struct scanner *scanner, int zone_minutes)
{
    if (scanner->rest.size == 0) {
        return zone_minutes;
    }
    if (scan_mark(scanner, 'Z')) {
        return 0;
    }
    bool west = scan_mark(scanner, '-');
    if (!west) {
        scan_need(scanner, '+');
    }
    unsigned hours = scan_digits(scanner, 2);
    scan_need(scanner, ':');
    unsigned minutes = scan_digits(scanner, 2);
    if (minutes > 59 || hours * 60 + minutes > 14 * 60) {
        scanner->failed = true;
        return 0;
    }
    int offset = (int)(hours * 60 + minutes);
    return west ? -offset : offset;
}

enum status time_parse(struct bytes text, int zone_minutes, struct moment *moment)
{
    struct scanner scanner = {text, false};
    struct civil civil = {0};
    uint8_t precision = PRECISION_DAY;
    int zone = zone_minutes;
    civil.year = scan_digits(&scanner, 4);
    scan_need(&scanner, '-');
    civil.month = scan_digits(&scanner, 2);
    scan_need(&scanner, '-');
    civil.day = scan_digits(&scanner, 2);
    if (!scanner.failed && scanner.rest.size > 0) {
        scan_need(&scanner, 'T');
        civil.hour = scan_digits(&scanner, 2);
        scan_need(&scanner, ':');
        civil.minute = scan_digits(&scanner, 2);
        precision = PRECISION_MINUTE;
        if (scan_mark(&scanner, ':')) {
            civil.second = scan_digits(&scanner, 2);
            precision = PRECISION_SECOND;
        }
        zone = scan_offset(&scanner, zone_minutes);
    }
    *moment = (struct moment){0};
    if (scanner.failed || scanner.rest.size > 0 || civil.year == 0 || !time_is_civil(&civil)) {
        return STATUS_MALFORMED;
    }
    moment->known = true;
    moment->seconds = time_seconds_of(&civil, zone);
    moment->precision = precision;
    moment->zone_minutes = (int16_t)zone;
    return STATUS_OK;
}

void time_format(int64_t seconds, unsigned precision, int zone_minutes, char out[TIME_TEXT_BYTES])
{
    struct civil civil = time_civil_of(seconds, zone_minutes);
    bool plain = civil.year >= 0 && civil.year <= 9999;
    int used = snprintf(out, TIME_TEXT_BYTES, plain ? "%04lld-%02u-%02u" : "%+05lld-%02u-%02u",
                        (long long)civil.year, civil.month, civil.day);
    if (precision == PRECISION_DAY || used < 0) {
        return;
    }
    char clock[16] = "";
    if (precision == PRECISION_SECOND) {
        (void)snprintf(clock, sizeof clock, "T%02u:%02u:%02u", civil.hour % 24, civil.minute % 60,
                       civil.second % 60);
    } else {
        (void)snprintf(clock, sizeof clock, "T%02u:%02u", civil.hour % 24, civil.minute % 60);
    }
    unsigned offset = (unsigned)(zone_minutes < 0 ? -zone_minutes : zone_minutes);
    (void)snprintf(out + used, TIME_TEXT_BYTES - (size_t)used, "%s%c%02u:%02u", clock,
                   zone_minutes < 0 ? '-' : '+', offset / 60 % 100, offset % 60);
}

void time_format_code_day(int64_t day, char out[7])
{
    struct civil civil = time_civil_of(day * TIME_DAY_SECONDS, 0);
    unsigned year = (unsigned)(((civil.year % 100) + 100) % 100);
    (void)snprintf(out, 7, "%02u%02u%02u", year % 100, civil.month % 100, civil.day % 100);
}
