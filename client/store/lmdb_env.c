#include "client/store/lmdb_env.h"

#include "client/store/driver.h"
#include "client/store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { READERS = 512, LOCK_BYTES = (READERS + 2) * 64 /* a cache line each */ };

#define MAP_BYTES ((size_t)64 << 30)

static const char *const table_names[TABLE_COUNT] = {
    [TABLE_META] = "meta",           [TABLE_LOG] = "log",         [TABLE_LOG_NAME] = "log_name",
    [TABLE_RECORD] = "record",       [TABLE_ARRIVAL] = "arrival", [TABLE_SCOPE] = "scope",
    [TABLE_CASE_NAME] = "case_name", [TABLE_CASE] = "case",       [TABLE_PEER] = "peer",
    [TABLE_RECEIPT] = "receipt",     [TABLE_NUMBER] = "number",   [TABLE_DIRTY] = "dirty",
    [TABLE_SUMMARY] = "summary",     [TABLE_INDEX] = "index",     [TABLE_TAIL] = "tail",
};

/*
 * The tail has no table of its own but lies in the environment's main one, beside the names of all
 * others: LMDB writes the page of their roots with every commit, and so a row of the tail costs no
 * page but its own. Its numbers begin with a zero byte, names with a letter. In layout 2 it was a
 * table.
 */
bool lmdb_env_is_name(struct bytes key)
{
    return key.size > 0 && key.at[0] != 0;
}

static int table_open(MDB_txn *txn, size_t table, uint32_t layout, unsigned flags, MDB_dbi *dbi)
{
    bool main = table == TABLE_TAIL && layout >= STORE_LAYOUT_MAIN;
    return mdb_dbi_open(txn, main ? NULL : table_names[table], main ? 0 : flags, dbi);
}

enum status lmdb_status(int rc)
{
    switch (rc) {
    case MDB_SUCCESS:
        return STATUS_OK;
    case MDB_NOTFOUND:
        return STATUS_NOT_FOUND;
    case MDB_MAP_FULL:
        return STATUS_FULL;
    case ENOMEM:
    case MDB_READERS_FULL:
        return STATUS_NO_MEMORY;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
        return STATUS_CORRUPT;
    case MDB_BAD_VALSIZE:
        return STATUS_LIMIT;
    default: /* an errno */
        return folder_fault(rc);
    }
}

MDB_val lmdb_val(struct bytes bytes)
{
    /* LMDB takes keys and values through pointers it does not write to. */
    union {
        const uint8_t *in;
        void *out;
    } at = {.in = bytes.at};
    return (MDB_val){.mv_size = bytes.size, .mv_data = at.out};
}

struct bytes lmdb_bytes(const MDB_val *val)
{
    return bytes_of(val->mv_data, val->mv_size);
}

/* LMDB maps its table of readers over holes: on a full disk the first touch of one would end the
 * process with SIGBUS. So it gets its room before, where the file system can be asked for it. */
static enum status lock_reserve(const char *path)
{
    char name[FOLDER_PATH_BYTES];
    int size = snprintf(name, sizeof name, "%s-lock", path);
    if (size < 0 || (size_t)size >= sizeof name)
        return STATUS_IO;
    int descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return folder_fault(errno);
    int error = fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, LOCK_BYTES) == 0 ? 0 : errno;
    (void)close(descriptor);
    return error == ENOSPC || error == EDQUOT ? STATUS_FULL : STATUS_OK;
}

enum status lmdb_env_open(const char *path, unsigned flags, MDB_env **env)
{
    MDB_env *opened = NULL;
    enum status status = (flags & MDB_RDONLY) != 0 ? STATUS_OK : lock_reserve(path);
    if (status != STATUS_OK)
        return status;
    int rc = mdb_env_create(&opened);
    if (rc != MDB_SUCCESS)
        return lmdb_status(rc);
    rc = mdb_env_set_maxdbs(opened, TABLE_COUNT);
    if (rc == MDB_SUCCESS)
        rc = mdb_env_set_mapsize(opened, MAP_BYTES);
    if (rc == MDB_SUCCESS)
        rc = mdb_env_set_maxreaders(opened, READERS);
    if (rc == MDB_SUCCESS)
        rc = mdb_env_open(opened, path, flags | MDB_NOSUBDIR | MDB_NOTLS, 0600);
    int dead = 0;
    if (rc == MDB_SUCCESS)
        rc = mdb_reader_check(opened, &dead);
    if (rc != MDB_SUCCESS) {
        mdb_env_close(opened);
        return lmdb_status(rc);
    }
    *env = opened;
    return STATUS_OK;
}

/* Moves the rows of layout 2's table of the tail. */
static int tail_move(MDB_txn *txn, MDB_dbi tail)
{
    MDB_dbi table = 0;
    MDB_cursor *cursor = NULL;
    MDB_val key, row;
    int rc = mdb_dbi_open(txn, table_names[TABLE_TAIL], 0, &table);
    if (rc != MDB_SUCCESS)
        return rc == MDB_NOTFOUND ? MDB_SUCCESS : rc;
    rc = mdb_cursor_open(txn, table, &cursor);
    while (rc == MDB_SUCCESS) {
        rc = mdb_cursor_get(cursor, &key, &row, MDB_NEXT);
        if (rc == MDB_SUCCESS)
            rc = mdb_put(txn, tail, &key, &row, 0);
    }
    if (cursor)
        mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? mdb_drop(txn, table, 1) : rc;
}

