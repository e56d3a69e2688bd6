/*
 * The frames of a session: one websocket message each, a type byte and what follows it. All but
 * RECORDS carry one canonical MessagePack value. A frame of an unknown type is passed over.
 *
 * Source: SPEC.md "Frames", where each is drawn byte by byte.
 */
#ifndef HOSO_PROTOCOL_SYNC_FRAME_FRAME_H
#define HOSO_PROTOCOL_SYNC_FRAME_FRAME_H

#include "protocol/sync/session/batch.h"

/* Numbers are the wire's. */
enum frame_type {
    FRAME_HELLO = 1,
    FRAME_HEADS = 2,
    FRAME_RECORDS = 3,
    FRAME_ACK = 4,
    FRAME_RECEIPT = 5,
    FRAME_REFUSE = 6,
    FRAME_WANT = 7,
    FRAME_BUSY = 8,
    FRAME_BYE = 9,
    FRAME_REST = 10,
    FRAME_BEGUN = 17, /* from SESSION_VERSION_PRELUDE on, as the next */
    FRAME_REMAINDER = 18
};

enum {
    FRAME_NONCE_BYTES = 16,
    FRAME_HEADS_MAX = 1024, /* entries of one HEADS or ACK */
    FRAME_WANT_MAX = 32,    /* seqs of one WANT */
    FRAME_RECEIPTS_MAX = 64,
    FRAME_RUNS_MAX = 256 /* runs of one RECORDS */
};

/* Why a log is refused or a connection ends, as the wire says it. */
enum frame_reason {
    REASON_NONE = 0,
    REASON_MALFORMED = 1,
    REASON_LIMIT = 2,
    REASON_PROTOCOL = 3,
    REASON_FORGED = 4,
    REASON_UNKNOWN_PEER = 5,
    REASON_NEWER = 6,
    REASON_NO_ROOM = 7,
    REASON_FAILED = 8
};
/* What a status is called on the wire, and back; what has no name there is FAILED, UNREACHABLE. */
enum frame_reason frame_reason_of(enum status status);
enum status frame_status_of(uint64_t reason);

/* The nonces and keys both signatures of a handshake cover. */
struct transcript {
    uint8_t client_nonce[FRAME_NONCE_BYTES];
    uint8_t server_nonce[FRAME_NONCE_BYTES];
    struct public_key server;
    struct bytes server_hello; /* the server's HELLO frame, for the client's */
};

struct hello_server {
    uint64_t least_version;
    uint64_t most_version;
    uint64_t window_log2; /* window for records, as a power of two */
    struct name epoch;
    uint8_t nonce[FRAME_NONCE_BYTES];
};

struct hello_client {
    uint64_t version;
    uint64_t window_log2;
    struct public_key key;
    bool has_cursor;
    uint64_t arrival;
    struct name check; /* frame_cursor_check() */
    uint64_t receipts;
    bool at_rest;       /* |digest| holds: nothing will be sent up */
    struct name digest; /* of the vector over the common scopes */
    bool has_proof;
    struct hash proof;
};

/* Encode and sign, decode and check. Errors of openers: MALFORMED, FORGED. */
CHECK_RESULT enum status hello_server_seal(const struct hello_server *hello,
                                           const struct transcript *transcript,
                                           const struct secret_key *key, struct buffer *out);
CHECK_RESULT enum status hello_server_open(struct bytes frame, const struct transcript *transcript,
                                           struct arena *arena, struct hello_server *hello);
CHECK_RESULT enum status hello_client_seal(const struct hello_client *hello,
                                           const struct transcript *transcript,
                                           const struct secret_key *key, struct buffer *out);
CHECK_RESULT enum status hello_client_open(struct bytes frame, const struct transcript *transcript,
                                           struct arena *arena, struct hello_client *hello);
/* What an invited node proves its secret over: client nonce ‖ server nonce ‖ server ‖ client. */
enum { INVITATION_TRANSCRIPT_BYTES = 2 * FRAME_NONCE_BYTES + 64 };
void invitation_transcript(const struct transcript *transcript, const struct public_key *client,
                           uint8_t out[INVITATION_TRANSCRIPT_BYTES]);
struct hash invitation_proof(const uint8_t secret[32], struct bytes transcript);
/* A cursor in 16 bytes: equal iff epoch, arrival, running hash and scopes are. */
struct name frame_cursor_check(const struct cursor *cursor);

/* A log's position as a frame states it. */
struct head {
    struct name log;
    uint64_t seq;
    struct name id16; /* none at seq 0 */
};

