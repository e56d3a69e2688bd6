#include "tests/sim/queue.h"

#include <stdlib.h>

void item_release(struct item *item)
{
    if (item->payload && item->release)
        item->release(item->payload);
    item->payload = NULL;
}

const char *item_name(enum item_kind kind)
{
    static const char *const names[] = {
#define ITEM_NAME(name) #name,
        ITEM_TABLE(ITEM_NAME)
#undef ITEM_NAME
    };
    return kind < ITEM_KINDS ? names[kind] : "?";
}

void queue_deinit(struct queue *queue)
{
    for (size_t i = 0; i < queue->count; i++)
        item_release(&queue->items[i]);
    free(queue->items);
    *queue = (struct queue){0};
}

static bool earlier(const struct item *a, const struct item *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

void queue_push(struct queue *queue, struct item item)
{
    if (queue->count == queue->capacity) {
        size_t capacity = queue->capacity ? queue->capacity * 2 : 256;
        struct item *items = realloc(queue->items, capacity * sizeof *items);
        if (!items)
            abort();
        queue->items = items;
        queue->capacity = capacity;
    }
    item.order = queue->next_order++;
    size_t at = queue->count++;
    while (at > 0 && earlier(&item, &queue->items[(at - 1) / 2])) {
        queue->items[at] = queue->items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    queue->items[at] = item;
}

const struct item *queue_peek(const struct queue *queue)
{
    return queue->count ? &queue->items[0] : NULL;
}

bool queue_pop(struct queue *queue, struct item *item)
{
    if (queue->count == 0)
        return false;
    *item = queue->items[0];
    struct item last = queue->items[--queue->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= queue->count)
            break;
        if (child + 1 < queue->count && earlier(&queue->items[child + 1], &queue->items[child]))
            child++;
        if (!earlier(&queue->items[child], &last))
            break;
        queue->items[at] = queue->items[child];
        at = child;
    }
    if (queue->count)
        queue->items[at] = last;
    return true;
}
