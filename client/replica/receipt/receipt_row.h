/*
 * Keys and rows of TABLE_RECEIPT, as tables.h draws them.
 */
#ifndef HOSO_CLIENT_REPLICA_RECEIPT_RECEIPT_ROW_H
#define HOSO_CLIENT_REPLICA_RECEIPT_RECEIPT_ROW_H

#include "client/replica/state.h"

/* A cover row stands in slot HELD if the record it names is held, else in slot AHEAD: receipts
 * travel before the records they cover. */
enum slot { SLOT_HELD = 0, SLOT_AHEAD = 1 };

/* A numbered row of |kind|; the row of a signer by its key, and its key by the signer's number. */
struct table_key key_of_kind(enum receipt_kind kind, uint64_t number);
struct table_key key_of_signer(const struct public_key *signer);
struct table_key key_of_signer_number(uint32_t number);
/* The prefix of all cover rows of |log|, and one of them. */
struct table_key key_of_covers(const struct name *log);
struct table_key key_of_cover(const struct name *log, uint32_t signer, enum slot slot);

/* The signer and the slot a cover row's key names. */
uint32_t cover_signer(const struct table_key *key);
enum slot cover_slot(const struct table_key *key);
/* How many rows a signer has in slot AHEAD. */
struct table_key key_of_ahead(uint32_t signer);

/* NOT_FOUND. */
CHECK_RESULT enum status receipt_signer_get(struct store_read *read,
                                            const struct public_key *signer,
                                            struct signer_row *row);
CHECK_RESULT enum status receipt_cover_get(struct store_read *read, const struct table_key *key,
                                           struct cover_row *row);

#endif
