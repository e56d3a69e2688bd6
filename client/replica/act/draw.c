/*
 * The next number of a unit's counter owner: in each part of the day's numbers it may draw from, in
 * order, the one above the highest in use there, passing over what is lent to others. number.h
 * tells how the numbers are parted, and why.
 */
#include "client/replica/act/number_key.h"

#include <stdlib.h>
#include <string.h>

enum { LEASES_MOST = 512, PARTS_MOST = 16 };

struct part {
    uint32_t first;
    uint32_t last;
    uint32_t above; /* a floor; 0: none */
};

struct drawing {
    struct replica_read *read;
    struct code day; /* without a number */
    int64_t civil_day;
    struct name log;                      /* this node's own, none: it has none */
    struct lease_row leases[LEASES_MOST]; /* of that day, to other logs */
    size_t lease_count;
    bool overflow;
    struct part parts[PARTS_MOST];
    size_t part_count;
};

static void add_part(struct drawing *drawing, uint32_t first, uint32_t last, uint32_t above)
{
    if (drawing->part_count < PARTS_MOST) {
        drawing->parts[drawing->part_count++] =
            (struct part){.first = first, .last = last, .above = above};
    }
}

/* Whoever wrote a lease to another log: a doubtful one is kept off too. */
static bool gather(void *context, const struct lease_row *row)
{
    struct drawing *drawing = context;
    if (!lease_overlaps(row, drawing->civil_day, 1, 1, NUMBER_MOST)) {
        return true;
    }
    if (name_equal(&row->log, &drawing->log)) {
        if (lease_counts(drawing->read, drawing->day.unit, row)) {
            add_part(drawing, row->first_number, row->first_number + row->count - 1, 0);
        }
        return true;
    }
    if (drawing->lease_count == LEASES_MOST) {
        drawing->overflow = true;
        return false;
    }
    drawing->leases[drawing->lease_count++] = *row;
    return true;
}

static const struct lease_row *lease_over(const struct drawing *drawing, uint32_t number)
{
    for (size_t i = 0; i < drawing->lease_count; i++) {
        const struct lease_row *row = &drawing->leases[i];
        if (number >= row->first_number && number - row->first_number < row->count) {
            return row;
        }
    }
    return NULL;
}

/* The highest number in use up to |most| that no lease covers; 0 if there is none. */
static enum status highest_used(const struct drawing *drawing, uint32_t most, uint32_t *number)
{
    struct code at = {drawing->day.unit, drawing->day.day, most};
    struct store_cursor *cursor = NULL;
    struct table_key prefix = number_used_key(&at);
    enum status status = store_cursor_open(drawing->read->store, TABLE_NUMBER, &cursor);
    *number = 0;
    while (status == STATUS_OK && at.number > 0) {
        struct bytes found = {NULL, 0};
        struct bytes value = {NULL, 0};
        struct table_key key = number_used_key(&at);
        status = store_seek_last(cursor, key_bytes(&key), &found, &value);
        if (status != STATUS_OK || found.size != key.size ||
            memcmp(found.at, prefix.bytes, key.size - 2) != 0) {
            break;
        }
        uint32_t used = (uint32_t)found.at[key.size - 2] << 8 | found.at[key.size - 1];
        const struct lease_row *lease = lease_over(drawing, used);
        if (lease == NULL) {
            *number = used;
            break;
        }
        at.number = lease->first_number - 1;
    }
    store_cursor_close(cursor);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status next_in(const struct drawing *drawing, const struct part *part, uint32_t *number)
{
    const struct lease_row *lease = NULL;
    uint32_t used = 0;
    enum status status = highest_used(drawing, part->last, &used);
    if (status != STATUS_OK) {
        return status;
    }
    used = used > part->above ? used : part->above;
    *number = used < part->first ? part->first : used + 1;
    while ((lease = lease_over(drawing, *number)) != NULL) {
        *number = lease->first_number + lease->count;
    }
    return *number > part->last ? STATUS_NOT_FOUND : STATUS_OK;
}

/* The hundred that is |log|'s by its name. */
static uint32_t own_first(const struct name *log)
{
    uint32_t parts = (NUMBER_OWN_TO - NUMBER_OWN_FROM + 1) / NUMBER_OWN_COUNT;
    uint32_t name = (uint32_t)log->bytes[0] << 8 | log->bytes[1];
    return NUMBER_OWN_FROM + name % parts * NUMBER_OWN_COUNT;
}

/* What this node may draw from that day; lent parts first. */
static enum status find_parts(struct drawing *drawing)
{
    struct store_read *store = drawing->read->store;
    enum number_apart apart = APART_NOT;
    uint32_t above = 0;
    bool doubt = false;
    enum status status = number_apart(store, &apart);
    if (status == STATUS_OK && apart == APART_NOT) {
        status = number_in_doubt(store, &doubt);
    }
    if (status == STATUS_OK) {
        status = number_floor(store, drawing->day.unit, drawing->day.day, &above);
    }
    if (status != STATUS_OK || doubt) {
        return status;
    }
    enum status own = lease_own_log(store, &drawing->log);
    if (own != STATUS_OK && own != STATUS_NOT_FOUND) {
        return own;
    }
    status = lease_each(store, drawing->day.unit, gather, drawing);
    if (apart == APART_NOT) {
        drawing->part_count = 0;
        add_part(drawing, 1, NUMBER_FIRST_MOST, above);
        add_part(drawing, NUMBER_LEASED_FROM, NUMBER_MOST, above);
    } else if (apart == APART_ANSWERED && own == STATUS_OK) {
        uint32_t first = own_first(&drawing->log);
        uint32_t last = first + NUMBER_OWN_COUNT - 1;
        add_part(drawing, first, last, above <= last ? above : 0);
    }
    return status;
}

enum status number_next(struct replica_read *read, struct bytes unit, uint32_t day,
                        uint32_t *number)
{
    struct drawing *drawing = calloc(1, sizeof *drawing);
    if (drawing == NULL) {
        return STATUS_NO_MEMORY;
    }
    drawing->read = read;
    drawing->day = (struct code){.unit = unit, .day = day};
    drawing->civil_day = number_day(day);
    enum status status = find_parts(drawing);
    bool found = false;
    for (size_t i = 0; i < drawing->part_count && status == STATUS_OK && !found; i++) {
        status = next_in(drawing, &drawing->parts[i], number);
        found = status == STATUS_OK;
        status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    found = found && !drawing->overflow;
    free(drawing);
    return status == STATUS_OK && !found ? STATUS_NOT_FOUND : status;
}
