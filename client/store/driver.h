/*
 * What a store implementation provides. Handles begin with their driver, so that store.c can
 * dispatch; every function has the contract of its namesake in store.h.
 */
#ifndef HOSO_CLIENT_STORE_DRIVER_H
#define HOSO_CLIENT_STORE_DRIVER_H

#include "client/store/store.h"

struct store_driver {
    void (*close)(struct store *store);
    enum status (*room)(struct store *store, uint64_t *free_bytes, bool *reserve);
    uint64_t (*copy_bytes)(struct store *store); /* about what a copy writes */
    /* Writes a copy to |descriptor|, in one go; on a thread of its own (copy.c). NULL: no copies.
     */
    enum status (*copy)(struct store *store, int descriptor);
    enum status (*write_begin)(struct store *store, struct store_write **write);
    enum status (*put)(struct store_write *write, enum store_table table, struct bytes key,
                       struct bytes value);
    enum status (*remove)(struct store_write *write, enum store_table table, struct bytes key);
    enum status (*commit)(struct store_write *write);
    void (*abort)(struct store_write *write);
    struct store_read *(*view)(struct store_write *write);
    enum status (*read_begin)(struct store *store, struct store_read **read);
    void (*read_end)(struct store_read *read);
    /* The last commit a snapshot shows: the number grows with each commit that changed anything. Of
     * a write's view: the number its commit will have. */
    uint64_t (*number)(struct store_read *read);
    enum status (*get)(struct store_read *read, enum store_table table, struct bytes key,
                       struct bytes *value);
    enum status (*cursor_open)(struct store_read *read, enum store_table table,
                               struct store_cursor **cursor);
    void (*cursor_close)(struct store_cursor *cursor);
    enum status (*seek)(struct store_cursor *cursor, struct bytes key, struct bytes *found,
                        struct bytes *value);
    enum status (*seek_last)(struct store_cursor *cursor, struct bytes key, struct bytes *found,
                             struct bytes *value);
    enum status (*next)(struct store_cursor *cursor, struct bytes *found, struct bytes *value);
    enum status (*previous)(struct store_cursor *cursor, struct bytes *found, struct bytes *value);
};

struct store {
    const struct store_driver *driver;
};
struct store_write {
    const struct store_driver *driver;
};
struct store_read {
    const struct store_driver *driver;
};
struct store_cursor {
    const struct store_driver *driver;
};

/* TABLE_META's row of the layout number. */
#define STORE_VERSION_KEY "\x01"

#endif
