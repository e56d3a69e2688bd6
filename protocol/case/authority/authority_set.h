/*
 * Inside of an authority set: shared by authority.c and authority_add.c (what is in it),
 * standing.c and authority_query.c (what it means), and nobody else.
 *
 * Rows live in lists that grow by doubling, their texts in one arena; rows are linked into chains
 * by number, and found by the first eight bytes of a name. Nothing is ever taken out.
 */
#ifndef HOSO_PROTOCOL_CASE_AUTHORITY_AUTHORITY_SET_H
#define HOSO_PROTOCOL_CASE_AUTHORITY_AUTHORITY_SET_H

#include "protocol/case/authority/authority.h"
#include "protocol/case/view/order.h"

enum {
    GRANT_LEVEL_MOST = 16, /* grants between the root and a key; a longer chain does not reach */
    GRANT_ABOVE_MOST = 64  /* grants above one; with more, the root alone commands it */
};

#define NO_ROW UINT32_MAX

struct list {
    void *at;
    size_t row_size;
    size_t count;
    size_t capacity;
};

struct prefix_slot {
    uint64_t prefix;
    uint32_t head; /* NO_ROW: free */
};

/* First eight bytes of a name → the newest row of its chain. Open addressing. */
struct prefix_index {
    struct prefix_slot *slots;
    size_t count;
    size_t capacity; /* a power of two */
};

/* Who wrote an authority record, and where it stands. */
struct author {
    struct public_key key;
    struct position at;
};

struct seen_row {
    struct hash id;
    uint32_t next;
};

struct opening_row {
    struct hash id;
};

struct grant_row {
    struct grant grant; /* |granter| is the author's key */
    struct position at;
    uint32_t next_of_key;
    uint32_t next_of_granter;
    uint32_t next_of_id;
    uint32_t revocations; /* chain */
    uint8_t level;        /* grants from the root down to this one; 0: the chain does not reach */
    bool sound;           /* its own record stands: some grant above covers it */
    bool revoked;         /* an effective revocation names it */
};

struct revocation_row {
    struct author author;
    struct revocation revocation;
    uint32_t next_of_grant;    /* in the chain of the grant, once that is held */
    uint32_t next_of_grant_id; /* in the index by the grant's id */
    bool effective;
};

enum range_act { RANGE_REFUSED, RANGE_RELEASED_HELD, RANGE_RELEASED_CUT };

struct range_row {
    struct author author;
    struct record_range range;
    enum range_act act;
    uint32_t next_of_log;
};

struct pack_row {
    struct author author;
    uint64_t generation;
    struct hash hash;
    struct bytes canonical;
};

struct rules_row {
    struct author author;
    uint64_t rules;
};

struct erasure_row {
    struct author author;
    struct erasure_item item;
    uint32_t next_of_record;
};

struct authority {
    struct arena arena;
    struct public_key root;
    struct name scope;
    struct list seen, openings, grants, revocations, ranges, packs, rules, erasures;
    struct prefix_index seen_by_id;
    struct prefix_index openings_by_log;
    struct prefix_index grants_by_key;
    struct prefix_index grants_by_granter;
    struct prefix_index grants_by_id;
    struct prefix_index revocations_by_grant;
    struct prefix_index ranges_by_log;
    struct prefix_index erasures_by_record;
};

/* Zeroed room for one more row, already counted; NULL: out of memory. */
void *list_push(struct list *list);
void list_free(struct list *list);
/* The newest row of the chain whose names begin as |name| (16 bytes or more), or NO_ROW. Rows of
 * one chain may differ beyond eight bytes: compare the whole. */
uint32_t prefix_index_find(const struct prefix_index *index, const uint8_t *name);
/* Makes |row| the newest of its chain; |*next| becomes the one before. False: out of memory. */
bool prefix_index_put(struct prefix_index *index, const uint8_t *name, uint32_t row,
                      uint32_t *next);

/* Rows by number, valid until the next add. */
static inline struct grant_row *grant_row(const struct authority *authority, uint32_t row)
{
    return (struct grant_row *)authority->grants.at + row;
}

static inline struct revocation_row *revocation_row(const struct authority *authority, uint32_t row)
{
    return (struct revocation_row *)authority->revocations.at + row;
}

static inline struct range_row *range_row(const struct authority *authority, uint32_t row)
{
    return (struct range_row *)authority->ranges.at + row;
}

static inline struct pack_row *pack_row(const struct authority *authority, uint32_t row)
{
    return (struct pack_row *)authority->packs.at + row;
}

static inline struct erasure_row *erasure_row(const struct authority *authority, uint32_t row)
{
    return (struct erasure_row *)authority->erasures.at + row;
}

/* Brings levels and flags up to date after the grant at |row| was added. False: out of memory. */
bool judge_new_grant(struct authority *authority, uint32_t row);
/* … after anything else was added. */
void judge_all(struct authority *authority);
/* True iff the grant at |row| covers |scope|. */
bool grant_covers(const struct authority *authority, const struct grant *grant,
                  const struct name *scope);
/* True iff what the grant at |row|'s key wrote at |at| stands by that grant. */
bool grant_carries(const struct authority *authority, const struct grant_row *row,
                   const struct position *at);
/* True iff |parent| may give what |child| gives: it may grant and holds as much. */
bool grant_contains(const struct grant *parent, const struct grant *child);
/* True iff |author| commands |row|: the root, or a key above it in its chain whose record stands.
 */
bool author_commands(const struct authority *authority, const struct grant_row *row,
                     const struct author *author);
bool range_holds(const struct record_range *range, const struct position *at);
/* True iff |author|'s record stands by a grant of at most |role_most| that covers |scope|; with
 * |may_grant|, one that may grant. */
bool author_stands(const struct authority *authority, const struct author *author,
                   const struct name *scope, uint64_t role_most, bool may_grant);

#endif
