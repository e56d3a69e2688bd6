#include "client/link/quiet.h"

bool quiet_may_say(struct quiet *quiet, uint64_t now_us, uint64_t *left_out)
{
    const uint64_t one = QUIET_SECONDS_A_LINE * UINT64_C(1000000);
    uint64_t from = quiet->full_us > now_us ? quiet->full_us : now_us;

    if (from + one > now_us + one * QUIET_AT_ONCE) {
        quiet->left_out++;
        return false;
    }
    quiet->full_us = from + one;
    *left_out = quiet->left_out;
    quiet->left_out = 0;
    return true;
}
