/*
 * The store: ordered tables of byte strings under one writer and any number of snapshot readers.
 * Two implementations under one contract test: LMDB on a disk, and memory that can forget
 * everything since the last commit.
 *
 * Keys are compared with memcmp, 1 to 511 bytes; values are at most STORE_VALUE_BYTES. What a get
 * or a cursor returns is borrowed: until the next write of that transaction, or its end; it is
 * aligned to nothing. One process owns a store. A write transaction begins and ends on one thread;
 * a read transaction is short and never survives a callback.
 */
#ifndef HOSO_CLIENT_STORE_STORE_H
#define HOSO_CLIENT_STORE_STORE_H

#include "protocol/base/bytes.h"
#include "protocol/base/limits.h"

enum {
    STORE_VERSION = 3,     /* of the layout; TABLE_META, key 01 */
    STORE_LAYOUT_TAIL = 2, /* the first with TABLE_TAIL, */
    STORE_LAYOUT_MAIN = 3, /* and with its rows in LMDB's main table (lmdb_env.c) */
    STORE_KEY_BYTES = 511,
    STORE_VALUE_BYTES = LIMIT_RECORD_BYTES + 256
};

enum store_table {
    TABLE_META,      /* what the store is: version, identity, epoch, counters */
    TABLE_LOG,       /* log number -> what is known of the log */
    TABLE_LOG_NAME,  /* log name -> number */
    TABLE_RECORD,    /* log number, seq -> arrival, record */
    TABLE_ARRIVAL,   /* arrival -> log number, seq, running hash */
    TABLE_SCOPE,     /* scope number, arrival -> log number, seq */
    TABLE_CASE_NAME, /* case name -> number */
    TABLE_CASE,      /* case number, arrival -> log number, seq, id16 */
    TABLE_PEER,      /* peers, cursors and marks */
    TABLE_RECEIPT,   /* receipts and what they cover */
    TABLE_NUMBER,    /* the unit's daily counters, leases, request ids */
    TABLE_DIRTY,     /* cases whose derived rows are stale */
    TABLE_SUMMARY,   /* derived: case number -> row of `list`, inputs of `stats` */
    TABLE_INDEX,     /* derived: codes, search keys */
    TABLE_TAIL,      /* the store's own: small commits not worked into the tables yet (tail.h); its
                        cursors go forward only */
    TABLE_COUNT
};

struct store;
struct store_write;
struct store_read;
struct store_cursor;

/* One implementation of a store. All functions of store.h go through it. */
struct store_driver;

/*
 * Opens (or with |create| makes) the LMDB store in folder |path|. A new one is made under another
 * name, synced and renamed, so a power cut leaves either none or a whole one. Files are 0600.
 * On a disk that takes no writes it is opened for reading alone: no write begins.
 * Errors: BUSY (another process owns it), NOT_FOUND, STORE_NEWER, CORRUPT, IO, FULL, READ_ONLY (it
 * cannot even be made or locked), NO_MEMORY; REFUSED on a network file system.
 */
CHECK_RESULT enum status store_open_lmdb(const char *path, bool create, struct store **store);
/*
 * Opens the store in folder |path| to read it, beside the process that may own it: for copies and
 * checks. No write begins on it (IO), nothing in the folder changes but LMDB's table of readers.
 * Errors: NOT_FOUND, REFUSED (no right to read it), STORE_NEWER, CORRUPT, IO, NO_MEMORY.
 */
CHECK_RESULT enum status store_open_lmdb_reader(const char *path, struct store **store);
/* A store in memory. Errors: NO_MEMORY. */
CHECK_RESULT enum status store_open_memory(struct store **store);
/* Closes it; no transaction may be open. */
void store_close(struct store *store);

/* Memory only, for tests and the simulator; no transaction may be open. */
enum { STORE_MEMORY_HISTORY = 64 }; /* commits that can be forgotten */
/* A copy of the last commit, as `cp` of a disk. NULL: out of memory. */
struct store *store_memory_clone(const struct store *store);
/* Loses the last |commits| commits (at most STORE_MEMORY_HISTORY), as a power cut does, and counts
 * as opening the store again: after a failed commit it may be written again. */
void store_memory_forget(struct store *store, uint64_t commits);
/* The so-many-th next commit fails with IO; 0: none. */
void store_memory_fail_commit(struct store *store, uint64_t countdown);
/* A commit that fails has reached the disk all the same: store_memory_forget() finds it. */
void store_memory_land_failed(struct store *store, bool lands);
/* The disk is full from the so-many-th put on: that one and all later ones fail with FULL, until
 * there is room again; 0: now there is. */
