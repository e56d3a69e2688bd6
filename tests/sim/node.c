#include "tests/sim/node.h"

#include "client/replica/tables.h"
#include "tests/sim/cable.h"
#include "tests/sim/endpoint.h"
#include "tests/sim/remnant.h"

#include <stdlib.h>
#include <string.h>

/* 2026-01-05T01:00Z, and a date no invitation reaches. */
static const int64_t START_SECONDS = 1767574800;
static const int64_t NEVER_SECONDS = INT64_C(7258118400);

enum { FOUNDING_COMMITS = 12 };
static const uint64_t DAY_US = UINT64_C(86400) * 1000000;

static void node_random(void *context, uint8_t *out, size_t size)
{
    struct node *node = context;
    prng_fill(&node->prng, out, size);
}

int64_t node_wall_seconds(const struct node *node)
{
    return START_SECONDS + (int64_t)(node->world->now_us / 1000000) + node->clock_offset;
}

static int64_t node_clock(void *context)
{
    return node_wall_seconds(context);
}

bool node_is_up(const struct node *node)
{
    return node->replica != NULL;
}

struct node *node_named(struct world *world, const char *name)
{
    for (size_t i = 0; i < world->node_count; i++) {
        if (strcmp(world->nodes[i]->name, name) == 0)
            return world->nodes[i];
    }
    return NULL;
}

static struct node *node_enter(struct world *world, const char *name)
{
    struct node *node = calloc(1, sizeof *node);
    if (!node || world->node_count == WORLD_NODES_MAX)
        abort();
    node->world = world;
    node->index = world->node_count;
    snprintf(node->name, sizeof node->name, "%s", name);
    world->nodes[world->node_count++] = node;
    prng_seed(&node->prng, prng_next(&world->prng));
    node->entropy =
        (struct replica_world){.context = node, .random = node_random, .wall_seconds = node_clock};
    return node;
}

struct node *node_new(struct world *world, const char *name, uint64_t role,
                      const struct node *upstream, size_t unit)
{
    struct node *node = node_enter(world, name);
    struct replica_identity *identity = &node->identity;
    node->unit = unit;
    identity->role = role;
    identity->unit = bytes_of_text(district_unit(&world->district, unit));
    identity->name = bytes_of_text(node->name);
    prng_fill(&node->prng, identity->seed, sizeof identity->seed);
    identity->root = world->district.root;
    identity->scope = district_scope(&world->district, unit);
    if (upstream) {
        identity->has_upstream = true;
        identity->upstream = upstream->key;
        identity->upstream_url = bytes_of_text("ws://sim");
        node_add_route(node, upstream);
    }
    struct secret_key secret;
    key_pair_of_seed(identity->seed, &node->key, &secret);
    secret_key_wipe(&secret);
    disk_make(&node->disk, world->lmdb, world->seed, world->disks++);
    return node;
}

bool route_leads(const struct world *world, const struct route *route)
{
    const struct node *server = world->nodes[route->server];
    return !server->burned && server->founded && public_key_equal(&server->key, &route->key);
}

size_t node_add_route(struct node *node, const struct node *server)
{
    if (node->route_count == NODE_ROUTES_MAX)
        abort();
    struct prng *prng = &node->prng;
    node->routes[node->route_count] = (struct route){.server = server->index,
                                                     .key = server->key,
                                                     .wanted = true,
                                                     .windowed = prng_chance(prng, 700),
                                                     .window_us = prng_below(prng, DAY_US)};
    return node->route_count++;
}

void node_free(struct node *node)
{
    remnants_forget(node);
    if (node->replica)
        replica_close(node->replica);
    scribe_clear(&node->scribe);
    disk_remove(&node->disk);
    for (size_t i = 0; i < node->backup_count; i++)
        disk_remove(&node->backups[i].disk);
    free(node);
}

