#include "client/replica/log/fork.h"

#include "client/replica/log/log.h"

static enum status root_of(struct store_read *read, const struct log_row *log, struct log_row *root)
{
    enum status status = log_get(read, log->root, root);
    return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
}

/* Marks the root, so that look-ups know of its segments. */
static enum status root_mark(struct replica *replica, struct log_row *log)
{
    struct log_row root;
    if (log->number == log->root) {
        log->flags |= LOG_FORKED;
        return STATUS_OK;
    }
    enum status status = root_of(replica->group.view, log, &root);
    if (status != STATUS_OK || (root.flags & LOG_FORKED))
        return status;
    root.flags |= LOG_FORKED;
    return log_save(replica, &root);
}

/* The branches behind the end of |from| now hang on |to|. */
static enum status children_move(struct replica *replica, const struct log_row *from, uint32_t to)
{
    struct log_row rows[LOG_SEGMENTS_MAX];
    size_t count = 0;
    enum status status =
        log_segments(replica->group.view, from->root, rows, LOG_SEGMENTS_MAX, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        if (rows[i].base != from->number || rows[i].number == to)
            continue;
        rows[i].base = to;
        status = log_save(replica, &rows[i]);
    }
    return status;
}

enum status fork_split(struct replica *replica, struct log_row *log, uint64_t seq)
{
    struct log_row root, rest = *log;
    struct hash first, last;
    enum status status = root_of(replica->group.view, log, &root);
    if (status == STATUS_OK)
        status = log_id(replica->group.view, log, seq, &first);
    if (status == STATUS_OK)
        status = log_id(replica->group.view, log, seq - 1, &last);
    if (status == STATUS_OK)
        status = root_mark(replica, log);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
    rest.name = chain_branch_name(&root.name, &first);
    rest.base = log->number;
    rest.flags &= (uint8_t)~LOG_FORKED;
    rest.first = seq;
    status = log_create(replica, &rest);
    if (status == STATUS_OK)
        status = log_save(replica, &rest);
    if (status == STATUS_OK)
        status = children_move(replica, log, rest.number);
    if (status == STATUS_OK)
        status = log_own_moved(replica, log->number, rest.number);
    if (status != STATUS_OK)
        return status;
    log->seq = seq - 1;
    log->id = last;
    return log_save(replica, log);
}

enum status fork_branch(struct replica *replica, const struct log_row *base,
                        const struct hash *first, struct log_row *branch)
{
    struct log_row root;
    enum status status = root_of(replica->group.view, base, &root);
    if (status != STATUS_OK)
        return status;
    *branch = *base;
    branch->name = chain_branch_name(&root.name, first);
    branch->store = 0;
    branch->base = base->number;
    branch->flags &= (uint8_t)~LOG_FORKED;
    branch->first = base->seq + 1;
    status = log_create(replica, branch);
    return status == STATUS_OK ? log_save(replica, branch) : status;
}

enum status fork_find(struct store_read *read, const struct log_row *base, const struct hash *first,
                      struct log_row *branch, bool *any)
{
    struct log_row rows[LOG_SEGMENTS_MAX];
    size_t count = 0;
    *any = false;
    enum status status = log_segments(read, base->root, rows, LOG_SEGMENTS_MAX, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        struct hash id;
        if (rows[i].base != base->number)
            continue;
        *any = true;
        status = log_id(read, &rows[i], rows[i].first, &id);
        if (status == STATUS_OK && hash_equal(&id, first)) {
            *branch = rows[i];
            return STATUS_OK;
        }
    }
    return status == STATUS_OK ? STATUS_NOT_FOUND : status;
}
