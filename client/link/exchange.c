#include "client/link/exchange.h"

#include "client/link/net/clock.h"
#include "client/link/net/query.h"

#include <string.h>
#include <time.h>

struct ask {
    struct work work; /* first */
    void (*answer)(void *context);
    void *context;
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    bool done;
};

struct exchange {
    struct exchange *next;
    struct exchanges *exchanges;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool finished;
    enum status status;
    uint64_t began_us;
    uint64_t link; /* whose counters |base| is of; 0: began without one */
    struct session_report base;
    struct service_exchange result;
};

static void ask_done(struct work *work)
{
    struct ask *ask = (struct ask *)work;

    ask->answer(ask->context);
    pthread_mutex_lock(&ask->mutex);
    ask->done = true;
    pthread_cond_signal(&ask->answered);
    pthread_mutex_unlock(&ask->mutex);
}

void ask_loop(struct mailbox *mailbox, void (*answer)(void *context), void *context)
{
    struct ask ask = {.answer = answer, .context = context};

    pthread_mutex_init(&ask.mutex, NULL);
    pthread_cond_init(&ask.answered, NULL);
    ask.work.done = ask_done;
    mailbox_post(mailbox, &ask.work);
    pthread_mutex_lock(&ask.mutex);
    while (!ask.done)
        pthread_cond_wait(&ask.answered, &ask.mutex);
    pthread_mutex_unlock(&ask.mutex);
    pthread_cond_destroy(&ask.answered);
    pthread_mutex_destroy(&ask.mutex);
}

/* Adds what the link has moved since the exchange began or the last count. */
static void count_moved(struct exchange *exchange)
{
    struct service_exchange *result = &exchange->result;
    const struct session_report *base = &exchange->base;
    const struct upstream *upstream = exchange->exchanges->upstream;
    struct session_report now;

    result->ms = (clock_now_us() - exchange->began_us) / 1000;
    if (upstream == NULL || upstream->link == NULL)
        return;
    link_report(upstream->link, &now);
    if (exchange->link != link_id(upstream->link)) {
        memset(&exchange->base, 0, sizeof exchange->base);
        result->bytes_up += QUERY_SIZE - 1; /* the nonce rode the upgrade */
    }
    result->sent += now.records_sent - base->records_sent;
    result->received += now.records_received - base->records_received;
    result->bytes_up += now.payload_sent - base->payload_sent;
    result->bytes_down += now.payload_received - base->payload_received;
    result->refused = now.logs_refused;
}

static void exchange_finish(struct exchange *exchange, enum status status)
{
    pthread_mutex_lock(&exchange->mutex);
    count_moved(exchange);
    exchange->status = status;
    exchange->finished = true;
    pthread_cond_signal(&exchange->changed);
    pthread_mutex_unlock(&exchange->mutex);
}

void exchanges_finish(struct exchanges *exchanges, enum status status)
{
    while (exchanges->first != NULL) {
        struct exchange *exchange = exchanges->first;

        exchanges->first = exchange->next;
        exchange_finish(exchange, status);
    }
}

void exchanges_carry(struct exchanges *exchanges)
{
    for (struct exchange *exchange = exchanges->first; exchange != NULL;
         exchange = exchange->next) {
        count_moved(exchange);
        exchange->link = 0;
    }
}

enum status exchange_outcome(const struct session_report *report)
{
    if (report->lost)
        return STATUS_CORRUPT;
    return report->no_room ? STATUS_FULL : STATUS_OK;
}

static void exchange_begin(void *context)
{
    struct exchange *exchange = context;
    struct exchanges *exchanges = exchange->exchanges;

    if (exchanges->upstream == NULL || exchanges->closed) {
        exchange_finish(exchange, STATUS_UNREACHABLE);
        return;
    }
    if (exchanges->upstream->link != NULL) {
        exchange->link = link_id(exchanges->upstream->link);
        link_report(exchanges->upstream->link, &exchange->base);
        if (exchange->base.no_room) {
            /* Room may have come since: for who asks it is tried now. */
            exchanges->renewing = true;
            link_end(exchanges->upstream->link, "asked for before its time");
        } else if (exchange->base.settled) {
            exchange_finish(exchange, exchange_outcome(&exchange->base));
            return;
        }
    }
    exchange->next = exchanges->first;
    exchanges->first = exchange;
    upstream_dial(exchanges->upstream);
}

static void exchange_give_up(void *context)
{
    struct exchange *exchange = context;
    struct exchange **at = &exchange->exchanges->first;

    while (*at != NULL && *at != exchange)
        at = &(*at)->next;
    if (*at != NULL) {
        *at = exchange->next;
        exchange_finish(exchange, STATUS_UNREACHABLE);
    }
}

static void wait_finished(struct exchange *exchange, uint64_t timeout_ms, struct mailbox *mailbox)
{
    uint64_t until_us = exchange->began_us + timeout_ms * 1000;
    struct timespec until = {.tv_sec = (time_t)(until_us / 1000000),
                             .tv_nsec = (long)(until_us % 1000000 * 1000)};
    int timed_out = 0;

    pthread_mutex_lock(&exchange->mutex);
    while (!exchange->finished && timed_out == 0) {
        if (timeout_ms == 0)
            pthread_cond_wait(&exchange->changed, &exchange->mutex);
        else
            timed_out = pthread_cond_timedwait(&exchange->changed, &exchange->mutex, &until);
    }
    pthread_mutex_unlock(&exchange->mutex);
    if (timed_out != 0)
        ask_loop(mailbox, exchange_give_up, exchange);
}

enum status exchange_wait(struct exchanges *exchanges, struct mailbox *mailbox, uint64_t timeout_ms,
                          struct service_exchange *result)
{
    struct exchange exchange = {.exchanges = exchanges, .began_us = clock_now_us()};
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&exchange.mutex, NULL);
    pthread_cond_init(&exchange.changed, &attributes);
    pthread_condattr_destroy(&attributes);
    ask_loop(mailbox, exchange_begin, &exchange);
    wait_finished(&exchange, timeout_ms, mailbox);
    pthread_cond_destroy(&exchange.changed);
    pthread_mutex_destroy(&exchange.mutex);
    *result = exchange.result;
    return exchange.status;
}
