#include "client/link/presence.h"

#include <stdlib.h>
#include <string.h>

struct present {
    struct public_key key;
    uint64_t links[PRESENCE_LINKS]; /* the first to come first; 0: none */
    uint64_t fault_us;              /* the last one */
    uint64_t until_us;              /* not welcome before */
    uint64_t wait_ms;               /* after that fault */
};

void presence_deinit(struct presence *presence)
{
    free(presence->keys);
    memset(presence, 0, sizeof *presence);
}

/* Index of the first one not below |key|. */
static size_t place_of(const struct presence *presence, const struct public_key *key)
{
    size_t low = 0;
    size_t high = presence->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (memcmp(presence->keys[middle].key.bytes, key->bytes, sizeof key->bytes) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct present *find(const struct presence *presence, const struct public_key *key)
{
    size_t place = place_of(presence, key);

    return place < presence->count && public_key_equal(&presence->keys[place].key, key)
               ? &presence->keys[place]
               : NULL;
}

static struct present *put(struct presence *presence, const struct public_key *key)
{
    size_t place = place_of(presence, key);
    struct present *found = find(presence, key);

    if (found != NULL)
        return found;
    if (presence->keys == NULL || presence->count == presence->capacity) {
        size_t capacity = presence->capacity == 0 ? 16 : 2 * presence->capacity;
        struct present *keys = realloc(presence->keys, capacity * sizeof *keys);

        if (keys == NULL)
            return NULL;
        presence->keys = keys;
        presence->capacity = capacity;
    }
    found = &presence->keys[place];
    memmove(found + 1, found, (presence->count - place) * sizeof *found);
    memset(found, 0, sizeof *found);
    found->key = *key;
    presence->count++;
    return found;
}

static void forget(struct present *present, size_t index)
{
    memmove(present->links + index, present->links + index + 1,
            (PRESENCE_LINKS - 1 - index) * sizeof *present->links);
    present->links[PRESENCE_LINKS - 1] = 0;
}

enum status presence_enter(struct presence *presence, const struct public_key *key, uint64_t link,
                           uint64_t now_us, uint64_t *dropped, uint64_t *wait_ms)
{
    struct present *present = put(presence, key);
    size_t count = 0;

    *dropped = 0;
    *wait_ms = 0;
    if (present == NULL)
        return STATUS_NO_MEMORY;
    if (present->until_us > now_us) {
        *wait_ms = (present->until_us - now_us) / 1000 + 1;
        return STATUS_OK;
    }
    while (count < PRESENCE_LINKS && present->links[count] != 0)
        count++;
    if (count == PRESENCE_LINKS) {
        *dropped = present->links[0];
        forget(present, 0);
        count--;
    }
    present->links[count] = link;
    return STATUS_OK;
}

void presence_leave(struct presence *presence, const struct public_key *key, uint64_t link,
                    bool broke, uint64_t now_us)
{
    struct present *present = find(presence, key);

    if (present == NULL)
        return;
    for (size_t i = 0; i < PRESENCE_LINKS; i++) {
        if (present->links[i] == link)
            forget(present, i);
    }
    if (!broke)
        return;
    if (present->wait_ms == 0 ||
        now_us - present->fault_us > (uint64_t)PRESENCE_FORGIVEN_S * 1000000)
        present->wait_ms = PRESENCE_WAIT_MS;
    else if (present->wait_ms < PRESENCE_WAIT_MOST_MS)
        present->wait_ms *= 2;
    if (present->wait_ms > PRESENCE_WAIT_MOST_MS)
        present->wait_ms = PRESENCE_WAIT_MOST_MS;
    present->fault_us = now_us;
    present->until_us = now_us + present->wait_ms * 1000;
}
