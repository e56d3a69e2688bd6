#include "client/command/verb/tally.h"

#include <stdlib.h>
#include <string.h>

/* Where |key| stands or belongs. */
static size_t place_of(const struct tally *tally, struct bytes key)
{
    size_t low = 0;
    size_t high = tally->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (bytes_compare(tally->rows[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum status tally_add(struct tally *tally, struct arena *arena, struct bytes key)
{
    size_t place = place_of(tally, key);
    bool copied = true;

    if (place < tally->count && bytes_equal(tally->rows[place].key, key)) {
        tally->rows[place].count++;
        return STATUS_OK;
    }
    if (tally->count == tally->capacity) {
        size_t capacity = tally->capacity ? 2 * tally->capacity : 64;
        struct tally_row *rows = realloc(tally->rows, capacity * sizeof *rows);
        if (!rows)
            return STATUS_NO_MEMORY;
        tally->rows = rows;
        tally->capacity = capacity;
    }
    struct bytes kept = arena_copy(arena, key, &copied);
    if (!copied)
        return STATUS_NO_MEMORY;
    memmove(tally->rows + place + 1, tally->rows + place,
            (tally->count - place) * sizeof *tally->rows);
    tally->rows[place] = (struct tally_row){.key = kept, .count = 1};
    tally->count++;
    return STATUS_OK;
}

void tally_write(const struct tally *tally, struct json_writer *writer, const char *key)
{
    char name[LIMIT_CODE_BYTES + 1];

    json_open_object(writer, key);
    for (size_t i = 0; i < tally->count; i++) {
        struct bytes text = tally->rows[i].key;
        size_t size = text.size < sizeof name ? text.size : sizeof name - 1;
        if (size > 0)
            memcpy(name, text.at, size);
        name[size] = 0;
        json_write_unsigned(writer, name, tally->rows[i].count);
    }
    json_close_object(writer);
}

void tally_free(struct tally *tally)
{
    free(tally->rows);
    *tally = (struct tally){0};
}
