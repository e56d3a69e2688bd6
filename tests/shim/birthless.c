/*
 * A preloaded library under which files have no time of birth, as on file systems that keep none.
 * A store made from a log of writes, or copied at the beginning of a round, is then not taken for
 * a copy by its file's number and birth: to the program it is the disk that lost its power.
 */
#include "tests/shim/shim.h"

#include <fcntl.h>

#include <sys/stat.h>

typedef int (*statx_call)(int, const char *, int, unsigned, struct statx *);

int statx(int folder, const char *path, int flags, unsigned mask, struct statx *about)
{
    REAL(statx_call, "statx")
    int result = real(folder, path, flags, mask, about);
    if (result == 0)
        about->stx_mask &= ~STATX_BTIME;
    return result;
}
