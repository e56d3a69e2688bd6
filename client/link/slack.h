/*
 * Gives memory that is free, but lies between what is used, back to the system: what thousands of
 * greetings and batches needed for a moment would else stay with a process that runs for months.
 * All functions belong to the loop.
 */
#ifndef HOSO_CLIENT_LINK_SLACK_H
#define HOSO_CLIENT_LINK_SLACK_H

#include "client/link/net/net.h"

struct slack;

/* NULL: out of memory. */
struct slack *slack_new(struct net *net);
/* Something was done that needed memory for a moment: some seconds later what is free is given
 * back, once for all that was noted until then. NULL is allowed. */
void slack_note(struct slack *slack);
/* Before net_close(). NULL is allowed. */
void slack_free(struct slack *slack);

#endif
