#include "client/home/place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/vfs.h>

enum { MARK_EPOCH = 8, MARK_ARRIVAL = 24, MARK_HASH = 32, MARK_BYTES = 48 };

static const char magic[] = "hosomark";

/* File systems whose files keep their number from one mount to the next. */
static bool keeps_numbers(const char *path)
{
    static const uint32_t known[] = {
        0xef53,     /* ext2, ext3, ext4 */
        0x58465342, /* XFS */
        0x9123683e, /* Btrfs */
        0xf2f52010, /* F2FS */
        0x2fc12fc1, /* ZFS */
        0x01021994, /* tmpfs */
    };
    struct statfs about;

    if (statfs(path, &about) != 0)
        return false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if ((uint32_t)about.f_type == known[i])
            return true;
    }
    return false;
}

size_t place_of(const char *path, uint8_t out[PLACE_BYTES_MAX])
{
    struct statx about;

    if (!keeps_numbers(path) ||
        statx(AT_FDCWD, path, AT_STATX_SYNC_AS_STAT, STATX_INO | STATX_BTIME, &about) != 0 ||
        (about.stx_mask & STATX_BTIME) == 0)
        return 0;
    be64_store(out, about.stx_ino);
    be64_store(out + 8, (uint64_t)about.stx_btime.tv_sec);
    be32_store(out + 16, about.stx_btime.tv_nsec);
    return 20;
}

int place_mark_open(const char *path)
{
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

void place_mark_read(int descriptor, struct origin_hints *hints)
{
    uint8_t mark[MARK_BYTES];

    hints->has_mark = false;
    if (descriptor < 0 || pread(descriptor, mark, sizeof mark, 0) != (ssize_t)sizeof mark ||
        memcmp(mark, magic, MARK_EPOCH) != 0)
        return;
    hints->has_mark = true;
    memcpy(hints->mark_epoch.bytes, mark + MARK_EPOCH, sizeof hints->mark_epoch.bytes);
    hints->mark_arrival = be64_load(mark + MARK_ARRIVAL);
    memcpy(hints->mark_running_hash.bytes, mark + MARK_HASH, sizeof hints->mark_running_hash.bytes);
}

void place_mark_write(int descriptor, const struct name *epoch, uint64_t arrival,
                      const struct name *running_hash)
{
    uint8_t mark[MARK_BYTES];

    if (descriptor < 0)
        return;
    memcpy(mark, magic, MARK_EPOCH);
    memcpy(mark + MARK_EPOCH, epoch->bytes, sizeof epoch->bytes);
    be64_store(mark + MARK_ARRIVAL, arrival);
    memcpy(mark + MARK_HASH, running_hash->bytes, sizeof running_hash->bytes);
    /* Not synced on purpose: a commit has no other flush, and an older mark only says less. */
    if (pwrite(descriptor, mark, sizeof mark, 0) < 0)
        return;
}
