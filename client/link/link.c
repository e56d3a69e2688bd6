#include "client/link/link.h"

#include "client/link/inquiry.h"
#include "client/link/net/clock.h"
#include "client/link/net/outbox.h"
#include "client/link/net/timer.h"
#include "client/link/note.h"
#include "client/link/told.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    WINDOW_MOST = 256 * 1024,        /* bytes of records a peer may have under way */
    WINDOW_LEAST = 64 * 1024,        /* however many peers there are */
    WAITING_MOST = 32 * 1024,        /* of frames not worked off, before no more is read */
    WINDOWS_TOTAL = 16 * 1024 * 1024 /* shared by all peers */
};

/* What the store was told about the peer in this connection. */
enum noted {
    NOTED_NOTHING,
    NOTED_CONTACT,   /* it was reached, and nothing was in flight then */
    NOTED_UNDER_WAY, /* asked to note that records are in flight; they wait in |held| */
    NOTED_IN_FLIGHT  /* noted: records may leave */
};

struct link {
    struct link_shared *shared;
    struct link *next, *previous;
    uint64_t id;
    enum session_role role;
    struct session *session;
    const struct authority *authority; /* the session's, counted */
    struct timer *timer;
    struct verify_job *first_verify, *last_verify; /* in the order the session asked */
    struct outbox held;                            /* frames that wait for a note */
    bool rest_told; /* the store heard that both ends hold the same */
    enum noted noted;
    enum status fault; /* why the session ended it */
    bool ending;
    bool proved_told;
    bool known;
    bool welcomed;
    bool met;
    bool broke_rule;      /* the peer */
    uint64_t not_taken;   /* runs of the peer that stay with it */
    uint64_t claims_left; /* of receipts it brought, above their bound */
};

/* Work away from the loop knows its link by id alone. */
struct verify_job {
    struct work work;
    struct link_shared *shared;
    uint64_t link;
    struct batch *batch;
    enum chain_mode mode;
    bool finished;
    struct verify_job *next; /* of the same link */
};

struct commit_job {
    struct writer_batch writer; /* first: its |work| is the job */
    struct link_shared *shared;
    uint64_t link;
};

static void link_step(struct link *link, struct session_event *event);

static struct link *link_find(struct link_shared *shared, uint64_t id)
{
    return shared->net != NULL ? net_attached(shared->net, id) : NULL;
}

/* ---- reads ---- */

static void read_answered(struct link_shared *shared, uint64_t id, const struct read_result *result)
{
    struct link *link = link_find(shared, id);
    struct session_event event = {.kind = EVENT_READ_DONE, .read = result};

    if (link != NULL)
        link_step(link, &event);
}

static void perform_read(struct link *link, const struct read_request *request)
{
    if (inquiry_start(link->shared, link->id, request, read_answered) != STATUS_OK)
        link_end(link, "out of memory");
}

/* ---- verification ---- */

static void verify_run(struct work *work)
{
    struct verify_job *job = (struct verify_job *)work;

    batch_verify(job->batch, job->mode);
}

/* Threads finish in any order; the session sees the order in which it asked. */
static void verify_done(struct work *work)
{
    struct verify_job *job = (struct verify_job *)work;
    struct link_shared *shared = job->shared;
    uint64_t id = job->link;
    struct link *link = link_find(shared, id);

    if (link == NULL) {
        batch_free(job->batch);
        free(job);
        return;
    }
    job->finished = true;
    while ((link = link_find(shared, id)) != NULL && (job = link->first_verify) != NULL &&
           job->finished) {
        struct session_event event = {.kind = EVENT_VERIFIED, .batch = job->batch};

        link->first_verify = job->next;
        if (link->first_verify == NULL)
            link->last_verify = NULL;
        free(job);
        link_step(link, &event);
    }
}

static void perform_verify(struct link *link, struct batch *batch)
{
    struct verify_job *job = calloc(1, sizeof *job);

    if (job == NULL) {
        batch_free(batch);
        link_end(link, "out of memory");
        return;
    }
    job->work.run = verify_run;
    job->work.done = verify_done;
    job->shared = link->shared;
    job->link = link->id;
    job->batch = batch;
    job->mode = link->shared->chain_mode;
    if (link->last_verify != NULL)
        link->last_verify->next = job;
    else
        link->first_verify = job;
    link->last_verify = job;
    workers_post(link->shared->verifiers, &job->work);
}

/* ---- commits ---- */

