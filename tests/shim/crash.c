/*
 * A preloaded library that ends the process with SIGKILL in the middle of the N-th write or flush
 * of its store.
 *
 *   LD_PRELOAD=…/libcrash.so HOSO_CRASH_AT=N [HOSO_CRASH_FILE=name] program …
 *
 * Counted are write, pwrite, writev, pwritev, ftruncate, fsync and fdatasync on files whose path
 * ends in HOSO_CRASH_FILE (default "records.mdb"): those happen only inside a store's transaction
 * being committed. At the N-th, half of the bytes are written, a line "crash N" goes to the file
 * named by HOSO_CRASH_NOTE, and the process is gone. Without HOSO_CRASH_AT it only counts, and
 * notes the total at exit: that is how a test learns how many points there are.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/uio.h>

enum { PATH_BYTES = 4096 };

static atomic_long calls;

static long crash_at(void)
{
    const char *text = getenv("HOSO_CRASH_AT");
    return text ? strtol(text, NULL, 10) : 0;
}

static void note(const char *word, long count)
{
    const char *path = getenv("HOSO_CRASH_NOTE");
    if (!path)
        return;
    FILE *file = fopen(path, "a");
    if (!file)
        return;
    (void)fprintf(file, "%s %ld\n", word, count);
    (void)fclose(file);
}

__attribute__((destructor)) static void note_total(void)
{
    note("total", atomic_load(&calls));
}

/* True if |fd| is a file of the store. */
static bool is_store(int fd)
{
    char link[64];
    char path[PATH_BYTES];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size <= 0)
        return false;
    path[size] = '\0';
    const char *ending = getenv("HOSO_CRASH_FILE");
    if (!ending)
        ending = "records.mdb";
    size_t length = strlen(ending);
    return (size_t)size >= length && strcmp(path + size - length, ending) == 0;
}

/* Counts one call; true if this is the one to die in. */
static bool is_due(void)
{
    long number = atomic_fetch_add(&calls, 1) + 1;
    long due = crash_at();
    return due > 0 && number == due;
}

static _Noreturn void die(void)
{
    note("crash", atomic_load(&calls));
    (void)kill(getpid(), SIGKILL);
    for (;;)
        (void)pause();
}

/* dlsym gives an object pointer; ISO C has no cast from it to a function's. */
#define REAL(type, name)                                                                           \
    static type real;                                                                              \
    if (!real) {                                                                                   \
        void *found = dlsym(RTLD_NEXT, name);                                                      \
        memcpy(&real, &found, sizeof real);                                                        \
    }

typedef ssize_t (*write_call)(int, const void *, size_t);
typedef ssize_t (*pwrite_call)(int, const void *, size_t, off_t);
typedef ssize_t (*writev_call)(int, const struct iovec *, int);
typedef ssize_t (*pwritev_call)(int, const struct iovec *, int, off_t);
typedef int (*sync_call)(int);
typedef int (*truncate_call)(int, off_t);

ssize_t write(int fd, const void *at, size_t size)
{
    REAL(write_call, "write")
    if (is_store(fd) && is_due()) {
        (void)real(fd, at, size / 2);
        die();
    }
    return real(fd, at, size);
}

ssize_t pwrite(int fd, const void *at, size_t size, off_t offset)
{
    REAL(pwrite_call, "pwrite")
    if (is_store(fd) && is_due()) {
        (void)real(fd, at, size / 2, offset);
        die();
    }
    return real(fd, at, size, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    REAL(writev_call, "writev")
    if (is_store(fd) && is_due()) {
        (void)real(fd, parts, count / 2);
        die();
    }
    return real(fd, parts, count);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    REAL(pwritev_call, "pwritev")
    if (is_store(fd) && is_due()) {
        (void)real(fd, parts, count / 2, offset);
        die();
    }
    return real(fd, parts, count, offset);
}

int ftruncate(int fd, off_t size)
{
    REAL(truncate_call, "ftruncate")
    if (is_store(fd) && is_due())
        die();
    return real(fd, size);
}

int fsync(int fd)
{
    REAL(sync_call, "fsync")
    if (is_store(fd) && is_due())
        die();
    return real(fd);
}

int fdatasync(int fd)
{
    REAL(sync_call, "fdatasync")
    if (is_store(fd) && is_due())
        die();
    return real(fd);
}

/* The same calls under the names a library built for large files uses; on 64-bit machines off_t is
 * off64_t. */
ssize_t pwrite64(int fd, const void *at, size_t size, off64_t offset)
    __attribute__((alias("pwrite")));
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset)
    __attribute__((alias("pwritev")));
int ftruncate64(int fd, off64_t size) __attribute__((alias("ftruncate")));
