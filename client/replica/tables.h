/*
 * The layout of every table of a replica: keys and rows, byte by byte, with their encoders and
 * decoders. Numbers are big-endian, so that memcmp order is numeric order. Names of logs, cases,
 * scopes and signers are random; each is mapped once to a small local number, and every other table
 * is keyed by those in ascending order: a random key costs a page write for nearly every row.
 * Local numbers never leave the store.
 *
 *   META      01                         -> number of the store, u32
 *             02                         -> identity
 *             03                         -> epoch, name
 *             04                         -> counters
 *             05 epoch                   -> arrival at which that epoch of this node ended, u64
 *             06 scope name              -> scope number, u32
 *             07 scope number            -> scope name
 *             08 purpose u8              -> own log of that purpose: log number u32, open u8,
 *                                           seq u64 from which a peer refused it (0: none did)
 *             09 device key              -> what a device opened: device row
 *             0a root log u32, log u32   -> (empty)   the segments of a forked log
 *             0b invitation number u64   -> invitation
 *             0c                         -> numbers of the derived tables (index.c)
 *             0d                         -> canonical pack a node not granted yet works with
 *             0e                         -> place: tells this file from a copy of it (origin.c)
 *             0f                         -> seconds u64 at which this backup was made; absent: none
 *             10                         -> origin u8, seconds u64: what the store found out last
 *             11 store u32, seq u64      -> damage row (log/damage.c)
 *             12 log name, seq u64, id16 -> a record that waits aside (log/aside.h), raw
 *             13                         -> how many wait, their bytes: u64, u64; none: no row
 *   LOG       log u32                    -> log row
 *   LOG_NAME  log name                   -> log u32
 *   RECORD    store u32, seq u64         -> arrival u64, id, case u32 (0 none), the record raw
 *   ARRIVAL   arrival u64                -> store u32, seq u64, running hash after it
 *   SCOPE     scope u32, arrival u64     -> store u32, seq u64
 *   CASE_NAME case name, scope u32       -> case u32
 *   CASE      case u32, arrival 0        -> case row: name, scope u32, genesis u8
 *             case u32, arrival u64      -> store u32, seq u64, id's first 16 bytes
 *   DIRTY     case u32                   -> (empty)   derived rows of the case are stale
 *   PEER      01 key                     -> peer row
 *             02 key, store u32          -> seq u64   the peer surely holds that chain so far
 *             03 log name, peer key      -> seq u64, status u8   the peer refused the log from seq
 *   RECEIPT   01 number u64              -> the receipt raw
 *             02 log name, signer u32, slot u8 -> receipt's claim on a log: cover row
 *             03 signer key              -> signer row
 *             04 signer u32              -> signer key
 *             05 number u64              -> how many cover and signer rows name the receipt, u32
 *             07 signer u32              -> how many of its claims are on records not here, u32
 *
 * Logs and segments. A log is numbered once; its records lie under (store, seq), where |store| is
 * the number of the log in whose key space they were first put. A fork ends the log at the last
 * common record, and each branch is a log of its own whose name does not depend on arrival. So a
 * fork of log 7 after seq 50 moves no record: 7 keeps its key space, its row now ends at 50; the
 * old continuation gets number 8, first seq 51, store 7; the new one number 9, first seq 51, store
 * 9. Rows elsewhere name (store, seq); log_at() tells the segment.
 */
#ifndef HOSO_CLIENT_REPLICA_TABLES_H
#define HOSO_CLIENT_REPLICA_TABLES_H

#include "client/store/store.h"
#include "protocol/record/chain.h"
#include "protocol/sync/session/batch.h"

enum meta_kind {
    META_VERSION = 1,
    META_IDENTITY = 2,
    META_EPOCH = 3,
    META_COUNTERS = 4,
    META_PAST_EPOCH = 5,
    META_SCOPE = 6,
    META_SCOPE_NAME = 7,
    META_OWN_LOG = 8,
    META_DEVICE = 9,
    META_SEGMENT = 10,
    META_INVITATION = 11,
    META_DERIVED = 12,
    META_PACK = 13,
    META_PLACE = 14,
    META_BACKUP = 15,
    META_ORIGIN = 16,
    META_DAMAGE = 17,
    META_ASIDE = 18,
    META_ASIDE_COUNT = 19
};

/* Room for any key of the tables above. */
struct table_key {
    uint8_t bytes[80];
    size_t size;
};

/* A key is built field by field from key_start(). */
struct table_key key_start(void);
void key_u8(struct table_key *key, uint8_t value);
void key_u32(struct table_key *key, uint32_t value);
void key_u64(struct table_key *key, uint64_t value);
void key_name(struct table_key *key, const struct name *name);
void key_hash(struct table_key *key, const uint8_t hash[32]);
/* Borrowed from |key|. */
struct bytes key_bytes(const struct table_key *key);

/* The keys used most. */
struct table_key key_of_u32(uint32_t number);
struct table_key key_of_u64(uint64_t number);
struct table_key key_of_name(const struct name *name);
struct table_key key_of_pair(uint32_t number, uint64_t second);
struct table_key key_of_meta(enum meta_kind kind);

/* What META 04 holds: the newest of each, 0 = none yet. */
struct counters {
    uint64_t arrival;
    struct name running_hash;
    uint64_t records;
    uint64_t receipt;
    uint64_t invitation;
    uint32_t logs;
    uint32_t cases;
    uint32_t scopes;
    uint32_t signers;
};
enum { COUNTERS_BYTES = 64 };

