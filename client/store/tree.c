#include "client/store/tree.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct tree_entry {
    atomic_uint references;
    uint32_t value_size;
    uint16_t key_size;
    uint8_t data[]; /* key, value */
};

struct tree_node {
    atomic_uint references;
    uint32_t priority;
    uint64_t edit;
    struct tree_node *left;
    struct tree_node *right;
    struct tree_entry *entry;
};

struct tree_entry *tree_entry_new(struct bytes key, struct bytes value)
{
    struct tree_entry *entry = malloc(sizeof *entry + key.size + value.size);
    if (!entry)
        return NULL;
    atomic_init(&entry->references, 1);
    entry->key_size = (uint16_t)key.size;
    entry->value_size = (uint32_t)value.size;
    memcpy(entry->data, key.at, key.size);
    if (value.size > 0)
        memcpy(entry->data + key.size, value.at, value.size);
    return entry;
}

struct tree_entry *tree_entry_keep(struct tree_entry *entry)
{
    atomic_fetch_add_explicit(&entry->references, 1, memory_order_relaxed);
    return entry;
}

void tree_entry_drop(struct tree_entry *entry)
{
    if (entry && atomic_fetch_sub_explicit(&entry->references, 1, memory_order_acq_rel) == 1)
        free(entry);
}

struct bytes tree_key(const struct tree_entry *entry)
{
    return bytes_of(entry->data, entry->key_size);
}

struct bytes tree_value(const struct tree_entry *entry)
{
    return bytes_of(entry->data + entry->key_size, entry->value_size);
}

struct tree_node *tree_keep(struct tree_node *node)
{
    if (node)
        atomic_fetch_add_explicit(&node->references, 1, memory_order_relaxed);
    return node;
}

void tree_drop(struct tree_node *node)
{
    while (node && atomic_fetch_sub_explicit(&node->references, 1, memory_order_acq_rel) == 1) {
        struct tree_node *right = node->right;
        tree_drop(node->left);
        tree_entry_drop(node->entry);
        free(node);
        node = right;
    }
}

/* Makes the node at |slot| the write's own. */
static bool node_own(uint64_t edit, struct tree_node **slot)
{
    struct tree_node *old = *slot;
    if (old->edit == edit)
        return true;
    struct tree_node *copy = malloc(sizeof *copy);
    if (!copy)
        return false;
    atomic_init(&copy->references, 1);
    copy->priority = old->priority;
    copy->edit = edit;
    copy->left = tree_keep(old->left);
    copy->right = tree_keep(old->right);
    copy->entry = tree_entry_keep(old->entry);
    tree_drop(old);
    *slot = copy;
    return true;
}

/* FNV-1a, then mixed: keys differ in their last bits only. */
static uint32_t priority_of(struct bytes key)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < key.size; i++)
        hash = (hash ^ key.at[i]) * 0x100000001b3u;
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdu;
    hash ^= hash >> 33;
    return (uint32_t)hash;
}

static void rotate_right(struct tree_node **slot)
{
    struct tree_node *node = *slot, *left = node->left;
    node->left = left->right;
    left->right = node;
    *slot = left;
}

static void rotate_left(struct tree_node **slot)
{
    struct tree_node *node = *slot, *right = node->right;
    node->right = right->left;
    right->left = node;
    *slot = right;
}

/* Takes |entry| over. False: out of memory, the tree is as it was. */
static bool put_at(uint64_t edit, struct tree_node **slot, struct tree_entry *entry,
                   uint32_t priority)
{
    if (!*slot) {
        struct tree_node *node = malloc(sizeof *node);
        if (!node)
            return false;
        atomic_init(&node->references, 1);
        node->priority = priority;
        node->edit = edit;
        node->left = node->right = NULL;
        node->entry = entry;
        *slot = node;
        return true;
    }
    if (!node_own(edit, slot))
        return false;
    struct tree_node *node = *slot;
    int order = bytes_compare(tree_key(entry), tree_key(node->entry));
    if (order == 0) {
        tree_entry_drop(node->entry);
        node->entry = entry;
        return true;
    }
    if (!put_at(edit, order < 0 ? &node->left : &node->right, entry, priority))
        return false;
    if (order < 0 && node->left && node->left->priority > node->priority)
        rotate_right(slot);
    else if (order > 0 && node->right && node->right->priority > node->priority)
        rotate_left(slot);
    return true;
}

bool tree_put(uint64_t edit, struct tree_node **slot, struct tree_entry *entry)
{
    return put_at(edit, slot, entry, priority_of(tree_key(entry)));
}

/* Joins two trees, every key of |left| below every key of |right|, into |*slot|. */
static bool tree_join(uint64_t edit, struct tree_node **slot, struct tree_node *left,
                      struct tree_node *right)
{
    if (!left || !right) {
        *slot = left ? left : right;
        return true;
    }
    bool left_wins = left->priority >= right->priority;
    *slot = left_wins ? left : right;
    if (!node_own(edit, slot)) {
        tree_drop(left_wins ? right : left);
        return false;
    }
    struct tree_node **inner = left_wins ? &(*slot)->right : &(*slot)->left;
    struct tree_node *rest = *inner;
    *inner = NULL;
    return left_wins ? tree_join(edit, inner, rest, right) : tree_join(edit, inner, left, rest);
}

/* Removes |key|, which is there. False: out of memory, the transaction can only be aborted. */
bool tree_delete(uint64_t edit, struct tree_node **slot, struct bytes key)
{
    if (!*slot)
        return true;
    if (!node_own(edit, slot))
        return false;
    struct tree_node *node = *slot;
    int order = bytes_compare(key, tree_key(node->entry));
    if (order != 0)
        return tree_delete(edit, order < 0 ? &node->left : &node->right, key);
    struct tree_node *left = node->left, *right = node->right;
    node->left = node->right = NULL;
    tree_drop(node);
    return tree_join(edit, slot, left, right);
}

struct tree_entry *tree_get(const struct tree_node *node, struct bytes key)
{
    while (node) {
        int order = bytes_compare(key, tree_key(node->entry));
        if (order == 0)
            return node->entry;
        node = order < 0 ? node->left : node->right;
    }
    return NULL;
}

/* The first entry above |key| (or at it, if |equal|). */
struct tree_entry *tree_above(const struct tree_node *node, struct bytes key, bool equal)
{
    struct tree_entry *best = NULL;
    while (node) {
        int order = bytes_compare(key, tree_key(node->entry));
        if (order < 0 || (order == 0 && equal)) {
            best = node->entry;
            node = node->left;
        } else {
            node = node->right;
        }
    }
    return best;
}

/* The last entry below |key| (or at it, if |equal|). */
struct tree_entry *tree_below(const struct tree_node *node, struct bytes key, bool equal)
{
    struct tree_entry *best = NULL;
    while (node) {
        int order = bytes_compare(key, tree_key(node->entry));
        if (order > 0 || (order == 0 && equal)) {
            best = node->entry;
            node = node->right;
        } else {
            node = node->left;
        }
    }
    return best;
}

struct tree_entry *tree_end(const struct tree_node *node, bool last)
{
    const struct tree_node *end = NULL;
    while (node) {
        end = node;
        node = last ? node->right : node->left;
    }
    return end ? end->entry : NULL;
}
