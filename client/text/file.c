#include "client/text/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK_BYTES = 64 * 1024 };

static enum status status_of_error(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return STATUS_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
    case EISDIR:
        return STATUS_REFUSED;
    case ENOSPC:
    case EDQUOT:
        return STATUS_FULL;
    default:
        return STATUS_IO;
    }
}

enum status file_read(const char *path, struct buffer *out)
{
    uint8_t chunk[CHUNK_BYTES];
    enum status status = STATUS_OK;

    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return status_of_error(errno);
    for (;;) {
        ssize_t got = read(descriptor, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = status_of_error(errno);
        if (got <= 0)
            break;
        buffer_append(out, chunk, (size_t)got);
        status = buffer_status(out);
        if (status)
            break;
    }
    (void)close(descriptor);
    return status;
}

static enum status write_all(int descriptor, struct bytes content)
{
    while (content.size > 0) {
        ssize_t done = write(descriptor, content.at, content.size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return status_of_error(errno);
        content = bytes_of(content.at + done, content.size - (size_t)done);
    }
    return STATUS_OK;
}

/* The new name lasts only once its folder is flushed. */
static enum status sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');

    int size = slash == NULL   ? snprintf(folder, sizeof folder, ".")
               : slash == path ? snprintf(folder, sizeof folder, "/")
                               : snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    if (size < 0 || (size_t)size >= sizeof folder)
        return STATUS_LIMIT;
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return status_of_error(errno);
    /* EINVAL: a file system (of a stick, say) that keeps no names apart. */
    enum status status =
        fsync(descriptor) == 0 || errno == EINVAL ? STATUS_OK : status_of_error(errno);
    (void)close(descriptor);
    return status;
}

/* ---- by pieces ---- */

enum status file_begin(struct file_out *out, const char *path)
{
    int size = snprintf(out->path, sizeof out->path, "%s", path);
    int other = snprintf(out->other, sizeof out->other, "%s.%ld.tmp", path, (long)getpid());

    out->descriptor = -1;
    if (size < 0 || other < 0 || (size_t)other >= sizeof out->other)
        return STATUS_LIMIT;
    out->descriptor = open(out->other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return out->descriptor < 0 ? status_of_error(errno) : STATUS_OK;
}

enum status file_append(struct file_out *out, struct bytes content)
{
    enum status status = write_all(out->descriptor, content);

    if (status)
        file_abandon(out);
    return status;
}

enum status file_finish(struct file_out *out)
{
    enum status status = fsync(out->descriptor) == 0 ? STATUS_OK : status_of_error(errno);

    if (close(out->descriptor) != 0 && !status)
        status = STATUS_IO;
    out->descriptor = -1;
    if (!status && rename(out->other, out->path) != 0)
        status = status_of_error(errno);
    if (status) {
        (void)unlink(out->other);
        return status;
    }
    return sync_folder_of(out->path);
}

void file_abandon(struct file_out *out)
{
    if (out->descriptor < 0)
        return;
    (void)close(out->descriptor);
    (void)unlink(out->other);
    out->descriptor = -1;
}

enum status file_write(const char *path, struct bytes content)
{
    struct file_out out;
    enum status status = file_begin(&out, path);

    if (status == STATUS_OK)
        status = file_append(&out, content);
    return status == STATUS_OK ? file_finish(&out) : status;
}

enum status file_open(struct file_in *in, const char *path)
{
    in->descriptor = open(path, O_RDONLY | O_CLOEXEC);
    return in->descriptor < 0 ? status_of_error(errno) : STATUS_OK;
}

enum status file_more(struct file_in *in, size_t most, struct buffer *out, size_t *got)
{
    uint8_t chunk[CHUNK_BYTES];
    size_t left = most;

    *got = 0;
    while (left > 0) {
        ssize_t some = read(in->descriptor, chunk, left < sizeof chunk ? left : sizeof chunk);
        if (some < 0 && errno == EINTR)
            continue;
        if (some < 0)
            return status_of_error(errno);
        if (some == 0)
            break;
        buffer_append(out, chunk, (size_t)some);
        left -= (size_t)some;
        *got += (size_t)some;
    }
    return buffer_status(out);
}

void file_close(struct file_in *in)
{
    if (in->descriptor >= 0)
        (void)close(in->descriptor);
    in->descriptor = -1;
}
