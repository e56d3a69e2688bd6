/*
 * What a session learns about its peer, on its way to the store. The loop asks, the writer writes;
 * nobody waits but frames (note_in_flight).
 */
#ifndef HOSO_CLIENT_LINK_NOTE_H
#define HOSO_CLIENT_LINK_NOTE_H

#include "client/link/link.h"

/* The peer was reached now; |certain|: nothing is in flight to it. Errors of all: NO_MEMORY. */
CHECK_RESULT enum status note_contact(struct link_shared *shared, const struct public_key *peer,
                                      bool certain);
/* Both ends hold the same: a store that was restored may trust its numbers again. */
CHECK_RESULT enum status note_rest(struct link_shared *shared, const struct public_key *peer);
/* Records are about to leave for the peer: its marks are in doubt. |done| is called on the loop
 * when that is durable, or could not be made so. */
CHECK_RESULT enum status
note_in_flight(struct link_shared *shared, const struct public_key *peer, uint64_t link,
               void (*done)(struct link_shared *shared, uint64_t link, enum status status));
/* The peer proved that it knows the invitation behind |proof|. */
CHECK_RESULT enum status note_admit(struct link_shared *shared, const struct public_key *peer,
                                    const struct hash *proof);
/* The peer refused |log| from |seq| on, for |why|. */
CHECK_RESULT enum status note_refused(struct link_shared *shared, const struct public_key *peer,
                                      const struct name *log, uint64_t seq, enum status why);

#endif
