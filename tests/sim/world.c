#include "tests/sim/world.h"

#include "tests/sim/cable.h"
#include "tests/sim/endpoint.h"
#include "tests/sim/node.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* A run that does this many things has lost its way. */
static const uint64_t STEPS_MAX = 4000000;
/* Each crash makes all of its peers call anew, and each call is a hundred effects that may bring
 * the next one: where a full disk keeps everybody waiting that would never end. No machine dies
 * every few seconds for days. */
static const uint64_t CRASHES_MAX = 400;

void world_init(struct world *world, uint64_t seed, size_t units, bool lmdb, FILE *trace)
{
    *world = (struct world){.seed = seed, .lmdb = lmdb, .trace = trace};
    prng_seed(&world->prng, seed);
    uint8_t root[32];
    prng_fill(&world->prng, root, sizeof root);
    district_init(&world->district, units ? units : DISTRICT_UNITS, root);
    world->weather = (struct weather){
        .effect_us_max = 2000, .delay_us_max = 50000, .rate_least = 32000, .rate_most = 4000000};
}

void world_deinit(struct world *world)
{
    for (size_t i = 0; i < world->endpoint_count; i++) {
        if (world->endpoints[i])
            endpoint_free(world->endpoints[i], true);
    }
    queue_deinit(&world->queue);
    for (size_t i = 0; i < world->node_count; i++)
        node_free(world->nodes[i]);
    free(world->endpoints);
    witness_deinit(&world->witness);
    district_deinit(&world->district);
}

void world_fault(struct world *world, enum fault fault)
{
    world->faults[fault]++;
}

void world_say(struct world *world, const char *format, ...)
{
    if (!world->trace)
        return;
    fprintf(world->trace, "[%7llums] ", (unsigned long long)(world->now_us / 1000));
    va_list arguments;
    va_start(arguments, format);
    vfprintf(world->trace, format, arguments);
    va_end(arguments);
    fputc('\n', world->trace);
}

void world_fail(struct world *world, const char *format, ...)
{
    if (world->failed)
        return;
    world->failed = true;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(world->failure, sizeof world->failure, format, arguments);
    va_end(arguments);
    world_say(world, "VIOLATION %s", world->failure);
}

const char *name_brief(const struct name *name, char out[9])
{
    hex_encode(bytes_of(name->bytes, 4), out);
    return out;
}

void world_after(struct world *world, uint64_t after_us, struct item item)
{
    item.at_us = world->now_us + after_us;
    if (item.kind != ITEM_PLAN)
        item.life = world->nodes[item.node]->life;
    queue_push(&world->queue, item);
}

/* An item of a node whose process has ended since, or of a connection that is gone, is dropped. */
static void perform_of_endpoint(struct world *world, struct item *item)
{
    struct endpoint *endpoint = endpoint_of(world, item->endpoint);
    if (endpoint && endpoint->life == item->life)
        endpoint_perform(endpoint, item);
    item_release(item);
}

static void perform(struct world *world, struct item *item)
{
    struct node *node = item->kind == ITEM_PLAN ? NULL : world->nodes[item->node];
    if (node && node->life != item->life) {
        item_release(item);
        return;
    }
    switch (item->kind) {
    case ITEM_PLAN:
        world->plan(world, item->value);
        break;
    case ITEM_BOOT:
        node_boot(node);
        break;
    case ITEM_CONNECT:
        cable_connect(node, (size_t)item->value);
        break;
    case ITEM_WRITER:
        scribe_run(node);
        break;
    case ITEM_OPENED:
    case ITEM_SEND:
    case ITEM_FRAME:
    case ITEM_WRITABLE:
    case ITEM_READ:
    case ITEM_READ_DONE:
    case ITEM_VERIFY:
    case ITEM_VERIFIED:
    case ITEM_COMMIT:
    case ITEM_DEMAND:
    case ITEM_COMMITTED:
    case ITEM_ARRIVED:
    case ITEM_CLOSE:
    case ITEM_CLOSED:
    case ITEM_TICK:
    case ITEM_CUT:
        perform_of_endpoint(world, item);
        break;
    case ITEM_KINDS:
        break;
    }
}

static bool is_effect(enum item_kind kind)
{
    return kind == ITEM_SEND || kind == ITEM_READ || kind == ITEM_VERIFY || kind == ITEM_COMMIT ||
           kind == ITEM_WRITER || kind == ITEM_COMMITTED || kind == ITEM_READ_DONE;
}

/* The power may fail right before any effect, and right after a commit. */
static bool crash_before(struct world *world, struct item *item)
{
    if (!world->weather.crash || world->faults[FAULT_CRASH] >= CRASHES_MAX ||
        !is_effect(item->kind) || !prng_chance(&world->prng, world->weather.crash))
        return false;
    struct node *node = world->nodes[item->node];
    if (node->life != item->life || !node_is_up(node))
        return false;
    uint64_t lost =
        prng_chance(&world->prng, world->weather.lying_disk) ? prng_between(&world->prng, 1, 3) : 0;
    world_fault(world, FAULT_CRASH);
    world_say(world, "%s crashes before %s", node->name, item_name(item->kind));
    item_release(item);
    node_restart(node, lost, prng_between(&world->prng, 100000, 5000000));
    return true;
}

static bool step(struct world *world)
{
    struct item item;
    if (world->failed || !queue_pop(&world->queue, &item))
        return false;
    if (item.at_us > world->now_us)
        world->now_us = item.at_us;
    if (++world->steps > STEPS_MAX)
        world_fail(world, "the run does not end: %llu items", (unsigned long long)world->steps);
    if (!crash_before(world, &item))
        perform(world, &item);
    return true;
}

void world_run(struct world *world, uint64_t until_us)
{
    for (;;) {
        const struct item *next = queue_peek(&world->queue);
        if (!next || next->at_us > until_us || !step(world))
            break;
    }
    if (!world->failed && world->now_us < until_us)
        world->now_us = until_us;
}

bool world_run_until(struct world *world, bool (*done)(struct world *world), uint64_t most_us)
{
    uint64_t until = world->now_us + most_us;
    while (!world->failed && world->now_us < until) {
        if (done(world))
            return true;
        uint64_t slice = world->now_us + 250000;
        world_run(world, slice < until ? slice : until);
    }
    return !world->failed && done(world);
}
