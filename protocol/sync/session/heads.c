#include "protocol/sync/session/state.h"

#include <string.h>

enum { BISECT_POINTS = 16, GAPS_MOST = 8 /* of one log in a row */ };

bool job_log(struct session *session, const struct name *log, struct log_entry **entry)
{
    *entry = session_log(session, log);
    if (*entry != NULL) {
        return true;
    }
    struct job *job = &session->job;
    if (job->missing == NULL) {
        job->missing = arena_array(&job->arena, FRAME_HEADS_MAX, sizeof *job->missing);
    }
    if (job->missing != NULL && job->missing_count < FRAME_HEADS_MAX) {
        job->missing[job->missing_count++] = *log;
    }
    job->want_heads = true;
    return false;
}

void job_ask_ids(struct session *session, const struct name *log, const uint64_t *seqs,
                 size_t count)
{
    struct job *job = &session->job;
    if (job->seqs == NULL) {
        job->seqs = arena_array(&job->arena, FRAME_WANT_MAX, sizeof *job->seqs);
        job->ids =
            job->seqs == NULL ? NULL : arena_array(&job->arena, FRAME_WANT_MAX, sizeof *job->ids);
    }
    job->have_ids = false;
    job->want_ids = true;
    job->ids_log = *log;
    job->id_count = 0; /* out of memory: read_issue() says so */
    if (job->ids != NULL && count <= FRAME_WANT_MAX) {
        memcpy(job->seqs, seqs, count * sizeof *seqs);
        job->id_count = count;
    }
}

bool job_id(struct session *session, const struct log_entry *entry, uint64_t seq, struct hash *id)
{
    struct job *job = &session->job;
    if (seq == 0 || seq == entry->seq) {
        *id = seq == 0 ? (struct hash){{0}} : entry->id;
        return true;
    }
    if (job->have_ids && name_equal(&job->ids_log, &entry->log) && job->id_count == 1 &&
        job->seqs[0] == seq) {
        *id = job->ids[0];
        return true;
    }
    job_ask_ids(session, &entry->log, &seq, 1);
    return false;
}

static bool id_begins(const struct hash *id, const struct name *id16)
{
    return memcmp(id->bytes, id16->bytes, sizeof id16->bytes) == 0;
}

/* ---- the search for a common position ---- */

static void bisect_begin(struct session *session, struct log_entry *entry, uint64_t high)
{
    entry->sending = SENDING_BISECT;
    entry->low = 0;
    entry->high = high;
    entry->bisect_asked = false;
    session->look = true;
    session->report.paths[PATH_BISECT]++;
}

static enum status common_found(struct session *session, struct log_entry *entry, uint64_t seq)
{
    entry->sending = SENDING_OPEN;
    if (session->self.role == SESSION_SERVER) {
        entry->have = seq;
        return STATUS_OK;
    }
    bool news = seq > 0 || entry->peer_seq > 0;
    entry->peer_seq = seq;
    entry->sent_seq = seq;
    if (!news) {
        return STATUS_OK;
    }
    struct batch *notes = notes_batch(session);
    return notes == NULL ? STATUS_NO_MEMORY : notes_told(notes, entry, seq);
}

/* The seqs a search looks at next: evenly between what is known to be common and to differ. */
static size_t bisect_points(const struct log_entry *entry, uint64_t seqs[BISECT_POINTS])
{
    uint64_t between = entry->high - entry->low - 1;
    size_t count = between < BISECT_POINTS ? (size_t)between : BISECT_POINTS;
    for (size_t i = 0; i < count; i++) {
        seqs[i] = entry->low + (between + 1) * (i + 1) / (count + 1);
    }
    return count;
}

static enum status bisect_step(struct session *session, struct log_entry *entry)
{
    return entry->high - entry->low <= 1 ? common_found(session, entry, entry->low) : STATUS_OK;
}

