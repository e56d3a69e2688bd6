/*
 * Whole files: read into a buffer, or written so that they are there whole or not at all; and long
 * ones by pieces.
 */
#ifndef HOSO_CLIENT_TEXT_FILE_H
#define HOSO_CLIENT_TEXT_FILE_H

#include "protocol/base/bytes.h"

#include <limits.h>

/*
 * Appends the file at |path|. Errors: NOT_FOUND (no such file), REFUSED (no right to read it, or a
 * folder), LIMIT (of |out|), IO, NO_MEMORY.
 */
CHECK_RESULT enum status file_read(const char *path, struct buffer *out);
/*
 * Writes |content| under another name beside |path|, syncs it, renames it over |path| and syncs the
 * folder: once it returns OK a power cut does not undo it. Mode 0600. Errors: NOT_FOUND (no such
 * folder), REFUSED (no right to write there), FULL, IO, LIMIT (the name is too long).
 */
CHECK_RESULT enum status file_write(const char *path, struct bytes content);

/* ---- by pieces ---- */

/* A file being written under another name. Ended by file_finish() or file_abandon(). */
struct file_out {
    int descriptor;
    char path[PATH_MAX];
    char other[PATH_MAX];
};
/* Errors of all three: as file_write(). After a failed append or finish nothing is there, and what
 * stood at |path| before still does. */
CHECK_RESULT enum status file_begin(struct file_out *out, const char *path);
CHECK_RESULT enum status file_append(struct file_out *out, struct bytes content);
/* Syncs the file, renames it and syncs its folder: it may be pulled out then. */
CHECK_RESULT enum status file_finish(struct file_out *out);
/* Removes what was written; after file_finish() too it is harmless. */
void file_abandon(struct file_out *out);

/* A file being read from its start. */
struct file_in {
    int descriptor;
};
/* Errors: as file_read(). Closed by file_close(), opened or not. */
CHECK_RESULT enum status file_open(struct file_in *in, const char *path);
/* Appends at most |most| further bytes; |*got| 0: the end. Errors: as file_read(). */
CHECK_RESULT enum status file_more(struct file_in *in, size_t most, struct buffer *out,
                                   size_t *got);
void file_close(struct file_in *in);

#endif
