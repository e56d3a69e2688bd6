/*
 * Whole files: read into a buffer, or written so that they are there whole or not at all.
 */
#ifndef HOSO_CLIENT_TEXT_FILE_H
#define HOSO_CLIENT_TEXT_FILE_H

#include "protocol/base/bytes.h"

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

#endif
