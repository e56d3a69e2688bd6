/*
 * A preloaded library that ends the process, or makes its disk fail, at the N-th call.
 *
 *   LD_PRELOAD=…/libfault.so HOSO_FAULT=WHAT HOSO_FAULT_AT=N program …
 *
 *   HOSO_FAULT        kill: half of the bytes are written, then SIGKILL; between: SIGKILL before
 * the call; ENOSPC, EIO, EROFS: the call fails so; short: half is written and told, as a disk that
 * has just become full does HOSO_FAULT_CALLS  store (writes and flushes), write, sync: calls on
 * files of the store; any: also what comes and goes over sockets, and any other file
 *   HOSO_FAULT_FILE   how a store's file is called; its path ends so (default "records.mdb")
 *   HOSO_FAULT_EVER   set: every later call of the kind fails too
 *   HOSO_FAULT_NOTE   a file that gets a line "fault N" when it happens, "total STORE ANY" at exit:
 * how many calls of either kind there were
 *
 * Writes are write, pwrite, writev, pwritev, ftruncate; flushes are fsync, fdatasync. They happen
 * only inside a transaction being committed. Without HOSO_FAULT it only counts: that is how a test
 * learns how many points there are.
 */
#include "tests/shim/shim.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <sys/socket.h>
#include <sys/uio.h>

enum call { CALL_WRITE, CALL_SYNC, CALL_OTHER };
enum fault { FAULT_NONE, FAULT_KILL, FAULT_ERROR, FAULT_SHORT };

static atomic_long calls;     /* of the kind that is counted */
static atomic_long all_calls; /* of any kind */

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value && *value ? value : otherwise;
}

static void note(const char *word, long count, long more)
{
    const char *path = setting("HOSO_FAULT_NOTE", NULL);
    FILE *file = path ? fopen(path, "a") : NULL;
    if (!file)
        return;
    (void)fprintf(file, "%s %ld %ld\n", word, count, more);
    (void)fclose(file);
}

__attribute__((destructor)) static void note_total(void)
{
    note("total", atomic_load(&calls), atomic_load(&all_calls));
}

static _Noreturn void die(void)
{
    note("fault", atomic_load(&calls), atomic_load(&all_calls));
    (void)kill(getpid(), SIGKILL);
    for (;;)
        (void)pause();
}

static bool is_counted(int fd, enum call call)
{
    const char *which = setting("HOSO_FAULT_CALLS", "store");
    char path[SHIM_PATH_BYTES];

    if (strcmp(which, "any") == 0)
        return true;
    if (call == CALL_OTHER || (strcmp(which, "write") == 0 && call != CALL_WRITE) ||
        (strcmp(which, "sync") == 0 && call != CALL_SYNC))
        return false;
    return shim_path_of(fd, path) &&
           shim_ends_with(path, setting("HOSO_FAULT_FILE", "records.mdb"));
}

static enum fault fault_named(const char *what)
{
    static const struct {
        const char *name;
        int error;
    } errors[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EROFS", EROFS}};

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        if (strcmp(what, errors[i].name) != 0)
            continue;
        errno = errors[i].error;
        return FAULT_ERROR;
    }
    return strcmp(what, "kill") == 0 ? FAULT_KILL : FAULT_SHORT;
}

/* Counts the call; what is to happen to it. FAULT_ERROR has set errno. */
static enum fault fault_of(int fd, enum call call)
{
    (void)atomic_fetch_add(&all_calls, 1);
    if (!is_counted(fd, call))
        return FAULT_NONE;
    long number = atomic_fetch_add(&calls, 1) + 1;
    const char *what = setting("HOSO_FAULT", NULL);
    long due = strtol(setting("HOSO_FAULT_AT", "0"), NULL, 10);
    if (!what || due <= 0 || number < due || (number > due && !setting("HOSO_FAULT_EVER", NULL)))
        return FAULT_NONE;
    if (strcmp(what, "between") == 0)
        die();
    enum fault fault = fault_named(what);
    if (fault != FAULT_KILL) {
        int error = errno;
        note("fault", number, atomic_load(&all_calls));
        errno = error;
    }
    return fault;
}

