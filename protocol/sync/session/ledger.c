#include "protocol/sync/session/ledger.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ENTRIES = 4, ENTRY_BYTES = 16 + 8 + 16 };

struct head_place {
    struct name id16;
    size_t index;
};

void ledger_deinit(struct ledger *ledger)
{
    free(ledger->items);
    free(ledger->heads);
    *ledger = (struct ledger){0};
}

/* The index of the first entry not below |log|. The last place is tried first: loading ascends. */
static size_t place_of(const struct ledger *ledger, const struct name *log)
{
    size_t low = 0;
    size_t high = ledger->count;
    if (high > 0 && name_compare(&ledger->items[high - 1].log, log) < 0) {
        return high;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (name_compare(&ledger->items[middle].log, log) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct log_entry *ledger_find(const struct ledger *ledger, const struct name *log)
{
    size_t place = place_of(ledger, log);
    bool there = place < ledger->count && name_equal(&ledger->items[place].log, log);
    return there ? &ledger->items[place] : NULL;
}

static bool make_room(struct ledger *ledger, size_t more)
{
    size_t capacity = ledger->capacity == 0 ? FIRST_ENTRIES : ledger->capacity;
    if (more > SESSION_LOGS_MAX - ledger->count) {
        return false;
    }
    while (capacity < ledger->count + more) {
        capacity *= 2;
    }
    if (capacity == ledger->capacity) {
        return true;
    }
    struct log_entry *items = realloc(ledger->items, capacity * sizeof *items);
    if (items == NULL) {
        return false;
    }
    ledger->items = items;
    ledger->capacity = capacity;
    return true;
}

struct log_entry *ledger_put(struct ledger *ledger, const struct name *log)
{
    size_t place = place_of(ledger, log);
    if (place < ledger->count && name_equal(&ledger->items[place].log, log)) {
        return &ledger->items[place];
    }
    if (!make_room(ledger, 1)) {
        return NULL;
    }
    struct log_entry *entry = &ledger->items[place];
    memmove(entry + 1, entry, (ledger->count - place) * sizeof *entry);
    ledger->count++;
    ledger_moved(ledger);
    *entry = (struct log_entry){.log = *log};
    return entry;
}

static int compare_names(const void *a, const void *b)
{
    return name_compare(a, b);
}

bool ledger_put_all(struct ledger *ledger, struct name *names, size_t count)
{
    size_t fresh = 0;
    if (count > 1) {
        qsort(names, count, sizeof *names, compare_names);
    }
    for (size_t i = 0; i < count; i++) {
        bool again = i > 0 && name_equal(&names[i - 1], &names[i]);
        fresh += !again && ledger_find(ledger, &names[i]) == NULL;
    }
    if (fresh == 0) {
        return true;
    }
    if (!make_room(ledger, fresh)) {
        return false;
    }
    assert(ledger->items != NULL);
    ledger_moved(ledger);
    /* From behind, so that every entry moves once at most. */
    struct log_entry *to = ledger->items + ledger->count + fresh;
    size_t old = ledger->count;
    for (size_t i = count; i > 0 && fresh > 0; i--) {
        const struct name *name = &names[i - 1];
        while (old > 0 && name_compare(&ledger->items[old - 1].log, name) > 0) {
            *--to = ledger->items[--old];
        }
        bool held = old > 0 && name_equal(&ledger->items[old - 1].log, name);
        if (held || (i > 1 && name_equal(&names[i - 2], name))) {
            continue; /* there, or its like follows */
        }
        *--to = (struct log_entry){.log = *name};
        ledger->count++;
        fresh--;
    }
    return true;
}

void ledger_moved(struct ledger *ledger)
{
    ledger->heads_known = false;
}

static int compare_heads(const void *a, const void *b)
{
    const struct head_place *one = a;
    const struct head_place *other = b;
    return name_compare(&one->id16, &other->id16);
}

/* False: out of memory. */
static bool heads_sort(struct ledger *ledger)
{
    if (ledger->heads_known) {
        return true;
    }
    struct head_place *heads = realloc(ledger->heads, (ledger->count + 1) * sizeof *heads);
    if (heads == NULL) {
        return false;
    }
    ledger->heads = heads;
    ledger->head_count = 0;
    for (size_t i = 0; i < ledger->count; i++) {
        if (ledger->items[i].seq > 0) {
            heads[ledger->head_count++] =
                (struct head_place){.id16 = name_of_hash(&ledger->items[i].id), .index = i};
        }
    }
    qsort(heads, ledger->head_count, sizeof *heads, compare_heads);
    ledger->heads_known = true;
    return true;
}

/* Without memory none is found: the log is compared record by record, which comes to the same. */
struct log_entry *ledger_by_head(struct ledger *ledger, uint64_t seq, const struct name *id16)
{
    struct head_place wanted = {.id16 = *id16};
    if (seq == 0 || !heads_sort(ledger)) {
        return NULL;
    }
    const struct head_place *place =
        bsearch(&wanted, ledger->heads, ledger->head_count, sizeof *ledger->heads, compare_heads);
    if (place == NULL || ledger->items[place->index].seq != seq) {
        return NULL;
    }
    return &ledger->items[place->index];
}

enum status ledger_digest(const struct ledger *ledger, struct name *digest)
{
    uint8_t *bytes = malloc(ledger->count * ENTRY_BYTES + 1);
    if (bytes == NULL) {
        return STATUS_NO_MEMORY;
    }
    size_t size = 0;
    for (size_t i = 0; i < ledger->count; i++) {
        const struct log_entry *entry = &ledger->items[i];
        if (entry->common && entry->seq > 0) {
            memcpy(bytes + size, entry->log.bytes, 16);
            be64_store(bytes + size + 16, entry->seq);
            memcpy(bytes + size + 24, entry->id.bytes, 16);
            size += ENTRY_BYTES;
        }
    }
    struct bytes part = bytes_of(bytes, size);
    *digest = seal_name("hoso/vector/1", &part, 1);
    free(bytes);
    return STATUS_OK;
}
