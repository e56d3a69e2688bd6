/*
 * An act being put together from what was asked: the writes of `receive`, `set` and `resolve`,
 * each value read by its field's type, each refusal naming the field.
 */
#ifndef HOSO_CLIENT_COMMAND_VERB_DRAFT_H
#define HOSO_CLIENT_COMMAND_VERB_DRAFT_H

#include "client/command/call.h"

struct draft {
    struct call *call;
    const struct pack *pack;
    struct act act;                        /* |writes| points to |writes| below */
    struct act_write writes[LIMIT_WRITES]; /* values in the call's arena */
    bool any_policy;                       /* else only human, latest, append and set */
};

/* Starts an act of |kind| by the call's actor. False: the call has failed. */
bool draft_begin(struct draft *draft, struct call *call, uint64_t kind);
/* Takes the members "fields", "add" and "remove" of the arguments. False: the call has failed. */
bool draft_take_fields(struct draft *draft);
/* The pack's field |key|. NULL: there is none, the call has failed. */
const struct pack_field *draft_field(struct draft *draft, struct bytes key);
/* One write of |text| to |key|. False: the call has failed. */
bool draft_write(struct draft *draft, const char *key, uint64_t op, struct bytes text);
/* One write of a canonical value chosen from |sources|. False: the call has failed. */
bool draft_choose(struct draft *draft, struct bytes key, struct bytes value,
                  const struct hash *sources, size_t source_count);
/* True if the draft writes |key|. */
bool draft_has(const struct draft *draft, const char *key);
/* Performs the act through the host, or with |dry_run| only judges it. False: the call has failed.
 */
bool draft_perform(struct draft *draft, bool dry_run, struct act_result *result);

#endif
