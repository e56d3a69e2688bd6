/* What a load program reads of another process, and how it gives up. */
#ifndef HOSO_TESTS_CROWD_FIGURES_H
#define HOSO_TESTS_CROWD_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/types.h>

/* Ends the program with |why| unless |holds|. */
void must(bool holds, const char *why);

struct figures {
    uint64_t rss_bytes;
    uint64_t anonymous_bytes; /* RssAnon */
    uint64_t cpu_us;
};

/* All 0 where there is no such process. */
struct figures figures_of(pid_t pid);

#endif
