/*
 * Random cases, and their comparison with what protocol/case makes of them.
 */
#ifndef HOSO_TESTS_ORACLE_GENERATE_H
#define HOSO_TESTS_ORACLE_GENERATE_H

#include "tests/lib/random.h"
#include "tests/oracle/oracle.h"

/* What a case has more of than others. */
enum lean { LEAN_NONE, LEAN_STEPS, LEAN_REPACKS, LEANS };

struct generated {
    struct fixture fixture;
    struct oracle_case of;
    const char *focus; /* the field most writes are of */
    enum lean lean;
    bool honest; /* every record cites what view_cite() says of what its writer had */
};

/* The case of |seed| with at most |most| records beside the genesis. A smaller |most| gives the
 * beginning of the same case. */
void generate_case(struct generated *generated, uint64_t seed, size_t most);
void generated_free(struct generated *generated);
/* One random act of a new log, not yet written. */
void generate_act(struct random *random, struct generated *generated, struct fixture_act *act);
/* Adds an act to both sides. */
int generated_add(struct generated *generated, const struct fixture_act *act,
                  enum standing standing);
void generated_compute(struct generated *generated, record_set without);
/* NULL, or what differs between the last view and the oracle's. */
const char *compare_views(struct generated *generated, const struct oracle_view *expected);
/* NULL, or what is wrong with what the next record would cite. */
const char *compare_cites(struct generated *generated, const struct oracle_view *expected);
/* Prints the case for a person. */
void print_case(const struct generated *generated);

#endif
