#include "tests/sim/disk.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

static void must(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    abort();
}

static void name_folder(struct disk *disk, uint64_t seed, uint64_t serial)
{
    const char *base = getenv("TMPDIR");
    int length = snprintf(disk->folder, sizeof disk->folder, "%s/hoso-sim-%ld-%llu-%llu",
                          base ? base : "/tmp", (long)getpid(), (unsigned long long)seed,
                          (unsigned long long)serial);
    must(length > 0 && (size_t)length < sizeof disk->folder, "folder name");
}

/* Calls |each| for every file of |folder|. */
static void each_file(const char *folder, void (*each)(const char *path, const char *other),
                      const char *other)
{
    DIR *open = opendir(folder);
    if (!open)
        return;
    for (struct dirent *entry = readdir(open); entry; entry = readdir(open)) {
        if (entry->d_name[0] == '.')
            continue;
        char path[512];
        char target[512];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        snprintf(target, sizeof target, "%s/%s", other, entry->d_name);
        each(path, target);
    }
    closedir(open);
}

static void remove_file(const char *path, const char *other)
{
    (void)other;
    must(unlink(path) == 0, path);
}

/* Keeps holes: LMDB's map is a sparse file. */
static void copy_file(const char *path, const char *target)
{
    FILE *in = fopen(path, "rb");
    FILE *out = fopen(target, "wb");
    must(in && out, target);
    static const uint8_t zero[65536];
    uint8_t block[sizeof zero];
    size_t size = 0;
    long end = 0;
    while ((size = fread(block, 1, sizeof block, in)) > 0) {
        end += (long)size;
        if (memcmp(block, zero, size) == 0)
            must(fseek(out, (long)size, SEEK_CUR) == 0, target);
        else
            must(fwrite(block, 1, size, out) == size, target);
    }
    must(fflush(out) == 0 && ftruncate(fileno(out), end) == 0, target);
    fclose(in);
    must(fclose(out) == 0, target);
}

void disk_make(struct disk *disk, bool lmdb, uint64_t seed, uint64_t serial)
{
    *disk = (struct disk){.lmdb = lmdb};
    if (!lmdb) {
        must(store_open_memory(&disk->store) == STATUS_OK, "memory store");
        return;
    }
    name_folder(disk, seed, serial);
    each_file(disk->folder, remove_file, "");
    rmdir(disk->folder);
    must(store_open_lmdb(disk->folder, true, &disk->store) == STATUS_OK, disk->folder);
}

void disk_open(struct disk *disk)
{
    if (disk->lmdb && !disk->store)
        must(store_open_lmdb(disk->folder, false, &disk->store) == STATUS_OK, disk->folder);
}

void disk_close(struct disk *disk)
{
    if (disk->lmdb && disk->store) {
        store_close(disk->store);
        disk->store = NULL;
    }
}

void disk_copy(const struct disk *disk, struct disk *copy, uint64_t seed, uint64_t serial)
{
    *copy = (struct disk){.lmdb = disk->lmdb};
    if (!disk->lmdb) {
        copy->store = store_memory_clone(disk->store);
        must(copy->store != NULL, "copy of a memory store");
        return;
    }
    name_folder(copy, seed, serial);
    must(mkdir(copy->folder, 0700) == 0, copy->folder);
    each_file(disk->folder, copy_file, copy->folder);
}

void disk_remove(struct disk *disk)
{
    if (disk->store)
        store_close(disk->store);
    if (disk->lmdb && disk->folder[0]) {
        each_file(disk->folder, remove_file, "");
        rmdir(disk->folder);
    }
    *disk = (struct disk){0};
}
