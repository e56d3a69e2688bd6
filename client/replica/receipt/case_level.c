#include "client/replica/log/log.h"
#include "client/replica/receipt/receipt.h"

#include <stdlib.h>

enum { LOGS_KEPT = 16 };

/* What is known of a log: its part of a key space and how far it is receipted. */
struct log_level {
    uint32_t store;
    uint64_t first, last;
    struct coverage coverage;
};

struct replica_levels {
    struct replica_read *read;
    struct log_level kept[LOGS_KEPT]; /* the ones asked for last, in turn */
    size_t count;
    size_t next;
};

struct replica_levels *replica_levels_open(struct replica_read *read)
{
    struct replica_levels *levels = calloc(1, sizeof *levels);

    if (levels != NULL) {
        levels->read = read;
    }
    return levels;
}

void replica_levels_close(struct replica_levels *levels)
{
    free(levels);
}

static enum status find_log(struct replica_levels *levels, const struct place *place,
                            const struct log_level **found)
{
    struct log_row row;

    for (size_t i = 0; i < levels->count; i++) {
        const struct log_level *kept = &levels->kept[i];
        if (kept->store == place->store && place->seq >= kept->first && place->seq <= kept->last) {
            *found = kept;
            return STATUS_OK;
        }
    }
    enum status status = log_at(levels->read->store, place, &row);
    if (status != STATUS_OK) {
        return status;
    }
    struct log_level *taken = &levels->kept[levels->next];
    *taken = (struct log_level){.store = row.store, .first = row.first, .last = row.seq};
    levels->next = (levels->next + 1) % LOGS_KEPT;
    levels->count += levels->count < LOGS_KEPT;
    *found = taken;
    return receipt_coverage(levels->read, &row, &taken->coverage);
}

enum status replica_levels_of_case(struct replica_levels *levels, const struct name *case_name,
                                   unsigned *reached)
{
    struct case_row found;
    struct case_walk walk;
    struct case_record_row record;

    *reached = LEVEL_MACHINE | LEVEL_OFFICE | LEVEL_HUB;
    enum status status = log_case_find(levels->read->store, case_name, &found);
    if (status != STATUS_OK) {
        return status;
    }
    status = case_walk_begin(levels->read->store, found.number, &walk);
    if (status != STATUS_OK) {
        return status;
    }
    while ((status = case_walk_next(&walk, &record)) == STATUS_OK) {
        const struct log_level *log = NULL;
        status = find_log(levels, &record.place, &log);
        if (status != STATUS_OK) {
            break;
        }
        if (log->coverage.office < record.place.seq) {
            *reached &= ~(unsigned)LEVEL_OFFICE;
        }
        if (log->coverage.hub < record.place.seq) {
            *reached &= ~(unsigned)LEVEL_HUB;
        }
    }
    case_walk_end(&walk);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
