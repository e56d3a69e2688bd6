/*
 * Why a due date is the day it is, in sentences and for programs: the reception, the rule, each day
 * passed over, the calendar. The same for `due`, for a dossier shown and for a slip.
 */
#ifndef HOSO_CLIENT_COMMAND_VERB_EXPLAIN_H
#define HOSO_CLIENT_COMMAND_VERB_EXPLAIN_H

#include "client/command/call.h"
#include "protocol/case/deadline/due.h"

enum { EXPLAIN_DAY_BYTES = 64, EXPLAIN_DUE_BYTES = 128 };

/* What was counted. */
struct explained {
    const struct pack *pack;
    struct calendar calendar;
    struct bytes file; /* whose days they are; empty: the pack's own */
    enum start_policy policy;
    uint64_t term;
    struct moment received; /* where the term counts from */
    struct due due;
};

/* As the member "explain" of the object being written: [{"step","text","day","reason"}]. */
void explain_write(struct call *call, const struct explained *explained);
/* As lines for people. */
void explain_say(struct call *call, const struct explained *explained);
/* "17:00, thứ Sáu 27/11/2026 (tạm tính)", terminated. */
void explain_due(const struct call *call, const struct pack *pack, const struct due *due,
                 char out[EXPLAIN_DUE_BYTES]);

#endif
