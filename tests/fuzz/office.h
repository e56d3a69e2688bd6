/*
 * An office at work for targets that answer commands: made once, with some dossiers of the example
 * register in it, and copied for each input.
 */
#ifndef HOSO_TESTS_FUZZ_OFFICE_H
#define HOSO_TESTS_FUZZ_OFFICE_H

#include "tests/lib/counter.h"

/* The copy must not move; office_leave() it. */
void office_enter(struct site *copy, struct counter *counter);
void office_leave(struct site *copy, struct counter *counter);
/* Every chain and signature of its store is sound. */
bool office_verifies(struct site *copy);

#endif
