/*
 * The replica: one node's records, logs, cases, receipts and authority over a store. It decides
 * what is taken in, under which name, in which order, with which number; it makes epochs and
 * receipts. The daemon, `hoso` and the simulator run this very code.
 *
 * Threads: the functions marked [writer] are called by one thread at a time, inside begin/commit.
 * Those marked [any] may run on any thread beside the writer: they read a snapshot. Nothing here
 * reads a clock or draws randomness but through |struct replica_world|.
 *
 * Folders: log/ what is taken in, under which name and in which order, and what a session or a
 * check reads of it · receipt/ receipts, levels, peers · act/ local acts, codes, leases and the
 * clock · case/ a case and its view, derived rows, list, search, status. Here: open, identity,
 * groups, snapshots, invitations, and every table's layout (tables.h).
 */
#ifndef HOSO_CLIENT_REPLICA_REPLICA_H
#define HOSO_CLIENT_REPLICA_REPLICA_H

#include "client/store/store.h"
#include "protocol/case/view/view.h"
#include "protocol/sync/session/session.h"

struct replica;

/* Clock and entropy of the node; the simulator gives its own. */
struct replica_world {
    void *context;
    void (*random)(void *context, uint8_t *out, size_t size);
    int64_t (*wall_seconds)(void *context);
    /* Told after each commit that is durable, on the writer's thread; NULL: nobody listens. */
    void (*committed)(void *context, const struct name *epoch, uint64_t arrival,
                      const struct name *running_hash);
};

/* Who this node is. Texts are copied. */
struct replica_identity {
    uint64_t role;          /* enum role: ROLE_HUB, ROLE_OFFICE, ROLE_DEVICE */
    struct bytes unit;      /* unit code */
    struct bytes name;      /* "UBND xã Trung Sơn", "máy 2" */
    uint8_t seed[32];       /* of the device key */
    struct public_key root; /* the district's root key */
    struct name scope;      /* the scope its own cases are in */
    bool has_upstream;
    struct public_key upstream; /* pinned key of the node above */
    struct bytes upstream_url;
    bool has_invitation;
    struct invitation_secret invitation;
    int64_t invitation_expires; /* seconds */
    struct bytes officer;       /* stored officer, "tn01" or "tn01:reception"; may be empty */
};

/* Makes a new replica in an empty store: identity, epoch, its first log. [writer]
 * Errors: USAGE (the store is not empty), IO, FULL, NO_MEMORY. */
CHECK_RESULT enum status replica_create(struct store *store, const struct replica_world *world,
                                        const struct replica_identity *identity);
/* Opens it; the store stays the caller's and must outlive the replica. Scans nothing: ready in
 * constant time. Errors: NOT_FOUND (no replica there), STORE_NEWER, CORRUPT, IO, NO_MEMORY. */
CHECK_RESULT enum status replica_open(struct store *store, const struct replica_world *world,
                                      struct replica **replica);
/* Closes it, dropping an open group; no read may be open. NULL is allowed. */
void replica_close(struct replica *replica);

/*
 * [writer] Takes node above, its address and the invitation from |with|, part of a group; whose
 * this replica is stays. It holds from the next replica_open(). Errors: REFUSED (|with| is of
 * another role, unit, district or scope: its records would have no way there), FULL, IO, NO_MEMORY.
 */
CHECK_RESULT enum status replica_rejoin(struct replica *replica,
                                        const struct replica_identity *with);

/* Borrowed for the replica's life. [any] */
const struct replica_identity *replica_identity(const struct replica *replica);
const struct public_key *replica_key(const struct replica *replica);
const struct secret_key *replica_secret(const struct replica *replica);
/* Whether the keys stay in memory, never in the swap: false where the system's limit on locked
 * memory forbids it. [any] */
bool replica_keys_locked(const struct replica *replica);
/* The current epoch. [any] */
struct name replica_epoch(const struct replica *replica);
/* The authority set as last committed, counted: give it back. [any] */
const struct authority *replica_authority_acquire(struct replica *replica);
/* Gives back what replica_authority_acquire() gave. [any] */
void replica_authority_release(struct replica *replica, const struct authority *authority);
/* The pack of |hash| decoded, or the current one (hash NULL), or NULL. Lives as long as the
 * replica. [any] */
const struct pack *replica_pack(struct replica *replica, const struct hash *hash);

/* ---- the writer ---- */

