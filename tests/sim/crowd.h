/*
 * Many seeds on all cores: worker processes take them in turn and report each; one that dies is a
 * finding too, with the seed it died of. Ends with a summary: seeds, time, faults met, paths taken,
 * findings with the command that replays each.
 */
#ifndef HOSO_TESTS_SIM_CROWD_H
#define HOSO_TESTS_SIM_CROWD_H

#include "tests/sim/world.h"

struct crowd_options {
    const char *program; /* for the replay commands */
    uint64_t first;
    uint64_t count;
    uint64_t minutes; /* stop beginning new seeds after so many of the clock; 0: never */
    size_t jobs;
    bool lmdb;
    size_t offices; /* of each run; 0: as the seed says */
};

/* What one run came to; goes through a pipe. */
struct crowd_report {
    uint64_t seed;
    bool begun_only; /* written before the run: if nothing follows, it died */
    bool failed;
    char failure[512];
    uint64_t steps;
    uint64_t records;
    uint64_t cpu_us;
    uint64_t faults[FAULT_COUNT];
    uint64_t paths[PATH_COUNT];
};

/* Runs |seed| in this process. */
void crowd_run_one(const struct crowd_options *options, uint64_t seed, struct crowd_report *report);
/* Runs all. Returns the number of findings. */
uint64_t crowd_run(const struct crowd_options *options);
/* One line: how often each path was taken. */
void crowd_print_paths(const uint64_t paths[PATH_COUNT]);

#endif
