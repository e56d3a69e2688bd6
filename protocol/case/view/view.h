/*
 * The view of a case: a pure function of its records with body states, how authority looks upon
 * each, and the packs its genesis and repacks name. Never of arrival, receipts, clocks or
 * configuration. Equal inputs give equal bytes on every node.
 *
 * A write is live iff it is effective and no effective write to that field counts it as an
 * ancestor; several live writes go to the field's policy. Rules F01..F16 and D1..D6 of SPEC.md
 * "Views" hold.
 *
 * Files: casefile.c the records put in order · ancestry.c who counts whom · effect.c which records
 * are sound and effective · fieldset.c, fold.c the live writes of a field and what their policy
 * makes of them · settlement.c decisions · judge.c the rules on one act · cite.c what the next
 * record cites · view.c the outcome and its hash · why.c the reasons.
 */
#ifndef HOSO_PROTOCOL_CASE_VIEW_VIEW_H
#define HOSO_PROTOCOL_CASE_VIEW_VIEW_H

#include "protocol/case/authority/authority.h"
#include "protocol/case/pack/pack.h"
#include "protocol/case/view/why.h"

enum { VIEW_VERSION = 1 };

/* The key of the pseudo-field that stands for the case's pack; in |fields| only while two repacks
 * are in conflict (then |field| is NULL). */
#define VIEW_PACK_KEY "#pack"

/* One record of the case as input. */
struct view_record {
    const struct record *record;
    /* The record before this one in its log (as stored: a branch goes on from the common part) that
     * is of the same case; NULL: none. It is a parent, unsaid. */
    const struct hash *implicit_parent;
    enum standing standing;
    bool erased;                   /* an effective erasure names it: its body is not looked at */
    const struct write *stand_ins; /* what the erasure says instead: authority_erasure() */
    size_t stand_in_count;
};

enum view_effect {
    EFFECT_EFFECTIVE,
    EFFECT_HELD,   /* an ancestor is missing */
    EFFECT_NONE,   /* by authority: ungranted, revoked, refused; or of a newer version */
    EFFECT_UNSOUND /* not competent or not legal over what it counts */
};

/* Per input record, in canonical order (generation, claimed time, id). */
struct view_entry {
    const struct record *record;
    const struct case_body *body; /* NULL: absent, erased, newer or unreadable */
    uint64_t generation;
    enum view_effect effect;
    const char *why;     /* English reason when not effective; static. view_why_of() has its code */
    const char *article; /* the rule or article behind it, or NULL; static */
    bool aside;          /* a late write put aside by a settlement (F04) */
};

struct view_version {
    size_t entry;             /* index of the record that wrote it: the first of equal ones */
    struct bytes value_bytes; /* canonical value; equal values are one version */
    bool erased;              /* a label stands in for it */
    bool proposal;            /* authority: stands beside, from below */
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
    VIEW_NOT_LOADED, /* genesis, a body or the pack is absent: entries are given, no fields */
    VIEW_NEWER       /* a record needs a newer program: what the others say is given */
};

struct view {
    enum view_load load;
    struct name case_name;
    const struct pack *pack; /* the one that holds now; NULL if not loaded */
    struct bytes unit;       /* the case's unit: its genesis' */
    struct name hash16;      /* over all inputs and the outcome; equal inputs, equal hash */
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
    const struct hash *without; /* and name as not counted (F01), ascending */
    size_t without_count;
    struct casefile *inside; /* view.c's; NULL if not loaded */
};

/*
 * Computes the view of one case from its records in any order.
 * |find_pack| finds a decoded pack by hash, NULL if absent (context is passed through).
 * Everything in |*view| lives in |arena| or borrows from the records and packs, which must outlive
 * it. Errors: NO_MEMORY, LIMIT (more than LIMIT_CASE_RECORDS records and missing parents together),
 * USAGE (a record twice, none at all, or records of two cases).
 */
CHECK_RESULT enum status view_compute(const struct view_record *records, size_t count,
                                      const struct pack *(*find_pack)(void *context,
                                                                      const struct hash *hash),
                                      void *context, struct arena *arena, struct view *view);

/* NULL if it was never written. */
const struct view_field *view_field_of(const struct view *view, struct bytes key);

/* What a new record has to cite. */
struct view_cites {
    const struct hash *parents; /* ascending; without |own_previous|, which is one unsaid */
    size_t parent_count;
    const struct hash *without; /* ascending */
    size_t without_count;
};

/*
 * What a record cites whose log's previous record of this case is |own_previous| (NULL: none): the
 * heads of what has effect, what would else lie behind a cut, and as |without| the ancestors that
 * have none (F01). |view->heads| and |view->without| are this for NULL. More than LIMIT_PARENTS
 * parents are given whole: the writer joins them first, by edits without writes that cite up to
 * LIMIT_PARENTS each. Lists live in |arena|. Errors: NO_MEMORY, USAGE (a view not loaded), LIMIT
 * (more than LIMIT_WITHOUT would have to be named).
 */
CHECK_RESULT enum status view_cite(const struct view *view, const struct hash *own_previous,
                                   struct arena *arena, struct view_cites *cites);

/* An act about to be written on top of |view|: what the officer's screen must be told before it is
 * signed. */
struct view_draft {
    uint64_t kind; /* STEP, EDIT, RESOLUTION, REPACK */
    const struct case_body *body;
    uint64_t hat;
    struct bytes officer; /* empty: an act of the node itself, in no hat */
    struct bytes officer_unit;
    uint64_t source;
    struct hash pack; /* REPACK: the new one's */
};

/*
 * Whether the act would be sound over |view|: the same judgement view_compute() passes on the
 * record later, and the writer's own duties: nothing over a case that is not loaded, only notes on
 * one that needs a newer program, nothing that an erased value leaves uncertain (D1).
 * Not for two threads at once on one view: it works in the view's own room.
 * Errors: REFUSED with |*why| and |*article| set (static strings; view_why_of() gives the code);
 * NO_MEMORY; OK.
 */
CHECK_RESULT enum status view_judge(const struct view *view, const struct view_draft *draft,
                                    const char **why, const char **article);

/* Names the steps a conflict in |field| blocks (D1), as static strings; returns how many there are,
 * of which at most |most| are written. "print" stands for every print that shows the field. */
size_t view_blocks(const struct view *view, const struct view_field *field, const char **steps,
                   size_t most);

#endif
