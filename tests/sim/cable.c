#include "tests/sim/cable.h"

#include "tests/sim/endpoint.h"
#include "tests/sim/remnant.h"

#include <stdlib.h>
#include <string.h>

/* As CRASHES_MAX in world.c: each cut makes its client call anew, and each call may be cut. */
static const uint64_t CUTS_MAX = 1000;

enum { FRAME_OVERHEAD = 8, RESEND_LEAST_US = 200000, RESENDS_MOST = 8 };
static const uint64_t HALF_OPEN_LEAST_US = UINT64_C(5) * 1000000;
static const uint64_t HALF_OPEN_MOST_US = UINT64_C(300) * 1000000;
static const uint64_t DAY_US = UINT64_C(86400) * 1000000;
static const uint64_t WINDOW_US = UINT64_C(120) * 1000000;

struct parcel { /* a frame on its way */
    size_t size;
    uint8_t at[];
};

static struct parcel *parcel_of(struct bytes frame)
{
    struct parcel *parcel = malloc(sizeof *parcel + frame.size);
    if (!parcel)
        abort();
    parcel->size = frame.size;
    if (frame.size)
        memcpy(parcel->at, frame.at, frame.size);
    return parcel;
}

struct bytes cable_parcel_bytes(const void *payload)
{
    const struct parcel *parcel = payload;
    return bytes_of(parcel->at, parcel->size);
}

void *cable_parcel(struct bytes frame)
{
    return parcel_of(frame);
}

static uint64_t backoff_us(struct node *node, const struct route *route)
{
    uint64_t most = UINT64_C(500000) << (route->failures < 10 ? route->failures : 10);
    return prng_between(&node->world->prng, 1000, most);
}

/* How long until the route's line stands, as of now; 0: it does. |*left_us|: how long it will. */
static uint64_t window_wait_us(const struct node *node, const struct route *route,
                               uint64_t *left_us)
{
    *left_us = UINT64_MAX;
    if (!node->world->weather.windows || !route->windowed)
        return 0;
    uint64_t of_day = (node->world->now_us + DAY_US - route->window_us) % DAY_US;
    *left_us = of_day < WINDOW_US ? WINDOW_US - of_day : 0;
    return of_day < WINDOW_US ? 0 : DAY_US - of_day;
}

void cable_wake(struct node *node)
{
    for (size_t i = 0; i < node->route_count; i++) {
        struct route *route = &node->routes[i];
        if (!node_is_up(node) || !route->wanted || route->endpoint || route->pending)
            continue;
        uint64_t left_us = 0;
        route->pending = true;
        world_after(node->world, window_wait_us(node, route, &left_us) + backoff_us(node, route),
                    (struct item){.kind = ITEM_CONNECT, .node = node->index, .value = i});
    }
}

static struct cable *cable_new(struct world *world, struct endpoint *client,
                               struct endpoint *server)
{
    struct cable *cable = calloc(1, sizeof *cable);
    if (!cable)
        abort();
    const struct weather *weather = &world->weather;
    cable->ends[0] = client->id;
    cable->ends[1] = server->id;
    cable->dead_us[0] = cable->dead_us[1] = UINT64_MAX;
    cable->rate = prng_between(&world->prng, weather->rate_least, weather->rate_most);
    cable->delay_us = prng_between(&world->prng, 100, weather->delay_us_max);
    client->cable = cable;
    server->cable = cable;
    return cable;
}

void cable_connect(struct node *node, size_t index)
{
    struct world *world = node->world;
    struct route *route = &node->routes[index];
    struct node *server_node = world->nodes[route->server];
    route->pending = false;
    if (!node_is_up(node) || !route->wanted || route->endpoint)
        return;
    uint64_t left_us = 0;
    if (route->blocked || !node_is_up(server_node) || !route_leads(world, route) ||
        window_wait_us(node, route, &left_us) > 0) {
        route->failures++;
        cable_wake(node);
        return;
    }
    struct endpoint *client = endpoint_new(node, SESSION_CLIENT, index, &server_node->key);
    struct endpoint *server = endpoint_new(server_node, SESSION_SERVER, 0, NULL);
    prng_fill(&node->prng, client->nonce, sizeof client->nonce);
    memcpy(server->nonce, client->nonce, sizeof client->nonce);
    struct cable *cable = cable_new(world, client, server);
    route->endpoint = client->id;
    world_say(world, "%s calls %s", node->name, server_node->name);
    endpoint_after(server, cable->delay_us, ITEM_OPENED, NULL, NULL);
    endpoint_after(client, 2 * cable->delay_us, ITEM_OPENED, NULL, NULL);
    /* What the server says right behind the 101 comes after it. */
    cable->last_us[1] = world->now_us + 2 * cable->delay_us;
    if (left_us != UINT64_MAX)
        world_after(world, left_us,
                    (struct item){.kind = ITEM_CUT, .node = node->index, .endpoint = client->id});
}

static size_t end_of(const struct cable *cable, const struct endpoint *endpoint)
{
    return cable->ends[0] == endpoint->id ? 0 : 1;
}

