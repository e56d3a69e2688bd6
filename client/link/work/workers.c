#include "client/link/work/workers.h"

#include <assert.h>
#include <stdlib.h>

struct workers {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct work_list waiting;
    bool ending;
    struct mailbox *mailbox;
    size_t count;
    pthread_t threads[WORKERS_MAX];
};

static void *workers_run(void *argument)
{
    struct workers *workers = argument;
    struct work *work = NULL;

    pthread_mutex_lock(&workers->mutex);
    for (;;) {
        work = work_list_pop(&workers->waiting);
        if (work != NULL) {
            pthread_mutex_unlock(&workers->mutex);
            work->run(work);
            mailbox_post(workers->mailbox, work);
            pthread_mutex_lock(&workers->mutex);
        } else if (workers->ending) {
            break;
        } else {
            pthread_cond_wait(&workers->changed, &workers->mutex);
        }
    }
    pthread_mutex_unlock(&workers->mutex);
    return NULL;
}

enum status workers_open(size_t count, struct mailbox *mailbox, struct workers **out)
{
    struct workers *workers = calloc(1, sizeof *workers);

    assert(count >= 1 && count <= WORKERS_MAX);
    *out = NULL;
    if (workers == NULL)
        return STATUS_NO_MEMORY;
    workers->mailbox = mailbox;
    if (pthread_mutex_init(&workers->mutex, NULL) != 0 ||
        pthread_cond_init(&workers->changed, NULL) != 0) {
        free(workers);
        return STATUS_NO_MEMORY;
    }
    for (; workers->count < count; workers->count++) {
        if (thread_start(&workers->threads[workers->count], workers_run, workers) != STATUS_OK) {
            workers_close(workers);
            return STATUS_NO_MEMORY;
        }
    }
    *out = workers;
    return STATUS_OK;
}

void workers_close(struct workers *workers)
{
    if (workers == NULL)
        return;
    pthread_mutex_lock(&workers->mutex);
    workers->ending = true;
    pthread_cond_broadcast(&workers->changed);
    pthread_mutex_unlock(&workers->mutex);
    for (size_t i = 0; i < workers->count; i++)
        pthread_join(workers->threads[i], NULL);
    pthread_cond_destroy(&workers->changed);
    pthread_mutex_destroy(&workers->mutex);
    free(workers);
}

void workers_post(struct workers *workers, struct work *work)
{
    pthread_mutex_lock(&workers->mutex);
    work_list_push(&workers->waiting, work);
    pthread_cond_signal(&workers->changed);
    pthread_mutex_unlock(&workers->mutex);
}
