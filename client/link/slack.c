#include "client/link/slack.h"

#include "client/link/net/clock.h"
#include "client/link/net/timer.h"

#include <malloc.h>
#include <stdlib.h>

enum { SLACK_US = 5 * 1000 * 1000 /* milliseconds of work at a hub with thousands of peers */ };

struct slack {
    struct timer *timer;
    bool noted;
};

static void give_back(void *context)
{
    struct slack *slack = context;

    slack->noted = false;
    (void)malloc_trim(0);
}

struct slack *slack_new(struct net *net)
{
    struct slack *slack = calloc(1, sizeof *slack);

    if (slack == NULL)
        return NULL;
    slack->timer = timer_new(net, give_back, slack);
    if (slack->timer == NULL) {
        free(slack);
        return NULL;
    }
    return slack;
}

void slack_note(struct slack *slack)
{
    if (slack == NULL || slack->noted)
        return;
    slack->noted = true;
    timer_set(slack->timer, clock_now_us() + SLACK_US);
}

void slack_free(struct slack *slack)
{
    if (slack == NULL)
        return;
    timer_free(slack->timer);
    free(slack);
}
