/*
 * A preloaded library that logs what a power cut could undo and what must outlive it: each write,
 * truncation, rename and flush below a folder, and each byte that left by a socket.
 *
 *   LD_PRELOAD=…/libpower.so HOSO_POWER_LOG=FILE HOSO_POWER_ROOT=FOLDER program …
 *
 * One log serves several programs: entries are appended whole. A call and its entry are one step
 * under a lock, and a sent byte is logged after it left, so whatever stands before it in the log
 * was done before it: each beginning of the log is a moment the whole district could have been in.
 */
#include "tests/shim/shim.h"
#include "tests/shim/trace.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

static pthread_mutex_t step = PTHREAD_MUTEX_INITIALIZER;
static int log_descriptor = -1;

typedef ssize_t (*write_call)(int, const void *, size_t);
typedef ssize_t (*pwrite_call)(int, const void *, size_t, off_t);
typedef ssize_t (*writev_call)(int, const struct iovec *, int);
typedef int (*sync_call)(int);
typedef int (*truncate_call)(int, off_t);
typedef ssize_t (*send_call)(int, const void *, size_t, int);
typedef int (*rename_call)(const char *, const char *);
typedef int (*path_call)(const char *);
typedef int (*mkdir_call)(const char *, mode_t);
typedef int (*unlinkat_call)(int, const char *, int);
typedef int (*open_call)(const char *, int, ...);

static _Noreturn void give_up(const char *why)
{
    (void)fprintf(stderr, "libpower: %s\n", why);
    abort();
}