static void commit_done(struct work *work)
{
    struct commit_job *job = (struct commit_job *)work;
    struct link *link = link_find(job->shared, job->link);

    if (link != NULL) {
        struct session_event event = {.kind = job->writer.status == STATUS_OK ? EVENT_COMMITTED
                                                                              : EVENT_COMMIT_FAILED,
                                      .batch = job->writer.batch,
                                      .status = job->writer.status,
                                      .arrival = job->writer.arrival,
                                      .receipt = job->writer.receipt};

        told_no_room(link->shared, link->id, &job->writer);
        told_not_taken(link->shared, link->session, &job->writer, &link->not_taken);
        told_claims_left(link->shared, link->session, &job->writer, &link->claims_left);
        link_step(link, &event);
    } else {
        batch_free(job->writer.batch);
    }
    free(job);
}

static void perform_commit(struct link *link, struct batch *batch)
{
    struct commit_job *job = calloc(1, sizeof *job);

    if (job == NULL) {
        batch_free(batch);
        link_end(link, "out of memory");
        return;
    }
    job->writer.work.done = commit_done;
    job->writer.batch = batch;
    job->shared = link->shared;
    job->link = link->id;
    writer_commit(link->shared->writer, &job->writer);
}

/* ---- what the store is told about the peer ---- */

/* It asked for more than it reads. */
static void end_deaf(struct link *link)
{
    static const char why[] = "the peer does not take what it is sent";
    uint64_t left_out = 0;

    if (!link->ending && quiet_may_say(&link->shared->quiet_peers, clock_now_us(), &left_out))
        journal_say(link->shared->journal, JOURNAL_WARNING, "cut",
                    "link=%" PRIx64 " why=\"%s\" left_out=%" PRIu64, link->id, why, left_out);
    link_end(link, why);
}

/* Frames that waited for the note may leave. */
static void note_done(struct link_shared *shared, uint64_t id, enum status status)
{
    struct link *link = link_find(shared, id);
    size_t size = 0;
    uint8_t *frame = NULL;

    if (link == NULL || link->noted != NOTED_UNDER_WAY)
        return;
    link->noted = NOTED_IN_FLIGHT;
    if (status != STATUS_OK)
        link_end(link, "the store cannot note what is in flight");
    while (!link->ending && (frame = outbox_front(&link->held, &size)) != NULL) {
        if (net_send(shared->net, id, bytes_of(frame, size)) != STATUS_OK)
            end_deaf(link);
        else
            outbox_pop(&link->held);
    }
}

/*
 * Before a session's first record leaves, the store must know that the peer's marks are in doubt:
 * else a crash right after leaves marks that claim too little or too much. Until that is durable
 * frames wait here.
 */
static void perform_send(struct link *link, struct bytes frame, const struct session_report *report)
{
    enum status status = STATUS_OK;

    if (report->in_flight && link->role == SESSION_CLIENT && link->noted < NOTED_UNDER_WAY) {
        link->noted = NOTED_UNDER_WAY;
        status = note_in_flight(link->shared, &report->peer, link->id, note_done);
    }
    if (status == STATUS_OK)
        status = link->noted == NOTED_UNDER_WAY ? outbox_push(&link->held, frame)
                                                : net_send(link->shared->net, link->id, frame);
    if (status != STATUS_OK)
        end_deaf(link);
}

/* ---- the session ---- */

/* Strangers could fill the log. */
static void say_ended(const struct link *link, const struct session_effect *effect)
{
    uint64_t left_out = 0;

    if (link->known || link->role == SESSION_CLIENT ||
        quiet_may_say(&link->shared->quiet, clock_now_us(), &left_out))
        journal_say(link->shared->journal, JOURNAL_WARNING, "session",
                    "link=%" PRIx64 " end=%s why=\"%s\" left_out=%" PRIu64, link->id,
                    status_name(effect->status), effect->why != NULL ? effect->why : "", left_out);
}

static void perform(struct link *link, const struct session_effect *effect,
                    const struct session_report *report)
{
    switch (effect->kind) {
    case EFFECT_SEND:
        if (!link->ending)
            perform_send(link, effect->frame, report);
        break;
    case EFFECT_READ:
        perform_read(link, &effect->read);
        break;
    case EFFECT_VERIFY:
        perform_verify(link, effect->batch);
        break;
    case EFFECT_COMMIT:
        perform_commit(link, effect->batch);
        break;
    case EFFECT_GRANT:
        if (note_admit(link->shared, &effect->peer, &effect->invitation) != STATUS_OK)
            link_end(link, "out of memory");
        break;
    case EFFECT_REFUSED:
        if (note_refused(link->shared, &report->peer, &effect->log, effect->seq, effect->status) !=
            STATUS_OK)
            link_end(link, "out of memory");
        break;
    case EFFECT_STATE:
        break;
    case EFFECT_CLOSE:
        say_ended(link, effect);
        link->fault = effect->status;
        link_end(link, "the session ended it");
        break;
    }
}

