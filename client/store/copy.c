/*
 * A copy of a living store. LMDB writes it into a pipe from a thread of its own, as fast as the
 * pipe is emptied; this side empties it at the pace asked for, so that a person's commit never
 * waits behind megabytes of a backup in the disk's queue.
 */
#include "client/store/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum {
    PIECE_BYTES = 64 * 1024,
    SYNC_BYTES = 1024 * 1024 /* between two flushes: little that is not on the disk yet */
};

struct copying {
    struct store *store;
    int in; /* the pipe's end that is written */
    enum status status;
};

static void *copy_run(void *argument)
{
    struct copying *copying = argument;
    sigset_t broken_pipe;

    /* A reader that gave up shows as an error of the write. */
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, NULL);
    copying->status = copying->store->driver->copy(copying->store, copying->in);
    close(copying->in);
    return NULL;
}

static enum status write_all(int descriptor, const uint8_t *at, size_t size)
{
    while (size > 0) {
        ssize_t wrote = write(descriptor, at, size);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return errno == ENOSPC || errno == EDQUOT ? STATUS_FULL : STATUS_IO;
        at += wrote;
        size -= (size_t)wrote;
    }
    return STATUS_OK;
}

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Sleeps until |done| bytes may have been written since |start|. */
static void keep_pace(const struct store_copy *copy, uint64_t start, uint64_t done)
{
    uint64_t due = start + done / copy->bytes_per_second * 1000000 +
                   done % copy->bytes_per_second * 1000000 / copy->bytes_per_second;
    uint64_t now = now_us();
    struct timespec pause;

    if (due <= now)
        return;
    pause.tv_sec = (time_t)((due - now) / 1000000);
    pause.tv_nsec = (long)((due - now) % 1000000 * 1000);
    (void)nanosleep(&pause, NULL);
}

static enum status flush(const struct store_copy *copy, uint64_t done, uint64_t all)
{
    if (fdatasync(copy->descriptor) != 0)
        return errno == ENOSPC || errno == EDQUOT ? STATUS_FULL : STATUS_IO;
    return copy->progress ? copy->progress(copy->context, done, all) : STATUS_OK;
}

/* Empties the pipe into the file. */
static enum status drain(int out, const struct store_copy *copy, uint64_t all)
{
    uint8_t piece[PIECE_BYTES];
    uint64_t start = now_us(), done = 0, flushed = 0;
    enum status status = STATUS_OK;

    while (status == STATUS_OK) {
        ssize_t size = read(out, piece, sizeof piece);

        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return STATUS_IO;
        if (size == 0)
            break;
        status = write_all(copy->descriptor, piece, (size_t)size);
        done += (uint64_t)size;
        if (status == STATUS_OK && done - flushed >= SYNC_BYTES) {
            flushed = done;
            status = flush(copy, done, all > done ? all : done);
        }
        if (status == STATUS_OK)
            keep_pace(copy, start, done);
    }
    return status == STATUS_OK ? flush(copy, done, done) : status;
}

enum status store_copy(struct store *store, const struct store_copy *copy)
{
    struct copying copying = {.store = store};
    pthread_t thread;
    int ends[2];

    if (!store->driver->copy)
        return STATUS_USAGE;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return STATUS_IO;
    copying.in = ends[1];
    if (pthread_create(&thread, NULL, copy_run, &copying) != 0) {
        close(ends[0]);
        close(ends[1]);
        return STATUS_NO_MEMORY;
    }
    enum status status = drain(ends[0], copy, store->driver->copy_bytes(store));
    close(ends[0]);
    (void)pthread_join(thread, NULL);
    return status == STATUS_OK ? copying.status : status;
}
