/*
 * The sync session of one connection, sans I/O: step(session, event carrying time) -> effects.
 *
 * It never reads a clock, a store or a socket, and owns no thread. The daemon, the command line
 * client and the simulator drive the same code. Receipts and acknowledgements are produced by
 * EVENT_COMMITTED and by nothing else: "no acknowledgement before it is durable" is one place.
 *
 * Direction up (client -> server): per log from what the peer surely holds, in order of priority.
 * Direction down (server -> client): one stream in the server's arrival order from the client's
 * cursor; backlog, live push and reconnect are that stream. A cursor that does not fit means
 * vectors, never zero. Source: SPEC.md "Session", where the table of states and every frame stand.
 */
#ifndef HOSO_PROTOCOL_SYNC_SESSION_SESSION_H
#define HOSO_PROTOCOL_SYNC_SESSION_SESSION_H

#include "protocol/case/authority/authority.h"
#include "protocol/sync/session/batch.h"

enum {
    SESSION_VERSION_LEAST = 1,
    SESSION_VERSION_PRELUDE = 2,  /* from it on RECORDS may have a prelude */
    SESSION_PROTOCOL_VERSION = 2, /* the newest */
    SESSION_NONCE_BYTES = 16,
    SESSION_EFFECTS_MAX = 64
};

struct session;

enum session_role { SESSION_CLIENT, SESSION_SERVER };

/* An invitation outstanding at a server: who shows the secret's proof is let in to be granted. */
struct invitation_secret {
    uint8_t secret[32];
};

/* A line as a connection measured it; 0: it did not. */
struct session_line {
    uint64_t rate;    /* bytes a second it bears */
    uint64_t trip_us; /* until a frame is acknowledged, at its shortest */
};

/* What the session must know of its node. Borrowed: valid until session_free() (authority: until
 * replaced). */
struct session_self {
    enum session_role role;
    struct public_key key;
    const struct secret_key *secret;
    struct name epoch; /* this node's arrival epoch */
    const struct authority *authority;
    enum chain_mode chain_mode;
    size_t window_bytes; /* bytes of records taken in and not yet committed */
    /* client only */
    struct public_key peer; /* the server's pinned key */
    bool has_cursor;        /* of that peer */
    struct cursor cursor;
    bool marks_certain; /* the last session to this peer ended with nothing in flight */
    bool has_invitation;
    struct invitation_secret invitation;
    struct session_line line; /* session_report.line of the last connection to that peer */
    struct bytes flight;      /* session_flight() of the last connection to that peer; copied */
    /* server only: is |proof| that of an open invitation? Called inside step; pure look-up in
     * memory. */
    bool (*invited)(void *context, const struct hash *proof, const struct public_key *key,
                    const struct bytes *transcript);
    void *invited_context;
    /* server only, may be NULL: takes what came of a frame in which |key|'s last connection ended
     * into |out|. Called inside step, once a session at most; pure look-up in memory. */
    void (*begun)(void *context, const struct public_key *key, struct buffer *out);
    void *begun_context;
};

/* One log as a store snapshot tells it. */
struct vector_entry {
    struct position head; /* full id */
    struct name scope;
    struct public_key device;
    uint64_t purpose;  /* enum log_purpose */
    uint64_t peer_seq; /* what the peer surely holds (marks); 0 nothing */
};

/* What a READ brought. Owned by the effect's performer until the session's next step. */
struct read_record {
    struct bytes raw; /* as stored (body nil if absent) */
    struct hash id;   /* as it was when it was stored: |raw| that makes another is damaged */
    struct name log;
    uint64_t seq;
    uint64_t arrival;
    struct name scope;
    struct name running_hash; /* READ_ARRIVALS: at |arrival|, this record included */
};

