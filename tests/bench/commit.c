/*
 * One signed commit at an office: a dossier received, judged, numbered, signed and durable, against
 * LMDB's own commit of as many bytes on the same disk in the same run (the two are taken in turns,
 * so a bad spell of the disk meets both). Prints {"commit_us","lmdb_us","times_lmdb","mean_us",
 * "cpu_us","bytes","lmdb_bytes","later_us"}: medians, the mean with the working in of the tail, CPU
 * time and bytes written of one commit; and what an act leaves for later (derived rows, the node's
 * own receipt), a share of the commit a daemon makes when it is idle.
 * Usage: commit FOLDER [RECORDS]     (an empty folder on the disk in question; the store and LMDB's
 * own hold so many records before)
 */
#include "tests/lib/median.h"
#include "tests/lib/site.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/stat.h>

enum { WARM = 200, COMMITS = 400, VALUE_BYTES = 600, IDLE_EVERY = 20, FILL_GROUP = 250 };

static double now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double cpu_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Bytes this process has handed to the kernel so far. */
static double written(void)
{
    unsigned long long bytes = 0;
    char line[128];
    FILE *file = fopen("/proc/self/io", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "wchar: ", 7) == 0) {
            bytes = strtoull(line + 7, NULL, 10);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return (double)bytes;
}

static void must(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "commit: %s failed\n", what);
        exit(5);
    }
}

static MDB_env *open_plain(const char *folder)
{
    MDB_env *env = NULL;
    must(mdb_env_create(&env) == 0, "create");
    must(mdb_env_set_mapsize(env, (size_t)4 << 30) == 0, "map");
    must(mdb_env_open(env, folder, 0, 0600) == 0, "open");
    return env;
}

/* Rows from |number| on, in one commit. */
static void put_plain(MDB_env *env, uint64_t number, uint64_t count)
{
    uint8_t key_bytes[8];
    uint8_t value_bytes[VALUE_BYTES];
    MDB_val key = {sizeof key_bytes, key_bytes};
    MDB_val value = {sizeof value_bytes, value_bytes};
    MDB_txn *txn = NULL;
    MDB_dbi table = 0;
    must(mdb_txn_begin(env, NULL, 0, &txn) == 0, "begin");
    must(mdb_dbi_open(txn, NULL, 0, &table) == 0, "table");
    for (uint64_t end = number + count; number < end; number++) {
        memset(value_bytes, (int)(number & 0xff), sizeof value_bytes);
        be64_store(key_bytes, number);
        must(mdb_put(txn, table, &key, &value, MDB_APPEND) == 0, "put");
    }
    must(mdb_txn_commit(txn) == 0, "commit");
}

static struct act_write write_of(const char *field, const char *text)
{
    return (struct act_write){.field = bytes_of_text(field), .value = value_of_text(text)};
}

/* A dossier of four records. */
static void fill_one(struct site *office, unsigned number)
{
    struct act_result result;
    char owner[32];
    must(snprintf(owner, sizeof owner, "Ho Van %u", number) > 0, "name");
    struct act_write writes[] = {write_of("ma_tthc", "2.000815"), write_of("chu_ho_so", owner)};
    struct act act = {.kind = KIND_GENESIS,
                      .writes = writes,
                      .write_count = 2,
                      .officer = bytes_of_text("tn01"),
                      .hat = HAT_RECEPTION,
                      .purpose = LOG_BULK};
    must(replica_act(office->replica, &act, &result) == STATUS_OK, "receive");
    act.kind = KIND_EDIT;
    act.case_name = result.case_name;
    act.writes = &writes[1];
    act.write_count = 1;
    for (unsigned i = 0; i < 3; i++) {
        must(snprintf(owner, sizeof owner, "Ho Thi %u.%u", number, i) > 0, "name");
        writes[1] = write_of("chu_ho_so", owner);
        must(replica_act(office->replica, &act, &result) == STATUS_OK, "edit");
    }
}

