#include "tests/sim/endpoint.h"

#include "tests/sim/reading.h"
#include "tests/sim/remnant.h"
#include "tests/sim/watch.h"

#include <stdlib.h>
#include <string.h>

/* A connection that lasted so long was none that fails at once; longer than a greeting may wait for
 * a grant that does not come. */
static const uint64_t STEADY_US = 15000000;

struct endpoint *endpoint_of(struct world *world, uint64_t id)
{
    return id && id <= world->endpoint_count ? world->endpoints[id - 1] : NULL;
}

static void enter(struct world *world, struct endpoint *endpoint)
{
    if (world->endpoint_count == world->endpoint_capacity) {
        size_t capacity = world->endpoint_capacity ? world->endpoint_capacity * 2 : 64;
        struct endpoint **grown = realloc(world->endpoints, capacity * sizeof(struct endpoint *));
        if (!grown)
            abort();
        world->endpoints = grown;
        world->endpoint_capacity = capacity;
    }
    world->endpoints[world->endpoint_count++] = endpoint;
    endpoint->id = world->endpoint_count;
}

static void make_session(struct endpoint *endpoint)
{
    struct node *node = endpoint->node;
    endpoint->authority = replica_authority_acquire(node->replica);
    struct session_self self = {0};
    replica_session_self(node->replica, endpoint->has_peer ? &endpoint->peer : NULL, &self);
    self.role = endpoint->role;
    self.authority = endpoint->authority;
    self.window_bytes = watch_window_bytes(endpoint);
    if (self.role == SESSION_CLIENT)
        self.line = node->routes[endpoint->route].line;
    self.chain_mode = prng_chance(&node->world->prng, 500) ? CHAIN_BY_RUN : CHAIN_EACH;
    remnant_tell(endpoint, &self);
    endpoint->session = session_new(&self);
    if (!endpoint->session)
        abort();
}

struct endpoint *endpoint_new(struct node *node, enum session_role role, size_t route,
                              const struct public_key *peer)
{
    struct endpoint *endpoint = calloc(1, sizeof *endpoint);
    if (!endpoint)
        abort();
    endpoint->world = node->world;
    endpoint->node = node;
    endpoint->life = node->life;
    endpoint->role = role;
    endpoint->route = route;
    endpoint->tick_us = UINT64_MAX;
    endpoint->has_peer = peer != NULL;
    if (peer)
        endpoint->peer = *peer;
    make_session(endpoint);
    enter(node->world, endpoint);
    return endpoint;
}

void endpoint_free(struct endpoint *endpoint, bool crashed)
{
    struct world *world = endpoint->world;
    struct node *node = endpoint->node;
    watch_ended(endpoint);
    if (!crashed)
        remnant_keep(endpoint);
    cable_hang_up(endpoint, crashed);
    if (endpoint->role == SESSION_CLIENT) {
        struct route *route = &node->routes[endpoint->route];
        struct session_report report;
        session_report(endpoint->session, &report);
        route->line = report.line.rate > 0 ? report.line : route->line;
        route->endpoint = route->endpoint == endpoint->id ? 0 : route->endpoint;
    }
    session_free(endpoint->session);
    if (node->replica)
        replica_authority_release(node->replica, endpoint->authority);
    world->endpoints[endpoint->id - 1] = NULL;
    free(endpoint);
}

void news_free(void *payload)
{
    struct news *news = payload;
    if (news->batch)
        batch_free(news->batch);
    free(news->changed);
    free(news->receipt);
    free(news);
}

static void batch_release(void *batch)
{
    batch_free(batch);
}

/* Effects of one kind keep their order: none completes before the one asked for earlier. */
void endpoint_after(struct endpoint *endpoint, uint64_t after_us, enum item_kind kind,
                    void *payload, void (*release)(void *))
{
    struct world *world = endpoint->world;
    uint64_t at = world->now_us + after_us;
    if (at < endpoint->last_us[kind])
        at = endpoint->last_us[kind];
    endpoint->last_us[kind] = at;
    struct item item = {.kind = kind,
                        .node = endpoint->node->index,
                        .endpoint = endpoint->id,
                        .payload = payload,
                        .release = release};
    world_after(world, at - world->now_us, item);
}

