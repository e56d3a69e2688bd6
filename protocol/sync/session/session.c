#include "protocol/sync/session/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { EFFECTS_SPARE = 16, IDLE_BUFFER_BYTES = 128, BUFFER_LIMIT = 16 * 1024 * 1024 };

static uint64_t log2_floor(uint64_t value)
{
    uint64_t log2 = 0;
    while (value > 1) {
        value >>= 1;
        log2++;
    }
    return log2;
}

struct session *session_new(const struct session_self *self)
{
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        return NULL;
    }
    session->self = *self;
    uint64_t log2 = log2_floor(self->window_bytes);
    log2 = log2 < SESSION_WINDOW_LEAST_LOG2 ? SESSION_WINDOW_LEAST_LOG2 : log2;
    session->self.window_bytes = (size_t)1 << log2;
    session->cursor = self->cursor;
    session->digest_stale = true;
    session->raw_per_wire = self->line.rate > 0 ? RAW_PER_WIRE_KNOWN : RAW_PER_WIRE_FIRST;
    session->vectors_backoff = 1;
    session->patience_us = ROOM_LEAST_US;
    session->owed_us = UINT64_MAX;
    session->peer = self->role == SESSION_CLIENT ? self->peer : session->peer;
    session->transcript.server = self->role == SESSION_CLIENT ? self->peer : self->key;
    line_init(&session->line, 0);
    buffer_init(&session->server_hello, LIMIT_FRAME_BYTES);
    buffer_init(&session->out, BUFFER_LIMIT);
    buffer_init(&session->inbox, BUFFER_LIMIT);
    buffer_init(&session->ready.bytes, (size_t)READY_FRAMES * LIMIT_FRAME_BYTES);
    arena_init(&session->scratch, JOB_ARENA_BYTES);
    arena_init(&session->job.arena, JOB_ARENA_BYTES);
    flight_init(&session->flight, self->flight);
    return session;
}

void session_free(struct session *session)
{
    if (session == NULL) {
        return;
    }
    while (session->taken != NULL) {
        struct taken *next = session->taken->next;
        batch_free(session->taken->verified);
        free(session->taken);
        session->taken = next;
    }
    flight_deinit(&session->flight);
    batch_free(session->notes);
    batch_free(session->job.batch);
    free(session->stream.have);
    free(session->stream.own);
    line_rest(&session->line);
    scopes_deinit(&session->common);
    scopes_deinit(&session->listed);
    scopes_deinit(&session->agreed);
    ledger_deinit(&session->ledger);
    buffer_deinit(&session->server_hello);
    buffer_deinit(&session->out);
    buffer_deinit(&session->inbox);
    buffer_deinit(&session->ready.bytes);
    arena_deinit(&session->scratch);
    arena_deinit(&session->job.arena);
    free(session);
}

/* ---- effects ---- */

bool effects_room(const struct session *session)
{
    return session->effects->count + EFFECTS_SPARE <= SESSION_EFFECTS_MAX;
}

enum status effect_add(struct session *session, const struct session_effect *effect)
{
    if (session->effects->count == SESSION_EFFECTS_MAX) {
        return STATUS_LIMIT;
    }
    session->effects->send_at[session->effects->count] = session->out.size;
    session->effects->items[session->effects->count++] = *effect;
    return STATUS_OK;
}

struct buffer *frame_begin(struct session *session)
{
    if (session->effects->count < SESSION_EFFECTS_MAX) {
        session->effects->send_at[session->effects->count] = session->out.size;
    }
    return &session->out;
}

enum status frame_end(struct session *session)
{
    enum status status = buffer_status(&session->out);
    if (status != STATUS_OK || session->effects->count == SESSION_EFFECTS_MAX) {
        return status != STATUS_OK ? status : STATUS_LIMIT;
    }
    size_t index = session->effects->count++;
    struct session_effect *effect = &session->effects->items[index];
    *effect = (struct session_effect){.kind = EFFECT_SEND};
    effect->frame.size = session->out.size - session->effects->send_at[index];
    session->report.payload_sent += effect->frame.size;
    return STATUS_OK;
}

/* The output may have moved while it grew: frames get their place at the step's end. */
static void place_frames(struct session *session)
{
    for (size_t i = 0; i < session->effects->count; i++) {
        struct session_effect *effect = &session->effects->items[i];
        if (effect->kind == EFFECT_SEND) {
            effect->frame.at = session->out.at + session->effects->send_at[i];
        }
    }
}

void session_close(struct session *session, enum status status, const char *why)
{
    if (session->phase == PHASE_CLOSED) {
        return;
    }
    session->phase = PHASE_CLOSED;
    session->out.status = STATUS_OK;
    if (session->effects->count + 2 > SESSION_EFFECTS_MAX) {
        session->effects->count = SESSION_EFFECTS_MAX - 2;
    }
    notice_encode(FRAME_BYE, frame_reason_of(status), frame_begin(session));
    if (frame_end(session) != STATUS_OK) {
        session->out.status = STATUS_OK; /* no farewell, then */
    }
    struct session_effect effect = {.kind = EFFECT_CLOSE, .status = status, .why = why};
    if (effect_add(session, &effect) != STATUS_OK) {
        assert(false && "two places are kept for this");
    }
}

