#include "client/store/tail.h"

#include "client/store/tail_inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CHANGE_HEAD_BYTES = 8 };

static struct tail_store *tail_of(struct store *store)
{
    return (struct tail_store *)store;
}

/* ---- versions ---- */

static void roots_drop(struct tree_node *roots[TABLE_COUNT])
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        tree_drop(roots[i]);
        roots[i] = NULL;
    }
}

static void version_drop(struct tail_version *version)
{
    if (version && atomic_fetch_sub_explicit(&version->references, 1, memory_order_acq_rel) == 1) {
        roots_drop(version->roots);
        free(version);
    }
}

static struct tail_version *version_new(void)
{
    struct tail_version *version = calloc(1, sizeof *version);
    if (version)
        atomic_init(&version->references, 1);
    return version;
}

/* ---- entries: one byte, put or not, before the value ---- */

bool tail_is_put(const struct tree_entry *entry)
{
    return tree_value(entry).at[0] != 0;
}

struct bytes tail_value(const struct tree_entry *entry)
{
    struct bytes value = tree_value(entry);
    return bytes_of(value.at + 1, value.size - 1);
}

static enum status change_keep(struct tree_node *roots[TABLE_COUNT], uint64_t edit,
                               const struct tail_change *change, struct buffer *scratch)
{
    buffer_reset(scratch);
    buffer_append_u8(scratch, change->put ? 1 : 0);
    buffer_append_bytes(scratch, change->value);
    enum status status = buffer_status(scratch);
    if (status != STATUS_OK)
        return status;
    struct tree_entry *entry = tree_entry_new(change->key, buffer_view(scratch));
    if (!entry)
        return STATUS_NO_MEMORY;
    if (!tree_put(edit, &roots[change->table], entry)) {
        tree_entry_drop(entry);
        return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

/* ---- rows ---- */

static size_t change_bytes(const struct tail_change *change)
{
    return CHANGE_HEAD_BYTES + change->key.size + change->value.size;
}

static void change_encode(const struct tail_change *change, struct buffer *row)
{
    buffer_append_u8(row, (uint8_t)change->table);
    buffer_append_u8(row, change->put ? 1 : 0);
    buffer_append_u8(row, (uint8_t)(change->key.size >> 8));
    buffer_append_u8(row, (uint8_t)change->key.size);
    buffer_append_be32(row, (uint32_t)change->value.size);
    buffer_append_bytes(row, change->key);
    buffer_append_bytes(row, change->value);
}

/* Takes the next change off |*rest|; false: it is none. */
static bool change_decode(struct bytes *rest, struct tail_change *change)
{
    if (rest->size < CHANGE_HEAD_BYTES)
        return false;
    const uint8_t *at = rest->at;
    size_t key_size = (size_t)at[2] << 8 | at[3];
    size_t value_size = be32_load(at + 4);
    size_t left = rest->size - CHANGE_HEAD_BYTES;
    if (at[0] >= TABLE_TAIL || at[1] > 1 || key_size == 0 || key_size > STORE_KEY_BYTES ||
        key_size > left || value_size > left - key_size)
        return false;
    *change = (struct tail_change){.table = (enum store_table)at[0],
                                   .put = at[1] != 0,
                                   .key = bytes_of(at + CHANGE_HEAD_BYTES, key_size)};
    change->value = bytes_of(change->key.at + key_size, value_size);
    *rest = bytes_of(change->value.at + value_size, left - key_size - value_size);
    return true;
}

static enum status row_read(struct tail_version *version, struct bytes key, struct bytes row,
                            struct buffer *scratch)
{
    struct tail_change change;
    if (key.size != 8)
        return STATUS_CORRUPT;
    uint64_t number = be64_load(key.at);
    if (version->bytes == 0)
        version->first = number;
    version->next = number + 1;
    version->bytes += row.size;
    while (row.size > 0) {
        if (!change_decode(&row, &change))
            return STATUS_CORRUPT;
        enum status status = change_keep(version->roots, 0, &change, scratch);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* Reads every row of the tail into |version|. */
static enum status rows_read(struct store_read *inner, struct tail_version *version)
{
    struct store_cursor *cursor = NULL;
    struct bytes key, row;
    struct buffer scratch;
    buffer_init(&scratch, 1 + STORE_VALUE_BYTES);
    enum status status = store_cursor_open(inner, TABLE_TAIL, &cursor);
    while (status == STATUS_OK) {
        status = store_next(cursor, &key, &row);
        if (status == STATUS_OK)
            status = row_read(version, key, row, &scratch);
    }
    store_cursor_close(cursor);
    buffer_deinit(&scratch);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* ---- writing ---- */

static enum status tail_write_begin(struct store *store, struct store_write **write)
{
    struct tail_store *tail = tail_of(store);
    assert(!tail->writing);
    struct tail_version *next = version_new();
    if (!next)
        return STATUS_NO_MEMORY;
    enum status status = store_write_begin(tail->inner, &tail->write.inner);
    if (status != STATUS_OK) {
        version_drop(next);
        return status;
    }
    /* Only the writer changes |version|, and this is the writer. */
    const struct tail_version *version = tail->version;
    next->first = version->first;
    next->next = version->next;
    next->bytes = version->bytes;
    for (size_t i = 0; i < TABLE_COUNT; i++)
        next->roots[i] = tree_keep(version->roots[i]);
    tail->writing = true;
    tail->write.next = next;
    tail->write.edit = ++tail->edits;
    tail->write.direct = false;
    tail->write.view.inner = store_write_view(tail->write.inner);
    tail->write.view.roots = next->roots;
    buffer_reset(&tail->write.row);
    *write = &tail->write.base;
    return STATUS_OK;
}

static enum status table_work_in(struct tail_write *write, enum store_table table)
{
    const struct tree_node *root = write->next->roots[table];
    enum status status = STATUS_OK;
    struct tree_entry *entry = tree_end(root, false);
    while (entry && status == STATUS_OK) {
        if (tail_is_put(entry)) {
            status = store_put(write->inner, table, tree_key(entry), tail_value(entry));
        } else {
            status = store_delete(write->inner, table, tree_key(entry));
            status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
        }
        entry = tree_above(root, tree_key(entry), false);
    }
    return status;
}

/* Works the tail into the tables, what this transaction has changed so far with it; from here on
 * the transaction writes to the tables. */
static enum status work_in(struct tail_write *write)
{
    struct tail_version *next = write->next;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < TABLE_TAIL && status == STATUS_OK; i++)
        status = table_work_in(write, (enum store_table)i);
    for (uint64_t number = next->first; number < next->next && status == STATUS_OK; number++) {
        uint8_t key[8];
        be64_store(key, number);
        status = store_delete(write->inner, TABLE_TAIL, bytes_of(key, sizeof key));
    }
    roots_drop(next->roots);
    next->first = next->next;
    next->bytes = 0;
    buffer_reset(&write->row);
    write->direct = true;
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

static enum status change_take(struct tail_write *write, const struct tail_change *change)
{
    size_t size = write->row.size + change_bytes(change);
    enum status status = change_keep(write->next->roots, write->edit, change, &write->scratch);
    write->changes++;
    if (status != STATUS_OK)
        return status;
    /* The change is in the tree by now: the caller's bytes may have pointed into what is worked
     * in. */
    if (size > TAIL_COMMIT_BYTES || write->next->bytes + size > TAIL_BYTES)
        return work_in(write);
    change_encode(change, &write->row);
    return buffer_status(&write->row);
}

static enum status tail_put(struct store_write *base, enum store_table table, struct bytes key,
                            struct bytes value)
{
    struct tail_write *write = (struct tail_write *)base;
    if (write->direct) {
        write->changes++;
        return store_put(write->inner, table, key, value);
    }
    struct tail_change change = {.table = table, .put = true, .key = key, .value = value};
    return change_take(write, &change);
}

static enum status tail_remove(struct store_write *base, enum store_table table, struct bytes key)
{
    struct tail_write *write = (struct tail_write *)base;
    if (write->direct) {
        write->changes++;
        return store_delete(write->inner, table, key);
    }
    struct bytes value;
    enum status status = store_get(&write->view.base, table, key, &value);
    if (status != STATUS_OK)
        return status;
    struct tail_change change = {.table = table, .put = false, .key = key};
    return change_take(write, &change);
}

static void write_end(struct tail_write *write)
{
    write->inner = NULL;
    write->next = NULL;
    write->tail->writing = false;
}

static void tail_abort(struct store_write *base)
{
    struct tail_write *write = (struct tail_write *)base;
    store_abort(write->inner);
    version_drop(write->next);
    write_end(write);
}

static enum status row_put(struct tail_write *write)
{
    struct tail_version *next = write->next;
    uint8_t key[8];
    if (write->row.size == 0)
        return STATUS_OK;
    be64_store(key, next->next++);
    next->bytes += write->row.size;
    return store_put(write->inner, TABLE_TAIL, bytes_of(key, sizeof key), buffer_view(&write->row));
}

/*
 * A reader that begins between the inner commit and the change of |version| must see both or
 * neither: |pending| waits beside |version|, and the number of the reader's snapshot tells which of
 * them is its own. After a failed commit it stays there: what a snapshot shows then is not known
 * before.
 */
static enum status tail_commit(struct store_write *base)
{
    struct tail_write *write = (struct tail_write *)base;
    struct tail_store *tail = write->tail;
    struct tail_version *next = write->next, *dropped = NULL;
    enum status status = row_put(write);
    if (status != STATUS_OK) {
        tail_abort(base);
        return status;
    }
    next->commit = write->view.inner->driver->number(write->view.inner);
    pthread_mutex_lock(&tail->lock);
    dropped = tail->pending;
    tail->pending = next;
    pthread_mutex_unlock(&tail->lock);
    version_drop(dropped);
    dropped = NULL;
    status = store_commit(write->inner);
    if (status == STATUS_OK) {
        pthread_mutex_lock(&tail->lock);
        dropped = tail->version;
        tail->version = next;
        tail->pending = NULL;
        pthread_mutex_unlock(&tail->lock);
        version_drop(dropped);
    }
    write_end(write);
    return status;
}

static struct store_read *tail_view(struct store_write *base)
{
    return &((struct tail_write *)base)->view.base;
}

/* ---- reading ---- */

/* The version of the moment |snapshot| shows, counted. */
static enum status version_find(struct tail_store *tail, struct tail_read *snapshot)
{
    uint64_t number = snapshot->inner->driver->number(snapshot->inner);
    if (tail->reader) {
        snapshot->version = version_new();
        return snapshot->version ? rows_read(snapshot->inner, snapshot->version) : STATUS_NO_MEMORY;
    }
    bool committed = tail->pending && number >= tail->pending->commit;
    snapshot->version = committed ? tail->pending : tail->version;
    atomic_fetch_add_explicit(&snapshot->version->references, 1, memory_order_relaxed);
    return STATUS_OK;
}

static enum status tail_read_begin(struct store *store, struct store_read **read)
{
    struct tail_store *tail = tail_of(store);
    struct tail_read *snapshot = calloc(1, sizeof *snapshot);
    if (!snapshot)
        return STATUS_NO_MEMORY;
    snapshot->base.driver = store->driver;
    pthread_mutex_lock(&tail->lock);
    enum status status = store_read_begin(tail->inner, &snapshot->inner);
    if (status == STATUS_OK)
        status = version_find(tail, snapshot);
    pthread_mutex_unlock(&tail->lock);
    if (status != STATUS_OK) {
        store_read_end(snapshot->inner);
        version_drop(snapshot->version);
        free(snapshot);
        return status;
    }
    snapshot->roots = snapshot->version->roots;
    *read = &snapshot->base;
    return STATUS_OK;
}

static void tail_read_end(struct store_read *base)
{
    struct tail_read *read = (struct tail_read *)base;
    assert(read->version); /* a write's view ends with the write */
    store_read_end(read->inner);
    version_drop(read->version);
    free(read);
}

static uint64_t tail_number(struct store_read *base)
{
    struct tail_read *read = (struct tail_read *)base;
    return read->inner->driver->number(read->inner);
}

static enum status tail_get(struct store_read *base, enum store_table table, struct bytes key,
                            struct bytes *value)
{
    const struct tail_read *read = (const struct tail_read *)base;
    const struct tree_entry *entry = tree_get(read->roots[table], key);
    if (!entry)
        return store_get(read->inner, table, key, value);
    if (!tail_is_put(entry))
        return STATUS_NOT_FOUND;
    *value = tail_value(entry);
    return STATUS_OK;
}

/* ---- the store ---- */

static void tail_close(struct store *store)
{
    struct tail_store *tail = tail_of(store);
    assert(!tail->writing);
    version_drop(tail->version);
    version_drop(tail->pending);
    buffer_deinit(&tail->write.row);
    buffer_deinit(&tail->write.scratch);
    pthread_mutex_destroy(&tail->lock);
    store_close(tail->inner);
    free(tail);
}

static enum status tail_room(struct store *store, uint64_t *free_bytes, bool *reserve)
{
    return store_room(tail_of(store)->inner, free_bytes, reserve);
}

/* The tail is in the inner store, too: its copy is whole. */
static uint64_t tail_copy_bytes(struct store *store)
{
    struct store *inner = tail_of(store)->inner;
    return inner->driver->copy_bytes(inner);
}

static enum status tail_copy(struct store *store, int descriptor)
{
    struct store *inner = tail_of(store)->inner;
    return inner->driver->copy ? inner->driver->copy(inner, descriptor) : STATUS_USAGE;
}

static const struct store_driver tail_driver = {
    .close = tail_close,
    .room = tail_room,
    .copy_bytes = tail_copy_bytes,
    .copy = tail_copy,
    .write_begin = tail_write_begin,
    .put = tail_put,
    .remove = tail_remove,
    .commit = tail_commit,
    .abort = tail_abort,
    .view = tail_view,
    .read_begin = tail_read_begin,
    .read_end = tail_read_end,
    .number = tail_number,
    .get = tail_get,
    .cursor_open = tail_cursor_open,
    .cursor_close = tail_cursor_close,
    .seek = tail_cursor_seek,
    .seek_last = tail_cursor_seek_last,
    .next = tail_cursor_next,
    .previous = tail_cursor_previous,
};

/* A newer program's layout number may still lie in the tail. */
static enum status layout_judge(struct store *store)
{
    struct store_read *read = NULL;
    struct bytes value;
    enum status status = store_read_begin(store, &read);
    if (status != STATUS_OK)
        return status;
    status = store_get(read, TABLE_META, bytes_of(STORE_VERSION_KEY, 1), &value);
    if (status == STATUS_OK && value.size == 4 && be32_load(value.at) > STORE_VERSION)
        status = STATUS_STORE_NEWER;
    store_read_end(read);
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

static enum status rows_take(struct tail_store *tail)
{
    struct store_read *inner = NULL;
    enum status status = store_read_begin(tail->inner, &inner);
    if (status != STATUS_OK)
        return status;
    status = rows_read(inner, tail->version);
    store_read_end(inner);
    return status;
}

static enum status open_over(struct store *inner, bool reader, struct store **store)
{
    struct tail_store *tail = calloc(1, sizeof *tail);
    struct tail_version *version = version_new();
    if (!tail || !version || pthread_mutex_init(&tail->lock, NULL) != 0) {
        free(tail);
        version_drop(version);
        store_close(inner);
        return STATUS_NO_MEMORY;
    }
    tail->base.driver = &tail_driver;
    tail->inner = inner;
    tail->reader = reader;
    tail->version = version;
    tail->write.base.driver = &tail_driver;
    tail->write.tail = tail;
    tail->write.view.base.driver = &tail_driver;
    tail->write.view.write = &tail->write;
    buffer_init(&tail->write.row, TAIL_COMMIT_BYTES);
    buffer_init(&tail->write.scratch, 1 + STORE_VALUE_BYTES);
    enum status status = reader ? STATUS_OK : rows_take(tail);
    if (status == STATUS_OK)
        status = layout_judge(&tail->base);
    if (status != STATUS_OK) {
        tail_close(&tail->base);
        return status;
    }
    *store = &tail->base;
    return STATUS_OK;
}

enum status tail_open(struct store *inner, struct store **store)
{
    return open_over(inner, false, store);
}

enum status tail_open_reader(struct store *inner, struct store **store)
{
    return open_over(inner, true, store);
}
