#include "protocol/sync/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { EFFECTS_SPARE = 16, IDLE_BUFFER_BYTES = 4096, INBOX_LIMIT = 16 * 1024 * 1024 };

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
    session->raw_per_wire = 16;
    session->vectors_backoff = 1;
    session->peer = self->role == SESSION_CLIENT ? self->peer : session->peer;
    session->transcript.server = self->role == SESSION_CLIENT ? self->peer : self->key;
    line_init(&session->line, 0);
    buffer_init(&session->server_hello, LIMIT_FRAME_BYTES);
    buffer_init(&session->out, INBOX_LIMIT);
    buffer_init(&session->inbox, INBOX_LIMIT);
    buffer_init(&session->ready.bytes, (size_t)READY_FRAMES * LIMIT_FRAME_BYTES);
    arena_init(&session->scratch, JOB_ARENA_BYTES);
    arena_init(&session->job.arena, JOB_ARENA_BYTES);
    return session;
}

void session_free(struct session *session)
{
    if (session == NULL) {
        return;
    }
    while (session->taken != NULL) {
        struct taken *next = session->taken->next;
        free(session->taken);
        session->taken = next;
    }
    batch_free(session->notes);
    batch_free(session->job.batch);
    free(session->stream.have);
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
    session->send_at[session->effects->count] = session->out.size;
    session->effects->items[session->effects->count++] = *effect;
    return STATUS_OK;
}

