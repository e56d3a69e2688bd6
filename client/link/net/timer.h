/* Timers of the loop. All functions belong to its thread. */
#ifndef HOSO_CLIENT_LINK_NET_TIMER_H
#define HOSO_CLIENT_LINK_NET_TIMER_H

#include "client/link/net/net.h"

struct timer;

/* A timer that does nothing until set. NULL: out of memory. */
struct timer *timer_new(struct net *net, void (*due)(void *context), void *context);
/* Calls |due| once at |at_us| of clock_now_us(), replacing an earlier setting; UINT64_MAX: never.
 */
void timer_set(struct timer *timer, uint64_t at_us);
/* Before net_close() or within it; not from inside its own |due|. NULL is allowed. */
void timer_free(struct timer *timer);

#endif