/* Nothing of a scope that is not in |scopes| is told, unless |every_scope| says so. */
enum read_kind {
    READ_VECTOR,   /* all logs of |scopes|, ascending by log, with the marks of |peer| */
    READ_HEADS,    /* the entries of |logs| in the order asked; head.seq 0 where not held */
    READ_ARRIVALS, /* records in arrival order after |from|, within |scopes|, but for those whose
                      seq is at most that of |have| (ascending by log). May stop early after many
                      passed over: |end| tells how far it came, and no records is no error */
    READ_LOG,      /* records of |log| from seq |from| on, that one included; before them up to
                      |before| that precede it, which |bytes| does not count. Of those none if they
                      are more than LIMIT_PRELUDE_BYTES */
    READ_IDS,      /* ids of |log| at |seqs| */
    READ_RECEIPTS, /* receipts that cover logs of |scopes|, after receipt number |from|. One that a
                      later one of the same signer and epoch covers whole may be left out */
    READ_EVIDENCE, /* the newest receipt signed by |peer| (largest arrival of its newest epoch), and
                      its newest over each log of its own: few enough for one frame; none is no
                      error */
    READ_CURSOR    /* the running hash at arrival |from| (0: all zero). NOT_FOUND past the newest */
};

struct read_request {
    enum read_kind kind;
    uint64_t tag;     /* comes back in READ_DONE */
    bool every_scope; /* of the store, whatever |scopes| says: the node's own use */
    const struct name *scopes;
    size_t scope_count;
    struct public_key peer;
    struct name log;
    uint64_t from;
    size_t before;
    const uint64_t *seqs;
    const struct name *logs;
    size_t count; /* of seqs or logs */
    const struct peer_mark *have;
    size_t have_count;
    size_t bytes; /* stop after so many of |raw|, but bring at least one record */
};

struct read_result {
    enum status status;
    uint64_t tag;
    const struct vector_entry *vector;
    size_t vector_count;
    const struct read_record *records;
    size_t record_count;
    uint64_t skipped;       /* records passed over because of |have| */
    const struct hash *ids; /* READ_IDS: in the order asked; none where absent */
    size_t id_count;
    const struct bytes *receipts;
    size_t receipt_count;
    uint64_t end;             /* arrival (or seq, or receipt number) read up to, inclusive */
    struct name running_hash; /* at |end| (READ_CURSOR: at |from|) */
    uint64_t newest;          /* the store's newest arrival at the snapshot, whatever the kind */
    uint64_t newest_receipt;  /* the newest receipt number at the snapshot */
    bool at_end;
};

enum session_event_kind {
    EVENT_OPENED,   /* the connection stands; |random| 32 fresh bytes, |nonce| the client's from the
                       query */
    EVENT_FRAME,    /* one whole frame from the peer: |frame| */
    EVENT_WRITABLE, /* the line has taken what was sent; due after every step that sent something */
    EVENT_READ_DONE,     /* |read| */
    EVENT_VERIFIED,      /* |batch| is back with verdicts */
    EVENT_COMMITTED,     /* |batch| is durable, with outcomes; |receipt| of this node covers it */
    EVENT_COMMIT_FAILED, /* |batch|: nothing of it is stored; |status| */
    EVENT_ARRIVED, /* after COMMITTED and AUTHORITY_CHANGED of the same commit: the store's newest
                      arrival is |arrival|; |changed| logs advanced; |receipt_number| */
    EVENT_AUTHORITY_CHANGED, /* |authority| replaces the old one */
    EVENT_CLOSED,            /* the connection is gone */
    EVENT_TICK               /* session_deadline_us() is due */
};

struct session_event {
    enum session_event_kind kind;
    uint64_t now_us;      /* monotonic */
    int64_t wall_seconds; /* claimed; decides nothing */
    uint8_t random[32];
    uint8_t nonce[SESSION_NONCE_BYTES];
    struct bytes frame; /* borrowed for the call */
    const struct read_result *read;
    struct batch *batch; /* ownership comes back to the session */
    enum status status;
    struct bytes receipt; /* this node's, raw; empty if none was due */
    uint64_t arrival;
    struct name running_hash;
    const struct vector_entry *changed;
    size_t changed_count;
    uint64_t receipt_number;
    const struct authority *authority;
};

