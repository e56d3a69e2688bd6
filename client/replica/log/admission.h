/*
 * Who may bring a log, and how many: a log is taken in only if its key ever had a granted chain,
 * within bounds per device. What is above them stays with the sender, unreceipted.
 * Source: SPEC.md "Bounds", "Authority".
 */
#ifndef HOSO_CLIENT_REPLICA_LOG_ADMISSION_H
#define HOSO_CLIENT_REPLICA_LOG_ADMISSION_H

#include "client/replica/state.h"

struct admission {
    enum run_outcome outcome; /* RUN_STORED: let in */
    enum status why;
    struct public_key device;
    struct name scope;
    uint8_t purpose;
    bool fresh;    /* says it was opened today: counts for the bound of a day */
    bool succeeds; /* another log of its writer */
};

/* [writer] Judges an authentic opening record. Store failures only are errors. */
CHECK_RESULT enum status admission_judge(struct replica *replica, const struct record *opening,
                                         struct admission *admission);
/* [writer] Whether |device| may have one more branch. */
CHECK_RESULT enum status admission_may_branch(struct replica *replica,
                                              const struct public_key *device, bool *may);
/*
 * [writer] Whether a node may take more of what |device| wrote today; |of_authority|: in the
 * authority scope. This node's own key and the root are bound by nothing. What is above a bound is
 * taken on another day: it stays with the sender till then.
 */
CHECK_RESULT enum status admission_may_bring(struct replica *replica,
                                             const struct public_key *device, bool of_authority,
                                             bool *may);
/* [writer] |records| of |bytes| of |device| were taken. */
CHECK_RESULT enum status admission_count_records(struct replica *replica,
                                                 const struct public_key *device, bool of_authority,
                                                 size_t records, uint64_t bytes);
/* [writer] One more log of |admission->device|, let in. */
CHECK_RESULT enum status admission_count_log(struct replica *replica,
                                             const struct admission *admission);
/* [writer] One more branch of |device|. */
CHECK_RESULT enum status admission_count_branch(struct replica *replica,
                                                const struct public_key *device);

#endif
