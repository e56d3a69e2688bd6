#include "protocol/sync/frame/columns.h"
#include "protocol/sync/session/state.h"

#include <stdlib.h>
#include <string.h>

enum {
    READ_AHEAD = 2,         /* frames encoded and waiting for the line */
    READ_MOST = 240 * 1024, /* raw bytes asked of one READ */
    READ_LEAST = 1024,
    PRELUDE_A_RECORD = 16,
    /* What comes fits one frame, and is no more receipts than a frame may hold: one of no heads is
       longer than the least. */
    RECEIPT_BYTES_LEAST = 120,
    RECEIPT_READ_BYTES = FRAME_RECEIPTS_MAX * RECEIPT_BYTES_LEAST
};

/* ---- frames of records ---- */

/* Groups |items| into runs: consecutive records of one log, run by run in the order of first sight.
 */
static enum status make_runs(struct session *session, const struct read_record *items, size_t count,
                             struct record *records, struct run *runs, size_t *run_count)
{
    size_t *run_of = arena_array(&session->scratch, count, sizeof *run_of);
    if (run_of == NULL) {
        return STATUS_NO_MEMORY;
    }
    *run_count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t k = *run_count;
        while (k > 0 && !(name_equal(&runs[k - 1].log, &items[i].log) &&
                          runs[k - 1].before.seq + runs[k - 1].count + 1 == items[i].seq)) {
            k--;
        }
        if (k == 0) {
            if (*run_count == FRAME_RUNS_MAX) {
                return STATUS_LIMIT;
            }
            k = ++*run_count;
            runs[k - 1] = (struct run){.log = items[i].log};
            runs[k - 1].before.seq = items[i].seq - 1;
        }
        runs[k - 1].count++;
        run_of[i] = k - 1;
    }
    size_t first = 0;
    for (size_t k = 0; k < *run_count; k++) {
        runs[k].first = first;
        first += runs[k].count;
        runs[k].count = 0;
    }
    for (size_t i = 0; i < count; i++) {
        struct run *run = &runs[run_of[i]];
        struct record *record = &records[run->first + run->count++];
        enum status status = record_decode(items[i].raw, &session->scratch, record);
        if (status == STATUS_NO_MEMORY) {
            return status;
        }
        /* Sent, it would make this end the one that breaks the rules. */
        if (status != STATUS_OK || !hash_equal(&record->id, &items[i].id)) {
            return STATUS_CORRUPT;
        }
    }
    return STATUS_OK;
}

/*
 * The |count| items before the next frame's, as its prelude: the last of them that go together,
 * that the receiver has with their bodies and under this name, and that are few enough. None if the
 * frame is not to have one.
 */
static enum status make_prelude(struct session *session, const struct read_record *items,
                                size_t count, const struct records_run *run,
                                struct prelude *prelude)
{
    *prelude = (struct prelude){.count = 0};
    if (session->plain || run->follow != FOLLOW_KNOWN) {
        return STATUS_OK;
    }
    /* Each costs both ends some 4 us, and a single record gains little from more than a few. */
    size_t most = PRELUDE_A_RECORD * run->count;
    most = most < LIMIT_PRELUDE_RECORDS ? most : LIMIT_PRELUDE_RECORDS;
    struct record *records = arena_array(&session->scratch, count, sizeof *records);
    size_t bytes = 0;
    size_t first = count;
    while (records != NULL && first > 0 && count - first < most) {
        const struct read_record *item = &items[first - 1];
        struct record *record = &records[first - 1];
        bytes += item->raw.size;
        if (bytes > LIMIT_PRELUDE_BYTES || item->seq != run->first_seq - 1 - (count - first)) {
            break;
        }
        enum status status = record_decode(item->raw, &session->scratch, record);
        if (status == STATUS_NO_MEMORY) {
            return status;
        }
        if (status != STATUS_OK || !hash_equal(&record->id, &item->id) || !record->has_body ||
            (item->seq > 1 && !name_equal(&record->header.log, &run->log))) {
            break;
        }
        first--;
    }
    *prelude = (struct prelude){.records = records + first, .count = count - first};
    return records == NULL && count > 0 ? STATUS_NO_MEMORY : STATUS_OK;
}

