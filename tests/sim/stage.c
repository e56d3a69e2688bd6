#include "tests/sim/stage.h"

#include "tests/sim/cable.h"
#include "tests/sim/check.h"
#include "tests/sim/endpoint.h"

static const uint64_t DAY_US = UINT64_C(86400) * 1000000;
static const uint64_t REST_US = UINT64_C(3600) * 1000000;

void stage_rest(struct stage *stage)
{
    struct world *world = stage->world;
    if (!world_run_until(world, check_at_rest, REST_US) && !world->failed)
        world_fail(world, "the world does not come to rest");
    world_run(world, world->now_us + 1000000);
}

bool stage_set(struct stage *stage, struct world *world, size_t devices)
{
    static const char *const names[STAGE_DEVICES] = {"device1", "device2", "device3"};
    *stage = (struct stage){.world = world};
    stage->hub = node_new(world, "hub", ROLE_HUB, NULL, 0);
    node_found(stage->hub);
    stage->office1 = node_new(world, "office1", ROLE_OFFICE, stage->hub, 1);
    node_join_now(stage->office1, stage->hub);
    stage->office2 = node_new(world, "office2", ROLE_OFFICE, stage->hub, 2);
    node_join_now(stage->office2, stage->hub);
    stage_rest(stage);
    for (size_t i = 0; i < devices && i < STAGE_DEVICES && !world->failed; i++) {
        stage->devices[i] = node_new(world, names[i], ROLE_DEVICE, stage->office1, 1);
        node_join_now(stage->devices[i], stage->office1);
    }
    stage_rest(stage);
    return !world->failed;
}

void stage_day(struct stage *stage)
{
    world_say(stage->world, "a day passes");
    world_run(stage->world, stage->world->now_us + DAY_US);
}

static enum status doubt_call(struct node *node, void *context)
{
    const struct public_key *peer = context;
    return replica_note_peer(node->replica, peer, false, node_wall_seconds(node));
}

void stage_doubt(struct node *node, const struct node *server)
{
    struct public_key peer = server->key;
    world_say(node->world, "%s doubts what of its reached %s", node->name, server->name);
    if (!scribe_now(node, doubt_call, &peer))
        world_fail(node->world, "%s cannot note its doubt", node->name);
}

void stage_block(struct node *node, size_t route)
{
    world_say(node->world, "%s is cut off", node->name);
    node->routes[route].blocked = true;
    node->routes[route].wanted = false;
    cable_cut_route(node, route);
    world_run(node->world, node->world->now_us + 2000000);
}

void stage_unblock(struct node *node, size_t route)
{
    world_say(node->world, "%s has its line back", node->name);
    node->routes[route].blocked = false;
    node->routes[route].wanted = true;
    node->routes[route].failures = 0;
    cable_wake(node);
}

void stage_receive(struct node *node, size_t count, struct name *first)
{
    for (size_t i = 0; i < count && !node->world->failed; i++) {
        struct act_result result = {0};
        if (!desk_receive(node, "An", &result)) {
            world_fail(node->world, "%s cannot receive a dossier", node->name);
            return;
        }
        if (i == 0 && first)
            *first = result.case_name;
    }
}

void stage_end(struct stage *stage)
{
    struct world *world = stage->world;
    for (size_t i = 0; i < world->node_count; i++) {
        for (size_t k = 0; k < world->nodes[i]->route_count; k++)
            world->nodes[i]->routes[k].wanted = true;
    }
    if (!world->failed)
        check_heal(world);
    check_all(world);
}

static void add_report(struct travel *travel, const struct session_report *report)
{
    for (size_t i = 0; i < PATH_COUNT; i++)
        travel->paths[i] += report->paths[i];
    travel->records += report->records_sent;
    travel->payload += report->payload_sent;
}

struct travel stage_travel(const struct world *world)
{
    struct travel travel = {.records = world->records_travelled,
                            .payload = world->payload_travelled};
    for (size_t i = 0; i < PATH_COUNT; i++)
        travel.paths[i] = world->paths[i];
    for (size_t i = 0; i < world->endpoint_count; i++) {
        struct session_report report;
        if (!world->endpoints[i])
            continue;
        session_report(world->endpoints[i]->session, &report);
        add_report(&travel, &report);
    }
    return travel;
}

struct travel stage_since(const struct world *world, const struct travel *before)
{
    struct travel now = stage_travel(world);
    for (size_t i = 0; i < PATH_COUNT; i++)
        now.paths[i] -= before->paths[i];
    now.records -= before->records;
    now.payload -= before->payload;
    return now;
}

void stage_expect(struct stage *stage, bool holds, const char *text)
{
    world_say(stage->world, "expected: %s%s", text, holds ? "" : " -- but it is not so");
    if (!holds)
        world_fail(stage->world, "expected: %s", text);
}

void stage_allow(struct stage *stage, const struct travel *travel, uint64_t most)
{
    world_say(stage->world, "%llu records travelled, %llu are allowed",
              (unsigned long long)travel->records, (unsigned long long)most);
    stage_expect(stage, travel->records <= most, "no more travels than must");
}

bool stage_holds(const struct node *node, const struct name *case_name)
{
    const struct witness_entry *entry = witness_find16(&node->world->witness, case_name);
    return entry && witness_holds(entry, node);
}

unsigned stage_level(const struct node *node, const struct name *case_name)
{
    const struct witness_entry *entry = witness_find16(&node->world->witness, case_name);
    struct replica_read *read = NULL;
    if (!entry || !node_is_up(node) || replica_read_begin(node->replica, &read) != STATUS_OK)
        return 0;
    unsigned level = replica_level(read, &entry->log, entry->seq);
    replica_read_end(read);
    return level;
}

bool stage_shows(const struct node *node, const struct name *case_name, const char *field,
                 const char *text)
{
    enum { ARENA_BYTES = 16 << 20, VALUE_BYTES = 128 };
    struct replica_read *read = NULL;
    struct arena arena;
    struct view view = {0};
    struct buffer value;
    bool shows = false;
    if (replica_read_begin(node->replica, &read) != STATUS_OK)
        return false;
    arena_init(&arena, ARENA_BYTES);
    buffer_init(&value, VALUE_BYTES);
    wire_put_text(&value, bytes_of_text(text));
    if (replica_view(read, case_name, &arena, &view) == STATUS_OK) {
        const struct view_field *found = view_field_of(&view, bytes_of_text(field));
        shows = found && bytes_equal(found->value_bytes, buffer_view(&value));
    }
    buffer_deinit(&value);
    arena_deinit(&arena);
    replica_read_end(read);
    return shows;
}
