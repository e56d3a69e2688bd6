#include "protocol/sync/session/state.h"

static enum status verdict(struct session *session, bool equal)
{
    session->report.paths[PATH_DIGEST]++;
    session->report.paths[PATH_DIGEST_DIFFER] += equal ? 0 : 1;
    session->equal = equal;
    session->differs = !equal;
    session->verdict_change = session->change;
    return STATUS_OK;
}

/*
 * The server's answer at a client. Vectors are told again only if something has changed since they
 * last were to no avail, each time twice as much: a log the peer will not take must not make the
 * pair tell vectors for ever.
 */
static enum status answered(struct session *session, const struct rest *rest)
{
    if (!session->rest_asked || session->change != session->rest_change) {
        session->rest_due = session->rest_due || session->rest_asked;
        session->rest_asked = false;
        return STATUS_OK;
    }
    session->rest_asked = false;
    if (rest->equal) {
        session->whole_for_rest = false;
        session->vectors_backoff = 1;
        session->lost_wait_us = 0;
        return verdict(session, true);
    }
    if (session->whole_for_rest &&
        session->change - session->whole_change < session->vectors_backoff) {
        return verdict(session, false); /* in vain: what differs the peer refuses */
    }
    if (session->whole_for_rest && session->vectors_backoff < VECTORS_BACKOFF_MOST) {
        session->vectors_backoff *= 2;
    }
    session->report.paths[PATH_DIGEST]++;
    session->report.paths[PATH_DIGEST_DIFFER]++;
    session->whole_wanted = true;
    session->evidence_ahead = false;
    session->need_evidence = true; /* a server put back to after the cursor learns it only so */
    session->whole_for_rest = true;
    session->whole_change = session->change;
    return STATUS_OK;
}

enum status rest_frame(struct session *session, struct bytes frame)
{
    struct rest rest;
    enum status status = rest_decode(frame, &session->job.arena, &rest);
    if (status != STATUS_OK) {
        return status;
    }
    if (session->self.role == SESSION_CLIENT) {
        return answered(session, &rest);
    }
    if (rest.equal) {
        return STATUS_PROTOCOL;
    }
    if (greet_unknown(session) && !session->invited && !session->ever_took) {
        return STATUS_UNKNOWN_PEER;
    }
    session->peer_rest = true;
    session->stream.receipts_wait = false;
    buffer_deinit(&session->flight.begun); /* nothing more of it comes */
    session->peer_digest = rest.digest;
    return STATUS_OK;
}

static enum status answer(struct session *session)
{
    struct rest rest = {.equal = false};
    enum status status = session_digest(session, &rest.digest);
    if (status != STATUS_OK) {
        return status;
    }
    rest.equal = session->granted && name_equal(&rest.digest, &session->peer_digest);
    session->peer_rest = false;
    rest_encode(&rest, frame_begin(session));
    status = frame_end(session);
    return status != STATUS_OK ? status : verdict(session, rest.equal);
}

enum status rest_pump(struct session *session)
{
    if (!session_quiet(session)) {
        return STATUS_OK;
    }
    if (session->self.role == SESSION_SERVER) {
        return session->peer_rest ? answer(session) : STATUS_OK;
    }
    if (session->rest_asked || !(session->rest_due || session->change != session->rest_change)) {
        return STATUS_OK;
    }
    struct rest rest = {.equal = false};
    enum status status = session_digest(session, &rest.digest);
    if (status != STATUS_OK) {
        return status;
    }
    session->rest_asked = true;
    session->rest_due = false;
    session->rest_change = session->change;
    rest_encode(&rest, frame_begin(session));
    return frame_end(session);
}
