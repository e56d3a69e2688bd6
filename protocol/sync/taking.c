#include "protocol/record/body.h"
#include "protocol/sync/columns.h"
#include "protocol/sync/state.h"

#include <stdlib.h>
#include <string.h>

enum { KNOWN_CHECK_BYTES = 8, BUSY_MS = 5000 };

/* ---- a frame of records becomes a batch ---- */

static enum status ack_disposed(struct session *session, const struct head *heads, size_t count,
                                struct bytes receipt)
{
    uint64_t log2 = 0;
    while (((size_t)2 << log2) <= session->self.window_bytes) {
        log2++;
    }
    struct ack ack = {.bytes = session->disposed,
                      .window_log2 = log2,
                      .heads = heads,
                      .head_count = count,
                      .receipt = receipt};
    ack_encode(&ack, frame_begin(session));
    return frame_end(session);
}

enum status records_begin(struct session *session, struct bytes frame)
{
    struct job *job = &session->job;
    struct records *records = &job->records;
    enum status status = records_decode(frame, &job->arena, records);
    if (status != STATUS_OK) {
        return status;
    }
    bool client = session->self.role == SESSION_CLIENT;
    if (!client && (records->has_cursor || records->restart)) {
        return STATUS_PROTOCOL;
    }
    if (records->restart && session->whole_pending) {
        session->whole_pending = false;
        session->stream_scopes = session->restarted_scopes;
        session->receipts_coming = 0;
        session->receipts_held = 0;
        session->notes_stale = session->notes_out;
        session->has_cursor = true;
        session->rest_due = true;
    }
    if (records->run_count > 0) {
        session->uncommitted += frame.size;
        if (session->uncommitted > session->self.window_bytes + LIMIT_FRAME_BYTES) {
            return STATUS_LIMIT;
        }
        /* What either end said of its vector is older than these. */
        session->rest_asked = false;
        session->rest_due = true;
        session->peer_rest = false;
    }
    job->kind = JOB_RECORDS;
    return STATUS_OK;
}

static struct cursor cursor_of(const struct session *session, const struct records *records)
{
    return (struct cursor){.epoch = session->epoch,
                           .arrival = records->arrival,
                           .running_hash = records->running_hash,
                           .scopes = session->stream_scopes,
                           .receipts = session->receipts_held};
}

/* A frame whose runs do not follow what is held: nothing of it is taken, the sender hears of it. */
static enum status lose_frame(struct session *session)
{
    struct job *job = &session->job;
    session->uncommitted -= job->frame.size;
    session->disposed += job->frame.size;
    if (session->self.role == SESSION_CLIENT) {
        session->whole_wanted = session->whole_wanted || !session->whole_pending;
        return ack_disposed(session, NULL, 0, (struct bytes){NULL, 0});
    }
    struct head *told = arena_array(&job->arena, job->records.run_count, sizeof *told);
    if (told == NULL) {
        return STATUS_NO_MEMORY;
    }
    size_t count = 0;
    for (size_t i = 0; i < job->records.run_count; i++) {
        const struct log_entry *entry = session_log(session, &job->records.runs[i].log);
        if (entry != NULL && !entry->refused) {
            told[count++] = (struct head){
                .log = entry->log, .seq = entry->seq, .id16 = name_of_hash(&entry->id)};
        }
    }
    struct heads gap = {.mode = HEADS_GAP, .entries = told, .count = count};
    enum status status = STATUS_OK;
    if (count > 0) {
        heads_encode(&gap, frame_begin(session));
        status = frame_end(session);
    }
    return status != STATUS_OK ? status : ack_disposed(session, NULL, 0, (struct bytes){NULL, 0});
}

enum follow { FOLLOWS, FOLLOWS_NOT, FOLLOWS_UNKNOWN };

/* The id of the record a run follows, as the receiver knows it. */
static enum follow find_before(struct session *session, const struct records_run *run,
                               const struct log_entry *entry, struct hash *before)
{
    *before = run->before;
    if (run->follow != FOLLOW_KNOWN) {
        return FOLLOWS;
    }
    uint64_t seq = run->first_seq - 1;
    if ((entry->runs_out > 0 || entry->tail_held) && entry->tail_seq == seq) {
        *before = entry->tail_id;
    } else if (entry->seq < seq) {
        return FOLLOWS_NOT;
    } else if (!job_id(session, entry, seq, before)) {
        return FOLLOWS_UNKNOWN;
    }
    return memcmp(before->bytes, run->before.bytes, KNOWN_CHECK_BYTES) == 0 ? FOLLOWS : FOLLOWS_NOT;
}

