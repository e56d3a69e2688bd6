/*
 * The store on a disk: LMDB with full synchronisation, one environment owned by one process.
 *
 *   folder/records.mdb        the environment
 *   folder/records.mdb-lock   LMDB's table of readers
 *   folder/owner.lock         held by flock for as long as the store is open
 *   folder/records.mdb.new    a store being made; renamed when it is whole and synced
 *
 * After a failed commit nothing more is written until the store is opened again: what the kernel
 * dropped after a failed flush cannot be known.
 */
#include "client/store/driver.h"
#include "client/store/folder.h"

#include <assert.h>
#include <errno.h>
#include <lmdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

enum { READERS = 512 };

#define MAP_BYTES ((size_t)64 << 30)
#define RESERVE_LEAST ((uint64_t)64 << 20)
#define RESERVE_MOST ((uint64_t)1 << 30)
/* A disk with less than this left is called full when a commit fails. */
#define FULL_BYTES ((uint64_t)1 << 20)

static const char *const table_names[TABLE_COUNT] = {
    [TABLE_META] = "meta",           [TABLE_LOG] = "log",         [TABLE_LOG_NAME] = "log_name",
    [TABLE_RECORD] = "record",       [TABLE_ARRIVAL] = "arrival", [TABLE_SCOPE] = "scope",
    [TABLE_CASE_NAME] = "case_name", [TABLE_CASE] = "case",       [TABLE_PEER] = "peer",
    [TABLE_RECEIPT] = "receipt",     [TABLE_NUMBER] = "number",   [TABLE_DIRTY] = "dirty",
    [TABLE_SUMMARY] = "summary",     [TABLE_INDEX] = "index",
};

struct lmdb_read {
    struct store_read base;
    struct lmdb_store *store;
    MDB_txn *txn;
    bool writer; /* a write's view */
};

struct lmdb_write {
    struct store_write base;
    struct lmdb_store *store;
    MDB_txn *txn;
    struct lmdb_read view;
    MDB_cursor *cursors[TABLE_COUNT]; /* for puts: the next is mostly near the last */
    bool ascending[TABLE_COUNT];      /* every put so far went behind the last key */
    uint64_t changes;
};

struct lmdb_store {
    struct store base;
    MDB_env *env;
    MDB_dbi tables[TABLE_COUNT];
    int lock_descriptor;
    atomic_bool failed;
    bool writing;
    struct lmdb_write write;
    char folder[FOLDER_PATH_BYTES];
};

struct lmdb_cursor {
    struct store_cursor base;
    struct lmdb_read *read;
    enum store_table table;
    MDB_cursor *cursor;
    /* over a write's view: where it stands, to be found again after a write */
    uint64_t changes;
    size_t key_size;
    uint8_t key[STORE_KEY_BYTES];
};

static struct lmdb_store *lmdb_of(struct store *store)
{
    return (struct lmdb_store *)store;
}

static enum status status_of(int rc)
{
    switch (rc) {
    case MDB_SUCCESS:
        return STATUS_OK;
    case MDB_NOTFOUND:
        return STATUS_NOT_FOUND;
    case MDB_MAP_FULL:
    case ENOSPC:
    case EDQUOT:
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
    default:
        return STATUS_IO;
    }
}

static MDB_val val_of(struct bytes bytes)
{
    /* LMDB takes keys and values through pointers it does not write to. */
    union {
        const uint8_t *in;
        void *out;
    } at = {.in = bytes.at};
    return (MDB_val){.mv_size = bytes.size, .mv_data = at.out};
}

static struct bytes bytes_of_val(const MDB_val *val)
{
    return bytes_of(val->mv_data, val->mv_size);
}

/* ---- the environment ---- */

static enum status env_open(const char *path, MDB_env **env)
{
    MDB_env *opened = NULL;
    int rc = mdb_env_create(&opened);
    if (rc != MDB_SUCCESS)
        return status_of(rc);
    rc = mdb_env_set_maxdbs(opened, TABLE_COUNT);
    if (rc == MDB_SUCCESS)
        rc = mdb_env_set_mapsize(opened, MAP_BYTES);
    if (rc == MDB_SUCCESS)
        rc = mdb_env_set_maxreaders(opened, READERS);
    if (rc == MDB_SUCCESS)
        rc = mdb_env_open(opened, path, MDB_NOSUBDIR | MDB_NOTLS, 0600);
    int dead = 0;
    if (rc == MDB_SUCCESS)
        rc = mdb_reader_check(opened, &dead);
    if (rc != MDB_SUCCESS) {
        mdb_env_close(opened);
        return status_of(rc);
    }
    *env = opened;
    return STATUS_OK;
}

