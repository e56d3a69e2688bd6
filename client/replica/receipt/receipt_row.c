#include "client/replica/receipt/receipt_row.h"

struct table_key key_of_kind(enum receipt_kind kind, uint64_t number)
{
    struct table_key key = key_start();
    key_u8(&key, (uint8_t)kind);
    key_u64(&key, number);
    return key;
}

struct table_key key_of_signer(const struct public_key *signer)
{
    struct table_key key = key_start();
    key_u8(&key, RECEIPT_SIGNER);
    key_hash(&key, signer->bytes);
    return key;
}

struct table_key key_of_signer_number(uint32_t number)
{
    struct table_key key = key_start();
    key_u8(&key, RECEIPT_SIGNER_KEY);
    key_u32(&key, number);
    return key;
}

struct table_key key_of_covers(const struct name *log)
{
    struct table_key key = key_start();
    key_u8(&key, RECEIPT_COVER);
    key_name(&key, log);
    return key;
}

struct table_key key_of_cover(const struct name *log, uint32_t signer, enum slot slot)
{
    struct table_key key = key_of_covers(log);
    key_u32(&key, signer);
    key_u8(&key, (uint8_t)slot);
    return key;
}

uint32_t cover_signer(const struct table_key *key)
{
    return be32_load(key->bytes + key->size - 5);
}

enum slot cover_slot(const struct table_key *key)
{
    return key->bytes[key->size - 1] == SLOT_AHEAD ? SLOT_AHEAD : SLOT_HELD;
}

struct table_key key_of_ahead(uint32_t signer)
{
    struct table_key key = key_start();
    key_u8(&key, RECEIPT_AHEAD);
    key_u32(&key, signer);
    return key;
}

enum status receipt_signer_get(struct store_read *read, const struct public_key *signer,
                               struct signer_row *row)
{
    struct table_key key = key_of_signer(signer);
    struct bytes value;
    enum status status = store_get(read, TABLE_RECEIPT, key_bytes(&key), &value);
    return status == STATUS_OK ? signer_row_decode(value, row) : status;
}

enum status receipt_cover_get(struct store_read *read, const struct table_key *key,
                              struct cover_row *row)
{
    struct bytes value;
    enum status status = store_get(read, TABLE_RECEIPT, key_bytes(key), &value);
    return status == STATUS_OK ? cover_row_decode(value, row) : status;
}