static void describe_run(const struct record *records, struct run *run, struct records_run *out)
{
    const struct record *first = &records[run->first];
    run->before.log = run->log;
    run->before.id = first->header.prev;
    *out = (struct records_run){.log = run->log,
                                .first_seq = run->before.seq + 1,
                                .count = run->count,
                                .before = first->header.prev,
                                .follow = FOLLOW_KNOWN};
    if (run->before.seq == 0) {
        out->follow = FOLLOW_OPENING;
    } else if (!name_equal(&first->header.log, &run->log)) {
        out->follow = FOLLOW_TOLD; /* a branch: the receiver may not know it by this name */
    }
}

/* Gives back the room of frames that have left: in a steady stream there is always one waiting. */
static void move_up(struct ready *ready)
{
    size_t gone = ready->count > 0 ? ready->at[ready->first] : 0;
    if (gone == 0) {
        return;
    }
    memmove(ready->bytes.at, ready->bytes.at + gone, ready->bytes.size - gone);
    ready->bytes.size -= gone;
    for (size_t i = 0; i < ready->count; i++) {
        ready->at[(ready->first + i) % READY_FRAMES] -= gone;
    }
}

/* Encodes |count| of |items|, before which |before| more of them stand, as one frame behind the
 * ready ones. LIMIT: too many for a frame. */
static enum status encode_frame(struct session *session, const struct read_record *items,
                                size_t before, size_t count, struct records *frame)
{
    struct ready *ready = &session->ready;
    move_up(ready);
    arena_reset(&session->scratch);
    struct record *records = arena_array(&session->scratch, count, sizeof *records);
    size_t most = count < FRAME_RUNS_MAX ? count : FRAME_RUNS_MAX;
    struct run *runs = arena_array(&session->scratch, most, sizeof *runs);
    frame->runs = arena_array(&session->scratch, most, sizeof *frame->runs);
    if (records == NULL || runs == NULL || frame->runs == NULL) {
        return STATUS_NO_MEMORY;
    }
    enum status status = make_runs(session, items, count, records, runs, &frame->run_count);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t k = 0; k < frame->run_count; k++) {
        describe_run(records, &runs[k], &frame->runs[k]);
    }
    struct prelude prelude;
    status = make_prelude(session, items - before, before, &frame->runs[0], &prelude);
    if (status != STATUS_OK) {
        return status;
    }
    frame->prelude = prelude.count;
    size_t start = ready->bytes.size;
    records_encode(frame, &ready->bytes);
    status = columns_encode(&prelude, records, runs, frame->run_count, &ready->bytes);
    size_t size = ready->bytes.size - start;
    if (status == STATUS_OK && size > LIMIT_FRAME_BYTES) {
        status = STATUS_LIMIT;
    }
    if (status != STATUS_OK) {
        ready->bytes.size = start;
        ready->bytes.status = STATUS_OK;
        return status;
    }
    size_t place = (ready->first + ready->count++) % READY_FRAMES;
    ready->at[place] = start;
    ready->size[place] = size;
    ready->records[place] = count;
    return STATUS_OK;
}

/* How many of |items| the next frame takes at most: those of the first one's scope. */
static size_t one_scope(const struct read_record *items, size_t count)
{
    size_t same = 1;
    while (same < count && same < LIMIT_FRAME_RECORDS &&
           name_equal(&items[same].scope, &items[0].scope)) {
        same++;
    }
    return same;
}

/* As many of |count| |items| as one frame holds; |*taken| tells. |before| more stand before them.
 */
