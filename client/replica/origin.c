#include "client/replica/origin.h"

#include "client/replica/log/evidence.h"
#include "client/replica/log/log.h"
#include "client/replica/receipt/receipt.h"

#include <string.h>

enum { FOUND_BYTES = 9, RECEIPT_ARENA_BYTES = 1 << 20 };

static enum status meta_get(struct store_read *read, enum meta_kind kind, struct bytes *value)
{
    struct table_key key = key_of_meta(kind);
    return store_get(read, TABLE_META, key_bytes(&key), value);
}

/* ---- backups ---- */

enum status origin_mark_backup(struct store *store, int64_t seconds)
{
    struct table_key key = key_of_meta(META_BACKUP);
    struct store_write *write = NULL;
    uint8_t value[8];
    be64_store(value, (uint64_t)seconds);
    enum status status = store_write_begin(store, &write);
    if (status != STATUS_OK)
        return status;
    status = store_put(write, TABLE_META, key_bytes(&key), bytes_of(value, sizeof value));
    if (status != STATUS_OK) {
        store_abort(write);
        return status;
    }
    return store_commit(write);
}

enum status origin_backup_seconds(struct store *store, int64_t *seconds)
{
    struct store_read *read = NULL;
    struct bytes value;
    enum status status = store_read_begin(store, &read);
    if (status != STATUS_OK)
        return status;
    status = meta_get(read, META_BACKUP, &value);
    if (status == STATUS_OK && value.size != 8)
        status = STATUS_CORRUPT;
    if (status == STATUS_OK)
        *seconds = (int64_t)be64_load(value.at);
    store_read_end(read);
    return status;
}

/* ---- what was found ---- */

static const struct {
    const char *name, *text;
} origins[] = {
    [ORIGIN_HERE] = {"here", "nothing"},
    [ORIGIN_BACKUP] = {"backup", "this store is a backup that was put to use"},
    [ORIGIN_COPIED] = {"copied", "this store was copied or put back"},
    [ORIGIN_PUT_BACK] = {"put_back", "this store is older than what was committed here"},
    [ORIGIN_SHOWN] = {"shown", "a peer holds what this store once held"},
    [ORIGIN_DAMAGED] = {"damaged", "records of this store were damaged"},
};

const char *origin_text(enum origin origin)
{
    return origins[origin].text;
}

const char *origin_name(enum origin origin)
{
    return origins[origin].name;
}

enum status origin_note(struct replica *replica, enum origin origin)
{
    struct table_key key = key_of_meta(META_ORIGIN);
    uint8_t value[FOUND_BYTES] = {(uint8_t)origin};
    be64_store(value + 1, (uint64_t)replica->world.wall_seconds(replica->world.context));
    return group_put(replica, TABLE_META, &key, bytes_of(value, sizeof value));
}

enum status origin_last(struct replica_read *read, struct origin_found *found)
{
    struct bytes value;
    *found = (struct origin_found){.origin = ORIGIN_HERE};
    enum status status = meta_get(read->store, META_ORIGIN, &value);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    if (status != STATUS_OK)
        return status;
    if (value.size != FOUND_BYTES || value.at[0] > ORIGIN_DAMAGED)
        return STATUS_CORRUPT;
    found->origin = (enum origin)value.at[0];
    found->seconds = (int64_t)be64_load(value.at + 1);
    return STATUS_OK;
}

enum status origin_receipt_seconds(struct replica_read *read, const struct public_key *signer,
                                   int64_t *seconds)
{
    struct arena arena;
    struct receipt receipt;
    struct bytes raw;
    *seconds = 0;
    enum status status = receipt_newest(read->store, signer, &raw);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    arena_init(&arena, RECEIPT_ARENA_BYTES);
    status = receipt_decode(raw, &arena, &receipt);
    if (status == STATUS_OK)
        *seconds = receipt.seconds;
    arena_deinit(&arena);
    return status == STATUS_OK || status == STATUS_NO_MEMORY ? status : STATUS_CORRUPT;
}

/* ---- hints ---- */

/* Whether the mark was made by a later state than this one: of an epoch this store never had, or of
 * an order of arrival it does not hold. A mark that lags behind says nothing. */
static enum status mark_is_later(const struct replica *replica, struct store_read *read,
                                 const struct origin_hints *hints, bool *later)
{
    struct bytes value;
    struct arrival_row row;
    struct table_key key = key_of_meta(META_PAST_EPOCH);
    enum status status = STATUS_OK;
    *later = false;
    if (!name_equal(&hints->mark_epoch, &replica->epoch)) {
        key_name(&key, &hints->mark_epoch);
        status = store_get(read, TABLE_META, key_bytes(&key), &value);
        *later = status == STATUS_NOT_FOUND;
        return *later ? STATUS_OK : status;
    }
    if (hints->mark_arrival == 0)
        return STATUS_OK;
    key = key_of_u64(hints->mark_arrival);
    status = store_get(read, TABLE_ARRIVAL, key_bytes(&key), &value);
    if (status == STATUS_OK)
        status = arrival_row_decode(value, &row);
    if (status == STATUS_OK)
        *later = !name_equal(&row.running_hash, &hints->mark_running_hash);
    else
        *later = status == STATUS_NOT_FOUND;
    return *later ? STATUS_OK : status;
}

/* What the hints say; |*noted|: the store knows its place and need not be told. */
static enum status judge(struct replica *replica, const struct origin_hints *hints,
                         enum origin *origin, bool *noted)
{
    struct store_read *read = NULL;
    struct bytes value;
    bool later = false;
    enum status status = store_read_begin(replica->store, &read);
    if (status != STATUS_OK)
        return status;
    *origin = ORIGIN_HERE;
    status = meta_get(read, META_PLACE, &value);
    *noted = hints->place.size == 0 || (status == STATUS_OK && bytes_equal(value, hints->place));
    if (status == STATUS_OK && !*noted)
        *origin = ORIGIN_COPIED;
    if (status == STATUS_OK || status == STATUS_NOT_FOUND)
        status = hints->has_mark ? mark_is_later(replica, read, hints, &later) : STATUS_OK;
    if (later && *origin == ORIGIN_HERE)
        *origin = ORIGIN_PUT_BACK;
    if (status == STATUS_OK)
        status = meta_get(read, META_BACKUP, &value);
    if (status == STATUS_OK)
        *origin = ORIGIN_BACKUP;
    store_read_end(read);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status settle(struct replica *replica, const struct origin_hints *hints,
                          enum origin origin)
{
    struct table_key place = key_of_meta(META_PLACE);
    struct table_key backup = key_of_meta(META_BACKUP);
    enum status status = STATUS_OK;
    if (hints->place.size > 0)
        status = group_put(replica, TABLE_META, &place, hints->place);
    if (status == STATUS_OK && origin == ORIGIN_BACKUP)
        status = group_delete(replica, TABLE_META, &backup);
    if (status == STATUS_OK && origin != ORIGIN_HERE)
        status = evidence_origin(replica, origin);
    return status;
}

enum status origin_settle(struct replica *replica, const struct origin_hints *hints,
                          enum origin *origin)
{
    struct replica_commit commit;
    bool noted = false;
    enum status status = judge(replica, hints, origin, &noted);
    if (status != STATUS_OK || (noted && *origin == ORIGIN_HERE))
        return status;
    status = replica_begin(replica);
    if (status != STATUS_OK)
        return status;
    status = settle(replica, hints, *origin);
    if (status != STATUS_OK) {
        replica_abort(replica);
        return status;
    }
    return replica_commit(replica, &commit);
}
