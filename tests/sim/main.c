/*
 * sim: one or many random runs, or one scripted world.
 *
 *   sim --seed N [--lmdb] [--trace]        one run; exit 1 if a property does not hold
 *   sim --seeds FIRST COUNT [--lmdb]       so many; a failing seed is printed with its command
 *   sim --scenario NAME [--trace]          a scripted world
 *   sim --list                             their names
 *   sim --seeds FIRST COUNT --expect-violation    for mutants: exit 0 once one is found, else 1
 */
#include "tests/sim/run.h"
#include "tests/sim/scenario.h"

#include <stdlib.h>
#include <string.h>

struct options {
    uint64_t first;
    uint64_t count;
    bool lmdb;
    bool trace;
    bool expect_violation;
    const char *scenario;
    const char *program;
};

static void print_paths(const struct world *world)
{
    static const char *const names[PATH_COUNT] = {
        "cursor", "skip", "vectors", "bisect", "digest", "digest differs", "own receipt"};
    for (size_t i = 0; i < PATH_COUNT; i++)
        printf("%s %llu%s", names[i], (unsigned long long)world->paths[i],
               i + 1 < PATH_COUNT ? ", " : "\n");
}

static bool run_seed(const struct options *options, uint64_t seed, uint64_t paths[PATH_COUNT])
{
    struct world world;
    world_init(&world, seed, options->lmdb, options->trace ? stdout : NULL);
    run_random(&world);
    bool failed = world.failed;
    if (failed && !options->expect_violation)
        printf("seed %llu: %s\n  replay: %s --seed %llu%s --trace\n", (unsigned long long)seed,
               world.failure, options->program, (unsigned long long)seed,
               options->lmdb ? " --lmdb" : "");
    else if (failed)
        printf("seed %llu: found: %s\n", (unsigned long long)seed, world.failure);
    else if (options->count == 1)
        printf("seed %llu: ok, %zu records, %llu items, %llu s of the world\n",
               (unsigned long long)seed, world.witness.count, (unsigned long long)world.steps,
               (unsigned long long)(world.now_us / 1000000));
    world_deinit(&world);
    for (size_t i = 0; i < PATH_COUNT; i++)
        paths[i] += world.paths[i];
    fflush(stdout);
    return !failed;
}

static int run_seeds(const struct options *options)
{
    uint64_t failures = 0;
    struct world sum = {0};
    for (uint64_t i = 0; i < options->count; i++) {
        failures += !run_seed(options, options->first + i, sum.paths);
        if (options->expect_violation && failures)
            return 0;
    }
    if (options->expect_violation) {
        printf("nothing found in %llu seeds\n", (unsigned long long)options->count);
        return 1;
    }
    if (options->count > 1)
        printf("%llu seeds from %llu: %llu failed\n", (unsigned long long)options->count,
               (unsigned long long)options->first, (unsigned long long)failures);
    print_paths(&sum);
    return failures ? 1 : 0;
}

static int run_scenario(const struct options *options)
{
    const struct scenario *scenario = scenario_named(options->scenario);
    if (!scenario) {
        fprintf(stderr, "no scenario %s; see --list\n", options->scenario);
        return 2;
    }
    struct world world;
    world_init(&world, options->first, options->lmdb, options->trace ? stdout : NULL);
    printf("%s: %s\n", scenario->name, scenario->why);
    scenario->play(&world);
    bool failed = world.failed;
    printf("%s: %s\n", scenario->name, failed ? world.failure : "ok");
    world_deinit(&world);
    print_paths(&world);
    if (failed)
        printf("  replay: %s --scenario %s --trace\n", options->program, scenario->name);
    return failed ? 1 : 0;
}

static int usage(void)
{
    fputs("usage: sim --seed N | --seeds FIRST COUNT | --scenario NAME | --list\n"
          "           [--lmdb] [--trace] [--expect-violation]\n",
          stderr);
    return 2;
}

static uint64_t number_of(const char *text)
{
    return text ? strtoull(text, NULL, 10) : 0;
}

int main(int argc, char **argv)
{
    struct options options = {.program = argv[0]};
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--seed") == 0 && i + 1 < argc) {
            options.first = number_of(argv[++i]);
            options.count = 1;
        } else if (strcmp(word, "--seeds") == 0 && i + 2 < argc) {
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
        else if (strcmp(word, "--list") == 0) {
            for (size_t k = 0; scenario_at(k); k++)
                printf("%-36s %s\n", scenario_at(k)->name, scenario_at(k)->why);
            return 0;
        } else
            return usage();
    }
    if (options.scenario)
        return run_scenario(&options);
    return options.count ? run_seeds(&options) : usage();
}
