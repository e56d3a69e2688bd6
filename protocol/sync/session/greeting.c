#include "protocol/sync/session/state.h"

#include <string.h>

static uint64_t window_log2(const struct session *session)
{
    uint64_t log2 = 0;
    while (((size_t)2 << log2) <= session->self.window_bytes) {
        log2++;
    }
    return log2;
}

enum status greet_opened(struct session *session, const struct session_event *event)
{
    if (session->phase != PHASE_NEW) {
        return STATUS_PROTOCOL;
    }
    session->phase = PHASE_GREET;
    session->hello_deadline_us = session->now_us + HELLO_TIMEOUT_US;
    memcpy(session->transcript.client_nonce, event->nonce, FRAME_NONCE_BYTES);
    if (session->self.role == SESSION_CLIENT) {
        return STATUS_OK;
    }
    memcpy(session->transcript.server_nonce, event->random, FRAME_NONCE_BYTES);
    struct hello_server hello = {
        .least_version = SESSION_VERSION_LEAST,
        .most_version = SESSION_PROTOCOL_VERSION,
        .window_log2 = window_log2(session),
        .epoch = session->self.epoch,
    };
    memcpy(hello.nonce, event->random, FRAME_NONCE_BYTES);
    enum status status = hello_server_seal(&hello, &session->transcript, session->self.secret,
                                           &session->server_hello);
    if (status != STATUS_OK) {
        return status;
    }
    session->transcript.server_hello = buffer_view(&session->server_hello);
    buffer_append_bytes(frame_begin(session), session->transcript.server_hello);
    return frame_end(session);
}

static enum status server_said_hello(struct session *session, struct bytes frame)
{
    struct hello_server hello;
    enum status status = hello_server_open(frame, &session->transcript, &session->scratch, &hello);
    if (status != STATUS_OK) {
        return status;
    }
    if (hello.least_version > SESSION_PROTOCOL_VERSION ||
        hello.most_version < SESSION_VERSION_LEAST) {
        return STATUS_NEWER;
    }
    session->version = hello.most_version < SESSION_PROTOCOL_VERSION ? hello.most_version
                                                                     : SESSION_PROTOCOL_VERSION;
    memcpy(session->transcript.server_nonce, hello.nonce, FRAME_NONCE_BYTES);
    buffer_append_bytes(&session->server_hello, frame);
    session->transcript.server_hello = buffer_view(&session->server_hello);
    session->epoch = hello.epoch;
    session->proved = true;
    session->hello_deadline_us = 0;
    line_init(&session->line, (uint64_t)1 << hello.window_log2);
    line_expect(&session->line, &session->self.line);
    status = session_scopes(session);
    session->need_vector = true;
    session->phase = PHASE_READ;
    return status != STATUS_OK ? status : buffer_status(&session->server_hello);
}

/* Logs that go on where the peer stands for sure, and those whose head must be asked for first. */
static bool set_out(struct session *session)
{
    bool nothing = true;
    for (size_t i = 0; i < session->ledger.count; i++) {
        struct log_entry *entry = &session->ledger.items[i];
        entry->sent_seq = entry->peer_seq;
        if (entry->offered && entry->seq > entry->peer_seq) {
            nothing = false;
            entry->sending = session->self.marks_certain ? SENDING_OPEN : SENDING_ASK;
            session->look = true;
        }
    }
    return nothing;
}

enum status greet_client_hello(struct session *session)
{
    struct name scopes = scopes_digest(&session->common);
    struct cursor *cursor = &session->cursor;
    bool same_epoch = session->self.has_cursor && name_equal(&cursor->epoch, &session->epoch);
    session->has_cursor = same_epoch && name_equal(&cursor->scopes, &scopes);
    session->stream_scopes = scopes;
    session->need_evidence = session->self.has_cursor;
    session->evidence_ahead = same_epoch;
    session->whole_wanted = !session->has_cursor;
    if (!session->has_cursor) {
        *cursor = (struct cursor){.epoch = session->epoch, .scopes = scopes};
    }
    session->receipts_held = cursor->receipts;
    session->handed = *cursor;
    struct hello_client hello = {
        .version = session->version,
        .window_log2 = window_log2(session),
        .key = session->self.key,
        .has_cursor = session->has_cursor,
        .arrival = cursor->arrival,
        .check = frame_cursor_check(cursor),
        .receipts = cursor->receipts,
        .at_rest = set_out(session),
        .has_proof = session->self.has_invitation &&
                     authority_grant(session->self.authority, &session->self.key) == NULL,
    };
    enum status status = session_digest(session, &hello.digest);
    if (status != STATUS_OK) {
        return status;
    }
    if (hello.has_proof) {
        uint8_t message[INVITATION_TRANSCRIPT_BYTES];
        invitation_transcript(&session->transcript, &session->self.key, message);
        hello.proof =
            invitation_proof(session->self.invitation.secret, bytes_of(message, sizeof message));
    }
    session->rest_asked = hello.at_rest;
    session->rest_due = !hello.at_rest;
    session->rest_change = session->change;
    status =
        hello_client_seal(&hello, &session->transcript, session->self.secret, frame_begin(session));
    return status != STATUS_OK ? status : frame_end(session);
}

