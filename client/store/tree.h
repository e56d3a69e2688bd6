/*
 * A treap whose nodes are shared between versions and copied on the path of a change. A node made
 * under the current |edit| belongs to that edit alone and is changed in place; an edit number is
 * never used twice over trees that share nodes. The priority of a node is a hash of its key, so the
 * shape of a tree depends on nothing but its keys. References are counted atomically: trees may be
 * dropped on any thread.
 */
#ifndef HOSO_CLIENT_STORE_TREE_H
#define HOSO_CLIENT_STORE_TREE_H

#include "protocol/base/bytes.h"

struct tree_entry;
struct tree_node; /* NULL: the empty tree */

/* A counted copy of key and value. NULL: out of memory. */
struct tree_entry *tree_entry_new(struct bytes key, struct bytes value);
/* One more reference, returned; one less, and the last one frees it. */
struct tree_entry *tree_entry_keep(struct tree_entry *entry);
void tree_entry_drop(struct tree_entry *entry);
/* Borrowed from the entry. */
struct bytes tree_key(const struct tree_entry *entry);
struct bytes tree_value(const struct tree_entry *entry);

/* The same of a whole tree; NULL is the empty one. */
struct tree_node *tree_keep(struct tree_node *tree);
void tree_drop(struct tree_node *tree);

/* Takes |entry| over, in place of one of the same key. False: out of memory, all keys and values
 * are as they were and the entry stays the caller's. */
bool tree_put(uint64_t edit, struct tree_node **tree, struct tree_entry *entry);
/* Removes |key|, which is there. False: out of memory, the tree is only good for tree_drop(). */
bool tree_delete(uint64_t edit, struct tree_node **tree, struct bytes key);

/* NULL if there is none. Borrowed from the tree. */
struct tree_entry *tree_get(const struct tree_node *tree, struct bytes key);
/* The first entry above |key|, the last one below it; or at it, if |equal|. */
struct tree_entry *tree_above(const struct tree_node *tree, struct bytes key, bool equal);
struct tree_entry *tree_below(const struct tree_node *tree, struct bytes key, bool equal);
/* The first or the last entry. */
struct tree_entry *tree_end(const struct tree_node *tree, bool last);

#endif
