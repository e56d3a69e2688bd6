#include "client/replica/tables.h"

#include <assert.h>
#include <string.h>

/* ---- keys ---- */

struct table_key key_start(void)
{
    return (struct table_key){.size = 0};
}

static uint8_t *key_room(struct table_key *key, size_t size)
{
    assert(key->size + size <= sizeof key->bytes);
    uint8_t *at = key->bytes + key->size;
    key->size += size;
    return at;
}

void key_u8(struct table_key *key, uint8_t value)
{
    *key_room(key, 1) = value;
}

void key_u32(struct table_key *key, uint32_t value)
{
    be32_store(key_room(key, 4), value);
}

void key_u64(struct table_key *key, uint64_t value)
{
    be64_store(key_room(key, 8), value);
}

void key_name(struct table_key *key, const struct name *name)
{
    memcpy(key_room(key, sizeof name->bytes), name->bytes, sizeof name->bytes);
}

void key_hash(struct table_key *key, const uint8_t hash[32])
{
    memcpy(key_room(key, 32), hash, 32);
}

struct bytes key_bytes(const struct table_key *key)
{
    return bytes_of(key->bytes, key->size);
}

struct table_key key_of_u32(uint32_t number)
{
    struct table_key key = key_start();
    key_u32(&key, number);
    return key;
}

struct table_key key_of_u64(uint64_t number)
{
    struct table_key key = key_start();
    key_u64(&key, number);
    return key;
}

struct table_key key_of_name(const struct name *name)
{
    struct table_key key = key_start();
    key_name(&key, name);
    return key;
}

struct table_key key_of_pair(uint32_t number, uint64_t second)
{
    struct table_key key = key_start();
    key_u32(&key, number);
    key_u64(&key, second);
    return key;
}

struct table_key key_of_meta(enum meta_kind kind)
{
    struct table_key key = key_start();
    key_u8(&key, (uint8_t)kind);
    return key;
}

/* ---- rows: put and take in the order of the struct ---- */

static uint8_t *put_u8(uint8_t *at, uint8_t value)
{
    *at = value;
    return at + 1;
}

static uint8_t *put_u32(uint8_t *at, uint32_t value)
{
    be32_store(at, value);
    return at + 4;
}

static uint8_t *put_u64(uint8_t *at, uint64_t value)
{
    be64_store(at, value);
    return at + 8;
}

static uint8_t *put_i64(uint8_t *at, int64_t value)
{
    return put_u64(at, (uint64_t)value);
}

static uint8_t *put_raw(uint8_t *at, const uint8_t *from, size_t size)
{
    memcpy(at, from, size);
    return at + size;
}

static uint8_t *put_name(uint8_t *at, const struct name *name)
{
    return put_raw(at, name->bytes, sizeof name->bytes);
}

/* Takes fields from a row whose size was checked before. */
struct taker {
    const uint8_t *at;
};

static uint8_t take_u8(struct taker *from)
{
    return *from->at++;
}

static uint32_t take_u32(struct taker *from)
{
    uint32_t value = be32_load(from->at);
    from->at += 4;
    return value;
}

static uint64_t take_u64(struct taker *from)
{
    uint64_t value = be64_load(from->at);
    from->at += 8;
    return value;
}

static int64_t take_i64(struct taker *from)
{
    uint64_t value = take_u64(from);
    int64_t result;
    memcpy(&result, &value, sizeof result);
    return result;
}

static void take_raw(struct taker *from, uint8_t *out, size_t size)
{
    memcpy(out, from->at, size);
    from->at += size;
}

static struct name take_name(struct taker *from)
{
    struct name name;
    take_raw(from, name.bytes, sizeof name.bytes);
    return name;
}

void counters_encode(const struct counters *row, uint8_t out[COUNTERS_BYTES])
{
    out = put_u64(out, row->arrival);
    out = put_name(out, &row->running_hash);
    out = put_u64(out, row->records);
    out = put_u64(out, row->receipt);
    out = put_u64(out, row->invitation);
    out = put_u32(out, row->logs);
    out = put_u32(out, row->cases);
    out = put_u32(out, row->scopes);
    put_u32(out, row->signers);
}

