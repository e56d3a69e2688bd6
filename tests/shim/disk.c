#include "tests/shim/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

enum { SECTOR = 512 };

/* What a sector came to hold, or which length a file came to have, and no flush has covered. */
struct change {
    size_t sector;
    size_t length;
    bool is_length;
    uint8_t bytes[SECTOR];
};

struct file {
    uint64_t number;
    uint8_t *cache, *platter; /* what programs see; what is on the disk */
    size_t cache_size, platter_size, room;
    struct change *changes;
    size_t change_count, change_room;
};

/* Something done to the names of one node. */
struct step {
    enum trace_kind kind;
    const char *path, *other;
    size_t file; /* of a creation: which of the disk's files */
};

struct disk {
    char root[PATH_MAX];
    uint64_t seed;
    struct file *files;
    size_t file_count;
    struct step *steps;
    size_t step_count;
    bool *flushed; /* of each step: its folder was flushed since */
};

static _Noreturn void give_up(const char *why)
{
    (void)fprintf(stderr, "power_image: %s: %s\n", why, strerror(errno));
    exit(1);
}

static void *grow(void *at, size_t count, size_t size)
{
    void *grown = realloc(at, count * size + 1);
    if (!grown)
        give_up("memory");
    return grown;
}

/* splitmix64: below |most|. */
static uint64_t draw(uint64_t *seed, uint64_t most)
{
    uint64_t x = *seed += 0x9e3779b97f4a7c15U;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
    x = (x ^ x >> 27) * 0x94d049bb133111ebU;
    return (x ^ x >> 31) % most;
}

struct disk *disk_new(const char *root)
{
    struct disk *disk = calloc(1, sizeof *disk);
    if (!disk || strlen(root) >= sizeof disk->root)
        give_up("root");
    (void)snprintf(disk->root, sizeof disk->root, "%s", root);
    return disk;
}

void disk_seed(struct disk *disk, uint64_t seed)
{
    disk->seed = seed;
}

void disk_free(struct disk *disk)
{
    for (size_t i = 0; i < disk->file_count; i++) {
        free(disk->files[i].cache);
        free(disk->files[i].platter);
        free(disk->files[i].changes);
    }
    free(disk->files);
    free(disk->steps);
    free(disk->flushed);
    free(disk);
}

/* ---- files ---- */

static struct file *file_find(const struct disk *disk, uint64_t number)
{
    for (size_t i = disk->file_count; i > 0; i--) {
        if (disk->files[i - 1].number == number)
            return &disk->files[i - 1];
    }
    return NULL;
}

/* A number is used again once its file is gone: the newest of that number is meant. */
static void file_add(struct disk *disk, uint64_t number)
{
    disk->files = grow(disk->files, disk->file_count + 1, sizeof *disk->files);
    disk->files[disk->file_count++] = (struct file){.number = number};
}

static void file_reserve(struct file *file, size_t size)
{
    if (size <= file->room)
        return;
    size_t room = (size * 2 / SECTOR + 1) * SECTOR;
    file->cache = grow(file->cache, room, 1);
    file->platter = grow(file->platter, room, 1);
    memset(file->cache + file->room, 0, room - file->room);
    memset(file->platter + file->room, 0, room - file->room);
    file->room = room;
}

static struct change *change_add(struct file *file)
{
    if (file->change_count == file->change_room) {
        file->change_room = file->change_room * 2 + 64;
        file->changes = grow(file->changes, file->change_room, sizeof *file->changes);
    }
    return &file->changes[file->change_count++];
}

static void file_resize(struct file *file, size_t size)
{
    file_reserve(file, size);
    if (size < file->cache_size)
        memset(file->cache + size, 0, file->cache_size - size);
    file->cache_size = size;
    struct change *change = change_add(file);
    change->is_length = true;
    change->length = size;
}

/* Older contents of a sector that a flush went over cannot come back, nor older lengths. */
static void file_forget(struct file *file, size_t first, size_t last)
{
    size_t kept = 0;
    for (size_t i = 0; i < file->change_count; i++) {
        const struct change *change = &file->changes[i];
        if (!change->is_length && (change->sector < first || change->sector > last))
            file->changes[kept++] = file->changes[i];
    }
    file->change_count = kept;
}

