#include "protocol/sync/session/state.h"

#include <string.h>

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
    if (entry == NULL) {
        /* Going on without it would leave a log behind and tell nobody. */
        session_close(session, STATUS_FULL, "more logs than a session can keep");
        return;
    }
    if (as_of < entry->as_of) {
        return;
    }
    entry->as_of = as_of;
    bool moved = entry->seq != told->head.seq || !hash_equal(&entry->id, &told->head.id);
    if (moved) {
        ledger_moved(&session->ledger);
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
    if (session->self.role == SESSION_SERVER && entry->have < entry->peer_seq) {
        /* It sent them before: a line that was cut over them does not bring them back. Of what it
         * has lost since its vector tells. */
        entry->have = entry->peer_seq;
    }
    session_classify(session, entry);
    if (moved && entry->common) { /* what the digest is not over makes no verdict void */
        session->digest_stale = true;
        session->change++;
    }
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
        request->every_scope = client;
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
    if (job->want_prelude) {
        request->kind = READ_LOG;
        request->log = job->records.runs[0].log;
        request->from = job->records.runs[0].first_seq;
        request->before = job->records.prelude;
        request->bytes = 1;
        return true;
    }
    if (session->need_evidence) {
        request->kind = READ_EVIDENCE;
        session->need_evidence = false;
        return true;
    }
    return session->phase == PHASE_RUN && send_read(session, request);
}

enum status read_issue(struct session *session)
{
    if (session->reading || !effects_room(session)) {
        return STATUS_OK;
    }
    struct session_effect effect = {.kind = EFFECT_READ};
    if (!choose_read(session, &effect.read)) {
        return STATUS_OK;
    }
    if (effect.read.kind == READ_IDS && session->job.ids == NULL) {
        return STATUS_NO_MEMORY;
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
    struct name *names = arena_array(&job->arena, job->missing_count, sizeof *names);
    if (names == NULL) {
        return STATUS_NO_MEMORY;
    }
    memcpy(names, job->missing, job->missing_count * sizeof *names);
    /* Who is not known yet shows its grants and no more: it costs little, for there may be many. */
    if ((greet_unknown(session) && session->ledger.count + job->missing_count > UNKNOWN_LOGS_MAX) ||
        !ledger_put_all(&session->ledger, names, job->missing_count)) {
        return STATUS_LIMIT;
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

enum status read_done(struct session *session, const struct read_result *result)
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
    /* A number this store has not come to yet is of a history that is gone, or was never told. */
    if (session->stream.receipts_read > session->newest_receipt) {
        session->stream.receipts = 0;
        session->stream.receipts_told = 0;
        session->stream.receipts_read = 0;
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
        return session->job.want_prelude ? records_prelude_read(session, result)
                                         : send_log_read(session, result);
    case READ_ARRIVALS:
        return send_stream_read(session, result);
    }
    return STATUS_CORRUPT;
}