enum status counters_decode(struct bytes bytes, struct counters *row)
{
    if (bytes.size != COUNTERS_BYTES)
        return STATUS_CORRUPT;
    struct taker from = {bytes.at};
    row->arrival = take_u64(&from);
    row->running_hash = take_name(&from);
    row->records = take_u64(&from);
    row->receipt = take_u64(&from);
    row->invitation = take_u64(&from);
    row->logs = take_u32(&from);
    row->cases = take_u32(&from);
    row->scopes = take_u32(&from);
    row->signers = take_u32(&from);
    return STATUS_OK;
}

void log_row_encode(const struct log_row *row, uint8_t out[LOG_ROW_BYTES])
{
    out = put_name(out, &row->name);
    out = put_u32(out, row->root);
    out = put_u32(out, row->store);
    out = put_u32(out, row->base);
    out = put_u32(out, row->scope);
    out = put_raw(out, row->device.bytes, sizeof row->device.bytes);
    out = put_u8(out, row->purpose);
    out = put_u8(out, row->flags);
    out = put_u64(out, row->first);
    out = put_u64(out, row->seq);
    put_raw(out, row->id.bytes, sizeof row->id.bytes);
}

enum status log_row_decode(struct bytes bytes, struct log_row *row)
{
    if (bytes.size != LOG_ROW_BYTES)
        return STATUS_CORRUPT;
    struct taker from = {bytes.at};
    row->name = take_name(&from);
    row->root = take_u32(&from);
    row->store = take_u32(&from);
    row->base = take_u32(&from);
    row->scope = take_u32(&from);
    take_raw(&from, row->device.bytes, sizeof row->device.bytes);
    row->purpose = take_u8(&from);
    row->flags = take_u8(&from);
    row->first = take_u64(&from);
    row->seq = take_u64(&from);
    take_raw(&from, row->id.bytes, sizeof row->id.bytes);
    return STATUS_OK;
}

void device_row_encode(const struct device_row *row, uint8_t out[DEVICE_ROW_BYTES])
{
    out = put_u32(out, row->logs);
    out = put_u32(out, row->branches);
    out = put_i64(out, row->day);
    out = put_u32(out, row->logs_that_day);
    out = put_u32(out, row->records_that_day);
    out = put_u32(out, row->authority_that_day);
    put_u64(out, row->bytes_that_day);
}

enum status device_row_decode(struct bytes bytes, struct device_row *row)
{
    if (bytes.size != DEVICE_ROW_BYTES && bytes.size != DEVICE_ROW_BYTES_ONCE)
        return STATUS_CORRUPT;
    struct taker from = {bytes.at};
    *row = (struct device_row){.logs = take_u32(&from)};
    row->branches = take_u32(&from);
    row->day = take_i64(&from);
    row->logs_that_day = take_u32(&from);
    if (bytes.size == DEVICE_ROW_BYTES_ONCE)
        return STATUS_OK;
    row->records_that_day = take_u32(&from);
    row->authority_that_day = take_u32(&from);
    row->bytes_that_day = take_u64(&from);
    return STATUS_OK;
}

enum status record_row_decode(struct bytes bytes, struct record_row *row)
{
    if (bytes.size < RECORD_ROW_BYTES)
        return STATUS_CORRUPT;
    struct taker from = {bytes.at};
    row->arrival = take_u64(&from);
    take_raw(&from, row->id.bytes, sizeof row->id.bytes);
    row->case_number = take_u32(&from);
    row->raw = bytes_of(from.at, bytes.size - RECORD_ROW_BYTES);
    return STATUS_OK;
}

void place_encode(const struct place *place, uint8_t out[PLACE_BYTES])
{
    put_u64(put_u32(out, place->store), place->seq);
}

enum status place_decode(struct bytes bytes, struct place *place)
{
    if (bytes.size != PLACE_BYTES)
        return STATUS_CORRUPT;
    *place = (struct place){be32_load(bytes.at), be64_load(bytes.at + 4)};
    return STATUS_OK;
}

void arrival_row_encode(const struct arrival_row *row, uint8_t out[ARRIVAL_ROW_BYTES])
{
    place_encode(&row->place, out);
    put_name(out + PLACE_BYTES, &row->running_hash);
}

enum status arrival_row_decode(struct bytes bytes, struct arrival_row *row)
{
    if (bytes.size != ARRIVAL_ROW_BYTES)
        return STATUS_CORRUPT;
    struct taker from = {bytes.at + PLACE_BYTES};
    row->running_hash = take_name(&from);
    return place_decode(bytes_of(bytes.at, PLACE_BYTES), &row->place);
}

