#include "client/link/net/timer.h"

#include "client/link/net/clock.h"

#include <libwebsockets.h>
#include <stdlib.h>

struct timer {
    lws_sorted_usec_list_t sul;
    struct net *net;
    void (*due)(void *context);
    void *context;
};

static void timer_due(lws_sorted_usec_list_t *sul)
{
    struct timer *timer = (void *)((char *)sul - offsetof(struct timer, sul));

    timer->due(timer->context);
}

struct timer *timer_new(struct net *net, void (*due)(void *context), void *context)
{
    struct timer *timer = calloc(1, sizeof *timer);

    if (timer == NULL)
        return NULL;
    timer->net = net;
    timer->due = due;
    timer->context = context;
    return timer;
}

void timer_set(struct timer *timer, uint64_t at_us)
{
    uint64_t now_us = clock_now_us();
    uint64_t wait_us = at_us > now_us ? at_us - now_us : 1;

    if (at_us == UINT64_MAX) {
        lws_sul_cancel(&timer->sul);
        return;
    }
    lws_sul_schedule(net_context(timer->net), 0, &timer->sul, timer_due, (lws_usec_t)wait_us);
}

void timer_free(struct timer *timer)
{
    if (timer == NULL)
        return;
    lws_sul_cancel(&timer->sul);
    free(timer);
}