void endpoint_news(struct endpoint *endpoint, uint64_t after_us, enum item_kind kind,
                   struct news *news)
{
    if (endpoint->last_us[kind] < endpoint->last_us[ITEM_ARRIVED])
        endpoint->last_us[kind] = endpoint->last_us[ITEM_ARRIVED];
    endpoint_after(endpoint, after_us, kind, news, news_free);
    endpoint->last_us[ITEM_ARRIVED] = endpoint->last_us[kind];
}

static uint64_t effort(struct endpoint *endpoint)
{
    return prng_between(&endpoint->world->prng, 1, endpoint->world->weather.effect_us_max);
}

static void schedule_effect(struct endpoint *endpoint, struct session_effect *effect)
{
    struct batch *batch = effect->batch;
    switch (effect->kind) {
    case EFFECT_SEND:
        endpoint->frames_waiting++;
        endpoint_after(endpoint, effort(endpoint), ITEM_SEND, cable_parcel(effect->frame), free);
        break;
    case EFFECT_READ:
        endpoint->reads_out++;
        endpoint_after(endpoint, effort(endpoint), ITEM_READ, reading_new(&effect->read),
                       reading_free);
        break;
    case EFFECT_VERIFY:
        endpoint->window_used += batch->wire_bytes;
        endpoint_after(endpoint, effort(endpoint), ITEM_VERIFY, batch, batch_release);
        break;
    case EFFECT_COMMIT:
        endpoint_after(endpoint, effort(endpoint), ITEM_COMMIT, batch, batch_release);
        break;
    case EFFECT_GRANT:
    case EFFECT_REFUSED: {
        struct session_effect *copy = malloc(sizeof *copy);
        if (!copy)
            abort();
        *copy = *effect;
        endpoint_after(endpoint, effort(endpoint), ITEM_DEMAND, copy, free);
        break;
    }
    case EFFECT_STATE:
        break;
    case EFFECT_CLOSE:
        watch_closing(endpoint, effect->status, effect->why);
        /* After the frames that were asked for before it. */
        endpoint->last_us[ITEM_CLOSE] = endpoint->last_us[ITEM_SEND];
        endpoint_after(endpoint, effort(endpoint), ITEM_CLOSE, NULL, NULL);
        break;
    }
}

static void schedule_tick(struct endpoint *endpoint)
{
    uint64_t due = session_deadline_us(endpoint->session);
    uint64_t now = endpoint->world->now_us;
    if (due == UINT64_MAX || due >= endpoint->tick_us)
        return;
    endpoint->tick_us = due > now ? due : now;
    struct item item = {.kind = ITEM_TICK, .node = endpoint->node->index, .endpoint = endpoint->id};
    world_after(endpoint->world, endpoint->tick_us - now, item);
}

/* What is noted of the peer: that it was reached and nothing is under way. */
static void note_rest(struct endpoint *endpoint)
{
    struct session_report report;
    session_report(endpoint->session, &report);
    endpoint->settled = endpoint->settled || report.settled;
    if (report.at_rest && !endpoint->rest_told) {
        endpoint->rest_told = true;
        if (replica_in_doubt(endpoint->node->replica))
            scribe_add(endpoint->node, (struct job){.kind = JOB_REST, .key = report.peer});
    }
    if (endpoint->doubt_noted || endpoint->rest_noted || !report.settled)
        return;
    endpoint->rest_noted = true;
    scribe_add(endpoint->node, (struct job){.kind = JOB_NOTE, .key = report.peer, .certain = true});
}

/* Feeds one event and puts what the session asks for into the queue. */
static void feed(struct endpoint *endpoint, struct session_event *event)
{
    struct session_effects effects = {0};
    event->now_us = endpoint->world->now_us;
    event->wall_seconds = node_wall_seconds(endpoint->node);
    enum status status = session_step(endpoint->session, event, &effects);
    watch_step(endpoint, event, status, &effects);
    for (size_t i = 0; i < effects.count; i++)
        schedule_effect(endpoint, &effects.items[i]);
    schedule_tick(endpoint);
    note_rest(endpoint);
}