enum receipt_kind {
    RECEIPT_RAW = 1,
    RECEIPT_COVER = 2,
    RECEIPT_SIGNER = 3,
    RECEIPT_SIGNER_KEY = 4,
    RECEIPT_REFERENCES = 5,
    RECEIPT_AHEAD = 7,
    RECEIPT_PAST = 6 /* signer u32, epoch name -> (empty): another one followed it */
};

enum peer_kind { PEER_ROW = 1, PEER_MARK = 2, PEER_REFUSED = 3 };

enum log_flag {
    LOG_OWN = 1,
    LOG_FORKED = 2, /* a root: META 0a lists segments */
    LOG_LENT = 4    /* draws from numbers this node lends it (act/lend.h) */
};

struct log_row {
    uint32_t number; /* the row's key; not in the row */
    struct name name;
    uint32_t root;  /* the log the headers name */
    uint32_t store; /* key space of its records */
    uint32_t base;  /* segment it goes on from; 0 none */
    uint32_t scope;
    struct public_key device;
    uint8_t purpose; /* enum log_purpose */
    uint8_t flags;   /* enum log_flag */
    uint64_t first;  /* seq of its first record */
    uint64_t seq;    /* of its last record; first - 1: none */
    struct hash id;  /* of its last record */
};
enum { LOG_ROW_BYTES = 16 + 4 * 4 + 32 + 2 + 8 + 8 + 32 };

struct device_row {
    uint32_t logs;
    uint32_t branches;
    int64_t day; /* days since 1970-01-01 by this node's clock */
    uint32_t logs_that_day;
    uint32_t records_that_day;
    uint32_t authority_that_day; /* of them, in the authority scope */
    uint64_t bytes_that_day;
};
enum { DEVICE_ROW_BYTES = 36, DEVICE_ROW_BYTES_ONCE = 20 /* before it counted records */ };

struct record_row { /* |raw| borrows from the store; empty: not held (log/damage.h) */
    uint64_t arrival;
    struct hash id;
    uint32_t case_number;
    struct bytes raw;
};
enum { RECORD_ROW_BYTES = 8 + 32 + 4 };

struct place { /* where a record lies */
    uint32_t store;
    uint64_t seq;
};
enum { PLACE_BYTES = 12 };

struct arrival_row {
    struct place place;
    struct name running_hash;
};
enum { ARRIVAL_ROW_BYTES = 28 };

struct case_row {
    uint32_t number; /* the row's key; not in the row */
    struct name name;
    uint32_t scope;
    bool genesis; /* the genesis is held */
};
enum { CASE_ROW_BYTES = 21 };

struct case_record_row {
    uint64_t arrival; /* of the row's key */
    struct place place;
    struct name id16;
};
enum { CASE_RECORD_ROW_BYTES = 28 };

struct peer_row {
    bool has_cursor;
    struct cursor cursor;
    bool certain;
    int64_t contact_seconds; /* 0 never */
};
enum { PEER_ROW_BYTES = 1 + 16 + 8 + 16 + 16 + 8 + 1 + 8 };

struct signer_row {
    uint32_t number;
    struct name epoch; /* the current one, as far as is known */
    bool named;        /* the signer itself named it, in a session */
    int64_t seconds;   /* of the newest receipt of it */
    uint64_t arrival;  /* the largest of its receipts of that epoch */
    uint64_t newest;   /* number of that receipt; 0 none. Counts as a reference */
};
enum { SIGNER_ROW_BYTES = 45 };

struct cover_row {
    uint64_t receipt;
    uint64_t seq;
    struct name id16;
    struct name epoch;
};
enum { COVER_ROW_BYTES = 48 };

/* Encoders fill the whole row. */
void counters_encode(const struct counters *row, uint8_t out[COUNTERS_BYTES]);
void log_row_encode(const struct log_row *row, uint8_t out[LOG_ROW_BYTES]);
void device_row_encode(const struct device_row *row, uint8_t out[DEVICE_ROW_BYTES]);
void arrival_row_encode(const struct arrival_row *row, uint8_t out[ARRIVAL_ROW_BYTES]);
void place_encode(const struct place *place, uint8_t out[PLACE_BYTES]);
void case_row_encode(const struct case_row *row, uint8_t out[CASE_ROW_BYTES]);
void case_record_row_encode(const struct case_record_row *row, uint8_t out[CASE_RECORD_ROW_BYTES]);
void peer_row_encode(const struct peer_row *row, uint8_t out[PEER_ROW_BYTES]);
void signer_row_encode(const struct signer_row *row, uint8_t out[SIGNER_ROW_BYTES]);
void cover_row_encode(const struct cover_row *row, uint8_t out[COVER_ROW_BYTES]);

/* Decoders: CORRUPT if the row has not its size. */
CHECK_RESULT enum status counters_decode(struct bytes bytes, struct counters *row);
CHECK_RESULT enum status log_row_decode(struct bytes bytes, struct log_row *row);
CHECK_RESULT enum status device_row_decode(struct bytes bytes, struct device_row *row);
CHECK_RESULT enum status record_row_decode(struct bytes bytes, struct record_row *row);
CHECK_RESULT enum status place_decode(struct bytes bytes, struct place *place);
CHECK_RESULT enum status arrival_row_decode(struct bytes bytes, struct arrival_row *row);
CHECK_RESULT enum status case_row_decode(struct bytes bytes, struct case_row *row);
CHECK_RESULT enum status case_record_row_decode(struct bytes bytes, struct case_record_row *row);
CHECK_RESULT enum status peer_row_decode(struct bytes bytes, struct peer_row *row);
CHECK_RESULT enum status signer_row_decode(struct bytes bytes, struct signer_row *row);
CHECK_RESULT enum status cover_row_decode(struct bytes bytes, struct cover_row *row);
CHECK_RESULT enum status number_decode(struct bytes bytes, uint32_t *number);

#endif