/* [writer] Starts a group. Errors: IO, FULL, NO_MEMORY. */
CHECK_RESULT enum status replica_begin(struct replica *replica);

/* What a commit made. Lists live until the next replica_begin. */
struct replica_commit {
    const struct vector_entry *changed; /* logs that advanced */
    size_t changed_count;
    uint64_t arrival;
    struct name running_hash;
    struct bytes
        receipt; /* over the logs that advanced and those that waited, raw; empty: it waits */
    uint64_t receipt_number;
    bool authority_changed;
    bool epoch_changed; /* this node was rolled back and has said so: sessions are to be closed */
    const char *epoch_why; /* evidence, static */
};

/* [writer] Makes the group durable and signs its receipt, or nothing of it is there. A group of
 * this node's own acts alone leaves the receipt to the next commit without any; so whoever commits
 * acts makes an empty group when nothing else is to do. Errors: IO, FULL. */
CHECK_RESULT enum status replica_commit(struct replica *replica, struct replica_commit *commit);
/* [writer] Drops the group. */
void replica_abort(struct replica *replica);

/*
 * [writer] Takes a verified batch in: gap, duplicate, branch, grant, bounds and evidence of a
 * rollback are decided here, against the store, and written into each run. Also stores receipts,
 * the peer's cursor and marks. Only store failures are errors (the group is then to be aborted);
 * what a peer did wrong is an outcome.
 */
CHECK_RESULT enum status replica_accept(struct replica *replica, struct batch *batch);

/* A field write of a local act. |value| is canonical encoded nil, integer or text. */
struct act_write {
    struct bytes field;
    uint64_t op; /* enum write_op */
    struct bytes value;
    const struct hash *sources;
    size_t source_count;
};

struct act {
    uint64_t kind;         /* KIND_GENESIS, STEP, EDIT, RESOLUTION, REPACK */
    struct name case_name; /* none for a genesis */
    struct bytes step;
    const struct act_write *writes;
    size_t write_count;
    struct bytes officer; /* acting officer: header */
    uint64_t hat;
    struct bytes book_officer; /* imports: whom the row names */
    uint64_t book_hat;
    struct bytes reason;
    struct bytes basis;
    struct bytes request; /* request id: the same one gives the same result */
    struct bytes stamp;   /* a field of type time that gets the moment, if the clock is believed */
    struct moment happened;
    uint64_t source;  /* enum record_source */
    uint64_t purpose; /* enum log_purpose: LOG_BULK for imports */
    bool has_expected;
    struct name expected_view; /* refused with CHANGED if the case's view hash is another */
    bool number;               /* genesis: draw a code (ma_ho_so) unless it is among the writes */
};

struct act_result {
    struct hash record;
    struct name case_name;
    char code[LIMIT_CODE_BYTES + 1];
    bool provisional; /* "tạm": no number was free; the office gives one at contact */
    bool repeated;    /* the request id was known: nothing was written */
    const char *why;  /* when REFUSED: static */
    const char *article;
    char detail[160]; /* "field conflicts" … for the message; may be empty */
};

/*
 * [writer] Judges, numbers, signs and stores one local act in the open group. Nothing is written
 * unless OK. Errors: REFUSED, CHANGED, USAGE, NOT_FOUND, LIMIT as the person's; IO, FULL, NO_MEMORY
 * as the store's.
 */
CHECK_RESULT enum status replica_act(struct replica *replica, const struct act *act,
                                     struct act_result *result);
/* The same judgement without writing (dry run). [any] */
CHECK_RESULT enum status replica_act_check(struct replica *replica, const struct act *act,
                                           struct act_result *result);

/*
 * [writer] Authority acts of this node, whose key must be allowed to: a grant, the current pack. A
 * node that was never granted anything keeps the pack as its own proposal and works with it until
 * a hub's arrives. Errors: REFUSED; USAGE (no pack, not what the encoder takes); IO, FULL,
 * NO_MEMORY.
 */
CHECK_RESULT enum status replica_grant(struct replica *replica, const struct grant *grant);
CHECK_RESULT enum status replica_publish_pack(struct replica *replica, struct bytes canonical);
/* [writer] A hub's own beginning: the root's log with its opening and the hub's grant, signed by
 * the root key. */
CHECK_RESULT enum status replica_found(struct replica *replica,
                                       const struct secret_key *root_secret,
                                       const struct grant *hub);