/* The peer's ids at the points asked for; one it does not tell differs. */
static enum status bisect_told(struct session *session, bool *done)
{
    struct job *job = &session->job;
    struct log_entry *entry = NULL;
    if (job->heads.count == 0) {
        return STATUS_PROTOCOL;
    }
    if (!job_log(session, &job->heads.entries[0].log, &entry)) {
        return STATUS_OK;
    }
    if (entry->sending != SENDING_BISECT || !entry->bisect_asked) {
        *done = true;
        return STATUS_OK;
    }
    uint64_t seqs[BISECT_POINTS];
    size_t count = bisect_points(entry, seqs);
    if (!job->have_ids) {
        job_ask_ids(session, &entry->log, seqs, count);
        return STATUS_OK;
    }
    uint64_t low = entry->low;
    uint64_t high = entry->high;
    for (size_t i = 0, k = 0; i < count && seqs[i] < high; i++) {
        while (k < job->heads.count && job->heads.entries[k].seq < seqs[i]) {
            k++;
        }
        bool equal = k < job->heads.count && job->heads.entries[k].seq == seqs[i] &&
                     id_begins(&job->ids[i], &job->heads.entries[k].id16);
        low = equal ? seqs[i] : low;
        high = equal ? high : seqs[i];
    }
    entry->low = low;
    entry->high = high;
    entry->bisect_asked = false;
    session->look = true;
    *done = true;
    return bisect_step(session, entry);
}

/* ---- heads told and asked ---- */

static enum status claims_begin(struct session *session, const struct heads *heads)
{
    if (session->self.role != SESSION_SERVER) {
        return STATUS_PROTOCOL;
    }
    if (session->claiming) {
        return STATUS_OK;
    }
    session->claiming = true;
    bool was_on = session->stream.on;
    struct name before = scopes_digest(&session->agreed);
    session->stream.on = false;
    session->report.paths[PATH_VECTORS]++;
    for (size_t i = 0; i < session->ledger.count; i++) {
        session->ledger.items[i].have = 0;
        if (!session->ledger.items[i].unwanted) {
            session->ledger.items[i].sending = SENDING_OPEN;
        }
    }
    scopes_deinit(&session->listed);
    enum status status = scopes_copy(heads->scopes, heads->scope_count, &session->listed);
    status = status != STATUS_OK ? status : session_scopes(session);
    struct name after = scopes_digest(&session->agreed);
    session->stream.receipts_stand = was_on && name_equal(&before, &after);
    return status;
}

enum status heads_begin(struct session *session, struct bytes frame)
{
    struct job *job = &session->job;
    enum status status = heads_decode(frame, &job->arena, &job->heads);
    if (status != STATUS_OK) {
        return status;
    }
    job->kind = JOB_HEADS;
    job->answers = arena_array(&job->arena, job->heads.count + 1, sizeof *job->answers);
    if (job->answers == NULL) {
        return STATUS_NO_MEMORY;
    }
    bool claims = job->heads.mode == HEADS_WHOLE || job->heads.mode == HEADS_PART;
    return claims ? claims_begin(session, &job->heads) : STATUS_OK;
}