void node_boot(struct node *node)
{
    if (node->replica || node->burned || !node->founded)
        return;
    disk_open(&node->disk);
    enum status status = replica_open(node->disk.store, &node->entropy, &node->replica);
    node->replica = status == STATUS_OK ? node->replica : NULL;
    if (status == STATUS_NOT_FOUND && node->unknowing) {
        world_say(node->world, "%s's disk has lost everything", node->name);
        node_burn(node);
        return;
    }
    if (status != STATUS_OK && node_is_damaged(node)) {
        world_say(node->world, "%s does not start: %s", node->name, status_name(status));
        node_burn(node);
        return;
    }
    if (status != STATUS_OK) {
        world_fail(node->world, "%s does not start: %s", node->name, status_name(status));
        return;
    }
    world_say(node->world, "%s starts", node->name);
    witness_learn(node->world, node);
    witness_settle(node->world);
    cable_wake(node);
}

/* Ends the process: nothing it had in memory survives. */
static void process_end(struct node *node)
{
    struct world *world = node->world;
    for (size_t i = 0; i < world->endpoint_count; i++) {
        struct endpoint *endpoint = world->endpoints[i];
        if (endpoint && endpoint->node == node)
            endpoint_free(endpoint, true);
    }
    remnants_forget(node);
    node->life++;
    node->told_receipt = 0;
    scribe_clear(&node->scribe);
    for (size_t i = 0; i < node->route_count; i++)
        node->routes[i].pending = false;
    if (node->replica)
        replica_close(node->replica);
    node->replica = NULL;
    disk_close(&node->disk);
}

void node_crash(struct node *node, uint64_t commits_lost)
{
    process_end(node);
    if (node->world->lmdb || !node->disk.store)
        return;
    /* A top that has lost its own founding is no district any more. */
    if (node->index == 0 && node->commits < FOUNDING_COMMITS)
        commits_lost = 0;
    store_memory_forget(node->disk.store, commits_lost);
    if (commits_lost == 0)
        return;
    world_fault(node->world, FAULT_COMMITS_FORGOTTEN);
    world_say(node->world, "%s's disk has lost %llu commits it had called durable", node->name,
              (unsigned long long)commits_lost);
    witness_forget(node->world, node);
    node->unknowing = true;
}

void node_restart(struct node *node, uint64_t commits_lost, uint64_t after_us)
{
    node_crash(node, commits_lost);
    world_after(node->world, after_us, (struct item){.kind = ITEM_BOOT, .node = node->index});
}

bool node_backup(struct node *node)
{
    if (node->backup_count == NODE_BACKUPS_MAX || node->burned || !node->founded)
        return false;
    struct backup *backup = &node->backups[node->backup_count++];
    *backup = (struct backup){.identity = node->identity,
                              .key = node->key,
                              .unit = node->unit,
                              .spoilt = node->spoilt,
                              .route_count = node->route_count};
    memcpy(backup->routes, node->routes, sizeof backup->routes);
    disk_copy(&node->disk, &backup->disk, node->world->seed, node->world->disks++);
    world_fault(node->world, FAULT_BACKUP);
    world_say(node->world, "%s's disk is copied", node->name);
    return true;
}

/* Of another computer's routes: its connections are none of this one's. */
static void forget_calls(struct node *node)
{
    for (size_t i = 0; i < node->route_count; i++) {
        node->routes[i].endpoint = 0;
        node->routes[i].pending = false;
    }
}

/* |backup| takes the disk's place; the computer is whose disk it has. */
static void put_back(struct node *node, const struct backup *backup)
{
    struct public_key was = node->key;
    process_end(node);
    disk_remove(&node->disk);
    disk_copy(&backup->disk, &node->disk, node->world->seed, node->world->disks++);
    node->identity = backup->identity;
    node->identity.name = bytes_of_text(node->name);
    node->key = backup->key;
    node->unit = backup->unit;
    if (!public_key_equal(&was, &node->key)) {
        memcpy(node->routes, backup->routes, sizeof node->routes);
        node->route_count = backup->route_count;
        forget_calls(node);
    }
    witness_forget(node->world, node);
    node->unknowing = true;
    node->spoilt = backup->spoilt;
    node->commits = 0;
    node_boot(node);
}

void node_restore(struct node *node, size_t index)
{
    world_fault(node->world, FAULT_RESTORE);
    world_say(node->world, "%s goes back to copy %zu", node->name, index);
    put_back(node, &node->backups[index]);
}