static enum status arrived(struct session *session, const struct session_event *event)
{
    bool concerned = false;
    for (size_t i = 0; i < event->changed_count; i++) {
        const struct vector_entry *told = &event->changed[i];
        bool known = session_log(session, &told->head.log) != NULL;
        /* What was held before a fork has a new name, and the peer may have it: its mark tells. */
        session->need_vector =
            session->need_vector || (!known && session->self.role == SESSION_CLIENT);
        concerned = concerned || scopes_hold(&session->agreed, &told->scope);
        if (known || session->self.role == SESSION_CLIENT ||
            scopes_hold(&session->agreed, &told->scope)) {
            session_note_entry(session, told, event->arrival);
        }
    }
    if (event->arrival > session->newest) {
        if (!concerned) {
            send_pass(session, event->arrival, &event->running_hash);
        }
        session->newest = event->arrival;
    }
    if (event->receipt_number > session->newest_receipt) {
        session->newest_receipt = event->receipt_number;
    }
    return STATUS_OK;
}

static enum status committed(struct session *session, const struct session_event *event)
{
    if (session->notes_out && event->batch->tag == session->notes_tag) {
        enum status status = notes_committed(session, event->batch);
        batch_free(event->batch);
        return status;
    }
    return take_committed(session, event);
}

/* The peer owes an answer. */
static bool is_owed(const struct session *session)
{
    return session->phase == PHASE_RUN &&
           (session->asks_out || session->whole_pending || session->rest_asked);
}

/* When the peer has been silent too long over what it owes: an acknowledgement, or an answer. */
static uint64_t silence_us(const struct session *session)
{
    uint64_t due = UINT64_MAX;
    if (session->line.sent > session->line.acked) {
        due = session->line.progress_us + ACK_TIMEOUT_US;
    }
    uint64_t since = session->heard_us > session->owed_us ? session->heard_us : session->owed_us;
    if (is_owed(session) && since + ACK_TIMEOUT_US < due) {
        due = since + ACK_TIMEOUT_US;
    }
    return due;
}

static enum status dispatch(struct session *session, const struct session_event *event)
{
    switch (event->kind) {
    case EVENT_OPENED:
        return greet_opened(session, event);
    case EVENT_FRAME:
        return inbox_frame(session, event->frame);
    case EVENT_WRITABLE:
        session->line.busy = false;
        return STATUS_OK;
    case EVENT_READ_DONE:
        return read_done(session, event->read);
    case EVENT_VERIFIED:
        return take_verified(session, event->batch);
    case EVENT_COMMITTED:
        return committed(session, event);
    case EVENT_COMMIT_FAILED:
        return take_failed(session, event);
    case EVENT_ARRIVED:
        return arrived(session, event);
    case EVENT_AUTHORITY_CHANGED:
        session->self.authority = event->authority;
        return session->phase == PHASE_NEW || session->phase == PHASE_GREET
                   ? STATUS_OK
                   : greet_standing(session);
    case EVENT_CLOSED:
        session->phase = PHASE_CLOSED;
        return STATUS_OK;
    case EVENT_TICK:
        break;
    }
    bool late = session->hello_deadline_us != 0 && session->now_us >= session->hello_deadline_us;
    bool silent = session->now_us >= silence_us(session);
    if (late && session->phase != PHASE_GREET) {
        return STATUS_UNKNOWN_PEER; /* no grant of its came */
    }
    return late || silent ? STATUS_UNREACHABLE : STATUS_OK;
}

static enum status pump(struct session *session)
{
    session->again = false;
    enum status status = take_pump(session);
    if (status == STATUS_OK) {
        status = inbox_work(session);
    }
    if (status == STATUS_OK && session->phase == PHASE_RUN) {
        status = heads_pump(session);
    }
    if (status == STATUS_OK && session->phase == PHASE_RUN) {
        status = send_pump(session);
    }
    if (status == STATUS_OK && session->phase == PHASE_RUN) {
        status = notes_pump(session);
    }
    if (status == STATUS_OK) {
        status = read_issue(session);
    }
    if (status == STATUS_OK && session->phase == PHASE_RUN) {
        status = rest_pump(session);
    }
    return status;
}

static void let_go(struct buffer *buffer, size_t limit)
{
    if (buffer->size == 0 && buffer->capacity > IDLE_BUFFER_BYTES) {
        buffer_deinit(buffer);
        buffer_init(buffer, limit);
    }
}