/* Compares a claim with what is held, and answers it where an answer is due. */
static enum status weigh_claim(struct session *session, const struct head *claim,
                               struct log_entry *entry, bool *weighed)
{
    struct job *job = &session->job;
    uint64_t at = claim->seq < entry->seq ? claim->seq : entry->seq;
    struct hash id;
    *weighed = job_id(session, entry, at, &id);
    if (!*weighed) {
        return STATUS_OK;
    }
    at = hash_is_none(&id) ? 0 : at; /* the log was cut at a fork since */
    struct head answer = {.log = claim->log, .seq = at, .id16 = name_of_hash(&id)};
    bool match = at == claim->seq && name_equal(&answer.id16, &claim->id16);
    if (!match) {
        struct log_entry *branch = ledger_by_head(&session->ledger, claim->seq, &claim->id16);
        if (branch != NULL) {
            branch->have = branch->seq;
            answer = *claim;
            match = true;
        }
    }
    bool asked = job->heads.mode == HEADS_ASK;
    if (asked && session->self.role == SESSION_SERVER) {
        /* What a line was cut over is with the one who sent it: none of it is to be echoed. */
        uint64_t held = claim->seq > entry->seq ? claim->seq : match ? at : 0;
        entry->have = held > entry->have ? held : entry->have;
    }
    if (!asked) {
        /* Where the client is ahead its records are under way: none of them is to be echoed. */
        entry->have = claim->seq > entry->seq ? claim->seq : at;
        if (!match && at == claim->seq && at > 0 && !entry->unwanted) {
            entry->have = 0;
            bisect_begin(session, entry, at);
        }
    }
    if (asked || !match) {
        job->answers[job->answer_count++] = answer;
    }
    return entry->sending == SENDING_BISECT ? bisect_step(session, entry) : STATUS_OK;
}

/* The peer's position, as an answer to ours. */
static enum status weigh_answer(struct session *session, const struct head *told,
                                struct log_entry *entry, bool *weighed)
{
    bool asked = entry->sending == SENDING_ASKED;
    bool idle = entry->sending == SENDING_OPEN && session->line.sent == session->line.acked;
    *weighed = true;
    if (told->seq > entry->seq) {
        entry->sending = asked ? SENDING_OPEN : entry->sending;
        return STATUS_OK;
    }
    struct hash id;
    *weighed = job_id(session, entry, told->seq, &id);
    if (!*weighed || (entry->sending != SENDING_OPEN && !asked)) {
        return STATUS_OK;
    }
    if (told->seq > 0 && !id_begins(&id, &told->id16)) {
        bisect_begin(session, entry, told->seq);
        return bisect_step(session, entry);
    }
    bool news = asked || idle || told->seq < entry->peer_seq;
    return news ? common_found(session, entry, told->seq) : STATUS_OK;
}

/* What was in flight behind a gap is lost: once it is all disposed of, the head is asked for. A
 * peer that finds gaps and nothing else lacks what a branch has left, and will go on to: it may
 * have refused it. */
static void drain(struct session *session, struct log_entry *entry)
{
    session->plain = true;
    entry->gaps += session_put_off(session) ? 0 : 1;
    if (entry->gaps > GAPS_MOST && entry->sending != SENDING_STOPPED) {
        entry->sending = SENDING_STOPPED;
        entry->unwanted = true;
        session->report.logs_refused++;
        session->change++;
    }
    if (entry->sending == SENDING_OPEN || entry->sending == SENDING_DRAIN) {
        entry->sending = SENDING_DRAIN;
        entry->drain_bytes = session->line.sent;
        session->look = true;
    }
}

static enum status heads_finish(struct session *session)
{
    struct job *job = &session->job;
    bool claims = job->heads.mode == HEADS_WHOLE || job->heads.mode == HEADS_PART;
    if (job->answer_count > 0) {
        struct heads tell = {
            .mode = HEADS_TELL, .entries = job->answers, .count = job->answer_count};
        heads_encode(&tell, frame_begin(session));
        enum status status = frame_end(session);
        if (status != STATUS_OK) {
            return status;
        }
    }
    if (claims && greet_unknown(session) && !session->invited && !session->ever_took &&
        job->answer_count == 0) {
        return STATUS_UNKNOWN_PEER; /* it has nothing to show that is not here */
    }
    if (claims && job->heads.mode == HEADS_WHOLE) {
        session->claiming = false;
        session->stream.waiting = true;
        session->look = true;
    }
    return STATUS_OK;
}

