#include "protocol/sync/session/state.h"

#include <stdlib.h>
#include <string.h>

enum { FRAME_OVERHEAD_BYTES = 16, ITEM_BYTES = 5 }; /* of MessagePack around receipts */

/* ---- what is to be written about the peer ---- */

struct batch *notes_batch(struct session *session)
{
    if (session->notes == NULL) {
        session->notes = batch_new();
        if (session->notes != NULL) {
            session->notes->peer = session->peer;
        }
    }
    return session->notes;
}

/* Room for one more item in a list of |count| that grows by doubling in the batch's arena. */
static void *grown(struct arena *arena, const void *items, size_t count, size_t size)
{
    bool full = (count & (count - 1)) == 0;
    if (!full) {
        return NULL;
    }
    void *more = arena_array(arena, count == 0 ? 1 : 2 * count, size);
    if (more != NULL && items != NULL && count > 0) {
        memcpy(more, items, count * size);
    }
    return more;
}

/* The entry remembers where its mark stands: ten thousand told of in a row cost no walk each. */
static enum status put_mark(struct batch *batch, struct log_entry *entry, uint64_t seq, bool told)
{
    size_t at = entry->mark_at;
    if (batch->marks != NULL && at < batch->mark_count &&
        name_equal(&batch->marks[at].log, &entry->log)) {
        struct peer_mark *mark = &batch->marks[at];
        mark->seq = told || mark->seq < seq ? seq : mark->seq;
        mark->told = mark->told || told;
        return STATUS_OK;
    }
    if (batch->marks == NULL || (batch->mark_count & (batch->mark_count - 1)) == 0) {
        batch->marks = grown(&batch->arena, batch->marks, batch->mark_count, sizeof *batch->marks);
        if (batch->marks == NULL) {
            return STATUS_NO_MEMORY;
        }
    }
    entry->mark_at = batch->mark_count++;
    batch->marks[entry->mark_at] = (struct peer_mark){.log = entry->log, .seq = seq, .told = told};
    return STATUS_OK;
}

enum status notes_mark(struct batch *batch, struct log_entry *entry, uint64_t seq)
{
    return put_mark(batch, entry, seq, false);
}

enum status notes_told(struct batch *batch, struct log_entry *entry, uint64_t seq)
{
    return put_mark(batch, entry, seq, true);
}

