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
    return fsync(descriptor) == 0 ? STATUS_OK : status_of_error(errno);
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

enum status file_write(const char *path, struct bytes content)
{
    char other[PATH_MAX];

    int size = snprintf(other, sizeof other, "%s.%ld.tmp", path, (long)getpid());
    if (size < 0 || (size_t)size >= sizeof other)
        return STATUS_LIMIT;
    int descriptor = open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return status_of_error(errno);
    enum status status = write_all(descriptor, content);
    if (close(descriptor) != 0 && !status)
        status = STATUS_IO;
    if (!status && rename(other, path) != 0)
        status = status_of_error(errno);
    if (status)
        (void)unlink(other);
    return status ? status : sync_folder_of(path);
}
