#include "daemon/log.h"

#include "client/link/net/clock.h"
#include "client/text/time.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {[JOURNAL_DEBUG] = "debug",
                                    [JOURNAL_INFO] = "info",
                                    [JOURNAL_WARNING] = "warning",
                                    [JOURNAL_ERROR] = "error"};

bool log_level_of(const char *name, enum journal_level *level)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            *level = (enum journal_level)i;
            return true;
        }
    }
    return false;
}

/* One write a line: lines of several threads never mix. */
static void write_line(void *context, enum journal_level level, const char *event,
                       const char *fields)
{
    const enum journal_level *least = context;
    char line[JOURNAL_LINE_MAX + TIME_TEXT_BYTES + 64];
    char time[TIME_TEXT_BYTES];
    int size = 0;

    if (level < *least)
        return;
    time_format(clock_wall_seconds(), PRECISION_SECOND, TIME_VIETNAM_ZONE_MINUTES, time);
    size = snprintf(line, sizeof line, "%s %s %s%s%s\n", time, names[level], event,
                    fields[0] != '\0' ? " " : "", fields);
    if (size <= 0)
        return;
    if ((size_t)size >= sizeof line) {
        size = (int)sizeof line - 1;
        line[size - 1] = '\n';
    }
    /* A log that cannot be written must not stop the daemon. */
    if (write(STDERR_FILENO, line, (size_t)size) < 0)
        return;
}

struct journal log_journal(const enum journal_level *least)
{
    union {
        const enum journal_level *from;
        void *to;
    } context = {.from = least};

    return (struct journal){.line = write_line, .context = context.to};
}

enum status log_to_file(const char *path)
{
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    bool taken = file >= 0 && dup2(file, STDERR_FILENO) >= 0;

    if (file < 0)
        return STATUS_REFUSED;
    if (file != STDERR_FILENO)
        (void)close(file);
    return taken ? STATUS_OK : STATUS_IO;
}