static void file_write(struct file *file, size_t offset, const uint8_t *data, size_t size,
                       bool durable)
{
    size_t end = offset + size, first = offset / SECTOR, last = (end - 1) / SECTOR;

    file_reserve(file, end);
    memcpy(file->cache + offset, data, size);
    if (end > file->cache_size) {
        file->cache_size = end;
        struct change *change = change_add(file);
        change->is_length = true;
        change->length = end;
    }
    if (durable) {
        file_forget(file, first, last);
        memcpy(file->platter + first * SECTOR, file->cache + first * SECTOR,
               (last - first + 1) * SECTOR);
        file->platter_size = file->cache_size;
        return;
    }
    for (size_t sector = first; sector <= last; sector++) {
        struct change *change = change_add(file);
        change->is_length = false;
        change->sector = sector;
        memcpy(change->bytes, file->cache + sector * SECTOR, SECTOR);
    }
}

static void file_flush(struct file *file)
{
    if (file->room > 0)
        memcpy(file->platter, file->cache, file->room);
    file->platter_size = file->cache_size;
    file->change_count = 0;
}

/* What a file holds after the cut; |keep| of 100 changes are there. */
static void file_cut(const struct file *file, uint64_t *seed, uint64_t keep, int out)
{
    uint8_t *bytes = grow(NULL, file->room, 1);
    size_t size = file->platter_size;

    if (file->room > 0)
        memcpy(bytes, file->platter, file->room);
    for (size_t i = 0; i < file->change_count; i++) {
        const struct change *change = &file->changes[i];
        if (draw(seed, 100) >= keep)
            continue;
        if (change->is_length)
            size = change->length;
        else
            memcpy(bytes + change->sector * SECTOR, change->bytes, SECTOR);
    }
    if (write(out, bytes, size) != (ssize_t)size)
        give_up("write");
    free(bytes);
}

/* ---- names ---- */

static bool is_in_folder(const char *path, const char *folder)
{
    size_t size = strlen(folder);
    return strncmp(path, folder, size) == 0 && path[size] == '/' && !strchr(path + size + 1, '/');
}

static void step_add(struct disk *disk, const struct trace *trace, const char *path)
{
    disk->steps = grow(disk->steps, disk->step_count + 1, sizeof *disk->steps);
    disk->flushed = grow(disk->flushed, disk->step_count + 1, sizeof *disk->flushed);
    disk->flushed[disk->step_count] = false;
    disk->steps[disk->step_count++] =
        (struct step){.kind = (enum trace_kind)trace->kind,
                      .path = path,
                      .other = trace->kind == TRACE_RENAME ? path + strlen(path) + 1 : path,
                      .file = disk->file_count - 1};
}

static void folder_flush(struct disk *disk, const char *folder)
{
    for (size_t i = 0; i < disk->step_count; i++) {
        if (is_in_folder(disk->steps[i].path, folder) || is_in_folder(disk->steps[i].other, folder))
            disk->flushed[i] = true;
    }
}

bool disk_node_of(const struct disk *disk, const char *path, char *node, size_t room)
{
    size_t size = strlen(disk->root);
    if (!path || strncmp(path, disk->root, size) != 0 || path[size] != '/')
        return false;
    const char *name = path + size + 1;
    size_t length = strcspn(name, "/");
    if (length == 0 || length >= room)
        return false;
    memcpy(node, name, length);
    node[length] = '\0';
    return true;
}

void disk_apply(struct disk *disk, const struct trace *trace, const char *path, const uint8_t *data)
{
    struct file *file = file_find(disk, trace->file);

    switch ((enum trace_kind)trace->kind) {
    case TRACE_CREATE:
        file_add(disk, trace->file);
        step_add(disk, trace, path);
        break;
    case TRACE_RENAME:
    case TRACE_UNLINK:
    case TRACE_MAKE_FOLDER:
        step_add(disk, trace, path);
        break;
    case TRACE_WRITE:
        if (file && trace->data_size > 0)
            file_write(file, trace->offset, data, trace->data_size, trace->flag != 0);
        break;
    case TRACE_TRUNCATE:
        if (file)
            file_resize(file, trace->offset);
        break;
    case TRACE_SYNC:
        if (trace->path_size > 0)
            folder_flush(disk, path);
        else if (file)
            file_flush(file);
        break;
    case TRACE_SENT:
    case TRACE_MARK:
        break;
    }
}

