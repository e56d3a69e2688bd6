#include "client/home/lone.h"

#include "client/home/watch.h"
#include "client/link/alone.h"

enum { INDEX_MOST = 2048 };

static enum status run_job(struct replica *replica, writer_job job, void *context)
{
    struct replica_commit commit;
    size_t left = 0;

    enum status status = replica_begin(replica);
    if (status)
        return status;
    status = job(replica, context);
    /* Derived rows are part of the group that makes them stale: a reader seldom waits for them. */
    if (!status)
        status = replica_index(replica, INDEX_MOST, &left);
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

static void take_told(void *context, struct bytes text)
{
    buffer_append_bytes(context, text);
}

static enum status lone_sync(void *context, const struct route *route, bool watch,
                             struct buffer *answer)
{
    struct lone *lone = context;
    const struct alone_options options = {
        .replica = lone->host.replica, .world = &lone->home.world, .route = *route};

    return watch ? watch_run(&lone->home, route, take_told, answer)
                 : exchange_alone(&options, answer);
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

enum status lone_open(struct lone *lone, const char *path)
{
    *lone = (struct lone){.host.replica = NULL};
    enum status status = home_open(&lone->home, path);
    if (status)
        return status;
    lone_over(lone, lone->home.replica);
    lone->host.sync = lone_sync;
    return STATUS_OK;
}

void lone_close(struct lone *lone)
{
    home_close(&lone->home);
}
