#include "tests/sim/crowd.h"

#include "tests/sim/run.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/wait.h>

enum { JOBS_MAX = 64, FINDINGS_SHOWN = 50, PROGRESS_SECONDS = 60 };

static uint64_t clock_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void tell_kinds(const struct world *world, uint64_t kinds[RUN_KINDS])
{
#define KIND_OF_RUN_SET(name, holds, text) kinds[RUN_OF_##name] = (holds) ? 1 : 0;
    KIND_OF_RUN_TABLE(KIND_OF_RUN_SET)
#undef KIND_OF_RUN_SET
}

void crowd_run_one(const struct crowd_options *options, uint64_t seed, struct crowd_report *report)
{
    struct world world;
    uint64_t began = clock_us(CLOCK_PROCESS_CPUTIME_ID);
    size_t offices = options->offices ? options->offices : run_offices(seed);
    world_init(&world, seed, offices ? offices + 1 : 0, options->lmdb, NULL);
    run_random(&world);
    *report = (struct crowd_report){
        .seed = seed, .failed = world.failed, .steps = world.steps, .records = world.witness.count};
    memcpy(report->failure, world.failure, sizeof report->failure);
    memcpy(report->faults, world.faults, sizeof report->faults);
    tell_kinds(&world, report->kinds);
    world_deinit(&world);
    memcpy(report->paths, world.paths, sizeof report->paths);
    report->cpu_us = clock_us(CLOCK_PROCESS_CPUTIME_ID) - began;
}

void crowd_print_paths(const uint64_t paths[PATH_COUNT])
{
    static const char *const names[PATH_COUNT] = {"cursor",      "skip",     "vectors",
                                                  "bisect",      "digest",   "digest differs",
                                                  "own receipt", "remainder"};
    for (size_t i = 0; i < PATH_COUNT; i++)
        printf("%s %" PRIu64 "%s", names[i], paths[i], i + 1 < PATH_COUNT ? ", " : "\n");
}

/* ---- workers ---- */

struct worker {
    pid_t id; /* 0: none */
    int pipe;
    uint64_t next; /* the seed it takes next */
    bool busy;     /* a seed was begun and not reported */
    uint64_t seed;
    size_t got; /* bytes of |report| */
    struct crowd_report report;
};

struct crowd {
    const struct crowd_options *options;
    uint64_t deadline_us;
    struct worker workers[JOBS_MAX];
    size_t jobs;
    uint64_t done, findings;
    struct crowd_report sum;
};

static bool put(int pipe, const struct crowd_report *report)
{
    const uint8_t *at = (const uint8_t *)report;
    for (size_t left = sizeof *report; left > 0;) {
        ssize_t wrote = write(pipe, at, left);
        if (wrote <= 0)
            return false;
        at += wrote;
        left -= (size_t)wrote;
    }
    return true;
}

/* Every jobs-th seed from |next| on; each is told before and after. */
static void work(const struct crowd *crowd, uint64_t next, int pipe)
{
    const struct crowd_options *options = crowd->options;
    for (uint64_t i = next; i < options->count; i += crowd->jobs) {
        struct crowd_report report = {.seed = options->first + i, .begun_only = true};
        if (crowd->deadline_us && clock_us(CLOCK_MONOTONIC) >= crowd->deadline_us)
            break;
        if (!put(pipe, &report))
            break;
        crowd_run_one(options, options->first + i, &report);
        if (!put(pipe, &report))
            break;
    }
}

