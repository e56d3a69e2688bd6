/*
 * The acts and beginnings that tests of views are made of.
 */
#ifndef HOSO_TESTS_LIB_CASE_ACTS_H
#define HOSO_TESTS_LIB_CASE_ACTS_H

#include "tests/lib/case_fixture.h"

/* One text field, set by an edit. |officer| NULL: "o1". */
struct fixture_act edit_act(int log, uint64_t hat, const char *officer, const char *field,
                            const char *text);
struct fixture_act step_act(int log, uint64_t hat, const char *step);
/* The leader |officer| decides: "dong_y". */
struct fixture_act decide_act(int log, const char *officer);
/* One field, settled with a reason. */
struct fixture_act settle_act(int log, uint64_t hat, const char *officer, const char *field,
                              const char *text);
struct fixture_act settle_state(int log, uint64_t hat, const char *officer, int64_t state);
/* |act| with |a| and, unless negative, |b| as its parents. */
struct fixture_act citing(struct fixture_act act, int a, int b);

/* A genesis and its assignment: state 4. Returns the assignment. */
int fixture_in_work(struct fixture *fixture);
/* The owner is x in log 1, y in log 2, on one base. */
void fixture_owners_in_conflict(struct fixture *fixture, int base, int *a, int *b);

#endif
