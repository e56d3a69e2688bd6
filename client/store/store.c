#include "client/store/store.h"

#include "client/store/driver.h"

static bool key_fits(struct bytes key)
{
    return key.size >= 1 && key.size <= STORE_KEY_BYTES;
}

void store_close(struct store *store)
{
    if (store)
        store->driver->close(store);
}

enum status store_room(struct store *store, uint64_t *free_bytes, bool *reserve)
{
    return store->driver->room(store, free_bytes, reserve);
}

enum status store_write_begin(struct store *store, struct store_write **write)
{
    return store->driver->write_begin(store, write);
}

enum status store_put(struct store_write *write, enum store_table table, struct bytes key,
                      struct bytes value)
{
    if (!key_fits(key) || value.size > STORE_VALUE_BYTES)
        return STATUS_LIMIT;
    return write->driver->put(write, table, key, value);
}

enum status store_delete(struct store_write *write, enum store_table table, struct bytes key)
{
    if (!key_fits(key))
        return STATUS_LIMIT;
    return write->driver->remove(write, table, key);
}

enum status store_commit(struct store_write *write)
{
    return write->driver->commit(write);
}

void store_abort(struct store_write *write)
{
    if (write)
        write->driver->abort(write);
}

struct store_read *store_write_view(struct store_write *write)
{
    return write->driver->view(write);
}

enum status store_read_begin(struct store *store, struct store_read **read)
{
    return store->driver->read_begin(store, read);
}

void store_read_end(struct store_read *read)
{
    if (read)
        read->driver->read_end(read);
}

enum status store_get(struct store_read *read, enum store_table table, struct bytes key,
                      struct bytes *value)
{
    if (!key_fits(key))
        return STATUS_LIMIT;
    return read->driver->get(read, table, key, value);
}

enum status store_cursor_open(struct store_read *read, enum store_table table,
                              struct store_cursor **cursor)
{
    return read->driver->cursor_open(read, table, cursor);
}

void store_cursor_close(struct store_cursor *cursor)
{
    if (cursor)
        cursor->driver->cursor_close(cursor);
}

enum status store_seek(struct store_cursor *cursor, struct bytes key, struct bytes *found,
                       struct bytes *value)
{
    if (!key_fits(key))
        return STATUS_LIMIT;
    return cursor->driver->seek(cursor, key, found, value);
}

enum status store_seek_last(struct store_cursor *cursor, struct bytes key, struct bytes *found,
                            struct bytes *value)
{
    if (!key_fits(key))
        return STATUS_LIMIT;
    return cursor->driver->seek_last(cursor, key, found, value);
}

enum status store_next(struct store_cursor *cursor, struct bytes *found, struct bytes *value)
{
    return cursor->driver->next(cursor, found, value);
}

enum status store_previous(struct store_cursor *cursor, struct bytes *found, struct bytes *value)
{
    return cursor->driver->previous(cursor, found, value);
}