static enum status doubt_call(struct node *node, void *context)
{
    const struct public_key *peer = context;
    return replica_note_peer(node->replica, peer, false, node_wall_seconds(node));
}

/* Before a session's first record leaves, the store must know that the marks are in doubt. */
static bool note_doubt(struct endpoint *endpoint)
{
    struct session_report report;
    session_report(endpoint->session, &report);
    if (endpoint->role != SESSION_CLIENT || endpoint->doubt_noted || !report.in_flight)
        return true;
    endpoint->doubt_noted = scribe_now(endpoint->node, doubt_call, &report.peer);
    return endpoint->doubt_noted;
}

static void perform_opened(struct endpoint *endpoint)
{
    struct session_event event = {.kind = EVENT_OPENED};
    prng_fill(&endpoint->node->prng, event.random, sizeof event.random);
    memcpy(event.nonce, endpoint->nonce, sizeof event.nonce);
    /* A session knows its store as it is when the connection stands, not when it was called for. */
    session_free(endpoint->session);
    replica_authority_release(endpoint->node->replica, endpoint->authority);
    make_session(endpoint);
    endpoint->opened = true;
    endpoint->opened_us = endpoint->world->now_us;
    feed(endpoint, &event);
    event = (struct session_event){.kind = EVENT_WRITABLE};
    feed(endpoint, &event);
}

static void perform_send(struct endpoint *endpoint, struct bytes frame)
{
    endpoint->frames_waiting--;
    if (endpoint->closing) /* nothing leaves behind what was held back */
        return;
    if (!note_doubt(endpoint)) {
        endpoint->closing = true;
        endpoint_after(endpoint, 1, ITEM_CLOSE, NULL, NULL);
        return;
    }
    watch_send(endpoint, frame);
    if (endpoint->cable)
        cable_send(endpoint, frame);
}

static void perform_frame(struct endpoint *endpoint, struct bytes frame)
{
    const struct cable *cable = endpoint->cable;
    if (!cable)
        return;
    size_t from = cable->ends[0] == endpoint->id ? 1 : 0;
    if (endpoint->world->now_us > cable->dead_us[from] || !endpoint->opened)
        return;
    struct session_event event = {.kind = EVENT_FRAME, .frame = frame};
    feed(endpoint, &event);
}

static void perform_news(struct endpoint *endpoint, struct item *item)
{
    struct news *news = item->payload;
    const struct authority *replaced = NULL;
    if (news->authority_changed) {
        replaced = endpoint->authority;
        endpoint->authority = replica_authority_acquire(endpoint->node->replica);
        struct session_event event = {.kind = EVENT_AUTHORITY_CHANGED,
                                      .authority = endpoint->authority};
        feed(endpoint, &event);
        replica_authority_release(endpoint->node->replica, replaced);
    }
    struct session_event event = {.kind = EVENT_ARRIVED,
                                  .status = news->status,
                                  .receipt = bytes_of(news->receipt, news->receipt_size),
                                  .arrival = news->arrival,
                                  .running_hash = news->running_hash,
                                  .changed = news->changed,
                                  .changed_count = news->changed_count,
                                  .receipt_number = news->receipt_number};
    if (item->kind == ITEM_COMMITTED) {
        event.kind = news->failed ? EVENT_COMMIT_FAILED : EVENT_COMMITTED;
        event.batch = news->batch;
        endpoint->window_used -= news->batch->wire_bytes;
        news->batch = NULL;
    }
    feed(endpoint, &event);
}

static void perform_closed(struct endpoint *endpoint)
{
    struct session_event event = {.kind = EVENT_CLOSED};
    feed(endpoint, &event);
    struct session_report report;
    session_report(endpoint->session, &report);
    struct node *node = endpoint->node;
    if (endpoint->role == SESSION_CLIENT) {
        struct route *route = &node->routes[endpoint->route];
        bool steady =
            endpoint->settled ||
            (endpoint->opened && endpoint->world->now_us - endpoint->opened_us > STEADY_US);
        route->failures = steady ? 0 : route->failures + 1;
    }
    if (report.proved)
        scribe_add(
            node, (struct job){.kind = JOB_NOTE, .key = report.peer, .certain = !report.in_flight});
    endpoint_free(endpoint, false);
    cable_wake(node);
}

