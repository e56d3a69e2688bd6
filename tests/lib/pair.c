#include "tests/lib/pair.h"

#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

struct pair_event {
    struct pair_event *next;
    struct session_event event;
    struct arena arena;
    struct read_result read;
    uint8_t *frame;
};

static struct pair_event *event_new(enum session_event_kind kind)
{
    struct pair_event *event = calloc(1, sizeof *event);
    assert_non_null(event);
    event->event.kind = kind;
    arena_init(&event->arena, (size_t)64 * 1024 * 1024);
    return event;
}

static void event_free(struct pair_event *event)
{
    arena_deinit(&event->arena);
    free(event->frame);
    free(event);
}

static void push(struct side *side, struct pair_event *event)
{
    if (side->last != NULL) {
        side->last->next = event;
    } else {
        side->first = event;
    }
    side->last = event;
}

static struct pair_event *pop(struct side *side)
{
    struct pair_event *event = side->first;
    if (event != NULL) {
        side->first = event->next;
        side->last = side->first == NULL ? NULL : side->last;
    }
    return event;
}

void pair_inject(struct side *side, const void *frame, size_t size)
{
    struct pair_event *event = event_new(EVENT_FRAME);
    event->frame = malloc(size + 1);
    assert_non_null(event->frame);
    if (size > 0) {
        memcpy(event->frame, frame, size);
    }
    event->event.frame = bytes_of(event->frame, size);
    push(side, event);
}

static void push_arrived(struct side *side)
{
    struct pair_event *event = event_new(EVENT_ARRIVED);
    /* Of nobody: a commit tells no marks. */
    struct read_request request = {.kind = READ_VECTOR, .every_scope = true};
    assert_int_equal(replica_inquire(side->site->replica, &request, &event->arena, &event->read),
                     STATUS_OK);
    event->event.arrival = event->read.newest;
    event->event.receipt_number = event->read.newest_receipt;
    event->event.changed = event->read.vector;
    event->event.changed_count = event->read.vector_count;
    push(side, event);
}

static void push_authority(struct side *side)
{
    struct pair_event *event = event_new(EVENT_AUTHORITY_CHANGED);
    event->event.authority = replica_authority_acquire(side->site->replica);
    push(side, event);
}

void pair_changed(struct side *side)
{
    push_authority(side);
    push_arrived(side);
}

static void commit_batch(struct side *side, struct batch *batch)
{
    struct replica *replica = side->site->replica;
    struct replica_commit commit;
    enum status status = STATUS_FULL;
    side->commits++;
    if (side->failing > 0) {
        side->failing--;
    } else {
        assert_int_equal(replica_begin(replica), STATUS_OK);
        assert_int_equal(replica_accept(replica, batch), STATUS_OK);
        status = replica_commit(replica, &commit);
    }
    if (status == STATUS_OK && commit.authority_changed) {
        push_authority(side);
    }
    struct pair_event *event =
        event_new(status == STATUS_OK ? EVENT_COMMITTED : EVENT_COMMIT_FAILED);
    event->event.batch = batch;
    event->event.status = status;
    if (status == STATUS_OK) {
        bool ok = true;
        event->event.arrival = commit.arrival;
        event->event.running_hash = commit.running_hash;
        event->event.receipt = arena_copy(&event->arena, commit.receipt, &ok);
        assert_true(ok);
    }
    push(side, event);
    if (status == STATUS_OK) {
        push_arrived(side);
    }
}

static void grant(struct side *side, const struct session_effect *effect)
{
    struct replica *replica = side->site->replica;
    struct replica_commit commit;
    assert_int_equal(replica_begin(replica), STATUS_OK);
    enum status status = replica_admit(replica, &effect->invitation, &effect->peer);
    if (status != STATUS_OK) {
        replica_abort(replica);
        return;
    }
    assert_int_equal(replica_commit(replica, &commit), STATUS_OK);
    pair_changed(side);
}

