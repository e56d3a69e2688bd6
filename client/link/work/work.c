#include "client/link/work/work.h"

#include <signal.h>
#include <string.h>

void work_list_push(struct work_list *list, struct work *work)
{
    work->next = NULL;
    if (list->last != NULL)
        list->last->next = work;
    else
        list->first = work;
    list->last = work;
}

struct work *work_list_pop(struct work_list *list)
{
    struct work *work = list->first;

    if (work == NULL)
        return NULL;
    list->first = work->next;
    if (list->first == NULL)
        list->last = NULL;
    work->next = NULL;
    return work;
}

enum status mailbox_init(struct mailbox *mailbox, void (*wake)(void *context), void *context)
{
    memset(mailbox, 0, sizeof *mailbox);
    mailbox->wake = wake;
    mailbox->context = context;
    return pthread_mutex_init(&mailbox->mutex, NULL) == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

void mailbox_deinit(struct mailbox *mailbox)
{
    pthread_mutex_destroy(&mailbox->mutex);
}

void mailbox_post(struct mailbox *mailbox, struct work *work)
{
    bool first = false;

    pthread_mutex_lock(&mailbox->mutex);
    first = mailbox->list.first == NULL;
    work_list_push(&mailbox->list, work);
    pthread_mutex_unlock(&mailbox->mutex);
    /* One wake-up brings all that is there when the loop comes. */
    if (first)
        mailbox->wake(mailbox->context);
}

void mailbox_deliver(struct mailbox *mailbox)
{
    struct work_list list;
    struct work *work = NULL;

    pthread_mutex_lock(&mailbox->mutex);
    list = mailbox->list;
    memset(&mailbox->list, 0, sizeof mailbox->list);
    pthread_mutex_unlock(&mailbox->mutex);
    while ((work = work_list_pop(&list)) != NULL)
        work->done(work);
}

enum status thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument)
{
    sigset_t all;
    sigset_t before;
    int failed = 0;

    sigfillset(&all);
    sigdelset(&all, SIGBUS); /* a broken page's: blocked, it would end the process without a word */
    sigdelset(&all, SIGSEGV);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(thread, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}
