/*
 * Whether this machine's clock may be believed: a dossier's day of reception stands in its code and
 * starts its term, so a clock that fell back to 1970 must not print it. Decides nothing else.
 *
 * Sane = at most a day before the baseline (clocks differ a little) and 400 days after it. Baseline
 * = the newest time in a receipt of a node above or of a hub; before the first receipt, the time
 * the invitation was made; without either, any clock of 2020 to 2059 is taken. Other records'
 * claims never count: one of 2099 would poison it. Source: SPEC.md "Codes".
 */
#ifndef HOSO_CLIENT_REPLICA_ACT_CLOCK_H
#define HOSO_CLIENT_REPLICA_ACT_CLOCK_H

#include "client/replica/state.h"

struct clock_verdict {
    int64_t now;      /* seconds, as the machine says; within ±LIMIT_SECONDS */
    int64_t baseline; /* seconds; INT64_MIN: none known */
    bool sane;
};

/* Asks the clock of |read|'s replica once. Errors: IO, CORRUPT. */
CHECK_RESULT enum status clock_judge(struct replica_read *read, struct clock_verdict *verdict);

#endif
