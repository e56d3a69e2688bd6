/*
 * What the files of the session share. Not for others: session.h is the interface.
 *
 * session.c step, effects · reading.c what the store tells · inbox.c frames in order · greeting.c
 * the handshake and who the peer is · taking.c records in, batches, commits · heads.c positions:
 * told, compared, bisected · sending.c records out, up by log and down by arrival · notes.c
 * acknowledgements, receipts, and what is written about the peer · flight.c frames cut in the
 * middle · rest.c the comparison at rest.
 *
 * Every frame goes through the inbox and is worked off in order; one that needs the store first
 * becomes the job and blocks the rest. At most one READ is out at a time: after each step pump()
 * looks for the next thing worth reading.
 *
 * Statuses are session_step()'s own: not OK ends the session. *_begin takes a frame and makes it
 * the job, *_work goes on with it, *_read takes the answer of a READ, *_pump does what can be done
 * now.
 */
#ifndef HOSO_PROTOCOL_SYNC_SESSION_STATE_H
#define HOSO_PROTOCOL_SYNC_SESSION_STATE_H

#include "protocol/sync/frame/columns.h"
#include "protocol/sync/frame/frame.h"
#include "protocol/sync/session/ledger.h"
#include "protocol/sync/session/line.h"
#include "protocol/sync/session/session.h"

enum {
    HELLO_TIMEOUT_US = 10 * 1000000,
    ACK_TIMEOUT_US = 90 * 1000000,
    BUSY_MOST_MS = 3600 * 1000, /* a busy peer is asked again after so long at the latest */
    SESSION_WINDOW_LEAST_LOG2 = 12,
    UNKNOWN_LOGS_MAX = 8192,  /* that a peer without a grant here may name */
    EVIDENCE_MAX = 1024,      /* receipts a client may show in one session */
    SESSION_REFUSALS_MAX = 8, /* logs refused for a bad signature before the connection ends */
    READY_FRAMES = 8,
    RAW_PER_WIRE_FIRST = 32, /* in 1/16: a frame of records weighs half of what they do */
    RAW_PER_WIRE_KNOWN = 56, /* a quarter behind a prelude, as on a line that is known */
    JOB_ARENA_BYTES = 4 * 1024 * 1024,
    VECTORS_BACKOFF_MOST = 1024,
    /* A peer without room is asked again so long after, then twice that. */
    ROOM_LEAST_US = 5 * 1000000,
    ROOM_MOST_US = 600 * 1000000,
    LOST_LEAST_US = 1000000, /* the second time vectors are told for a loss, then twice that */
    LOST_FORGIVEN = 64,      /* changes in between, and it counts as the first */
    /* Arrivals, or receipts, that are none of a client's: it is told of so many at once. A word of
       each would cost every peer of a hub a frame and a commit for each act of another. */
    UNTOLD_MOST = 1024,
    OWN_RECEIPTS = 64
};

enum phase {
    PHASE_NEW,   /* no connection yet */
    PHASE_GREET, /* the peer's HELLO is awaited */
    PHASE_READ,  /* the peer is proved; own vector is being read */
    PHASE_RUN,   /* frames flow; a server's stream needs |granted| */
    PHASE_CLOSED
};

enum job_kind { JOB_NONE, JOB_HEADS, JOB_WANT, JOB_RECORDS };

/* The frame at the head of the inbox, while it waits for the store. */
struct job {
    enum job_kind kind;
    struct arena arena;
    struct bytes frame;
    size_t weight; /* of the frame on this line: what it counts in the window */
    struct heads heads;
    struct want want;
    struct records records;
    struct prelude prelude; /* read, if |have_prelude|; of no records: they are not held here */
    bool want_prelude;
    bool have_prelude;
    struct batch *batch; /* RECORDS: rebuilt already */
    bool looked;         /* all logs the frame names are in the ledger */
    size_t next;         /* entries and runs before it are done */
    struct head *answers;
    size_t answer_count;
    struct name *missing; /* READ_HEADS of these */
    size_t missing_count;
    bool want_heads;
    bool want_ids;
    bool have_ids;
    struct name ids_log;
    uint64_t *seqs; /* FRAME_WANT_MAX of both; NULL until some are asked */
    struct hash *ids;
    size_t id_count;
};

/* One run as the sender names it: log, last seq, id16; and where a record that is none cut it. */
struct taken_run {
    struct head head;
    uint64_t cut_seq;
    enum status cut_why;
};

/* A batch of the peer's that is at the verifiers or the writer. */
struct taken {
    struct taken *next; /* the one before */
    uint64_t tag;
    struct batch *verified; /* waits for those before it: verifiers finish in any order */
    bool at_writer;
    size_t bytes;
    bool has_cursor;
    size_t run_count;
    struct taken_run runs[];
};

