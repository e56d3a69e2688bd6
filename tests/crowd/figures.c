#include "tests/crowd/figures.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void must(bool holds, const char *why)
{
    if (holds)
        return;
    (void)fprintf(stderr, "crowd: %s\n", why);
    exit(1);
}

static void read_memory(pid_t pid, struct figures *figures)
{
    char path[64], line[256];
    uint64_t kib = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "VmRSS: %" SCNu64, &kib) == 1)
            figures->rss_bytes = kib * 1024;
        if (sscanf(line, "RssAnon: %" SCNu64, &kib) == 1)
            figures->anonymous_bytes = kib * 1024;
    }
    (void)fclose(file);
}

struct figures figures_of(pid_t pid)
{
    struct figures figures = {.rss_bytes = 0};
    char path[64], text[1024];
    uint64_t user = 0, system = 0;

    read_memory(pid, &figures);
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return figures;
    if (fgets(text, sizeof text, file) != NULL) {
        const char *after = strrchr(text, ')');
        if (after != NULL &&
            sscanf(after, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64,
                   &user, &system) == 2)
            figures.cpu_us = (user + system) * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
    }
    (void)fclose(file);
    return figures;
}
