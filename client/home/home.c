#include "client/home/home.h"

#include "client/home/entropy.h"
#include "client/home/place.h"
#include "client/store/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>

static const char system_home[] = "/var/lib/hoso";

static void world_random(void *context, uint8_t *out, size_t size)
{
    (void)context;
    entropy_fill(out, size);
}

static int64_t world_wall_seconds(void *context)
{
    struct timespec now = {0};

    (void)context;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec;
}

struct replica_world home_world(void)
{
    return (struct replica_world){.random = world_random, .wall_seconds = world_wall_seconds};
}

/* |a| and |b| one after the other. */
static enum status join(const char *a, const char *b, char out[HOME_PATH_SIZE])
{
    int size = snprintf(out, HOME_PATH_SIZE, "%s%s", a, b);

    return size > 0 && size < HOME_PATH_SIZE ? STATUS_OK : STATUS_LIMIT;
}

static bool is_ours(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid() &&
           access(path, W_OK | X_OK) == 0;
}

enum status home_find(const char *option, char path[HOME_PATH_SIZE])
{
    const char *named = option != NULL ? option : getenv("HOSO_HOME");
    const char *user = getenv("HOME");

    if (named != NULL && named[0] != '\0')
        return join(named, "", path);
    if (is_ours(system_home))
        return join(system_home, "", path);
    if (user == NULL || user[0] == '\0')
        return STATUS_NOT_FOUND;
    return join(user, "/.local/share/hoso", path);
}

enum status home_file(const char *path, const char *name, char out[HOME_PATH_SIZE])
{
    int size = snprintf(out, HOME_PATH_SIZE, "%s/%s", path, name);

    return size > 0 && size < HOME_PATH_SIZE ? STATUS_OK : STATUS_LIMIT;
}

static enum status open_store(struct home *home, const char *name, bool create)
{
    char path[HOME_PATH_SIZE];
    enum status status = entropy_start();

    if (status == STATUS_OK)
        status = home_file(home->path, name, path);
    if (status == STATUS_OK)
        status = store_open_lmdb(path, create, &home->store);
    return status;
}

static void note_commit(void *context, const struct name *epoch, uint64_t arrival,
                        const struct name *running_hash)
{
    const struct home *home = context;

    place_mark_write(home->mark, epoch, arrival, running_hash);
}

/* Compares the store with what the machine knows beside it. */
static enum status look_around(struct home *home)
{
    char path[HOME_PATH_SIZE];
    uint8_t place[PLACE_BYTES_MAX];
    struct origin_hints hints = {.has_mark = false};
    enum status status = home_file(home->path, "store/records.mdb", path);

    if (status == STATUS_OK)
        hints.place = bytes_of(place, place_of(path, place));
    if (status == STATUS_OK)
        status = home_file(home->path, "mark", path);
    if (status != STATUS_OK)
        return status;
    home->mark = place_mark_open(path);
    place_mark_read(home->mark, &hints);
    status = origin_settle(home->replica, &hints, &home->origin);
    /* Nothing can be written here, in whatever logs: it may be read. There may be room again while
     * it runs: so a full disk is passed over only where nothing but the place was to be noted. */
    bool passed =
        status == STATUS_READ_ONLY || (status == STATUS_FULL && home->origin == ORIGIN_HERE);
    return passed ? STATUS_OK : status;
}

enum status home_open(struct home *home, const char *path)
{
    enum status status = STATUS_OK;

    memset(home, 0, sizeof *home);
    home->world = home_world();
    home->world.context = home;
    home->world.committed = note_commit;
    home->mark = -1;
    status = join(path, "", home->path);
    if (status == STATUS_OK)
        status = open_store(home, "store", false);
    if (status == STATUS_OK)
        status = replica_open(home->store, &home->world, &home->replica);
    if (status == STATUS_OK)
        status = look_around(home);
    if (status != STATUS_OK)
        home_close(home);
    return status;
}

void home_close(struct home *home)
{
    if (home->replica != NULL) {
        replica_close(home->replica);
        if (home->mark >= 0)
            (void)close(home->mark);
        home->mark = -1;
    }
    if (home->store != NULL)
        store_close(home->store);
    home->replica = NULL;
    home->store = NULL;
}

/* Makes one folder, for good: its name in the folder above is flushed. */
static enum status make_one(const char *path, mode_t mode)
{
    if (mkdir(path, mode) != 0)
        return errno == EEXIST ? STATUS_OK : folder_fault(errno);
    return folder_sync(path);
}

/* Makes |path| and what is above it. */
static enum status make_folders(const char *path)
{
    char part[HOME_PATH_SIZE];
    enum status status = join(path, "", part);

    for (char *at = part + 1; status == STATUS_OK && *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        status = make_one(part, 0755);
        *at = '/';
    }
    return status == STATUS_OK ? make_one(path, 0700) : status;
}

/* What a run that was cut off left; it never was a home. A store's folder holds plain files. */
static void remove_unfinished(const char *folder)
{
    DIR *listing = opendir(folder);

    if (listing == NULL)
        return;
    for (const struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing))
        (void)unlinkat(dirfd(listing), entry->d_name, 0);
    (void)closedir(listing);
    (void)rmdir(folder);
}

static enum status fill(struct home *home, const struct replica_identity *identity,
                        enum status (*begin)(struct replica *replica, void *context), void *context)
{
    struct replica_commit commit;
    enum status status = replica_create(home->store, &home->world, identity);

    if (status == STATUS_OK)
        status = replica_open(home->store, &home->world, &home->replica);
    if (status != STATUS_OK || begin == NULL)
        return status;
    status = replica_begin(home->replica);
    if (status != STATUS_OK)
        return status;
    status = begin(home->replica, context);
    if (status != STATUS_OK) {
        replica_abort(home->replica);
        return status;
    }
    return replica_commit(home->replica, &commit);
}

enum status home_create(const char *path, const struct replica_identity *identity,
                        enum status (*begin)(struct replica *replica, void *context), void *context)
{
    struct home home = {.world = home_world(), .mark = -1};
    char unfinished[HOME_PATH_SIZE];
    char finished[HOME_PATH_SIZE];
    enum status status = make_folders(path);

    if (status == STATUS_OK)
        status = join(path, "", home.path);
    if (status == STATUS_OK)
        status = home_file(path, "store.new", unfinished);
    if (status == STATUS_OK)
        status = home_file(path, "store", finished);
    if (status != STATUS_OK)
        return status;
    if (access(finished, F_OK) == 0)
        return STATUS_REFUSED;
    remove_unfinished(unfinished);
    status = open_store(&home, "store.new", true);
    if (status == STATUS_OK)
        status = fill(&home, identity, begin, context);
    home_close(&home);
    if (status == STATUS_OK && rename(unfinished, finished) != 0)
        status = folder_fault(errno);
    if (status == STATUS_OK)
        status = folder_sync(path);
    if (status != STATUS_OK)
        remove_unfinished(unfinished);
    return status;
}

enum status home_rejoin(const char *path, const struct replica_identity *with,
                        struct public_key *key)
{
    struct replica_commit commit;
    struct home home;
    enum status status = home_open(&home, path);

    if (status != STATUS_OK)
        return status;
    *key = *replica_key(home.replica);
    status = replica_begin(home.replica);
    if (status == STATUS_OK) {
        status = replica_rejoin(home.replica, with);
        if (status == STATUS_OK)
            status = replica_commit(home.replica, &commit);
        else
            replica_abort(home.replica);
    }
    home_close(&home);
    return status;
}
