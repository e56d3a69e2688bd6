/* The machine's clocks, as the sessions of a process are told them. */
#ifndef HOSO_CLIENT_LINK_NET_CLOCK_H
#define HOSO_CLIENT_LINK_NET_CLOCK_H

#include <stdint.h>

/* Microseconds of a clock that never goes back; decides timeouts. Any thread. */
uint64_t clock_now_us(void);
/* Microseconds of processor time the calling thread has had. */
uint64_t clock_spent_us(void);
/* Seconds since 1970 as the machine claims; decides nothing. Any thread. */
int64_t clock_wall_seconds(void);

#endif
