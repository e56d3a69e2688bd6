#include "tests/sim/check.h"

#include "tests/sim/cable.h"
#include "tests/sim/endpoint.h"

#include <stdlib.h>
#include <string.h>

enum { CHECK_ARENA = 64 << 20, INDEX_MOST = 1000 };
static const uint64_t LET_IN_US = UINT64_C(120) * 1000000;
static const uint64_t DAY_US = UINT64_C(86400) * 1000000;
static const uint64_t HEAL_US = UINT64_C(1800) * 1000000;

static bool is_living(const struct node *node)
{
    return !node->burned && node->founded;
}

/* ---- views ---- */

struct input { /* a record of the case */
    struct hash id;
    uint8_t has_body;
};

static int input_compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct input));
}

/* The digest of everything a view may depend on, in an order of its own. */
static struct hash inputs_of(const struct view *view, const struct name *authority)
{
    size_t count = view->entry_count;
    struct input *inputs = calloc(count + 1, sizeof *inputs);
    if (!inputs)
        abort();
    for (size_t i = 0; i < count; i++) {
        const struct record *record = view->entries[i].record;
        inputs[i] = (struct input){.id = record->id, .has_body = record->has_body};
    }
    qsort(inputs, count, sizeof *inputs, input_compare);
    struct bytes parts[2] = {bytes_of(authority->bytes, sizeof authority->bytes),
                             bytes_of(inputs, count * sizeof *inputs)};
    struct hash digest = seal_hash("hoso/sim/inputs", parts, 2);
    free(inputs);
    return digest;
}

static bool names(const struct hash *ids, size_t count, const struct hash *id)
{
    for (size_t i = 0; i < count; i++) {
        if (hash_equal(&ids[i], id))
            return true;
    }
    return false;
}

static bool is_entered(const struct view *view, const struct hash *id)
{
    for (size_t i = 0; i < view->entry_count; i++) {
        if (hash_equal(&view->entries[i].record->id, id))
            return true;
    }
    return false;
}

/* Nothing takes effect whose parents are missing, but for those its writer named as not counted. */
static void check_parents(struct node *node, const struct view *view)
{
    for (size_t i = 0; i < view->entry_count; i++) {
        const struct record_header *header = &view->entries[i].record->header;
        if (view->entries[i].effect != EFFECT_EFFECTIVE)
            continue;
        for (size_t k = 0; k < header->parent_count; k++) {
            const struct hash *parent = &header->parents[k];
            if (!is_entered(view, parent) && !names(header->without, header->without_count, parent))
                world_fail(node->world, "%s: a record has effect without its parent", node->name);
        }
    }
}

struct look {
    struct node *node;
    struct replica_read *read;
    struct name authority; /* digest of the authority scope's vector */
};

static void look_at_case(void *context, struct witness_entry *entry)
{
    struct look *look = context;
    struct world *world = look->node->world;
    if (entry->kind != KIND_GENESIS || !witness_holds(entry, look->node))
        return;
    struct name case_name = name_of_hash(&entry->id);
    struct arena arena;
    struct view view = {0};
    arena_init(&arena, CHECK_ARENA);
    enum status status = replica_view(look->read, &case_name, &arena, &view);
    char brief[9];
    if (node_is_damaged(look->node)) {
        /* What it shows of the damaged case, scrub and verify tell. */
    } else if (status != STATUS_OK)
        world_fail(world, "%s has no view of case %s: %s", look->node->name,
                   name_brief(&case_name, brief), status_name(status));
    else {
        struct hash inputs = inputs_of(&view, &look->authority);
        witness_view(world, &inputs, &view.hash16, look->node->name);
        check_parents(look->node, &view);
    }
    arena_deinit(&arena);
}

static bool scope_digest(const struct replica_status *status, const struct name *scope,
                         struct replica_scope_status *found)
{
    for (size_t i = 0; i < status->scope_count; i++) {
        if (name_equal(&status->scopes[i].scope, scope)) {
            *found = status->scopes[i];
            return true;
        }
    }
    return false;
}

/* A row of the list that is not stale shows the view as it is. */
static bool look_at_summary(void *context, const struct summary *row)
{
    struct look *look = context;
    struct arena arena;
    struct view view = {0};
    char name[9];
    arena_init(&arena, CHECK_ARENA);
    if (replica_view(look->read, &row->case_name, &arena, &view) == STATUS_OK &&
        !name_equal(&view.hash16, &row->view_hash))
        world_fail(look->node->world, "%s lists case %s as it no longer is", look->node->name,
                   name_brief(&row->case_name, name));
    arena_deinit(&arena);
    return true;
}

