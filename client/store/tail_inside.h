/*
 * What the two files of the tail share: tail.c holds versions and transactions, tail_cursor.c the
 * cursors over tables and tail. Not for others.
 */
#ifndef HOSO_CLIENT_STORE_TAIL_INSIDE_H
#define HOSO_CLIENT_STORE_TAIL_INSIDE_H

#include "client/store/driver.h"
#include "client/store/tree.h"

#include <pthread.h>
#include <stdatomic.h>

/* What lies over the tables since |commit|, a number of the inner store. */
struct tail_version {
    atomic_uint references;
    uint64_t commit;
    uint64_t first, next; /* its rows in TABLE_TAIL: from first on, next is not one */
    size_t bytes;         /* of those rows */
    struct tree_node *roots[TABLE_COUNT];
};

struct tail_change {
    enum store_table table;
    bool put;
    struct bytes key;
    struct bytes value;
};

struct tail_write;

struct tail_read {
    struct store_read base;
    struct store_read *inner;
    struct tail_version *version; /* counted; NULL for a write's view */
    struct tree_node *const *roots;
    const struct tail_write *write; /* whose view it is; NULL for a snapshot */
};

struct tail_write {
    struct store_write base;
    struct tail_store *tail;
    struct store_write *inner;
    struct tail_read view;
    struct tail_version *next; /* what the commit will leave */
    struct buffer row;         /* changes so far */
    struct buffer scratch;
    bool direct; /* the tail is worked in: all goes to the tables */
    uint64_t edit;
    uint64_t changes;
};

struct tail_store {
    struct store base;
    struct store *inner;
    pthread_mutex_t lock; /* guards |version| and |pending| */
    struct tail_version *version;
    struct tail_version *pending; /* of a commit that is under way, or failed */
    struct tail_write write;
    bool writing;
    bool reader; /* another process may write: the tail is read with each snapshot */
    uint64_t edits;
};

/* Whether an entry of the tail puts a value, and that value; else it takes the table's away. */
bool tail_is_put(const struct tree_entry *entry);
struct bytes tail_value(const struct tree_entry *entry);

/* The driver's cursors: contracts of store.h. */
enum status tail_cursor_open(struct store_read *read, enum store_table table,
                             struct store_cursor **cursor);
void tail_cursor_close(struct store_cursor *cursor);
enum status tail_cursor_seek(struct store_cursor *cursor, struct bytes key, struct bytes *found,
                             struct bytes *value);
enum status tail_cursor_seek_last(struct store_cursor *cursor, struct bytes key,
                                  struct bytes *found, struct bytes *value);
enum status tail_cursor_next(struct store_cursor *cursor, struct bytes *found, struct bytes *value);
enum status tail_cursor_previous(struct store_cursor *cursor, struct bytes *found,
                                 struct bytes *value);

#endif