void node_restore_wrong(struct node *node, const struct node *other, size_t index)
{
    world_fault(node->world, FAULT_WRONG_COPY);
    world_say(node->world, "%s gets copy %zu of %s by mistake", node->name, index, other->name);
    /* Two who own one counter: who keeps it a person must say. */
    bool twin = other->identity.role != ROLE_DEVICE;
    put_back(node, &other->backups[index]);
    node->twin = node->twin || twin;
    for (size_t i = 0; twin && i < node->world->node_count; i++) {
        struct node *same = node->world->nodes[i];
        same->twin = same->twin || public_key_equal(&same->key, &node->key);
        same->unknowing = same->unknowing || public_key_equal(&same->key, &node->key);
    }
}

/* The record in |row|, unless it was spoilt before. */
static bool intact_record(struct bytes row, struct hash *id)
{
    enum { ARENA_BYTES = 1 << 20 };
    struct record_row decoded;
    struct record record;
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    bool intact = record_row_decode(row, &decoded) == STATUS_OK &&
                  record_decode(decoded.raw, &arena, &record) == STATUS_OK &&
                  hash_equal(&record.id, &decoded.id);
    if (intact)
        *id = record.id;
    arena_deinit(&arena);
    return intact;
}

bool node_flip_bit(struct node *node, uint64_t row, uint64_t bit)
{
    struct store *store = node->disk.store;
    struct spoilt *spoilt = &node->spoilt;
    struct buffer was;
    bool flipped = false;
    if (node->world->lmdb || spoilt->count == NODE_SPOILT_MAX)
        return false;
    buffer_init(&was, RECORD_ROW_BYTES + LIMIT_RECORD_BYTES);
    if (!store_memory_flip(store, TABLE_RECORD, row, bit, &was)) {
        /* There is none yet. */
    } else if (!intact_record(buffer_view(&was), &spoilt->ids[spoilt->count])) {
        buffer_reset(&was); /* the same bit again: one is enough for a record */
        if (!store_memory_flip(store, TABLE_RECORD, row, bit, &was))
            world_fail(node->world, "%s's bit does not flip back", node->name);
    } else {
        char brief[9];
        struct name name = name_of_hash(&spoilt->ids[spoilt->count++]);
        world_fault(node->world, FAULT_RECORD_BIT);
        world_say(node->world, "a bit of record %s flips on %s's disk", name_brief(&name, brief),
                  node->name);
        node->flip_life = node->life;
        flipped = true;
    }
    buffer_deinit(&was);
    return flipped;
}

void node_flip(struct node *node)
{
    uint64_t row = prng_next(&node->world->prng);
    (void)node_flip_bit(node, row, prng_next(&node->world->prng));
}

bool node_is_damaged(const struct node *node)
{
    return node->spoilt.count > 0;
}

bool node_has_spoilt(const struct node *node, const struct hash *id)
{
    for (size_t i = 0; i < node->spoilt.count; i++) {
        if (hash_equal(&node->spoilt.ids[i], id))
            return true;
    }
    return false;
}

struct node *node_clone(struct node *node, const char *name)
{
    struct world *world = node->world;
    if (world->node_count == WORLD_NODES_MAX || node->burned || !node->founded)
        return NULL;
    struct node *copy = node_enter(world, name);
    copy->identity = node->identity;
    copy->identity.name = bytes_of_text(copy->name);
    copy->key = node->key;
    copy->unit = node->unit;
    copy->founded = true;
    copy->clock_offset = node->clock_offset;
    memcpy(copy->routes, node->routes, sizeof copy->routes);
    copy->route_count = node->route_count;
    forget_calls(copy);
    disk_copy(&node->disk, &copy->disk, world->seed, world->disks++);
    copy->spoilt = node->spoilt;
    world_fault(world, FAULT_CLONE);
    node->unknowing = copy->unknowing = true;
    copy->twin = node->identity.role != ROLE_DEVICE;
    node->twin = node->twin || copy->twin;
    world_say(world, "%s is copied, %s runs too", node->name, name);
    node_boot(copy);
    return copy;
}

void node_burn(struct node *node)
{
    world_fault(node->world, FAULT_BURN);
    world_say(node->world, "%s burns", node->name);
    process_end(node);
    disk_remove(&node->disk);
    node->burned = true;
    witness_forget(node->world, node);
    witness_settle(node->world);
}

