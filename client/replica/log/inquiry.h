/*
 * What the parts of replica_inquire() share: the snapshot asked, the scopes meant, lists that grow
 * in the answer's arena.
 */
#ifndef HOSO_CLIENT_REPLICA_LOG_INQUIRY_H
#define HOSO_CLIENT_REPLICA_LOG_INQUIRY_H

#include "client/replica/log/log.h"

struct inquiry {
    struct store_read *read;
    const struct read_request *request;
    struct arena *arena;
    struct read_result *result;
    uint32_t *scopes; /* numbers, ascending; those the store knows */
    size_t scope_count;
    bool every_scope;
    bool damaged; /* some record is not held (damage.h) */
    struct counters counters;
};

/* Whether the request means scope number |scope|. */
bool inquiry_has_scope(const struct inquiry *inquiry, uint32_t scope);
/* |row| as it is to be told: it ends before what is not held. */
CHECK_RESULT enum status inquiry_cap(const struct inquiry *inquiry, struct log_row *row);
/* The running hash at |arrival|; NOT_FOUND past the newest. */
CHECK_RESULT enum status inquiry_running_hash(struct store_read *read, uint64_t arrival,
                                              struct name *running_hash);
/* The two kinds of reading: in arrival order, and one log in order of seq. Errors: NO_MEMORY, IO,
 * CORRUPT. */
CHECK_RESULT enum status inquiry_arrivals(struct inquiry *inquiry);
CHECK_RESULT enum status inquiry_log(struct inquiry *inquiry);

#endif
