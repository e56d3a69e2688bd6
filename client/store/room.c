#include "client/store/room.h"

#include "client/store/folder.h"

#include <errno.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/statvfs.h>

#define RESERVE_LEAST ((uint64_t)64 << 20)
#define RESERVE_MOST ((uint64_t)1 << 30)
/* A transaction needs this much of the disk, and its own bytes some times over. */
#define COMMIT_LEAST ((uint64_t)1 << 20)

enum {
    SMALL_BYTES = 32 * 1024,   /* of a commit that goes into the tail */
    AHEAD_LEAST = 256 * 1024,  /* of the file beyond what it holds, before a small commit */
    AHEAD_BYTES = 1024 * 1024, /* it is made longer by so much, */
    AHEAD_STEP = 64 * 1024     /* so much in one call */
};

static enum status disk_left(MDB_env *env, uint64_t *left)
{
    struct statvfs disk;
    int descriptor = -1;
    if (mdb_env_get_fd(env, &descriptor) != MDB_SUCCESS || fstatvfs(descriptor, &disk) != 0)
        return STATUS_IO;
    *left = (uint64_t)disk.f_bavail * disk.f_frsize;
    return STATUS_OK;
}

/* Bytes of the file that are in use, as of the last commit, and of the map. */
static enum status used_bytes(MDB_env *env, uint64_t *used, uint64_t *map)
{
    MDB_envinfo info;
    MDB_stat stat;
    if (mdb_env_info(env, &info) != MDB_SUCCESS || mdb_env_stat(env, &stat) != MDB_SUCCESS)
        return STATUS_IO;
    *used = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
    *map = info.me_mapsize;
    return STATUS_OK;
}

enum status room_left(const struct room *room, uint64_t *free_bytes, bool *reserve)
{
    uint64_t left = 0, used = 0, map = 0;
    enum status status = disk_left(room->env, &left);
    if (status == STATUS_OK)
        status = used_bytes(room->env, &used, &map);
    if (status != STATUS_OK)
        return status;
    uint64_t in_map = map > used ? map - used : 0;
    if (left > in_map)
        left = in_map;
    uint64_t kept = (used + left) / 20;
    kept = kept < RESERVE_LEAST ? RESERVE_LEAST : kept > RESERVE_MOST ? RESERVE_MOST : kept;
    *reserve = left <= kept;
    *free_bytes = *reserve ? 0 : left - kept;
    return STATUS_OK;
}

static enum status zeros_write(struct room *room)
{
    static const uint8_t zeros[AHEAD_STEP];
    int descriptor = -1;
    if (mdb_env_get_fd(room->env, &descriptor) != MDB_SUCCESS)
        return STATUS_IO;
    for (size_t done = 0; done < AHEAD_BYTES; done += sizeof zeros) {
        ssize_t written = pwrite(descriptor, zeros, sizeof zeros, (off_t)(room->file_bytes + done));
        if (written < 0)
            return folder_fault(errno);
        if ((size_t)written < sizeof zeros)
            return STATUS_IO;
    }
    room->file_bytes += AHEAD_BYTES;
    return STATUS_OK;
}

/*
 * A commit that makes the file longer costs the disk one more write and wait, for the file's length
 * (where the file system keeps a journal: a commit of that). So there are zeros beyond what the
 * store holds. LMDB looks at no page its last commit does not name; a cut that loses them, or a
 * part of them, loses nothing.
 */
static enum status ahead_make(struct room *room)
{
    uint64_t used = 0, map = 0;
    struct stat about;
    int descriptor = -1;
    enum status status = used_bytes(room->env, &used, &map);
    if (status != STATUS_OK || used + AHEAD_LEAST <= room->file_bytes ||
        used + AHEAD_LEAST + AHEAD_BYTES > map)
        return status;
    if (mdb_env_get_fd(room->env, &descriptor) != MDB_SUCCESS || fstat(descriptor, &about) != 0)
        return STATUS_IO;
    room->file_bytes = (uint64_t)about.st_size;
    return used + AHEAD_LEAST <= room->file_bytes ? STATUS_OK : zeros_write(room);
}

enum status room_take(struct room *room, uint64_t changes, uint64_t bytes)
{
    /* Pages are whole, and so are those above them: more than was put. */
    uint64_t needed = COMMIT_LEAST + bytes * 4 + changes * 512, left = 0;
    if (changes == 0 || disk_left(room->env, &left) != STATUS_OK)
        return STATUS_OK;
    if (left < needed)
        return STATUS_FULL;
    bool ahead = bytes <= SMALL_BYTES && left >= RESERVE_LEAST;
    return ahead ? ahead_make(room) : STATUS_OK;
}
