/*
 * Inside of a view: the records of one case as vertices in canonical order, what each writes as
 * items in order of field, and sets of vertices as bits. Shared by the files view.h lists, by
 * nobody else.
 *
 * Vertices that stand for missing parents come first, so their bits do too. A vertex comes after
 * all it cites: everything is computed in one pass upwards.
 */
#ifndef HOSO_PROTOCOL_CASE_VIEW_CASEFILE_H
#define HOSO_PROTOCOL_CASE_VIEW_CASEFILE_H

#include "protocol/case/pack/step.h"
#include "protocol/case/view/order.h"
#include "protocol/case/view/view.h"

enum {
    CASE_PACKS_MOST = 16,    /* packs one case may name in its life */
    CASE_COMPARED_STEPS = 64 /* with more live steps none stands over another (F07) */
};

#define NO_VERTEX UINT32_MAX
#define CASE_FIELD_NONE UINT32_MAX

/* What the last fold made of a live item. */
enum item_mark {
    MARK_LEFT,     /* counts */
    MARK_ASIDE,    /* its value was weighed and decided against (F04) */
    MARK_UNDER,    /* another step stands over it (F07) */
    MARK_PROPOSAL, /* authority: of a lower rank (F06) */
    MARK_EARLIER   /* latest: of an earlier claimed time */
};

/* What an act finds of one field at its base. */
struct finding {
    bool sure;      /* in conflict, whatever erased values were */
    bool possible;  /* in conflict, unless erased values were equal */
    bool filled;    /* some value that counts is not nil */
    bool over_live; /* a value that is live was written by no book entry */
    bool again;     /* F09 */
    bool other;     /* F10: a shown value is surely not the value here */
    bool chosen;    /* the item's value is among those weighed here, or may be */
    uint8_t rank;   /* of the settlement that stays with the field */
    uint8_t top;    /* the highest rank among what counts */
};

/* A field one vertex writes: said by its body, derived from its step, or shown by it. */
struct item {
    uint32_t vertex;
    uint32_t field;           /* number in the casefile */
    uint32_t value;           /* equal values of a field have one number */
    struct bytes value_bytes; /* canonical */
    uint64_t op;              /* enum write_op */
    const struct hash *sources;
    size_t source_count;
    bool derived; /* a state, from the step */
    bool shown;   /* F10: settles what it showed */
    bool erased;  /* the value is a label */
    /* by judgement */
    bool settles; /* resolution, shown, or anything over a settled field */
    bool decides; /* resolution, or a plain write over a settled field */
    enum policy policy;
    uint8_t rank;         /* of its writer */
    uint8_t settled_rank; /* stays with the field */
    uint64_t *weighed;    /* bits of values; NULL: none */
    enum item_mark mark;
    struct finding base;
};

struct vertex {
    const struct view_record *in; /* NULL: a missing parent, or a draft */
    const struct hash *id;
    uint64_t generation;
    uint64_t kind;
    bool newer, unreadable, bodiless, unknown_field;
    bool book;    /* import or late entry */
    bool lenient; /* released as held: its base is not asked */
    bool erased;
    bool step_named;
    bool has_reason;
    bool has_act;
    uint64_t hat;
    struct bytes officer;
    struct bytes officer_unit;
    struct hash pack_hash; /* genesis, repack */
    const struct case_body *body;
    const struct step *step;
    const uint32_t *parents; /* but for those it names as not counted */
    size_t parent_count;
    const uint32_t *without;
    size_t without_count;
    struct item **items;
    size_t item_count;
    /* by judgement */
    const struct pack *pack; /* at its base */
    uint8_t rank;
    bool aside;
    enum view_effect effect;
    enum view_why why;
    const char *article;
};

struct field_items {
    struct bytes key;
    bool is_state, is_pack;
    bool ranked, listed; /* some pack of the case says authority; append or set */
    struct item *items;  /* by vertex */
    size_t count;
    uint32_t value_count;
    uint64_t *writers; /* bits of vertices */
    uint8_t top_rank;  /* of the items judged so far */
};

struct casefile {
    struct arena *arena;
    const struct pack *(*find_pack)(void *context, const struct hash *hash);
    void *find_context;
    struct vertex *vertices; /* missing ones, then records in canonical order */
    size_t missing_count;
    size_t count; /* of all vertices */
    size_t words; /* of a set of vertices */
    const uint32_t *by_id;
    uint32_t genesis; /* or NO_VERTEX */
    struct bytes unit;
    const struct pack *packs[CASE_PACKS_MOST];
    size_t pack_count;
    bool pack_absent;
    bool any_newer, any_bodiless;
    struct field_items *fields;
    size_t field_count;
    uint32_t state_field; /* or CASE_FIELD_NONE */
    uint32_t pack_field;  /* only if there are repacks */
    uint64_t *counted;    /* a set of vertices each */
    uint64_t *sound;
    uint64_t *effective;
    uint8_t ranks[256]; /* distinct ranks ascending, and the slot of each */
    uint8_t slot_of_rank[256];
    size_t rank_count;
    /* room to work in */
    uint64_t *base;     /* X of the act being judged */
    uint64_t *covered;  /* a set for each rank, and one for lists */
    uint64_t *reach;    /* ancestry */
    uint64_t *common;   /* standing values */
    struct item **live; /* of the last fold */
    uint64_t *values;   /* a set of values */
};