static void check_list(struct look *look, const struct replica_status *status)
{
    if (status->stale_cases == 0 && !node_is_damaged(look->node) &&
        replica_each_summary(look->read, (struct bytes){NULL, 0}, look_at_summary, look) !=
            STATUS_OK)
        world_fail(look->node->world, "%s: its list cannot be read", look->node->name);
}

void check_views(struct node *node)
{
    struct world *world = node->world;
    struct look look = {.node = node};
    struct arena arena;
    struct replica_status status = {0};
    struct replica_scope_status scope = {0};
    struct name authority = authority_scope(&world->district.root);
    if (!node_is_up(node) || replica_read_begin(node->replica, &look.read) != STATUS_OK)
        return;
    arena_init(&arena, CHECK_ARENA);
    if (replica_status(look.read, &arena, &status) != STATUS_OK)
        world_fail(world, "%s has no status", node->name);
    else if (scope_digest(&status, &authority, &scope)) {
        look.authority = scope.vector;
        witness_each(&world->witness, look_at_case, &look);
        check_list(&look, &status);
    }
    arena_deinit(&arena);
    replica_read_end(look.read);
}

/* ---- healing ---- */

static bool rests(const struct node *node, const struct route *route)
{
    struct world *world = node->world;
    struct session_report report;
    const struct endpoint *client = endpoint_of(world, route->endpoint);
    if (!client || !client->cable || client->cable->cut)
        return false;
    session_report(client->session, &report);
    return endpoint_of(world, client->cable->ends[1]) != NULL && report.at_rest;
}

bool check_at_rest(struct world *world)
{
    for (size_t i = 0; i < world->node_count; i++) {
        const struct node *node = world->nodes[i];
        if (!is_living(node))
            continue;
        if (!node_is_up(node) || node->scribe.count > 0 || node->scribe.scheduled)
            return false;
        for (size_t k = 0; k < node->route_count; k++) {
            const struct route *route = &node->routes[k];
            if (route->wanted && route_leads(world, route) && !rests(node, route))
                return false;
        }
    }
    return true;
}

static void explain(struct world *world)
{
    for (size_t i = 0; i < world->endpoint_count; i++) {
        const struct endpoint *endpoint = world->endpoints[i];
        if (!endpoint)
            continue;
        struct session_report report;
        session_report(endpoint->session, &report);
        world_say(world, "%s (%s): state %s, at rest %d, proved %d", endpoint->node->name,
                  endpoint->role == SESSION_CLIENT ? "client" : "server", report.state,
                  report.at_rest, report.proved);
    }
    for (size_t i = 0; i < world->node_count; i++) {
        const struct node *node = world->nodes[i];
        world_say(world, "%s: up %d, jobs %zu", node->name, node_is_up(node), node->scribe.count);
    }
}

/* Who has lost every node above goes to the top itself. */
static void find_a_way(struct node *node)
{
    struct node *top = node->world->nodes[0];
    bool any = node == top;
    for (size_t k = 0; k < node->route_count; k++)
        any = any || route_leads(node->world, &node->routes[k]);
    if (!any && node->route_count < NODE_ROUTES_MAX) {
        world_say(node->world, "%s has no office any more and goes to %s", node->name, top->name);
        node_add_route(node, top);
    }
}

/* Those whose invitation was lost before it was used up: an operator lets them in again. */
static void let_in(struct world *world)
{
    struct node *top = world->nodes[0];
    if (world_run_until(world, check_at_rest, LET_IN_US) || world->failed || !node_is_up(top))
        return;
    for (size_t i = 1; i < world->node_count; i++) {
        if (is_living(world->nodes[i]))
            node_regrant(world->nodes[i], top);
    }
}

static void call_anew(struct world *world)
{
    for (size_t i = 0; i < world->node_count; i++) {
        struct node *node = world->nodes[i];
        for (size_t k = 0; k < node->route_count; k++)
            cable_cut_route(node, k);
    }
}

/* A device that was put back too often has opened more logs than a day allows: the rest stays with
 * it, unreceipted and said, until another day. */
static bool any_refused(const struct world *world)
{
    for (size_t i = 0; i < world->endpoint_count; i++) {
        struct session_report report;
        if (!world->endpoints[i])
            continue;
        session_report(world->endpoints[i]->session, &report);
        if (report.logs_refused > 0)
            return true;
    }
    return false;
}

static bool rest_at_last(struct world *world)
{
    enum { DAYS_MAX = 6 };
    bool rested = world_run_until(world, check_at_rest, HEAL_US);
    for (int day = 0; day < DAYS_MAX && !rested && any_refused(world); day++) {
        world_say(world, "a day passes: logs were refused");
        world_run(world, world->now_us + DAY_US);
        call_anew(world);
        rested = world_run_until(world, check_at_rest, HEAL_US);
    }
    return rested;
}

