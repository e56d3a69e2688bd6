#include "protocol/sync/session/state.h"

#include <stdlib.h>
#include <string.h>

enum { BUSY_MS = 5000 };

enum status take_ack(struct session *session, const struct head *heads, size_t count,
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

/* The oldest batch that is not at the writer yet. */
static struct taken *next_for_writer(const struct session *session)
{
    struct taken *oldest = NULL;
    for (struct taken *taken = session->taken; taken != NULL; taken = taken->next) {
        oldest = taken->at_writer ? oldest : taken;
    }
    return oldest;
}

static struct taken *find_taken(const struct session *session, uint64_t tag)
{
    struct taken *taken = session->taken;
    while (taken != NULL && taken->tag != tag) {
        taken = taken->next;
    }
    return taken;
}

enum status take_verified(struct session *session, struct batch *batch)
{
    for (size_t i = 0; i < batch->receipt_count; i++) {
        if (!batch->receipt_sound[i]) {
            batch_free(batch);
            return STATUS_FORGED;
        }
    }
    struct taken *taken = find_taken(session, batch->tag);
    if (taken == NULL) { /* notes */
        struct session_effect effect = {.kind = EFFECT_COMMIT, .batch = batch};
        return effect_add(session, &effect);
    }
    taken->verified = batch;
    return STATUS_OK;
}

void take_hand_cursor(struct session *session, struct batch *batch)
{
    if (batch->has_cursor) {
        batch->after = session->handed;
        session->handed = batch->cursor;
    }
}

/* A cursor at the writer is one of a chain: what goes on from it must come there later. */
static bool must_wait(const struct session *session, const struct taken *taken)
{
    return taken->verified->has_cursor && session->notes_out && session->notes_cursor;
}

enum status take_pump(struct session *session)
{
    enum status status = STATUS_OK;
    for (struct taken *taken = next_for_writer(session);
         status == STATUS_OK && taken != NULL && taken->verified != NULL;
         taken = next_for_writer(session)) {
        if (must_wait(session, taken)) {
            break;
        }
        if (!effects_room(session)) {
            session->again = true;
            break;
        }
        take_hand_cursor(session, taken->verified);
        struct session_effect effect = {.kind = EFFECT_COMMIT, .batch = taken->verified};
        taken->verified = NULL;
        taken->at_writer = true;
        status = effect_add(session, &effect);
    }
    return status;
}

void take_lost(struct session *session)
{
    session->has_cursor = false;
    session->cursor_noted = false;
    if (session->whole_wanted || session->whole_pending || session->whole_due_us != 0) {
        return;
    }
    if (session->change - session->lost_change >= LOST_FORGIVEN) {
        session->lost_wait_us = 0;
    }
    session->lost_change = session->change;
    session->whole_due_us = session->now_us + session->lost_wait_us;
    uint64_t longer = session->lost_wait_us == 0 ? LOST_LEAST_US : 2 * session->lost_wait_us;
    session->lost_wait_us = longer < ROOM_MOST_US ? longer : ROOM_MOST_US;
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
        take_lost(session);
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
        /* A bound is reached. LIMIT would say that the records are too large, and make the writer
         * go on in a new log, which is one more too many. */
        return take_refuse(session, &sent->log, run->head.seq + 1, STATUS_FULL);
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
    session->stream.receipts_wait = false;
    arena_reset(&session->scratch);
    struct receipt receipt = {.head_count = 0};
    struct head *heads = arena_array(&session->scratch, batch->run_count + 1, sizeof *heads);
    enum status status = taken == NULL || heads == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    if (status == STATUS_OK && event->receipt.size > 0 && session->self.role == SESSION_SERVER) {
        status = receipt_decode(event->receipt, &session->scratch, &receipt);
    }
    size_t count = 0;
    bool any = false;
    if (taken != NULL && taken->has_cursor && !batch->has_cursor) {
        take_lost(session);
    }
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
        status = take_ack(session, heads, count, shown);
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
    bool notes = session->notes_out && batch->tag == session->notes_tag;
    enum status status = STATUS_OK;
    if (session->self.role == SESSION_CLIENT ||
        status_class_of(event->status) == STATUS_CLASS_FATAL) {
        /* A client comes again later, from what it has written down: asked for at once the same
         * would fail again, and receipts that went with failed notes are not told twice. */
        status = event->status;
    }
    struct taken *taken = notes ? NULL : take_out(session, batch->tag);
    session->stream.receipts_wait = false;
    session->notes_out = session->notes_out && !notes;
    if (status == STATUS_OK && taken != NULL) {
        /* First: a gap for want of room is none of the log's. */
        notice_encode(FRAME_BUSY, BUSY_MS, frame_begin(session));
        status = frame_end(session);
    }
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
    if (status == STATUS_OK && taken != NULL) {
        status = take_ack(session, NULL, 0, (struct bytes){NULL, 0});
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
    entry->unwanted = true;
    session->report.logs_refused++;
    session->change++;
    struct session_effect effect = {.kind = EFFECT_REFUSED,
                                    .log = refusal.log,
                                    .seq = refusal.seq,
                                    .status = frame_status_of(refusal.reason)};
    return effect_add(session, &effect);
}
