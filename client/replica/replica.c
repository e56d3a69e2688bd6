#include "client/replica/replica.h"

#include "client/replica/identity.h"
#include "client/replica/log/log.h"
#include "client/replica/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include <sys/mman.h>

enum { TEXTS_BYTES = 1 << 16 };

/* The bytes that hold keys. */
static size_t keys_bytes(const struct replica *replica)
{
    return (size_t)((const char *)(&replica->secret + 1) - (const char *)&replica->identity);
}

static void keys_wipe(struct replica *replica)
{
    secret_key_wipe(&replica->secret);
    explicit_bzero(replica->identity.seed, sizeof replica->identity.seed);
    if (replica->keys_locked)
        (void)munlock(&replica->identity, keys_bytes(replica));
}

/* The encoded identity stays for its texts' sake; the seed within is wiped. */
static void seed_forget(struct bytes encoded, const struct replica_identity *identity)
{
    union {
        const uint8_t *in;
        uint8_t *out;
    } at = {.in = memmem(encoded.at, encoded.size, identity->seed, sizeof identity->seed)};
    if (at.in)
        explicit_bzero(at.out, sizeof identity->seed);
}

static struct replica *replica_new(struct store *store, const struct replica_world *world)
{
    struct replica *replica = calloc(1, sizeof *replica);
    if (!replica)
        return NULL;
    replica->store = store;
    replica->world = *world;
    arena_init(&replica->texts, TEXTS_BYTES);
    arena_init(&replica->commit_arena, (size_t)64 << 20);
    buffer_init(&replica->scratch, STORE_VALUE_BYTES);
    replica->keys_locked = mlock(&replica->identity, keys_bytes(replica)) == 0;
    pthread_mutex_init(&replica->lock, NULL);
    return replica;
}

void replica_close(struct replica *replica)
{
    if (!replica)
        return;
    replica_abort(replica);
    snapshot_free_all(replica);
    free(replica->group.changed);
    buffer_deinit(&replica->scratch);
    arena_deinit(&replica->commit_arena);
    arena_deinit(&replica->texts);
    keys_wipe(replica);
    pthread_mutex_destroy(&replica->lock);
    free(replica);
}

/* Takes a copy of the encoded identity, so that its texts live as long as the replica. */
static enum status identity_take(struct replica *replica, struct bytes encoded)
{
    bool ok = false;
    struct bytes kept = arena_copy(&replica->texts, encoded, &ok);
    if (!ok)
        return STATUS_NO_MEMORY;
    enum status status = identity_decode(kept, &replica->texts, &replica->identity);
    if (status != STATUS_OK)
        return status;
    seed_forget(kept, &replica->identity);
    key_pair_of_seed(replica->identity.seed, &replica->key, &replica->secret);
    replica->authority_scope = authority_scope(&replica->identity.root);
    return STATUS_OK;
}

/* The rows a store has before anything is written; then the first log. */
static enum status rows_make(struct replica *replica, struct bytes identity)
{
    struct table_key key = key_of_meta(META_IDENTITY);
    struct bytes found;
    struct log_row log;
    struct name header_log;
    enum status status = store_get(replica->group.view, TABLE_META, key_bytes(&key), &found);
    if (status == STATUS_OK)
        return STATUS_USAGE;
    if (status != STATUS_NOT_FOUND)
        return status;
    status = group_put(replica, TABLE_META, &key, identity);
    if (status == STATUS_OK)
        status = group_draw_epoch(replica);
    if (status == STATUS_OK)
        status = log_own(replica, LOG_COUNTER, &log, &header_log);
    return status;
}

