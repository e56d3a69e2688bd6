#include "protocol/sync/session/state.h"

#include <string.h>

/* What was in flight finds no room either: it makes the wait no longer. */
static enum status busy(struct session *session, struct bytes frame)
{
    uint64_t ms = 0;
    enum status status = notice_decode(frame, &session->job.arena, &ms);
    ms = ms < BUSY_MOST_MS ? ms : BUSY_MOST_MS;
    session->report.retry_after_ms = ms;
    uint64_t wait_us = ms * 1000;
    if (session->phase == PHASE_RUN && !session_put_off(session)) {
        wait_us = wait_us < session->patience_us ? session->patience_us : wait_us;
        session->patience_us *= 2;
        session->patience_us =
            session->patience_us < ROOM_MOST_US ? session->patience_us : ROOM_MOST_US;
    }
    if (session->blocked_until_us < session->now_us + wait_us) {
        session->blocked_until_us = session->now_us + wait_us;
    }
    return status;
}

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
    case FRAME_BUSY:
        return busy(session, frame);
    case FRAME_BYE: {
        uint64_t reason = 0;
        enum status status = notice_decode(frame, &session->job.arena, &reason);
        if (status == STATUS_OK) {
            session_close(session, frame_status_of(reason), "the other side ended it");
        }
        return status;
    }
    case FRAME_BEGUN:
        return flight_begun(session, frame);
    case FRAME_HELLO:
    case FRAME_REMAINDER:
        return STATUS_PROTOCOL;
    }
    return STATUS_OK; /* of a later version: passed over */
}

static enum status work_on_job(struct session *session, bool *done)
{
    if (session->job.want_heads || session->job.want_ids || session->job.want_prelude) {
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
enum status inbox_work(struct session *session)
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
            session->job.weight = frame.size;
            if (frame.at[0] == FRAME_REMAINDER) {
                status = flight_join(session);
            }
            if (status == STATUS_OK) {
                status = begin_frame(session, session->job.frame);
            }
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

enum status inbox_frame(struct session *session, struct bytes frame)
{
    session->report.payload_received += frame.size;
    session->heard_us = session->now_us;
    if (frame.size == 0) {
        return STATUS_MALFORMED;
    }
    if (frame.size > LIMIT_FRAME_BYTES) {
        return STATUS_LIMIT;
    }
    if (session->phase == PHASE_NEW || session->phase == PHASE_GREET) {
        /* A node that is too busy to greet says so unsigned: it only delays, as any line can. */
        bool notice = frame.at[0] == FRAME_BYE || frame.at[0] == FRAME_BUSY;
        return notice ? begin_frame(session, frame) : greet_frame(session, frame);
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
