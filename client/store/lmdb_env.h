/*
 * The environment of a store on a disk: opened, made, its tables, its values and errors. Inside
 * client/store; with lmdb.c it is what the headers of LMDB are known to.
 */
#ifndef HOSO_CLIENT_STORE_LMDB_ENV_H
#define HOSO_CLIENT_STORE_LMDB_ENV_H

#include "client/store/store.h"

#include <lmdb.h>

/* What LMDB or the system returned, as a status. */
enum status lmdb_status(int rc);
/* A view of |bytes| for LMDB, which does not write through it. */
MDB_val lmdb_val(struct bytes bytes);
/* What LMDB found; borrowed as it says. */
struct bytes lmdb_bytes(const MDB_val *val);

/* Opens the environment in file |path| with |flags| beside those every store has, and forgets
 * readers that died. Errors: CORRUPT, FULL (no room for the table of readers), READ_ONLY, IO,
 * NO_MEMORY. */
CHECK_RESULT enum status lmdb_env_open(const char *path, unsigned flags, MDB_env **env);
/* True of a key of the table the tail lies in that is the name of another table. */
bool lmdb_env_is_name(struct bytes key);
/* Gives a store of an older layout the tables it lacks, and the tail its place; what it holds stays
 * as it is. Errors: STORE_NEWER, CORRUPT, IO, FULL, NO_MEMORY. */
CHECK_RESULT enum status lmdb_env_renew(MDB_env *env);
/* Opens the tables without touching anything; a newer layout is refused before its tables are
 * looked at. |*layout| is the one found: a store of a layout without a tail is opened
 * without one. Errors: STORE_NEWER, CORRUPT, IO, NO_MEMORY. */
CHECK_RESULT enum status lmdb_env_tables(MDB_env *env, MDB_dbi tables[TABLE_COUNT],
                                         uint32_t *layout);
/* Makes records.mdb in |folder| under another name, syncs it, renames it: a power cut leaves none
 * or a whole one. Errors: IO, FULL, NO_MEMORY. */
CHECK_RESULT enum status lmdb_env_make(const char *folder);

#endif