/* An invitation made here: kept until used or expired. */
struct invitation {
    uint64_t role;
    struct bytes unit;
    struct bytes label;
    struct name scope;
    int64_t expires;
    struct invitation_secret secret;
    struct hash proof_key; /* what an invited() look-up compares; see SPEC.md "Invitations" */
};
/* [writer] */
CHECK_RESULT enum status replica_invite(struct replica *replica,
                                        const struct invitation *invitation);
/* For struct session_self.invited: |context| is the replica. [any] */
bool replica_invited(void *context, const struct hash *proof, const struct public_key *key,
                     const struct bytes *transcript);
/* [writer] Grants |key| what the invitation behind |proof| promised and uses it up. NOT_FOUND:
 * none. REFUSED: expired. */
CHECK_RESULT enum status replica_admit(struct replica *replica, const struct hash *proof,
                                       const struct public_key *key);

/* [writer] Automatic duties of the owner of a unit's counter: leases for new device logs, codes for
 * provisional dossiers that arrived. Call after accepting, in the same group. */
CHECK_RESULT enum status replica_duties(struct replica *replica);

/* [writer] Recomputes up to |most| stale cases; |*left| tells how many wait. Part of a group. */
CHECK_RESULT enum status replica_index(struct replica *replica, size_t most, size_t *left);

/* [writer] Notes what a session learnt outside a batch: nothing in flight any more, last contact.
 */
CHECK_RESULT enum status replica_note_peer(struct replica *replica, const struct public_key *peer,
                                           bool certain, int64_t contact_seconds);

/* [writer] A bundle brought something |peer| wrote it with at |seconds| by its clock: the last this
 * node heard of it, if it is granted or the node above. */
CHECK_RESULT enum status replica_note_bundle(struct replica *replica, const struct public_key *peer,
                                             int64_t seconds);

/* True if this node has found out that it was restored and has not been at rest with the node above
 * since. [any] */
bool replica_in_doubt(struct replica *replica);
/* True if codes of today are provisional here: doubt, or an owner that was put back and has no
 * numbers yet. [any] */
bool replica_codes_wait(struct replica *replica);
/* [writer] A session with |peer| is at rest: both hold the same. Ends the doubt if |peer| is the
 * node above, or any at the top. */
CHECK_RESULT enum status replica_note_rest(struct replica *replica, const struct public_key *peer);

/*
 * [writer] A peer refused |log| from |seq| on, for |why|. Noted for the status page; if it is this
 * node's own log and refused for its bytes, the next act opens a new log that goes on from the
 * record before.
 */
CHECK_RESULT enum status replica_note_refused(struct replica *replica,
                                              const struct public_key *peer, const struct name *log,
                                              uint64_t seq, enum status why);

/* ---- reading ---- */

/* [any] Performs a session's READ against one snapshot; results live in |arena|. */
CHECK_RESULT enum status replica_inquire(struct replica *replica,
                                         const struct read_request *request, struct arena *arena,
                                         struct read_result *result);

/* [any] Fills what a session must know. |peer|: the pinned server for a client, NULL for a server.
 */
void replica_session_self(struct replica *replica, const struct public_key *peer,
                          struct session_self *self);

/* A snapshot for a few look-ups; short-lived: it pins pages of the store. [any] Errors: IO,
 * NO_MEMORY. */
struct replica_read;
CHECK_RESULT enum status replica_read_begin(struct replica *replica, struct replica_read **read);
/* Ends it; what was borrowed from it is gone. */
void replica_read_end(struct replica_read *read);
/* replica_verify() over |read| asks |stopped| every few hundred records, and ends with BUSY once it
 * says so. */
void replica_read_stop_when(struct replica_read *read, bool (*stopped)(void *context),
                            void *context);

enum { LEVEL_MACHINE = 1, LEVEL_OFFICE = 2, LEVEL_HUB = 4 };

/* A derived row of the list. Texts borrow from the snapshot. */
struct summary {
    struct name case_name;
    struct bytes code; /* empty: provisional */
    struct bytes unit;
    struct bytes procedure;
    struct bytes domain;
    struct bytes owner;
    struct bytes submitter;
    uint64_t state; /* 0: in conflict */
    uint64_t standing_state;
    int64_t received; /* seconds; INT64_MIN unknown */
    int64_t due;
    int64_t handed_over;
    uint64_t conflicts; /* open fields */
    uint64_t records;
    uint64_t held;        /* records that wait for an ancestor */
    uint64_t ineffective; /* records stored without effect, the refused ones among them */
    uint64_t refused;     /* records an effective refusal names */
    bool not_loaded, newer;
    struct name view_hash;
};