enum heads_mode {
    HEADS_ASK = 0,   /* mine; tell me yours */
    HEADS_TELL = 1,  /* mine, up to where you said yours stands */
    HEADS_WHOLE = 2, /* all of mine, last part: send what I lack */
    HEADS_PART = 3,  /* all of mine, more follows */
    HEADS_IDS = 4,   /* ids of one log, as wanted */
    HEADS_GAP = 5    /* a run did not follow: this is what I hold */
};

struct heads {
    enum heads_mode mode;
    const struct name *scopes; /* WHOLE and PART: the set they are of, ascending */
    size_t scope_count;
    const struct head *entries;
    size_t count;
};

struct ack {
    uint64_t bytes;       /* of RECORDS frames disposed of since the session began */
    uint64_t window_log2; /* 0: closed */
    const struct head *heads;
    size_t head_count;
    struct bytes receipt; /* empty: none */
};

struct receipts {
    uint64_t number; /* all of the sender's up to this are told; 0: shown as evidence */
    const struct bytes *items;
    size_t count;
};

struct refusal {
    struct name log;
    uint64_t seq;
    enum frame_reason reason;
};

struct want {
    bool vector; /* the whole vector; else ids of |log| */
    struct name log;
    const uint64_t *seqs;
    size_t count;
};

struct rest {
    bool equal;
    struct name digest;
};

/* Of a RECORDS frame of the last connection so many bytes came; the rest will do. */
struct begun {
    uint64_t bytes;
    struct name check; /* begun_check() of them */
};

/* Encoders append one frame; failures are the buffer's. Decoders borrow from |frame|; lists live in
 * |arena|. Errors: MALFORMED, LIMIT, NO_MEMORY. */
void heads_encode(const struct heads *heads, struct buffer *out);
CHECK_RESULT enum status heads_decode(struct bytes frame, struct arena *arena, struct heads *heads);
void ack_encode(const struct ack *ack, struct buffer *out);
CHECK_RESULT enum status ack_decode(struct bytes frame, struct arena *arena, struct ack *ack);
void receipts_encode(const struct receipts *receipts, struct buffer *out);
CHECK_RESULT enum status receipts_decode(struct bytes frame, struct arena *arena,
                                         struct receipts *receipts);
void want_encode(const struct want *want, struct buffer *out);
CHECK_RESULT enum status want_decode(struct bytes frame, struct arena *arena, struct want *want);
void rest_encode(const struct rest *rest, struct buffer *out);
CHECK_RESULT enum status rest_decode(struct bytes frame, struct arena *arena, struct rest *rest);
void begun_encode(const struct begun *begun, struct buffer *out);
CHECK_RESULT enum status begun_decode(struct bytes frame, struct arena *arena, struct begun *begun);
/* What a sender compares with the beginnings of the frames it has sent. */
struct name begun_check(struct bytes beginning);
/* BUSY (milliseconds) and BYE (a reason). */
void notice_encode(enum frame_type type, uint64_t number, struct buffer *out);
CHECK_RESULT enum status notice_decode(struct bytes frame, struct arena *arena, uint64_t *number);
/* Signed by |key| over both nonces. Errors of the opener: MALFORMED, FORGED. */
void refusal_seal(const struct refusal *refusal, const struct transcript *transcript,
                  const struct secret_key *key, struct buffer *out);
CHECK_RESULT enum status refusal_open(struct bytes frame, const struct transcript *transcript,
                                      const struct public_key *key, struct arena *arena,
                                      struct refusal *refusal);

/* What stands before a RECORDS frame's columns. */
enum run_follow {
    FOLLOW_OPENING = 0, /* the run begins with the log's opening record */
    FOLLOW_KNOWN = 1,   /* it follows a record the receiver surely holds: 8 bytes check its id */
    FOLLOW_TOLD = 2     /* it follows the record whose id stands here */
};

struct records_run {
    struct name log;
    uint64_t first_seq;
    size_t count;
    enum run_follow follow;
    struct hash before; /* KNOWN: the first 8 bytes, the rest zero */
};

struct records {
    bool has_cursor;
    uint64_t arrival;
    struct name running_hash;
    bool at_end;    /* the stream stands at the sender's newest arrival */
    bool restart;   /* the first frame of a stream begun anew from vectors */
    size_t prelude; /* the columns go on from so many records before the first run, which follows
                       one that is KNOWN */
    struct records_run *runs;
    size_t run_count;
    struct bytes columns; /* columns_decode() */
};

/* Appends everything up to the columns, which the caller appends behind. */
void records_encode(const struct records *records, struct buffer *out);
CHECK_RESULT enum status records_decode(struct bytes frame, struct arena *arena,
                                        struct records *records);

#endif
