#include "client/replica/snapshot.h"

#include "client/replica/log/log.h"

#include <assert.h>
#include <stdlib.h>

enum { RECORD_ARENA_BYTES = 1 << 20, PACK_ARENA_BYTES = 8 << 20 };

bool snapshot_takes(const struct record *record)
{
    return record_is_authority(record->header.kind) || record->header.kind == KIND_OPENING;
}

static enum status add_at(struct store_read *read, const struct place *place, struct arena *arena,
                          struct authority *authority)
{
    struct record record;
    struct log_row log;
    arena_reset(arena);
    enum status status = log_record_decode(read, place, arena, &record);
    /* A spoilt record counts for nothing till it comes again; the rest is not to fall with it. */
    if (status == STATUS_NOT_FOUND || status == STATUS_CORRUPT)
        return STATUS_OK;
    if (status != STATUS_OK)
        return status;
    if (!snapshot_takes(&record))
        return STATUS_OK;
    status = log_at(read, place, &log);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
    /* A body of another form than this version knows has no effect; it is kept all the same. */
    status = authority_add(authority, &record, &log.device);
    return status == STATUS_NO_MEMORY ? status : STATUS_OK;
}

/* Adds every record of the authority scope, in order of arrival. */
static enum status add_scope(struct store_read *read, uint32_t scope, struct authority *authority)
{
    struct store_cursor *cursor = NULL;
    struct arena arena;
    struct bytes found, value;
    enum status status = store_cursor_open(read, TABLE_SCOPE, &cursor);
    if (status != STATUS_OK)
        return status;
    arena_init(&arena, RECORD_ARENA_BYTES);
    struct table_key key = key_of_pair(scope, 0);
    status = store_seek(cursor, key_bytes(&key), &found, &value);
    while (status == STATUS_OK && be32_load(found.at) == scope) {
        struct place place;
        status = place_decode(value, &place);
        if (status == STATUS_OK)
            status = add_at(read, &place, &arena, authority);
        if (status == STATUS_OK)
            status = store_next(cursor, &found, &value);
    }
    arena_deinit(&arena);
    store_cursor_close(cursor);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* Builds the authority set from the records of its scope in |read| (NULL: an empty one). */
static enum status build_set(struct replica *replica, struct store_read *read,
                             struct authority **authority)
{
    struct authority *built = authority_new(&replica->identity.root);
    if (!built)
        return STATUS_NO_MEMORY;
    uint32_t scope = 0;
    enum status status = STATUS_NOT_FOUND;
    if (read)
        status = log_scope_number(read, &replica->authority_scope, &scope);
    if (status == STATUS_OK)
        status = add_scope(read, scope, built);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        authority_free(built);
        return status;
    }
    *authority = built;
    return STATUS_OK;
}

enum status snapshot_load(struct replica *replica, struct store_read *read)
{
    struct authority_snapshot *snapshot = NULL;
    struct authority *authority = NULL;
    enum status status = snapshot_reserve(&snapshot);
    if (status == STATUS_OK)
        status = build_set(replica, read, &authority);
    if (status != STATUS_OK) {
        free(snapshot);
        return status;
    }
    snapshot_publish(replica, snapshot, authority);
    return STATUS_OK;
}