/* Makes every table that is not there, and the row of the layout number. */
static enum status tables_make(MDB_env *env, MDB_dbi tables[TABLE_COUNT])
{
    MDB_txn *txn = NULL;
    int rc = mdb_txn_begin(env, NULL, 0, &txn);
    if (rc != MDB_SUCCESS)
        return status_of(rc);
    for (size_t i = 0; rc == MDB_SUCCESS && i < TABLE_COUNT; i++)
        rc = mdb_dbi_open(txn, table_names[i], MDB_CREATE, &tables[i]);
    uint8_t number[4];
    be32_store(number, STORE_VERSION);
    MDB_val key = val_of(bytes_of(STORE_VERSION_KEY, 1));
    MDB_val value = val_of(bytes_of(number, sizeof number));
    if (rc == MDB_SUCCESS)
        rc = mdb_put(txn, tables[TABLE_META], &key, &value, 0);
    if (rc != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        return status_of(rc);
    }
    return status_of(mdb_txn_commit(txn));
}

/* Opens the tables without touching anything; a newer layout is refused before its tables are
 * looked at. */
static enum status tables_open(MDB_env *env, MDB_dbi tables[TABLE_COUNT])
{
    MDB_txn *txn = NULL;
    int rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
    if (rc != MDB_SUCCESS)
        return status_of(rc);
    enum status status = STATUS_CORRUPT;
    rc = mdb_dbi_open(txn, table_names[TABLE_META], 0, &tables[TABLE_META]);
    MDB_val key = val_of(bytes_of(STORE_VERSION_KEY, 1)), value = {0};
    if (rc == MDB_SUCCESS)
        rc = mdb_get(txn, tables[TABLE_META], &key, &value);
    if (rc == MDB_SUCCESS && value.mv_size == 4) {
        uint32_t version = be32_load(value.mv_data);
        status = version > STORE_VERSION ? STATUS_STORE_NEWER
                 : version == 0          ? STATUS_CORRUPT
                                         : STATUS_OK;
    } else if (rc != MDB_SUCCESS && rc != MDB_NOTFOUND) {
        status = status_of(rc);
    }
    for (size_t i = 0; status == STATUS_OK && i < TABLE_COUNT; i++) {
        if (i == TABLE_META)
            continue;
        rc = mdb_dbi_open(txn, table_names[i], 0, &tables[i]);
        if (rc != MDB_SUCCESS)
            status = rc == MDB_NOTFOUND ? STATUS_CORRUPT : status_of(rc);
    }
    /* Handles opened in a read transaction stay only if it is committed. */
    rc = mdb_txn_commit(txn);
    return status == STATUS_OK ? status_of(rc) : status;
}

/* Makes records.mdb under another name, syncs it, renames it: a power cut leaves none or a whole
 * one. */
static enum status store_make(const char *folder)
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
    enum status status = env_open(made, &env);
    if (status != STATUS_OK)
        return status;
    status = tables_make(env, tables);
    mdb_env_close(env);
    (void)unlink(made_lock);
    if (status == STATUS_OK)
        status = folder_sync_file(made);
    if (status == STATUS_OK && rename(made, final) != 0)
        status = STATUS_IO;
    if (status == STATUS_OK)
        status = folder_sync(folder);
    return status;
}

static void lmdb_close(struct store *store)
{
    struct lmdb_store *lmdb = lmdb_of(store);
    assert(!lmdb->writing);
    if (lmdb->env)
        mdb_env_close(lmdb->env);
    if (lmdb->lock_descriptor >= 0)
        close(lmdb->lock_descriptor);
    free(lmdb);
}

/* ---- room ---- */