static enum status next_frame(struct session *session, const struct read_record *items,
                              size_t before, size_t count, struct records *frame, size_t *taken)
{
    size_t try = one_scope(items, count);
    size_t raw = 0;
    for (size_t i = 0; i < try; i++) {
        raw += items[i].raw.size;
    }
    for (;;) {
        if (frame->has_cursor) {
            frame->arrival = items[try - 1].arrival;
            frame->running_hash = items[try - 1].running_hash;
        }
        enum status status = encode_frame(session, items, before, try, frame);
        if (status == STATUS_OK) {
            *taken = try;
            break;
        }
        if (status != STATUS_LIMIT || try == 1) {
            return status;
        }
        raw /= 2;
        try /= 2;
    }
    const struct ready *ready = &session->ready;
    size_t size = ready->size[(ready->first + ready->count - 1) % READY_FRAMES];
    session->raw_per_wire = raw * 16 / (size + 1);
    session->raw_per_wire = session->raw_per_wire < 16 ? 16 : session->raw_per_wire;
    return STATUS_OK;
}

/* ---- up: by log ---- */

/* Authority before all else, acts at the counter before a bulk import. */
static int rank_of(const struct session *session, const struct log_entry *entry)
{
    struct name root = authority_scope(authority_root(session->self.authority));
    if (name_equal(&entry->scope, &root)) {
        return 0;
    }
    return entry->purpose == LOG_BULK ? 2 : 1;
}

static bool sendable(const struct log_entry *entry)
{
    return entry->offered && entry->sending == SENDING_OPEN && entry->seq > entry->sent_seq;
}

bool send_waiting(const struct session *session)
{
    for (size_t i = 0; i < session->ledger.count; i++) {
        const struct log_entry *entry = &session->ledger.items[i];
        bool busy = entry->sending != SENDING_OPEN && entry->sending != SENDING_STOPPED;
        if (sendable(entry) || (entry->offered && busy)) {
            return true;
        }
    }
    return false;
}

static const struct log_entry *next_log(struct session *session)
{
    const struct log_entry *best = NULL;
    size_t count = session->ledger.count;
    for (size_t i = 0; i < count; i++) {
        const struct log_entry *entry = &session->ledger.items[(session->last_log + 1 + i) % count];
        if (sendable(entry) && (best == NULL || rank_of(session, entry) < rank_of(session, best))) {
            best = entry;
        }
    }
    if (best != NULL) {
        session->last_log = (size_t)(best - session->ledger.items);
    }
    return best;
}

static size_t read_bytes(const struct session *session)
{
    uint64_t bytes = session->line.frame * session->raw_per_wire / 16;
    bytes = bytes > READ_MOST ? READ_MOST : bytes;
    return (size_t)(bytes < READ_LEAST ? READ_LEAST : bytes);
}

static bool list_have(struct stream *stream, const struct ledger *ledger)
{
    if (stream->have_capacity < ledger->count) {
        struct peer_mark *have = realloc(stream->have, ledger->count * sizeof *have);
        if (have == NULL) {
            return false;
        }
        stream->have = have;
        stream->have_capacity = ledger->count;
    }
    stream->have_count = 0;
    for (size_t i = 0; i < ledger->count; i++) {
        /* What the peer refuses is passed over like what it has: else it would lose every frame
         * that holds some of it, ask for the vectors, and get the same again. Never beyond the
         * head: behind a head that was cut at a fork lies a branch, in the same place. */
        const struct log_entry *entry = &ledger->items[i];
        uint64_t seq = entry->unwanted ? entry->seq : entry->have;
        seq = seq < entry->seq ? seq : entry->seq;
        if (seq > 0) {
            stream->have[stream->have_count++] = (struct peer_mark){.log = entry->log, .seq = seq};
        }
    }
    return true;
}

static bool stream_wants(struct session *session, struct read_request *request)
{
    struct stream *stream = &session->stream;
    if (!stream->on || !session->granted || session->agreed.count == 0) {
        return false;
    }
    request->scopes = session->agreed.at;
    request->scope_count = session->agreed.count;
    if (stream->from < session->newest) {
        if (!list_have(stream, &session->ledger)) {
            return false;
        }
        request->kind = READ_ARRIVALS;
        request->from = stream->from;
        request->have = stream->have;
        request->have_count = stream->have_count;
        request->bytes = read_bytes(session);
        return true;
    }
    request->kind = READ_RECEIPTS;
    request->from = stream->receipts_read;
    request->bytes = RECEIPT_READ_BYTES;
    return !session->line.busy && !stream->receipts_wait &&
           stream->receipts_read < session->newest_receipt;
}

