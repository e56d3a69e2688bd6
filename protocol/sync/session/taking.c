#include "protocol/record/body.h"
#include "protocol/sync/frame/columns.h"
#include "protocol/sync/session/state.h"

#include <stdlib.h>
#include <string.h>

enum { KNOWN_CHECK_BYTES = 8 };

/* ---- a frame of records becomes a batch ---- */

enum status records_begin(struct session *session, struct bytes frame)
{
    struct job *job = &session->job;
    struct records *records = &job->records;
    enum status status = records_decode(frame, &job->arena, records);
    if (status != STATUS_OK) {
        return status;
    }
    bool client = session->self.role == SESSION_CLIENT;
    if (records->prelude > 0 && session->version < SESSION_VERSION_PRELUDE) {
        return STATUS_PROTOCOL;
    }
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
        session->handed = (struct cursor){.epoch = session->epoch};
        session->rest_due = true;
    }
    if (records->run_count > 0) {
        session->uncommitted += job->weight;
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
    session->uncommitted -= job->weight;
    session->disposed += job->weight;
    if (session->self.role == SESSION_CLIENT) {
        take_lost(session);
        return take_ack(session, NULL, 0, (struct bytes){NULL, 0});
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
    return status != STATUS_OK ? status : take_ack(session, NULL, 0, (struct bytes){NULL, 0});
}

enum follow { FOLLOWS, FOLLOWS_NOT, FOLLOWS_UNKNOWN };

/* The id of the record a run follows, as the receiver knows it. */
static enum follow find_before(struct session *session, const struct records_run *run,
                               const struct log_entry *entry, struct hash *before)
{
    const struct records *records = &session->job.records;
    *before = run->before;
    if (run->follow != FOLLOW_KNOWN) {
        return FOLLOWS;
    }
    if (records->prelude > 0 && run == &records->runs[0] && entry->runs_out > 0) {
        return FOLLOWS_UNKNOWN; /* the prelude is read from the store: once it is there */
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

enum status records_prelude_read(struct session *session, const struct read_result *result)
{
    struct job *job = &session->job;
    size_t count = job->records.prelude;
    uint64_t first = job->records.runs[0].first_seq - count;
    struct record *records = arena_array(&job->arena, count, sizeof *records);
    if (records == NULL) {
        return STATUS_NO_MEMORY;
    }
    job->want_prelude = false;
    job->have_prelude = true;
    for (size_t i = 0; i < count; i++) {
        const struct read_record *item = &result->records[i];
        if (i >= result->record_count || item->seq != first + i) {
            return STATUS_OK;
        }
        bool ok = true;
        struct bytes raw = arena_copy(&job->arena, item->raw, &ok);
        enum status status = ok ? record_decode(raw, &job->arena, &records[i]) : STATUS_NO_MEMORY;
        if (status == STATUS_NO_MEMORY) {
            return status;
        }
        if (status != STATUS_OK || !hash_equal(&records[i].id, &item->id) || !records[i].has_body) {
            return STATUS_OK; /* damaged, or erased */
        }
    }
    job->prelude = (struct prelude){.records = records, .count = count};
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
    batch->wire_bytes = job->weight;
    batch->peer = session->peer;
    return columns_decode(job->records.columns, &job->prelude, &batch->arena, batch->runs,
                          batch->run_count, batch->records);
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

static void note_run(struct session *session, const struct batch *batch, const struct run *run,
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
        session->uncommitted -= job->weight;
        session->disposed += job->weight;
        return take_ack(session, NULL, 0, (struct bytes){NULL, 0});
    }
    struct taken *taken = calloc(1, sizeof *taken + batch->run_count * sizeof taken->runs[0]);
    if (taken == NULL) {
        return STATUS_NO_MEMORY;
    }
    taken->tag = ++session->next_tag;
    taken->bytes = job->weight;
    taken->run_count = batch->run_count;
    taken->next = session->taken;
    session->taken = taken;
    batch->tag = taken->tag;
    for (size_t i = 0; i < batch->run_count; i++) {
        note_run(session, batch, &batch->runs[i], &taken->runs[i]);
    }
    if (job->records.has_cursor && session->has_cursor && !session->whole_pending) {
        batch->has_cursor = true;
        batch->cursor = cursor_of(session, &job->records);
        taken->has_cursor = true;
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
        if (follow == FOLLOWS && job->records.prelude > 0 && !job->have_prelude) {
            job->want_prelude = true;
            return STATUS_OK;
        }
        *done = follow == FOLLOWS_NOT || job->prelude.count < job->records.prelude;
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
