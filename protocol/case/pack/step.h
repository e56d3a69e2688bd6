/*
 * The steps of a dossier: the one table of who (hat) may do what in which state, with the article
 * behind each. Source: the national portal's states, Decree 61/2018; SPEC.md "Steps".
 *
 * The state of a case is never written: it follows from the step a body names. A genesis is the
 * step "receive" (its body may leave the name out) or "submit". A step that leads to the state it
 * starts from ("propose") writes no state.
 */
#ifndef HOSO_PROTOCOL_CASE_PACK_STEP_H
#define HOSO_PROTOCOL_CASE_PACK_STEP_H

#include "protocol/record/record.h"

enum dossier_state {
    STATE_NONE = 0, /* before the genesis */
    STATE_SUBMITTED = 1,
    STATE_ACCEPTED = 2,
    STATE_NOT_ACCEPTED = 3,
    STATE_IN_WORK = 4,
    STATE_SUPPLEMENT = 5,
    STATE_FEE = 6,
    STATE_WITHDRAWN = 7,
    STATE_STOPPED = 8,
    STATE_DECIDED = 9,
    STATE_HANDED_OVER = 10
};

struct step {
    const char *name; /* "assign" … stands in the body */
    uint32_t from;    /* bit per state */
    uint32_t hats;    /* bit per enum hat that may take it here */
    uint64_t to;
    /* A human field it fills and that must be empty at its base; NULL: none. A book entry may leave
     * it unwritten. */
    const char *once_field;
    const char *article; /* "NĐ 61/2018 Điều 19.1" */
    const char *needs;   /* it waits for this field if that is in conflict (D1); NULL: none */
    bool needs_values;   /* it waits for every human or exclusive field in conflict (D1) */
};

/* NULL if there is no step of that name. */
const struct step *step_of(struct bytes name);
/* The step a genesis takes whose body names |name|: "receive" if empty; NULL if it is none that
 * opens a case. */
const struct step *step_of_genesis(struct bytes name);
/* All steps in order; |index| from 0, NULL past the end. */
const struct step *step_at(size_t index);
/* True for the steps a genesis takes. */
bool step_opens(const struct step *step);
/* True iff it leads to another state, that is: it writes the state. */
bool step_moves(const struct step *step);

#endif