enum session_effect_kind {
    EFFECT_SEND,   /* |frame|, in order */
    EFFECT_READ,   /* |read|, answer with READ_DONE */
    EFFECT_VERIFY, /* |batch|: ownership passes out; run batch_verify(), answer with VERIFIED */
    EFFECT_COMMIT, /* |batch|: ownership passes out; answer with COMMITTED or COMMIT_FAILED */
    EFFECT_GRANT,  /* server: |peer| proved the invitation |invitation|; the replica should grant it
                    */
    EFFECT_REFUSED, /* the peer refused |log| from |seq| on (signed by it): |status|. The replica
                       notes it, and goes on in a new log if the log is its own */
    EFFECT_STATE,   /* session_report() changed: for status pages and tests */
    EFFECT_CLOSE    /* |status|, |why|; the connection is to end */
};

/* Paths a session takes; the simulator counts them. */
enum session_path {
    PATH_CURSOR,  /* the cursor fitted: the stream went on from it */
    PATH_SKIP,    /* records passed over by count */
    PATH_VECTORS, /* heads were compared log by log */
    PATH_BISECT,  /* a log's common position was searched */
    PATH_DIGEST,  /* digests were compared at rest */
    PATH_DIGEST_DIFFER,
    PATH_RECEIPT_SELF, /* a peer showed this node's own receipt */
    PATH_REMAINDER,    /* the rest of a frame came in which the last connection had ended */
    PATH_COUNT
};

struct session_effect {
    enum session_effect_kind kind;
    struct bytes frame; /* points into the session; valid until its next step */
    struct read_request read;
    struct batch *batch;
    struct public_key peer;
    struct hash invitation; /* the proof that invited() took */
    struct name log;
    uint64_t seq;
    enum status status;
    const char *why; /* static */
};

struct session_effects {
    struct session_effect items[SESSION_EFFECTS_MAX];
    size_t count;
    size_t send_at[SESSION_EFFECTS_MAX]; /* the session's own, while it steps */
};

/* What a status page and the simulator may ask of a session at any time. */
struct session_report {
    bool proved; /* the peer's key is proved */
    struct public_key peer;
    bool at_rest; /* nothing to send either way, digests equal */
    bool no_room; /* a client: records wait because the peer has no room; it is asked again by
                     itself, at the latest after 10 minutes */
    bool lost; /* a client: what the peer sends does not follow what is held here, and its vectors
                  did not help: this store is damaged. They are told again by themselves */
    bool settled; /* at rest, or as equal as it gets: what differs the peer refuses or has no room
                     for. Nothing more happens until something changes */
    uint64_t records_sent, records_received;
    uint64_t payload_sent, payload_received; /* bytes of frames */
    uint64_t payload_acked;                  /* of records sent: what the peer disposed of */
    struct session_line line;
    uint64_t retry_after_ms; /* named by a busy peer; 0 none */
    uint64_t paths[PATH_COUNT];
    size_t waiting; /* bytes of frames that wait to be worked off: an owner that reads no more of
                       the line above half of the window keeps every sender within the bound */
    bool in_flight; /* records sent and not acknowledged: marks are not certain. A node that may
                       die writes "not certain" down before the session's first record leaves */
    uint64_t logs_refused; /* logs of ours the peer stopped taking in this session */
    const char *state;     /* name from the table of states */
};

/* NULL: out of memory. Copies |self| but not what it points to. */
struct session *session_new(const struct session_self *self);
/* Frees it with the batches it still owns. */
void session_free(struct session *session);

/*
 * Advances |session| by one event and lists what the world must now do, in order.
 * now_us never decreases (asserted). An effect after a COMMIT never depends on it: what does comes
 * from COMMITTED. Errors: MALFORMED, PROTOCOL, FORGED, LIMIT, UNKNOWN_PEER, NO_MEMORY: a CLOSE
 * effect is in the list; perform it, feed CLOSED, then free. Nothing else is to be done with the
 * status but to log it.
 */
CHECK_RESULT enum status session_step(struct session *session, const struct session_event *event,
                                      struct session_effects *effects);

/* The frames of records that left on a slow line and are not acknowledged, each behind its size in
 * four bytes: what the next session to that peer may go on with. Valid until the next step. */
struct bytes session_flight(const struct session *session);

/* When EVENT_TICK is due, on the caller's monotonic clock; UINT64_MAX: never. */
uint64_t session_deadline_us(const struct session *session);
/* What the session can tell of itself now. */
void session_report(const struct session *session, struct session_report *report);

#endif
