/*
 * Invitations and this node's authority acts: grants, packs, a hub's own beginning.
 */
#include "client/replica/invite.h"

#include "client/replica/identity.h"
#include "client/replica/log/log.h"
#include "client/replica/snapshot.h"
#include "protocol/sync/frame/frame.h"

#include <stdlib.h>
#include <string.h>

enum { INVITATION_BYTES = 1 << 14, ACT_ZONE_MINUTES = 420 };

static struct table_key key_of_invitation(uint64_t number)
{
    struct table_key key = key_of_meta(META_INVITATION);
    key_u64(&key, number);
    return key;
}

/* ---- authority acts ---- */

/* This node's key stands at the root or may grant. */
static bool may_grant(const struct replica *replica)
{
    if (public_key_equal(&replica->key, &replica->identity.root))
        return true;
    const struct grant *grant = authority_grant(group_authority(replica), &replica->key);
    return grant && grant->may_grant;
}

static struct record_header header_of(const struct replica *replica, uint64_t kind)
{
    return (struct record_header){.kind = kind,
                                  .recorded_seconds =
                                      replica->world.wall_seconds(replica->world.context),
                                  .recorded_zone_minutes = ACT_ZONE_MINUTES};
}

static enum status authority_write(struct replica *replica, uint64_t kind, struct bytes body)
{
    struct log_row log;
    struct name header_log;
    struct hash id;
    struct record_header header = header_of(replica, kind);
    enum status status = log_own(replica, LOG_AUTHORITY, &log, &header_log);
    return status == STATUS_OK ? log_write(replica, &log, &header, body, &id) : status;
}

enum status replica_grant(struct replica *replica, const struct grant *grant)
{
    uint8_t salt[SALT_BYTES];
    struct buffer body;
    if (!may_grant(replica))
        return STATUS_REFUSED;
    buffer_init(&body, LIMIT_BODY_BYTES);
    replica->world.random(replica->world.context, salt, sizeof salt);
    enum status status = grant_encode(salt, grant, &body);
    if (status == STATUS_OK)
        status = authority_write(replica, KIND_GRANT, buffer_view(&body));
    buffer_deinit(&body);
    return status;
}

static enum status pack_write(struct replica *replica, struct bytes canonical)
{
    uint8_t salt[SALT_BYTES];
    struct buffer body;
    buffer_init(&body, LIMIT_BODY_BYTES);
    replica->world.random(replica->world.context, salt, sizeof salt);
    uint64_t generation = authority_next_pack_generation(group_authority(replica));
    enum status status = pack_body_encode(salt, generation, canonical, &body);
    if (status == STATUS_OK)
        status = authority_write(replica, KIND_PACK, buffer_view(&body));
    buffer_deinit(&body);
    return status;
}

enum status replica_publish_pack(struct replica *replica, struct bytes canonical)
{
    struct hash hash = pack_hash(canonical);
    if (!snapshot_pack_enter(replica, &hash, canonical))
        return STATUS_USAGE;
    if (may_grant(replica))
        return pack_write(replica, canonical);
    if (authority_grant(group_authority(replica), &replica->key))
        return STATUS_REFUSED;
    struct table_key key = key_of_meta(META_PACK);
    enum status status = group_put(replica, TABLE_META, &key, canonical);
    if (status == STATUS_OK)
        snapshot_propose(replica, &hash);
    return status;
}

enum status pack_settle(struct replica *replica)
{
    struct table_key key = key_of_meta(META_PACK);
    struct hash current, hash;
    struct bytes canonical;
    const struct authority *authority = group_authority(replica);
    const struct grant *grant = authority_grant(authority, &replica->key);
    if (!grant || authority_current_pack(authority, &current).size == 0)
        return STATUS_OK;
    enum status status = store_get(replica->group.view, TABLE_META, key_bytes(&key), &canonical);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    hash = pack_hash(canonical);
    if (authority_pack(authority, &hash).size == 0) {
        struct arena arena;
        bool ok = false;
        arena_init(&arena, (size_t)2 * LIMIT_PACK_BYTES);
        struct bytes kept = arena_copy(&arena, canonical, &ok);
        status = ok ? pack_write(replica, kept) : STATUS_NO_MEMORY;
        arena_deinit(&arena);
    }
    return status == STATUS_OK ? group_delete(replica, TABLE_META, &key) : status;
}

enum status replica_found(struct replica *replica, const struct secret_key *root_secret,
                          const struct grant *hub)
{
    struct opening opening = {.scope = replica->authority_scope, .purpose = LOG_AUTHORITY};
    struct log_row log;
    struct hash id;
    struct buffer body;
    struct record_header header = header_of(replica, KIND_GRANT);
    uint8_t salt[SALT_BYTES];
    /* libsodium's form: seed, then the public key. */
    memcpy(opening.device.bytes, root_secret->bytes + 32, sizeof opening.device.bytes);
    if (!public_key_equal(&opening.device, &replica->identity.root))
        return STATUS_USAGE;
    buffer_init(&body, LIMIT_BODY_BYTES);
    replica->world.random(replica->world.context, salt, sizeof salt);
    enum status status = grant_encode(salt, hub, &body);
    if (status == STATUS_OK)
        status = log_open(replica, &opening, root_secret, &log);
    if (status == STATUS_OK)
        status = log_write_as(replica, &log, &header, buffer_view(&body), root_secret, &id);
    buffer_deinit(&body);
    return status;
}

/* ---- invitations ---- */