/* Once granted, always known; only who is not yet is looked up again. */
static bool knows(struct link *link, const struct session_report *report)
{
    if (!link->known && report->proved)
        link->known =
            link->role == SESSION_CLIENT || authority_ever_granted(link->authority, &report->peer);
    return link->known;
}

static void say_linked(const struct link *link, const struct public_key *peer)
{
    const struct grant *grant = authority_grant(link->authority, peer);
    struct bytes unit = grant != NULL ? grant->unit : bytes_of_text("?");
    char key[JOURNAL_KEY_SIZE];

    journal_key(peer, key);
    journal_say(link->shared->journal, JOURNAL_INFO, "linked",
                "link=%" PRIx64 " peer=%s unit=%.*s side=%s", link->id, key, (int)unit.size,
                (const char *)unit.at, link->role == SESSION_CLIENT ? "up" : "down");
}

/* Says once who is there, notes once that it was reached and that nothing was under way. */
static void watch(struct link *link, const struct session_report *report)
{
    if (report->proved && !link->proved_told) {
        link->proved_told = true;
        say_linked(link, &report->peer);
    }
    if (knows(link, report) && report->settled && link->noted == NOTED_NOTHING &&
        note_contact(link->shared, &report->peer, true) == STATUS_OK)
        link->noted = NOTED_CONTACT;
    /* Once a session: one that starts to doubt later ends all sessions. */
    if (knows(link, report) && report->at_rest && !link->rest_told) {
        link->rest_told = true;
        if (replica_in_doubt(link->shared->replica) &&
            note_rest(link->shared, &report->peer) != STATUS_OK)
            link->rest_told = false;
    }
    link->shared->changed(link->shared->context, link);
}

/* What a peer that keeps the rules never makes a session end by. */
static bool breaks_rule(enum status status)
{
    return status == STATUS_MALFORMED || status == STATUS_LIMIT || status == STATUS_PROTOCOL ||
           status == STATUS_FORGED;
}

static void link_step(struct link *link, struct session_event *event)
{
    struct session_effects effects;
    struct session_report report;
    enum status status = STATUS_OK;

    if (link->ending && event->kind != EVENT_CLOSED) {
        batch_free(event->batch);
        return;
    }
    event->now_us = clock_now_us();
    event->wall_seconds = clock_wall_seconds();
    effects.count = 0;
    status = session_step(link->session, event, &effects);
    link->broke_rule = link->broke_rule || breaks_rule(status);
    session_report(link->session, &report);
    for (size_t i = 0; i < effects.count; i++)
        perform(link, &effects.items[i], &report);
    if (status != STATUS_OK)
        link_end(link, status_text(status));
    if (event->kind == EVENT_CLOSED)
        return;
    timer_set(link->timer, session_deadline_us(link->session));
    if (link->shared->net != NULL)
        net_hold(link->shared->net, link->id, report.waiting > WAITING_MOST);
    watch(link, &report);
}

static void link_due(void *context)
{
    struct session_event event = {.kind = EVENT_TICK};

    link_step(context, &event);
}

static size_t window_of(const struct link_shared *shared)
{
    size_t share = WINDOWS_TOTAL / (shared->count + 1);

    if (share > WINDOW_MOST)
        return WINDOW_MOST;
    return share < WINDOW_LEAST ? WINDOW_LEAST : share;
}

static void link_free(struct link *link)
{
    struct verify_job *next = NULL;

    for (struct verify_job *job = link->first_verify; job != NULL; job = next) {
        next = job->next;
        if (job->finished) { /* the others come back and free themselves */
            batch_free(job->batch);
            free(job);
        }
    }
    session_free(link->session);
    if (link->authority != NULL)
        replica_authority_release(link->shared->replica, link->authority);
    timer_free(link->timer);
    outbox_clear(&link->held);
    if (link->next != NULL)
        link->next->previous = link->previous;
    if (link->previous != NULL)
        link->previous->next = link->next;
    else
        link->shared->first = link->next;
    link->shared->count--;
    free(link);
}

struct link *link_open(struct link_shared *shared, const struct link_options *options)
{
    struct link *link = calloc(1, sizeof *link);
    struct session_event event = {.kind = EVENT_OPENED};
    struct session_self self;

    if (link == NULL)
        return NULL;
    link->shared = shared;
    link->id = options->id;
    link->role = options->role;
    link->next = shared->first;
    if (link->next != NULL)
        link->next->previous = link;
    shared->first = link;
    shared->count++;
    memset(&self, 0, sizeof self);
    replica_session_self(shared->replica, options->role == SESSION_CLIENT ? &options->peer : NULL,
                         &self);
    link->authority = replica_authority_acquire(shared->replica);
    self.authority = link->authority;
    self.chain_mode = shared->chain_mode;
    self.window_bytes = window_of(shared);
    self.line = options->line;
    self.flight = options->flight;
    self.begun = options->role == SESSION_SERVER ? shared->begun : NULL;
    self.begun_context = shared->context;
    link->session = session_new(&self);
    link->timer = timer_new(shared->net, link_due, link);
    if (link->session == NULL || link->timer == NULL) {
        link_free(link);
        return NULL;
    }
    shared->world->random(shared->world->context, event.random, sizeof event.random);
    memcpy(event.nonce, options->nonce, sizeof event.nonce);
    link_step(link, &event);
    return link;
}