void store_memory_fill(struct store *store, uint64_t countdown);
/* Flips bit |bit| of the |row|th row of |table| where it lies; both begin again behind the last
 * one. |was| gets the row as it was. False: no row, or no memory. */
bool store_memory_flip(struct store *store, enum store_table table, uint64_t row, uint64_t bit,
                       struct buffer *was);
/* What store_room() is to tell; a fresh one has no bound. */
void store_memory_set_room(struct store *store, uint64_t free_bytes, bool reserve);

/*
 * Room left for data that may wait (peers' bulk), and whether the reserve for local acts is being
 * used: then |*free_bytes| is 0. The reserve is 5 % of the disk's share of the store, at least
 * 64 MiB, at most 1 GiB. Errors: IO.
 */
CHECK_RESULT enum status store_room(struct store *store, uint64_t *free_bytes, bool *reserve);

/* How a copy is made. */
struct store_copy {
    int descriptor;            /* an empty file, open for writing */
    uint64_t bytes_per_second; /* 1 or more: at most so fast */
    /* After every megabyte and at the end; what is not OK ends the copy. NULL: nobody looks. */
    enum status (*progress)(void *context, uint64_t done, uint64_t all);
    void *context;
};
/*
 * Copies the last commit of an LMDB store as a whole store's file and makes it durable. Writers go
 * on; pages they free are not used again before the copy is made, so the store's file grows by what
 * changes meanwhile. Errors: what |progress| said; USAGE (a store in memory), FULL, IO, CORRUPT,
 * NO_MEMORY. What the file holds then is of no use.
 */
CHECK_RESULT enum status store_copy(struct store *store, const struct store_copy *copy);

/* One writer at a time. Errors: IO (also for good after a failed commit), READ_ONLY (for good),
 * FULL, NO_MEMORY. */
CHECK_RESULT enum status store_write_begin(struct store *store, struct store_write **write);
/* Errors: LIMIT (a key or value past its bound), FULL, IO, NO_MEMORY: but for LIMIT the transaction
 * can only be aborted then. */
CHECK_RESULT enum status store_put(struct store_write *write, enum store_table table,
                                   struct bytes key, struct bytes value);
/* NOT_FOUND if there is none. */
CHECK_RESULT enum status store_delete(struct store_write *write, enum store_table table,
                                      struct bytes key);
/*
 * Makes everything durable, or nothing. The transaction is over in either case. Errors: FULL (there
 * is no room: write again when there is), or a failure with its cause as far as the disk tells it:
 * IO, READ_ONLY, FULL. After a failure no write begins until the store is opened again, for what a
 * failed flush has lost cannot be known; reads go on.
 */
CHECK_RESULT enum status store_commit(struct store_write *write);
/* Drops the transaction: nothing of it was. */
void store_abort(struct store_write *write);
/* A reader's view of the transaction's own state; ends with it; not to be ended. */
struct store_read *store_write_view(struct store_write *write);

/* A snapshot of the last commit, whatever is written meanwhile. Errors: IO, NO_MEMORY. */
CHECK_RESULT enum status store_read_begin(struct store *store, struct store_read **read);
/* Ends it; what was borrowed from it is gone. */
void store_read_end(struct store_read *read);
/* The value of |key|, borrowed. Errors: NOT_FOUND, IO. */
CHECK_RESULT enum status store_get(struct store_read *read, enum store_table table,
                                   struct bytes key, struct bytes *value);

/*
 * A cursor; closed before its transaction ends. Over a write's own view it may go on after writes:
 * it stands at its last key, whether that is still there or not. A fresh one stands before the
 * first and behind the last entry; after NOT_FOUND of a seek it is to be sought again.
 */
CHECK_RESULT enum status store_cursor_open(struct store_read *read, enum store_table table,
                                           struct store_cursor **cursor);
void store_cursor_close(struct store_cursor *cursor);
/* First entry with a key >= |key|. NOT_FOUND at the end. */
CHECK_RESULT enum status store_seek(struct store_cursor *cursor, struct bytes key,
                                    struct bytes *found, struct bytes *value);
/* Last entry with a key <= |key|. NOT_FOUND if none. */
CHECK_RESULT enum status store_seek_last(struct store_cursor *cursor, struct bytes key,
                                         struct bytes *found, struct bytes *value);
/* The entry behind, or before, the one the cursor stands at. NOT_FOUND if there is none. */
CHECK_RESULT enum status store_next(struct store_cursor *cursor, struct bytes *found,
                                    struct bytes *value);
CHECK_RESULT enum status store_previous(struct store_cursor *cursor, struct bytes *found,
                                        struct bytes *value);

#endif
