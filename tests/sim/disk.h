/*
 * A node's disk: a store in memory, or on LMDB in a folder. It can be copied as `cp` would, and put
 * back.
 */
#ifndef HOSO_TESTS_SIM_DISK_H
#define HOSO_TESTS_SIM_DISK_H

#include "client/store/store.h"

struct disk {
    bool lmdb;
    struct store *store; /* open, or NULL (LMDB only: the process is down) */
    char folder[128];    /* LMDB */
};

/* An empty disk. |serial| tells folders apart. Aborts the program if the machine will not have
 * it. */
void disk_make(struct disk *disk, bool lmdb, uint64_t seed, uint64_t serial);
/* What the process does with it; with memory both keep the store. */
void disk_open(struct disk *disk);
void disk_close(struct disk *disk);
/* A copy of what is durable; |copy| is closed. */
void disk_copy(const struct disk *disk, struct disk *copy, uint64_t seed, uint64_t serial);
/* Throws everything away. */
void disk_remove(struct disk *disk);

#endif