enum status replica_create(struct store *store, const struct replica_world *world,
                           const struct replica_identity *identity)
{
    struct replica *replica = replica_new(store, world);
    struct buffer encoded;
    struct replica_commit commit;
    if (!replica)
        return STATUS_NO_MEMORY;
    buffer_init(&encoded, TEXTS_BYTES);
    identity_encode(identity, &encoded);
    enum status status = buffer_status(&encoded);
    if (status == STATUS_OK)
        status = identity_take(replica, buffer_view(&encoded));
    if (status != STATUS_OK) {
        status = status == STATUS_NO_MEMORY ? status : STATUS_USAGE;
        goto done;
    }
    status = snapshot_load(replica, NULL);
    if (status == STATUS_OK)
        status = replica_begin(replica);
    if (status != STATUS_OK)
        goto done;
    status = rows_make(replica, buffer_view(&encoded));
    if (status == STATUS_OK)
        status = replica_commit(replica, &commit);
done:
    buffer_deinit(&encoded);
    replica_close(replica);
    return status;
}

static enum status epoch_load(struct store_read *read, struct name *epoch)
{
    struct table_key key = key_of_meta(META_EPOCH);
    struct bytes value;
    enum status status = store_get(read, TABLE_META, key_bytes(&key), &value);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && value.size != sizeof epoch->bytes))
        return STATUS_CORRUPT;
    if (status == STATUS_OK)
        memcpy(epoch->bytes, value.at, sizeof epoch->bytes);
    return status;
}

static enum status replica_load(struct replica *replica)
{
    struct store_read *read = NULL;
    struct bytes value;
    uint32_t version = 0;
    enum status status = store_read_begin(replica->store, &read);
    if (status != STATUS_OK)
        return status;
    struct table_key key = key_of_meta(META_VERSION);
    status = store_get(read, TABLE_META, key_bytes(&key), &value);
    if (status == STATUS_OK)
        status = number_decode(value, &version);
    if (status == STATUS_OK && version > STORE_VERSION)
        status = STATUS_STORE_NEWER;
    key = key_of_meta(META_IDENTITY);
    if (status == STATUS_OK)
        status = store_get(read, TABLE_META, key_bytes(&key), &value);
    if (status == STATUS_OK)
        status = identity_take(replica, value);
    if (status == STATUS_OK)
        status = epoch_load(read, &replica->epoch);
    if (status == STATUS_OK)
        status = snapshot_load(replica, read);
    if (status == STATUS_OK)
        status = snapshot_load_proposal(replica, read);
    store_read_end(read);
    return status;
}

enum status replica_open(struct store *store, const struct replica_world *world,
                         struct replica **replica)
{
    struct replica *opened = replica_new(store, world);
    if (!opened)
        return STATUS_NO_MEMORY;
    enum status status = replica_load(opened);
    if (status != STATUS_OK) {
        replica_close(opened);
        return status;
    }
    *replica = opened;
    return STATUS_OK;
}

const struct replica_identity *replica_identity(const struct replica *replica)
{
    return &replica->identity;
}

const struct public_key *replica_key(const struct replica *replica)
{
    return &replica->key;
}

bool replica_keys_locked(const struct replica *replica)
{
    return replica->keys_locked;
}

const struct secret_key *replica_secret(const struct replica *replica)
{
    return &replica->secret;
}

enum status replica_read_begin(struct replica *replica, struct replica_read **read)
{
    struct replica_read *opened = calloc(1, sizeof *opened);
    if (!opened)
        return STATUS_NO_MEMORY;
    opened->replica = replica;
    /* The authority first: a record of the store may be newer than it, never the other way. */
    opened->authority = replica_authority_acquire(replica);
    enum status status = store_read_begin(replica->store, &opened->store);
    if (status != STATUS_OK) {
        replica_authority_release(replica, opened->authority);
        free(opened);
        return status;
    }
    *read = opened;
    return STATUS_OK;
}

void replica_read_stop_when(struct replica_read *read, bool (*stopped)(void *context),
                            void *context)
{
    read->stopped = stopped;
    read->stopped_context = context;
}

void replica_read_end(struct replica_read *read)
{
    if (!read)
        return;
    if (read->borrowed) /* a group's: nothing of it is counted */
        return;
    store_read_end(read->store);
    replica_authority_release(read->replica, read->authority);
    free(read);
}
