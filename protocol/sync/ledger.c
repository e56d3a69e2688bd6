#include "protocol/sync/ledger.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ENTRIES = 8, ENTRY_BYTES = 16 + 8 + 16 };

void ledger_deinit(struct ledger *ledger)
{
    free(ledger->items);
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

struct log_entry *ledger_put(struct ledger *ledger, const struct name *log)
{
    size_t place = place_of(ledger, log);
    if (place < ledger->count && name_equal(&ledger->items[place].log, log)) {
        return &ledger->items[place];
    }
    if (ledger->count == SESSION_LOGS_MAX) {
        return NULL;
    }
    if (ledger->count == ledger->capacity) {
        size_t capacity = ledger->capacity == 0 ? FIRST_ENTRIES : 2 * ledger->capacity;
        struct log_entry *items = realloc(ledger->items, capacity * sizeof *items);
        if (items == NULL) {
            return NULL;
        }
        ledger->items = items;
        ledger->capacity = capacity;
    }
    struct log_entry *entry = &ledger->items[place];
    memmove(entry + 1, entry, (ledger->count - place) * sizeof *entry);
    ledger->count++;
    *entry = (struct log_entry){.log = *log};
    return entry;
}

struct log_entry *ledger_by_head(const struct ledger *ledger, uint64_t seq, const struct name *id16)
{
    for (size_t i = 0; i < ledger->count; i++) {
        struct log_entry *entry = &ledger->items[i];
        if (entry->seq == seq && seq > 0 &&
            memcmp(entry->id.bytes, id16->bytes, sizeof id16->bytes) == 0) {
            return entry;
        }
    }
    return NULL;
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