/* Runs with what they follow, ready to be rebuilt. |*follow| tells whether all do. */
static enum status find_runs(struct session *session, enum follow *follow)
{
    struct job *job = &session->job;
    struct log_entry *entry = NULL;
    for (size_t i = 0; i < job->records.run_count; i++) {
        (void)job_log(session, &job->records.runs[i].log, &entry);
    }
    *follow = FOLLOWS_UNKNOWN;
    if (job->want_heads) {
        return STATUS_OK;
    }
    for (; job->next < job->records.run_count; job->next++) {
        struct records_run *run = &job->records.runs[job->next];
        entry = session_log(session, &run->log);
        if (entry == NULL) {
            return STATUS_LIMIT;
        }
        struct hash before;
        *follow = entry->refused ? FOLLOWS_NOT : find_before(session, run, entry, &before);
        if (*follow != FOLLOWS) {
            return STATUS_OK;
        }
        run->before = before;
    }
    *follow = FOLLOWS;
    return STATUS_OK;
}

static enum status rebuild(struct session *session)
{
    struct job *job = &session->job;
    struct batch *batch = batch_new();
    if (batch == NULL) {
        return STATUS_NO_MEMORY;
    }
    job->batch = batch;
    batch->runs = arena_array(&batch->arena, job->records.run_count, sizeof *batch->runs);
    if (batch->runs == NULL) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < job->records.run_count; i++) {
        const struct records_run *from = &job->records.runs[i];
        struct run *run = &batch->runs[i];
        run->log = from->log;
        run->before =
            (struct position){.log = from->log, .seq = from->first_seq - 1, .id = from->before};
        run->first = batch->record_count;
        run->count = from->count;
        batch->record_count += from->count;
    }
    batch->run_count = job->records.run_count;
    batch->records = arena_array(&batch->arena, batch->record_count, sizeof *batch->records);
    if (batch->records == NULL) {
        return STATUS_NO_MEMORY;
    }
    batch->wire_bytes = job->frame.size;
    batch->peer = session->peer;
    return columns_decode(job->records.columns, &batch->arena, batch->runs, batch->run_count,
                          batch->records);
}

/* Whose key a run is by: the log's, its opening's, or that of the log a branch has left. */
static enum status find_device(struct session *session, struct run *run, bool *known)
{
    struct batch *batch = session->job.batch;
    const struct record *first = &batch->records[run->first];
    struct log_entry *entry = session_log(session, &run->log);
    *known = true;
    if (run->count == 0 || entry == NULL) {
        return entry == NULL ? STATUS_LIMIT : STATUS_OK;
    }
    if (!entry->device_known && run->before.seq == 0 && first->has_body) {
        struct opening opening;
        enum status status = opening_decode(first->body, &batch->arena, &opening);
        if (status != STATUS_OK) {
            run->count = 0;
            run->why = status;
            run->refused_seq = 1;
            return status == STATUS_NO_MEMORY ? status : STATUS_OK;
        }
        entry->device = opening.device;
        entry->scope = opening.scope;
        entry->purpose = opening.purpose;
        entry->device_known = true;
        session_classify(session, entry);
    }
    const struct log_entry *source = entry;
    if (!entry->device_known && !name_is_none(&first->header.log)) {
        struct log_entry *left = NULL;
        *known = job_log(session, &first->header.log, &left);
        source = left;
    }
    if (!name_is_none(&first->header.log)) {
        run->before.log = first->header.log; /* as the chain names it, whatever the sender does */
    }
    if (*known && source != NULL && source->device_known) {
        run->device_known = true;
        run->device = source->device;
        run->scope = source->scope;
    }
    return STATUS_OK;
}

/* From a peer not granted yet only what may prove its grant is taken. */
static bool authority_only(const struct session *session, const struct batch *batch)
{
    struct name root = authority_scope(authority_root(session->self.authority));
    for (size_t i = 0; i < batch->run_count; i++) {
        if (!name_equal(&batch->runs[i].scope, &root)) {
            return false;
        }
    }
    return true;
}

enum status take_refuse(struct session *session, const struct name *log, uint64_t seq,
                        enum status why)
{
    struct log_entry *entry = session_log(session, log);
    if (entry != NULL) {
        entry->refused = true;
    }
    session->refusals += why == STATUS_FORGED ? 1 : 0;
    if (session->refusals > SESSION_REFUSALS_MAX) {
        return STATUS_FORGED;
    }
    struct refusal refusal = {.log = *log, .seq = seq, .reason = frame_reason_of(why)};
    refusal_seal(&refusal, &session->transcript, session->self.secret, frame_begin(session));
    return frame_end(session);
}