enum status heads_work(struct session *session, bool *done)
{
    struct job *job = &session->job;
    *done = false;
    if (job->heads.mode == HEADS_IDS) {
        return bisect_told(session, done);
    }
    struct log_entry *entry = NULL;
    for (size_t i = job->next; i < job->heads.count && !job->looked; i++) {
        (void)job_log(session, &job->heads.entries[i].log, &entry);
    }
    if (job->want_heads) {
        return STATUS_OK;
    }
    job->looked = true;
    for (; job->next < job->heads.count; job->next++) {
        const struct head *head = &job->heads.entries[job->next];
        entry = session_log(session, &head->log);
        if (entry == NULL) {
            return STATUS_LIMIT;
        }
        bool weighed = true;
        enum status status = STATUS_OK;
        if (job->heads.mode == HEADS_GAP) {
            drain(session, entry);
        } else if (job->heads.mode == HEADS_TELL) {
            status = weigh_answer(session, head, entry, &weighed);
        } else {
            status = weigh_claim(session, head, entry, &weighed);
        }
        if (status != STATUS_OK || !weighed) {
            return status;
        }
    }
    *done = true;
    return heads_finish(session);
}

enum status want_begin(struct session *session, struct bytes frame)
{
    struct job *job = &session->job;
    enum status status = want_decode(frame, &job->arena, &job->want);
    if (status != STATUS_OK) {
        return status;
    }
    if (!job->want.vector) {
        job->kind = JOB_WANT;
        return STATUS_OK;
    }
    if (session->self.role != SESSION_CLIENT) {
        return STATUS_PROTOCOL;
    }
    session->whole_wanted = true;
    session->whole_pending = false;
    session->need_evidence = session->has_cursor;
    session->evidence_ahead = false;
    session->has_cursor = false;
    return STATUS_OK;
}

enum status want_work(struct session *session, bool *done)
{
    struct job *job = &session->job;
    struct log_entry *entry = NULL;
    *done = false;
    if (!job_log(session, &job->want.log, &entry)) {
        return STATUS_OK;
    }
    if (!job->have_ids) {
        job_ask_ids(session, &entry->log, job->want.seqs, job->want.count);
        return STATUS_OK;
    }
    struct head told[FRAME_WANT_MAX];
    size_t count = 0;
    for (size_t i = 0; i < job->id_count; i++) {
        if (!hash_is_none(&job->ids[i])) {
            told[count++] = (struct head){
                .log = job->want.log, .seq = job->seqs[i], .id16 = name_of_hash(&job->ids[i])};
        }
    }
    if (count == 0) { /* it holds the log's opening, or the search ends there anyhow */
        told[count++] = (struct head){.log = job->want.log};
    }
    struct heads ids = {.mode = HEADS_IDS, .entries = told, .count = count};
    heads_encode(&ids, frame_begin(session));
    *done = true;
    return frame_end(session);
}

/* ---- asking ---- */

static enum status send_whole(struct session *session)
{
    arena_reset(&session->scratch);
    struct head *entries = arena_array(&session->scratch, FRAME_HEADS_MAX, sizeof *entries);
    if (entries == NULL) {
        return STATUS_NO_MEMORY;
    }
    struct heads heads = {.mode = HEADS_PART,
                          .scopes = session->common.at,
                          .scope_count = session->common.count,
                          .entries = entries};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < session->ledger.count && status == STATUS_OK; i++) {
        const struct log_entry *entry = &session->ledger.items[i];
        if (!entry->common || entry->seq == 0) {
            continue;
        }
        if (heads.count == FRAME_HEADS_MAX) {
            heads_encode(&heads, frame_begin(session));
            status = frame_end(session);
            heads.count = 0;
        }
        entries[heads.count++] =
            (struct head){.log = entry->log, .seq = entry->seq, .id16 = name_of_hash(&entry->id)};
    }
    heads.mode = HEADS_WHOLE;
    heads_encode(&heads, frame_begin(session));
    session->whole_wanted = false;
    session->whole_due_us = 0;
    session->whole_pending = true;
    session->restarted_scopes = scopes_digest(&session->common);
    session->rest_due = true;
    session->report.paths[PATH_VECTORS]++;
    return status != STATUS_OK ? status : frame_end(session);
}

