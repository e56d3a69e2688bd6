#include "client/store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

bool folder_join(char out[FOLDER_PATH_BYTES], const char *folder, const char *name)
{
    int size = snprintf(out, FOLDER_PATH_BYTES, "%s/%s", folder, name);
    return size > 0 && size < FOLDER_PATH_BYTES;
}

static enum status sync_path(const char *path, int flags)
{
    int descriptor = open(path, flags | O_CLOEXEC);
    if (descriptor < 0)
        return STATUS_IO;
    enum status status = fsync(descriptor) == 0 ? STATUS_OK : STATUS_IO;
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

enum status folder_lock(const char *folder, int *descriptor)
{
    char path[FOLDER_PATH_BYTES];
    if (!folder_join(path, folder, "owner.lock"))
        return STATUS_IO;
    int opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (opened < 0)
        return STATUS_IO;
    if (flock(opened, LOCK_EX | LOCK_NB) != 0) {
        enum status status = errno == EWOULDBLOCK ? STATUS_BUSY : STATUS_IO;
        close(opened);
        return status;
    }
    *descriptor = opened;
    return STATUS_OK;
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
    return mkdir(folder, 0700) == 0 ? STATUS_OK : STATUS_IO;
}

enum status folder_free_bytes(const char *folder, uint64_t *free_bytes)
{
    struct statvfs disk;
    if (statvfs(folder, &disk) != 0)
        return STATUS_IO;
    *free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    return STATUS_OK;
}