/* What is lost is sent again, each time after twice as long, and all behind it waits. */
static uint64_t resends_us(struct world *world, const struct cable *cable)
{
    uint64_t waited = 0;
    uint64_t wait = 2 * cable->delay_us + RESEND_LEAST_US;
    for (size_t i = 0; i < RESENDS_MOST && prng_chance(&world->prng, world->weather.loss); i++) {
        world_fault(world, FAULT_LOSS);
        waited += wait;
        wait *= 2;
    }
    return waited;
}

void cable_send(struct endpoint *from, struct bytes frame)
{
    struct world *world = from->world;
    struct cable *cable = from->cable;
    size_t end = end_of(cable, from);
    uint64_t start = cable->free_us[end] > world->now_us ? cable->free_us[end] : world->now_us;
    uint64_t takes = (frame.size + FRAME_OVERHEAD) * 1000000 / cable->rate;
    takes += resends_us(world, cable);
    cable->free_us[end] = start + takes;
    cable->bytes[end] += frame.size;
    uint64_t comes = cable->free_us[end] + cable->delay_us;
    if (comes <= cable->last_us[end])
        comes = cable->last_us[end] + 1;
    cable->last_us[end] = comes;
    if (end == 0)
        remnant_sent(cable, comes, frame);
    struct endpoint *to = endpoint_of(world, cable->ends[1 - end]);
    if (to) {
        struct parcel *parcel = parcel_of(frame);
        bool damaged = frame.size && prng_chance(&world->prng, world->weather.damage);
        if (damaged)
            world_fault(world, FAULT_FRAME_BIT);
        if (damaged)
            parcel->at[prng_below(&world->prng, frame.size)] ^=
                (uint8_t)(1U << prng_below(&world->prng, 8));
        struct item item = {.kind = ITEM_FRAME,
                            .node = to->node->index,
                            .endpoint = to->id,
                            .payload = parcel,
                            .release = free};
        world_after(world, comes - world->now_us, item);
    }
    struct item writable = {.kind = ITEM_WRITABLE, .node = from->node->index, .endpoint = from->id};
    world_after(world, cable->free_us[end] - world->now_us + 1, writable);
    if (world->faults[FAULT_CUT] < CUTS_MAX && prng_chance(&world->prng, world->weather.cut))
        cable_cut(world, cable, true);
}

/* |endpoint| learns of the end of its line |after_us| from now. */
static void tell_closed(struct endpoint *endpoint, uint64_t after_us)
{
    struct item item = {
        .kind = ITEM_CLOSED, .node = endpoint->node->index, .endpoint = endpoint->id};
    world_after(endpoint->world, after_us, item);
}

/* How long an end does not learn that its line is gone. */
static uint64_t silence_us(struct world *world)
{
    world_fault(world, FAULT_HALF_OPEN);
    return prng_between(&world->prng, HALF_OPEN_LEAST_US, HALF_OPEN_MOST_US);
}

void cable_cut(struct world *world, struct cable *cable, bool may_half_open)
{
    if (cable->cut)
        return;
    cable->cut = true;
    world_fault(world, FAULT_CUT);
    for (size_t end = 0; end < 2; end++)
        cable->dead_us[end] = world->now_us + prng_below(&world->prng, 2 * cable->delay_us + 1);
    for (size_t end = 0; end < 2; end++) {
        struct endpoint *endpoint = endpoint_of(world, cable->ends[end]);
        if (!endpoint)
            continue;
        bool half_open = may_half_open && prng_chance(&world->prng, world->weather.half_open);
        uint64_t last = cable->dead_us[1 - end] - world->now_us;
        world_say(world, "%s's line is cut%s", endpoint->node->name,
                  half_open ? " and it does not know" : "");
        tell_closed(endpoint, half_open ? silence_us(world) : last + 1);
    }
}

void cable_hang_up(struct endpoint *endpoint, bool crashed)
{
    struct cable *cable = endpoint->cable;
    if (!cable)
        return;
    size_t end = end_of(cable, endpoint);
    cable->ends[end] = 0;
    endpoint->cable = NULL;
    struct endpoint *other = endpoint_of(endpoint->world, cable->ends[1 - end]);
    if (!other) {
        remnant_cable_gone(cable);
        free(cable);
        return;
    }
    if (!cable->cut) {
        uint64_t now = endpoint->world->now_us;
        uint64_t after = cable->last_us[end] > now ? cable->last_us[end] - now : 0;
        bool silent =
            crashed && prng_chance(&endpoint->world->prng, endpoint->world->weather.half_open);
        tell_closed(other, silent ? silence_us(endpoint->world) : after + cable->delay_us + 1);
    }
    cable->cut = true;
}

void cable_cut_route(struct node *node, size_t route)
{
    struct endpoint *endpoint = endpoint_of(node->world, node->routes[route].endpoint);
    if (endpoint && endpoint->cable)
        cable_cut(node->world, endpoint->cable, false);
}
