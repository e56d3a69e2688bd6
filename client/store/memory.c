/*
 * A store in memory: per table a tree that shares what did not change with the versions before. A
 * version is what one commit left; a reader keeps its version, a bounded chain of older ones lets
 * the last commits be forgotten.
 */
#include "client/store/driver.h"
#include "client/store/tree.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct version {
    atomic_uint references;
    uint64_t number; /* of the commit */
    struct tree_node *roots[TABLE_COUNT];
    struct version *older; /* one of the history; counted */
};

struct memory_read {
    struct store_read base;
    struct version *version; /* counted; NULL for a write's view */
    uint64_t number;
    struct tree_node *const *roots;
};

struct memory_store;

struct memory_write {
    struct store_write base;
    struct memory_store *store;
    struct tree_node *roots[TABLE_COUNT];
    struct memory_read view;
    uint64_t edit;
};

struct memory_store {
    struct store base;
    pthread_mutex_t lock; /* guards |version| */
    struct version *version;
    struct memory_write write;
    bool writing;
    bool failed;
    uint64_t edits;
    uint64_t fail_countdown;
    bool failed_lands;
    struct version *landed; /* counted: what a failed commit has left on the disk; or NULL */
    uint64_t fill_countdown;
    bool full;
    uint64_t free_bytes;
    bool reserve;
};

struct memory_cursor {
    struct store_cursor base;
    struct memory_read *read;
    enum store_table table;
    struct tree_entry *entry; /* where it stands, counted; NULL: nowhere yet */
};

static struct memory_store *memory_of(struct store *store)
{
    return (struct memory_store *)store;
}

/* ---- versions ---- */

static void version_drop(struct version *version)
{
    while (version &&
           atomic_fetch_sub_explicit(&version->references, 1, memory_order_acq_rel) == 1) {
        struct version *older = version->older;
        for (size_t i = 0; i < TABLE_COUNT; i++)
            tree_drop(version->roots[i]);
        free(version);
        version = older;
    }
}

static struct version *version_keep(struct version *version)
{
    atomic_fetch_add_explicit(&version->references, 1, memory_order_relaxed);
    return version;
}

/* Cuts the chain of older versions behind STORE_MEMORY_HISTORY of them. */
static void version_trim(struct version *version)
{
    for (size_t i = 0; version && i < STORE_MEMORY_HISTORY; i++)
        version = version->older;
    if (version) {
        version_drop(version->older);
        version->older = NULL;
    }
}

/* ---- the driver ---- */

static void memory_close(struct store *store)
{
    struct memory_store *memory = memory_of(store);
    assert(!memory->writing);
    version_drop(memory->version);
    version_drop(memory->landed);
    pthread_mutex_destroy(&memory->lock);
    free(memory);
}

static enum status memory_room(struct store *store, uint64_t *free_bytes, bool *reserve)
{
    *free_bytes = memory_of(store)->free_bytes;
    *reserve = memory_of(store)->reserve;
    return STATUS_OK;
}

static enum status memory_write_begin(struct store *store, struct store_write **write)
{
    struct memory_store *memory = memory_of(store);
    assert(!memory->writing);
    if (memory->failed)
        return STATUS_IO;
    memory->writing = true;
    memory->write.edit = ++memory->edits;
    memory->write.view.number = memory->edits;
    for (size_t i = 0; i < TABLE_COUNT; i++)
        memory->write.roots[i] = tree_keep(memory->version->roots[i]);
    *write = &memory->write.base;
    return STATUS_OK;
}

