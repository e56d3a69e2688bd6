#include "client/home/lone.h"

#include "client/link/alone.h"

enum { INDEX_MOST = 2048 };

/* Derived rows are part of the group that makes them stale: a reader never waits for them. */
static enum status index_all(struct replica *replica)
{
    size_t left = 1;
    enum status status = STATUS_OK;

    while (!status && left > 0)
        status = replica_index(replica, INDEX_MOST, &left);
    return status;
}

static enum status run_job(struct replica *replica, writer_job job, void *context)
{
    struct replica_commit commit;

    enum status status = replica_begin(replica);
    if (status)
        return status;
    status = job(replica, context);
    if (!status)
        status = index_all(replica);
    if (status) {
        replica_abort(replica);
        return status;
    }
    return replica_commit(replica, &commit);
}

static enum status lone_submit(void *context, writer_job job, void *job_context)
{
    struct lone *lone = context;

    return run_job(lone->host.replica, job, job_context);
}

static enum status no_job(struct replica *replica, void *context)
{
    (void)replica;
    (void)context;
    return STATUS_OK;
}

static enum status lone_sync(void *context, const char *url, bool watch, struct buffer *answer)
{
    struct lone *lone = context;
    const struct alone_options options = {
        .replica = lone->host.replica, .world = &lone->home.world, .url = url, .watch = watch};

    enum status status = exchange_alone(&options, answer);
    enum status indexed = run_job(lone->host.replica, no_job, NULL);
    return status ? status : indexed;
}

static bool lone_linked(void *context)
{
    (void)context;
    return false;
}

void lone_over(struct lone *lone, struct replica *replica)
{
    lone->host = (struct command_host){
        .replica = replica, .context = lone, .submit = lone_submit, .linked = lone_linked};
}

/* A daemon that was killed may have left stale rows: they are made before anybody reads them. */
static enum status index_left_over(struct lone *lone)
{
    struct store_read *read = NULL;
    struct store_cursor *cursor = NULL;
    struct bytes key;
    struct bytes value;
    uint8_t first = 0;

    enum status status = store_read_begin(lone->home.store, &read);
    if (status)
        return status;
    status = store_cursor_open(read, TABLE_DIRTY, &cursor);
    if (!status) {
        status = store_seek(cursor, bytes_of(&first, 1), &key, &value);
        store_cursor_close(cursor);
    }
    store_read_end(read);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    return status ? status : run_job(lone->host.replica, no_job, NULL);
}

enum status lone_open(struct lone *lone, const char *path)
{
    *lone = (struct lone){.host.replica = NULL};
    enum status status = home_open(&lone->home, path);
    if (status)
        return status;
    lone_over(lone, lone->home.replica);
    lone->host.sync = lone_sync;
    return index_left_over(lone);
}

void lone_close(struct lone *lone)
{
    home_close(&lone->home);
}
