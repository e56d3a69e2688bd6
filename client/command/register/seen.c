#include "client/command/register/seen.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 1024 };

static struct name code_digest(struct bytes code)
{
    return seal_name("hoso/import/code/1", &code, 1);
}

static struct seen_row *place_of(struct seen_row *rows, size_t capacity, const struct name *code)
{
    uint64_t start = be64_load(code->bytes);
    size_t at = (size_t)start & (capacity - 1);

    while (!name_is_none(&rows[at].code) && !name_equal(&rows[at].code, code))
        at = (at + 1) & (capacity - 1);
    return &rows[at];
}

const struct seen_row *seen_find(const struct seen *seen, struct bytes code)
{
    struct name digest = code_digest(code);

    if (seen->capacity == 0)
        return NULL;
    const struct seen_row *row = place_of(seen->rows, seen->capacity, &digest);
    return name_is_none(&row->code) ? NULL : row;
}

static enum status grow(struct seen *seen)
{
    size_t capacity = seen->capacity ? 2 * seen->capacity : FIRST_CAPACITY;
    struct seen_row *rows = calloc(capacity, sizeof *rows);

    if (!rows)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < seen->capacity; i++) {
        if (!name_is_none(&seen->rows[i].code))
            *place_of(rows, capacity, &seen->rows[i].code) = seen->rows[i];
    }
    free(seen->rows);
    seen->rows = rows;
    seen->capacity = capacity;
    return STATUS_OK;
}

enum status seen_add(struct seen *seen, struct bytes code, const struct name *row)
{
    if (2 * (seen->count + 1) > seen->capacity) {
        enum status status = grow(seen);
        if (status)
            return status;
    }
    struct name digest = code_digest(code);
    *place_of(seen->rows, seen->capacity, &digest) = (struct seen_row){digest, *row};
    seen->count++;
    return STATUS_OK;
}

void seen_free(struct seen *seen)
{
    free(seen->rows);
    *seen = (struct seen){0};
}

struct name seen_digest(const struct bytes *values, size_t count)
{
    /* Every value is one canonical item, so their sequence is read back in one way only. */
    return seal_name("hoso/import/row/1", values, count);
}