static enum status memory_put(struct store_write *base, enum store_table table, struct bytes key,
                              struct bytes value)
{
    struct memory_write *write = (struct memory_write *)base;
    struct memory_store *memory = write->store;
    if (memory->fill_countdown > 0 && --memory->fill_countdown == 0)
        memory->full = true;
    if (memory->full)
        return STATUS_FULL;
    struct tree_entry *entry = tree_entry_new(key, value);
    if (!entry)
        return STATUS_NO_MEMORY;
    if (!tree_put(write->edit, &write->roots[table], entry)) {
        tree_entry_drop(entry);
        return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static enum status memory_remove(struct store_write *base, enum store_table table, struct bytes key)
{
    struct memory_write *write = (struct memory_write *)base;
    if (!tree_get(write->roots[table], key))
        return STATUS_NOT_FOUND;
    if (!tree_delete(write->edit, &write->roots[table], key))
        return STATUS_NO_MEMORY;
    return STATUS_OK;
}

static void memory_abort(struct store_write *base)
{
    struct memory_write *write = (struct memory_write *)base;
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        tree_drop(write->roots[i]);
        write->roots[i] = NULL;
    }
    write->store->writing = false;
}

/* The write's trees as a version; they are the write's no more. NULL: out of memory. */
static struct version *version_of(struct memory_write *write)
{
    struct version *version = calloc(1, sizeof *version);
    if (!version)
        return NULL;
    atomic_init(&version->references, 1);
    version->number = write->edit;
    memcpy(version->roots, write->roots, sizeof version->roots);
    memset(write->roots, 0, sizeof write->roots);
    return version;
}

static enum status memory_commit(struct store_write *base)
{
    struct memory_write *write = (struct memory_write *)base;
    struct memory_store *memory = write->store;
    bool fails = memory->fail_countdown > 0 && --memory->fail_countdown == 0;
    struct version *version = fails && !memory->failed_lands ? NULL : version_of(write);
    if (fails)
        memory->landed = version;
    if (fails || !version) {
        memory->failed = true;
        memory_abort(base);
        return STATUS_IO;
    }
    pthread_mutex_lock(&memory->lock);
    version->older = memory->version;
    memory->version = version;
    version_trim(version);
    pthread_mutex_unlock(&memory->lock);
    memory->writing = false;
    return STATUS_OK;
}

static struct store_read *memory_view(struct store_write *base)
{
    return &((struct memory_write *)base)->view.base;
}

static enum status memory_read_begin(struct store *store, struct store_read **read)
{
    struct memory_store *memory = memory_of(store);
    struct memory_read *snapshot = malloc(sizeof *snapshot);
    if (!snapshot)
        return STATUS_NO_MEMORY;
    snapshot->base = (struct store_read){store->driver};
    pthread_mutex_lock(&memory->lock);
    snapshot->version = version_keep(memory->version);
    pthread_mutex_unlock(&memory->lock);
    snapshot->number = snapshot->version->number;
    snapshot->roots = snapshot->version->roots;
    *read = &snapshot->base;
    return STATUS_OK;
}

static void memory_read_end(struct store_read *base)
{
    struct memory_read *read = (struct memory_read *)base;
    assert(read->version); /* a write's view ends with the write */
    version_drop(read->version);
    free(read);
}

static uint64_t memory_number(struct store_read *base)
{
    return ((const struct memory_read *)base)->number;
}

static enum status memory_get(struct store_read *base, enum store_table table, struct bytes key,
                              struct bytes *value)
{
    const struct memory_read *read = (const struct memory_read *)base;
    const struct tree_entry *entry = tree_get(read->roots[table], key);
    if (!entry)
        return STATUS_NOT_FOUND;
    *value = tree_value(entry);
    return STATUS_OK;
}

static enum status memory_cursor_open(struct store_read *read, enum store_table table,
                                      struct store_cursor **cursor)
{
    struct memory_cursor *opened = calloc(1, sizeof *opened);
    if (!opened)
        return STATUS_NO_MEMORY;
    opened->base.driver = read->driver;
    opened->read = (struct memory_read *)read;
    opened->table = table;
    *cursor = &opened->base;
    return STATUS_OK;
}

static void memory_cursor_close(struct store_cursor *base)
{
    struct memory_cursor *cursor = (struct memory_cursor *)base;
    tree_entry_drop(cursor->entry);
    free(cursor);
}

static enum status cursor_stand(struct memory_cursor *cursor, struct tree_entry *entry,
                                struct bytes *found, struct bytes *value)
{
    if (!entry)
        return STATUS_NOT_FOUND;
    tree_entry_keep(entry);
    tree_entry_drop(cursor->entry);
    cursor->entry = entry;
    *found = tree_key(entry);
    *value = tree_value(entry);
    return STATUS_OK;
}

static enum status memory_seek(struct store_cursor *base, struct bytes key, struct bytes *found,
                               struct bytes *value)
{
    struct memory_cursor *cursor = (struct memory_cursor *)base;
    const struct tree_node *root = cursor->read->roots[cursor->table];
    return cursor_stand(cursor, tree_above(root, key, true), found, value);
}

static enum status memory_seek_last(struct store_cursor *base, struct bytes key,
                                    struct bytes *found, struct bytes *value)
{
    struct memory_cursor *cursor = (struct memory_cursor *)base;
    const struct tree_node *root = cursor->read->roots[cursor->table];
    return cursor_stand(cursor, tree_below(root, key, true), found, value);
}

static enum status memory_next(struct store_cursor *base, struct bytes *found, struct bytes *value)
{
    struct memory_cursor *cursor = (struct memory_cursor *)base;
    const struct tree_node *root = cursor->read->roots[cursor->table];
    struct tree_entry *entry =
        cursor->entry ? tree_above(root, tree_key(cursor->entry), false) : tree_end(root, false);
    return cursor_stand(cursor, entry, found, value);
}

static enum status memory_previous(struct store_cursor *base, struct bytes *found,
                                   struct bytes *value)
{
    struct memory_cursor *cursor = (struct memory_cursor *)base;
    const struct tree_node *root = cursor->read->roots[cursor->table];
    struct tree_entry *entry =
        cursor->entry ? tree_below(root, tree_key(cursor->entry), false) : tree_end(root, true);
    return cursor_stand(cursor, entry, found, value);
}

static const struct store_driver memory_driver = {
    .close = memory_close,
    .room = memory_room,
    .write_begin = memory_write_begin,
    .put = memory_put,
    .remove = memory_remove,
    .commit = memory_commit,
    .abort = memory_abort,
    .view = memory_view,
    .read_begin = memory_read_begin,
    .read_end = memory_read_end,
    .number = memory_number,
    .get = memory_get,
    .cursor_open = memory_cursor_open,
    .cursor_close = memory_cursor_close,
    .seek = memory_seek,
    .seek_last = memory_seek_last,
    .next = memory_next,
    .previous = memory_previous,
};

static struct memory_store *memory_new(void)
{
    struct memory_store *memory = calloc(1, sizeof *memory);
    if (!memory)
        return NULL;
    memory->version = calloc(1, sizeof *memory->version);
    if (!memory->version) {
        free(memory);
        return NULL;
    }
    atomic_init(&memory->version->references, 1);
    memory->base.driver = &memory_driver;
    pthread_mutex_init(&memory->lock, NULL);
    memory->free_bytes = UINT64_MAX;
    memory->write.base.driver = &memory_driver;
    memory->write.store = memory;
    memory->write.view.base.driver = &memory_driver;
    memory->write.view.roots = memory->write.roots;
    return memory;
}

enum status store_open_memory(struct store **store)
{
    struct memory_store *memory = memory_new();
    if (!memory)
        return STATUS_NO_MEMORY;
    uint8_t version[4];
    be32_store(version, STORE_VERSION);
    struct tree_entry *entry =
        tree_entry_new(bytes_of(STORE_VERSION_KEY, 1), bytes_of(version, sizeof version));
    if (!entry || !tree_put(0, &memory->version->roots[TABLE_META], entry)) {
        tree_entry_drop(entry);
        memory_close(&memory->base);
        return STATUS_NO_MEMORY;
    }
    *store = &memory->base;
    return STATUS_OK;
}

struct store *store_memory_clone(const struct store *store)
{
    const struct memory_store *from = (const struct memory_store *)store;
    struct memory_store *copy = memory_new();
    if (!copy)
        return NULL;
    for (size_t i = 0; i < TABLE_COUNT; i++)
        copy->version->roots[i] = tree_keep(from->version->roots[i]);
    copy->edits = from->edits; /* no node is taken for the copy's own */
    return &copy->base;
}

void store_memory_forget(struct store *store, uint64_t commits)
{
    struct memory_store *memory = memory_of(store);
    assert(!memory->writing);
    memory->failed = false;
    if (memory->landed) {
        memory->landed->older = memory->version;
        memory->version = memory->landed;
        memory->landed = NULL;
        version_trim(memory->version);
    }
    while (commits > 0 && memory->version->older) {
        struct version *lost = memory->version;
        memory->version = version_keep(lost->older);
        version_drop(lost);
        commits--;
    }
}

void store_memory_fail_commit(struct store *store, uint64_t countdown)
{
    memory_of(store)->fail_countdown = countdown;
}

void store_memory_land_failed(struct store *store, bool lands)
{
    memory_of(store)->failed_lands = lands;
}

void store_memory_fill(struct store *store, uint64_t countdown)
{
    memory_of(store)->fill_countdown = countdown;
    memory_of(store)->full = false;
}

static struct tree_entry *row_at(const struct tree_node *tree, uint64_t row)
{
    uint64_t count = 0;
    struct tree_entry *first = tree_end(tree, false);
    for (struct tree_entry *at = first; at; at = tree_above(tree, tree_key(at), false))
        count++;
    struct tree_entry *found = first;
    for (uint64_t i = 0; count > 0 && i < row % count; i++)
        found = tree_above(tree, tree_key(found), false);
    return found;
}

bool store_memory_flip(struct store *store, enum store_table table, uint64_t row, uint64_t bit,
                       struct buffer *was)
{
    struct memory_store *memory = memory_of(store);
    struct tree_node **root = &memory->version->roots[table];
    struct tree_entry *found = row_at(*root, row);
    assert(!memory->writing);
    struct bytes value = found ? tree_value(found) : (struct bytes){NULL, 0};
    uint8_t *bytes = value.size > 0 ? malloc(value.size) : NULL;
    if (!bytes)
        return false;
    bit %= 8 * value.size;
    buffer_append_bytes(was, value);
    memcpy(bytes, value.at, value.size);
    bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    struct tree_entry *changed = tree_entry_new(tree_key(found), bytes_of(bytes, value.size));
    free(bytes);
    bool flipped = changed && tree_put(++memory->edits, root, changed);
    memory->version->number = memory->edits;
    if (!flipped)
        tree_entry_drop(changed);
    return flipped && buffer_status(was) == STATUS_OK;
}

void store_memory_set_room(struct store *store, uint64_t free_bytes, bool reserve)
{
    memory_of(store)->free_bytes = reserve ? 0 : free_bytes;
    memory_of(store)->reserve = reserve;
}