/* An idle connection keeps no large buffers: a hub has thousands. */
static void let_buffers_go(struct session *session)
{
    if (session->reading || session->batches_out > 0 || session->job.kind != JOB_NONE ||
        session->line.sent != session->line.acked || session->ready.count > 0) {
        return;
    }
    line_rest(&session->line);
    if (session->phase == PHASE_RUN) { /* the greeting is over */
        session->transcript.server_hello = bytes_of(NULL, 0);
        buffer_deinit(&session->server_hello);
    }
    let_go(&session->inbox, BUFFER_LIMIT);
    let_go(&session->ready.bytes, (size_t)READY_FRAMES * LIMIT_FRAME_BYTES);
    arena_deinit(&session->scratch);
    arena_init(&session->scratch, JOB_ARENA_BYTES);
    arena_deinit(&session->job.arena);
    arena_init(&session->job.arena, JOB_ARENA_BYTES);
}

static void tell_state(struct session *session, const struct session_report *before)
{
    struct session_report now;
    session_report(session, &now);
    if ((now.proved != before->proved || now.at_rest != before->at_rest ||
         now.settled != before->settled || now.state != before->state) &&
        session->effects->count < SESSION_EFFECTS_MAX) {
        struct session_effect effect = {.kind = EFFECT_STATE};
        if (effect_add(session, &effect) != STATUS_OK) {
            assert(false && "room was seen");
        }
    }
}

enum status session_step(struct session *session, const struct session_event *event,
                         struct session_effects *effects)
{
    assert(event->now_us >= session->now_us);
    session->now_us = event->now_us;
    effects->count = 0;
    session->effects = effects;
    buffer_reset(&session->out);
    let_go(&session->out, BUFFER_LIMIT);
    if (session->phase == PHASE_CLOSED) {
        batch_free(event->batch);
        return STATUS_OK;
    }
    struct session_report before;
    session_report(session, &before);
    enum status status = dispatch(session, event);
    if (status == STATUS_OK) {
        status = pump(session);
    }
    if (status != STATUS_OK) {
        session_close(session, status, status_text(status));
    }
    if (!is_owed(session)) {
        session->owed_us = UINT64_MAX;
    } else if (session->owed_us == UINT64_MAX) {
        session->owed_us = session->now_us;
    }
    let_buffers_go(session);
    tell_state(session, &before);
    place_frames(session);
    return status;
}

uint64_t session_deadline_us(const struct session *session)
{
    if (session->phase == PHASE_CLOSED) {
        return UINT64_MAX;
    }
    if (session->again) {
        return session->now_us;
    }
    uint64_t due = UINT64_MAX;
    if (session->hello_deadline_us != 0) {
        due = session->hello_deadline_us;
    }
    uint64_t silence = silence_us(session);
    due = silence < due ? silence : due;
    if (session->blocked_until_us > session->now_us && session->blocked_until_us < due) {
        due = session->blocked_until_us;
    }
    if (session->whole_due_us != 0 && session->whole_due_us < due) {
        due = session->whole_due_us;
    }
    return due;
}

bool session_put_off(const struct session *session)
{
    return session->now_us < session->blocked_until_us;
}

/* Nothing is under way. Records may wait to be sent. */
static bool is_still(const struct session *session)
{
    return session->phase == PHASE_RUN && session->ready.count == 0 &&
           session->line.sent == session->line.acked && session->batches_out == 0 &&
           session->notes == NULL && !session->notes_out && session->job.kind == JOB_NONE &&
           session->inbox.size == session->inbox_at && !session->reading && !session->need_vector &&
           !session->need_evidence && !session->whole_wanted && !session->whole_pending;
}

bool session_quiet(const struct session *session)
{
    if (session->self.role == SESSION_CLIENT) {
        return is_still(session) && !send_waiting(session);
    }
    return is_still(session) && (session->upload_only || send_told(session));
}

static const char *state_name(const struct session *session)
{
    switch (session->phase) {
    case PHASE_NEW:
        return "new";
    case PHASE_GREET:
        return "greeting";
    case PHASE_READ:
        return "reading";
    case PHASE_RUN:
        return session->self.role == SESSION_SERVER && !session->granted
                   ? (session->upload_only ? "upload only" : "admitting")
                   : "running";
    case PHASE_CLOSED:
        break;
    }
    return "closed";
}

void session_report(const struct session *session, struct session_report *report)
{
    *report = session->report;
    report->proved = session->proved;
    report->peer = session->peer;
    bool current = session->verdict_change == session->change && session_quiet(session);
    report->at_rest = current && session->equal;
    bool put_off = session_put_off(session) && is_still(session);
    report->no_room = put_off && send_waiting(session);
    report->lost = session->whole_due_us != 0 && session->lost_wait_us > LOST_LEAST_US;
    report->settled = report->at_rest || (current && session->differs) || report->no_room;
    report->in_flight = session->line.sent > session->line.acked;
    report->waiting = session->inbox.size - session->inbox_at;
    report->payload_acked = session->line.acked;
    report->line = (struct session_line){session->line.rate, session->line.trip_us};
    report->state = state_name(session);
}
