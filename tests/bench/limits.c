/*
 * This machine's own limits, taken in the same run as what is compared with them. Prints one JSON
 * document:
 *   verify_per_s   strict Ed25519 verifications a second on one core (V), through seal_verify()
 *   sign_per_s     signatures a second
 *   commit_us      median of one LMDB commit of one record of 600 bytes, nothing else
 *   flush_us       median of fdatasync() after 4 KiB overwritten
 *   loopback_us    median round trip of one byte over a loopback connection, two threads
 * Usage: limits FOLDER     (an empty folder on the disk in question)
 */
#include "protocol/record/seal.h"
#include "tests/lib/median.h"

#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum { SIGNATURES = 2000, ROUNDS = 5, COMMITS = 600, VALUE_BYTES = 600, TRIPS = 4000, PAGE = 4096 };

static double seconds(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void measure_seal(double *verify_per_s, double *sign_per_s)
{
    uint8_t seed[32] = {1};
    struct public_key key;
    struct secret_key secret;
    key_pair_of_seed(seed, &key, &secret);
    static struct signature signatures[SIGNATURES];
    double verify[ROUNDS];
    double sign[ROUNDS];
    uint8_t message[400] = {0};
    for (size_t round = 0; round < ROUNDS; round++) {
        double start = seconds(CLOCK_THREAD_CPUTIME_ID);
        for (uint32_t i = 0; i < SIGNATURES; i++) {
            be32_store(message, i);
            struct bytes part = bytes_of(message, sizeof message);
            seal_sign("hoso/bench/1", &part, 1, &secret, &signatures[i]);
        }
        double middle = seconds(CLOCK_THREAD_CPUTIME_ID);
        size_t good = 0;
        for (uint32_t i = 0; i < SIGNATURES; i++) {
            be32_store(message, i);
            struct bytes part = bytes_of(message, sizeof message);
            good += seal_verify("hoso/bench/1", &part, 1, &key, &signatures[i]) ? 1 : 0;
        }
        double end = seconds(CLOCK_THREAD_CPUTIME_ID);
        if (good != SIGNATURES) {
            exit(1);
        }
        sign[round] = (double)SIGNATURES / (middle - start);
        verify[round] = (double)SIGNATURES / (end - middle);
    }
    secret_key_wipe(&secret);
    *verify_per_s = median(verify, ROUNDS);
    *sign_per_s = median(sign, ROUNDS);
}

/* Stops the program on an LMDB error: a bench has nobody to answer to. */
static void must(int code, const char *what)
{
    if (code != 0) {
        (void)fprintf(stderr, "limits: %s: %s\n", what, mdb_strerror(code));
        exit(5);
    }
}

static double measure_commit(const char *folder)
{
    static double times[COMMITS];
    MDB_env *env = NULL;
    must(mdb_env_create(&env), "create");
    must(mdb_env_set_mapsize(env, (size_t)1 << 30), "map");
    must(mdb_env_open(env, folder, 0, 0600), "open");
    for (uint64_t i = 0; i < COMMITS; i++) {
        uint8_t key_bytes[8];
        uint8_t value_bytes[VALUE_BYTES];
        memset(value_bytes, (int)(i & 0xff), sizeof value_bytes);
        be64_store(key_bytes, i);
        MDB_val key = {sizeof key_bytes, key_bytes};
        MDB_val value = {sizeof value_bytes, value_bytes};
        MDB_txn *txn = NULL;
        MDB_dbi table = 0;
        double start = seconds(CLOCK_MONOTONIC);
        must(mdb_txn_begin(env, NULL, 0, &txn), "begin");
        must(mdb_dbi_open(txn, NULL, 0, &table), "table");
        must(mdb_put(txn, table, &key, &value, MDB_APPEND), "put");
        must(mdb_txn_commit(txn), "commit");
        times[i] = (seconds(CLOCK_MONOTONIC) - start) * 1e6;
    }
    mdb_env_close(env);
    return median(times, COMMITS);
}

/* Stops the program on a failure of the system. */
static void need(bool good, const char *what)
{
    if (!good) {
        perror(what);
        exit(5);
    }
}

static double measure_flush(const char *folder)
{
    static double times[COMMITS];
    static uint8_t page[PAGE];
    char path[4096];
    need((size_t)snprintf(path, sizeof path, "%s/flush", folder) < sizeof path, "path");
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    need(file >= 0 && write(file, page, PAGE) == PAGE && fsync(file) == 0, "file");
    for (size_t i = 0; i < COMMITS; i++) {
        page[0]++;
        double start = seconds(CLOCK_MONOTONIC);
        need(pwrite(file, page, PAGE, 0) == PAGE && fdatasync(file) == 0, "flush");
        times[i] = (seconds(CLOCK_MONOTONIC) - start) * 1e6;
    }
    need(close(file) == 0, "close");
    return median(times, COMMITS);
}

static void set_no_delay(int end)
{
    int on = 1;
    need(setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "no delay");
}

static void *answer(void *context)
{
    int end = accept(*(const int *)context, NULL, NULL);
    char byte = 0;
    need(end >= 0, "accept");
    set_no_delay(end);
    while (read(end, &byte, 1) == 1 && write(end, &byte, 1) == 1) {
    }
    (void)close(end);
    return NULL;
}

static double measure_loopback(void)
{
    static double times[TRIPS];
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    pthread_t thread;
    char byte = 0;
    int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int end = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    need(door >= 0 && end >= 0, "socket");
    need(bind(door, (const struct sockaddr *)&at, sizeof at) == 0 && listen(door, 1) == 0, "bind");
    need(getsockname(door, (struct sockaddr *)&at, &size) == 0, "name");
    need(pthread_create(&thread, NULL, answer, &door) == 0, "thread");
    need(connect(end, (const struct sockaddr *)&at, sizeof at) == 0, "connect");
    set_no_delay(end);
    for (size_t i = 0; i < TRIPS; i++) {
        double start = seconds(CLOCK_MONOTONIC);
        need(write(end, &byte, 1) == 1 && read(end, &byte, 1) == 1, "trip");
        times[i] = (seconds(CLOCK_MONOTONIC) - start) * 1e6;
    }
    (void)close(end);
    (void)close(door);
    need(pthread_join(thread, NULL) == 0, "join");
    return median(times, TRIPS);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: limits FOLDER\n");
        return 2;
    }
    double verify = 0;
    double sign = 0;
    measure_seal(&verify, &sign);
    double commit = measure_commit(argv[1]);
    double flush = measure_flush(argv[1]);
    (void)printf("{\"verify_per_s\":%.0f,\"sign_per_s\":%.0f,\"commit_us\":%.1f,\"flush_us\":%.1f,"
                 "\"loopback_us\":%.1f}\n",
                 verify, sign, commit, flush, measure_loopback());
    return 0;
}