/* Sets of vertices: 64 bits a word. */
static inline bool bit_test(const uint64_t *set, size_t bit)
{
    return (set[bit / 64] >> (bit % 64) & 1) != 0;
}

static inline void bit_set(uint64_t *set, size_t bit)
{
    set[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static inline void bits_or(uint64_t *to, const uint64_t *from, size_t words)
{
    for (size_t i = 0; i < words; i++)
        to[i] |= from[i];
}

/* The set of what |vertex| counts. */
static inline uint64_t *counted_by(const struct casefile *casefile, uint32_t vertex)
{
    return casefile->counted + (size_t)vertex * casefile->words;
}

/* Whether a field of that policy is a list of items. */
static inline bool is_list(enum policy policy)
{
    return policy == POLICY_APPEND || policy == POLICY_SET;
}

static inline size_t words_of(size_t bits)
{
    return (bits + 63) / 64;
}

/* casefile.c: vertices in canonical order, with what they cite. Errors as view_compute(). */
CHECK_RESULT enum status casefile_order(struct casefile *casefile,
                                        const struct view_record *records, size_t count);
/* The vertex of |id|, or NO_VERTEX. */
uint32_t casefile_find(const struct casefile *casefile, const struct hash *id);

/* ancestry.c */
CHECK_RESULT enum status ancestry_count(struct casefile *casefile);
/* Adds to |out| what a record counts that cites |parents| and names |without| (bits). */
void ancestry_reach(const struct casefile *casefile, const uint32_t *parents, size_t count,
                    const uint64_t *without, uint64_t *out);

/* fieldset.c: bodies, packs, items. Sets |pack_absent| and |any_bodiless| where it must stop. */
CHECK_RESULT enum status fieldset_build(struct casefile *casefile);
/* The items of an act that is no record yet; |vertex->body| is its body. */
CHECK_RESULT enum status fieldset_draft(struct casefile *casefile, struct vertex *vertex);
uint32_t fieldset_find(const struct casefile *casefile, struct bytes key);

/* fold.c */
struct fold {
    struct item **live; /* ascending by vertex, marked; valid until the next fold */
    size_t live_count;
    enum policy policy;
    size_t left_count;
    struct item *value;  /* of those left: the first, or the latest; NULL: never written */
    bool sure, possible; /* in conflict */
    uint8_t settled_rank;
};
/* The live writes of |field| among |among| (bits) and what their policy makes of them. Not for
 * lists. */
void fold_field(struct casefile *casefile, uint32_t field, const uint64_t *among,
                struct fold *fold);
/* The pack that holds among |among|. */
const struct pack *fold_pack(struct casefile *casefile, const uint64_t *among);
/* D2: the value shown while in conflict; NULL: none. */
const struct item *fold_standing(struct casefile *casefile, uint32_t field, const uint64_t *among);
/* What |pack| says of |field|; NULL where it is silent. */
const struct pack_field *fold_known(const struct casefile *casefile, uint32_t field,
                                    const struct pack *pack);
/* Its policy in |pack|; human where the pack is silent. */
enum policy fold_policy(const struct casefile *casefile, uint32_t field, const struct pack *pack);

/* settlement.c: fills |item->base| from the fold at |among|, and what the item settles. */
CHECK_RESULT enum status settlement_prepare(struct casefile *casefile, struct vertex *vertex,
                                            const uint64_t *among);

/* judge.c: the rules on one act over |among|; |strict|: the writer's own duties too. WHY_NONE: it
 * is sound. |vertex->items| are prepared. */
enum view_why judge_vertex(struct casefile *casefile, struct vertex *vertex, const uint64_t *among,
                           bool strict);

/* effect.c */
CHECK_RESULT enum status effect_judge_all(struct casefile *casefile);

/* cite.c */
CHECK_RESULT enum status cite_compute(struct casefile *casefile, const struct hash *own_previous,
                                      struct arena *arena, struct view_cites *cites);

/* outcome.c: fields with their versions. */
CHECK_RESULT enum status outcome_fields(struct casefile *casefile, struct view *view);

/* digest.c */
CHECK_RESULT enum status digest_view(const struct casefile *casefile, struct view *view);

#endif
