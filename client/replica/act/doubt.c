/*
 * Numbers after a store was put back or copied. The store it was copied from may be at work, and
 * what was printed and never left a machine nobody above knows: so it never draws again from the
 * numbers it drew from before. It waits for others, lent by the node above, or for an officer's
 * word; draw.c tells which they are.
 */
#include "client/replica/act/number_key.h"
#include "client/replica/log/log.h"
#include "client/text/time.h"

#include <string.h>

enum {
    DOUBT_BYTES = 24,
    FLOOR_BYTES = 8,
    EARLIER_FROM = 5000 /* of the days before a floor: what an older version printed is below */
};

enum status number_doubt(struct replica *replica, const struct name *log, uint64_t seq,
                         const struct name *id16)
{
    struct table_key key = key_start();
    uint8_t row[DOUBT_BYTES];
    key_u8(&key, NUMBER_DOUBT);
    key_name(&key, log);
    struct bytes value = {NULL, 0};
    enum status status = store_get(replica->group.view, TABLE_NUMBER, key_bytes(&key), &value);
    if (status == STATUS_OK && value.size == DOUBT_BYTES && be64_load(value.at) >= seq) {
        return STATUS_OK;
    }
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        return status;
    }
    be64_store(row, seq);
    memcpy(row + 8, id16->bytes, sizeof id16->bytes);
    return group_put(replica, TABLE_NUMBER, &key, bytes_of(row, sizeof row));
}

enum status number_apart(struct store_read *read, enum number_apart *apart)
{
    static const uint8_t key = NUMBER_APART;
    struct bytes value = {NULL, 0};
    *apart = APART_NOT;
    enum status status = store_get(read, TABLE_NUMBER, bytes_of(&key, 1), &value);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    if (status == STATUS_OK && (value.size != 1 || value.at[0] > APART_ANSWERED)) {
        return STATUS_CORRUPT;
    }
    if (status == STATUS_OK) {
        *apart = (enum number_apart)value.at[0];
    }
    return status;
}

static enum status apart_put(struct replica *replica, enum number_apart apart)
{
    struct table_key key = key_start();
    uint8_t value = (uint8_t)apart;
    key_u8(&key, NUMBER_APART);
    return group_put(replica, TABLE_NUMBER, &key, bytes_of(&value, 1));
}

/* The row of no log: never held, so it stands until it is taken away. */
enum status number_doubt_all(struct replica *replica)
{
    struct name none = {{0}};
    enum status status = apart_put(replica, APART_WAITS);
    return status == STATUS_OK ? number_doubt(replica, &none, 0, &none) : status;
}

