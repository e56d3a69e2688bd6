#include "client/link/work/writer.h"

#include "client/link/net/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    GROUP_BYTES = 4 * 1024 * 1024, /* of batches in one transaction: a commit of tens of ms */
    INDEX_CASES = 512,             /* most derived rows made between two looks at the queue, */
    INDEX_CASES_FIRST = 32,        /* until it is known how many fit */
    INDEX_US = 8 * 1000,           /* this time: a live act may wait for it */
    INDEX_IDLE_US = 30 * 1000,     /* quiet before derived rows are made */
    INDEX_PATIENCE_US = 2 * 1000 * 1000, /* the longest they wait under load, */
    INDEX_PAUSE_US = 100 * 1000          /* and then between two goes */
};

/* A job somebody waits for, on the stack of who waits. */
struct waiting_job {
    struct waiting_job *next;
    enum status (*job)(struct replica *replica, void *context);
    void *context;
    enum status status;
    bool finished;
};

struct writer {
    struct writer_options options;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t work_came;
    pthread_cond_t job_finished;
    /* under the mutex */
    struct waiting_job *first_job, *last_job;
    struct work_list posts;
    struct work_list batches;
    bool ending;
    /* the writer's thread alone */
    bool stale;              /* derived rows may be behind */
    uint64_t stale_since;    /* us; 0: not known to be */
    size_t index_cases;      /* derived rows that take INDEX_US, about */
    uint64_t receipt_number; /* that was told last */
    bool broken;
    struct work broken_work;
};

/* One transaction on its way. */
struct group {
    struct work_list posts;
    struct work_list batches;
};

static bool is_stores_fault(enum status status)
{
    enum status_class class = status_class_of(status);

    return class == STATUS_CLASS_TRANSIENT || class == STATUS_CLASS_FATAL;
}

static void broken_done(struct work *work)
{
    struct writer *writer = (void *)((char *)work - offsetof(struct writer, broken_work));

    writer->options.broken(writer->options.context, STATUS_IO);
}

/* After a fatal failure nothing is acknowledged any more, and the loop is told once. */
static enum status note_failure(struct writer *writer, enum status status)
{
    if (status_class_of(status) == STATUS_CLASS_FATAL && !writer->broken) {
        writer->broken = true;
        writer->broken_work.done = broken_done;
        mailbox_post(writer->options.mailbox, &writer->broken_work);
    }
    return status;
}

static void news_done(struct work *work)
{
    struct writer_news *news = (struct writer_news *)work;

    news->writer->options.news(news->writer->options.context, news);
    buffer_deinit(&news->receipt);
    free(news->changed);
    free(news);
}

/* Copies what the next group will overwrite; NULL: there is nothing new. The commit stands whatever
 * happens here: without memory for the list the sessions still learn how far the store has come,
 * and their digests at rest find the difference. */
static struct writer_news *news_of(struct writer *writer, const struct replica_commit *commit)
{
    /* A batch may bring receipts of others alone: no log advances, yet peers are to have them. */
    bool any = commit->changed_count > 0 || commit->authority_changed || commit->epoch_changed ||
               commit->receipt_number != writer->receipt_number;
    struct writer_news *news = any ? calloc(1, sizeof *news) : NULL;

    if (news == NULL)
        return NULL;
    writer->receipt_number = commit->receipt_number;
    news->work.done = news_done;
    news->writer = writer;
    news->arrival = commit->arrival;
    news->running_hash = commit->running_hash;
    news->receipt_number = commit->receipt_number;
    news->authority_changed = commit->authority_changed;
    news->epoch_changed = commit->epoch_changed;
    news->epoch_why = commit->epoch_why;
    buffer_init(&news->receipt, LIMIT_RECORD_BYTES);
    buffer_append_bytes(&news->receipt, commit->receipt);
    if (commit->changed != NULL && commit->changed_count > 0)
        news->changed = malloc(commit->changed_count * sizeof *news->changed);
    if (news->changed != NULL && commit->changed != NULL) {
        memcpy(news->changed, commit->changed, commit->changed_count * sizeof *news->changed);
        news->changed_count = commit->changed_count;
    }
    return news;
}

static enum status group_commit(struct writer *writer, struct replica_commit *commit)
{
    enum status status = replica_duties(writer->options.replica);

    memset(commit, 0, sizeof *commit);
    if (is_stores_fault(status)) {
        replica_abort(writer->options.replica);
        return status;
    }
    status = replica_commit(writer->options.replica, commit);
    if (status == STATUS_OK && commit->changed_count > 0) {
        writer->stale = true;
        if (writer->stale_since == 0)
            writer->stale_since = clock_now_us();
    }
    return status;
}

/* Runs the posts, and the batches if |with_batches|, in one transaction. */
static enum status group_try(struct writer *writer, struct group *group, bool with_batches,
                             struct replica_commit *commit)
{
    struct replica *replica = writer->options.replica;
    enum status status = replica_begin(replica);