/* A flipped bit is found by whoever looks, and its machine is replaced. */
static void take_out(struct node *node)
{
    struct replica_read *read = NULL;
    struct replica_verdict verdict = {0};
    if (!is_living(node))
        return;
    bool surely = node->flip_life == node->life;
    node_boot(node);
    if (surely && node_is_up(node) && replica_read_begin(node->replica, &read) == STATUS_OK) {
        enum status status = replica_verify(read, true, &verdict);
        replica_read_end(read);
        if (status == STATUS_OK && verdict.ok)
            world_fail(node->world, "%s verifies, but a bit of a record has flipped", node->name);
    }
    if (node_is_up(node))
        node_burn(node);
}

void check_heal(struct world *world)
{
    world_say(world, "the network heals");
    world->weather = (struct weather){
        .effect_us_max = 1000, .delay_us_max = 5000, .rate_least = 1000000, .rate_most = 4000000};
    for (size_t i = 0; i < world->node_count; i++) {
        struct node *node = world->nodes[i];
        for (size_t k = 0; k < node->route_count; k++) {
            node->routes[k].blocked = false;
            node->routes[k].failures = 0;
            node->routes[k].pending = false; /* it may be waiting for tomorrow's window */
        }
        if (is_living(node))
            find_a_way(node);
        if (is_living(node) && !world->lmdb) {
            store_memory_set_room(node->disk.store, UINT64_MAX, false);
            store_memory_fill(node->disk.store, 0);
        }
        if (node_is_damaged(node))
            take_out(node);
        if (is_living(node))
            node_boot(node);
        if (node_is_up(node))
            scribe_idle(node);
        cable_wake(node);
    }
    let_in(world);
    /* A flipped bit may have eaten a frame: what a session believes since then ends with it. */
    if (world->hostile)
        call_anew(world);
    bool rested = rest_at_last(world);
    /* At rest once may be between two breaths: it must be so a second later too. */
    if (rested) {
        world_run(world, world->now_us + 1000000);
        rested = world_run_until(world, check_at_rest, HEAL_US);
    }
    if (!rested && !world->failed) {
        explain(world);
        world_fail(world, "the network has healed, and half an hour later it is not at rest");
    }
}

/* ---- after a run ---- */

static void check_entry(void *context, struct witness_entry *entry)
{
    struct world *world = context;
    const struct node *top = world->nodes[0];
    if (entry->destroyed || entry->hostile || !is_living(top))
        return;
    if (witness_holds(entry, top))
        return;
    char log[9];
    world_fail(world, "%s record of log %s seq %llu, written at %s, is not at %s%s",
               record_kind_name(entry->kind) ? record_kind_name(entry->kind) : "?",
               name_brief(&entry->log, log), (unsigned long long)entry->seq,
               world->nodes[entry->writer]->name, top->name,
               entry->receipted ? ": a receipted record is lost" : "");
}

static void check_store(struct node *node, struct replica_read *read)
{
    struct world *world = node->world;
    struct replica_verdict verdict = {0};
    char log[9];
    enum status status = replica_verify(read, world->seed % 8 == 0, &verdict);
    if (status != STATUS_OK || !verdict.ok)
        world_fail(world, "%s does not verify: log %s seq %llu, %s", node->name,
                   name_brief(&verdict.bad_log, log), (unsigned long long)verdict.bad_seq,
                   verdict.bad_why ? verdict.bad_why : status_name(status));
}

/* Nobody holds what no grant of its lets it see. */
static void check_grants(struct node *node, const struct replica_status *mine)
{
    struct world *world = node->world;
    struct name open = authority_scope(&world->district.root);
    const struct authority *authority = replica_authority_acquire(node->replica);
    for (size_t i = 0; i < mine->scope_count; i++) {
        const struct name *scope = &mine->scopes[i].scope;
        char brief[9];
        if (!name_equal(scope, &open) && !name_equal(scope, &node->identity.scope) &&
            !authority_may(authority, &node->key, scope))
            world_fail(world, "%s holds records of scope %s, which it was never granted",
                       node->name, name_brief(scope, brief));
    }
    replica_authority_release(node->replica, authority);
}

