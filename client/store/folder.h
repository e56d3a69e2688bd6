/*
 * The folder a store lies in: made, locked, synced, and asked for its disk's room.
 */
#ifndef HOSO_CLIENT_STORE_FOLDER_H
#define HOSO_CLIENT_STORE_FOLDER_H

#include "protocol/base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { FOLDER_PATH_BYTES = 4096 };

/* |folder|/|name|; false if it does not fit. */
bool folder_join(char out[FOLDER_PATH_BYTES], const char *folder, const char *name);
/* What |error|, an errno of a call on a disk, means: FULL, READ_ONLY or IO. */
enum status folder_fault(int error);
/* Why a write on |folder|'s disk has just failed: FULL, READ_ONLY or IO. LMDB tells a short write
 * as EIO, so the disk itself is asked: for its room, then with a file written, flushed, removed. */
enum status folder_why(const char *folder);
/* Makes |folder| (0700) if it is not there and |create|. Errors: NOT_FOUND, FULL, READ_ONLY, IO. */
CHECK_RESULT enum status folder_make(const char *folder, bool create);
/* REFUSED on a network file system: shared maps over one lose the order of writes LMDB stands on.
 * Errors: IO. */
CHECK_RESULT enum status folder_refuse_network(const char *folder);
/* Takes the folder for this process, until |*descriptor| is closed; |*read_only|: on a disk that
 * takes no writes. Errors: BUSY, FULL, READ_ONLY (and it was never taken before), IO. */
CHECK_RESULT enum status folder_lock(const char *folder, int *descriptor, bool *read_only);
/* Makes a file's bytes, or the folder's entries and its own name, durable. Errors: FULL, READ_ONLY,
 * IO. */
CHECK_RESULT enum status folder_sync_file(const char *path);
CHECK_RESULT enum status folder_sync(const char *folder);
/* Room on the folder's disk for an unprivileged process. Errors: IO. */
CHECK_RESULT enum status folder_free_bytes(const char *folder, uint64_t *free_bytes);

#endif