/*
 * On a line measured as slow a frame holds few records; then it pays to go on from those before
 * them. A short frame on a fast line is a live act, which is not to wait until the one before it is
 * durable, and costs the other end less time so.
 */
static bool frames_are_short(const struct session *session)
{
    return session->version >= SESSION_VERSION_PRELUDE && !session->plain &&
           session->line.frame < LINE_FRAME_FIRST;
}

bool send_read(struct session *session, struct read_request *request)
{
    if (session->ready.count >= READ_AHEAD || session_put_off(session)) {
        return false;
    }
    if (session->self.role == SESSION_SERVER) {
        return stream_wants(session, request);
    }
    if (session->whole_wanted) {
        return false;
    }
    const struct log_entry *entry = next_log(session);
    if (entry == NULL) {
        return false;
    }
    request->kind = READ_LOG;
    request->log = entry->log;
    request->from = entry->sent_seq + 1;
    request->before = frames_are_short(session) ? LIMIT_PRELUDE_RECORDS : 0;
    request->bytes = read_bytes(session);
    return true;
}

enum status send_log_read(struct session *session, const struct read_result *result)
{
    struct log_entry *entry = session_log(session, &session->read_log);
    if (entry == NULL || entry->sending != SENDING_OPEN ||
        entry->sent_seq + 1 != session->read_from) {
        return STATUS_OK;
    }
    size_t done = 0; /* with the prelude's */
    while (done < result->record_count && result->records[done].seq < session->read_from) {
        done++;
    }
    if (done == result->record_count) {
        ledger_moved(&session->ledger);
        entry->seq = entry->sent_seq; /* cut at a fork since; ARRIVED tells the rest */
        return STATUS_OK;
    }
    bool goes_on = done > 0;
    while (done < result->record_count && session->ready.count < READY_FRAMES) {
        struct records frame = {.has_cursor = false};
        size_t taken = 0;
        enum status status = next_frame(session, result->records + done, goes_on ? done : 0,
                                        result->record_count - done, &frame, &taken);
        if (status != STATUS_OK) {
            return status;
        }
        done += taken;
        /* Not a count: a branch begins behind what it branched off. */
        entry->sent_seq = result->records[done - 1].seq;
    }
    return STATUS_OK;
}

/* ---- down: by arrival ---- */

void send_restart(struct session *session)
{
    struct stream *stream = &session->stream;
    stream->on = true;
    stream->waiting = false;
    stream->restart = true;
    stream->from = 0;
    stream->told = 0;
    stream->owed = false;
    stream->hash = (struct name){{0}};
    /* Receipts too where those told so far were of another set of scopes, or of a history that is
     * gone. */
    stream->receipts = stream->receipts_stand ? stream->receipts : 0;
    stream->receipts_told = stream->receipts_stand ? stream->receipts_told : 0;
    stream->receipts_read = stream->receipts_stand ? stream->receipts_read : 0;
    if (session->reading &&
        (session->read_kind == READ_ARRIVALS || session->read_kind == READ_RECEIPTS)) {
        session->reading = false; /* of the old stream: its answer finds no taker */
        session->read_tag++;
    }
    session->ready.count = 0;
    buffer_reset(&session->ready.bytes);
}

static void note_sent(struct session *session, const struct read_record *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct log_entry *entry = session_log(session, &items[i].log);
        if (entry != NULL && entry->have < items[i].seq) {
            entry->have = items[i].seq;
        }
    }
}

/* What came from the client itself while the READ was under way is no news to it. */
static size_t drop_echoes(struct session *session, const struct read_result *result,
                          struct read_record *kept)
{
    size_t count = 0;
    for (size_t i = 0; i < result->record_count; i++) {
        const struct log_entry *entry = session_log(session, &result->records[i].log);
        if (entry == NULL || entry->have < result->records[i].seq) {
            kept[count++] = result->records[i];
        }
    }
    session->report.paths[PATH_SKIP] += result->skipped > 0 || count < result->record_count;
    return count;
}

