#include "client/link/net/slots.h"

#include <stdlib.h>
#include <string.h>

static bool slots_grow(struct slots *slots)
{
    size_t count = slots->count == 0 ? 16 : 2 * slots->count;
    struct slot *at = count <= UINT32_MAX ? realloc(slots->at, count * sizeof *at) : NULL;

    if (at == NULL)
        return false;
    memset(at + slots->count, 0, (count - slots->count) * sizeof *at);
    slots->at = at;
    slots->count = count;
    return true;
}

uint64_t slots_add(struct slots *slots, void *item)
{
    size_t at = slots->free_hint;

    while (at < slots->count && slots->at[at].item != NULL)
        at++;
    if (at == slots->count && !slots_grow(slots))
        return 0;
    slots->free_hint = at + 1;
    slots->at[at].item = item;
    slots->at[at].id = (uint64_t)++slots->generation << 32 | at;
    return slots->at[at].id;
}

void *slots_find(const struct slots *slots, uint64_t id)
{
    size_t at = (size_t)(id & UINT32_MAX);

    return at < slots->count && slots->at[at].id == id ? slots->at[at].item : NULL;
}

void slots_remove(struct slots *slots, uint64_t id)
{
    size_t at = (size_t)(id & UINT32_MAX);

    if (slots_find(slots, id) == NULL)
        return;
    slots->at[at].item = NULL;
    if (at < slots->free_hint)
        slots->free_hint = at;
}

void slots_deinit(struct slots *slots)
{
    free(slots->at);
    memset(slots, 0, sizeof *slots);
}