enum status replica_invite(struct replica *replica, const struct invitation *invitation)
{
    struct buffer row;
    buffer_init(&row, INVITATION_BYTES);
    invitation_encode(invitation, &row);
    enum status status = buffer_status(&row);
    if (status == STATUS_OK) {
        struct table_key key = key_of_invitation(++replica->group.counters.invitation);
        status = group_put(replica, TABLE_META, &key, buffer_view(&row));
    }
    buffer_deinit(&row);
    return status;
}

static enum status invitation_get(struct store_read *read, uint64_t number, struct arena *arena,
                                  struct invitation *invitation)
{
    struct table_key key = key_of_invitation(number);
    struct bytes value;
    bool ok = false;
    enum status status = store_get(read, TABLE_META, key_bytes(&key), &value);
    if (status != STATUS_OK)
        return status;
    struct bytes kept = arena_copy(arena, value, &ok);
    return ok ? invitation_decode(kept, arena, invitation) : STATUS_NO_MEMORY;
}

/* The number of the open invitation whose secret made |proof|; 0: none. */
static uint64_t invitation_find(struct store_read *read, const struct hash *proof,
                                struct bytes transcript, int64_t now)
{
    struct store_cursor *cursor = NULL;
    struct bytes found, value;
    struct arena arena;
    uint64_t number = 0;
    if (store_cursor_open(read, TABLE_META, &cursor) != STATUS_OK)
        return 0;
    arena_init(&arena, INVITATION_BYTES * 4);
    struct table_key key = key_of_meta(META_INVITATION);
    enum status status = store_seek(cursor, key_bytes(&key), &found, &value);
    while (status == STATUS_OK && number == 0 && found.at[0] == META_INVITATION &&
           found.size == 9) {
        struct invitation invitation;
        arena_reset(&arena);
        status = invitation_decode(value, &arena, &invitation);
        if (status != STATUS_OK)
            break;
        struct hash expected = invitation_proof(invitation.secret.secret, transcript);
        if (hash_equal(&expected, proof) && invitation.expires >= now)
            number = be64_load(found.at + 1);
        status = store_next(cursor, &found, &value);
    }
    arena_deinit(&arena);
    store_cursor_close(cursor);
    return number;
}

bool replica_invited(void *context, const struct hash *proof, const struct public_key *key,
                     const struct bytes *transcript)
{
    struct replica *replica = context;
    struct store_read *read = NULL;
    if (store_read_begin(replica->store, &read) != STATUS_OK)
        return false;
    int64_t now = replica->world.wall_seconds(replica->world.context);
    uint64_t number = invitation_find(read, proof, *transcript, now);
    store_read_end(read);
    if (number == 0)
        return false;
    pthread_mutex_lock(&replica->lock);
    replica->proofs[replica->proof_next] =
        (struct invitation_proof){.proof = *proof, .key = *key, .invitation = number};
    replica->proof_next = (replica->proof_next + 1) % PROOFS_MOST;
    pthread_mutex_unlock(&replica->lock);
    return true;
}

static uint64_t proof_find(struct replica *replica, const struct hash *proof,
                           const struct public_key *key)
{
    uint64_t number = 0;
    pthread_mutex_lock(&replica->lock);
    for (size_t i = 0; i < PROOFS_MOST; i++) {
        const struct invitation_proof *at = &replica->proofs[i];
        if (at->invitation != 0 && hash_equal(&at->proof, proof) && public_key_equal(&at->key, key))
            number = at->invitation;
    }
    pthread_mutex_unlock(&replica->lock);
    return number;
}

enum status replica_admit(struct replica *replica, const struct hash *proof,
                          const struct public_key *key)
{
    struct arena arena;
    struct invitation invitation;
    uint64_t number = proof_find(replica, proof, key);
    if (number == 0)
        return STATUS_NOT_FOUND;
    arena_init(&arena, INVITATION_BYTES * 4);
    enum status status = invitation_get(replica->group.view, number, &arena, &invitation);
    if (status != STATUS_OK)
        goto done;
    if (invitation.expires < replica->world.wall_seconds(replica->world.context)) {
        status = STATUS_REFUSED;
        goto done;
    }
    bool serves = invitation.role == ROLE_OFFICE || invitation.role == ROLE_HUB;
    struct grant grant = {.key = *key,
                          .role = invitation.role,
                          .unit = invitation.unit,
                          .label = invitation.label,
                          .scopes = &invitation.scope,
                          .scope_count = name_is_none(&invitation.scope) ? 0 : 1,
                          .may_grant = serves,
                          .counter_owner = serves,
                          .sees_all = invitation.role == ROLE_HUB};
    status = replica_grant(replica, &grant);
    struct table_key used = key_of_invitation(number);
    if (status == STATUS_OK)
        status = group_delete(replica, TABLE_META, &used);
done:
    arena_deinit(&arena);
    return status;
}

/* ---- another invitation ---- */

enum status replica_rejoin(struct replica *replica, const struct replica_identity *with)
{
    struct replica_identity joined = replica->identity;
    struct table_key key = key_of_meta(META_IDENTITY);
    struct buffer row;
    if (with->role != joined.role || !bytes_equal(with->unit, joined.unit) ||
        !public_key_equal(&with->root, &joined.root) || !name_equal(&with->scope, &joined.scope))
        return STATUS_REFUSED;
    joined.has_upstream = with->has_upstream;
    joined.upstream = with->upstream;
    joined.upstream_url = with->upstream_url;
    joined.has_invitation = with->has_invitation;
    joined.invitation = with->invitation;
    joined.invitation_expires = with->invitation_expires;
    buffer_init(&row, INVITATION_BYTES);
    identity_encode(&joined, &row);
    enum status status = buffer_status(&row);
    if (status == STATUS_OK)
        status = group_put(replica, TABLE_META, &key, buffer_view(&row));
    buffer_deinit(&row);
    return status;
}
