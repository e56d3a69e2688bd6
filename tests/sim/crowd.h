/*
 * Many seeds on all cores: worker processes take them in turn and report each; one that dies is a
 * finding too, with the seed it died of. Ends with a summary: seeds, time, faults met, paths taken,
 * findings with the command that replays each.
 */
#ifndef HOSO_TESTS_SIM_CROWD_H
#define HOSO_TESTS_SIM_CROWD_H

#include "tests/sim/world.h"

/* Kinds of runs, counted. X(name, whether |world| is one, text of the summary) */
#define KIND_OF_RUN_TABLE(X)                                                                       \
    X(WIDE, world->district.unit_count > DISTRICT_UNITS, "40 to 200 offices")                      \
    X(WINDOWS, world->drawn.windows, "lines that stand two minutes a day")                         \
    X(SLOW, world->drawn.rate_most < 64000, "no line above 64 KB/s")                               \
    X(LOSS, world->drawn.loss > 0, "loss")                                                         \
    X(CUTS, world->drawn.cut > 0, "cuts")                                                          \
    X(HALF_OPEN, world->drawn.cut > 0 && world->drawn.half_open > 0, "half-open ends")             \
    X(CRASHES, world->drawn.crash > 0, "crashes at any effect")                                    \
    X(LYING, world->drawn.crash > 0 && world->drawn.lying_disk > 0, "disks that lie")              \
    X(FAILING, world->drawn.commit_fails > 0, "commits that fail")                                 \
    X(SHORT, world->drawn.group_drops > 0, "groups without room or memory")                        \
    X(FLIPPING, world->drawn.damage > 0, "frames with flipped bits")

enum kind_of_run {
#define KIND_OF_RUN_ENUM(name, holds, text) RUN_OF_##name,
    KIND_OF_RUN_TABLE(KIND_OF_RUN_ENUM)
#undef KIND_OF_RUN_ENUM
        RUN_KINDS
};

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
    uint64_t kinds[RUN_KINDS];
};

/* Runs |seed| in this process. */
void crowd_run_one(const struct crowd_options *options, uint64_t seed, struct crowd_report *report);
/* Runs all. Returns the number of findings. */
uint64_t crowd_run(const struct crowd_options *options);
/* One line: how often each path was taken. */
void crowd_print_paths(const uint64_t paths[PATH_COUNT]);

#endif
