/*
 * A record: a signed header, and a body the header commits to.
 *
 * At rest and on the wire it is [header bin, officer's signature bin64 | nil, device's signature
 * bin64, body bin | nil]. The officer signs the header; the device signs the header and the
 * officer's signature; the id is the hash of all three. So a body may be absent, and nothing else
 * may change.
 *
 * The header is an array (SPEC.md "Records" lists its items). The first seven never change meaning
 * in any version: version, log, seq, prev, kind, case, commitment. A header of a version above
 * RECORD_VERSION is decoded to those: |newer| is set and the rest stays bytes. An opening record
 * has neither log nor prev: its log is named by its id; so is a case by its genesis. No personal
 * data and no free text stand in a header.
 * Source: SPEC.md "Records".
 */
#ifndef HOSO_PROTOCOL_RECORD_RECORD_H
#define HOSO_PROTOCOL_RECORD_RECORD_H

#include "protocol/base/arena.h"
#include "protocol/base/limits.h"
#include "protocol/record/seal.h"

enum { RECORD_VERSION = 1, RULES_VERSION = 1, RECORD_FIXED_ITEMS = 7 };

/* Numbers are the wire's and never change. Unlisted ones are legal: stored, relayed, their case is
 * "newer". */
enum record_kind {
    KIND_OPENING = 0,
    /* authority scope; no case */
    KIND_GRANT = 16,
    KIND_REVOCATION = 17,
    KIND_PACK = 18,
    KIND_RULES = 19,
    KIND_RELEASE = 20,
    KIND_REFUSAL = 21,
    KIND_CLONE = 22,
    KIND_ERASURE = 23,
    /* a unit's scope; no case */
    KIND_LEASE = 32, /* a block of the unit's daily numbers for one log */
    /* of a case */
    KIND_GENESIS = 64,    /* a dossier received: names the pack; case nil */
    KIND_STEP = 65,       /* one step of the table (body: step name), with its writes */
    KIND_EDIT = 66,       /* plain writes */
    KIND_RESOLUTION = 67, /* settles the fields it names */
    KIND_REPACK = 68      /* the case moves to another pack */
};

enum record_source { SOURCE_HERE = 0, SOURCE_LATE_ENTRY = 1, SOURCE_IMPORT = 2 };

enum precision { PRECISION_DAY = 1, PRECISION_MINUTE = 2, PRECISION_SECOND = 3 };

/* The hat an officer acted in. Numbers are the wire's; a name is the staff list's word. */
enum hat {
    HAT_NONE = 0,
    HAT_RECEPTION = 1,
    HAT_SPECIALIST = 2,
    HAT_LEADER = 3,
    HAT_HEAD_OF_ONE_STOP = 4,
    HAT_CLERK = 5,
    HAT_CASHIER = 6,
    HAT_CASE_DECIDER = 7,
    HAT_HUB_OPERATOR = 8,
    HAT_ANALYST = 9,
    HAT_INSPECTOR = 10,
    HAT_IT = 11
};

/* "reception" …; NULL for a number this version does not know. */
const char *hat_name(uint64_t hat);
/* HAT_NONE if |text| is no hat. */
enum hat hat_of_name(struct bytes text);
/* "genesis", "step" …; NULL for an unknown kind. */
const char *record_kind_name(uint64_t kind);

/* A moment as a person states it. |known| false: unknown, the rest is zero. */
struct moment {
    bool known;
    int64_t seconds;      /* since 1970-01-01T00:00Z */
    uint8_t precision;    /* enum precision */
    int16_t zone_minutes; /* east of UTC: 420 for +07:00 */
};

struct record_act {
    bool present;
    struct bytes officer; /* staff code, 1..LIMIT_CODE_BYTES, [a-z0-9-] */
    uint64_t hat;
    struct bytes unit; /* the officer's unit code */
    bool has_officer_key;
    struct public_key officer_key;
};

struct record_seen {
    bool present;
    struct name tree;
    uint64_t size;
    struct hash root;
};

