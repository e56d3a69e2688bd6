#include "tests/sim/scribe.h"

#include "tests/sim/check.h"
#include "tests/sim/desk.h"
#include "tests/sim/endpoint.h"

#include <stdlib.h>
#include <string.h>

enum { GROUP_MAX = 32, INDEX_MOST = 16, VIEWS_PER_MILLE = 250 };

static void schedule(struct node *node)
{
    struct scribe *scribe = &node->scribe;
    if (scribe->scheduled || scribe->count == 0 || !node_is_up(node))
        return;
    scribe->scheduled = true;
    world_after(node->world,
                node->writer_us +
                    prng_between(&node->world->prng, 1, node->world->weather.effect_us_max),
                (struct item){.kind = ITEM_WRITER, .node = node->index});
}

void scribe_add(struct node *node, struct job job)
{
    struct scribe *scribe = &node->scribe;
    if (scribe->count == scribe->capacity) {
        size_t capacity = scribe->capacity ? scribe->capacity * 2 : 16;
        struct job *jobs = realloc(scribe->jobs, capacity * sizeof *jobs);
        if (!jobs)
            abort();
        scribe->jobs = jobs;
        scribe->capacity = capacity;
    }
    scribe->jobs[scribe->count++] = job;
    schedule(node);
}

static void job_drop(struct job *job)
{
    if (job->batch)
        batch_free(job->batch);
    if (!job->borrowed)
        free(job->context);
}

void scribe_clear(struct scribe *scribe)
{
    for (size_t i = 0; i < scribe->count; i++)
        job_drop(&scribe->jobs[i]);
    free(scribe->jobs);
    *scribe = (struct scribe){0};
}

static bool is_store_failure(enum status status)
{
    return status_class_of(status) == STATUS_CLASS_FATAL ||
           status_class_of(status) == STATUS_CLASS_TRANSIENT;
}

static enum status perform_job(struct node *node, struct job *job)
{
    enum status status = STATUS_OK;
    switch (job->kind) {
    case JOB_BATCH:
        return replica_accept(node->replica, job->batch);
    case JOB_ADMIT:
        status = replica_admit(node->replica, &job->proof, &job->key);
        world_say(node->world, "%s admits a peer: %s", node->name, status_name(status));
        break;
    case JOB_REFUSED:
        world_say(node->world, "%s hears that a log is refused from seq %llu on", node->name,
                  (unsigned long long)job->seq);
        status = replica_note_refused(node->replica, &job->key, &job->log, job->seq, job->status);
        break;
    case JOB_NOTE:
        status = replica_note_peer(node->replica, &job->key, job->certain, node_wall_seconds(node));
        break;
    case JOB_REST:
        status = replica_note_rest(node->replica, &job->key);
        break;
    case JOB_CALL:
        status = job->call(node, job->context);
        break;
    }
    job->status = status;
    return is_store_failure(status) ? status : STATUS_OK;
}

/* The store has no room for this group, or the process no memory; for the next one it may have. */
static bool is_dropped(struct node *node)
{
    if (node->drops > 0)
        node->drops--;
    else if (!prng_chance(&node->world->prng, node->world->weather.group_drops))
        return false;
    world_fault(node->world, FAULT_GROUP);
    return true;
}

static enum status perform_group(struct node *node, struct job *jobs, size_t count,
                                 struct replica_commit *commit)
{
    struct replica *replica = node->replica;
    enum status status = replica_begin(replica);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = perform_job(node, &jobs[i]);
    size_t left = 0;
    if (status == STATUS_OK)
        status = replica_duties(replica);
    if (status == STATUS_OK)
        status = replica_index(replica, INDEX_MOST, &left);
    if (status == STATUS_OK && is_dropped(node))
        status = STATUS_FULL;
    if (status != STATUS_OK) {
        replica_abort(replica);
        return status;
    }
    if (prng_chance(&node->world->prng, node->world->weather.commit_fails) && !node->world->lmdb) {
        bool lands = prng_chance(&node->world->prng, node->world->weather.commit_lands);
        world_fault(node->world, lands ? FAULT_COMMIT_LANDED : FAULT_COMMIT_LOST);
        world_say(node->world, "%s's disk fails%s", node->name, lands ? ", and has it" : "");
        store_memory_land_failed(node->disk.store, lands);
        store_memory_fail_commit(node->disk.store, 1);
    }
    return replica_commit(replica, commit);
}

static struct news *news_of(const struct replica_commit *commit, enum status status)
{
    struct news *news = calloc(1, sizeof *news);
    if (!news)
        abort();
    news->status = status;
    news->failed = status != STATUS_OK;
    if (news->failed)
        return news;
    news->arrival = commit->arrival;
    news->running_hash = commit->running_hash;
    news->receipt_number = commit->receipt_number;
    news->authority_changed = commit->authority_changed;
    news->changed = calloc(commit->changed_count + 1, sizeof *news->changed);
    news->receipt = malloc(commit->receipt.size + 1);
    if (!news->changed || !news->receipt)
        abort();
    if (commit->changed_count)
        memcpy(news->changed, commit->changed, commit->changed_count * sizeof *news->changed);
    news->changed_count = commit->changed_count;
    if (commit->receipt.size)
        memcpy(news->receipt, commit->receipt.at, commit->receipt.size);
    news->receipt_size = commit->receipt.size;
    return news;
}