struct buffer *frame_begin(struct session *session)
{
    if (session->effects->count < SESSION_EFFECTS_MAX) {
        session->send_at[session->effects->count] = session->out.size;
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
    effect->frame.size = session->out.size - session->send_at[index];
    session->report.payload_sent += effect->frame.size;
    return STATUS_OK;
}

/* The output may have moved while it grew: frames get their place at the step's end. */
static void place_frames(struct session *session)
{
    for (size_t i = 0; i < session->effects->count; i++) {
        struct session_effect *effect = &session->effects->items[i];
        if (effect->kind == EFFECT_SEND) {
            effect->frame.at = session->out.at + session->send_at[i];
        }
    }
}

static void close_session(struct session *session, enum status status, const char *why)
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

/* ---- what the store tells ---- */

void session_classify(struct session *session, struct log_entry *entry)
{
    const struct authority *authority = session->self.authority;
    struct name root = authority_scope(authority_root(authority));
    bool root_scope = name_equal(&entry->scope, &root);
    const struct scopes *set =
        session->self.role == SESSION_CLIENT ? &session->common : &session->agreed;
    entry->common = scopes_hold(set, &entry->scope);
    entry->offered = !name_is_none(&entry->scope) &&
                     (root_scope || authority_may(authority, &session->peer, &entry->scope));
}

struct log_entry *session_log(struct session *session, const struct name *log)
{
    return ledger_find(&session->ledger, log);
}

void session_note_entry(struct session *session, const struct vector_entry *told, uint64_t as_of)
{
    struct log_entry *entry = ledger_put(&session->ledger, &told->head.log);
    if (entry == NULL || as_of < entry->as_of) {
        return;
    }
    entry->as_of = as_of;
    if (entry->seq != told->head.seq || !hash_equal(&entry->id, &told->head.id)) {
        session->digest_stale = true;
        session->change++;
    }
    entry->seq = told->head.seq;
    entry->id = told->head.id;
    if (told->head.seq > 0) {
        entry->scope = told->scope;
        entry->device = told->device;
        entry->device_known = true;
        entry->purpose = told->purpose;
    }
    if (told->peer_seq > entry->peer_seq) {
        entry->peer_seq = told->peer_seq;
    }
    if (entry->sent_seq < entry->peer_seq) {
        entry->sent_seq = entry->peer_seq;
    }
    session_classify(session, entry);
}

enum status session_scopes(struct session *session)
{
    struct scopes common;
    enum status status =
        scopes_common(session->self.authority, &session->self.key, &session->peer, &common);
    if (status != STATUS_OK) {
        return status;
    }
    bool client = session->self.role == SESSION_CLIENT;
    bool changed = !scopes_equal(&common, &session->common);
    scopes_deinit(&session->common);
    session->common = common;
    if (!client) {
        struct scopes agreed;
        status = scopes_among(&session->common, &session->listed, &agreed);
        if (status != STATUS_OK) {
            return status;
        }
        changed = !scopes_equal(&agreed, &session->agreed);
        scopes_deinit(&session->agreed);
        session->agreed = agreed;
        session->need_vector = session->need_vector || changed;
        session->want_vector = session->want_vector || (changed && session->stream.on);
        session->stream.on = session->stream.on && !changed;
    } else if (changed && session->phase == PHASE_RUN) {
        session->whole_wanted = true;
    }
    session->digest_stale = session->digest_stale || changed;
    session->change += changed ? 1 : 0;
    for (size_t i = 0; i < session->ledger.count; i++) {
        session_classify(session, &session->ledger.items[i]);
    }
    return STATUS_OK;
}

enum status session_digest(struct session *session, struct name *digest)
{
    if (session->digest_stale) {
        enum status status = ledger_digest(&session->ledger, &session->digest);
        if (status != STATUS_OK) {
            return status;
        }
        session->digest_stale = false;
    }
    *digest = session->digest;
    return STATUS_OK;
}

/* ---- reads ---- */

static void read_scopes(const struct session *session, struct read_request *request)
{
    request->scopes = session->agreed.at;
    request->scope_count = session->agreed.count;
}

/* What to read next; false: nothing. What the job waits for comes before what could be sent. */
static bool choose_read(struct session *session, struct read_request *request)
{
    bool client = session->self.role == SESSION_CLIENT;
    struct job *job = &session->job;
    request->peer = session->peer;
    if (session->phase != PHASE_READ && session->phase != PHASE_RUN) {
        return false;
    }
    if (session->need_vector) {
        request->kind = READ_VECTOR;
        if (!client) {
            read_scopes(session, request);
        }
        session->need_vector = false;
        return client || request->scope_count > 0;
    }
    if (session->need_cursor) {
        request->kind = READ_CURSOR;
        request->from = session->hello.arrival;
        return true;
    }
    if (job->want_heads) {
        request->kind = READ_HEADS;
        request->logs = job->missing;
        request->count = job->missing_count;
        return true;
    }
    if (job->want_ids) {
        request->kind = READ_IDS;
        request->log = job->ids_log;
        request->seqs = job->seqs;
        request->count = job->id_count;
        return true;
    }
    if (session->need_evidence) {
        request->kind = READ_EVIDENCE;
        session->need_evidence = false;
        return true;
    }
    return session->phase == PHASE_RUN && send_read(session, request);
}

static enum status issue_read(struct session *session)
{
    if (session->reading || !effects_room(session)) {
        return STATUS_OK;
    }
    struct session_effect effect = {.kind = EFFECT_READ};
    if (!choose_read(session, &effect.read)) {
        return STATUS_OK;
    }
    session->reading = true;
    session->read_kind = effect.read.kind;
    session->read_log = effect.read.log;
    session->read_from = effect.read.from;
    effect.read.tag = ++session->read_tag;
    return effect_add(session, &effect);
}

static enum status vector_read(struct session *session, const struct read_result *result)
{
    for (size_t i = 0; i < result->vector_count; i++) {
        session_note_entry(session, &result->vector[i], result->newest);
    }
    if (session->phase != PHASE_READ) {
        return STATUS_OK;
    }
    if (session->self.role == SESSION_CLIENT) {
        session->phase = PHASE_RUN;
        return greet_client_hello(session);
    }
    session->phase = session->need_cursor ? PHASE_READ : PHASE_RUN;
    return STATUS_OK;
}

static enum status heads_read(struct session *session, const struct read_result *result)
{
    struct job *job = &session->job;
    if (result->vector_count != job->missing_count) {
        return STATUS_CORRUPT;
    }
    for (size_t i = 0; i < result->vector_count; i++) {
        struct vector_entry told = result->vector[i];
        told.head.log = job->missing[i];
        session_note_entry(session, &told, result->newest);
    }
    job->want_heads = false;
    job->missing_count = 0;
    return STATUS_OK;
}

static enum status ids_read(struct session *session, const struct read_result *result)
{
    struct job *job = &session->job;
    if (result->id_count != job->id_count) {
        return STATUS_CORRUPT;
    }
    memcpy(job->ids, result->ids, result->id_count * sizeof *job->ids);
    job->want_ids = false;
    job->have_ids = true;
    return STATUS_OK;
}

static enum status read_done(struct session *session, const struct read_result *result)
{
    if (!session->reading || result->tag != session->read_tag) {
        return STATUS_OK; /* of before a COMMIT_FAILED or a restart */
    }
    session->reading = false;
    if (result->status != STATUS_OK &&
        !(result->status == STATUS_NOT_FOUND && session->read_kind == READ_CURSOR)) {
        return result->status;
    }
    if (result->newest > session->newest) {
        session->newest = result->newest;
    }
    if (result->newest_receipt > session->newest_receipt) {
        session->newest_receipt = result->newest_receipt;
    }
    switch (session->read_kind) {
    case READ_VECTOR:
        return vector_read(session, result);
    case READ_HEADS:
        return heads_read(session, result);
    case READ_IDS:
        return ids_read(session, result);
    case READ_CURSOR:
        return greet_cursor_read(session, result);
    case READ_EVIDENCE:
        return notes_evidence_read(session, result);
    case READ_RECEIPTS:
        return notes_receipts_read(session, result);
    case READ_LOG:
        return send_log_read(session, result);
    case READ_ARRIVALS:
        return send_stream_read(session, result);
    }
    return STATUS_CORRUPT;
}

/* ---- the inbox ---- */

static enum status begin_frame(struct session *session, struct bytes frame)
{
    switch ((enum frame_type)frame.at[0]) {
    case FRAME_HEADS:
        return heads_begin(session, frame);
    case FRAME_WANT:
        return want_begin(session, frame);
    case FRAME_RECORDS:
        return records_begin(session, frame);
    case FRAME_ACK:
        return notes_ack(session, frame);
    case FRAME_RECEIPT:
        return notes_receipts(session, frame);
    case FRAME_REFUSE:
        return take_refusal(session, frame);
    case FRAME_REST:
        return rest_frame(session, frame);
    case FRAME_BUSY: {
        uint64_t ms = 0;
        enum status status = notice_decode(frame, &session->job.arena, &ms);
        session->report.retry_after_ms = ms;
        session->blocked_until_us = session->now_us + ms * 1000;
        return status;
    }
    case FRAME_BYE: {
        uint64_t reason = 0;
        enum status status = notice_decode(frame, &session->job.arena, &reason);
        if (status == STATUS_OK) {
            close_session(session, frame_status_of(reason), "the other side ended it");
        }
        return status;
    }
    case FRAME_HELLO:
        return STATUS_PROTOCOL;
    }
    return STATUS_OK; /* of a later version: passed over */
}

static enum status work_on_job(struct session *session, bool *done)
{
    if (session->job.want_heads || session->job.want_ids) {
        *done = false; /* another event than the answer: what is asked for stays as it is */
        return STATUS_OK;
    }
    switch (session->job.kind) {
    case JOB_HEADS:
        return heads_work(session, done);
    case JOB_WANT:
        return want_work(session, done);
    case JOB_RECORDS:
        return records_work(session, done);
    case JOB_NONE:
        break;
    }
    *done = true;
    return STATUS_OK;
}

void job_end(struct session *session)
{
    struct job *job = &session->job;
    batch_free(job->batch);
    struct arena arena = job->arena;
    arena_reset(&arena);
    *job = (struct job){.arena = arena};
}

/* Takes frames off the inbox, in order, until one must wait. */
static enum status work_inbox(struct session *session)
{
    enum status status = STATUS_OK;
    while (status == STATUS_OK && session->phase == PHASE_RUN) {
        bool done = true;
        if (!effects_room(session)) {
            session->again = true;
            return STATUS_OK;
        }
        if (session->job.kind == JOB_NONE) {
            if (session->inbox_at == session->inbox.size) {
                buffer_reset(&session->inbox);
                session->inbox_at = 0;
                return STATUS_OK;
            }
            const uint8_t *at = session->inbox.at + session->inbox_at;
            struct bytes frame = bytes_of(at + 4, be32_load(at));
            session->inbox_at += 4 + frame.size;
            /* Later frames may move the inbox: what a job keeps is the arena's. */
            bool kept = true;
            session->job.frame = arena_copy(&session->job.arena, frame, &kept);
            if (!kept) {
                return STATUS_NO_MEMORY;
            }
            status = begin_frame(session, session->job.frame);
            if (status != STATUS_OK || session->phase == PHASE_CLOSED) {
                return status;
            }
        }
        status = work_on_job(session, &done);
        if (status == STATUS_OK && !done) {
            return STATUS_OK;
        }
        job_end(session);
    }
    return status;
}

static enum status frame_in(struct session *session, struct bytes frame)
{
    session->report.payload_received += frame.size;
    if (frame.size == 0) {
        return STATUS_MALFORMED;
    }
    if (frame.size > LIMIT_FRAME_BYTES) {
        return STATUS_LIMIT;
    }
    if (session->phase == PHASE_NEW || session->phase == PHASE_GREET) {
        return frame.at[0] == FRAME_BYE ? begin_frame(session, frame) : greet_frame(session, frame);
    }
    uint8_t size[4];
    be32_store(size, (uint32_t)frame.size);
    if (session->inbox.size - session->inbox_at + frame.size >
        2 * (session->self.window_bytes + LIMIT_FRAME_BYTES)) {
        return STATUS_LIMIT;
    }
    if (session->inbox_at > 0 && session->inbox_at >= session->inbox.size / 2) {
        memmove(session->inbox.at, session->inbox.at + session->inbox_at,
                session->inbox.size - session->inbox_at);
        session->inbox.size -= session->inbox_at;
        session->inbox_at = 0;
    }
    buffer_append(&session->inbox, size, sizeof size);
    buffer_append_bytes(&session->inbox, frame);
    return buffer_status(&session->inbox);
}

/* ---- the step ---- */

static enum status arrived(struct session *session, const struct session_event *event)
{
    for (size_t i = 0; i < event->changed_count; i++) {
        const struct vector_entry *told = &event->changed[i];
        bool known = session_log(session, &told->head.log) != NULL;
        if (known || session->self.role == SESSION_CLIENT ||
            scopes_hold(&session->agreed, &told->scope)) {
            session_note_entry(session, told, event->arrival);
        }
    }
    if (event->arrival > session->newest) {
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

static enum status dispatch(struct session *session, const struct session_event *event)
{
    switch (event->kind) {
    case EVENT_OPENED:
        return greet_opened(session, event);
    case EVENT_FRAME:
        return frame_in(session, event->frame);
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
    bool silent = session->line.sent > session->line.acked &&
                  session->now_us >= session->line.progress_us + ACK_TIMEOUT_US;
    return late || silent ? STATUS_UNREACHABLE : STATUS_OK;
}

static enum status pump(struct session *session)
{
    session->again = false;
    enum status status = work_inbox(session);
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
        status = issue_read(session);
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
    let_go(&session->inbox, INBOX_LIMIT);
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
    let_go(&session->out, INBOX_LIMIT);
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
        close_session(session, status, status_text(status));
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
    if (session->line.sent > session->line.acked &&
        session->line.progress_us + ACK_TIMEOUT_US < due) {
        due = session->line.progress_us + ACK_TIMEOUT_US;
    }
    if (session->blocked_until_us > session->now_us && session->blocked_until_us < due) {
        due = session->blocked_until_us;
    }
    return due;
}

bool session_quiet(const struct session *session)
{
    bool client = session->self.role == SESSION_CLIENT;
    bool still = session->phase == PHASE_RUN && session->ready.count == 0 &&
                 session->line.sent == session->line.acked && session->batches_out == 0 &&
                 session->notes == NULL && !session->notes_out && session->job.kind == JOB_NONE &&
                 session->inbox.size == session->inbox_at && !session->reading &&
                 !session->need_vector && !session->need_evidence;
    if (client) {
        return still && !session->whole_wanted && !session->whole_pending && !send_waiting(session);
    }
    const struct stream *stream = &session->stream;
    bool told = stream->on && !stream->restart && stream->from >= session->newest &&
                stream->told == stream->from && stream->receipts >= session->newest_receipt;
    return still && (session->upload_only || told);
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
    report->settled = report->at_rest || (current && session->differs);
    report->in_flight = session->line.sent > session->line.acked;
    report->state = state_name(session);
}