struct ready {
    struct buffer bytes;
    size_t at[READY_FRAMES];
    size_t size[READY_FRAMES];
    size_t records[READY_FRAMES];
    size_t first, count;
};

/* Down: a server's one reader in its arrival order. */
struct stream {
    bool on;
    bool waiting;  /* claims are being compared: begins when they are settled */
    bool restart;  /* its first frame says so */
    uint64_t from; /* read up to here */
    struct name hash;
    uint64_t told; /* the cursor the client was told */
    bool owed;     /* behind it lies what the client has: it would come again */
    struct peer_mark *have;
    size_t have_count, have_capacity;
    bool receipts_wait;     /* the client has records to send: what is over it then covers these */
    bool receipts_stand;    /* begun anew it goes on with them: same scopes, same history */
    uint64_t receipts;      /* shown up to this number, what concerns the client */
    uint64_t receipts_told; /* the number the client was told */
    bool receipts_owed;     /* behind it lie receipts it has */
    uint64_t receipts_read; /* read up to this */
    uint64_t *own; /* arrivals of the last OWN_RECEIPTS own receipts that went out with an ACK */
    size_t own_count;
};

/* Frames cut in the middle are gone on with: see flight.c. */
struct flight {
    struct buffer sent;     /* end of the frame as line.sent counts, 8 bytes; size, 4; bytes */
    struct buffer before;   /* a client: size, bytes of those of the last connection */
    struct bytes remainder; /* of |before|: what is to be sent of one of them; empty: nothing */
    struct records_run run; /* that frame's */
    struct buffer begun;    /* a server: what came of a frame on the last connection */
};

struct session {
    size_t evidence_taken; /* receipts the client has shown */
    struct session_self self;
    enum phase phase;
    uint64_t now_us;
    uint64_t hello_deadline_us;
    bool again; /* more to do than one step's effects hold */
    struct transcript transcript;
    struct buffer server_hello;
    struct public_key peer;
    bool proved;
    bool granted; /* a server: the peer may receive */
    bool upload_only;
    bool invited;
    struct hash invitation;
    struct name epoch; /* the server's */
    struct hello_client hello;
    uint64_t version; /* that both speak */

    struct scopes common; /* what both may have */
    struct scopes listed; /* a server: the set the client's vector is of */
    struct scopes agreed; /* a server: common and listed */
    struct ledger ledger;
    struct name digest;
    bool digest_stale;
    uint64_t change; /* counts what may make the vectors differ */

    struct buffer out;
    struct session_effects *effects;

    struct buffer inbox;
    size_t inbox_at;
    struct job job;

    bool reading;
    enum read_kind read_kind;
    uint64_t read_tag;
    struct name read_log;
    uint64_t read_from;
    bool need_vector;
    bool need_cursor;
    bool need_evidence;
    bool evidence_ahead; /* only if it tells of more than the cursor: a server that was put back to
                            behind it, where the cursor fits, learns it only so */
    bool want_vector;    /* a server: the client's whole vector is to be asked for */
    bool asks_out;       /* heads or ids were asked for and not told yet */
    uint64_t heard_us;   /* when the last frame came */
    uint64_t owed_us;    /* since when an answer is owed; UINT64_MAX: none is */
    bool look;           /* entries may be there to ask, drain or bisect */
    bool claiming;       /* a server: parts of a vector came, the last has not */
    struct arena scratch;

    struct line line;
    struct ready ready;
    uint64_t raw_per_wire; /* in 1/16 */
    struct flight flight;
    bool plain; /* the peer found a gap: no prelude any more, it may lack their bodies */
    uint64_t blocked_until_us;
    uint64_t patience_us; /* how long a peer that has no room is left in peace the next time */
    size_t last_log;

    uint64_t newest;
    uint64_t newest_receipt;
    struct stream stream;

    /* taking */
    struct taken *taken;
    uint64_t next_tag;
    size_t batches_out;
    uint64_t uncommitted;
    uint64_t disposed;
    size_t refusals;
    bool window_closed;
    bool ever_took;
    bool has_cursor;
    struct cursor cursor;         /* a client: as last committed */
    struct name stream_scopes;    /* a client: digest of the set the stream is of */
    struct name restarted_scopes; /* and of the set it will be of after its restart */
    struct cursor handed;         /* a client: the last one given to the writer */
    bool cursor_noted;            /* |noted| came without records and is not written yet */
    struct cursor noted;
    struct batch *notes;
    bool notes_out;
    bool notes_cursor; /* they hold a cursor */
    uint64_t notes_tag;
    uint64_t receipts_coming;
    uint64_t receipts_held; /* and written down up to this */
    bool notes_stale;       /* the notes at the writer are of before a stream began anew */