/* Whether some derived rows are stale: list, find and summaries then do not show all there is yet.
 */
CHECK_RESULT enum status replica_any_stale(struct replica_read *read, bool *any);
/* Iterates rows of `list` in order of code; |after| empty: from the start. false: stop. */
CHECK_RESULT enum status
replica_each_summary(struct replica_read *read, struct bytes after,
                     bool (*each)(void *context, const struct summary *row), void *context);
/* Best matches first for free text (names without diacritics, codes, identity numbers, phones). */
CHECK_RESULT enum status replica_find(struct replica_read *read, struct bytes text, size_t limit,
                                      bool (*each)(void *context, const struct summary *row),
                                      void *context);
/* Cases a code, a code's or a case id's prefix (8 hex digits or more) names; at most |most|. */
CHECK_RESULT enum status replica_cases_named(struct replica_read *read, struct bytes text,
                                             struct name *cases, size_t most, size_t *count);
/* The case's view and its records, in |arena|. NOT_FOUND. */
CHECK_RESULT enum status replica_view(struct replica_read *read, const struct name *case_name,
                                      struct arena *arena, struct view *view);
/* LEVEL_ bits reached by the record at |log|, |seq|, by receipts of current epochs. */
unsigned replica_level(struct replica_read *read, const struct name *log, uint64_t seq);
/*
 * Levels of many cases over one snapshot; what is known of a log is looked up once. NULL: out of
 * memory. Closed before |read| ends.
 */
struct replica_levels;
struct replica_levels *replica_levels_open(struct replica_read *read);
void replica_levels_close(struct replica_levels *levels);
/* LEVEL_ bits that every record of the case reached. Errors: NOT_FOUND, IO, CORRUPT. */
CHECK_RESULT enum status replica_levels_of_case(struct replica_levels *levels,
                                                const struct name *case_name, unsigned *reached);
/* The record of an id's hex prefix. NOT_FOUND, AMBIGUOUS. */
CHECK_RESULT enum status replica_record_named(struct replica_read *read, struct bytes hex,
                                              struct arena *arena, struct record *record);
/* Records in the order verify checks: authority scope first, then logs by name, by seq. */
CHECK_RESULT enum status replica_each_record(struct replica_read *read,
                                             bool (*each)(void *context,
                                                          const struct record *record,
                                                          const struct name *log),
                                             void *context);

struct replica_scope_status {
    struct name scope;
    struct name vector; /* digest of (log, seq, id) of all its logs */
    struct name views;  /* digest of (case, view hash) of all its cases */
};
struct replica_peer_status {
    struct public_key key;
    struct bytes unit;
    struct bytes label;
    uint64_t role;
    int64_t last_contact; /* 0 never */
    uint64_t ahead;       /* records here it is not known to hold */
    uint64_t behind;      /* records it is known to hold and we do not */
    uint64_t held;        /* records of its scopes that wait here for an ancestor */
};
struct replica_status {
    uint64_t records, at_office, at_hub; /* of all this store holds */
    uint64_t waiting;                    /* without a hub's receipt */
    uint64_t held, refused, ineffective;
    uint64_t aside; /* came in bundles and wait for what stands before them; in no other figure */
    uint64_t logs, cases, stale_cases;
    int64_t last_contact;
    bool clock_suspect;
    bool example_pack;
    bool granted; /* own grant is here and effective */
    uint64_t free_bytes;
    const struct replica_scope_status *scopes;
    size_t scope_count;
    const struct replica_peer_status *peers;
    size_t peer_count;
};
/* The node at a glance; lists live in |arena|. [any] Errors: IO, CORRUPT, NO_MEMORY. */
CHECK_RESULT enum status replica_status(struct replica_read *read, struct arena *arena,
                                        struct replica_status *status);

struct replica_verdict {
    bool ok;
    uint64_t records, logs, signatures, by_chain;
    struct name bad_log;
    uint64_t bad_seq;
    const char *bad_why; /* static */
};
/* Every hash, chain and signature of the store, each signature by itself if |each|; what is wrong
 * is in |*verdict|. [any] Errors: IO, CORRUPT, NO_MEMORY, BUSY (replica_read_stop_when()). */
CHECK_RESULT enum status replica_verify(struct replica_read *read, bool each,
                                        struct replica_verdict *verdict);

#endif