enum status snapshot_reserve(struct authority_snapshot **snapshot)
{
    *snapshot = calloc(1, sizeof **snapshot);
    return *snapshot ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Frees the snapshots nobody holds any more, but for the newest. */
static void snapshots_sweep(struct replica *replica)
{
    struct authority_snapshot **at = replica->authority ? &replica->authority->next : NULL;
    while (at && *at) {
        struct authority_snapshot *snapshot = *at;
        if (snapshot->references > 0) {
            at = &snapshot->next;
            continue;
        }
        *at = snapshot->next;
        authority_free(snapshot->authority);
        free(snapshot);
    }
}

void snapshot_publish(struct replica *replica, struct authority_snapshot *snapshot,
                      struct authority *authority)
{
    snapshot->authority = authority;
    pthread_mutex_lock(&replica->lock);
    snapshot->next = replica->authority;
    replica->authority = snapshot;
    snapshots_sweep(replica);
    pthread_mutex_unlock(&replica->lock);
}

void snapshot_free_all(struct replica *replica)
{
    while (replica->authority) {
        struct authority_snapshot *snapshot = replica->authority;
        assert(snapshot->references == 0); /* somebody still works with it */
        replica->authority = snapshot->next;
        authority_free(snapshot->authority);
        free(snapshot);
    }
    while (replica->packs) {
        struct pack_entry *entry = replica->packs;
        replica->packs = entry->next;
        arena_deinit(&entry->arena);
        free(entry);
    }
}

struct name replica_epoch(const struct replica *replica)
{
    /* The lock is no part of what the caller sees. */
    union {
        const pthread_mutex_t *seen;
        pthread_mutex_t *lock;
    } lock = {.seen = &replica->lock};
    pthread_mutex_lock(lock.lock);
    struct name epoch = replica->epoch;
    pthread_mutex_unlock(lock.lock);
    return epoch;
}

const struct authority *replica_authority_acquire(struct replica *replica)
{
    pthread_mutex_lock(&replica->lock);
    replica->authority->references++;
    const struct authority *authority = replica->authority->authority;
    pthread_mutex_unlock(&replica->lock);
    return authority;
}

void replica_authority_release(struct replica *replica, const struct authority *authority)
{
    pthread_mutex_lock(&replica->lock);
    for (struct authority_snapshot *at = replica->authority; at; at = at->next) {
        if (at->authority == authority) {
            assert(at->references > 0);
            at->references--;
            break;
        }
    }
    snapshots_sweep(replica);
    pthread_mutex_unlock(&replica->lock);
}

/* ---- packs ---- */

static const struct pack *pack_cached(const struct replica *replica, const struct hash *hash)
{
    for (const struct pack_entry *at = replica->packs; at; at = at->next) {
        if (hash_equal(&at->pack.hash, hash))
            return &at->pack;
    }
    return NULL;
}

/* Decodes a copy of |canonical| into the cache; NULL if it cannot. Under the lock. */
static const struct pack *pack_enter(struct replica *replica, const struct hash *hash,
                                     struct bytes canonical)
{
    struct pack_entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    bool ok = false;
    arena_init(&entry->arena, PACK_ARENA_BYTES);
    struct bytes kept = arena_copy(&entry->arena, canonical, &ok);
    if (!ok || pack_decode(kept, &entry->arena, &entry->pack) != STATUS_OK ||
        !hash_equal(&entry->pack.hash, hash)) {
        arena_deinit(&entry->arena);
        free(entry);
        return NULL;
    }
    entry->next = replica->packs;
    replica->packs = entry;
    return &entry->pack;
}

const struct pack *snapshot_pack_enter(struct replica *replica, const struct hash *hash,
                                       struct bytes canonical)
{
    pthread_mutex_lock(&replica->lock);
    const struct pack *pack = pack_cached(replica, hash);
    if (!pack)
        pack = pack_enter(replica, hash, canonical);
    pthread_mutex_unlock(&replica->lock);
    return pack;
}

void snapshot_propose(struct replica *replica, const struct hash *hash)
{
    pthread_mutex_lock(&replica->lock);
    replica->proposed_pack = *hash;
    pthread_mutex_unlock(&replica->lock);
}

enum status snapshot_load_proposal(struct replica *replica, struct store_read *read)
{
    struct table_key key = key_of_meta(META_PACK);
    struct bytes canonical;
    enum status status = store_get(read, TABLE_META, key_bytes(&key), &canonical);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    struct hash hash = pack_hash(canonical);
    if (!snapshot_pack_enter(replica, &hash, canonical))
        return STATUS_CORRUPT;
    snapshot_propose(replica, &hash);
    return STATUS_OK;
}

/* A pack at hand: of the cache, also this node's own proposal. */
static const struct pack *pack_at_hand(struct replica *replica, const struct hash *hash)
{
    pthread_mutex_lock(&replica->lock);
    const struct pack *pack = pack_cached(replica, hash ? hash : &replica->proposed_pack);
    pthread_mutex_unlock(&replica->lock);
    return pack;
}

const struct pack *snapshot_pack(struct replica *replica, const struct authority *authority,
                                 const struct hash *hash)
{
    struct hash current;
    struct bytes canonical = {0};
    if (!hash) {
        canonical = authority_current_pack(authority, &current);
        if (canonical.size == 0)
            return pack_at_hand(replica, NULL);
        hash = &current;
    }
    const struct pack *pack = pack_at_hand(replica, hash);
    if (pack)
        return pack;
    if (canonical.size == 0)
        canonical = authority_pack(authority, hash);
    return canonical.size > 0 ? snapshot_pack_enter(replica, hash, canonical) : NULL;
}

const struct pack *replica_pack(struct replica *replica, const struct hash *hash)
{
    const struct authority *authority = replica_authority_acquire(replica);
    const struct pack *pack = snapshot_pack(replica, authority, hash);
    replica_authority_release(replica, authority);
    return pack;
}