bool greet_unknown(const struct session *session)
{
    return session->self.role == SESSION_SERVER && !session->granted && !session->upload_only;
}

/* An invited node is granted by the replica; until its grant is here it gets nothing. */
static enum status look_for_invitation(struct session *session)
{
    if (session->invited || !session->hello.has_proof || session->self.invited == NULL) {
        return STATUS_OK;
    }
    uint8_t message[INVITATION_TRANSCRIPT_BYTES];
    invitation_transcript(&session->transcript, &session->peer, message);
    struct bytes transcript = bytes_of(message, sizeof message);
    if (!session->self.invited(session->self.invited_context, &session->hello.proof, &session->peer,
                               &transcript)) {
        return STATUS_OK;
    }
    session->invited = true;
    struct session_effect effect = {
        .kind = EFFECT_GRANT, .peer = session->peer, .invitation = session->hello.proof};
    return effect_add(session, &effect);
}

enum status greet_standing(struct session *session)
{
    if (session->self.role == SESSION_SERVER) {
        const struct authority *authority = session->self.authority;
        session->granted = authority_grant(authority, &session->peer) != NULL;
        session->upload_only =
            !session->granted && authority_ever_granted(authority, &session->peer);
        if (!greet_unknown(session)) {
            session->hello_deadline_us = 0;
        }
        if (!session->granted) {
            session->stream.on = false;
        }
        enum status status = greet_unknown(session) ? look_for_invitation(session) : STATUS_OK;
        if (status != STATUS_OK) {
            return status;
        }
    }
    return session_scopes(session);
}

static enum status client_said_hello(struct session *session, struct bytes frame)
{
    struct hello_client *hello = &session->hello;
    enum status status = hello_client_open(frame, &session->transcript, &session->scratch, hello);
    if (status != STATUS_OK) {
        return status;
    }
    if (hello->version < SESSION_VERSION_LEAST || hello->version > SESSION_PROTOCOL_VERSION) {
        return STATUS_NEWER;
    }
    session->version = hello->version;
    session->peer = hello->key;
    session->proved = true;
    session->hello_deadline_us = session->now_us + HELLO_TIMEOUT_US;
    line_init(&session->line, (uint64_t)1 << hello->window_log2);
    status = greet_standing(session);
    /* Until its vector says otherwise the client's set of scopes is taken to be the same. */
    if (status == STATUS_OK) {
        status = scopes_copy(session->common.at, session->common.count, &session->listed);
    }
    if (status == STATUS_OK) {
        status = session_scopes(session);
    }
    session->want_vector = false;
    session->need_vector = true;
    session->need_cursor = hello->has_cursor && session->granted;
    session->peer_rest = hello->at_rest;
    session->peer_digest = hello->digest;
    session->stream.receipts_wait = !hello->at_rest;
    session->stream.receipts = hello->receipts;
    session->stream.receipts_told = hello->receipts;
    session->stream.receipts_read = hello->receipts;
    session->phase = PHASE_READ;
    return status != STATUS_OK ? status : flight_tell(session);
}

enum status greet_frame(struct session *session, struct bytes frame)
{
    if (session->phase != PHASE_GREET || frame.at[0] != FRAME_HELLO) {
        return STATUS_PROTOCOL;
    }
    arena_reset(&session->scratch);
    return session->self.role == SESSION_CLIENT ? server_said_hello(session, frame)
                                                : client_said_hello(session, frame);
}

enum status greet_cursor_read(struct session *session, const struct read_result *result)
{
    session->need_cursor = false;
    session->phase = PHASE_RUN;
    struct cursor cursor = {
        .epoch = session->self.epoch,
        .arrival = session->hello.arrival,
        .running_hash = result->running_hash,
        .scopes = scopes_digest(&session->agreed),
    };
    struct name check = frame_cursor_check(&cursor);
    if (result->status != STATUS_OK || !name_equal(&check, &session->hello.check)) {
        session->want_vector = true;
        return STATUS_OK;
    }
    session->report.paths[PATH_CURSOR]++;
    session->stream.on = session->granted;
    session->stream.from = cursor.arrival;
    session->stream.told = cursor.arrival;
    session->stream.hash = cursor.running_hash;
    return STATUS_OK;
}
