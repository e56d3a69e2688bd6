/*
 * Lines about what strangers and hostile peers do, so few that they never fill the log: a burst,
 * then one a few seconds, each with the number of those left out before it.
 */
#ifndef HOSO_CLIENT_LINK_QUIET_H
#define HOSO_CLIENT_LINK_QUIET_H

#include <stdbool.h>
#include <stdint.h>

enum { QUIET_AT_ONCE = 20, QUIET_SECONDS_A_LINE = 5 };

/* All zero is one that has said nothing. */
struct quiet {
    uint64_t full_us;  /* when it may say a whole burst again */
    uint64_t left_out; /* since the last line that was said */
};

/* Whether a line may be said now; |*left_out| others were not. */
bool quiet_may_say(struct quiet *quiet, uint64_t now_us, uint64_t *left_out);

#endif