static enum status lmdb_room(struct store *store, uint64_t *free_bytes, bool *reserve)
{
    struct lmdb_store *lmdb = lmdb_of(store);
    uint64_t left = 0;
    enum status status = folder_free_bytes(lmdb->folder, &left);
    if (status != STATUS_OK)
        return status;
    MDB_envinfo info;
    MDB_stat stat;
    if (mdb_env_info(lmdb->env, &info) != MDB_SUCCESS ||
        mdb_env_stat(lmdb->env, &stat) != MDB_SUCCESS)
        return STATUS_IO;
    uint64_t used = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
    uint64_t in_map = info.me_mapsize > used ? info.me_mapsize - used : 0;
    if (left > in_map)
        left = in_map;
    uint64_t kept = (used + left) / 20;
    kept = kept < RESERVE_LEAST ? RESERVE_LEAST : kept > RESERVE_MOST ? RESERVE_MOST : kept;
    *reserve = left <= kept;
    *free_bytes = *reserve ? 0 : left - kept;
    return STATUS_OK;
}

/* ---- writing ---- */

static enum status lmdb_write_begin(struct store *store, struct store_write **write)
{
    struct lmdb_store *lmdb = lmdb_of(store);
    assert(!lmdb->writing);
    if (atomic_load(&lmdb->failed))
        return STATUS_IO;
    MDB_txn *txn = NULL;
    int rc = mdb_txn_begin(lmdb->env, NULL, 0, &txn);
    if (rc != MDB_SUCCESS)
        return status_of(rc);
    lmdb->writing = true;
    lmdb->write = (struct lmdb_write){
        .base = {store->driver},
        .store = lmdb,
        .txn = txn,
        .view = {.base = {store->driver}, .store = lmdb, .txn = txn, .writer = true}};
    memset(lmdb->write.ascending, true, sizeof lmdb->write.ascending);
    *write = &lmdb->write.base;
    return STATUS_OK;
}

static enum status lmdb_put(struct store_write *base, enum store_table table, struct bytes key,
                            struct bytes value)
{
    struct lmdb_write *write = (struct lmdb_write *)base;
    int rc = MDB_SUCCESS;
    write->changes++;
    if (!write->cursors[table]) {
        rc = mdb_cursor_open(write->txn, write->store->tables[table], &write->cursors[table]);
        if (rc != MDB_SUCCESS)
            return status_of(rc);
    }
    MDB_val mdb_key = val_of(key), mdb_value = val_of(value);
    if (write->ascending[table]) { /* leaves pages full instead of half full */
        rc = mdb_cursor_put(write->cursors[table], &mdb_key, &mdb_value, MDB_APPEND);
        if (rc != MDB_KEYEXIST)
            return status_of(rc);
        write->ascending[table] = false;
    }
    return status_of(mdb_cursor_put(write->cursors[table], &mdb_key, &mdb_value, 0));
}

static enum status lmdb_remove(struct store_write *base, enum store_table table, struct bytes key)
{
    struct lmdb_write *write = (struct lmdb_write *)base;
    write->changes++;
    MDB_val mdb_key = val_of(key);
    return status_of(mdb_del(write->txn, write->store->tables[table], &mdb_key, NULL));
}

/* Cursors of a write transaction are closed before it ends. */
static MDB_txn *write_end(struct lmdb_write *write)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        if (write->cursors[i])
            mdb_cursor_close(write->cursors[i]);
        write->cursors[i] = NULL;
    }
    MDB_txn *txn = write->txn;
    write->txn = NULL;
    write->store->writing = false;
    return txn;
}

static enum status lmdb_commit(struct store_write *base)
{
    struct lmdb_store *lmdb = ((struct lmdb_write *)base)->store;
    int rc = mdb_txn_commit(write_end(&lmdb->write));
    if (rc == MDB_SUCCESS)
        return STATUS_OK;
    atomic_store(&lmdb->failed, true);
    /* A full disk shows as a short write, which LMDB reports as EIO. */
    uint64_t left = 0;
    if (status_of(rc) == STATUS_FULL ||
        (folder_free_bytes(lmdb->folder, &left) == STATUS_OK && left < FULL_BYTES))
        return STATUS_FULL;
    return STATUS_IO;
}

static void lmdb_abort(struct store_write *base)
{
    mdb_txn_abort(write_end((struct lmdb_write *)base));
}

static struct store_read *lmdb_view(struct store_write *base)
{
    return &((struct lmdb_write *)base)->view.base;
}

/* ---- reading ---- */

static enum status lmdb_read_begin(struct store *store, struct store_read **read)
{
    struct lmdb_store *lmdb = lmdb_of(store);
    struct lmdb_read *snapshot = calloc(1, sizeof *snapshot);
    if (!snapshot)
        return STATUS_NO_MEMORY;
    int rc = mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, &snapshot->txn);
    if (rc != MDB_SUCCESS) {
        free(snapshot);
        return status_of(rc);
    }
    snapshot->base.driver = store->driver;
    snapshot->store = lmdb;
    *read = &snapshot->base;
    return STATUS_OK;
}

