/*
 * The store on a disk: LMDB with full synchronisation, one environment owned by one process.
 *
 *   folder/records.mdb        the environment
 *   folder/records.mdb-lock   LMDB's table of readers
 *   folder/owner.lock         held by flock for as long as the store is open
 *   folder/records.mdb.new    a store being made; renamed when it is whole and synced
 *
 * Before it lies the store's tail (tail.h), so small commits touch few pages.
 *
 * After a failed commit nothing more is written until the store is opened again: what the kernel
 * dropped after a failed flush cannot be known.
 */
#include "client/store/driver.h"
#include "client/store/folder.h"
#include "client/store/room.h"
#include "client/store/tail.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

enum { READERS_CHECK = 1024 /* write transactions between two looks for readers that died */ };

struct lmdb_read {
    struct store_read base;
    struct lmdb_store *store;
    MDB_txn *txn;
    const MDB_dbi *tables;
    bool writer; /* a write's view */
};

/* The same file once more, for reading alone. */
struct lmdb_reader {
    MDB_env *env;
    MDB_dbi tables[TABLE_COUNT];
};

struct lmdb_write {
    struct store_write base;
    struct lmdb_store *store;
    MDB_txn *txn;
    struct lmdb_read view;
    MDB_cursor *cursors[TABLE_COUNT]; /* for puts: the next is mostly near the last */
    bool ascending[TABLE_COUNT];      /* every put so far went behind the last key */
    uint64_t changes;
    uint64_t bytes; /* put so far */
};