static enum status send_ask(struct session *session)
{
    arena_reset(&session->scratch);
    struct head *entries = arena_array(&session->scratch, FRAME_HEADS_MAX, sizeof *entries);
    if (entries == NULL) {
        return STATUS_NO_MEMORY;
    }
    struct heads heads = {.mode = HEADS_ASK, .entries = entries};
    for (size_t i = 0; i < session->ledger.count && heads.count < FRAME_HEADS_MAX; i++) {
        struct log_entry *entry = &session->ledger.items[i];
        if (entry->sending == SENDING_DRAIN && session->line.acked >= entry->drain_bytes &&
            !session_put_off(session)) {
            entry->sending = SENDING_ASK;
        }
        if (entry->sending == SENDING_ASK) {
            entry->sending = SENDING_ASKED;
            session->asks_out = true;
            entries[heads.count++] = (struct head){
                .log = entry->log, .seq = entry->seq, .id16 = name_of_hash(&entry->id)};
        }
    }
    if (heads.count == 0) {
        return STATUS_OK;
    }
    heads_encode(&heads, frame_begin(session));
    return frame_end(session);
}

static enum status send_wants(struct session *session, bool *bisecting)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < session->ledger.count && status == STATUS_OK; i++) {
        struct log_entry *entry = &session->ledger.items[i];
        *bisecting = *bisecting || entry->sending == SENDING_BISECT;
        if (entry->sending == SENDING_BISECT && !entry->bisect_asked && effects_room(session)) {
            uint64_t seqs[BISECT_POINTS];
            struct want want = {.log = entry->log, .seqs = seqs};
            want.count = bisect_points(entry, seqs);
            want_encode(&want, frame_begin(session));
            entry->bisect_asked = true;
            session->asks_out = true;
            status = frame_end(session);
        }
    }
    return status;
}

static enum status send_restart_alone(struct session *session)
{
    struct records none = {.restart = true, .at_end = true};
    session->stream.waiting = false;
    records_encode(&none, frame_begin(session));
    return frame_end(session);
}

/* An answer of the peer's is awaited. */
static bool is_answer_awaited(const struct session *session)
{
    for (size_t i = 0; i < session->ledger.count && session->asks_out; i++) {
        const struct log_entry *entry = &session->ledger.items[i];
        if (entry->sending == SENDING_ASKED ||
            (entry->sending == SENDING_BISECT && entry->bisect_asked)) {
            return true;
        }
    }
    return false;
}

enum status heads_pump(struct session *session)
{
    enum status status = STATUS_OK;
    session->asks_out = is_answer_awaited(session);
    if (session->want_vector) {
        struct want want = {.vector = true};
        session->want_vector = false;
        want_encode(&want, frame_begin(session));
        status = frame_end(session);
    }
    if (session->whole_due_us != 0 && session->now_us >= session->whole_due_us) {
        session->whole_due_us = 0;
        session->whole_wanted = true;
    }
    /* What is at the writer is held in a moment: told without it, it would all come again. */
    if (status == STATUS_OK && session->whole_wanted && !session->whole_pending &&
        !session->need_vector && session->batches_out == 0) {
        status = send_whole(session);
    }
    if (status != STATUS_OK || !session->look) {
        return status;
    }
    bool bisecting = false;
    status = send_ask(session);
    if (status == STATUS_OK) {
        status = send_wants(session, &bisecting);
    }
    if (status == STATUS_OK && session->stream.waiting && !bisecting && session->granted &&
        !session->need_vector) {
        send_restart(session);
    } else if (status == STATUS_OK && session->stream.waiting && session->upload_only) {
        status = send_restart_alone(session);
    }
    session->look = bisecting || session->stream.waiting;
    for (size_t i = 0; i < session->ledger.count && !session->look; i++) {
        enum sending sending = session->ledger.items[i].sending;
        session->look = sending == SENDING_ASK || sending == SENDING_DRAIN;
    }
    return status;
}