    /* at rest */
    bool whole_wanted;
    uint64_t whole_due_us; /* a client: and when; 0: not */
    uint64_t lost_wait_us; /* how long after the next loss they wait */
    uint64_t lost_change;
    bool whole_pending; /* a client: the stream's restart is awaited */
    bool rest_due;
    bool rest_asked; /* a client: an answer is awaited */
    uint64_t rest_change;
    uint64_t whole_change;
    bool whole_for_rest;
    uint64_t vectors_backoff;
    bool peer_rest; /* a server: |peer_digest| is to be compared */
    struct name peer_digest;
    bool equal;
    bool differs; /* vectors were tried and did not help */
    uint64_t verdict_change;

    struct session_report report;
};

/* session.c */
/* Begins a frame in the step's output, and makes it a SEND effect. */
struct buffer *frame_begin(struct session *session);
CHECK_RESULT enum status frame_end(struct session *session);
CHECK_RESULT enum status effect_add(struct session *session, const struct session_effect *effect);
/* Room for what one more frame of work may need. */
bool effects_room(const struct session *session);
/* Says farewell and why, and ends the session. */
void session_close(struct session *session, enum status status, const char *why);
/* The peer has said that it has no room, and is not asked again yet. */
bool session_put_off(const struct session *session);
/* Nothing is to be sent, in flight, at the writer or to be read: digests may be compared. */
bool session_quiet(const struct session *session);

/* reading.c */
/* The ledger's entry of |log|; NULL if there is none. */
struct log_entry *session_log(struct session *session, const struct name *log);
/* Sets what depends on the scopes and the authority: common and offered. */
void session_classify(struct session *session, struct log_entry *entry);
/* Sets the common scopes from the authority set, and what follows from a change of them. */
CHECK_RESULT enum status session_scopes(struct session *session);
/* Takes over what the store told of a log at |as_of|. */
void session_note_entry(struct session *session, const struct vector_entry *told, uint64_t as_of);
/* The digest of the common vector, computed anew if it is stale. */
CHECK_RESULT enum status session_digest(struct session *session, struct name *digest);
/* Asks for what is worth reading next, unless a READ is out. */
CHECK_RESULT enum status read_issue(struct session *session);
/* Hands an answer to who asked; one of before a restart is dropped. */
CHECK_RESULT enum status read_done(struct session *session, const struct read_result *result);

/* inbox.c */
/* A frame came: the handshake's at once, others in order. */
CHECK_RESULT enum status inbox_frame(struct session *session, struct bytes frame);
/* Takes frames off the inbox, in order, until one must wait. */
CHECK_RESULT enum status inbox_work(struct session *session);

/* greeting.c */
/* The connection stands: a server says HELLO. */
CHECK_RESULT enum status greet_opened(struct session *session, const struct session_event *event);
/* A frame before the peer is proved: its HELLO. */
CHECK_RESULT enum status greet_frame(struct session *session, struct bytes frame);
/* The vector is here: a client says HELLO. */
CHECK_RESULT enum status greet_client_hello(struct session *session);
/* The running hash at the client's arrival: its cursor fits, or its vector is wanted. */
CHECK_RESULT enum status greet_cursor_read(struct session *session,
                                           const struct read_result *result);
/* The authority set has changed, or a peer waits to be known. */
CHECK_RESULT enum status greet_standing(struct session *session);
/* A server whose peer has no grant, neither now nor ever. */
bool greet_unknown(const struct session *session);

/* heads.c */
CHECK_RESULT enum status heads_begin(struct session *session, struct bytes frame);
CHECK_RESULT enum status want_begin(struct session *session, struct bytes frame);
/* Works on the job; |*done| false: it waits for a READ. */
CHECK_RESULT enum status heads_work(struct session *session, bool *done);
CHECK_RESULT enum status want_work(struct session *session, bool *done);
/* Asks what is to be asked: heads of uncertain logs, the whole vector, ids while bisecting. */
CHECK_RESULT enum status heads_pump(struct session *session);
/* Makes sure |log| is in the ledger as the store has it. False: a READ_HEADS is wanted first. */
bool job_log(struct session *session, const struct name *log, struct log_entry **entry);
/* Asks for the ids at |seqs|, at most FRAME_WANT_MAX, of |log|: a READ_IDS is wanted. */
void job_ask_ids(struct session *session, const struct name *log, const uint64_t *seqs,
                 size_t count);
/* Own id at |seq| of |entry|. False: a READ_IDS is wanted first. */
bool job_id(struct session *session, const struct log_entry *entry, uint64_t seq, struct hash *id);
/* Drops the job and what it holds; in inbox.c. */
void job_end(struct session *session);