    if (status != STATUS_OK)
        return status;
    for (struct work *work = group->posts.first; work != NULL; work = work->next) {
        struct writer_post *post = (struct writer_post *)work;

        post->status = post->job(replica, post->context);
        if (is_stores_fault(post->status)) {
            replica_abort(replica);
            return post->status;
        }
    }
    for (struct work *work = group->batches.first; work != NULL && with_batches;
         work = work->next) {
        status = replica_accept(replica, ((struct writer_batch *)work)->batch);
        if (status != STATUS_OK) {
            replica_abort(replica);
            return status;
        }
    }
    return group_commit(writer, commit);
}

/* Gives everything of the group back to the loop, the news last. */
static void group_deliver(struct writer *writer, struct group *group, enum status batches,
                          enum status posts, const struct replica_commit *commit,
                          struct writer_news *news)
{
    struct mailbox *mailbox = writer->options.mailbox;
    struct work *work = NULL;

    while ((work = work_list_pop(&group->posts)) != NULL) {
        if (posts != STATUS_OK)
            ((struct writer_post *)work)->status = posts;
        mailbox_post(mailbox, work);
    }
    while ((work = work_list_pop(&group->batches)) != NULL) {
        struct writer_batch *batch = (struct writer_batch *)work;

        batch->status = batches;
        batch->arrival = batches == STATUS_OK ? commit->arrival : 0;
        if (batches == STATUS_OK && news != NULL)
            batch->receipt = buffer_view(&news->receipt);
        mailbox_post(mailbox, work);
    }
    if (news != NULL)
        mailbox_post(mailbox, &news->work);
}

static void group_run(struct writer *writer, struct group *group)
{
    struct replica_commit commit = {.changed = NULL};
    struct writer_news *news = NULL;
    enum status batches = writer->broken ? STATUS_IO : STATUS_OK;
    enum status posts = batches;

    if (!writer->broken) {
        batches = note_failure(writer, group_try(writer, group, true, &commit));
        posts = batches;
    }
    if (batches != STATUS_OK && !writer->broken && group->posts.first != NULL &&
        group->batches.first != NULL)
        posts = note_failure(writer, group_try(writer, group, false, &commit));
    if (posts == STATUS_OK)
        news = news_of(writer, &commit);
    group_deliver(writer, group, batches, posts, &commit, news);
}

static void job_run(struct writer *writer, struct waiting_job *job)
{
    struct replica *replica = writer->options.replica;
    struct replica_commit commit = {.changed = NULL};
    struct writer_news *news = NULL;

    job->status = writer->broken ? STATUS_IO : replica_begin(replica);
    if (job->status != STATUS_OK) {
        (void)note_failure(writer, job->status);
        return;
    }
    job->status = job->job(replica, job->context);
    if (job->status != STATUS_OK) {
        replica_abort(replica);
        (void)note_failure(writer, job->status);
        return;
    }
    job->status = note_failure(writer, group_commit(writer, &commit));
    news = job->status == STATUS_OK ? news_of(writer, &commit) : NULL;
    if (news != NULL)
        mailbox_post(writer->options.mailbox, &news->work);
}

/* Makes some derived rows, and does the duties that wait for them. Whatever fails here is tried
 * again when something new comes. */
static void index_some(struct writer *writer)
{
    struct replica *replica = writer->options.replica;
    struct replica_commit commit = {.changed = NULL};
    struct writer_news *news = NULL;
    size_t left = 0;
    uint64_t begin_us = clock_now_us();
    enum status status = writer->broken ? STATUS_IO : replica_begin(replica);

    writer->stale = false;
    writer->stale_since = 0;
    if (status == STATUS_OK) {
        status = replica_index(replica, writer->index_cases, &left);
        if (status != STATUS_OK)
            replica_abort(replica);
    }
    if (status == STATUS_OK) {
        writer->stale = left > 0;
        status = group_commit(writer, &commit);
        news = status == STATUS_OK ? news_of(writer, &commit) : NULL;
    }
    if (status != STATUS_OK)
        writer->stale = false;
    (void)note_failure(writer, status);
    if (writer->stale) {
        uint64_t now_us = clock_now_us();

        writer->stale_since = now_us + INDEX_PAUSE_US - INDEX_PATIENCE_US;
        if (now_us - begin_us > INDEX_US && writer->index_cases > 1)
            writer->index_cases /= 2;
        else if (now_us - begin_us < INDEX_US / 2 && writer->index_cases < INDEX_CASES)
            writer->index_cases *= 2;
    }
    if (news != NULL)
        mailbox_post(writer->options.mailbox, &news->work);
}

/* Takes what goes into the next group. Under the mutex. */
static void group_take(struct writer *writer, struct group *group)
{
    size_t bytes = 0;

    group->posts = writer->posts;
    memset(&writer->posts, 0, sizeof writer->posts);
    memset(&group->batches, 0, sizeof group->batches);
    while (writer->batches.first != NULL && bytes < GROUP_BYTES) {
        struct work *work = work_list_pop(&writer->batches);

        bytes += ((struct writer_batch *)work)->batch->wire_bytes;
        work_list_push(&group->batches, work);
    }
}

