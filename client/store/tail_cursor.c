/*
 * A cursor over a table and what the tail lays over it: the inner cursor stands at the nearest
 * entry of the table that was not given yet, the tree is asked for its own, and the nearer of the
 * two comes next.
 */
#include "client/store/tail_inside.h"

#include <stdlib.h>
#include <string.h>

enum inner_state {
    INNER_LOST,  /* to be sought */
    INNER_READY, /* |key| is the next one */
    INNER_GIVEN, /* |key| was given: the one behind it comes next */
    INNER_END    /* there is none in this direction */
};

struct tail_cursor {
    struct store_cursor base;
    struct tail_read *read;
    enum store_table table;
    struct store_cursor *inner;
    enum inner_state state;
    bool forward; /* the direction |state| is of */
    struct bytes key, value;
    uint64_t changes; /* of the write when |state| was found */
    size_t at_size;   /* where the cursor stands; 0: nowhere yet */
    uint8_t at[STORE_KEY_BYTES];
};

static struct tail_cursor *cursor_of(struct store_cursor *cursor)
{
    return (struct tail_cursor *)cursor;
}

enum status tail_cursor_open(struct store_read *base, enum store_table table,
                             struct store_cursor **cursor)
{
    struct tail_read *read = (struct tail_read *)base;
    struct tail_cursor *opened = malloc(sizeof *opened);
    if (!opened)
        return STATUS_NO_MEMORY;
    enum status status = store_cursor_open(read->inner, table, &opened->inner);
    if (status != STATUS_OK) {
        free(opened);
        return status;
    }
    opened->base.driver = base->driver;
    opened->read = read;
    opened->table = table;
    opened->state = INNER_LOST;
    opened->forward = true;
    opened->changes = 0;
    opened->at_size = 0;
    *cursor = &opened->base;
    return STATUS_OK;
}

void tail_cursor_close(struct store_cursor *base)
{
    struct tail_cursor *cursor = cursor_of(base);
    store_cursor_close(cursor->inner);
    free(cursor);
}

static uint64_t changes_of(const struct tail_cursor *cursor)
{
    return cursor->read->write ? cursor->read->write->changes : 0;
}

static enum status inner_note(struct tail_cursor *cursor, enum status status)
{
    cursor->state = status == STATUS_OK ? INNER_READY : INNER_END;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status inner_step(struct tail_cursor *cursor)
{
    enum status status = cursor->forward
                             ? store_next(cursor->inner, &cursor->key, &cursor->value)
                             : store_previous(cursor->inner, &cursor->key, &cursor->value);
    return inner_note(cursor, status);
}

/* Puts the inner cursor at the first entry beyond |from| in the direction, or at it, if |equal|. */
static enum status inner_seek(struct tail_cursor *cursor, bool forward, struct bytes from,
                              bool equal)
{
    cursor->forward = forward;
    cursor->changes = changes_of(cursor);
    enum status status = forward
                             ? store_seek(cursor->inner, from, &cursor->key, &cursor->value)
                             : store_seek_last(cursor->inner, from, &cursor->key, &cursor->value);
    if (status == STATUS_OK && !equal && bytes_equal(cursor->key, from))
        return inner_step(cursor);
    return inner_note(cursor, status);
}

static struct tree_entry *tree_beyond(const struct tail_cursor *cursor, struct bytes from,
                                      bool equal)
{
    const struct tree_node *root = cursor->read->roots[cursor->table];
    return cursor->forward ? tree_above(root, from, equal) : tree_below(root, from, equal);
}

static enum status give(struct tail_cursor *cursor, struct bytes key, struct bytes value,
                        struct bytes *found, struct bytes *found_value)
{
    memcpy(cursor->at, key.at, key.size);
    cursor->at_size = key.size;
    *found = key;
    *found_value = value;
    return STATUS_OK;
}

/* The nearest of both beyond |from|, the inner cursor being READY or at its END. */
static enum status nearest(struct tail_cursor *cursor, struct bytes from, bool equal,
                           struct bytes *found, struct bytes *value)
{
    struct tree_entry *entry = tree_beyond(cursor, from, equal);
    while (entry) {
        int order = cursor->state == INNER_READY ? bytes_compare(tree_key(entry), cursor->key) : 0;
        if (cursor->state == INNER_READY && order != 0 && (order < 0) != cursor->forward)
            break;
        if (cursor->state == INNER_READY && order == 0)
            cursor->state = INNER_GIVEN; /* the tail's hides the table's */
        if (tail_is_put(entry))
            return give(cursor, tree_key(entry), tail_value(entry), found, value);
        if (cursor->state == INNER_GIVEN) {
            enum status status = inner_step(cursor);
            if (status != STATUS_OK)
                return status;
        }
        entry = tree_beyond(cursor, tree_key(entry), false);
    }
    if (cursor->state != INNER_READY)
        return STATUS_NOT_FOUND;
    cursor->state = INNER_GIVEN;
    return give(cursor, cursor->key, cursor->value, found, value);
}

static enum status seek(struct tail_cursor *cursor, bool forward, struct bytes from,
                        struct bytes *found, struct bytes *value)
{
    enum status status = inner_seek(cursor, forward, from, true);
    return status == STATUS_OK ? nearest(cursor, from, true, found, value) : status;
}

static enum status step(struct tail_cursor *cursor, bool forward, struct bytes *found,
                        struct bytes *value)
{
    static const uint8_t lowest[1] = {0};
    uint8_t highest[STORE_KEY_BYTES];
    enum status status = STATUS_OK;
    if (cursor->at_size == 0) {
        memset(highest, 0xff, sizeof highest);
        return seek(cursor, forward,
                    forward ? bytes_of(lowest, sizeof lowest) : bytes_of(highest, sizeof highest),
                    found, value);
    }
    struct bytes from = bytes_of(cursor->at, cursor->at_size);
    if (cursor->forward != forward || cursor->changes != changes_of(cursor) ||
        cursor->state == INNER_LOST)
        status = inner_seek(cursor, forward, from, false);
    else if (cursor->state == INNER_GIVEN)
        status = inner_step(cursor);
    return status == STATUS_OK ? nearest(cursor, from, false, found, value) : status;
}

enum status tail_cursor_seek(struct store_cursor *base, struct bytes key, struct bytes *found,
                             struct bytes *value)
{
    return seek(cursor_of(base), true, key, found, value);
}

enum status tail_cursor_seek_last(struct store_cursor *base, struct bytes key, struct bytes *found,
                                  struct bytes *value)
{
    return seek(cursor_of(base), false, key, found, value);
}

enum status tail_cursor_next(struct store_cursor *base, struct bytes *found, struct bytes *value)
{
    return step(cursor_of(base), true, found, value);
}

enum status tail_cursor_previous(struct store_cursor *base, struct bytes *found,
                                 struct bytes *value)
{
    return step(cursor_of(base), false, found, value);
}