void case_row_encode(const struct case_row *row, uint8_t out[CASE_ROW_BYTES])
{
    put_u8(put_u32(put_name(out, &row->name), row->scope), row->genesis ? 1 : 0);
}

enum status case_row_decode(struct bytes bytes, struct case_row *row)
{
    if (bytes.size != CASE_ROW_BYTES)
        return STATUS_CORRUPT;
    struct taker from = {bytes.at};
    row->name = take_name(&from);
    row->scope = take_u32(&from);
    row->genesis = take_u8(&from) != 0;
    return STATUS_OK;
}

void case_record_row_encode(const struct case_record_row *row, uint8_t out[CASE_RECORD_ROW_BYTES])
{
    place_encode(&row->place, out);
    put_name(out + PLACE_BYTES, &row->id16);
}

enum status case_record_row_decode(struct bytes bytes, struct case_record_row *row)
{
    if (bytes.size != CASE_RECORD_ROW_BYTES)
        return STATUS_CORRUPT;
    struct taker from = {bytes.at + PLACE_BYTES};
    row->id16 = take_name(&from);
    return place_decode(bytes_of(bytes.at, PLACE_BYTES), &row->place);
}

void peer_row_encode(const struct peer_row *row, uint8_t out[PEER_ROW_BYTES])
{
    out = put_u8(out, row->has_cursor ? 1 : 0);
    out = put_name(out, &row->cursor.epoch);
    out = put_u64(out, row->cursor.arrival);
    out = put_name(out, &row->cursor.running_hash);
    out = put_name(out, &row->cursor.scopes);
    out = put_u64(out, row->cursor.receipts);
    out = put_u8(out, row->certain ? 1 : 0);
    put_i64(out, row->contact_seconds);
}

enum status peer_row_decode(struct bytes bytes, struct peer_row *row)
{
    if (bytes.size != PEER_ROW_BYTES)
        return STATUS_CORRUPT;
    struct taker from = {bytes.at};
    row->has_cursor = take_u8(&from) != 0;
    row->cursor.epoch = take_name(&from);
    row->cursor.arrival = take_u64(&from);
    row->cursor.running_hash = take_name(&from);
    row->cursor.scopes = take_name(&from);
    row->cursor.receipts = take_u64(&from);
    row->certain = take_u8(&from) != 0;
    row->contact_seconds = take_i64(&from);
    return STATUS_OK;
}

void signer_row_encode(const struct signer_row *row, uint8_t out[SIGNER_ROW_BYTES])
{
    out = put_i64(put_name(put_u32(out, row->number), &row->epoch), row->seconds);
    put_u8(put_u64(put_u64(out, row->arrival), row->newest), row->named ? 1 : 0);
}

enum status signer_row_decode(struct bytes bytes, struct signer_row *row)
{
    bool short_row = bytes.size == SIGNER_ROW_BYTES - 1; /* of a store written before |named| */
    if (bytes.size != SIGNER_ROW_BYTES && !short_row)
        return STATUS_CORRUPT;
    struct taker from = {bytes.at};
    row->number = take_u32(&from);
    row->epoch = take_name(&from);
    row->seconds = take_i64(&from);
    row->arrival = take_u64(&from);
    row->newest = take_u64(&from);
    row->named = !short_row && take_u8(&from) != 0;
    return STATUS_OK;
}

void cover_row_encode(const struct cover_row *row, uint8_t out[COVER_ROW_BYTES])
{
    out = put_u64(put_u64(out, row->receipt), row->seq);
    put_name(put_name(out, &row->id16), &row->epoch);
}

enum status cover_row_decode(struct bytes bytes, struct cover_row *row)
{
    if (bytes.size != COVER_ROW_BYTES)
        return STATUS_CORRUPT;
    struct taker from = {bytes.at};
    row->receipt = take_u64(&from);
    row->seq = take_u64(&from);
    row->id16 = take_name(&from);
    row->epoch = take_name(&from);
    return STATUS_OK;
}

enum status number_decode(struct bytes bytes, uint32_t *number)
{
    if (bytes.size != 4)
        return STATUS_CORRUPT;
    *number = be32_load(bytes.at);
    return STATUS_OK;
}
