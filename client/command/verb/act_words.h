/*
 * What a record does, in a clerk's words: the steps of a dossier and the kinds of record. Programs
 * read the names of protocol/case/pack/step.h and record_kind_name() instead.
 */
#ifndef HOSO_CLIENT_COMMAND_VERB_ACT_WORDS_H
#define HOSO_CLIENT_COMMAND_VERB_ACT_WORDS_H

#include "client/command/call.h"

/* A step by its name: "sign the result", or {NULL, NULL} for one this version does not know. */
struct words act_words_of_step(struct bytes step);
/* The step |body| names, else what |kind| says: "change", "decision on a conflict". */
struct words act_words(uint64_t kind, const struct case_body *body);

#endif
