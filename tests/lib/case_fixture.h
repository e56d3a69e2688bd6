/*
 * A case built record by record without keys or signatures: what view_compute() looks at is filled
 * in, nothing else. The pack has one field of every policy and the example district's ranks.
 */
#ifndef HOSO_TESTS_LIB_CASE_FIXTURE_H
#define HOSO_TESTS_LIB_CASE_FIXTURE_H

#include "protocol/case/pack/step.h"
#include "protocol/case/view/order.h"
#include "protocol/case/view/view.h"

enum { FIXTURE_RECORDS = 10240, FIXTURE_LIST = 8 };

#define FIXTURE_UNIT "000.15.30.H57"
#define FIXTURE_HUB "000.00.30.H57"

/* A write: |text|, or |number| if text is NULL; |nil|: emptied. |sources| are records, ended by -1.
 */
struct fixture_write {
    const char *field;
    const char *text;
    int64_t number;
    bool nil;
    uint64_t op;
    int sources[FIXTURE_LIST];
    size_t source_count;
};

struct fixture_act {
    uint64_t kind;
    int log; /* its previous record in the case is a parent, unsaid */
    int parents[40];
    size_t parent_count;
    int without[40];
    size_t without_count;
    const char *step;
    struct fixture_write writes[24];
    size_t write_count;
    struct fixture_write shown[FIXTURE_LIST];
    size_t shown_count;
    uint64_t hat;
    const char *officer; /* NULL: "o1"; "": none */
    const char *unit;    /* NULL: FIXTURE_UNIT */
    uint64_t source;
    int64_t seconds; /* 0: counted up */
    const char *reason;
    struct hash pack; /* none: the fixture's */
};

struct fixture {
    struct arena arena;
    struct pack *packs[4];
    size_t pack_count;
    struct record *records;
    struct view_record *inputs;
    size_t count;
    int log_last[64]; /* -1: none */
    struct view view;
};

void fixture_init(struct fixture *fixture);
/* The same with room for |records| only, quick to make. */
void fixture_init_for(struct fixture *fixture, size_t records);
void fixture_deinit(struct fixture *fixture);
/* Another pack, the fixture's own with one field's policy changed. Returns its number. */
size_t fixture_add_pack(struct fixture *fixture, const char *field, enum policy policy);
/* Adds a record; returns its number. */
int fixture_add(struct fixture *fixture, const struct fixture_act *act);
/* Adds a record written on the last view: its citations come from view_cite(). */
int fixture_follow(struct fixture *fixture, struct fixture_act *act);
/* The genesis by reception: ma_tthc, and "v0" as the owner (chu_ho_so). */
int fixture_genesis(struct fixture *fixture);
/* An edit of one text field by |hat|, citing |parent|. */
int fixture_edit(struct fixture *fixture, int log, int parent, uint64_t hat, const char *field,
                 const char *text);
/* A step by |hat| citing |parent|, filling its once-field with |once| unless NULL. */
int fixture_step(struct fixture *fixture, int log, int parent, uint64_t hat, const char *step,
                 const char *once);
/* Erases a record as an order would, its values by labels where the pack marks them personal. */
void fixture_erase(struct fixture *fixture, int record, const struct fixture_write *stand_ins,
                   size_t count, const char *step);
/* Computes the view of all records but those |absent| (ended by -1, may be NULL) into
 * |fixture->view|. */
void fixture_compute(struct fixture *fixture, const int *absent);
/* The find_pack of view_compute(); |context| is the fixture. */
const struct pack *fixture_pack(void *context, const struct hash *hash);
/* Entry of record |record| in the last view. */
const struct view_entry *fixture_entry(const struct fixture *fixture, int record);
/* The text of |field|'s value in the last view; "" if none, "!" in conflict. */
const char *fixture_value(struct fixture *fixture, const char *field);
/* Judges an act on the last view; WHY_NONE: it may be signed. */
enum view_why fixture_judge(struct fixture *fixture, const struct fixture_act *act);
/* Canonical bytes of a write's value. */
struct bytes fixture_value_bytes(struct fixture *fixture, const struct fixture_write *write);

#endif