struct record_extension {
    uint64_t type;
    bool critical;
    struct bytes value;
};

struct record_header {
    uint64_t version;
    bool newer;       /* version > RECORD_VERSION: only items 0..6 are set */
    struct name log;  /* none in an opening record */
    uint64_t seq;     /* 1 for the opening record, then without gaps */
    struct hash prev; /* id of the log's previous record; none in an opening record */
    uint64_t kind;
    struct name case_name; /* none in a genesis and in records of no case */
    struct hash commitment;
    uint64_t body_size;
    const struct hash *parents; /* borrowed from the arena */
    size_t parent_count;
    const struct hash *without;
    size_t without_count;
    struct record_act act;
    struct moment happened;
    int64_t recorded_seconds;
    int16_t recorded_zone_minutes;
    uint64_t source;
    struct hash pack; /* genesis and repack: the pack's hash; none else */
    struct record_seen seen;
    const struct record_extension *extensions;
    size_t extension_count;
};

/* A record taken apart. Every |bytes| borrows from the encoded record. */
struct record {
    struct bytes raw; /* the whole, as stored */
    struct bytes header_bytes;
    bool has_officer_signature;
    struct signature officer_signature;
    struct signature device_signature;
    bool has_body;
    struct bytes body; /* encoded body */
    struct record_header header;
    struct hash id;
};

/* The log and case a record belongs to, with the openings' and genesis' own names filled in. */
struct name record_log(const struct record *record);
/* All zero for records of no case. */
struct name record_case(const struct record *record);
bool record_is_of_case(uint64_t kind);   /* GENESIS and every kind >= 64 */
bool record_is_authority(uint64_t kind); /* 16..31 */

/*
 * Gates and decodes an encoded record: canonical form, bounds, the order of parents, the rules an
 * opening and a genesis keep, body size and commitment if the body is there. Computes the id.
 * Checks no signature and no chain. |raw| must outlive |*record|; lists live in |arena|. Errors:
 * MALFORMED, LIMIT, FORGED (the body does not fit the commitment), NO_MEMORY.
 */
CHECK_RESULT enum status record_decode(struct bytes raw, struct arena *arena,
                                       struct record *record);

/* Header bytes of |header| (version 1). Errors: LIMIT, NO_MEMORY, USAGE (a rule of record_decode
 * would refuse it). */
CHECK_RESULT enum status record_header_encode(const struct record_header *header,
                                              struct buffer *out);
/* Decodes header bytes alone. Errors as record_decode. */
CHECK_RESULT enum status record_header_decode(struct bytes header_bytes, struct arena *arena,
                                              struct record_header *header);

/* Assembles the stored form from its parts, e.g. to drop a body or after a frame was unpacked. */
CHECK_RESULT enum status record_assemble(struct bytes header_bytes,
                                         const struct signature *officer_signature,
                                         const struct signature *device_signature,
                                         const struct bytes *body, struct buffer *out);

/*
 * Signs and assembles a new record: fills |header|'s commitment and body size from |body|, encodes,
 * signs with the device key (and the officer's where given, else NULL), appends the stored form to
 * |out|, tells the id. Errors: LIMIT, USAGE, NO_MEMORY.
 */
CHECK_RESULT enum status record_seal(struct record_header *header, struct bytes body,
                                     const struct secret_key *officer_key,
                                     const struct secret_key *device_key, struct buffer *out,
                                     struct hash *id);

/* What a header says of |body|, and the id of a record, over the very bytes that are signed.
 * Source: SPEC.md "Records". */
struct hash record_commitment(struct bytes body);
struct hash record_id(struct bytes header_bytes, const struct signature *officer_signature,
                      const struct signature *device_signature);
/* True iff the device's signature is |key|'s. */
CHECK_RESULT bool record_verify_device(const struct record *record, const struct public_key *key);
/* True iff there is an officer's signature and it is by the key the header names. */
CHECK_RESULT bool record_verify_officer(const struct record *record);

#endif
