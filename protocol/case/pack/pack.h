/*
 * A procedure pack: everything law or province may change, as data. Named by the hash of its
 * canonical bytes (BLAKE2b-256 "hoso/pack/1"); travels as an authority record; a case keeps the one
 * its genesis names.
 *
 * The canonical form is one array (SPEC.md "Packs"); every text borrows from the bytes given to
 * pack_decode().
 */
#ifndef HOSO_PROTOCOL_CASE_PACK_PACK_H
#define HOSO_PROTOCOL_CASE_PACK_PACK_H

#include "protocol/record/body.h"

enum field_type {
    FIELD_TEXT,
    FIELD_NAME,
    FIELD_TIME,
    FIELD_OFFICER,
    FIELD_CODE,
    FIELD_IDENTITY_NUMBER,
    FIELD_PHONE,
    FIELD_CHANNEL,
    FIELD_COUNT,
    FIELD_VND,
    FIELD_LIST,
    FIELD_STATE,
    FIELD_OUTCOME,
    FIELD_PROCEDURE
};

enum policy {
    POLICY_APPEND,
    POLICY_SET,
    POLICY_MONOTONE,
    POLICY_LATEST,
    POLICY_AUTHORITY,
    POLICY_EXCLUSIVE,
    POLICY_HUMAN
};

struct pack_field {
    struct bytes key;
    struct bytes label;
    enum field_type type;
    enum policy policy;
    bool impersonal; /* an erasure's stand-in may keep the value (state, step, number, due date) */
    uint32_t settler_hats; /* bit per enum hat: may settle this field */
    uint32_t writer_hats;  /* bit per enum hat: may write it plainly; all ones = any with a rank */
};

struct pack_procedure {
    struct bytes code;
    struct bytes name;
    struct bytes domain;
    struct bytes start_policy; /* "S" "D" "H" "C" */
    uint64_t term;
    struct bytes supplement_policy; /* "R" "P" */
    uint64_t fee_vnd;
    struct bytes fee_rule; /* "fixed" "per_page" */
    struct bytes book;
};

struct pack_unit {
    struct bytes code;
    struct bytes name;
    struct bytes level; /* "hub" "office" */
    struct bytes above; /* code or empty */
};

struct pack_officer {
    struct bytes code;
    struct bytes name;
    struct bytes unit;
    struct bytes title;
    uint32_t hats;     /* bit per enum hat */
    uint8_t first_hat; /* the first listed */
    struct bytes identity_number;
};

struct pack_label {
    struct bytes key; /* "1" or "HT" */
    struct bytes label;
};

struct pack_over { /* a step stands over concurrent states */
    struct bytes step;
    uint32_t states; /* bit per state number */
};

struct pack_day {     /* calendar: a day off, a working Saturday, or a covered range */
    int64_t day;      /* days since 1970-01-01 */
    int64_t last_day; /* of a range; else equal to |day| */
    uint8_t kind;     /* 0 off, 1 working, 2 range */
    struct bytes reason;
};

struct pack {
    struct hash hash;
    struct bytes version;
    struct bytes district; /* label of the example district or the hub's own; "mẫu" flag below */
    bool example;          /* the built-in example district */
    int16_t zone_minutes;
    const struct pack_field *fields;
    size_t field_count;
    const struct pack_procedure *procedures;
    size_t procedure_count;
    const struct pack_unit *units;
    size_t unit_count;
    const struct pack_officer *officers;
    size_t officer_count;
    const struct pack_label *domains;
    size_t domain_count;
    const struct pack_label *states;
    size_t state_count;
    const struct pack_label *channels;
    size_t channel_count;
    const struct pack_over *overs;
    size_t over_count;
    const struct pack_day *days;
    size_t day_count;
    uint8_t ranks[16];         /* by enum hat; 0 = none */
    uint32_t reach_below_hats; /* hats that also act in every unit below their own */
};

/* The name of the pack whose canonical bytes these are; nothing is checked. */
struct hash pack_hash(struct bytes canonical);
/* Decodes canonical bytes. Errors: MALFORMED, LIMIT, NO_MEMORY. */
CHECK_RESULT enum status pack_decode(struct bytes canonical, struct arena *arena,
                                     struct pack *pack);
/*
 * Appends |pack| canonically (its hash is not looked at). Procedures, units, officers and days are
 * written in ascending order whatever order they are given in; fields, labels and overs keep
 * theirs. Errors: LIMIT (|out|'s, or a bound of the format: a text too long, too many rows),
 * NO_MEMORY, USAGE (what else pack_decode would refuse: a key twice …). |out| is then to be thrown
 * away.
 */
CHECK_RESULT enum status pack_encode(const struct pack *pack, struct buffer *out);

/* NULL if there is none. Procedures, units and officers are found only in a decoded pack, whose
 * rows ascend. */
const struct pack_field *pack_field_of(const struct pack *pack, struct bytes key);
const struct pack_procedure *pack_procedure_of(const struct pack *pack, struct bytes code);
const struct pack_unit *pack_unit_of(const struct pack *pack, struct bytes code);
const struct pack_officer *pack_officer_of(const struct pack *pack, struct bytes code);
/* The label or the key itself. */
struct bytes pack_label_of(const struct pack_label *labels, size_t count, struct bytes key);
/* True iff |hat| worn by an officer of |officer_unit| acts in |unit|: its own, or, for a hat of
 * |reach_below_hats|, one below its own. */
bool pack_reaches(const struct pack *pack, uint64_t hat, struct bytes officer_unit,
                  struct bytes unit);
/* Rank of |hat| for acts in |unit| by an officer of |officer_unit|: 0 if the hat does not reach
 * that unit. */
uint8_t pack_rank(const struct pack *pack, uint64_t hat, struct bytes officer_unit,
                  struct bytes unit);

/* The word the pack's files use ("monotone", "identity_number"). Never NULL. */
const char *policy_name(enum policy policy);
const char *field_type_name(enum field_type type);
/* False if |text| names none. */
bool policy_of_name(struct bytes text, enum policy *policy);
bool field_type_of_name(struct bytes text, enum field_type *type);

#endif
