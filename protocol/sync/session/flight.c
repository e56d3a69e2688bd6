/*
 * Frames cut in the middle. On a slow line half a frame came on average when the line was cut: a
 * server keeps that beginning and names it to the client when it is back, which sends the rest, if
 * it still has the frame and its log has come to it again. Both sides only remember bytes; what
 * they make of them is judged like any frame.
 */
#include "protocol/sync/session/state.h"

#include <string.h>

enum { END_BYTES = 8, SIZE_BYTES = 4, HEAD_BYTES = END_BYTES + SIZE_BYTES };
enum { FLIGHT_BYTES = 256 * 1024 };

void flight_init(struct flight *flight, struct bytes before)
{
    buffer_init(&flight->sent, FLIGHT_BYTES);
    buffer_init(&flight->before, FLIGHT_BYTES);
    buffer_init(&flight->begun, LIMIT_FRAME_BYTES);
    buffer_append_bytes(&flight->before, before);
    if (buffer_status(&flight->before) != STATUS_OK) {
        buffer_deinit(&flight->before);
    }
}

void flight_deinit(struct flight *flight)
{
    buffer_deinit(&flight->sent);
    buffer_deinit(&flight->before);
    buffer_deinit(&flight->begun);
}

static void forget_before(struct flight *flight)
{
    flight->remainder = bytes_of(NULL, 0);
    buffer_deinit(&flight->before);
}

void flight_sent(struct session *session, struct bytes frame)
{
    struct buffer *sent = &session->flight.sent;
    size_t size = sent->size;
    if (session->self.role != SESSION_CLIENT || session->version < SESSION_VERSION_PRELUDE ||
        session->line.frame > LINE_FRAME_FIRST || frame.at[0] != FRAME_RECORDS) {
        return;
    }
    buffer_append_be64(sent, session->line.sent);
    buffer_append_be32(sent, (uint32_t)frame.size);
    buffer_append_bytes(sent, frame);
    if (buffer_status(sent) != STATUS_OK) { /* it cannot be gone on with, then */
        sent->size = size;
        sent->status = STATUS_OK;
    }
}

/* The frame at |*at| of |list|, and moves on; empty at its end. */
static struct bytes next_frame(struct bytes list, size_t *at)
{
    if (*at + HEAD_BYTES > list.size) {
        return bytes_of(NULL, 0);
    }
    size_t size = be32_load(list.at + *at + END_BYTES);
    if (size > list.size - *at - HEAD_BYTES) {
        return bytes_of(NULL, 0);
    }
    struct bytes frame = bytes_of(list.at + *at + HEAD_BYTES, size);
    *at += HEAD_BYTES + size;
    return frame;
}

void flight_acked(struct session *session)
{
    struct buffer *sent = &session->flight.sent;
    size_t gone = 0;
    while (gone < sent->size && be64_load(sent->at + gone) <= session->line.acked) {
        (void)next_frame(buffer_view(sent), &gone);
    }
    if (gone > 0) {
        memmove(sent->at, sent->at + gone, sent->size - gone);
        sent->size -= gone;
    }
    if (sent->size == 0) {
        buffer_deinit(sent);
    }
}

struct bytes session_flight(const struct session *session)
{
    return bytes_of(session->flight.sent.at, session->flight.sent.size);
}

enum status flight_tell(struct session *session)
{
    struct buffer *kept = &session->flight.begun;
    if (session->self.begun == NULL || session->version < SESSION_VERSION_PRELUDE ||
        greet_unknown(session)) {
        return STATUS_OK;
    }
    session->self.begun(session->self.begun_context, &session->peer, kept);
    if (buffer_status(kept) != STATUS_OK || kept->size == 0 || kept->at[0] != FRAME_RECORDS) {
        buffer_deinit(kept);
        return STATUS_OK;
    }
    struct begun begun = {.bytes = kept->size, .check = begun_check(buffer_view(kept))};
    begun_encode(&begun, frame_begin(session));
    return frame_end(session);
}

enum status flight_begun(struct session *session, struct bytes frame)
{
    struct flight *flight = &session->flight;
    struct begun begun;
    enum status status = begun_decode(frame, &session->job.arena, &begun);
    if (status != STATUS_OK) {
        return status;
    }
    if (session->self.role != SESSION_CLIENT || session->version < SESSION_VERSION_PRELUDE) {
        return STATUS_PROTOCOL;
    }
    size_t at = 0;
    struct bytes sent = {NULL, 0};
    while ((sent = next_frame(buffer_view(&flight->before), &at)).size > 0) {
        struct records records;
        struct name check = {{0}};
        if (sent.size > begun.bytes) {
            check = begun_check(bytes_of(sent.at, (size_t)begun.bytes));
        }
        if (sent.size <= begun.bytes || !name_equal(&check, &begun.check)) {
            continue;
        }
        status = records_decode(sent, &session->job.arena, &records);
        if (status == STATUS_OK && records.run_count == 1) {
            flight->run = records.runs[0];
            flight->remainder = bytes_of(sent.at + begun.bytes, sent.size - (size_t)begun.bytes);
            return STATUS_OK;
        }
        status = status == STATUS_NO_MEMORY ? status : STATUS_OK;
    }
    forget_before(flight);
    return status;
}

enum status flight_pump(struct session *session)
{
    struct flight *flight = &session->flight;
    struct ready *ready = &session->ready;
    if (flight->remainder.size == 0 || ready->count == READY_FRAMES) {
        return STATUS_OK;
    }
    struct log_entry *entry = session_log(session, &flight->run.log);
    if (entry != NULL && (entry->sending == SENDING_ASK || entry->sending == SENDING_ASKED)) {
        return STATUS_OK; /* where it stands there is not known yet */
    }
    uint64_t last = flight->run.first_seq + flight->run.count - 1;
    if (entry != NULL && entry->sending == SENDING_OPEN && entry->offered && entry->seq >= last &&
        entry->sent_seq + 1 == flight->run.first_seq) {
        size_t start = ready->bytes.size;
        buffer_append_u8(&ready->bytes, FRAME_REMAINDER);
        buffer_append_bytes(&ready->bytes, flight->remainder);
        if (buffer_status(&ready->bytes) != STATUS_OK) {
            return STATUS_NO_MEMORY;
        }
        size_t place = (ready->first + ready->count++) % READY_FRAMES;
        ready->at[place] = start;
        ready->size[place] = ready->bytes.size - start;
        ready->records[place] = flight->run.count;
        entry->sent_seq = last;
    }
    forget_before(flight);
    return STATUS_OK;
}

enum status flight_join(struct session *session)
{
    struct buffer *begun = &session->flight.begun;
    struct job *job = &session->job;
    size_t rest = job->frame.size - 1;
    if (begun->size == 0) {
        return STATUS_PROTOCOL;
    }
    if (rest > LIMIT_FRAME_BYTES - begun->size) {
        return STATUS_LIMIT;
    }
    uint8_t *whole = arena_alloc(&job->arena, begun->size + rest);
    if (whole == NULL) {
        return STATUS_NO_MEMORY;
    }
    memcpy(whole, begun->at, begun->size);
    memcpy(whole + begun->size, job->frame.at + 1, rest);
    session->report.paths[PATH_REMAINDER]++;
    job->frame = bytes_of(whole, begun->size + rest);
    buffer_deinit(begun);
    return STATUS_OK;
}
