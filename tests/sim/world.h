/*
 * The world: virtual time, nodes, lines and faults, all drawn from one seed. It drives the real
 * session, the real replica and the real accept transaction; nothing here decides acceptance,
 * epochs, numbers, receipts or order.
 *
 * One loop takes the earliest item off the queue and performs it (dispatch in world.c). Everything
 * a session asks for is such an item of its own, so a crash may come between any two effects.
 */
#ifndef HOSO_TESTS_SIM_WORLD_H
#define HOSO_TESTS_SIM_WORLD_H

#include "protocol/sync/session/session.h"
#include "tests/sim/district.h"
#include "tests/sim/fault.h"
#include "tests/sim/prng.h"
#include "tests/sim/queue.h"
#include "tests/sim/witness.h"

#include <stdio.h>

struct node;
struct endpoint;
struct cable;

enum { WORLD_NODES_MAX = WITNESS_NODES_MAX };

/* What the world does to those who live in it. Chances are per mille. */
struct weather {
    uint64_t effect_us_max; /* an effect takes 1 .. this */
    uint64_t delay_us_max;  /* a line's one-way delay */
    uint64_t rate_least;    /* a line's bytes a second */
    uint64_t rate_most;
    uint64_t cut;          /* a frame's chance to end its line */
    uint64_t half_open;    /* a cut's chance that an end does not learn of it for a minute */
    uint64_t crash;        /* an effect's chance that its node dies before it */
    uint64_t commit_fails; /* a group's chance that its commit fails */
    uint64_t lying_disk;   /* a crash's chance to lose commits that were said to be durable */
    uint64_t commit_lands; /* such a commit's chance to be durable all the same */
    uint64_t group_drops;  /* a group's chance to fail for want of room or memory */
    uint64_t damage;       /* a frame's chance to arrive with a flipped bit */
    uint64_t loss;         /* a frame's chance to be lost and sent again, as TCP does */
    bool windows;          /* lines stand two minutes a day */
};

struct world {
    uint64_t seed;
    bool lmdb;
    struct prng prng;
    uint64_t now_us;
    uint64_t steps; /* items performed */
    struct queue queue;
    struct weather weather;
    struct weather drawn; /* by the seed: healing takes it away */
    struct district district;
    struct witness witness;
    struct node *nodes[WORLD_NODES_MAX];
    size_t node_count;
    struct endpoint **endpoints; /* by id - 1; NULL once freed */
    size_t endpoint_count;
    size_t endpoint_capacity;
    void (*plan)(struct world *world, uint64_t value); /* performs ITEM_PLAN */
    void *plan_context;
    uint64_t imports; /* rows of registers brought in so far */
    uint64_t disks;   /* made so far: their serial number */

    uint64_t paths[PATH_COUNT]; /* of all sessions that ended */
    uint64_t records_travelled;
    uint64_t payload_travelled;   /* bytes of frames */
    uint64_t faults[FAULT_COUNT]; /* drawn so far */
    uint64_t hostile;             /* > 0: a peer's fault may close a connection */

    FILE *trace; /* NULL: silent */
    bool failed;
    char failure[512];
};

/* Makes an empty world with the district of |seed|: |units|, the hub's with them, at most
 * DISTRICT_UNITS_MAX; 0: DISTRICT_UNITS. |trace| may be NULL. */
void world_init(struct world *world, uint64_t seed, size_t units, bool lmdb, FILE *trace);
void world_deinit(struct world *world);

/* Performs items until |until_us| or a failure. Time is then |until_us|. */
void world_run(struct world *world, uint64_t until_us);
/* Runs until |done| says so, at most |most_us| longer. False: it never did, or a failure. */
bool world_run_until(struct world *world, bool (*done)(struct world *world), uint64_t most_us);

/* Puts an item in, |after_us| from now. The node's present life is noted. */
void world_after(struct world *world, uint64_t after_us, struct item item);

/* Counts a fault. */
void world_fault(struct world *world, enum fault fault);
/* One line of the trace: "[  1234ms] " and the text. */
void world_say(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A property does not hold: remembers the first text and ends the run. */
void world_fail(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* First four bytes of a name in hex, for the trace; a text that lives in |out|. */
const char *name_brief(const struct name *name, char out[9]);

#endif
