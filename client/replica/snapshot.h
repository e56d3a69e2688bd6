/*
 * What every thread may ask of a replica between commits: the authority set and the packs, each
 * immutable once published.
 */
#ifndef HOSO_CLIENT_REPLICA_SNAPSHOT_H
#define HOSO_CLIENT_REPLICA_SNAPSHOT_H

#include "client/replica/state.h"

/* Whether a record of the authority scope is one the set is made of. */
bool snapshot_takes(const struct record *record);
/* Builds the authority set from the records of its scope in |read| (NULL: an empty one) and
 * publishes it. Errors: IO, CORRUPT, NO_MEMORY. */
CHECK_RESULT enum status snapshot_load(struct replica *replica, struct store_read *read);
/* Publishing cannot fail after a commit, so its memory is taken before. Errors: NO_MEMORY. */
CHECK_RESULT enum status snapshot_reserve(struct authority_snapshot **snapshot);
/* Takes both over. */
void snapshot_publish(struct replica *replica, struct authority_snapshot *snapshot,
                      struct authority *authority);
/* Decodes a copy of |canonical| into the cache of packs. NULL: it is no pack of that |hash|, or out
 * of memory. [any] */
const struct pack *snapshot_pack_enter(struct replica *replica, const struct hash *hash,
                                       struct bytes canonical);
/* |hash|, already entered, is this node's own pack: current while authority has none. */
void snapshot_propose(struct replica *replica, const struct hash *hash);
/* Enters the proposal the store keeps, if any. */
CHECK_RESULT enum status snapshot_load_proposal(struct replica *replica, struct store_read *read);
/* Frees sets, packs and all; for replica_close() and a failed open. */
void snapshot_free_all(struct replica *replica);

#endif