/* Runs that hold nothing (their first record is none) are refused here and leave the batch. */
static enum status drop_empty_runs(struct session *session)
{
    struct batch *batch = session->job.batch;
    size_t kept = 0;
    for (size_t i = 0; i < batch->run_count; i++) {
        struct run *run = &batch->runs[i];
        if (run->count == 0) {
            enum status status = take_refuse(session, &run->log, run->refused_seq, run->why);
            if (status != STATUS_OK) {
                return status;
            }
        } else {
            batch->runs[kept++] = *run;
        }
    }
    batch->run_count = kept;
    return STATUS_OK;
}

static enum status note_run(struct session *session, struct batch *batch, const struct run *run,
                            struct taken_run *sent)
{
    struct log_entry *entry = session_log(session, &run->log);
    const struct record *last = &batch->records[run->first + run->count - 1];
    uint64_t seq = run->before.seq + run->count;
    sent->head = (struct head){.log = run->log, .seq = seq, .id16 = name_of_hash(&last->id)};
    sent->cut_seq = run->refused_seq;
    sent->cut_why = run->why;
    entry->runs_out++;
    entry->tail_seq = seq;
    entry->tail_id = last->id;
    entry->peer_seq = seq > entry->peer_seq ? seq : entry->peer_seq;
    entry->sent_seq = seq > entry->sent_seq ? seq : entry->sent_seq;
    entry->have = seq > entry->have ? seq : entry->have;
    session->report.records_received += run->count;
    return notes_mark(batch, &run->log, seq);
}

/* Hands the batch to the verifiers. */
static enum status send_off(struct session *session)
{
    struct job *job = &session->job;
    struct batch *batch = job->batch;
    enum status status = drop_empty_runs(session);
    if (status != STATUS_OK) {
        return status;
    }
    if (batch->run_count == 0) {
        session->uncommitted -= job->frame.size;
        session->disposed += job->frame.size;
        return ack_disposed(session, NULL, 0, (struct bytes){NULL, 0});
    }
    struct taken *taken = calloc(1, sizeof *taken + batch->run_count * sizeof taken->runs[0]);
    if (taken == NULL) {
        return STATUS_NO_MEMORY;
    }
    taken->tag = ++session->next_tag;
    taken->bytes = job->frame.size;
    taken->run_count = batch->run_count;
    taken->next = session->taken;
    session->taken = taken;
    batch->tag = taken->tag;
    for (size_t i = 0; i < batch->run_count && status == STATUS_OK; i++) {
        status = note_run(session, batch, &batch->runs[i], &taken->runs[i]);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (job->records.has_cursor && session->has_cursor && !session->whole_pending) {
        batch->has_cursor = true;
        batch->cursor = cursor_of(session, &job->records);
        session->cursor_noted = false;
    }
    session->batches_out++;
    session->ever_took = true;
    struct session_effect effect = {.kind = EFFECT_VERIFY, .batch = batch};
    job->batch = NULL;
    return effect_add(session, &effect);
}

enum status records_work(struct session *session, bool *done)
{
    struct job *job = &session->job;
    *done = false;
    if (job->records.run_count == 0) {
        if (job->records.has_cursor && session->has_cursor && !session->whole_pending) {
            session->noted = cursor_of(session, &job->records);
            session->cursor_noted = true;
        }
        *done = true;
        return STATUS_OK;
    }
    if (job->batch == NULL) {
        enum follow follow = FOLLOWS;
        enum status status = find_runs(session, &follow);
        if (status != STATUS_OK || follow == FOLLOWS_UNKNOWN) {
            return status;
        }
        *done = follow == FOLLOWS_NOT;
        status = *done ? lose_frame(session) : rebuild(session);
        if (status != STATUS_OK || *done) {
            return status;
        }
    }
    bool all = true;
    for (size_t i = 0; i < job->batch->run_count; i++) {
        bool known = true;
        enum status status = find_device(session, &job->batch->runs[i], &known);
        if (status != STATUS_OK) {
            return status;
        }
        all = all && known;
    }
    if (!all) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < job->batch->run_count; i++) {
        const struct run *run = &job->batch->runs[i];
        if (run->count > 0 && run->before.seq > 0 && !run->device_known) {
            *done = true;
            return lose_frame(session);
        }
    }
    if (greet_unknown(session) && !authority_only(session, job->batch)) {
        /* It waits for a grant: one that comes with an invitation, or in records still at the
         * writer; the greeting's deadline ends it. */
        return session->invited || session->ever_took ? STATUS_OK : STATUS_UNKNOWN_PEER;
    }
    *done = true;
    return send_off(session);
}