static void fill(struct site *office, MDB_env *plain, uint64_t records)
{
    for (uint64_t done = 0; done < records;) {
        struct replica_commit made;
        must(replica_begin(office->replica) == STATUS_OK, "begin");
        for (unsigned i = 0; i < FILL_GROUP && done < records; i++, done += 4) {
            fill_one(office, (unsigned)done);
        }
        must(replica_commit(office->replica, &made) == STATUS_OK, "commit");
        site_idle(office);
    }
    for (uint64_t done = 0; done < records; done += FILL_GROUP) {
        put_plain(plain, done, FILL_GROUP);
    }
}

struct sums {
    double us, cpu, bytes; /* ours */
    double plain_bytes;
    double later;
};

static void one_of_each(struct site *office, MDB_env *env, uint64_t number, struct sums *sums,
                        double *signed_us, double *plain_us)
{
    struct act_result result;
    char owner[48];
    must(snprintf(owner, sizeof owner, "Nguyen Thi Thu %u", (unsigned)number) > 0, "name");
    double bytes = written();
    double cpu = cpu_us();
    double start = now_us();
    must(site_receive(office, owner, 0, &result) == STATUS_OK, "receive");
    *signed_us = now_us() - start;
    sums->cpu += cpu_us() - cpu;
    double ours = written();
    start = now_us();
    put_plain(env, number + FILL_GROUP, 1);
    *plain_us = now_us() - start;
    sums->plain_bytes += written() - ours;
    sums->bytes += ours - bytes;
    sums->us += *signed_us;
}

int main(int argc, char **argv)
{
    static double signed_us[COMMITS];
    static double plain_us[COMMITS];
    if (argc != 2 && argc != 3) {
        (void)fprintf(stderr, "usage: commit FOLDER [RECORDS]\n");
        return 2;
    }
    uint64_t before = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    char store_path[4096];
    char plain_path[4096];
    must((size_t)snprintf(store_path, sizeof store_path, "%s/store", argv[1]) < sizeof store_path,
         "path");
    must((size_t)snprintf(plain_path, sizeof plain_path, "%s/plain", argv[1]) < sizeof plain_path,
         "path");
    must(mkdir(plain_path, 0700) == 0, "folder");

    struct store *store = NULL;
    struct district district;
    struct site office;
    must(store_open_lmdb(store_path, true, &store) == STATUS_OK, "store");
    district_open(&district);
    site_open(&office, store, &district, ROLE_HUB, SITE_UNIT, 1, NULL);
    site_found(&office, &district);
    MDB_env *env = open_plain(plain_path);
    fill(&office, env, before);
    office.busy = true;
    struct sums sums = {0};
    for (unsigned i = 0; i < WARM + COMMITS; i++) {
        size_t place = i < WARM ? i : i - WARM;
        if (i == WARM) {
            sums = (struct sums){0};
        }
        one_of_each(&office, env, before + i, &sums, &signed_us[place], &plain_us[place]);
        if (i % IDLE_EVERY == IDLE_EVERY - 1) {
            double idle = now_us();
            site_idle(&office);
            sums.later += now_us() - idle;
        }
    }
    mdb_env_close(env);
    site_close(&office);
    district_close(&district);
    double commit = median(signed_us, COMMITS);
    double plain = median(plain_us, COMMITS);
    (void)printf("{\"commit_us\":%.1f,\"lmdb_us\":%.1f,\"times_lmdb\":%.2f,\"mean_us\":%.1f,"
                 "\"cpu_us\":%.1f,\"bytes\":%.0f,\"lmdb_bytes\":%.0f,\"later_us\":%.1f}\n",
                 commit, plain, commit / plain, sums.us / COMMITS, sums.cpu / COMMITS,
                 sums.bytes / COMMITS, sums.plain_bytes / COMMITS, sums.later / COMMITS);
    return 0;
}
