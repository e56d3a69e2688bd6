/*
 * Evidence that this store was rolled back: it is shown its own signed receipt, or a record of a
 * log it writes, that it does not hold. Then it draws a new epoch and writes into new logs. An
 * unsigned claim is no evidence. Source: SPEC.md "Receipts".
 */
#ifndef HOSO_CLIENT_REPLICA_LOG_EVIDENCE_H
#define HOSO_CLIENT_REPLICA_LOG_EVIDENCE_H

#include "client/replica/origin.h"
#include "client/replica/state.h"
#include "protocol/record/receipt.h"

/* [writer] Judges a sound receipt that bears this node's own key. */
CHECK_RESULT enum status evidence_receipt(struct replica *replica, const struct receipt *receipt);
/* [writer] A record of |log| that came from elsewhere was stored. */
CHECK_RESULT enum status evidence_record(struct replica *replica, const struct log_row *log);
/* [writer] A counter log of this node's key that succeeds none came from elsewhere: another
 * runs with the key. */
CHECK_RESULT enum status evidence_first_log(struct replica *replica);
/* [writer] The store itself shows where it came from. */
CHECK_RESULT enum status evidence_origin(struct replica *replica, enum origin origin);

#endif