/* ---- back from the verifiers and the writer ---- */

enum status take_verified(struct session *session, struct batch *batch)
{
    for (size_t i = 0; i < batch->receipt_count; i++) {
        if (!batch->receipt_sound[i]) {
            batch_free(batch);
            return STATUS_FORGED;
        }
    }
    struct session_effect effect = {.kind = EFFECT_COMMIT, .batch = batch};
    return effect_add(session, &effect);
}

static struct taken *take_out(struct session *session, uint64_t tag)
{
    struct taken **link = &session->taken;
    while (*link != NULL && (*link)->tag != tag) {
        link = &(*link)->next;
    }
    struct taken *taken = *link;
    if (taken != NULL) {
        *link = taken->next;
        session->batches_out--;
        session->uncommitted -= taken->bytes;
        session->disposed += taken->bytes;
    }
    return taken;
}

static bool receipt_covers(const struct receipt *receipt, const struct head *head)
{
    for (size_t i = 0; i < receipt->head_count; i++) {
        if (name_equal(&receipt->heads[i].log, &head->log)) {
            return receipt->heads[i].seq >= head->seq;
        }
    }
    return false;
}

static void note_head(struct session *session, const struct run *run, uint64_t arrival)
{
    const struct log_entry *known = session_log(session, &run->log);
    if (run->head.seq == 0 || (known != NULL && known->as_of > arrival)) {
        return;
    }
    struct vector_entry told = {.head = run->head,
                                .scope = run->scope,
                                .device = run->device,
                                .purpose = known != NULL ? known->purpose : LOG_COUNTER};
    told.head.log = run->log;
    session_note_entry(session, &told, arrival);
    struct log_entry *entry = session_log(session, &run->log);
    if (entry != NULL && entry->peer_seq < run->before.seq + run->count) {
        entry->peer_seq = run->before.seq + run->count;
        entry->sent_seq = entry->sent_seq < entry->peer_seq ? entry->peer_seq : entry->sent_seq;
        entry->have = entry->have < entry->peer_seq ? entry->peer_seq : entry->have;
    }
}

/* The sender must go back: what it holds of the log is told, or the whole vector is. */
static enum status tell_gap(struct session *session, const struct name *log)
{
    struct log_entry *entry = session_log(session, log);
    if (session->self.role == SESSION_CLIENT) {
        session->whole_wanted = session->whole_wanted || !session->whole_pending;
        return STATUS_OK;
    }
    struct head head = {.log = *log};
    if (entry != NULL) {
        head.seq = entry->seq;
        head.id16 = name_of_hash(&entry->id);
        entry->tail_held = false;
    }
    struct heads gap = {.mode = HEADS_GAP, .entries = &head, .count = 1};
    heads_encode(&gap, frame_begin(session));
    return frame_end(session);
}

static enum status no_room(struct session *session, const struct run *run, const struct head *sent)
{
    if (run->why != STATUS_FULL && run->why != STATUS_NO_MEMORY) {
        return take_refuse(session, &sent->log, run->head.seq + 1,
                           run->why == STATUS_OK ? STATUS_LIMIT : run->why);
    }
    if (session->self.role == SESSION_CLIENT) {
        return STATUS_FULL;
    }
    notice_encode(FRAME_BUSY, BUSY_MS, frame_begin(session));
    enum status status = frame_end(session);
    return status != STATUS_OK ? status : tell_gap(session, &sent->log);
}

