/*
 * One signed commit at an office: a dossier received, judged, numbered, signed and durable, against
 * LMDB's own commit of as many bytes on the same disk in the same run (the two are taken in turns,
 * so a bad spell of the disk meets both). Prints {"commit_us","lmdb_us","times_lmdb","mean_us",
 * "cpu_us","bytes","lmdb_bytes","later_us"}: medians, the mean with the working in of the tail, CPU
 * time and bytes written of one commit; and what an act leaves for later (derived rows, the node's
 * own receipt), a share of the commit a daemon makes when it is idle.
 * Usage: commit FOLDER     (an empty folder on the disk in question)
 */
#include "tests/lib/median.h"
#include "tests/lib/site.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/stat.h>

enum { COMMITS = 400, VALUE_BYTES = 600, IDLE_EVERY = 20 };

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
    must(mdb_env_set_mapsize(env, (size_t)1 << 30) == 0, "map");
    must(mdb_env_open(env, folder, 0, 0600) == 0, "open");
    return env;
}

static void put_plain(MDB_env *env, uint64_t number)
{
    uint8_t key_bytes[8];
    uint8_t value_bytes[VALUE_BYTES];
    memset(value_bytes, (int)(number & 0xff), sizeof value_bytes);
    be64_store(key_bytes, number);
    MDB_val key = {sizeof key_bytes, key_bytes};
    MDB_val value = {sizeof value_bytes, value_bytes};
    MDB_txn *txn = NULL;
    MDB_dbi table = 0;
    must(mdb_txn_begin(env, NULL, 0, &txn) == 0, "begin");
    must(mdb_dbi_open(txn, NULL, 0, &table) == 0, "table");
    must(mdb_put(txn, table, &key, &value, MDB_APPEND) == 0, "put");
    must(mdb_txn_commit(txn) == 0, "commit");
}

int main(int argc, char **argv)
{
    static double signed_us[COMMITS];
    static double plain_us[COMMITS];
    if (argc != 2) {
        (void)fprintf(stderr, "usage: commit FOLDER\n");
        return 2;
    }
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
    office.busy = true;
    double later = 0;
    double sums[4] = {0}; /* ours: us, CPU us, bytes; LMDB's bytes */
    for (uint64_t i = 0; i < COMMITS; i++) {
        struct act_result result;
        char owner[32];
        must(snprintf(owner, sizeof owner, "Nguyen Thi Thu %u", (unsigned)i) > 0, "name");
        double bytes = written();
        double cpu = cpu_us();
        double start = now_us();
        must(site_receive(&office, owner, 0, &result) == STATUS_OK, "receive");
        double middle = now_us();
        sums[1] += cpu_us() - cpu;
        double ours = written();
        double between = now_us();
        put_plain(env, i);
        plain_us[i] = now_us() - between;
        sums[3] += written() - ours;
        sums[2] += ours - bytes;
        sums[0] += middle - start;
        signed_us[i] = middle - start;
        if (i % IDLE_EVERY == IDLE_EVERY - 1) {
            double idle = now_us();
            site_idle(&office);
            later += now_us() - idle;
        }
    }
    mdb_env_close(env);
    site_close(&office);
    district_close(&district);
    double commit = median(signed_us, COMMITS);
    double plain = median(plain_us, COMMITS);
    (void)printf("{\"commit_us\":%.1f,\"lmdb_us\":%.1f,\"times_lmdb\":%.2f,\"mean_us\":%.1f,"
                 "\"cpu_us\":%.1f,\"bytes\":%.0f,\"lmdb_bytes\":%.0f,\"later_us\":%.1f}\n",
                 commit, plain, commit / plain, sums[0] / COMMITS, sums[1] / COMMITS,
                 sums[2] / COMMITS, sums[3] / COMMITS, later / COMMITS);
    return 0;
}
