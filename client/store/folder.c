#include "client/store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

enum { PROBE_BYTES = 64 * 1024 };

/* Less left than this is full: LMDB writes whole pages, and its tables of them. */
#define FULL_BYTES ((uint64_t)1 << 20)

enum status folder_fault(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return STATUS_FULL;
    case EROFS:
        return STATUS_READ_ONLY;
    default:
        return STATUS_IO;
    }
}

bool folder_join(char out[FOLDER_PATH_BYTES], const char *folder, const char *name)
{
    int size = snprintf(out, FOLDER_PATH_BYTES, "%s/%s", folder, name);
    return size > 0 && size < FOLDER_PATH_BYTES;
}

static enum status sync_path(const char *path, int flags)
{
    int descriptor = open(path, flags | O_CLOEXEC);
    if (descriptor < 0)
        return folder_fault(errno);
    enum status status = fsync(descriptor) == 0 ? STATUS_OK : folder_fault(errno);
    if (close(descriptor) != 0)
        status = STATUS_IO;
    return status;
}

enum status folder_sync_file(const char *path)
{
    return sync_path(path, O_RDWR);
}

enum status folder_sync(const char *folder)
{
    char parent[FOLDER_PATH_BYTES];
    if (!folder_join(parent, folder, ".."))
        return STATUS_IO;
    enum status status = sync_path(folder, O_RDONLY | O_DIRECTORY);
    return status == STATUS_OK ? sync_path(parent, O_RDONLY | O_DIRECTORY) : status;
}

/* Shared maps over a network lose the order of writes that LMDB stands on. */
enum status folder_refuse_network(const char *folder)
{
    static const uint32_t network[] = {
        0x6969,     /* NFS */
        0x517b,     /* SMB */
        0xff534d42, /* CIFS */
        0xfe534d42, /* SMB2 */
        0x5346414f, /* AFS */
        0x73757245, /* Coda */
        0x00c36400, /* Ceph */
    };
    struct statfs about;
    if (statfs(folder, &about) != 0)
        return STATUS_IO;
    for (size_t i = 0; i < sizeof network / sizeof network[0]; i++) {
        if ((uint32_t)about.f_type == network[i])
            return STATUS_REFUSED;
    }
    return STATUS_OK;
}

enum status folder_lock(const char *folder, int *descriptor, bool *read_only)
{
    char path[FOLDER_PATH_BYTES];
    *read_only = false;
    if (!folder_join(path, folder, "owner.lock"))
        return STATUS_IO;
    int opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (opened < 0 && errno == EROFS) {
        *read_only = true;
        opened = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (opened < 0)
        return *read_only ? STATUS_READ_ONLY : folder_fault(errno);
    if (flock(opened, LOCK_EX | LOCK_NB) != 0) {
        enum status status = errno == EWOULDBLOCK ? STATUS_BUSY : STATUS_IO;
        close(opened);
        return status;
    }
    *descriptor = opened;
    return STATUS_OK;
}

static enum status probe_write(int descriptor)
{
    static const uint8_t zeros[PROBE_BYTES];
    ssize_t done = write(descriptor, zeros, sizeof zeros);
    if (done < 0)
        return folder_fault(errno);
    if ((size_t)done < sizeof zeros) /* a disk that just became full takes a part */
        return STATUS_FULL;
    return fsync(descriptor) == 0 ? STATUS_IO : folder_fault(errno);
}

enum status folder_why(const char *folder)
{
    char path[FOLDER_PATH_BYTES];
    uint64_t left = 0;
    if (folder_free_bytes(folder, &left) == STATUS_OK && left < FULL_BYTES)
        return STATUS_FULL;
    if (!folder_join(path, folder, "probe"))
        return STATUS_IO;
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return folder_fault(errno);
    enum status status = probe_write(descriptor);
    (void)close(descriptor);
    (void)unlink(path);
    return status;
}

enum status folder_make(const char *folder, bool create)
{
    struct stat about;
    if (stat(folder, &about) == 0)
        return S_ISDIR(about.st_mode) ? STATUS_OK : STATUS_IO;
    if (errno != ENOENT)
        return STATUS_IO;
    if (!create)
        return STATUS_NOT_FOUND;
    return mkdir(folder, 0700) == 0 ? STATUS_OK : folder_fault(errno);
}

enum status folder_free_bytes(const char *folder, uint64_t *free_bytes)
{
    struct statvfs disk;
    if (statvfs(folder, &disk) != 0)
        return STATUS_IO;
    *free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    return STATUS_OK;
}