typedef ssize_t (*write_call)(int, const void *, size_t);
typedef ssize_t (*pwrite_call)(int, const void *, size_t, off_t);
typedef ssize_t (*writev_call)(int, const struct iovec *, int);
typedef ssize_t (*pwritev_call)(int, const struct iovec *, int, off_t);
typedef int (*sync_call)(int);
typedef int (*truncate_call)(int, off_t);
typedef ssize_t (*send_call)(int, const void *, size_t, int);
typedef ssize_t (*receive_call)(int, void *, size_t, int);
typedef int (*rename_call)(const char *, const char *);

ssize_t write(int fd, const void *at, size_t size)
{
    REAL(write_call, "write")
    enum fault fault = fault_of(fd, CALL_WRITE);
    if (fault == FAULT_ERROR)
        return -1;
    ssize_t done = real(fd, at, fault == FAULT_NONE ? size : size / 2);
    if (fault == FAULT_KILL)
        die();
    return done;
}

ssize_t pwrite(int fd, const void *at, size_t size, off_t offset)
{
    REAL(pwrite_call, "pwrite")
    enum fault fault = fault_of(fd, CALL_WRITE);
    if (fault == FAULT_ERROR)
        return -1;
    ssize_t done = real(fd, at, fault == FAULT_NONE ? size : size / 2, offset);
    if (fault == FAULT_KILL)
        die();
    return done;
}

/* Half of the parts, but of a single one half its bytes. */
static int halve(const struct iovec *parts, int count, struct iovec *one)
{
    *one = parts[0];
    if (count == 1)
        one->iov_len /= 2;
    return count / 2;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    REAL(writev_call, "writev")
    struct iovec one;
    enum fault fault = fault_of(fd, CALL_WRITE);
    if (fault == FAULT_ERROR)
        return -1;
    if (fault == FAULT_NONE)
        return real(fd, parts, count);
    int half = halve(parts, count, &one);
    ssize_t done = half > 0 ? real(fd, parts, half) : real(fd, &one, 1);
    if (fault == FAULT_KILL)
        die();
    return done;
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    REAL(pwritev_call, "pwritev")
    struct iovec one;
    enum fault fault = fault_of(fd, CALL_WRITE);
    if (fault == FAULT_ERROR)
        return -1;
    if (fault == FAULT_NONE)
        return real(fd, parts, count, offset);
    int half = halve(parts, count, &one);
    ssize_t done = half > 0 ? real(fd, parts, half, offset) : real(fd, &one, 1, offset);
    if (fault == FAULT_KILL)
        die();
    return done;
}

int ftruncate(int fd, off_t size)
{
    REAL(truncate_call, "ftruncate")
    enum fault fault = fault_of(fd, CALL_WRITE);
    if (fault == FAULT_KILL)
        die();
    return fault == FAULT_ERROR ? -1 : real(fd, size);
}

int fsync(int fd)
{
    REAL(sync_call, "fsync")
    enum fault fault = fault_of(fd, CALL_SYNC);
    if (fault == FAULT_KILL)
        die();
    return fault == FAULT_ERROR ? -1 : real(fd);
}

int fdatasync(int fd)
{
    REAL(sync_call, "fdatasync")
    enum fault fault = fault_of(fd, CALL_SYNC);
    if (fault == FAULT_KILL)
        die();
    return fault == FAULT_ERROR ? -1 : real(fd);
}

/* Of what is neither a write nor a flush only the process's end is made. */
static void pass(int fd)
{
    if (fault_of(fd, CALL_OTHER) == FAULT_KILL)
        die();
}

ssize_t send(int fd, const void *at, size_t size, int flags)
{
    REAL(send_call, "send")
    pass(fd);
    return real(fd, at, size, flags);
}

ssize_t recv(int fd, void *at, size_t size, int flags)
{
    REAL(receive_call, "recv")
    pass(fd);
    return real(fd, at, size, flags);
}

int rename(const char *from, const char *to)
{
    REAL(rename_call, "rename")
    pass(-1);
    return real(from, to);
}

/* The same calls under the names a library built for large files uses; on 64-bit machines off_t is
 * off64_t. */
ssize_t pwrite64(int fd, const void *at, size_t size, off64_t offset)
    __attribute__((alias("pwrite")));
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset)
    __attribute__((alias("pwritev")));
int ftruncate64(int fd, off64_t size) __attribute__((alias("ftruncate")));