/* Appends one entry whose path and data come in two and |count| parts. */
static void append(struct trace *trace, const char *path, const char *other,
                   const struct iovec *data, int count)
{
    REAL(writev_call, "writev")
    struct iovec parts[3 + IOV_MAX];
    size_t whole = sizeof *trace;
    const char *name = getenv("HOSO_POWER_LOG");

    if (log_descriptor < 0 && name) {
        REAL(open_call, "open")
        log_descriptor = real(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    }
    if (log_descriptor < 0 || count > IOV_MAX - 3)
        give_up("no log");
    trace->magic = TRACE_MAGIC;
    trace->pid = (uint32_t)getpid();
    parts[0] = (struct iovec){trace, sizeof *trace};
    parts[1] = (struct iovec){(void *)path, path ? strlen(path) + 1 : 0};
    parts[2] = (struct iovec){(void *)other, other ? strlen(other) + 1 : 0};
    trace->path_size = (uint32_t)(parts[1].iov_len + parts[2].iov_len);
    trace->data_size = 0;
    for (int i = 0; i < count; i++) {
        parts[3 + i] = data[i];
        trace->data_size += (uint32_t)data[i].iov_len;
    }
    whole += trace->path_size + trace->data_size;
    if (real(log_descriptor, parts, 3 + count) != (ssize_t)whole)
        give_up("the log cannot be written");
}

static bool is_below_root(const char *path)
{
    const char *root = getenv("HOSO_POWER_ROOT");
    size_t size = root ? strlen(root) : 0;
    return size > 0 && strncmp(path, root, size) == 0 && path[size] == '/';
}

/* |path| as the kernel will know it once the call is done; false: not below the root. */
static bool place_of(const char *path, char out[PATH_MAX])
{
    char folder[PATH_MAX], resolved[PATH_MAX];
    const char *slash = strrchr(path, '/');

    if (!slash || slash == path || slash[1] == '\0')
        return false;
    (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    if (!realpath(folder, resolved))
        return false;
    int size = snprintf(out, PATH_MAX, "%s%s", resolved, slash);
    return size > 0 && size < PATH_MAX && is_below_root(out);
}

/* The file behind |fd| if it is one to be logged. */
static bool file_of(int fd, uint64_t *file, char path[SHIM_PATH_BYTES])
{
    struct stat about;
    if (!shim_path_of(fd, path) || !is_below_root(path) || fstat(fd, &about) != 0 ||
        (!S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode)))
        return false;
    *file = about.st_ino;
    return true;
}

static void note_write(int fd, const struct iovec *parts, int count, off_t offset, ssize_t done)
{
    struct trace trace = {.kind = TRACE_WRITE, .offset = (uint64_t)offset};
    char path[SHIM_PATH_BYTES];
    struct iovec told[IOV_MAX];
    int used = 0;

    if (done <= 0 || count > IOV_MAX - 3 || !file_of(fd, &trace.file, path))
        return;
    for (size_t left = (size_t)done; used < count && left > 0; used++) {
        told[used] = parts[used];
        if (told[used].iov_len > left)
            told[used].iov_len = left;
        left -= told[used].iov_len;
    }
    int flags = fcntl(fd, F_GETFL);
    trace.flag = flags >= 0 && (flags & O_DSYNC) != 0;
    append(&trace, NULL, NULL, told, used);
}

/* ---- what changes a file ---- */

ssize_t write(int fd, const void *at, size_t size)
{
    REAL(write_call, "write")
    struct iovec part = {(void *)at, size};
    pthread_mutex_lock(&step);
    off_t offset = lseek(fd, 0, SEEK_CUR);
    ssize_t done = real(fd, at, size);
    if (offset >= 0)
        note_write(fd, &part, 1, offset, done);
    pthread_mutex_unlock(&step);
    return done;
}

ssize_t pwrite(int fd, const void *at, size_t size, off_t offset)
{
    REAL(pwrite_call, "pwrite")
    struct iovec part = {(void *)at, size};
    pthread_mutex_lock(&step);
    ssize_t done = real(fd, at, size, offset);
    note_write(fd, &part, 1, offset, done);
    pthread_mutex_unlock(&step);
    return done;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    REAL(writev_call, "writev")
    pthread_mutex_lock(&step);
    off_t offset = lseek(fd, 0, SEEK_CUR);
    ssize_t done = real(fd, parts, count);
    if (offset >= 0)
        note_write(fd, parts, count, offset, done);
    pthread_mutex_unlock(&step);
    return done;
}

int ftruncate(int fd, off_t size)
{
    REAL(truncate_call, "ftruncate")
    struct trace trace = {.kind = TRACE_TRUNCATE, .offset = (uint64_t)size};
    char path[SHIM_PATH_BYTES];
    pthread_mutex_lock(&step);
    int result = real(fd, size);
    if (result == 0 && file_of(fd, &trace.file, path))
        append(&trace, NULL, NULL, NULL, 0);
    pthread_mutex_unlock(&step);
    return result;
}

static int flush(int fd, sync_call real)
{
    struct trace trace = {.kind = TRACE_SYNC};
    char path[SHIM_PATH_BYTES];
    pthread_mutex_lock(&step);
    int result = real(fd);
    /* A folder is flushed by its name too: the root itself stands for its own entries. */
    if (result == 0 && shim_path_of(fd, path)) {
        struct stat about;
        const char *root = getenv("HOSO_POWER_ROOT");
        bool is_root = root && strcmp(path, root) == 0;
        if ((is_root || is_below_root(path)) && fstat(fd, &about) == 0) {
            trace.file = about.st_ino;
            append(&trace, S_ISDIR(about.st_mode) ? path : NULL, NULL, NULL, 0);
        }
    }
    pthread_mutex_unlock(&step);
    return result;
}

int fsync(int fd)
{
    REAL(sync_call, "fsync")
    return flush(fd, real);
}

int fdatasync(int fd)
{
    REAL(sync_call, "fdatasync")
    return flush(fd, real);
}

/* ---- what changes a folder ---- */

static void note_open(int fd, const char *path, int flags, bool was_there)
{
    struct trace trace = {.kind = TRACE_CREATE};
    char place[PATH_MAX], known[SHIM_PATH_BYTES];

    if (fd < 0 || !file_of(fd, &trace.file, known) || !place_of(path, place))
        return;
    if (!was_there)
        append(&trace, place, NULL, NULL, 0);
    if (was_there && (flags & O_TRUNC) != 0) {
        trace.kind = TRACE_TRUNCATE;
        append(&trace, NULL, NULL, NULL, 0);
    }
}

int open(const char *path, int flags, ...)
{
    REAL(open_call, "open")
    mode_t mode = 0;
    if ((flags & O_CREAT) != 0) {
        va_list more;
        va_start(more, flags);
        mode = va_arg(more, mode_t);
        va_end(more);
    }
    if ((flags & (O_CREAT | O_TRUNC)) == 0)
        return real(path, flags, mode);
    pthread_mutex_lock(&step);
    bool was_there = access(path, F_OK) == 0;
    int fd = real(path, flags, mode);
    note_open(fd, path, flags, was_there);
    pthread_mutex_unlock(&step);
    return fd;
}

static void note_place(enum trace_kind kind, const char *path)
{
    struct trace trace = {.kind = kind};
    char place[PATH_MAX];
    if (place_of(path, place))
        append(&trace, place, NULL, NULL, 0);
}

int rename(const char *from, const char *to)
{
    REAL(rename_call, "rename")
    struct trace trace = {.kind = TRACE_RENAME};
    char old[PATH_MAX], new[PATH_MAX];
    pthread_mutex_lock(&step);
    int result = real(from, to);
    if (result == 0 && place_of(from, old) && place_of(to, new))
        append(&trace, old, new, NULL, 0);
    pthread_mutex_unlock(&step);
    return result;
}

int unlink(const char *path)
{
    REAL(path_call, "unlink")
    pthread_mutex_lock(&step);
    int result = real(path);
    if (result == 0)
        note_place(TRACE_UNLINK, path);
    pthread_mutex_unlock(&step);
    return result;
}

int rmdir(const char *path)
{
    REAL(path_call, "rmdir")
    pthread_mutex_lock(&step);
    int result = real(path);
    if (result == 0)
        note_place(TRACE_UNLINK, path);
    pthread_mutex_unlock(&step);
    return result;
}

int unlinkat(int folder, const char *path, int flags)
{
    REAL(unlinkat_call, "unlinkat")
    char name[SHIM_PATH_BYTES], whole[PATH_MAX];
    pthread_mutex_lock(&step);
    int result = real(folder, path, flags);
    if (result == 0 && path[0] != '/' && shim_path_of(folder, name)) {
        int size = snprintf(whole, sizeof whole, "%s/%s", name, path);
        if (size > 0 && (size_t)size < sizeof whole)
            note_place(TRACE_UNLINK, whole);
    }
    pthread_mutex_unlock(&step);
    return result;
}

int mkdir(const char *path, mode_t mode)
{
    REAL(mkdir_call, "mkdir")
    pthread_mutex_lock(&step);
    int result = real(path, mode);
    if (result == 0)
        note_place(TRACE_MAKE_FOLDER, path);
    pthread_mutex_unlock(&step);
    return result;
}

/* ---- what leaves ---- */

ssize_t send(int fd, const void *at, size_t size, int flags)
{
    REAL(send_call, "send")
    struct trace trace = {.kind = TRACE_SENT};
    struct stat about;
    struct sockaddr_storage name;
    socklen_t room = sizeof name;
    pthread_mutex_lock(&step);
    ssize_t done = real(fd, at, size, flags);
    if (done > 0 && fstat(fd, &about) == 0 &&
        getsockname(fd, (struct sockaddr *)&name, &room) == 0) {
        struct iovec part = {(void *)at, (size_t)done};
        trace.file = about.st_ino;
        trace.flag = name.ss_family == AF_UNIX;
        append(&trace, NULL, NULL, &part, 1);
    }
    pthread_mutex_unlock(&step);
    return done;
}

/* The same calls under the names a library built for large files uses; on 64-bit machines off_t is
 * off64_t. */
ssize_t pwrite64(int fd, const void *at, size_t size, off64_t offset)
    __attribute__((alias("pwrite")));
int ftruncate64(int fd, off64_t size) __attribute__((alias("ftruncate")));
int open64(const char *path, int flags, ...) __attribute__((alias("open")));