static void lmdb_read_end(struct store_read *base)
{
    struct lmdb_read *read = (struct lmdb_read *)base;
    assert(!read->writer); /* a write's view ends with the write */
    mdb_txn_abort(read->txn);
    free(read);
}

static enum status lmdb_get(struct store_read *base, enum store_table table, struct bytes key,
                            struct bytes *value)
{
    const struct lmdb_read *read = (const struct lmdb_read *)base;
    MDB_val mdb_key = val_of(key), mdb_value;
    int rc = mdb_get(read->txn, read->store->tables[table], &mdb_key, &mdb_value);
    if (rc != MDB_SUCCESS)
        return status_of(rc);
    *value = bytes_of_val(&mdb_value);
    return STATUS_OK;
}

static enum status lmdb_cursor_open(struct store_read *base, enum store_table table,
                                    struct store_cursor **cursor)
{
    struct lmdb_read *read = (struct lmdb_read *)base;
    struct lmdb_cursor *opened = malloc(sizeof *opened);
    if (!opened)
        return STATUS_NO_MEMORY;
    int rc = mdb_cursor_open(read->txn, read->store->tables[table], &opened->cursor);
    if (rc != MDB_SUCCESS) {
        free(opened);
        return status_of(rc);
    }
    opened->base.driver = base->driver;
    opened->read = read;
    opened->table = table;
    opened->changes = 0;
    opened->key_size = 0;
    *cursor = &opened->base;
    return STATUS_OK;
}

static void lmdb_cursor_close(struct store_cursor *base)
{
    struct lmdb_cursor *cursor = (struct lmdb_cursor *)base;
    mdb_cursor_close(cursor->cursor);
    free(cursor);
}

static enum status cursor_stand(struct lmdb_cursor *cursor, int rc, const MDB_val *key,
                                const MDB_val *value, struct bytes *found,
                                struct bytes *found_value)
{
    if (rc != MDB_SUCCESS)
        return status_of(rc);
    *found = bytes_of_val(key);
    *found_value = bytes_of_val(value);
    if (cursor->read->writer) {
        cursor->changes = cursor->read->store->write.changes;
        cursor->key_size = key->mv_size;
        memcpy(cursor->key, key->mv_data, key->mv_size);
    }
    return STATUS_OK;
}

static enum status lmdb_seek(struct store_cursor *base, struct bytes key, struct bytes *found,
                             struct bytes *value)
{
    struct lmdb_cursor *cursor = (struct lmdb_cursor *)base;
    MDB_val mdb_key = val_of(key), mdb_value = {0};
    int rc = mdb_cursor_get(cursor->cursor, &mdb_key, &mdb_value, MDB_SET_RANGE);
    return cursor_stand(cursor, rc, &mdb_key, &mdb_value, found, value);
}

/* The last entry below |key|, or at it if |equal|. */
static int cursor_below(MDB_cursor *cursor, struct bytes key, bool equal, MDB_val *mdb_key,
                        MDB_val *mdb_value)
{
    *mdb_key = val_of(key);
    int rc = mdb_cursor_get(cursor, mdb_key, mdb_value, MDB_SET_RANGE);
    if (rc == MDB_NOTFOUND)
        return mdb_cursor_get(cursor, mdb_key, mdb_value, MDB_LAST);
    if (rc != MDB_SUCCESS || (equal && bytes_equal(bytes_of_val(mdb_key), key)))
        return rc;
    return mdb_cursor_get(cursor, mdb_key, mdb_value, MDB_PREV);
}

static enum status lmdb_seek_last(struct store_cursor *base, struct bytes key, struct bytes *found,
                                  struct bytes *value)
{
    struct lmdb_cursor *cursor = (struct lmdb_cursor *)base;
    MDB_val mdb_key, mdb_value = {0};
    int rc = cursor_below(cursor->cursor, key, true, &mdb_key, &mdb_value);
    return cursor_stand(cursor, rc, &mdb_key, &mdb_value, found, value);
}

/* True if a write moved things since the cursor stood at its key. */
static bool cursor_is_stale(const struct lmdb_cursor *cursor)
{
    return cursor->read->writer && cursor->key_size > 0 &&
           cursor->changes != cursor->read->store->write.changes;
}

