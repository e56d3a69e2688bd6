/*
 * Room for a store: on its disk and in its map. Inside client/store.
 */
#ifndef HOSO_CLIENT_STORE_ROOM_H
#define HOSO_CLIENT_STORE_ROOM_H

#include "client/store/lmdb_env.h"

struct room {
    MDB_env *env;
    uint64_t file_bytes; /* the file is at least so long; 0: not looked at yet */
};

/* Contract of store_room(). */
CHECK_RESULT enum status room_left(const struct room *room, uint64_t *free_bytes, bool *reserve);
/* Asked before each commit of |changes| that put |bytes|. FULL: there is no room, and nothing was
 * touched. For a small one the file is made longer ahead of what it holds, now and then. Errors of
 * that: FULL, READ_ONLY, IO; the file holds what it held. */
CHECK_RESULT enum status room_take(struct room *room, uint64_t changes, uint64_t bytes);

#endif