struct lmdb_store {
    struct store base;
    MDB_env *env;
    MDB_dbi tables[TABLE_COUNT];
    int lock_descriptor;
    uint32_t layout;
    _Atomic(struct lmdb_reader *) reader; /* when LMDB lets |env| be used no more; NULL: it does */
    atomic_int failed; /* why nothing is written until the store is opened again; OK: it is */
    bool read_only;    /* opened so */
    bool writing;
    uint64_t begun; /* write transactions */
    struct room room;
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

static void lmdb_close(struct store *store)
{
    struct lmdb_store *lmdb = lmdb_of(store);
    struct lmdb_reader *reader = atomic_load(&lmdb->reader);
    assert(!lmdb->writing);
    if (reader)
        mdb_env_close(reader->env);
    free(reader);
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
    struct room room = {.env = lmdb->env}; /* asked for beside the writer, whose own has a memory */
    return room_left(&room, free_bytes, reserve);
}

/* ---- copies ---- */

static uint64_t lmdb_copy_bytes(struct store *store)
{
    struct lmdb_store *lmdb = lmdb_of(store);
    MDB_envinfo info;
    MDB_stat stat;
    if (mdb_env_info(lmdb->env, &info) != MDB_SUCCESS ||
        mdb_env_stat(lmdb->env, &stat) != MDB_SUCCESS)
        return 0;
    return ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
}

/* Writers wait only while the two meta pages are written, which a pipe takes at once. */
static enum status lmdb_copy(struct store *store, int descriptor)
{
    return lmdb_status(mdb_env_copyfd(lmdb_of(store)->env, descriptor));
}

/* ---- writing ---- */

static enum status lmdb_write_begin(struct store *store, struct store_write **write)
{
    struct lmdb_store *lmdb = lmdb_of(store);
    assert(!lmdb->writing);
    enum status failed = (enum status)atomic_load(&lmdb->failed);
    if (failed != STATUS_OK) /* room that came back does not mend what a failed write left */
        return failed == STATUS_FULL && !lmdb->read_only ? STATUS_IO : failed;
    MDB_txn *txn = NULL;
    int rc = MDB_SUCCESS, dead = 0;
    /* A backup that was killed would pin its pages for ever. */
    if (++lmdb->begun % READERS_CHECK == 0)
        rc = mdb_reader_check(lmdb->env, &dead);
    if (rc == MDB_SUCCESS)
        rc = mdb_txn_begin(lmdb->env, NULL, 0, &txn);
    if (rc != MDB_SUCCESS)
        return lmdb_status(rc);
    lmdb->writing = true;
    lmdb->write = (struct lmdb_write){.base = {store->driver},
                                      .store = lmdb,
                                      .txn = txn,
                                      .view = {.base = {store->driver},
                                               .store = lmdb,
                                               .txn = txn,
                                               .tables = lmdb->tables,
                                               .writer = true}};
    memset(lmdb->write.ascending, true, sizeof lmdb->write.ascending);
    lmdb->write.ascending[TABLE_TAIL] = false; /* its rows stand before the names of tables */
    *write = &lmdb->write.base;
    return STATUS_OK;
}

static enum status lmdb_put(struct store_write *base, enum store_table table, struct bytes key,
                            struct bytes value)
{
    struct lmdb_write *write = (struct lmdb_write *)base;
    int rc = MDB_SUCCESS;
    write->changes++;
    write->bytes += key.size + value.size;
    if (!write->cursors[table]) {
        rc = mdb_cursor_open(write->txn, write->store->tables[table], &write->cursors[table]);
        if (rc != MDB_SUCCESS)
            return lmdb_status(rc);
    }
    MDB_val mdb_key = lmdb_val(key), mdb_value = lmdb_val(value);
    if (write->ascending[table]) { /* leaves pages full instead of half full */
        rc = mdb_cursor_put(write->cursors[table], &mdb_key, &mdb_value, MDB_APPEND);
        if (rc != MDB_KEYEXIST)
            return lmdb_status(rc);
        write->ascending[table] = false;
    }
    return lmdb_status(mdb_cursor_put(write->cursors[table], &mdb_key, &mdb_value, 0));
}

static enum status lmdb_remove(struct store_write *base, enum store_table table, struct bytes key)
{
    struct lmdb_write *write = (struct lmdb_write *)base;
    write->changes++;
    MDB_val mdb_key = lmdb_val(key);
    return lmdb_status(mdb_del(write->txn, write->store->tables[table], &mdb_key, NULL));
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

/* After a meta page could not be written LMDB refuses even to read. Nobody writes any more, so the
 * file can be read beside it, without its table of readers. Failing, reads fail too. */
static void reader_attach(struct lmdb_store *lmdb)
{
    char path[FOLDER_PATH_BYTES];
    MDB_txn *txn = NULL;
    uint32_t layout = 0;
    int rc = mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, &txn);
    if (rc == MDB_SUCCESS)
        mdb_txn_abort(txn);
    if (rc != MDB_PANIC || !folder_join(path, lmdb->folder, "records.mdb"))
        return;
    struct lmdb_reader *reader = calloc(1, sizeof *reader);
    if (!reader || lmdb_env_open(path, MDB_RDONLY | MDB_NOLOCK, &reader->env) != STATUS_OK) {
        free(reader);
        return;
    }
    if (lmdb_env_tables(reader->env, reader->tables, &layout) != STATUS_OK) {
        mdb_env_close(reader->env);
        free(reader);
        return;
    }
    atomic_store(&lmdb->reader, reader);
}

/* Nothing is written until the store is opened again. */
static enum status lmdb_fail(struct lmdb_store *lmdb, enum status status)
{
    if (status == STATUS_IO)
        status = folder_why(lmdb->folder);
    atomic_store(&lmdb->failed, (int)status);
    reader_attach(lmdb);
    return status;
}

/* A full disk is met before LMDB writes to it: nothing has failed then, and work goes on when there
 * is room again. */
static enum status lmdb_commit(struct store_write *base)
{
    struct lmdb_store *lmdb = ((struct lmdb_write *)base)->store;
    enum status status = room_take(&lmdb->room, lmdb->write.changes, lmdb->write.bytes);
    if (status != STATUS_OK) {
        mdb_txn_abort(write_end(&lmdb->write));
        return status == STATUS_FULL ? status : lmdb_fail(lmdb, status);
    }
    int rc = mdb_txn_commit(write_end(&lmdb->write));
    return rc == MDB_SUCCESS ? STATUS_OK : lmdb_fail(lmdb, lmdb_status(rc));
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
    struct lmdb_reader *reader = atomic_load(&lmdb->reader);
    snapshot->tables = reader ? reader->tables : lmdb->tables;
    int rc = mdb_txn_begin(reader ? reader->env : lmdb->env, NULL, MDB_RDONLY, &snapshot->txn);
    if (rc != MDB_SUCCESS) {
        free(snapshot);
        return lmdb_status(rc);
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

static uint64_t lmdb_number(struct store_read *base)
{
    return mdb_txn_id(((struct lmdb_read *)base)->txn);
}

static enum status lmdb_get(struct store_read *base, enum store_table table, struct bytes key,
                            struct bytes *value)
{
    const struct lmdb_read *read = (const struct lmdb_read *)base;
    MDB_val mdb_key = lmdb_val(key), mdb_value;
    int rc = mdb_get(read->txn, read->tables[table], &mdb_key, &mdb_value);
    if (rc != MDB_SUCCESS)
        return lmdb_status(rc);
    *value = lmdb_bytes(&mdb_value);
    return STATUS_OK;
}

static enum status lmdb_cursor_open(struct store_read *base, enum store_table table,
                                    struct store_cursor **cursor)
{
    struct lmdb_read *read = (struct lmdb_read *)base;
    struct lmdb_cursor *opened = malloc(sizeof *opened);
    if (!opened)
        return STATUS_NO_MEMORY;
    int rc = mdb_cursor_open(read->txn, read->tables[table], &opened->cursor);
    if (rc != MDB_SUCCESS) {
        free(opened);
        return lmdb_status(rc);
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
        return lmdb_status(rc);
    *found = lmdb_bytes(key);
    *found_value = lmdb_bytes(value);
    if (cursor->table == TABLE_TAIL && lmdb_env_is_name(*found))
        return STATUS_NOT_FOUND;
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
    MDB_val mdb_key = lmdb_val(key), mdb_value = {0};
    int rc = mdb_cursor_get(cursor->cursor, &mdb_key, &mdb_value, MDB_SET_RANGE);
    return cursor_stand(cursor, rc, &mdb_key, &mdb_value, found, value);
}

/* The last entry below |key|, or at it if |equal|. */
static int cursor_below(MDB_cursor *cursor, struct bytes key, bool equal, MDB_val *mdb_key,
                        MDB_val *mdb_value)
{
    *mdb_key = lmdb_val(key);
    int rc = mdb_cursor_get(cursor, mdb_key, mdb_value, MDB_SET_RANGE);
    if (rc == MDB_NOTFOUND)
        return mdb_cursor_get(cursor, mdb_key, mdb_value, MDB_LAST);
    if (rc != MDB_SUCCESS || (equal && bytes_equal(lmdb_bytes(mdb_key), key)))
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
        mdb_key = lmdb_val(last);
        rc = mdb_cursor_get(cursor->cursor, &mdb_key, &mdb_value, MDB_SET_RANGE);
        if (rc == MDB_SUCCESS && bytes_equal(lmdb_bytes(&mdb_key), last))
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
    .copy_bytes = lmdb_copy_bytes,
    .copy = lmdb_copy,
    .write_begin = lmdb_write_begin,
    .put = lmdb_put,
    .remove = lmdb_remove,
    .commit = lmdb_commit,
    .abort = lmdb_abort,
    .view = lmdb_view,
    .read_begin = lmdb_read_begin,
    .read_end = lmdb_read_end,
    .number = lmdb_number,
    .get = lmdb_get,
    .cursor_open = lmdb_cursor_open,
    .cursor_close = lmdb_cursor_close,
    .seek = lmdb_seek,
    .seek_last = lmdb_seek_last,
    .next = lmdb_next,
    .previous = lmdb_previous,
};

/* On a disk that takes no writes, or has no room even for the table of readers, to read alone: the
 * folder is locked, so nobody writes. */
static enum status lmdb_open_env(struct lmdb_store *lmdb, const char *path)
{
    enum status why = lmdb->read_only ? STATUS_READ_ONLY : lmdb_env_open(path, 0, &lmdb->env);
    if (why != STATUS_READ_ONLY && why != STATUS_FULL)
        return why;
    lmdb->read_only = true;
    atomic_store(&lmdb->failed, (int)why);
    return lmdb_env_open(path, MDB_RDONLY | MDB_NOLOCK, &lmdb->env);
}

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
        status = folder_lock(lmdb->folder, &lmdb->lock_descriptor, &lmdb->read_only);
    /* Whoever held the lock before may just have made it. */
    if (status == STATUS_OK && stat(path, &about) != 0)
        status = errno == ENOENT ? lmdb_env_make(lmdb->folder) : STATUS_IO;
    if (status == STATUS_OK)
        status = lmdb_open_env(lmdb, path);
    if (status == STATUS_OK && !lmdb->read_only)
        status = lmdb_env_renew(lmdb->env);
    if (status == STATUS_OK)
        status = lmdb_env_tables(lmdb->env, lmdb->tables, &lmdb->layout);
    lmdb->room.env = lmdb->env;
    return status;
}

/* A store in |path| that is not open yet. */
static enum status lmdb_new(const char *path, struct lmdb_store **made)
{
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof(*made)->folder)
        return STATUS_IO;
    struct lmdb_store *lmdb = calloc(1, sizeof *lmdb);
    if (!lmdb)
        return STATUS_NO_MEMORY;
    lmdb->base.driver = &lmdb_driver;
    lmdb->lock_descriptor = -1;
    memcpy(lmdb->folder, path, size + 1);
    *made = lmdb;
    return STATUS_OK;
}

/* Hands the opened store out behind its tail; one of a layout without a tail that cannot be given
 * it is handed out as it is. */
static enum status lmdb_hand_out(struct lmdb_store *lmdb, bool reader, struct store **store)
{
    if (lmdb->layout < STORE_LAYOUT_TAIL) {
        *store = &lmdb->base;
        return STATUS_OK;
    }
    return reader ? tail_open_reader(&lmdb->base, store) : tail_open(&lmdb->base, store);
}

enum status store_open_lmdb(const char *path, bool create, struct store **store)
{
    struct lmdb_store *lmdb = NULL;
    enum status status = lmdb_new(path, &lmdb);
    if (status != STATUS_OK)
        return status;
    status = lmdb_open(lmdb, create);
    if (status != STATUS_OK) {
        lmdb_close(&lmdb->base);
        return status;
    }
    return lmdb_hand_out(lmdb, false, store);
}

/* Where nothing may be written nobody writes: there the table of readers is not needed. */
static enum status reader_open(struct lmdb_store *lmdb)
{
    char file[FOLDER_PATH_BYTES], lock[FOLDER_PATH_BYTES];
    if (!folder_join(file, lmdb->folder, "records.mdb") ||
        !folder_join(lock, lmdb->folder, "records.mdb-lock"))
        return STATUS_IO;
    if (access(file, R_OK) != 0)
        return errno == ENOENT || errno == ENOTDIR ? STATUS_NOT_FOUND : STATUS_REFUSED;
    bool locks = access(lmdb->folder, W_OK) == 0 && access(lock, R_OK | W_OK) == 0;
    enum status status =
        lmdb_env_open(file, locks ? MDB_RDONLY : MDB_RDONLY | MDB_NOLOCK, &lmdb->env);
    if (status == STATUS_OK)
        status = lmdb_env_tables(lmdb->env, lmdb->tables, &lmdb->layout);
    atomic_store(&lmdb->failed, (int)STATUS_READ_ONLY); /* no write begins */
    return status;
}

enum status store_open_lmdb_reader(const char *path, struct store **store)
{
    struct lmdb_store *lmdb = NULL;
    enum status status = lmdb_new(path, &lmdb);
    if (status != STATUS_OK)
        return status;
    status = reader_open(lmdb);
    if (status != STATUS_OK) {
        lmdb_close(&lmdb->base);
        return status;
    }
    return lmdb_hand_out(lmdb, true, store);
}