static void compare(struct node *node, const struct replica_status *mine,
                    const struct replica_status *tops)
{
    struct world *world = node->world;
    struct name scopes[DISTRICT_UNITS_MAX + 1];
    size_t count = district_scopes(&world->district, scopes);
    for (size_t i = 0; i < count; i++) {
        struct replica_scope_status here = {0};
        struct replica_scope_status there = {0};
        char one[9];
        char other[9];
        if (!scope_digest(mine, &scopes[i], &here))
            continue;
        if (!scope_digest(tops, &scopes[i], &there))
            world_fail(world, "%s holds scope %zu, the top does not", node->name, i);
        else if (!name_equal(&here.vector, &there.vector))
            world_fail(world, "%s and the top differ in scope %zu: vectors %s, %s", node->name, i,
                       name_brief(&here.vector, one), name_brief(&there.vector, other));
        else if (!name_equal(&here.views, &there.views))
            world_fail(world, "%s and the top hold the same in scope %zu and show views %s, %s",
                       node->name, i, name_brief(&here.views, one),
                       name_brief(&there.views, other));
    }
}

static void say_waiting(void *context, struct witness_entry *entry)
{
    const struct look *look = context;
    char log[9];
    if (!witness_holds(entry, look->node) ||
        (replica_level(look->read, &entry->log, entry->seq) & LEVEL_HUB))
        return;
    world_say(look->node->world, "%s: log %s seq %llu, written at %s, has no receipt of the hub",
              look->node->name, name_brief(&entry->log, log), (unsigned long long)entry->seq,
              look->node->world->nodes[entry->writer]->name);
}

static enum status index_call(struct node *node, void *context)
{
    size_t *left = context;
    return replica_index(node->replica, INDEX_MOST, left);
}

/* What the list of |look|'s node shows of a case, beside a view computed now. */
static bool say_summary(void *context, const struct summary *row)
{
    struct look *look = context;
    struct arena arena;
    struct view view = {0};
    char name[9];
    char listed[9];
    char fresh[9];
    arena_init(&arena, CHECK_ARENA);
    enum status status = replica_view(look->read, &row->case_name, &arena, &view);
    world_say(look->node->world, "%s: case %s, listed %s, computed %s, %zu records%s",
              look->node->name, name_brief(&row->case_name, name),
              name_brief(&row->view_hash, listed), name_brief(&view.hash16, fresh),
              view.entry_count, status == STATUS_OK ? "" : " (no view)");
    arena_deinit(&arena);
    return true;
}

static void say_views(struct node *node)
{
    struct look look = {.node = node};
    if (!node->world->trace || replica_read_begin(node->replica, &look.read) != STATUS_OK)
        return;
    if (replica_each_summary(look.read, (struct bytes){NULL, 0}, say_summary, &look) != STATUS_OK)
        world_say(node->world, "%s: its list cannot be read", node->name);
    replica_read_end(look.read);
}

static void check_node(struct node *node, const struct replica_status *tops)
{
    struct world *world = node->world;
    struct replica_read *read = NULL;
    struct replica_status status = {0};
    struct arena arena;
    size_t left = 0;
    if (!scribe_now(node, index_call, &left) || left > 0)
        world_fail(world, "%s cannot index: %zu cases left", node->name, left);
    if (replica_read_begin(node->replica, &read) != STATUS_OK)
        return;
    arena_init(&arena, CHECK_ARENA);
    check_store(node, read);
    if (replica_status(read, &arena, &status) != STATUS_OK)
        world_fail(world, "%s has no status", node->name);
    else {
        check_grants(node, &status);
        compare(node, &status, tops);
        struct look look = {.node = node, .read = read};
        if (status.waiting > 0)
            witness_each(&world->witness, say_waiting, &look);
        /* A line that alters frames can withhold a receipt, as one that is cut can: what stands in
         * no signature is believed. It can neither raise a level nor lose a record. */
        if (status.waiting > 0 && !world->hostile)
            world_fail(world, "%s: %llu records of %llu wait for the hub's receipt", node->name,
                       (unsigned long long)status.waiting, (unsigned long long)status.records);
    }
    arena_deinit(&arena);
    replica_read_end(read);
    if (world->failed) {
        say_views(node);
        say_views(world->nodes[0]);
    }
    check_views(node);
}

void check_all(struct world *world)
{
    struct node *top = world->nodes[0];
    struct replica_read *read = NULL;
    struct replica_status tops = {0};
    struct arena arena;
    size_t left = 0;
    if (world->failed)
        return;
    witness_each(&world->witness, check_entry, world);
    if (world->failed || !scribe_now(top, index_call, &left) ||
        replica_read_begin(top->replica, &read) != STATUS_OK)
        return;
    arena_init(&arena, CHECK_ARENA);
    if (replica_status(read, &arena, &tops) != STATUS_OK)
        world_fail(world, "%s has no status", top->name);
    for (size_t i = 0; i < world->node_count && !world->failed; i++) {
        if (is_living(world->nodes[i]))
            check_node(world->nodes[i], &tops);
    }
    arena_deinit(&arena);
    replica_read_end(read);
}
