/*
 * Fills a hub's home with records of many offices, each signed, checked by runs and taken in by the
 * accept transaction as a hub's writer does it, in groups of some thousands; then makes the derived
 * rows. Nobody may be running on the home. Prints {"records","build_cpu_s","accept_cpu_us",
 * "index_cpu_s"}. Usage: million HOME RECORDS
 */
#include "client/home/home.h"
#include "protocol/case/pack/pack.h"
#include "tests/crowd/desk.h"
#include "tests/lib/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUN_RECORDS = 1000, GROUP_RUNS = 4, OFFICE_RECORDS = 2500, INDEX_CASES = 4096 };

static double cpu_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void need(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "million: %s\n", what);
        exit(5);
    }
}

static void begin(struct home *home)
{
    need(replica_begin(home->replica) == STATUS_OK, "a group cannot be begun");
}

static void commit(struct home *home)
{
    struct replica_commit made;
    need(replica_commit(home->replica, &made) == STATUS_OK, "a group cannot be committed");
}

static void grant(struct home *home, const struct desk *desk)
{
    struct grant grant = {.key = desk->key,
                          .role = ROLE_OFFICE,
                          .unit = bytes_of_text("000.15.30.H57"),
                          .label = bytes_of_text("xã"),
                          .scopes = &desk->scope,
                          .scope_count = 1};
    begin(home);
    need(replica_grant(home->replica, &grant) == STATUS_OK, "a grant is refused");
    commit(home);
}

/* One office's log, taken in; returns the CPU time of that alone. */
static double take_in(struct home *home, const struct desk *desk)
{
    struct script script = {.records = desk->records, .ids = desk->ids, .count = desk->count};
    double spent = 0;
    for (size_t first = 0; first < script.count;) {
        double start = cpu_seconds();
        begin(home);
        for (size_t i = 0; i < GROUP_RUNS && first < script.count; i++) {
            size_t left = script.count - first;
            size_t count = left < RUN_RECORDS ? left : RUN_RECORDS;
            struct batch *batch = script_batch(&script, first, count, &desk->key);
            need(replica_accept(home->replica, batch) == STATUS_OK, "a batch is not taken");
            need(batch->runs[0].outcome == RUN_STORED, "a run is not stored");
            script_batch_free(batch);
            first += count;
        }
        commit(home);
        spent += cpu_seconds() - start;
    }
    return spent;
}

static void index_all(struct home *home)
{
    size_t left = 1;
    while (left > 0) {
        begin(home);
        need(replica_index(home->replica, INDEX_CASES, &left) == STATUS_OK, "no derived rows");
        commit(home);
    }
}

int main(int argc, char **argv)
{
    struct home home;
    uint64_t records = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    if (records == 0 || home_open(&home, argv[1]) != STATUS_OK) {
        (void)fprintf(stderr, "usage: million HOME RECORDS\n");
        return 2;
    }
    const struct pack *pack = replica_pack(home.replica, NULL);
    need(pack != NULL, "the home has no pack");
    uint64_t done = 0;
    double accept = 0;
    for (uint64_t office = 0; done < records; office++) {
        struct desk desk;
        desk_init(&desk, office, &pack->hash);
        grant(&home, &desk);
        while (desk.count < OFFICE_RECORDS && done < records) {
            desk_write(&desk);
            done++;
        }
        accept += take_in(&home, &desk);
        desk_deinit(&desk);
        if (office % 40 == 39)
            (void)fprintf(stderr, "million: %llu records\n", (unsigned long long)done);
    }
    double built = cpu_seconds();
    index_all(&home);
    (void)printf("{\"records\":%llu,\"build_cpu_s\":%.1f,\"accept_cpu_us\":%.2f,"
                 "\"index_cpu_s\":%.1f}\n",
                 (unsigned long long)done, built, accept * 1e6 / (double)done,
                 cpu_seconds() - built);
    home_close(&home);
    return 0;
}