/* What became of one run; |*acked| when the sender is to hear that it is held. */
static enum status settle_run(struct session *session, const struct run *run,
                              const struct taken_run *sent, uint64_t arrival, bool *acked)
{
    const struct name *log = &sent->head.log;
    struct log_entry *entry = session_log(session, log);
    if (entry != NULL && entry->runs_out > 0) {
        entry->runs_out--;
        /* Stored under a branch's name: the sender goes on under its own. */
        entry->tail_held = !name_equal(&run->log, log);
    }
    *acked = false;
    switch (run->outcome) {
    case RUN_STORED:
    case RUN_PRESENT:
    case RUN_BRANCH:
        note_head(session, run, arrival);
        *acked = true;
        return sent->cut_why == STATUS_OK ? STATUS_OK
                                          : take_refuse(session, log, sent->cut_seq, sent->cut_why);
    case RUN_GAP:
        return tell_gap(session, log);
    case RUN_REFUSED:
        note_head(session, run, arrival);
        return take_refuse(session, log, run->refused_seq,
                           run->why == STATUS_OK ? STATUS_MALFORMED : run->why);
    case RUN_NO_ROOM:
        return no_room(session, run, &sent->head);
    case RUN_PENDING:
        break;
    }
    return STATUS_CORRUPT; /* the writer forgot it: a fault of ours */
}

enum status take_committed(struct session *session, const struct session_event *event)
{
    struct batch *batch = event->batch;
    struct taken *taken = take_out(session, batch->tag);
    arena_reset(&session->scratch);
    struct receipt receipt = {.head_count = 0};
    struct head *heads = arena_array(&session->scratch, batch->run_count + 1, sizeof *heads);
    enum status status = taken == NULL || heads == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    if (status == STATUS_OK && event->receipt.size > 0 && session->self.role == SESSION_SERVER) {
        status = receipt_decode(event->receipt, &session->scratch, &receipt);
    }
    size_t count = 0;
    bool any = false;
    for (size_t i = 0; i < batch->run_count && status == STATUS_OK; i++) {
        bool acked = false;
        status = settle_run(session, &batch->runs[i], &taken->runs[i], event->arrival, &acked);
        any = any || acked;
        if (acked && !receipt_covers(&receipt, &taken->runs[i].head)) {
            heads[count++] = taken->runs[i].head;
        }
    }
    if (status == STATUS_OK && batch->has_cursor) {
        session->cursor = batch->cursor;
    }
    if (status == STATUS_OK) {
        session->newest = event->arrival > session->newest ? event->arrival : session->newest;
        /* Levels are those of the nodes above: what a client has stored needs no signed word. */
        bool due = any && receipt.head_count > 0 && session->self.role == SESSION_SERVER;
        struct bytes shown = due ? event->receipt : (struct bytes){NULL, 0};
        status = ack_disposed(session, heads, count, shown);
        if (shown.size > 0) {
            notes_own_receipt(session, shown);
        }
    }
    free(taken);
    batch_free(batch);
    return status;
}

enum status take_failed(struct session *session, const struct session_event *event)
{
    struct batch *batch = event->batch;
    enum status status =
        status_class_of(event->status) == STATUS_CLASS_FATAL ? event->status : STATUS_OK;
    if (session->notes_out && batch->tag == session->notes_tag) {
        session->notes_out = false;
        batch_free(batch);
        return status;
    }
    struct taken *taken = take_out(session, batch->tag);
    for (size_t i = 0; taken != NULL && i < taken->run_count && status == STATUS_OK; i++) {
        struct log_entry *entry = session_log(session, &taken->runs[i].head.log);
        if (entry != NULL) {
            /* Runs behind it in flight find a gap in the writer's transaction. */
            entry->runs_out = entry->runs_out > 0 ? entry->runs_out - 1 : 0;
            entry->tail_seq = 0;
            entry->tail_held = false;
        }
        status = tell_gap(session, &taken->runs[i].head.log);
    }
    if (status == STATUS_OK && session->self.role == SESSION_SERVER) {
        notice_encode(FRAME_BUSY, BUSY_MS, frame_begin(session));
        status = frame_end(session);
    }
    if (status == STATUS_OK) {
        status = ack_disposed(session, NULL, 0, (struct bytes){NULL, 0});
    }
    free(taken);
    batch_free(batch);
    return status;
}

enum status take_refusal(struct session *session, struct bytes frame)
{
    struct refusal refusal;
    enum status status =
        refusal_open(frame, &session->transcript, &session->peer, &session->job.arena, &refusal);
    struct log_entry *entry = status == STATUS_OK ? session_log(session, &refusal.log) : NULL;
    if (entry == NULL || entry->sending == SENDING_STOPPED) {
        return status;
    }
    entry->sending = SENDING_STOPPED;
    session->report.logs_refused++;
    session->change++;
    struct session_effect effect = {.kind = EFFECT_REFUSED,
                                    .log = refusal.log,
                                    .seq = refusal.seq,
                                    .status = frame_status_of(refusal.reason)};
    return effect_add(session, &effect);
}
