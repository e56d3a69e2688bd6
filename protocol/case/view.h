/*
 * The view of a case: a pure function of its records with body states, how authority looks upon
 * each, and the pack its genesis names. Never of arrival, receipts, clocks or configuration. Equal
 * inputs give equal bytes on every node.
 *
 * A write is live iff it is effective and no effective write to that field counts it as an
 * ancestor; several live writes go to the field's policy. Rules F01..F16 and D1..D6 of SPEC.md
 * "Views" (from views.md) hold.
 */
#ifndef HOSO_PROTOCOL_CASE_VIEW_H
#define HOSO_PROTOCOL_CASE_VIEW_H

#include "protocol/case/authority.h"
#include "protocol/case/pack.h"

enum { VIEW_VERSION = 1 };

/* One record of the case as input. */
struct view_record {
    const struct record *record;
    enum standing standing;
    bool erased;                   /* an effective erasure names it: its body is not looked at */
    const struct write *stand_ins; /* what the erasure says instead, per field */
    size_t stand_in_count;
};

enum view_effect {
    EFFECT_EFFECTIVE,
    EFFECT_HELD,   /* an ancestor is missing */
    EFFECT_NONE,   /* by authority: ungranted, revoked, refused */
    EFFECT_UNSOUND /* not competent or not legal over what it counts */
};

/* Per input record, in canonical order (generation, claimed time, id). */
struct view_entry {
    const struct record *record;
    const struct case_body *body; /* NULL: absent, erased or newer */
    uint64_t generation;
    enum view_effect effect;
    const char *why;     /* English reason when not effective; static */
    const char *article; /* the rule or article behind it, or NULL; static */
    bool aside;          /* a late write put aside by a settlement (F04) */
};

struct view_version {
    size_t entry;             /* index of the record that wrote it */
    struct bytes value_bytes; /* canonical value; equal values are one version */
    bool erased;
    bool proposal; /* authority: stands beside, from below */
};

struct view_field {
    const struct pack_field *field;
    struct bytes key;
    bool conflict;
    struct bytes value_bytes;    /* agreed value; empty when in conflict or never written */
    struct bytes standing_bytes; /* what is printed with a mark while in conflict (D2) */
    const struct view_version
        *versions; /* live ones in canonical order; for append and set: the items */
    size_t version_count;
    uint8_t rank; /* of the settlement that stays with the field; 0 none */
};

enum view_load {
    VIEW_LOADED,
    VIEW_NOT_LOADED /* genesis, a body or the pack is absent */,
    VIEW_NEWER
};

struct view {
    enum view_load load;
    struct name case_name;
    const struct pack *pack;
    struct bytes unit;  /* the case's unit: its genesis' */
    struct name hash16; /* over all inputs and the outcome; equal inputs, equal hash */
    const struct view_entry *entries;
    size_t entry_count;
    const struct view_field *fields; /* in the pack's order; only those ever written */
    size_t field_count;
    uint64_t state; /* 1..10; 0 when in conflict or unknown */
    uint64_t standing_state;
    size_t conflict_count;
    size_t held_count;
    const struct hash *heads; /* what a new record must cite as parents, ascending */
    size_t head_count;
    const struct hash *without; /* and name as not counted (F01) */
    size_t without_count;
};

/*
 * Computes the view of one case from its records in any order.
 * |find_pack| finds a decoded pack by hash, NULL if absent (context is passed through).
 * Everything in |*view| lives in |arena| or borrows from the records and packs.
 * Errors: NO_MEMORY, LIMIT (more than LIMIT_CASE_RECORDS).
 */
CHECK_RESULT enum status view_compute(const struct view_record *records, size_t count,
                                      const struct pack *(*find_pack)(void *context,
                                                                      const struct hash *hash),
                                      void *context, struct arena *arena, struct view *view);

const struct view_field *view_field_of(const struct view *view, struct bytes key);

/* An act about to be written on top of |view|: what the officer's screen must be told before it is
 * signed. */
struct view_draft {
    uint64_t kind; /* STEP, EDIT, RESOLUTION, REPACK */
    const struct case_body *body;
    uint64_t hat;
    struct bytes officer;
    struct bytes officer_unit;
    uint64_t source;
};

/*
 * Whether the act would be sound over |view|: the same judgement view_compute() passes on the
 * record later. Errors: REFUSED with |*why| and |*article| set (static strings); OK.
 */
CHECK_RESULT enum status view_judge(const struct view *view, const struct view_draft *draft,
                                    const char **why, const char **article);

/* The step that leads from |from| to state |to| for import, e.g. "decide"; see the table in step.h.
 */

/* Names the prints and steps a conflict in |field| blocks (D1), as static strings; returns how
 * many. */
size_t view_blocks(const struct view *view, const struct view_field *field, const char **steps,
                   size_t most);

#endif