static void make_replica(struct node *node)
{
    disk_open(&node->disk);
    enum status status = replica_create(node->disk.store, &node->entropy, &node->identity);
    if (status != STATUS_OK) {
        world_fail(node->world, "%s cannot be made: %s", node->name, status_name(status));
        return;
    }
    node->founded = true;
    node_boot(node);
}

static enum status found_call(struct node *node, void *context)
{
    (void)context;
    struct district *district = &node->world->district;
    struct name scope = node->identity.scope;
    struct grant hub = {.granter = district->root,
                        .key = node->key,
                        .role = ROLE_HUB,
                        .unit = node->identity.unit,
                        .label = node->identity.name,
                        .scopes = &scope,
                        .scope_count = 1,
                        .may_grant = true,
                        .counter_owner = true,
                        .sees_all = true};
    enum status status = replica_found(node->replica, &district->root_secret, &hub);
    if (status == STATUS_OK)
        status = replica_publish_pack(node->replica, buffer_view(&district->pack));
    return status;
}

void node_found(struct node *node)
{
    make_replica(node);
    if (node->replica && !scribe_now(node, found_call, NULL))
        world_fail(node->world, "%s cannot found the district", node->name);
}

struct joining {
    size_t node;
    struct invitation invitation;
};

static struct joining *joining_of(struct node *node, const struct node *by)
{
    struct joining *joining = calloc(1, sizeof *joining);
    if (!joining)
        abort();
    struct replica_identity *identity = &node->identity;
    identity->has_invitation = true;
    prng_fill(&node->world->prng, identity->invitation.secret, sizeof identity->invitation.secret);
    identity->invitation_expires = NEVER_SECONDS;
    (void)by;
    joining->node = node->index;
    joining->invitation = (struct invitation){.role = identity->role,
                                              .unit = identity->unit,
                                              .label = identity->name,
                                              .scope = identity->scope,
                                              .expires = NEVER_SECONDS,
                                              .secret = identity->invitation};
    return joining;
}

static enum status invite_call(struct node *by, void *context)
{
    const struct joining *joining = context;
    enum status status = replica_invite(by->replica, &joining->invitation);
    if (status != STATUS_OK && status != STATUS_FULL)
        world_fail(by->world, "%s cannot invite: %s", by->name, status_name(status));
    return status;
}

static void invited(struct node *by, void *context, bool durable)
{
    const struct joining *joining = context;
    if (durable)
        make_replica(by->world->nodes[joining->node]);
}

void node_join(struct node *node, struct node *by)
{
    world_say(node->world, "%s is invited by %s", node->name, by->name);
    scribe_add(by, (struct job){.kind = JOB_CALL,
                                .call = invite_call,
                                .done = invited,
                                .context = joining_of(node, by)});
}

void node_join_now(struct node *node, struct node *by)
{
    struct joining *joining = joining_of(node, by);
    if (scribe_now(by, invite_call, joining))
        make_replica(node);
    free(joining);
}

static enum status regrant_call(struct node *by, void *context)
{
    const struct node *node = by->world->nodes[*(const size_t *)context];
    struct name scope = node->identity.scope;
    bool office = node->identity.role != ROLE_DEVICE;
    struct grant grant = {.granter = by->key,
                          .key = node->key,
                          .role = node->identity.role,
                          .unit = node->identity.unit,
                          .label = node->identity.name,
                          .scopes = &scope,
                          .scope_count = 1,
                          .may_grant = office,
                          .counter_owner = office};
    return replica_grant(by->replica, &grant);
}

void node_regrant(struct node *node, struct node *by)
{
    const struct authority *authority = replica_authority_acquire(by->replica);
    bool known = authority_grant(authority, &node->key) != NULL;
    replica_authority_release(by->replica, authority);
    if (known)
        return;
    world_say(node->world, "%s does not know %s any more and grants it anew", by->name, node->name);
    size_t *index = malloc(sizeof *index);
    if (!index)
        abort();
    *index = node->index;
    scribe_add(by, (struct job){.kind = JOB_CALL, .call = regrant_call, .context = index});
}