static void perform_verify(struct endpoint *endpoint, struct item *item)
{
    struct batch *batch = item->payload;
    item->payload = NULL;
    batch_verify(batch, prng_chance(&endpoint->world->prng, 500) ? CHAIN_BY_RUN : CHAIN_EACH);
    endpoint_after(endpoint, effort(endpoint), ITEM_VERIFIED, batch, batch_release);
}

static void perform_job(struct endpoint *endpoint, struct item *item)
{
    struct job job = {.kind = JOB_BATCH, .endpoint = endpoint->id};
    if (item->kind == ITEM_COMMIT) {
        job.batch = item->payload;
        item->payload = NULL;
    } else {
        const struct session_effect *effect = item->payload;
        job.kind = effect->kind == EFFECT_GRANT ? JOB_ADMIT : JOB_REFUSED;
        job.proof = effect->invitation;
        job.key = effect->peer;
        job.log = effect->log;
        job.seq = effect->seq;
        job.status = effect->status;
    }
    scribe_add(endpoint->node, job);
}

static void perform_read(struct endpoint *endpoint, struct item *item)
{
    struct reading *reading = item->payload;
    item->payload = NULL;
    reading_perform(reading, endpoint->node->replica);
    watch_read(endpoint, reading);
    endpoint_after(endpoint, effort(endpoint), ITEM_READ_DONE, reading, reading_free);
}

/* True while what was sent has not yet left. */
static bool line_is_busy(const struct endpoint *endpoint)
{
    const struct cable *cable = endpoint->cable;
    size_t end = cable && cable->ends[0] == endpoint->id ? 0 : 1;
    return !cable || endpoint->frames_waiting > 0 || cable->free_us[end] > endpoint->world->now_us;
}

static void perform_event(struct endpoint *endpoint, struct item *item)
{
    struct session_event event = {.kind = EVENT_WRITABLE};
    if (item->kind == ITEM_WRITABLE && line_is_busy(endpoint))
        return;
    if (item->kind == ITEM_READ_DONE) {
        const struct reading *reading = item->payload;
        endpoint->reads_out--;
        event.kind = EVENT_READ_DONE;
        event.read = &reading->result;
    } else if (item->kind == ITEM_VERIFIED) {
        event.kind = EVENT_VERIFIED;
        event.batch = item->payload;
        item->payload = NULL;
    } else if (item->kind == ITEM_TICK) {
        if (item->at_us != endpoint->tick_us)
            return;
        endpoint->tick_us = UINT64_MAX;
        event.kind = EVENT_TICK;
    }
    feed(endpoint, &event);
}

void endpoint_perform(struct endpoint *endpoint, struct item *item)
{
    switch ((int)item->kind) {
    case ITEM_OPENED:
        perform_opened(endpoint);
        break;
    case ITEM_SEND:
        perform_send(endpoint, cable_parcel_bytes(item->payload));
        break;
    case ITEM_FRAME:
        perform_frame(endpoint, cable_parcel_bytes(item->payload));
        break;
    case ITEM_READ:
        perform_read(endpoint, item);
        break;
    case ITEM_VERIFY:
        perform_verify(endpoint, item);
        break;
    case ITEM_COMMIT:
    case ITEM_DEMAND:
        perform_job(endpoint, item);
        break;
    case ITEM_COMMITTED:
    case ITEM_ARRIVED:
        perform_news(endpoint, item);
        break;
    case ITEM_CLOSE:
    case ITEM_CLOSED:
        perform_closed(endpoint);
        break;
    case ITEM_CUT:
        world_fault(endpoint->world, FAULT_WINDOW);
        if (endpoint->cable)
            cable_cut(endpoint->world, endpoint->cable, true);
        break;
    default:
        perform_event(endpoint, item);
        break;
    }
}
