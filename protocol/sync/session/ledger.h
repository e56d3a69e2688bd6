/*
 * A session's ledger: one entry a log, ascending by name, with what this node holds of it, what
 * the peer is known to hold, and how far sending and taking have come. And sets of scopes.
 *
 * The heads are a copy of the store's, kept current by READ results and ARRIVED events; each
 * remembers the arrival it was true at, so that an older tale never overwrites a newer one.
 */
#ifndef HOSO_PROTOCOL_SYNC_SESSION_LEDGER_H
#define HOSO_PROTOCOL_SYNC_SESSION_LEDGER_H

#include "protocol/sync/frame/frame.h"
#include "protocol/sync/session/session.h"

/* A set of scopes, ascending. */
struct scopes {
    struct name *at;
    size_t count;
};

/* Sets of scopes, ascending; each owns its memory. */
void scopes_deinit(struct scopes *scopes);
bool scopes_hold(const struct scopes *scopes, const struct name *scope);
bool scopes_equal(const struct scopes *a, const struct scopes *b);
/* BLAKE2b-128("hoso/scopes/1" ‖ the scopes). */
struct name scopes_digest(const struct scopes *scopes);
/* What both keys may have now, and the authority scope always. Errors: NO_MEMORY. */
CHECK_RESULT enum status scopes_common(const struct authority *authority,
                                       const struct public_key *one, const struct public_key *other,
                                       struct scopes *out);
/* Those of |a| that |list| (ascending) names. Errors: NO_MEMORY. */
CHECK_RESULT enum status scopes_among(const struct scopes *a, const struct scopes *list,
                                      struct scopes *out);
/* A copy of |count| ascending scopes. Errors: NO_MEMORY. */
CHECK_RESULT enum status scopes_copy(const struct name *at, size_t count, struct scopes *out);

enum sending {
    SENDING_OPEN,   /* goes on after sent_seq */
    SENDING_ASK,    /* the peer's head is to be asked for */
    SENDING_ASKED,  /* and will be told */
    SENDING_DRAIN,  /* once what is in flight is disposed of: ask */
    SENDING_BISECT, /* the common position is searched between low and high */
    SENDING_STOPPED /* refused: nothing more of it in this session */
};

struct log_entry {
    struct name log;
    struct name scope; /* none: unknown yet */
    struct public_key device;
    bool device_known;
    bool common;  /* its scope is one of the session's: counts in the digest */
    bool offered; /* the peer may have it */
    uint64_t purpose;
    /* what the store holds */
    uint64_t as_of;
    uint64_t seq;
    struct hash id;
    /* sending */
    enum sending sending;
    uint64_t peer_seq;
    uint64_t sent_seq;
    uint64_t drain_bytes;
    uint64_t low, high; /* while bisecting: equal at low, differing at high */
    bool bisect_asked;
    unsigned gaps;  /* the peer found in a row, nothing being taken in between */
    bool unwanted;  /* the peer refuses it: no stream brings it in this session */
    size_t mark_at; /* where its mark stands in the notes, if it does */
    uint64_t have;  /* a server: what its stream passes over */
    /* taking */
    bool tail_held; /* a run goes on from the tail, not from the head */
    uint64_t tail_seq;
    struct hash tail_id;
    size_t runs_out; /* runs at the writer */
    bool refused;    /* not taken any more in this session */
};

struct head_place; /* a head's id, and the entry it is of */

struct ledger {
    struct log_entry *items;
    size_t count;
    size_t capacity;
    struct head_place *heads; /* ascending by id, while |heads_known|: made when first asked for */
    size_t head_count;
    bool heads_known;
};

/* Frees the entries; all zero is an empty ledger. */
void ledger_deinit(struct ledger *ledger);
/* NULL if there is none. Valid until the next ledger_put(). */
struct log_entry *ledger_find(const struct ledger *ledger, const struct name *log);
/* Finds or adds. NULL: out of memory, or above SESSION_LOGS_MAX. */
struct log_entry *ledger_put(struct ledger *ledger, const struct name *log);
/* Adds those of |count| names that are not there, in one go: one by one each would move the
 * entries behind it. |names| is put into ascending order. False: as ledger_put(); none is added. */
bool ledger_put_all(struct ledger *ledger, struct name *names, size_t count);
/* The head of an entry has changed. */
void ledger_moved(struct ledger *ledger);
/* The entry whose head is |seq| and |id16|, whatever its name; NULL if none. A branch is found so
 * by a peer's claim under the name of the log it left. A peer may claim as often as it likes: this
 * is a search, not a walk. */
struct log_entry *ledger_by_head(struct ledger *ledger, uint64_t seq, const struct name *id16);
/* BLAKE2b-128("hoso/vector/1" ‖ log ‖ seq, 8 bytes big-endian ‖ first 16 bytes of the head's id …)
 * over the common entries that hold anything. Errors: NO_MEMORY. */
CHECK_RESULT enum status ledger_digest(const struct ledger *ledger, struct name *digest);

enum { SESSION_LOGS_MAX = 65536 };

#endif
