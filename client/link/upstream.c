#include "client/link/upstream.h"

#include "client/link/net/clock.h"
#include "client/link/net/query.h"

#include <inttypes.h>
#include <string.h>

enum {
    RETRY_FIRST_US = 1000 * 1000, /* the first wait is somewhere below it */
    FLIGHT_BYTES = 256 * 1024,
    /* A connection that lasted so long was none that fails at once; longer than a node above waits
       for the grant of one it does not know. */
    STEADY_US = 15 * 1000 * 1000
};

static void retry_due(void *context)
{
    upstream_dial(context);
}

enum status upstream_init(struct upstream *upstream, struct link_shared *shared,
                          const struct address *address, const struct public_key *key,
                          unsigned retry_most_s)
{
    memset(upstream, 0, sizeof *upstream);
    upstream->shared = shared;
    upstream->address = *address;
    upstream->key = *key;
    buffer_init(&upstream->flight, FLIGHT_BYTES);
    upstream->retry_most_us =
        (uint64_t)(retry_most_s == 0 ? UPSTREAM_RETRY_MAX_SECONDS : retry_most_s) * 1000000;
    upstream->timer = timer_new(shared->net, retry_due, upstream);
    return upstream->timer != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

void upstream_deinit(struct upstream *upstream)
{
    timer_free(upstream->timer);
    upstream->timer = NULL;
    buffer_deinit(&upstream->flight);
}

static void retry_later(struct upstream *upstream, uint64_t least_us)
{
    uint64_t most_us = RETRY_FIRST_US;
    uint64_t random = 0;
    const struct replica_world *world = upstream->shared->world;

    for (unsigned i = 1; i < upstream->failures && most_us < upstream->retry_most_us; i++)
        most_us *= 2;
    if (most_us > upstream->retry_most_us)
        most_us = upstream->retry_most_us;
    world->random(world->context, (uint8_t *)&random, sizeof random);
    timer_set(upstream->timer, clock_now_us() + least_us + random % (most_us + 1));
}

void upstream_dial(struct upstream *upstream)
{
    char query[QUERY_SIZE];
    const struct replica_world *world = upstream->shared->world;
    enum status status = STATUS_OK;

    if (upstream->id != 0 || upstream->ended)
        return;
    timer_set(upstream->timer, UINT64_MAX);
    world->random(world->context, upstream->nonce, sizeof upstream->nonce);
    query_write(upstream->nonce, query);
    upstream->settled = false;
    status = net_connect(upstream->shared->net, &upstream->address,
                         upstream->any_certificate ? NULL : &upstream->key, query, &upstream->id);
    if (status != STATUS_OK) {
        journal_say(upstream->shared->journal, JOURNAL_WARNING, "dial", "result=%s",
                    status_name(status));
        upstream->id = 0;
        upstream->failures++;
        retry_later(upstream, 0);
    }
}

void upstream_stop(struct upstream *upstream)
{
    upstream->ended = true;
    timer_set(upstream->timer, UINT64_MAX);
    if (upstream->id != 0)
        net_disconnect(upstream->shared->net, upstream->id);
}

struct link *upstream_opened(struct upstream *upstream)
{
    struct link_options options = {
        .id = upstream->id, .role = SESSION_CLIENT, .peer = upstream->key};

    options.line = upstream->line;
    options.flight = buffer_view(&upstream->flight);
    memcpy(options.nonce, upstream->nonce, sizeof options.nonce);
    upstream->opened_us = clock_now_us();
    upstream->link = upstream->ended ? NULL : link_open(upstream->shared, &options);
    if (upstream->link == NULL)
        net_disconnect(upstream->shared->net, upstream->id);
    return upstream->link;
}

void upstream_lost(struct upstream *upstream, const struct link *link,
                   const struct session_report *report)
{
    bool moved = report->payload_acked > 0 || report->records_received > 0;
    bool steady = upstream->link != NULL &&
                  (moved || upstream->settled || clock_now_us() - upstream->opened_us > STEADY_US);

    if (link != NULL) {
        buffer_reset(&upstream->flight);
        buffer_append_bytes(&upstream->flight, link_flight(link));
    }
    if (report->line.rate > 0)
        upstream->line = report->line;
    upstream->id = 0;
    upstream->link = NULL;
    upstream->failures = steady ? 1 : upstream->failures + 1;
    if (!upstream->ended)
        retry_later(upstream, report->retry_after_ms * 1000);
}
