/*
 * A name typed without diacritics, found among a home's dossiers. Prints
 * {"median_ms","found"}. Usage: find HOME     (nobody may be running on it)
 */
#include "client/home/home.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 101, LIMIT = 50 };

static double now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int ascending(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

static bool count(void *context, const struct summary *row)
{
    (void)row;
    ++*(size_t *)context;
    return true;
}

static double find_once(struct replica *replica, size_t *found)
{
    struct replica_read *read = NULL;
    double start = now_ms();
    *found = 0;
    if (replica_read_begin(replica, &read) != STATUS_OK ||
        replica_find(read, bytes_of_text("ho thi hoa"), LIMIT, count, found) != STATUS_OK) {
        (void)fprintf(stderr, "find: the store cannot be read\n");
        exit(5);
    }
    replica_read_end(read);
    return now_ms() - start;
}

int main(int argc, char **argv)
{
    struct home home;
    if (argc != 2 || home_open(&home, argv[1]) != STATUS_OK) {
        (void)fprintf(stderr, "usage: find HOME\n");
        return 2;
    }
    double times[ROUNDS];
    size_t found = 0;
    for (size_t i = 0; i < ROUNDS; i++)
        times[i] = find_once(home.replica, &found);
    qsort(times, ROUNDS, sizeof *times, ascending);
    (void)printf("{\"median_ms\":%.3f,\"found\":%zu}\n", times[ROUNDS / 2], found);
    home_close(&home);
    return 0;
}