static bool start(struct crowd *crowd, struct worker *worker)
{
    int ends[2];
    fflush(stdout);
    if (pipe(ends) != 0)
        return false;
    worker->id = fork();
    if (worker->id == 0) {
        close(ends[0]);
        work(crowd, worker->next, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    worker->pipe = ends[0];
    worker->busy = false;
    worker->got = 0;
    if (worker->id < 0)
        close(ends[0]);
    return worker->id > 0;
}

static void find(struct crowd *crowd, uint64_t seed, const char *failure)
{
    const struct crowd_options *options = crowd->options;
    if (++crowd->findings > FINDINGS_SHOWN)
        return;
    printf("seed %" PRIu64 ": %s\n  replay: %s --seed %" PRIu64, seed, failure, options->program,
           seed);
    if (options->offices)
        printf(" --offices %zu", options->offices);
    printf("%s --trace\n", options->lmdb ? " --lmdb" : "");
    fflush(stdout);
}

static void take(struct crowd *crowd, struct worker *worker)
{
    const struct crowd_report *report = &worker->report;
    worker->busy = report->begun_only;
    worker->seed = report->seed;
    worker->next = report->seed - crowd->options->first + crowd->jobs;
    if (report->begun_only)
        return;
    crowd->done++;
    crowd->sum.steps += report->steps;
    crowd->sum.records += report->records;
    crowd->sum.cpu_us += report->cpu_us;
    for (size_t i = 0; i < FAULT_COUNT; i++)
        crowd->sum.faults[i] += report->faults[i];
    for (size_t i = 0; i < PATH_COUNT; i++)
        crowd->sum.paths[i] += report->paths[i];
    for (size_t i = 0; i < RUN_KINDS; i++)
        crowd->sum.kinds[i] += report->kinds[i];
    if (report->failed)
        find(crowd, report->seed, report->failure);
}

/* Its pipe has ended: it is done, or it died of a seed, and another goes on behind that. */
static void end(struct crowd *crowd, struct worker *worker)
{
    int how = 0;
    close(worker->pipe);
    while (waitpid(worker->id, &how, 0) < 0 && errno == EINTR)
        continue;
    worker->id = 0;
    if (!worker->busy)
        return;
    char text[64];
    snprintf(text, sizeof text, "the process ended by %s %d", WIFSIGNALED(how) ? "signal" : "exit",
             WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how));
    crowd->done++;
    find(crowd, worker->seed, text);
    if (!start(crowd, worker))
        worker->id = 0;
}

static void listen_to(struct crowd *crowd, struct worker *worker)
{
    uint8_t *at = (uint8_t *)&worker->report;
    ssize_t got = read(worker->pipe, at + worker->got, sizeof worker->report - worker->got);
    if (got < 0 && errno == EINTR)
        return;
    if (got <= 0) {
        end(crowd, worker);
        return;
    }
    worker->got += (size_t)got;
    if (worker->got == sizeof worker->report) {
        worker->got = 0;
        take(crowd, worker);
    }
}

/* False: no worker is left. */
static bool wait_for_one(struct crowd *crowd)
{
    struct pollfd pipes[JOBS_MAX];
    struct worker *owners[JOBS_MAX];
    nfds_t count = 0;
    for (size_t i = 0; i < crowd->jobs; i++) {
        if (crowd->workers[i].id == 0)
            continue;
        owners[count] = &crowd->workers[i];
        pipes[count++] = (struct pollfd){.fd = crowd->workers[i].pipe, .events = POLLIN};
    }
    if (count == 0)
        return false;
    if (poll(pipes, count, PROGRESS_SECONDS * 1000) < 0)
        return errno == EINTR;
    for (nfds_t i = 0; i < count; i++) {
        if (pipes[i].revents)
            listen_to(crowd, owners[i]);
    }
    return true;
}

static void summarize(const struct crowd *crowd, uint64_t began_us)
{
    static const char *const texts[FAULT_COUNT] = {
#define FAULT_TEXT(name, text) text,
        FAULT_TABLE(FAULT_TEXT)
#undef FAULT_TEXT
    };
    static const char *const kinds[RUN_KINDS] = {
#define KIND_OF_RUN_TEXT(name, holds, text) text,
        KIND_OF_RUN_TABLE(KIND_OF_RUN_TEXT)
#undef KIND_OF_RUN_TEXT
    };
    const struct crowd_report *sum = &crowd->sum;
    uint64_t seconds = (clock_us(CLOCK_MONOTONIC) - began_us) / 1000000;
    printf("%" PRIu64 " seeds from %" PRIu64 ": %" PRIu64 " failed\n", crowd->done,
           crowd->options->first, crowd->findings);
    printf("%" PRIu64 " s of CPU in %" PRIu64 " s on %zu cores, %" PRIu64 " items, %" PRIu64
           " records written\n",
           sum->cpu_us / 1000000, seconds, crowd->jobs, sum->steps, sum->records);
    puts("runs with");
    for (size_t i = 0; i < RUN_KINDS; i++)
        printf("%12" PRIu64 "  %s\n", sum->kinds[i], kinds[i]);
    puts("faults met");
    for (size_t i = 0; i < FAULT_COUNT; i++)
        printf("%12" PRIu64 "  %s\n", sum->faults[i], texts[i]);
    crowd_print_paths(sum->paths);
}

uint64_t crowd_run(const struct crowd_options *options)
{
    struct crowd *crowd = calloc(1, sizeof *crowd);
    if (!crowd)
        abort();
    uint64_t began_us = clock_us(CLOCK_MONOTONIC);
    uint64_t told_us = began_us;
    crowd->options = options;
    crowd->jobs = options->jobs < JOBS_MAX ? options->jobs : JOBS_MAX;
    crowd->jobs = options->count < crowd->jobs ? (size_t)options->count : crowd->jobs;
    crowd->deadline_us = options->minutes ? began_us + options->minutes * 60 * 1000000 : 0;
    for (size_t i = 0; i < crowd->jobs; i++) {
        crowd->workers[i].next = i;
        if (!start(crowd, &crowd->workers[i]))
            crowd->workers[i].id = 0;
    }
    while (wait_for_one(crowd)) {
        uint64_t now_us = clock_us(CLOCK_MONOTONIC);
        if (now_us - told_us < PROGRESS_SECONDS * UINT64_C(1000000))
            continue;
        told_us = now_us;
        printf("... %" PRIu64 " of %" PRIu64 " seeds, %" PRIu64 " s of CPU, %" PRIu64 " findings\n",
               crowd->done, options->count, crowd->sum.cpu_us / 1000000, crowd->findings);
        fflush(stdout);
    }
    summarize(crowd, began_us);
    uint64_t findings = crowd->findings;
    free(crowd);
    return findings;
}