/* Makes every table that is not there, and the row of the layout number. */
static enum status tables_make(MDB_env *env, MDB_dbi tables[TABLE_COUNT])
{
    MDB_txn *txn = NULL;
    int rc = mdb_txn_begin(env, NULL, 0, &txn);
    if (rc != MDB_SUCCESS)
        return lmdb_status(rc);
    for (size_t i = 0; rc == MDB_SUCCESS && i < TABLE_COUNT; i++)
        rc = table_open(txn, i, STORE_VERSION, MDB_CREATE, &tables[i]);
    if (rc == MDB_SUCCESS)
        rc = tail_move(txn, tables[TABLE_TAIL]);
    uint8_t number[4];
    be32_store(number, STORE_VERSION);
    MDB_val key = lmdb_val(bytes_of(STORE_VERSION_KEY, 1));
    MDB_val value = lmdb_val(bytes_of(number, sizeof number));
    if (rc == MDB_SUCCESS)
        rc = mdb_put(txn, tables[TABLE_META], &key, &value, 0);
    if (rc != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        return lmdb_status(rc);
    }
    return lmdb_status(mdb_txn_commit(txn));
}

/* The store's layout number; a newer one is refused before its tables are looked at. */
static enum status layout_read(MDB_txn *txn, MDB_dbi *meta, uint32_t *layout)
{
    MDB_val key = lmdb_val(bytes_of(STORE_VERSION_KEY, 1)), value = {0};
    int rc = mdb_dbi_open(txn, table_names[TABLE_META], 0, meta);
    if (rc == MDB_SUCCESS)
        rc = mdb_get(txn, *meta, &key, &value);
    if (rc != MDB_SUCCESS)
        return rc == MDB_NOTFOUND ? STATUS_CORRUPT : lmdb_status(rc);
    if (value.mv_size != 4)
        return STATUS_CORRUPT;
    *layout = be32_load(value.mv_data);
    if (*layout == 0)
        return STATUS_CORRUPT;
    return *layout > STORE_VERSION ? STATUS_STORE_NEWER : STATUS_OK;
}

enum status lmdb_env_renew(MDB_env *env)
{
    MDB_txn *txn = NULL;
    MDB_dbi tables[TABLE_COUNT];
    uint32_t layout = STORE_VERSION;
    int rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
    if (rc != MDB_SUCCESS)
        return lmdb_status(rc);
    enum status status = layout_read(txn, &tables[TABLE_META], &layout);
    mdb_txn_abort(txn);
    return status == STATUS_OK && layout < STORE_VERSION ? tables_make(env, tables) : status;
}

enum status lmdb_env_tables(MDB_env *env, MDB_dbi tables[TABLE_COUNT], uint32_t *layout)
{
    MDB_txn *txn = NULL;
    *layout = STORE_VERSION;
    int rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
    if (rc != MDB_SUCCESS)
        return lmdb_status(rc);
    enum status status = layout_read(txn, &tables[TABLE_META], layout);
    for (size_t i = 0; status == STATUS_OK && i < TABLE_COUNT; i++) {
        if (i == TABLE_META || (i == TABLE_TAIL && *layout < STORE_LAYOUT_TAIL))
            continue;
        rc = table_open(txn, i, *layout, 0, &tables[i]);
        if (rc != MDB_SUCCESS)
            status = rc == MDB_NOTFOUND ? STATUS_CORRUPT : lmdb_status(rc);
    }
    /* Handles opened in a read transaction stay only if it is committed. */
    rc = mdb_txn_commit(txn);
    return status == STATUS_OK ? lmdb_status(rc) : status;
}

enum status lmdb_env_make(const char *folder)
{
    char made[FOLDER_PATH_BYTES], made_lock[FOLDER_PATH_BYTES], final[FOLDER_PATH_BYTES];
    if (!folder_join(made, folder, "records.mdb.new") ||
        !folder_join(made_lock, folder, "records.mdb.new-lock") ||
        !folder_join(final, folder, "records.mdb"))
        return STATUS_IO;
    (void)unlink(made);
    (void)unlink(made_lock);
    MDB_env *env = NULL;
    MDB_dbi tables[TABLE_COUNT];
    enum status status = lmdb_env_open(made, 0, &env);
    if (status != STATUS_OK)
        return status;
    status = tables_make(env, tables);
    mdb_env_close(env);
    (void)unlink(made_lock);
    if (status == STATUS_OK)
        status = folder_sync_file(made);
    if (status == STATUS_OK && rename(made, final) != 0)
        status = folder_fault(errno);
    if (status == STATUS_OK)
        status = folder_sync(folder);
    return status;
}
