/*
 * sim: one or many random runs, or one scripted world.
 *
 *   sim --seed N [--lmdb] [--trace]        one run; exit 1 if a property does not hold
 *   sim --seeds FIRST COUNT [--jobs N] [--minutes M] [--lmdb]    so many, on N cores, at most M
 *                                          minutes; a failing seed is printed with its command
 *   --offices N                            so many offices in each run, else as the seed says
 *   sim --scenario NAME [--trace]          a scripted world
 *   sim --list                             their names
 *   sim --seeds FIRST COUNT --expect-violation    for mutants: exit 0 once one is found, else 1
 */
#include "tests/sim/crowd.h"
#include "tests/sim/run.h"
#include "tests/sim/scenario.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct options {
    uint64_t first;
    uint64_t count;
    uint64_t minutes;
    size_t jobs;
    size_t offices;
    bool lmdb;
    bool trace;
    bool expect_violation;
    bool one;
    const char *scenario;
    const char *program;
};

/* One run, maybe narrated. */
static int run_one(const struct options *options)
{
    struct world world;
    size_t offices = options->offices ? options->offices : run_offices(options->first);
    world_init(&world, options->first, offices ? offices + 1 : 0, options->lmdb,
               options->trace ? stdout : NULL);
    run_random(&world);
    bool failed = world.failed;
    printf("seed %" PRIu64 ": %s, %zu records, %" PRIu64 " items, %" PRIu64 " s of the world\n",
           options->first, failed ? world.failure : "ok", world.witness.count, world.steps,
           world.now_us / 1000000);
    world_deinit(&world);
    crowd_print_paths(world.paths);
    return failed ? 1 : 0;
}

static int run_seeds(const struct options *options)
{
    struct crowd_options crowd = {.program = options->program,
                                  .first = options->first,
                                  .count = options->count,
                                  .minutes = options->minutes,
                                  .jobs = options->jobs ? options->jobs : 1,
                                  .lmdb = options->lmdb,
                                  .offices = options->offices};
    if (!options->expect_violation)
        return crowd_run(&crowd) ? 1 : 0;
    for (uint64_t i = 0; i < options->count; i++) {
        struct crowd_report report;
        crowd_run_one(&crowd, options->first + i, &report);
        if (report.failed) {
            printf("seed %" PRIu64 ": found: %s\n", report.seed, report.failure);
            return 0;
        }
    }
    printf("nothing found in %" PRIu64 " seeds\n", options->count);
    return 1;
}

static int run_scenario(const struct options *options)
{
    const struct scenario *scenario = scenario_named(options->scenario);
    if (!scenario) {
        fprintf(stderr, "no scenario %s; see --list\n", options->scenario);
        return 2;
    }
    struct world world;
    world_init(&world, options->first, scenario->offices ? scenario->offices + 1 : 0, options->lmdb,
               options->trace ? stdout : NULL);
    printf("%s: %s\n", scenario->name, scenario->why);
    scenario->play(&world);
    bool failed = world.failed;
    printf("%s: %s\n", scenario->name, failed ? world.failure : "ok");
    world_deinit(&world);
    crowd_print_paths(world.paths);
    if (failed)
        printf("  replay: %s --scenario %s --trace\n", options->program, scenario->name);
    return failed ? 1 : 0;
}

static int usage(void)
{
    fputs("usage: sim --seed N | --seeds FIRST COUNT | --scenario NAME | --list\n"
          "           [--jobs N] [--minutes M] [--offices N] [--lmdb] [--trace]\n"
          "           [--expect-violation]\n",
          stderr);
    return 2;
}

static uint64_t number_of(const char *text)
{
    return text ? strtoull(text, NULL, 10) : 0;
}

/* Options that take a number. */
static bool take_number(struct options *options, const char *word, const char *number)
{
    if (!number)
        return false;
    if (strcmp(word, "--seed") == 0) {
        options->first = number_of(number);
        options->one = true;
    } else if (strcmp(word, "--minutes") == 0)
        options->minutes = number_of(number);
    else if (strcmp(word, "--jobs") == 0)
        options->jobs = (size_t)number_of(number);
    else if (strcmp(word, "--offices") == 0)
        options->offices = (size_t)number_of(number);
    else
        return false;
    return options->offices < DISTRICT_UNITS_MAX;
}

static int list(void)
{
    for (size_t k = 0; scenario_at(k); k++)
        printf("%-36s %s\n", scenario_at(k)->name, scenario_at(k)->why);
    return 0;
}

int main(int argc, char **argv)
{
    struct options options = {.program = argv[0]};
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--seeds") == 0 && i + 2 < argc) {
            options.first = number_of(argv[++i]);
            options.count = number_of(argv[++i]);
        } else if (strcmp(word, "--scenario") == 0 && i + 1 < argc)
            options.scenario = argv[++i];
        else if (strcmp(word, "--lmdb") == 0)
            options.lmdb = true;
        else if (strcmp(word, "--trace") == 0)
            options.trace = true;
        else if (strcmp(word, "--expect-violation") == 0)
            options.expect_violation = true;
        else if (strcmp(word, "--list") == 0)
            return list();
        else if (take_number(&options, word, argv[i + 1]))
            i++;
        else
            return usage();
    }
    if (options.scenario)
        return run_scenario(&options);
    if (options.one)
        return run_one(&options);
    return options.count ? run_seeds(&options) : usage();
}