static uint64_t some_time(struct world *world)
{
    return prng_between(&world->prng, 1, world->weather.effect_us_max);
}

/* Tells sessions: first each its own batch, then all of what arrived. Both travel as one kind, so
 * one session hears of commits in their order. */
static void tell(struct node *node, struct job *jobs, size_t count,
                 const struct replica_commit *commit, enum status status)
{
    struct world *world = node->world;
    for (size_t i = 0; i < count; i++) {
        struct job *job = &jobs[i];
        struct endpoint *endpoint =
            job->kind == JOB_BATCH ? endpoint_of(world, job->endpoint) : NULL;
        if (!endpoint)
            continue;
        struct news *news = news_of(commit, status);
        news->batch = job->batch;
        job->batch = NULL;
        endpoint_news(endpoint, some_time(world), ITEM_COMMITTED, news);
    }
    bool news = status == STATUS_OK && !commit->epoch_changed &&
                (commit->changed_count > 0 || commit->authority_changed ||
                 commit->receipt_number > node->told_receipt);
    if (news)
        node->told_receipt = commit->receipt_number;
    for (size_t i = 0; news && i < world->endpoint_count; i++) {
        struct endpoint *endpoint = world->endpoints[i];
        if (!endpoint || endpoint->node != node || !endpoint->opened)
            continue;
        endpoint_news(endpoint, some_time(world), ITEM_ARRIVED, news_of(commit, status));
    }
}

/* This node has found out that it was rolled back: its sessions end, its numbers are its own
 * again. */
static void epoch_changed(struct node *node, const struct replica_commit *commit)
{
    struct world *world = node->world;
    world_say(world, "%s was rolled back: %s", node->name,
              commit->epoch_why ? commit->epoch_why : "?");
    node->unknowing = false;
    desk_rush(node);
    for (size_t i = 0; i < world->endpoint_count; i++) {
        struct endpoint *endpoint = world->endpoints[i];
        if (endpoint && endpoint->node == node)
            endpoint_after(endpoint, some_time(world), ITEM_CLOSE, NULL, NULL);
    }
}

static enum status idle_call(struct node *node, void *context)
{
    (void)node;
    (void)context;
    return STATUS_OK;
}

void scribe_idle(struct node *node)
{
    scribe_add(node, (struct job){.kind = JOB_CALL, .call = idle_call});
}

/* One group from begin to the news of it. */
static enum status run_group(struct node *node, struct job *jobs, size_t count)
{
    struct replica_commit commit = {0};
    enum status status = perform_group(node, jobs, count, &commit);
    if (status == STATUS_OK) {
        node->commits++;
        witness_learn(node->world, node);
        if (prng_chance(&node->world->prng, VIEWS_PER_MILLE))
            check_views(node);
    } else
        world_say(node->world, "%s: group of %zu fails: %s", node->name, count,
                  status_name(status));
    if (status == STATUS_OK && commit.epoch_changed)
        epoch_changed(node, &commit);
    tell(node, jobs, count, &commit, status);
    /* What has arrived may make duties, when its rows are made. */
    if (status == STATUS_OK && commit.changed_count > 0 && node->scribe.count == 0)
        scribe_idle(node);
    for (size_t i = 0; i < count; i++) {
        if (jobs[i].done)
            jobs[i].done(node, jobs[i].context, status == STATUS_OK);
        job_drop(&jobs[i]);
    }
    return status;
}

bool scribe_now(struct node *node, scribe_call call, void *context)
{
    struct job job = {.kind = JOB_CALL, .call = call, .context = context, .borrowed = true};
    return node_is_up(node) && run_group(node, &job, 1) == STATUS_OK && job.status == STATUS_OK;
}

void scribe_run(struct node *node)
{
    struct scribe *scribe = &node->scribe;
    struct job jobs[GROUP_MAX];
    size_t count = scribe->count < GROUP_MAX ? scribe->count : GROUP_MAX;
    count = 1 + (size_t)prng_below(&node->world->prng, count);
    count = node->group_most && node->group_most < count ? node->group_most : count;
    memcpy(jobs, scribe->jobs, count * sizeof jobs[0]);
    memmove(scribe->jobs, scribe->jobs + count, (scribe->count - count) * sizeof jobs[0]);
    scribe->count -= count;
    scribe->scheduled = false;
    /* After a failed sync nothing more is written until the process starts again. */
    if (run_group(node, jobs, count) == STATUS_IO)
        node_restart(node, 0, prng_between(&node->world->prng, 100000, 3000000));
    else
        schedule(node);
}
