#include "client/replica/log/damage.h"

#include "client/replica/snapshot.h"

#include <string.h>

static struct table_key key_of_damage(const struct place *place)
{
    struct table_key key = key_of_meta(META_DAMAGE);
    key_u32(&key, place->store);
    key_u64(&key, place->seq);
    return key;
}

/* The first place from |place| on whose record is not held. NOT_FOUND. */
static enum status damage_from(struct store_read *read, const struct place *place,
                               struct place *found)
{
    struct table_key first = key_of_damage(place);
    struct store_cursor *cursor = NULL;
    struct bytes key, value;
    enum status status = store_cursor_open(read, TABLE_META, &cursor);
    if (status != STATUS_OK)
        return status;
    status = store_seek(cursor, key_bytes(&first), &key, &value);
    if (status == STATUS_OK && (key.size != 1 + PLACE_BYTES || key.at[0] != META_DAMAGE))
        status = STATUS_NOT_FOUND;
    if (status == STATUS_OK)
        status = place_decode(bytes_of(key.at + 1, PLACE_BYTES), found);
    store_cursor_close(cursor);
    return status;
}

enum status damage_cap(struct store_read *read, struct log_row *row)
{
    struct place first = {.store = row->store, .seq = row->first}, found;
    enum status status = damage_from(read, &first, &found);
    if (status != STATUS_OK || found.store != row->store || found.seq > row->seq)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    struct log_row whole = *row;
    row->seq = found.seq - 1;
    status = log_id(read, &whole, row->seq, &row->id);
    if (status != STATUS_NOT_FOUND)
        return status;
    row->id = (struct hash){{0}};
    return STATUS_OK;
}

enum status damage_any(struct store_read *read, bool *any)
{
    struct place first = {.store = 0}, found;
    enum status status = damage_from(read, &first, &found);
    *any = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status damage_count(struct store_read *read, uint64_t *count)
{
    struct place at = {.store = 0}, found;
    enum status status = STATUS_OK;
    for (*count = 0; (status = damage_from(read, &at, &found)) == STATUS_OK; ++*count)
        at = (struct place){.store = found.store, .seq = found.seq + 1};
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status damage_at(struct store_read *read, const struct place *place, bool *is)
{
    struct table_key key = key_of_damage(place);
    struct bytes value;
    enum status status = store_get(read, TABLE_META, key_bytes(&key), &value);
    *is = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status mark_stale(struct replica *replica, uint32_t case_number)
{
    struct table_key key = key_of_u32(case_number);
    return case_number == 0 ? STATUS_OK : group_put(replica, TABLE_DIRTY, &key, bytes_of(NULL, 0));
}

enum status damage_put_record(struct replica *replica, const struct place *place,
                              const struct record_row *row)
{
    struct buffer *value = &replica->scratch;
    struct table_key key = key_of_pair(place->store, place->seq);
    buffer_reset(value);
    buffer_append_be64(value, row->arrival);
    buffer_append(value, row->id.bytes, sizeof row->id.bytes);
    buffer_append_be32(value, row->case_number);
    buffer_append_bytes(value, row->raw);
    enum status status = buffer_status(value);
    if (status == STATUS_OK)
        status = group_put(replica, TABLE_RECORD, &key, buffer_view(value));
    return status == STATUS_OK ? mark_stale(replica, row->case_number) : status;
}

enum status damage_let_go(struct replica *replica, const struct place *place,
                          const struct record_row *row)
{
    struct buffer *kept = &replica->scratch;
    struct table_key key = key_of_damage(place);
    struct record_row gone = *row;
    buffer_reset(kept);
    buffer_append(kept, row->id.bytes, sizeof row->id.bytes);
    buffer_append_bytes(kept, row->raw);
    enum status status = buffer_status(kept);
    if (status == STATUS_OK)
        status = group_put(replica, TABLE_META, &key, buffer_view(kept));
    gone.raw = bytes_of(NULL, 0);
    return status == STATUS_OK ? damage_put_record(replica, place, &gone) : status;
}

enum status damage_mend(struct replica *replica, const struct log_row *log,
                        const struct place *place, const struct record *record, bool *mended)
{
    struct table_key key = key_of_damage(place);
    struct record_row row;
    struct name scope;
    *mended = false;
    enum status status = damage_at(replica->group.view, place, mended);
    if (status != STATUS_OK || !*mended)
        return status;
    status = log_record(replica->group.view, place, &row);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
    row.raw = record->raw;
    status = damage_put_record(replica, place, &row);
    if (status == STATUS_OK)
        status = group_delete(replica, TABLE_META, &key);
    if (status == STATUS_OK)
        status = log_scope_name(replica->group.view, log->scope, &scope);
    if (status != STATUS_OK || !name_equal(&scope, &replica->authority_scope) ||
        !snapshot_takes(record))
        return status;
    struct authority *authority = group_authority_own(replica);
    if (!authority)
        return STATUS_NO_MEMORY;
    status = authority_add(authority, record, &log->device);
    return status == STATUS_NO_MEMORY ? status : STATUS_OK;
}
