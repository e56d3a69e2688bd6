/*
 * Numbers a node lends to the counter logs of the offices it granted. An office whose log succeeds
 * another (it was put back, copied, or refused) may have a twin that goes on in the old one, or one
 * that was lent numbers too; only who sees all these logs can keep them apart. So the node that
 * granted the counter gives each such log numbers of its own: a lease, as a device gets one. Of
 * those logs it notes what is used and lent on, and gives more before they run out.
 * Source: SPEC.md "Codes".
 */
#ifndef HOSO_CLIENT_REPLICA_ACT_LEND_H
#define HOSO_CLIENT_REPLICA_ACT_LEND_H

#include "client/replica/log/admission.h"

/* Whether the log that is being let in is to be lent numbers by this node: then it bears LOG_LENT.
 */
bool lend_is_due(const struct replica *replica, const struct admission *admission);
/* [writer] Notes what |record|, just stored in |log| with LOG_LENT, says of numbers. Errors: IO,
 * FULL, NO_MEMORY, CORRUPT: abort. */
CHECK_RESULT enum status lend_note(struct replica *replica, const struct log_row *log,
                                   const struct record *record);
/* [writer] Gives the logs that were noted what they need, |read| being the open group's; in doubt
 * about its own past this node gives nothing. Errors as above. */
CHECK_RESULT enum status lend_serve(struct replica_read *read, int16_t zone_minutes);
/* [writer] Writes |lease|, whose salt is filled in, into this node's counter log of |scope| (NULL:
 * its own scope) and notes it. Errors as above. */
CHECK_RESULT enum status lend_write(struct replica *replica, const struct name *scope,
                                    struct lease *lease, int64_t now, int16_t zone_minutes);

#endif
