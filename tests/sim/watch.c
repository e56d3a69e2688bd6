#include "tests/sim/watch.h"

#include "tests/sim/frames.h"

#include <string.h>

enum {
    READ_BYTES_MAX = 1 << 20,
    BATCH_BYTES_MAX = 2 << 20,
    FRAMES_WAITING_MAX = 64,
    READS_OUT_MAX = 16,
    IDLE_FRAMES = 250,
    IDLE_FRAME_US = 10 * 1000000
};

size_t watch_window_bytes(const struct endpoint *endpoint)
{
    return endpoint->node->world->seed % 3 == 0 ? LIMIT_FRAME_RAW_BYTES : 4 * LIMIT_FRAME_RAW_BYTES;
}

static const struct endpoint *other_end(const struct endpoint *endpoint)
{
    const struct cable *cable = endpoint->cable;
    if (!cable)
        return NULL;
    uint64_t id = cable->ends[0] == endpoint->id ? cable->ends[1] : cable->ends[0];
    return endpoint_of(endpoint->world, id);
}

static const char *other_name(const struct endpoint *endpoint)
{
    const struct endpoint *other = other_end(endpoint);
    return other ? other->node->name : "?";
}

/* What one connection may hold in memory, whatever its peer does. */
static void watch_bounds(struct endpoint *endpoint, const struct session_effects *effects)
{
    struct world *world = endpoint->world;
    const char *name = endpoint->node->name;
    if (effects->count > SESSION_EFFECTS_MAX)
        world_fail(world, "%s: a step lists %zu effects", name, effects->count);
    for (size_t i = 0; i < effects->count; i++) {
        const struct session_effect *effect = &effects->items[i];
        if (effect->kind == EFFECT_SEND &&
            (effect->frame.size == 0 || effect->frame.size > LIMIT_FRAME_BYTES))
            world_fail(world, "%s: a frame of %zu bytes", name, effect->frame.size);
        if (effect->kind == EFFECT_READ && effect->read.bytes > READ_BYTES_MAX)
            world_fail(world, "%s: a read of %zu bytes", name, effect->read.bytes);
        if (effect->kind == EFFECT_VERIFY && effect->batch->arena.used_bytes > BATCH_BYTES_MAX)
            world_fail(world, "%s: a batch of %zu bytes in memory", name,
                       effect->batch->arena.used_bytes);
    }
    if (endpoint->frames_waiting > FRAMES_WAITING_MAX)
        world_fail(world, "%s: %zu frames wait for the line", name, endpoint->frames_waiting);
    if (endpoint->reads_out > READS_OUT_MAX)
        world_fail(world, "%s: %zu reads are out", name, endpoint->reads_out);
    if (endpoint->window_used > watch_window_bytes(endpoint) + LIMIT_FRAME_RAW_BYTES)
        world_fail(world, "%s: %llu bytes of batches are out, above its window", name,
                   (unsigned long long)endpoint->window_used);
}

void watch_read(struct endpoint *endpoint, const struct reading *reading)
{
    static const char *const kinds[] = {"vector", "heads",    "arrivals", "log",
                                        "ids",    "receipts", "evidence", "cursor"};
    size_t bytes = 0;
    enum status status = reading->result.status;
    bool excused = node_is_damaged(endpoint->node) && status == STATUS_CORRUPT;
    if (status != STATUS_OK && status != STATUS_NOT_FOUND && !excused)
        world_fail(endpoint->world, "%s: a read of %s fails: %s", endpoint->node->name,
                   kinds[reading->request.kind], status_name(status));
    world_say(endpoint->world, "%s reads %s after %llu: %s, end %llu of %llu, receipts %zu of %llu",
              endpoint->node->name, kinds[reading->request.kind],
              (unsigned long long)reading->request.from, status_name(status),
              (unsigned long long)reading->result.end, (unsigned long long)reading->result.newest,
              reading->result.receipt_count, (unsigned long long)reading->result.newest_receipt);
    for (size_t i = 0; i < reading->result.record_count; i++)
        bytes += reading->result.records[i].raw.size;
    if (bytes > reading->request.bytes + LIMIT_RECORD_BYTES)
        world_fail(endpoint->world, "%s: asked for %zu bytes of records, read %zu",
                   endpoint->node->name, reading->request.bytes, bytes);
}

void watch_step(struct endpoint *endpoint, const struct session_event *event, enum status status,
                const struct session_effects *effects)
{
    struct world *world = endpoint->world;
    const char *name = endpoint->node->name;
    watch_bounds(endpoint, effects);
    if (status != STATUS_OK)
        world_say(world, "%s: event %d ends the session: %s", name, (int)event->kind,
                  status_name(status));
    bool excused = node_is_damaged(endpoint->node) && status == STATUS_CORRUPT;
    if (status_class_of(status) == STATUS_CLASS_FATAL && !excused)
        world_fail(world, "%s: its own store is at fault: %s", name, status_name(status));
    /* Between nodes that keep the rules nobody is ever accused of breaking them. */
    bool accused = status == STATUS_MALFORMED || status == STATUS_PROTOCOL ||
                   status == STATUS_FORGED || status == STATUS_LIMIT;
    if (accused && !world->hostile)
        world_fail(world, "%s accuses %s, which keeps the rules, of %s", name, other_name(endpoint),
                   status_name(status));
}

/* Two ends that cannot become equal come to terms with it: what leaves either of them without
 * either's holding more is bounded, and by the time that passes it is next to nothing. */
static void watch_idle(struct endpoint *endpoint)
{
    struct world *world = endpoint->world;
    const struct endpoint *other = other_end(endpoint);
    if (!other)
        return;
    uint64_t progress = endpoint->node->progress + other->node->progress;
    if (progress != endpoint->idle_progress || endpoint->idle_since_us == 0) {
        endpoint->idle_progress = progress;
        endpoint->idle_since_us = world->now_us;
        endpoint->idle_frames = 0;
    }
    uint64_t most = IDLE_FRAMES + (world->now_us - endpoint->idle_since_us) / IDLE_FRAME_US;
    if (++endpoint->idle_frames > most)
        world_fail(world, "%s has sent %llu frames to %s in %llu s, and neither holds any more",
                   endpoint->node->name, (unsigned long long)endpoint->idle_frames,
                   other->node->name,
                   (unsigned long long)((world->now_us - endpoint->idle_since_us) / 1000000));
}

void watch_send(struct endpoint *endpoint, struct bytes frame)
{
    if (endpoint->world->trace) {
        char text[FRAME_LINE_BYTES];
        frame_describe(frame, text);
        world_say(endpoint->world, "%s > %s %s", endpoint->node->name, other_name(endpoint), text);
    }
    frame_judge(endpoint->node, frame);
    watch_idle(endpoint);
}

void watch_closing(struct endpoint *endpoint, enum status status, const char *why)
{
    world_say(endpoint->world, "%s closes to %s: %s (%s)", endpoint->node->name,
              other_name(endpoint), why ? why : "done", status_name(status));
}

void watch_ended(struct endpoint *endpoint)
{
    struct session_report report;
    struct world *world = endpoint->world;
    session_report(endpoint->session, &report);
    for (size_t i = 0; i < PATH_COUNT; i++)
        world->paths[i] += report.paths[i];
    world->records_travelled += report.records_sent;
    world->payload_travelled += report.payload_sent;
}