static enum status encode_stream(struct session *session, const struct read_record *items,
                                 size_t count, size_t *done)
{
    struct stream *stream = &session->stream;
    *done = 0;
    while (*done < count && session->ready.count < READY_FRAMES) {
        struct records frame = {.has_cursor = true, .restart = stream->restart};
        size_t taken = 0;
        enum status status = next_frame(session, items + *done, 0, count - *done, &frame, &taken);
        if (status != STATUS_OK) {
            return status;
        }
        note_sent(session, items + *done, taken);
        *done += taken;
        stream->restart = false;
        stream->from = frame.arrival;
        stream->hash = frame.running_hash;
        stream->told = frame.arrival;
        stream->owed = false;
    }
    return STATUS_OK;
}

enum status send_stream_read(struct session *session, const struct read_result *result)
{
    struct stream *stream = &session->stream;
    if (!stream->on) {
        return STATUS_OK;
    }
    struct read_record *kept = malloc((result->record_count + 1) * sizeof *kept);
    if (kept == NULL) {
        return STATUS_NO_MEMORY;
    }
    size_t done = 0;
    size_t count = drop_echoes(session, result, kept);
    enum status status = encode_stream(session, kept, count, &done);
    free(kept);
    if (status == STATUS_OK && done == count && result->end > stream->from) {
        stream->from = result->end;
        stream->hash = result->running_hash;
        stream->owed = stream->owed || result->skipped > 0 || count < result->record_count;
    }
    return status;
}

bool send_told(const struct session *session)
{
    const struct stream *stream = &session->stream;
    return stream->on && !stream->restart && stream->from >= session->newest && !stream->owed &&
           stream->from - stream->told < UNTOLD_MOST && stream->receipts >= session->newest_receipt;
}

void send_pass(struct session *session, uint64_t arrival, const struct name *running_hash)
{
    struct stream *stream = &session->stream;
    bool at_end = stream->on && stream->from == session->newest && session->ready.count == 0 &&
                  !(session->reading && session->read_kind == READ_ARRIVALS);
    if (session->self.role == SESSION_SERVER && at_end) {
        stream->from = arrival;
        stream->hash = *running_hash;
    }
}

/* At its end a stream tells where it stands, also after nothing but skipped records. */
static enum status tell_end(struct session *session)
{
    struct stream *stream = &session->stream;
    if (!stream->on || !session->granted || session->ready.count > 0 ||
        stream->from < session->newest ||
        (!stream->owed && !stream->restart && stream->from - stream->told < UNTOLD_MOST) ||
        (session->reading && session->read_kind == READ_ARRIVALS)) {
        return STATUS_OK;
    }
    struct records end = {.has_cursor = true,
                          .arrival = stream->from,
                          .running_hash = stream->hash,
                          .at_end = true,
                          .restart = stream->restart};
    stream->told = stream->from;
    stream->owed = false;
    stream->restart = false;
    records_encode(&end, frame_begin(session));
    return frame_end(session);
}

enum status send_pump(struct session *session)
{
    struct ready *ready = &session->ready;
    enum status begun = flight_pump(session);
    if (begun != STATUS_OK) {
        return begun;
    }
    while (ready->count > 0 && line_admits(&session->line, ready->size[ready->first]) &&
           effects_room(session)) {
        size_t place = ready->first;
        buffer_append(frame_begin(session), ready->bytes.at + ready->at[place], ready->size[place]);
        enum status status = frame_end(session);
        if (status != STATUS_OK) {
            return status;
        }
        line_sent(&session->line, ready->size[place], session->now_us);
        flight_sent(session, bytes_of(ready->bytes.at + ready->at[place], ready->size[place]));
        session->report.records_sent += ready->records[place];
        session->rest_asked = false;
        session->rest_due = true;
        session->peer_rest = false;
        ready->first = (place + 1) % READY_FRAMES;
        ready->count--;
        if (ready->count == 0) {
            buffer_reset(&ready->bytes);
        }
    }
    return session->self.role == SESSION_SERVER ? tell_end(session) : STATUS_OK;
}