static void send_frame(struct side *side, struct bytes frame)
{
    struct pair *pair = side->pair;
    size_t size = frame.size;
    uint8_t *copy = malloc(size + 1);
    assert_non_null(copy);
    memcpy(copy, frame.at, size);
    if (pair->trace) {
        print_message("%s type %d, %d bytes\n", side == &pair->client ? "up  " : "down",
                      frame.at[0], (int)size);
    }
    side->frames_sent++;
    side->bytes_sent += size;
    memmove(side->last_types, side->last_types + 1, sizeof side->last_types - 1);
    side->last_types[sizeof side->last_types - 1] = frame.at[0];
    if (pair->hand == NULL || pair->hand(pair, side, copy, &size)) {
        pair_inject(side->other, copy, size);
    }
    free(copy);
}

static void perform(struct side *side, const struct session_effect *effect)
{
    struct pair_event *event = NULL;
    switch (effect->kind) {
    case EFFECT_SEND:
        send_frame(side, effect->frame);
        break;
    case EFFECT_READ:
        event = event_new(EVENT_READ_DONE);
        (void)!replica_inquire(side->site->replica, &effect->read, &event->arena, &event->read);
        event->event.read = &event->read;
        if (side->pair->trace && event->read.status != STATUS_OK) {
            print_message("read %d: %s\n", effect->read.kind, status_name(event->read.status));
        }
        push(side, event);
        break;
    case EFFECT_VERIFY:
        batch_verify(effect->batch, CHAIN_BY_RUN);
        event = event_new(EVENT_VERIFIED);
        event->event.batch = effect->batch;
        push(side, event);
        break;
    case EFFECT_COMMIT:
        commit_batch(side, effect->batch);
        break;
    case EFFECT_GRANT:
        grant(side, effect);
        break;
    case EFFECT_REFUSED:
        side->refused++;
        side->refused_status = effect->status;
        break;
    case EFFECT_STATE:
        break;
    case EFFECT_CLOSE:
        side->closed = true;
        side->close_status = effect->status;
        if (side->pair->trace) {
            print_message("%s closes: %s\n", side == &side->pair->client ? "client" : "server",
                          effect->why);
        }
        break;
    }
}

static void step(struct side *side, struct session_event *event)
{
    static struct session_effects effects;
    bool sent = false;
    event->now_us = side->pair->now_us;
    if (event->kind == EVENT_AUTHORITY_CHANGED) {
        replica_authority_release(side->site->replica, side->authority);
        side->authority = event->authority;
    }
    enum status status = session_step(side->session, event, &effects);
    assert_true(status == STATUS_OK || effects.count > 0);
    for (size_t i = 0; i < effects.count; i++) {
        sent = sent || effects.items[i].kind == EFFECT_SEND;
        perform(side, &effects.items[i]);
    }
    if (sent) {
        push(side, event_new(EVENT_WRITABLE));
    }
}

static bool step_one(struct side *side)
{
    struct pair_event *event = pop(side);
    if (event == NULL) {
        if (!side->closed && session_deadline_us(side->session) <= side->pair->now_us) {
            struct session_event tick = {.kind = EVENT_TICK};
            step(side, &tick);
            return true;
        }
        return false;
    }
    step(side, &event->event);
    event_free(event);
    return true;
}

bool pair_run_some(struct pair *pair, size_t events)
{
    for (size_t i = 0; i < events; i++) {
        pair->now_us += 10;
        bool one = step_one(&pair->client);
        bool other = step_one(&pair->server);
        if (!one && !other) {
            return false;
        }
    }
    return true;
}

void pair_run(struct pair *pair)
{
    enum { MOST_EVENTS = 2000000 };
    assert_false(pair_run_some(pair, MOST_EVENTS));
}