/* ---- what is left ---- */

/* |path| below |out| instead of below the root. */
static void moved(const struct disk *disk, const char *path, const char *out, char to[PATH_MAX])
{
    int size = snprintf(to, PATH_MAX, "%s%s", out, path + strlen(disk->root));
    if (size < 0 || size >= PATH_MAX)
        give_up("a path is too long");
}

/* Until all names are known a file holds its place among the disk's files. */
static void step_do(const struct disk *disk, const struct step *step, const char *out)
{
    char to[PATH_MAX], other[PATH_MAX];

    moved(disk, step->path, out, to);
    switch (step->kind) {
    case TRACE_MAKE_FOLDER:
        (void)mkdir(to, 0700);
        break;
    case TRACE_CREATE: {
        int made = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (made < 0 || dprintf(made, "%zu", step->file) < 0 || close(made) != 0)
            give_up(to);
        break;
    }
    case TRACE_RENAME:
        moved(disk, step->other, out, other);
        if (rename(to, other) != 0)
            give_up(to);
        break;
    case TRACE_UNLINK:
        (void)remove(to);
        break;
    case TRACE_WRITE:
    case TRACE_TRUNCATE:
    case TRACE_SYNC:
    case TRACE_SENT:
    case TRACE_MARK:
        break; /* no step is of these */
    }
}

/* Puts the bytes of a file where its number stands. */
static void fill(const struct disk *disk, enum disk_cut cut, uint64_t *seed, const char *path)
{
    char number[32] = "";
    /* Nothing, everything, or a part: the first two are the cuts most disks make. */
    static const uint64_t kept[] = {0, 100, 50, 50, 10, 90};
    uint64_t keep = cut == DISK_KILLED ? 100 : kept[draw(seed, sizeof kept / sizeof *kept)];
    int in = open(path, O_RDONLY);
    if (in < 0 || read(in, number, sizeof number - 1) <= 0)
        give_up(path);
    (void)close(in);
    int out = open(path, O_WRONLY | O_TRUNC);
    if (out < 0)
        give_up(path);
    file_cut(&disk->files[strtoul(number, NULL, 10)], seed, keep, out);
    (void)close(out);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void fill_all(const struct disk *disk, const char *node, enum disk_cut cut, uint64_t *seed,
                     const char *out)
{
    char top[PATH_MAX];
    char *const tops[] = {top, NULL};

    (void)snprintf(top, sizeof top, "%s/%s", out, node);
    FTS *walk = access(top, F_OK) == 0 ? fts_open(tops, FTS_PHYSICAL, by_name) : NULL;
    for (const FTSENT *entry = walk ? fts_read(walk) : NULL; entry; entry = fts_read(walk)) {
        if (entry->fts_info == FTS_F)
            fill(disk, cut, seed, entry->fts_path);
    }
    if (walk)
        (void)fts_close(walk);
}

void disk_write(const struct disk *disk, const char *node, enum disk_cut cut, const char *out)
{
    char of[PATH_MAX];
    size_t least = 0, most = 0;
    uint64_t seed = disk->seed;

    for (size_t i = 0; i < disk->step_count; i++) {
        if (!disk_node_of(disk, disk->steps[i].path, of, sizeof of) || strcmp(of, node) != 0)
            continue;
        most = i + 1;
        if (disk->flushed[i])
            least = i + 1;
    }
    size_t end = cut == DISK_KILLED ? most : least + draw(&seed, most - least + 1);
    for (size_t i = 0; i < end; i++) {
        if (disk_node_of(disk, disk->steps[i].path, of, sizeof of) && strcmp(of, node) == 0)
            step_do(disk, &disk->steps[i], out);
    }
    fill_all(disk, node, cut, &seed, out);
}