void link_frame(struct link *link, struct bytes frame)
{
    struct session_event event = {.kind = EVENT_FRAME, .frame = frame};

    link_step(link, &event);
}

void link_writable(struct link *link)
{
    struct session_event event = {.kind = EVENT_WRITABLE};

    if (link->noted != NOTED_UNDER_WAY) /* else the line seems free only because frames wait here */
        link_step(link, &event);
}

static void link_news(struct link *link, const struct writer_news *news)
{
    struct session_event arrived = {.kind = EVENT_ARRIVED,
                                    .arrival = news->arrival,
                                    .running_hash = news->running_hash,
                                    .changed = news->changed,
                                    .changed_count = news->changed_count,
                                    .receipt_number = news->receipt_number};

    if (news->authority_changed && !link->ending) {
        const struct authority *before = link->authority;
        struct session_event event = {.kind = EVENT_AUTHORITY_CHANGED};

        link->authority = replica_authority_acquire(link->shared->replica);
        event.authority = link->authority;
        link_step(link, &event);
        replica_authority_release(link->shared->replica, before);
    }
    link_step(link, &arrived);
}

void link_news_all(struct link_shared *shared, const struct writer_news *news)
{
    for (struct link *link = shared->first; link != NULL; link = link->next)
        link_news(link, news);
}

struct bytes link_flight(const struct link *link)
{
    return session_flight(link->session);
}

void link_end(struct link *link, const char *why)
{
    if (link->ending)
        return;
    link->ending = true;
    journal_say(link->shared->journal, JOURNAL_DEBUG, "end", "link=%" PRIx64 " why=\"%s\"",
                link->id, why);
    net_disconnect(link->shared->net, link->id);
}

void link_end_all(struct link_shared *shared, const char *why)
{
    for (struct link *link = shared->first; link != NULL; link = link->next)
        link_end(link, why);
}

void link_closed(struct link *link, const char *why)
{
    struct session_event event = {.kind = EVENT_CLOSED};
    struct session_report report;
    uint64_t left_out = 0;
    char key[JOURNAL_KEY_SIZE] = "";

    link_step(link, &event);
    session_report(link->session, &report);
    if (report.proved)
        journal_key(&report.peer, key);
    if (knows(link, &report)) {
        /* Without memory for it the marks stay in doubt: slower, not wrong. */
        if (note_contact(link->shared, &report.peer, !report.in_flight) != STATUS_OK)
            journal_say(link->shared->journal, JOURNAL_WARNING, "contact", "result=NO_MEMORY");
    }
    if (!report.proved && link->role == SESSION_SERVER && link->fault == STATUS_OK &&
        quiet_may_say(&link->shared->quiet, clock_now_us(), &left_out))
        journal_say(link->shared->journal, JOURNAL_WARNING, "turned_away",
                    "why=\"%s before it said who it is\" left_out=%" PRIu64, why, left_out);
    journal_say(link->shared->journal, report.proved ? JOURNAL_INFO : JOURNAL_DEBUG, "unlinked",
                "link=%" PRIx64 " peer=%s sent=%" PRIu64 " received=%" PRIu64 " bytes_out=%" PRIu64
                " bytes_in=%" PRIu64 " not_taken=%" PRIu64 " why=\"%s\"",
                link->id, key, report.records_sent, report.records_received, report.payload_sent,
                report.payload_received, link->not_taken, why);
    link_free(link);
}

struct link *link_next(const struct link *link)
{
    return link->next;
}

uint64_t link_id(const struct link *link)
{
    return link->id;
}

enum session_role link_role(const struct link *link)
{
    return link->role;
}

void link_report(const struct link *link, struct session_report *report)
{
    session_report(link->session, report);
}

bool link_is_known(const struct link *link)
{
    return link->known;
}

enum status link_fault(const struct link *link)
{
    return link->fault;
}

bool link_is_new(struct link *link)
{
    bool first = !link->met;

    link->met = true;
    return first;
}

bool link_welcome(struct link *link)
{
    bool first = link->known && !link->welcomed;

    link->welcomed = link->welcomed || first;
    return first;
}

bool link_broke_rule(const struct link *link)
{
    return link->broke_rule;
}
