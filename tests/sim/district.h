/*
 * The district of a simulated world: a hub and some communes, their officers, a small pack with
 * every policy, and the root's key. Drawn from the seed; the same for all nodes.
 */
#ifndef HOSO_TESTS_SIM_DISTRICT_H
#define HOSO_TESTS_SIM_DISTRICT_H

#include "protocol/case/authority/authority.h"
#include "protocol/case/pack/pack.h"

enum { DISTRICT_UNITS = 4 }; /* unit 0 is the hub's */

struct district {
    struct public_key root;
    struct secret_key root_secret;
    struct buffer pack; /* canonical bytes */
};

void district_init(struct district *district, const uint8_t seed[32]);
void district_deinit(struct district *district);

/* Code of unit |unit|, and the scope of its cases. Static texts. */
const char *district_unit(size_t unit);
struct name district_scope(size_t unit);
/* All scopes, the authority scope first. Returns how many. */
size_t district_scopes(const struct district *district, struct name scopes[DISTRICT_UNITS + 1]);

/* An officer of |unit| who wears |hat|; NULL if that unit has none. Static text. */
const char *district_officer(size_t unit, enum hat hat);
/* A procedure's code; there are a few, |index| wraps. */
const char *district_procedure(size_t index);

#endif
