/*
 * The district of a simulated world: a hub and some communes, their officers, a small pack with
 * every policy, and the root's key. Drawn from the seed; the same for all nodes.
 */
#ifndef HOSO_TESTS_SIM_DISTRICT_H
#define HOSO_TESTS_SIM_DISTRICT_H

#include "protocol/case/authority/authority.h"
#include "protocol/case/pack/pack.h"

enum { DISTRICT_DESKS = 5, DISTRICT_UNITS = 4, DISTRICT_UNITS_MAX = 224, DISTRICT_CODE_BYTES = 64 };

struct district {
    size_t unit_count; /* unit 0 is the hub's */
    char units[DISTRICT_UNITS_MAX][DISTRICT_CODE_BYTES];
    char officers[DISTRICT_UNITS_MAX][DISTRICT_DESKS][24]; /* "" where the unit has none */
    struct public_key root;
    struct secret_key root_secret;
    struct buffer pack; /* canonical bytes */
};

/* |units| with the hub's, at most DISTRICT_UNITS_MAX. */
void district_init(struct district *district, size_t units, const uint8_t seed[32]);
void district_deinit(struct district *district);

/* Code of unit |unit|, which lives in |district|, and the scope of its cases. */
const char *district_unit(const struct district *district, size_t unit);
struct name district_scope(const struct district *district, size_t unit);
/* All scopes, the authority scope first. Returns how many. */
size_t district_scopes(const struct district *district, struct name scopes[DISTRICT_UNITS_MAX + 1]);

/* An officer of |unit| who wears |hat|; NULL if that unit has none. Lives in |district|. */
const char *district_officer(const struct district *district, size_t unit, enum hat hat);
/* A procedure's code; there are a few, |index| wraps. */
const char *district_procedure(size_t index);

#endif