static enum status is_held(struct store_read *read, const struct name *log, struct bytes row,
                           bool *held)
{
    struct log_row known;
    struct log_row segment;
    struct name id16;
    *held = false;
    if (row.size != DOUBT_BYTES) {
        return STATUS_CORRUPT;
    }
    memcpy(id16.bytes, row.at + 8, sizeof id16.bytes);
    uint64_t seq = be64_load(row.at);
    enum status status = log_find(read, log, &known);
    if (status == STATUS_OK) {
        status = log_resolve(read, known.root, seq, &id16, &segment);
    }
    *held = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status number_in_doubt(struct store_read *read, bool *doubt)
{
    static const uint8_t prefix = NUMBER_DOUBT;
    struct store_cursor *cursor = NULL;
    struct bytes key = {NULL, 0};
    struct bytes value = {NULL, 0};
    *doubt = false;
    enum status status = store_cursor_open(read, TABLE_NUMBER, &cursor);
    if (status != STATUS_OK) {
        return status;
    }
    status = store_seek(cursor, bytes_of(&prefix, 1), &key, &value);
    while (status == STATUS_OK && key.size == 17 && key.at[0] == NUMBER_DOUBT && !*doubt) {
        struct name log;
        bool held = false;
        memcpy(log.bytes, key.at + 1, sizeof log.bytes);
        status = is_held(read, &log, value, &held);
        *doubt = !held;
        if (status == STATUS_OK && held) {
            status = store_next(cursor, &key, &value);
        }
    }
    store_cursor_close(cursor);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* ---- where numbers go on ---- */

/* Up to |day| numbers are drawn above a floor; of |day| itself above |above|. */
struct floor_row {
    uint32_t day; /* as in codes; 0: no such day */
    uint32_t above;
};

static enum status floor_get(struct store_read *read, struct bytes unit, struct floor_row *row)
{
    struct table_key key = number_unit_key(NUMBER_FLOOR, unit);
    struct bytes value = {NULL, 0};
    *row = (struct floor_row){.day = 0};
    enum status status = store_get(read, TABLE_NUMBER, key_bytes(&key), &value);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    if (status == STATUS_OK && value.size != FLOOR_BYTES) {
        return STATUS_CORRUPT;
    }
    if (status == STATUS_OK) {
        *row = (struct floor_row){.day = be32_load(value.at), .above = be32_load(value.at + 4)};
    }
    return status;
}

enum status number_floor(struct store_read *read, struct bytes unit, uint32_t day, uint32_t *above)
{
    struct floor_row row;
    enum status status = floor_get(read, unit, &row);
    *above = day > row.day ? 0 : day == row.day ? row.above : EARLIER_FROM;
    return status;
}

static enum status floor_put(struct replica *replica, uint32_t day, uint32_t above)
{
    struct bytes unit = replica->identity.unit;
    struct table_key key = number_unit_key(NUMBER_FLOOR, unit);
    struct floor_row row;
    uint8_t value[FLOOR_BYTES];
    enum status status = floor_get(replica->group.view, unit, &row);
    if (status != STATUS_OK || day < row.day) {
        return status; /* a later day's floor says more */
    }
    be32_store(value, day);
    be32_store(value + 4, day == row.day && row.above > above ? row.above : above);
    return group_put(replica, TABLE_NUMBER, &key, bytes_of(value, sizeof value));
}

/* Where nobody lends, or somebody answers for it, an apart store's own hundred is free. */
static enum status answer(struct replica *replica)
{
    enum number_apart apart = APART_NOT;
    enum status status = number_apart(replica->group.view, &apart);
    return status == STATUS_OK && apart == APART_WAITS ? apart_put(replica, APART_ANSWERED)
                                                       : status;
}

enum status number_confirmed(struct replica *replica)
{
    struct name none = {{0}};
    struct table_key key = key_start();
    key_u8(&key, NUMBER_DOUBT);
    key_name(&key, &none);
    enum status status = group_delete(replica, TABLE_NUMBER, &key);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    return status == STATUS_OK && !replica->identity.has_upstream ? answer(replica) : status;
}

/* The key of some row of doubt. NOT_FOUND: there is none. */
static enum status first_doubt(struct store_read *read, struct table_key *key)
{
    static const uint8_t prefix = NUMBER_DOUBT;
    struct store_cursor *cursor = NULL;
    struct bytes found = {NULL, 0};
    struct bytes value = {NULL, 0};
    enum status status = store_cursor_open(read, TABLE_NUMBER, &cursor);
    if (status != STATUS_OK) {
        return status;
    }
    status = store_seek(cursor, bytes_of(&prefix, 1), &found, &value);
    if (status == STATUS_OK && (found.size != 17 || found.at[0] != NUMBER_DOUBT)) {
        status = STATUS_NOT_FOUND;
    }
    if (status == STATUS_OK) {
        key->size = found.size;
        memcpy(key->bytes, found.at, found.size);
    }
    store_cursor_close(cursor);
    return status;
}

static enum status lift_doubts(struct replica *replica)
{
    struct table_key key;
    enum status status = STATUS_OK;
    while ((status = first_doubt(replica->group.view, &key)) == STATUS_OK) {
        status = group_delete(replica, TABLE_NUMBER, &key);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status number_confirm(struct replica *replica, const struct code *last, bool *own_hundred)
{
    enum number_apart apart = APART_NOT;
    struct replica_read read;
    bool waits = false;
    bool ours = false;
    group_read(replica, &read);
    ours = number_is_owner(&read, replica->identity.unit) &&
           bytes_equal(last->unit, replica->identity.unit);
    enum status status = number_waits(&read, &waits);
    replica_read_end(&read);
    if (status != STATUS_OK || !ours || !waits) {
        return status != STATUS_OK ? status : ours ? STATUS_NOT_FOUND : STATUS_REFUSED;
    }
    status = lift_doubts(replica);
    if (status == STATUS_OK) {
        status = answer(replica);
    }
    if (status == STATUS_OK) {
        status = number_apart(replica->group.view, &apart);
    }
    *own_hundred = apart == APART_ANSWERED;
    return status == STATUS_OK ? floor_put(replica, last->day, last->number) : status;
}

enum status number_waits(struct replica_read *read, bool *waits)
{
    const struct replica *replica = read->replica;
    const struct pack *pack = snapshot_pack(read->replica, read->authority, NULL);
    enum number_apart apart = APART_NOT;
    uint32_t number = 0;
    enum status status = number_apart(read->store, &apart);
    *waits = false;
    if (status != STATUS_OK || apart == APART_NOT ||
        !number_is_owner(read, replica->identity.unit)) {
        return status == STATUS_OK ? number_in_doubt(read->store, waits) : status;
    }
    uint32_t day = code_day_of(replica->world.wall_seconds(replica->world.context),
                               pack != NULL ? pack->zone_minutes : TIME_VIETNAM_ZONE_MINUTES);
    status = number_next(read, replica->identity.unit, day, &number);
    *waits = status == STATUS_NOT_FOUND;
    return *waits ? STATUS_OK : status;
}