static void side_open(struct pair *pair, struct side *side, struct site *site,
                      const struct public_key *peer)
{
    struct session_self self;
    replica_session_self(site->replica, peer, &self);
    side->pair = pair;
    side->site = site;
    side->authority = replica_authority_acquire(site->replica);
    self.authority = side->authority;
    self.chain_mode = CHAIN_BY_RUN;
    self.window_bytes = pair->window_bytes == 0 ? 256 * 1024 : pair->window_bytes;
    if (pair->alter != NULL) {
        pair->alter(pair, &self);
    }
    side->session = session_new(&self);
    assert_non_null(side->session);
}

void pair_connect(struct pair *pair, struct site *client, struct site *server)
{
    pair->client = (struct side){.other = &pair->server};
    pair->server = (struct side){.other = &pair->client};
    pair->open = true;
    pair->now_us += 1000000;
    pair->random.state = pair->random.state == 0 ? 7 : pair->random.state;
    side_open(pair, &pair->client, client, replica_key(server->replica));
    side_open(pair, &pair->server, server, NULL);
    uint8_t nonce[SESSION_NONCE_BYTES];
    random_fill(&pair->random, nonce, sizeof nonce);
    struct side *sides[] = {&pair->server, &pair->client};
    for (size_t i = 0; i < 2; i++) {
        struct pair_event *event = event_new(EVENT_OPENED);
        memcpy(event->event.nonce, nonce, sizeof nonce);
        random_fill(&pair->random, event->event.random, sizeof event->event.random);
        push(sides[i], event);
    }
}

static void side_close(struct side *side)
{
    struct replica *replica = side->site->replica;
    struct session_report report = side_report(side);
    struct replica_commit commit;
    for (struct pair_event *event = pop(side); event != NULL; event = pop(side)) {
        if (event->event.kind == EVENT_AUTHORITY_CHANGED) {
            replica_authority_release(replica, event->event.authority);
        }
        batch_free(event->event.batch);
        event_free(event);
    }
    if (report.proved) {
        assert_int_equal(replica_begin(replica), STATUS_OK);
        assert_int_equal(
            replica_note_peer(replica, &report.peer, !report.in_flight, side->site->clock),
            STATUS_OK);
        assert_int_equal(replica_commit(replica, &commit), STATUS_OK);
    }
    session_free(side->session);
    replica_authority_release(replica, side->authority);
}

void pair_close(struct pair *pair)
{
    if (pair->open) {
        pair->open = false;
        side_close(&pair->client);
        side_close(&pair->server);
    }
}

struct session_report side_report(const struct side *side)
{
    struct session_report report;
    session_report(side->session, &report);
    return report;
}

struct name site_vector(struct site *site, const struct name *scope)
{
    struct name scopes[] = {authority_scope(&replica_identity(site->replica)->root), *scope};
    struct arena arena;
    struct read_result result;
    struct read_request request = {.kind = READ_VECTOR,
                                   .scopes = scopes,
                                   .scope_count = 2,
                                   .peer = *replica_key(site->replica)};
    arena_init(&arena, (size_t)64 * 1024 * 1024);
    assert_int_equal(replica_inquire(site->replica, &request, &arena, &result), STATUS_OK);
    struct buffer buffer;
    buffer_init(&buffer, (size_t)1024 * 1024);
    for (size_t i = 0; i < result.vector_count; i++) {
        const struct position *head = &result.vector[i].head;
        buffer_append(&buffer, head->log.bytes, sizeof head->log.bytes);
        buffer_append_be64(&buffer, head->seq);
        buffer_append(&buffer, head->id.bytes, 16);
    }
    struct bytes part = buffer_view(&buffer);
    struct name digest = seal_name("test/vector", &part, 1);
    buffer_deinit(&buffer);
    arena_deinit(&arena);
    return digest;
}

void pair_assert_same(struct site *a, struct site *b)
{
    const struct name *scope = &replica_identity(a->replica)->scope;
    struct name of_a = site_vector(a, scope);
    struct name of_b = site_vector(b, scope);
    assert_memory_equal(&of_a, &of_b, sizeof of_a);
}