static enum status note_receipt(struct session *session, struct bytes receipt)
{
    struct batch *batch = notes_batch(session);
    if (batch == NULL) {
        return STATUS_NO_MEMORY;
    }
    size_t count = batch->receipt_count;
    if ((count & (count - 1)) == 0) {
        batch->receipts = grown(&batch->arena, batch->receipts, count, sizeof *batch->receipts);
        batch->receipt_sound =
            grown(&batch->arena, batch->receipt_sound, count, sizeof *batch->receipt_sound);
    }
    bool ok = batch->receipts != NULL && batch->receipt_sound != NULL;
    if (ok) {
        batch->receipts[batch->receipt_count++] = arena_copy(&batch->arena, receipt, &ok);
    }
    return ok ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status note_held(struct session *session, const struct name *log, uint64_t seq)
{
    struct log_entry *entry = session_log(session, log);
    struct batch *batch = notes_batch(session);
    if (batch == NULL) {
        return STATUS_NO_MEMORY;
    }
    if (entry == NULL) {
        return STATUS_OK;
    }
    if (entry->peer_seq < seq) {
        entry->gaps = 0;
        session->patience_us = ROOM_LEAST_US;
    }
    entry->peer_seq = entry->peer_seq < seq ? seq : entry->peer_seq;
    return notes_mark(batch, entry, seq);
}

/* A receipt tells of its signer's logs, also of those under names this node does not use. */
static enum status note_covered(struct session *session, struct bytes raw)
{
    struct receipt receipt;
    enum status status = receipt_decode(raw, &session->job.arena, &receipt);
    for (size_t i = 0; i < receipt.head_count && status == STATUS_OK; i++) {
        const struct receipt_head *head = &receipt.heads[i];
        const struct log_entry *entry = session_log(session, &head->log);
        if (entry != NULL && head->seq <= entry->sent_seq) {
            status = note_held(session, &head->log, head->seq);
        }
    }
    return status;
}

enum status notes_ack(struct session *session, struct bytes frame)
{
    struct ack ack;
    enum status status = ack_decode(frame, &session->job.arena, &ack);
    if (status != STATUS_OK) {
        return status;
    }
    if (!line_acked(&session->line, ack.bytes, session->now_us)) {
        return STATUS_PROTOCOL;
    }
    flight_acked(session);
    session->line.window = ack.window_log2 == 0 ? 0 : (uint64_t)1 << ack.window_log2;
    session->peer_rest = false;
    for (size_t i = 0; i < ack.head_count && status == STATUS_OK; i++) {
        status = note_held(session, &ack.heads[i].log, ack.heads[i].seq);
    }
    if (status == STATUS_OK && ack.receipt.size > 0) {
        status = note_covered(session, ack.receipt);
        if (status == STATUS_OK) {
            status = note_receipt(session, ack.receipt);
        }
    }
    return status;
}

enum status notes_receipts(struct session *session, struct bytes frame)
{
    struct receipts receipts;
    struct arena *arena = &session->job.arena;
    enum status status = receipts_decode(frame, arena, &receipts);
    bool client = session->self.role == SESSION_CLIENT;
    if (status == STATUS_OK && client == (receipts.number == 0)) {
        return STATUS_PROTOCOL; /* a server shows no evidence, a client relays nothing */
    }
    for (size_t i = 0; i < receipts.count && status == STATUS_OK; i++) {
        struct receipt receipt;
        status = receipt_decode(receipts.items[i], arena, &receipt);
        if (status == STATUS_OK) {
            bool own = public_key_equal(&receipt.signer, &session->self.key);
            session->report.paths[PATH_RECEIPT_SELF] += own ? 1 : 0;
            /* A client shows what this node signed, and not without end. */
            if (client || (own && session->evidence_taken++ < EVIDENCE_MAX)) {
                status = note_receipt(session, receipts.items[i]);
            }
        }
    }
    if (status == STATUS_OK && client) {
        session->receipts_coming = receipts.number;
        status = notes_batch(session) == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    }
    return status;
}

/* A cursor must not be written before the records it covers: it waits for those at the writer. */
static bool cursor_due(const struct session *session)
{
    return session->self.role == SESSION_CLIENT && session->has_cursor && !session->whole_pending &&
           !session->whole_wanted &&
           (session->cursor_noted || session->receipts_coming > session->receipts_held);
}

enum status notes_pump(struct session *session)
{
    if (session->notes_out || (session->notes == NULL && !cursor_due(session))) {
        return STATUS_OK;
    }
    if (cursor_due(session) && session->batches_out > 0) {
        return STATUS_OK;
    }
    struct batch *batch = notes_batch(session);
    if (batch == NULL) {
        return STATUS_NO_MEMORY;
    }
    if (cursor_due(session)) {
        batch->has_cursor = true;
        batch->cursor = session->cursor_noted ? session->noted : session->cursor;
        batch->cursor.epoch = session->epoch;
        batch->cursor.scopes = session->stream_scopes;
        batch->cursor.receipts = session->receipts_coming > session->receipts_held
                                     ? session->receipts_coming
                                     : session->receipts_held;
        session->cursor_noted = false;
        take_hand_cursor(session, batch);
    }
    session->notes = NULL;
    session->notes_out = true;
    session->notes_cursor = batch->has_cursor;
    session->notes_tag = ++session->next_tag;
    batch->tag = session->notes_tag;
    struct session_effect effect = {
        .kind = batch->receipt_count > 0 ? EFFECT_VERIFY : EFFECT_COMMIT, .batch = batch};
    return effect_add(session, &effect);
}

enum status notes_committed(struct session *session, const struct batch *batch)
{
    session->notes_out = false;
    if (session->notes_cursor && !batch->has_cursor && !session->notes_stale) {
        take_lost(session);
    }
    if (batch->has_cursor) {
        session->cursor = batch->cursor;
        if (!session->notes_stale) {
            session->receipts_held = batch->cursor.receipts;
        }
    }
    session->notes_stale = false;
    return STATUS_OK;
}

/* ---- receipts shown ---- */

void notes_own_receipt(struct session *session, struct bytes raw)
{
    struct receipt receipt;
    struct stream *stream = &session->stream;
    if (session->self.role == SESSION_SERVER &&
        receipt_decode(raw, &session->scratch, &receipt) == STATUS_OK) {
        if (stream->own == NULL) {
            stream->own = calloc(OWN_RECEIPTS, sizeof *stream->own);
        }
        if (stream->own != NULL) { /* else it is told twice */
            stream->own[stream->own_count++ % OWN_RECEIPTS] = receipt.arrival;
        }
    }
}

/* The peer has its own receipts, and ours that went out with an acknowledgement. */
static bool shown_already(struct session *session, struct bytes raw)
{
    const struct stream *stream = &session->stream;
    struct receipt receipt;
    if (receipt_decode(raw, &session->scratch, &receipt) != STATUS_OK ||
        public_key_equal(&receipt.signer, &session->peer)) {
        return true;
    }
    if (!public_key_equal(&receipt.signer, &session->self.key) ||
        !name_equal(&receipt.epoch, &session->self.epoch)) {
        return false;
    }
    size_t count = stream->own_count < OWN_RECEIPTS ? stream->own_count : OWN_RECEIPTS;
    for (size_t i = 0; i < count; i++) {
        if (stream->own[i] == receipt.arrival) {
            return true;
        }
    }
    return false;
}

enum status notes_receipts_read(struct session *session, const struct read_result *result)
{
    struct stream *stream = &session->stream;
    arena_reset(&session->scratch);
    struct bytes *items = arena_array(&session->scratch, result->receipt_count + 1, sizeof *items);
    if (items == NULL) {
        return STATUS_NO_MEMORY;
    }
    struct receipts receipts = {.number = result->end, .items = items};
    for (size_t i = 0; i < result->receipt_count; i++) {
        if (!shown_already(session, result->receipts[i])) {
            items[receipts.count++] = result->receipts[i];
        }
    }
    /* What it has already would be shown again by the number it knows. */
    bool owed = receipts.count < result->receipt_count;
    if (receipts.count > FRAME_RECEIPTS_MAX || result->end <= stream->receipts_read) {
        return STATUS_CORRUPT;
    }
    stream->receipts_read = result->end;
    if (receipts.count == 0 && result->end < session->newest_receipt) {
        stream->receipts_owed = stream->receipts_owed || owed;
        return STATUS_OK;
    }
    stream->receipts = result->end;
    if (receipts.count == 0 && !owed && !stream->receipts_owed &&
        result->end - stream->receipts_told < UNTOLD_MOST) {
        return STATUS_OK;
    }
    stream->receipts_told = result->end;
    stream->receipts_owed = false;
    receipts_encode(&receipts, frame_begin(session));
    session->line.busy = true; /* the next ones when the line has taken these: there may be many */
    return frame_end(session);
}

enum status notes_evidence_read(struct session *session, const struct read_result *result)
{
    struct receipt newest;
    bool ahead = session->evidence_ahead;
    session->evidence_ahead = false;
    if (result->receipt_count == 0) {
        return STATUS_OK;
    }
    arena_reset(&session->scratch);
    if (ahead && receipt_decode(result->receipts[0], &session->scratch, &newest) == STATUS_OK &&
        newest.arrival <= session->self.cursor.arrival) {
        return STATUS_OK;
    }
    struct receipts evidence = {.items = result->receipts};
    size_t size = FRAME_OVERHEAD_BYTES;
    while (evidence.count < result->receipt_count && evidence.count < FRAME_RECEIPTS_MAX &&
           size + result->receipts[evidence.count].size + ITEM_BYTES <= LIMIT_FRAME_BYTES) {
        size += result->receipts[evidence.count++].size + ITEM_BYTES;
    }
    receipts_encode(&evidence, frame_begin(session));
    return frame_end(session);
}
