#include "client/link/net/clock.h"
#include "client/link/net/inside.h"

enum {
    LOOK_US = 1000 * 1000,
    SOON_US = 2 * 1000,
    CUT_AT_ONCE = 8, /* one costs up to 100 us: the transport walks lists of all strangers */
    RESUME_US = 50 * 1000,
    BREATH_US = 1000,        /* between two rounds of accepting */
    ROUND_US = 2000,         /* what a round may cost the others: an act is some six turns */
    ACCEPTED_LEAST = 2,      /* in a round, whatever it costs: nobody waits for ever */
    ACCEPTED_MOST = 64,      /* in a round */
    BURST_US = 1000 * 1000,  /* a peer may be so far ahead of its lasting share */
    FRAMES_A_SECOND = 10000, /* the lasting share: more than a commit a record asks for */
    BYTES_A_US = 32          /* 32 MB a second: more than a core verifies */
};

/* ---- strangers ---- */

static void look_due(lws_sorted_usec_list_t *sul);

void door_cut(struct connection *connection, const char *why)
{
    if (connection->cut != NULL)
        return;
    connection->cut = why;
    lws_set_timeout(connection->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static void look_later(struct net *net, uint64_t wait_us)
{
    if (!net->closing)
        lws_sul_schedule(net->context, 0, &net->look, look_due, (lws_usec_t)wait_us);
}

/* Cuts the oldest strangers that are to go, few at a time; returns how many. */
static size_t cut_strangers(struct net *net, size_t most)
{
    struct connection *connection = NULL;
    bool late = false;
    size_t cut = 0;

    while (cut < most &&
           (connection = guard_next_to_cut(net->guard, clock_now_us(), &late)) != NULL) {
        const char *why = late ? "did not say who it is in time" : "made room for a newer one";

        door_cut(connection, why);
        net->events->turned_away(net->owner, why);
        cut++;
    }
    return cut;
}

static void look_due(lws_sorted_usec_list_t *sul)
{
    struct net *net = (void *)((char *)sul - offsetof(struct net, look));
    size_t cut = cut_strangers(net, CUT_AT_ONCE);

    net->looking = guard_strangers(net->guard) > 0;
    if (net->looking)
        look_later(net, cut == CUT_AT_ONCE ? SOON_US : LOOK_US);
}

/* ---- accepting ---- */

/*
 * The transport accepts as long as anybody waits to be accepted, and meanwhile serves nobody: who
 * connects without end would hold the loop. So it takes a round of few, then serves the others. How
 * many follows from what the last round cost: TLS, or many strangers, make one a hundred times
 * dearer. Processor time, since what else this machine does is no reason to keep anybody waiting.
 */
static void open_due(lws_sorted_usec_list_t *sul)
{
    struct net *net = (void *)((char *)sul - offsetof(struct net, open));
    uint64_t spent_us = clock_spent_us() - net->round_us;

    if (spent_us > ROUND_US)
        net->round = net->round / 2 > ACCEPTED_LEAST ? net->round / 2 : ACCEPTED_LEAST;
    else if (spent_us < ROUND_US / 2 && net->round < ACCEPTED_MOST)
        net->round++;
    lws_rx_flow_control(net->listener, 1);
    net->listener = NULL;
}

static void take_breath(struct net *net, struct lws *listener)
{
    if (net->listener != NULL) {
        /* The transport opens it again whenever a connection closes. */
        lws_rx_flow_control(listener, 0);
        return;
    }
    if (net->accepted == 0)
        net->round_us = clock_spent_us();
    if (++net->accepted < net->round)
        return;
    net->accepted = 0;
    net->listener = listener;
    lws_rx_flow_control(listener, 0);
    lws_sul_schedule(net->context, 0, &net->open, open_due, BREATH_US);
}

void door_close(struct net *net)
{
    lws_sul_cancel(&net->open);
    lws_sul_cancel(&net->look);
    lws_sul_cancel(&net->resume);
}

bool door_lets_in(struct net *net, struct lws *listener, int fd)
{
    struct guard_address address = guard_address_of(fd);
    enum guard_verdict verdict = guard_may_enter(net->guard, &address, clock_now_us());

    take_breath(net, listener);
    if (verdict == GUARD_ENTERS)
        return !net->closing;
    net->events->turned_away(net->owner, verdict == GUARD_TOO_FAST ? "its address comes too often"
                                         : verdict == GUARD_CROWDED
                                             ? "too many come at once"
                                             : "too many strangers from its address");
    return false;
}

int door_entered(struct net *net, struct lws *wsi)
{
    struct guard_address address = guard_address_of(lws_get_socket_fd(wsi));
    struct connection *connection = connection_new(net, CONNECTION_ENTERING);

    if (connection == NULL)
        return -1;
    connection->guest = guard_enter(net->guard, &address, clock_now_us(), connection);
    if (connection->guest == NULL) {
        connection_free(connection);
        return -1;
    }
    connection->wsi = wsi;
    lws_set_opaque_user_data(wsi, connection);
    /* One comes, one goes. */
    (void)cut_strangers(net, 2);
    if (!net->looking)
        look_later(net, LOOK_US);
    net->looking = true;
    return 0;
}

void net_trust(struct net *net, uint64_t id)
{
    struct connection *connection = slots_find(&net->connections, id);

    if (connection != NULL && connection->guest != NULL)
        guard_trust(net->guard, connection->guest);
}

/* ---- how much is read of one ---- */

static void set_reading(struct connection *connection)
{
    if (connection->wsi != NULL)
        lws_rx_flow_control(connection->wsi, !connection->paused && !connection->held);
}

void net_hold(struct net *net, uint64_t id, bool hold)
{
    struct connection *connection = slots_find(&net->connections, id);

    if (connection == NULL || connection->kind != CONNECTION_OPEN || connection->held == hold)
        return;
    connection->held = hold;
    set_reading(connection);
}

static void resume_due(lws_sorted_usec_list_t *sul)
{
    struct net *net = (void *)((char *)sul - offsetof(struct net, resume));
    struct connection **at = &net->paused;
    uint64_t now_us = clock_now_us();

    while (*at != NULL) {
        struct connection *connection = *at;

        if (connection->share_us > now_us + BURST_US / 2) {
            at = &connection->next_paused;
            continue;
        }
        *at = connection->next_paused;
        connection->paused = false;
        set_reading(connection);
    }
    if (net->paused != NULL)
        lws_sul_schedule(net->context, 0, &net->resume, resume_due, RESUME_US);
}

void door_charge(struct connection *connection, size_t bytes, bool frame)
{
    struct net *net = connection->net;
    uint64_t now_us = clock_now_us();
    uint64_t cost_us = bytes / BYTES_A_US + (frame ? 1000000 / FRAMES_A_SECOND : 0);

    if (connection->share_us < now_us)
        connection->share_us = now_us;
    connection->share_us += cost_us;
    if (connection->paused || connection->share_us <= now_us + BURST_US)
        return;
    connection->paused = true;
    connection->next_paused = net->paused;
    set_reading(connection);
    if (net->paused == NULL)
        lws_sul_schedule(net->context, 0, &net->resume, resume_due, RESUME_US);
    net->paused = connection;
}

void door_left(struct connection *connection)
{
    struct connection **at = &connection->net->paused;

    guard_leave(connection->net->guard, connection->guest);
    connection->guest = NULL;
    if (!connection->paused)
        return;
    while (*at != connection)
        at = &(*at)->next_paused;
    *at = connection->next_paused;
}