static enum status lmdb_next(struct store_cursor *base, struct bytes *found, struct bytes *value)
{
    struct lmdb_cursor *cursor = (struct lmdb_cursor *)base;
    MDB_val mdb_key = {0}, mdb_value = {0};
    int rc = MDB_SUCCESS;
    if (cursor_is_stale(cursor)) {
        struct bytes last = bytes_of(cursor->key, cursor->key_size);
        mdb_key = val_of(last);
        rc = mdb_cursor_get(cursor->cursor, &mdb_key, &mdb_value, MDB_SET_RANGE);
        if (rc == MDB_SUCCESS && bytes_equal(bytes_of_val(&mdb_key), last))
            rc = mdb_cursor_get(cursor->cursor, &mdb_key, &mdb_value, MDB_NEXT);
    } else {
        rc = mdb_cursor_get(cursor->cursor, &mdb_key, &mdb_value, MDB_NEXT);
    }
    return cursor_stand(cursor, rc, &mdb_key, &mdb_value, found, value);
}

static enum status lmdb_previous(struct store_cursor *base, struct bytes *found,
                                 struct bytes *value)
{
    struct lmdb_cursor *cursor = (struct lmdb_cursor *)base;
    MDB_val mdb_key = {0}, mdb_value = {0};
    int rc = MDB_SUCCESS;
    if (cursor_is_stale(cursor)) {
        struct bytes last = bytes_of(cursor->key, cursor->key_size);
        rc = cursor_below(cursor->cursor, last, false, &mdb_key, &mdb_value);
    } else {
        rc = mdb_cursor_get(cursor->cursor, &mdb_key, &mdb_value, MDB_PREV);
    }
    return cursor_stand(cursor, rc, &mdb_key, &mdb_value, found, value);
}

static const struct store_driver lmdb_driver = {
    .close = lmdb_close,
    .room = lmdb_room,
    .write_begin = lmdb_write_begin,
    .put = lmdb_put,
    .remove = lmdb_remove,
    .commit = lmdb_commit,
    .abort = lmdb_abort,
    .view = lmdb_view,
    .read_begin = lmdb_read_begin,
    .read_end = lmdb_read_end,
    .get = lmdb_get,
    .cursor_open = lmdb_cursor_open,
    .cursor_close = lmdb_cursor_close,
    .seek = lmdb_seek,
    .seek_last = lmdb_seek_last,
    .next = lmdb_next,
    .previous = lmdb_previous,
};

/* Locks the folder and opens, after making it if asked, what it holds. */
static enum status lmdb_open(struct lmdb_store *lmdb, bool create)
{
    char path[FOLDER_PATH_BYTES];
    if (!folder_join(path, lmdb->folder, "records.mdb"))
        return STATUS_IO;
    enum status status = folder_make(lmdb->folder, create);
    if (status != STATUS_OK)
        return status;
    struct stat about;
    bool there = stat(path, &about) == 0;
    if (!there && errno != ENOENT)
        return STATUS_IO;
    if (!there && !create)
        return STATUS_NOT_FOUND;
    status = folder_refuse_network(lmdb->folder);
    if (status == STATUS_OK)
        status = folder_lock(lmdb->folder, &lmdb->lock_descriptor);
    /* Whoever held the lock before may just have made it. */
    if (status == STATUS_OK && stat(path, &about) != 0)
        status = errno == ENOENT ? store_make(lmdb->folder) : STATUS_IO;
    if (status == STATUS_OK)
        status = env_open(path, &lmdb->env);
    if (status == STATUS_OK)
        status = tables_open(lmdb->env, lmdb->tables);
    return status;
}

enum status store_open_lmdb(const char *path, bool create, struct store **store)
{
    struct lmdb_store *lmdb = calloc(1, sizeof *lmdb);
    if (!lmdb)
        return STATUS_NO_MEMORY;
    lmdb->base.driver = &lmdb_driver;
    lmdb->lock_descriptor = -1;
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof lmdb->folder) {
        free(lmdb);
        return STATUS_IO;
    }
    memcpy(lmdb->folder, path, size + 1);
    enum status status = lmdb_open(lmdb, create);
    if (status != STATUS_OK) {
        lmdb_close(&lmdb->base);
        return status;
    }
    *store = &lmdb->base;
    return STATUS_OK;
}