/* taking.c */
CHECK_RESULT enum status records_begin(struct session *session, struct bytes frame);
CHECK_RESULT enum status records_work(struct session *session, bool *done);
/* The answer to the READ of a frame's prelude. */
CHECK_RESULT enum status records_prelude_read(struct session *session,
                                              const struct read_result *result);

/* settling.c */
/* Tells the sender what was disposed of, and which of it is held. */
CHECK_RESULT enum status take_ack(struct session *session, const struct head *heads, size_t count,
                                  struct bytes receipt);
CHECK_RESULT enum status take_verified(struct session *session, struct batch *batch);
/* |batch| goes to the writer: its cursor goes on from the one that went before. */
void take_hand_cursor(struct session *session, struct batch *batch);
/* A client: a part of the stream was not taken. Its cursor counts no more; the vectors tell what is
 * missing, at once, and ever later where that has not helped. */
void take_lost(struct session *session);
/* Hands verified batches to the writer, in the order they came in. */
CHECK_RESULT enum status take_pump(struct session *session);
CHECK_RESULT enum status take_committed(struct session *session, const struct session_event *event);
CHECK_RESULT enum status take_failed(struct session *session, const struct session_event *event);
/* Tells the sender that |log| is not taken from |seq| on. */
CHECK_RESULT enum status take_refuse(struct session *session, const struct name *log, uint64_t seq,
                                     enum status why);
CHECK_RESULT enum status take_refusal(struct session *session, struct bytes frame);

/* sending.c */
/* Wants a READ for the next frame? Fills the request. */
bool send_read(struct session *session, struct read_request *request);
CHECK_RESULT enum status send_log_read(struct session *session, const struct read_result *result);
CHECK_RESULT enum status send_stream_read(struct session *session,
                                          const struct read_result *result);
CHECK_RESULT enum status send_pump(struct session *session);
/* A log of ours the peer may have waits to be sent. */
bool send_waiting(const struct session *session);
/* The stream begins anew at arrival 0. */
void send_restart(struct session *session);
/* All that arrived was sent or told, but for what need not be told yet. */
bool send_told(const struct session *session);
/* Nothing of the client's arrived: the stream that stands at its end goes on to |arrival|. */
void send_pass(struct session *session, uint64_t arrival, const struct name *running_hash);

/* flight.c */
void flight_init(struct flight *flight, struct bytes before);
void flight_deinit(struct flight *flight);
/* A frame of records leaves, and may be cut: it is kept until line.acked has passed it. */
void flight_sent(struct session *session, struct bytes frame);
void flight_acked(struct session *session);
/* A server that has proved its client says what it has of a frame. */
CHECK_RESULT enum status flight_tell(struct session *session);
/* The client hears of it. */
CHECK_RESULT enum status flight_begun(struct session *session, struct bytes frame);
/* Makes the frame's remainder ready to be sent once its log has come to it. */
CHECK_RESULT enum status flight_pump(struct session *session);
/* A remainder came: the job's frame becomes the whole one. */
CHECK_RESULT enum status flight_join(struct session *session);

/* notes.c */
/* ACK and RECEIPT frames, as jobs. */
CHECK_RESULT enum status notes_ack(struct session *session, struct bytes frame);
CHECK_RESULT enum status notes_receipts(struct session *session, struct bytes frame);
/* The answers to READ_RECEIPTS: to be relayed, or shown as evidence. */
CHECK_RESULT enum status notes_receipts_read(struct session *session,
                                             const struct read_result *result);
CHECK_RESULT enum status notes_evidence_read(struct session *session,
                                             const struct read_result *result);
CHECK_RESULT enum status notes_pump(struct session *session);
/* What was noted of the peer is durable. */
CHECK_RESULT enum status notes_committed(struct session *session, const struct batch *batch);
/* The batch of what is to be written of the peer; NULL: out of memory. */
struct batch *notes_batch(struct session *session);
/* The peer surely holds |log| up to |seq|. NO_MEMORY. */
CHECK_RESULT enum status notes_mark(struct batch *batch, struct log_entry *entry, uint64_t seq);
/* The peer said so itself, and that it holds no more. NO_MEMORY. */
CHECK_RESULT enum status notes_told(struct batch *batch, struct log_entry *entry, uint64_t seq);
/* Remembers own receipts that went out with acknowledgements: they are not told twice. */
void notes_own_receipt(struct session *session, struct bytes receipt);

/* rest.c */
CHECK_RESULT enum status rest_frame(struct session *session, struct bytes frame);
CHECK_RESULT enum status rest_pump(struct session *session);

#endif
