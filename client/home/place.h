/*
 * What a machine can know of a home beside its store: which file the store is, and what was
 * committed last. Both are hints: they may lag, they are not synced, and where a file system gives
 * files no lasting identity there are none. Source: SPEC.md "Receipts".
 *
 *   HOME/mark   "hosomark", epoch 16, arrival u64, running hash 16
 */
#ifndef HOSO_CLIENT_HOME_PLACE_H
#define HOSO_CLIENT_HOME_PLACE_H

#include "client/replica/origin.h"

enum { PLACE_BYTES_MAX = 32 };

/* Tells the file at |path| from any copy of it: its number and when it was born. Returns the size,
 * 0 if this file system cannot tell. */
size_t place_of(const char *path, uint8_t out[PLACE_BYTES_MAX]);

/* Opens HOME/mark at |path|, making it; -1: there will be none. */
int place_mark_open(const char *path);
/* Reads it into |hints|, whose mark stays absent if there is none or it is torn. */
void place_mark_read(int descriptor, struct origin_hints *hints);
/* Writes it; what fails here costs a hint. */
void place_mark_write(int descriptor, const struct name *epoch, uint64_t arrival,
                      const struct name *running_hash);

#endif