/* Sleeps until work comes; false: it has been quiet for |us|. Under the mutex. */
static bool wait_for_work(struct writer *writer, uint64_t us)
{
    struct timespec until;
    uint64_t at_us = clock_now_us() + us;

    until.tv_sec = (time_t)(at_us / 1000000);
    until.tv_nsec = (long)(at_us % 1000000 * 1000);
    return pthread_cond_timedwait(&writer->work_came, &writer->mutex, &until) == 0;
}

/* Runs the oldest job somebody waits for. Under the mutex, which it gives up meanwhile. */
static void job_next(struct writer *writer)
{
    struct waiting_job *job = writer->first_job;

    writer->first_job = job->next;
    if (writer->first_job == NULL)
        writer->last_job = NULL;
    pthread_mutex_unlock(&writer->mutex);
    job_run(writer, job);
    pthread_mutex_lock(&writer->mutex);
    job->finished = true;
    pthread_cond_broadcast(&writer->job_finished);
}

static void *writer_loop(void *argument)
{
    struct writer *writer = argument;
    struct group group;

    pthread_mutex_lock(&writer->mutex);
    for (;;) {
        bool work = writer->posts.first != NULL || writer->batches.first != NULL;
        bool overdue =
            writer->stale_since != 0 && clock_now_us() - writer->stale_since > INDEX_PATIENCE_US;

        if (writer->first_job != NULL) {
            job_next(writer);
        } else if (work && (!overdue || writer->ending)) {
            group_take(writer, &group);
            pthread_mutex_unlock(&writer->mutex);
            group_run(writer, &group);
            pthread_mutex_lock(&writer->mutex);
        } else if (writer->ending) {
            break;
        } else if (overdue || (writer->stale && !wait_for_work(writer, INDEX_IDLE_US))) {
            pthread_mutex_unlock(&writer->mutex);
            index_some(writer);
            pthread_mutex_lock(&writer->mutex);
        } else if (!writer->stale) {
            pthread_cond_wait(&writer->work_came, &writer->mutex);
        }
    }
    pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

static enum status conditions_init(struct writer *writer)
{
    pthread_condattr_t attributes;

    if (pthread_mutex_init(&writer->mutex, NULL) != 0 || pthread_condattr_init(&attributes) != 0)
        return STATUS_NO_MEMORY;
    if (pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) != 0 ||
        pthread_cond_init(&writer->work_came, &attributes) != 0 ||
        pthread_cond_init(&writer->job_finished, NULL) != 0) {
        pthread_condattr_destroy(&attributes);
        return STATUS_NO_MEMORY;
    }
    pthread_condattr_destroy(&attributes);
    return STATUS_OK;
}

enum status writer_open(const struct writer_options *options, struct writer **out)
{
    struct writer *writer = calloc(1, sizeof *writer);

    *out = NULL;
    if (writer == NULL)
        return STATUS_NO_MEMORY;
    writer->options = *options;
    writer->index_cases = INDEX_CASES_FIRST;
    writer->stale = true; /* a crash may have left rows behind */
    if (conditions_init(writer) != STATUS_OK ||
        thread_start(&writer->thread, writer_loop, writer) != STATUS_OK) {
        free(writer);
        return STATUS_NO_MEMORY;
    }
    *out = writer;
    return STATUS_OK;
}

void writer_close(struct writer *writer)
{
    if (writer == NULL)
        return;
    pthread_mutex_lock(&writer->mutex);
    writer->ending = true;
    pthread_cond_signal(&writer->work_came);
    pthread_mutex_unlock(&writer->mutex);
    pthread_join(writer->thread, NULL);
    /* News still in the mailbox point here. */
    mailbox_deliver(writer->options.mailbox);
    pthread_cond_destroy(&writer->work_came);
    pthread_cond_destroy(&writer->job_finished);
    pthread_mutex_destroy(&writer->mutex);
    free(writer);
}

void writer_commit(struct writer *writer, struct writer_batch *batch)
{
    batch->receipt = bytes_of(NULL, 0);
    pthread_mutex_lock(&writer->mutex);
    work_list_push(&writer->batches, &batch->work);
    pthread_cond_signal(&writer->work_came);
    pthread_mutex_unlock(&writer->mutex);
}

void writer_send(struct writer *writer, struct writer_post *post)
{
    pthread_mutex_lock(&writer->mutex);
    work_list_push(&writer->posts, &post->work);
    pthread_cond_signal(&writer->work_came);
    pthread_mutex_unlock(&writer->mutex);
}

enum status writer_run(struct writer *writer,
                       enum status (*job)(struct replica *replica, void *context), void *context)
{
    struct waiting_job waiting = {.job = job, .context = context};

    pthread_mutex_lock(&writer->mutex);
    if (writer->ending) {
        pthread_mutex_unlock(&writer->mutex);
        return STATUS_BUSY;
    }
    if (writer->last_job != NULL)
        writer->last_job->next = &waiting;
    else
        writer->first_job = &waiting;
    writer->last_job = &waiting;
    pthread_cond_signal(&writer->work_came);
    while (!waiting.finished)
        pthread_cond_wait(&writer->job_finished, &writer->mutex);
    pthread_mutex_unlock(&writer->mutex);
    return waiting.status;
}
