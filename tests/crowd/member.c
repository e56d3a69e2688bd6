#include "tests/crowd/member.h"

#include "client/link/net/clock.h"
#include "client/link/net/query.h"
#include "protocol/sync/session/ledger.h"
#include "tests/crowd/figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An effect performed at once, on its way back to the session. */
struct member_event {
    struct member_event *next;
    struct session_event event;
    struct read_result read;
    struct arena arena;
};

enum { ANSWER_BYTES = 1 << 24, WINDOW = 256 * 1024 };

static void step(struct member *member, struct session_event *event);

/* ---- the store that is none ---- */

static struct vector_entry own_entry(const struct member *member)
{
    const struct desk *desk = &member->desk;

    return (struct vector_entry){
        .head = {.log = desk->log, .seq = desk->count, .id = desk->ids[desk->count - 1]},
        .scope = desk->scope,
        .device = desk->key,
        .peer_seq = member->acked};
}

static int compare_entries(const void *a, const void *b)
{
    const struct vector_entry *left = a, *right = b;

    return name_compare(&left->head.log, &right->head.log);
}

static void answer_vector(const struct member *member, struct member_event *answer)
{
    const struct hub *hub = &member->crowd->hub;
    struct vector_entry *entries = arena_array(&answer->arena, hub->log_count + 1, sizeof *entries);
    size_t count = hub->log_count;

    must(entries != NULL, "out of memory");
    memcpy(entries, hub->logs, count * sizeof *entries);
    for (size_t i = 0; i < count; i++)
        entries[i].peer_seq = entries[i].head.seq;
    if (member->desk.count > 0)
        entries[count++] = own_entry(member);
    qsort(entries, count, sizeof *entries, compare_entries);
    answer->read.vector = entries;
    answer->read.vector_count = count;
}

static void answer_heads(const struct member *member, const struct read_request *request,
                         struct member_event *answer)
{
    const struct hub *hub = &member->crowd->hub;
    struct vector_entry *entries = arena_array(&answer->arena, request->count, sizeof *entries);

    must(entries != NULL || request->count == 0, "out of memory");
    for (size_t i = 0; i < request->count; i++) {
        entries[i] = (struct vector_entry){.head = {.log = request->logs[i]}};
        if (member->desk.count > 0 && name_equal(&request->logs[i], &member->desk.log))
            entries[i] = own_entry(member);
        for (size_t k = 0; k < hub->log_count; k++)
            if (name_equal(&request->logs[i], &hub->logs[k].head.log))
                entries[i] = hub->logs[k];
    }
    answer->read.vector = entries;
    answer->read.vector_count = request->count;
}

static void answer_log(const struct member *member, const struct read_request *request,
                       struct member_event *answer)
{
    const struct desk *desk = &member->desk;
    struct read_record *records = NULL;
    size_t bytes = 0, count = 0;
    uint64_t seq = request->from;

    if (!name_equal(&request->log, &desk->log) || seq < 1 || seq > desk->count)
        return;
    while (seq + count <= desk->count && (count == 0 || bytes < request->bytes))
        bytes += desk->records[seq - 1 + count++].size;
    records = arena_array(&answer->arena, count, sizeof *records);
    must(records != NULL, "out of memory");
    for (size_t i = 0; i < count; i++)
        records[i] = (struct read_record){.raw = desk->records[seq - 1 + i],
                                          .id = desk->ids[seq - 1 + i],
                                          .log = desk->log,
                                          .seq = seq + i,
                                          .scope = desk->scope};
    answer->read.records = records;
    answer->read.record_count = count;
    answer->read.end = seq + count - 1;
}

static void answer_ids(const struct member *member, const struct read_request *request,
                       struct member_event *answer)
{
    struct hash *ids = arena_array(&answer->arena, request->count, sizeof *ids);

    must(ids != NULL, "out of memory");
    memset(ids, 0, request->count * sizeof *ids);
    for (size_t i = 0; i < request->count; i++)
        if (name_equal(&request->log, &member->desk.log) && request->seqs[i] >= 1 &&
            request->seqs[i] <= member->desk.count)
            ids[i] = member->desk.ids[request->seqs[i] - 1];
    answer->read.ids = ids;
    answer->read.id_count = request->count;
}

/* ---- what comes back to the session, one after another ---- */

static struct member_event *queue(struct member *member, enum session_event_kind kind)
{
    struct member_event *answer = calloc(1, sizeof *answer);

    must(answer != NULL, "out of memory");
    arena_init(&answer->arena, ANSWER_BYTES);
    answer->event.kind = kind;
    if (member->last != NULL)
        member->last->next = answer;
    else
        member->first = answer;
    member->last = answer;
    return answer;
}

static void drain(struct member *member)
{
    struct member_event *answer = NULL;

    while ((answer = member->first) != NULL) {
        member->first = answer->next;
        if (member->first == NULL)
            member->last = NULL;
        if (member->session != NULL && !member->ending)
            step(member, &answer->event);
        else
            batch_free(answer->event.batch);
        arena_deinit(&answer->arena);
        free(answer);
    }
}

static void perform_read(struct member *member, const struct read_request *request)
{
    struct member_event *answer = queue(member, EVENT_READ_DONE);

    answer->event.read = &answer->read;
    answer->read.tag = request->tag;
    answer->read.newest = member->desk.count;
    answer->read.at_end = true;
    if (request->kind == READ_VECTOR)
        answer_vector(member, answer);
    else if (request->kind == READ_HEADS)
        answer_heads(member, request, answer);
    else if (request->kind == READ_LOG)
        answer_log(member, request, answer);
    else if (request->kind == READ_IDS)
        answer_ids(member, request, answer);
}

static void take_receipt(struct member *member, struct bytes raw)
{
    struct arena arena;
    struct receipt receipt;

    arena_init(&arena, ANSWER_BYTES);
    must(receipt_decode(raw, &arena, &receipt) == STATUS_OK, "a receipt cannot be read");
    for (size_t i = 0; i < receipt.head_count; i++) {
        uint64_t from = member->receipted;

        if (!name_equal(&receipt.heads[i].log, &member->desk.log) || receipt.heads[i].seq <= from)
            continue;
        member->receipted = receipt.heads[i].seq;
        member->crowd->receipted += member->receipted - from;
        if (member->crowd->receipt != NULL)
            member->crowd->receipt(member->crowd, member, from);
    }
    arena_deinit(&arena);
}

/* All of it is taken: records of the hub's authority, receipts, the cursor, marks. */
static void perform_commit(struct member *member, struct batch *batch)
{
    struct hub *hub = &member->crowd->hub;
    struct member_event *answer = queue(member, EVENT_COMMITTED);

    answer->event.batch = batch;
    answer->event.arrival = member->desk.count;
    for (size_t i = 0; i < batch->run_count; i++) {
        struct run *run = &batch->runs[i];

        run->outcome = RUN_STORED;
        run->head = (struct position){.log = run->log,
                                      .seq = run->before.seq + run->count,
                                      .id = batch->records[run->first + run->count - 1].id};
        for (size_t k = 0; k < hub->log_count; k++)
            if (name_equal(&hub->logs[k].head.log, &run->log) &&
                hub->logs[k].head.seq < run->head.seq)
                hub->logs[k].head = run->head;
    }
    for (size_t i = 0; i < batch->mark_count; i++)
        if (name_equal(&batch->marks[i].log, &member->desk.log))
            member->acked = batch->marks[i].seq;
    if (batch->has_cursor)
        member->cursor = batch->cursor;
    for (size_t i = 0; i < batch->receipt_count; i++)
        if (batch->receipt_sound == NULL || batch->receipt_sound[i])
            take_receipt(member, batch->receipts[i]);
}

static void perform(struct member *member, const struct session_effect *effect)
{
    switch (effect->kind) {
    case EFFECT_SEND:
        if (net_send(member->crowd->net, member->id, effect->frame) != STATUS_OK)
            net_disconnect(member->crowd->net, member->id);
        break;
    case EFFECT_READ:
        perform_read(member, &effect->read);
        break;
    case EFFECT_VERIFY:
        batch_verify(effect->batch, CHAIN_BY_RUN);
        queue(member, EVENT_VERIFIED)->event.batch = effect->batch;
        break;
    case EFFECT_COMMIT:
        perform_commit(member, effect->batch);
        break;
    case EFFECT_CLOSE:
        must(effect->status != STATUS_CORRUPT, "a session does not take what the desk wrote");
        (void)fprintf(stderr, "crowd: a session ended: %s %s\n", status_name(effect->status),
                      effect->why != NULL ? effect->why : "");
        member->ending = true;
        net_disconnect(member->crowd->net, member->id);
        break;
    case EFFECT_GRANT:
    case EFFECT_REFUSED:
    case EFFECT_STATE:
        break;
    }
}

static void greeting(struct member *member, bool is)
{
    if (member->greeting != is)
        member->crowd->greeting += is ? 1 : (size_t)-1;
    member->greeting = is;
}

static void step(struct member *member, struct session_event *event)
{
    struct session_effects effects = {.count = 0};
    struct session_report report;

    event->now_us = clock_now_us();
    event->wall_seconds = clock_wall_seconds();
    if (session_step(member->session, event, &effects) != STATUS_OK && effects.count == 0)
        net_disconnect(member->crowd->net, member->id);
    for (size_t i = 0; i < effects.count; i++)
        perform(member, &effects.items[i]);
    session_report(member->session, &report);
    member->certain = !report.in_flight;
    if (report.settled)
        greeting(member, false);
    if (report.settled != member->settled) {
        member->settled = report.settled;
        member->crowd->settled += report.settled ? 1 : (size_t)-1;
    }
    if (!member->ending)
        timer_set(member->timer, session_deadline_us(member->session));
}

static void member_step(struct member *member, struct session_event *event)
{
    if (member->session == NULL || member->ending)
        return;
    step(member, event);
    drain(member);
}

static void due(void *context)
{
    struct session_event event = {.kind = EVENT_TICK};

    member_step(context, &event);
}

/* ---- its connection ---- */

void member_init(struct member *member, struct crowd *crowd, uint64_t number,
                 const struct hash *pack)
{
    struct name root = authority_scope(authority_root(crowd->hub.authority));
    struct name at[2] = {root, {{0}}};
    struct scopes scopes = {.at = at, .count = 2};

    *member = (struct member){.crowd = crowd, .certain = true, .cursor = crowd->hub.cursor};
    desk_init(&member->desk, number, pack);
    at[name_compare(&root, &member->desk.scope) < 0 ? 1 : 0] = member->desk.scope;
    at[name_compare(&root, &member->desk.scope) < 0 ? 0 : 1] = root;
    member->cursor.scopes = scopes_digest(&scopes);
}

void member_deinit(struct member *member)
{
    session_free(member->session);
    member->session = NULL;
    drain(member);
    timer_free(member->timer);
    member->timer = NULL;
    desk_deinit(&member->desk);
}

void member_dial(struct member *member)
{
    char query[QUERY_SIZE];

    greeting(member, true);
    random_fill(&member->crowd->random, member->nonce, sizeof member->nonce);
    query_write(member->nonce, query);
    must(net_connect(member->crowd->net, &member->crowd->hub.address, &member->crowd->hub.key,
                     query, &member->id) == STATUS_OK,
         "cannot dial");
}

void member_opened(struct member *member)
{
    const struct hub *hub = &member->crowd->hub;
    struct session_event event = {.kind = EVENT_OPENED};
    struct session_self self = {.role = SESSION_CLIENT,
                                .key = member->desk.key,
                                .secret = &member->desk.secret,
                                .epoch = member->desk.scope,
                                .authority = hub->authority,
                                .window_bytes = WINDOW,
                                .peer = hub->key,
                                .has_cursor = true,
                                .cursor = member->cursor,
                                .marks_certain = member->certain};

    member->session = session_new(&self);
    if (member->timer == NULL)
        member->timer = timer_new(member->crowd->net, due, member);
    must(member->session != NULL && member->timer != NULL, "out of memory");
    member->ending = false;
    member->crowd->open++;
    random_fill(&member->crowd->random, event.random, sizeof event.random);
    memcpy(event.nonce, member->nonce, sizeof event.nonce);
    member_step(member, &event);
}

void member_frame(struct member *member, struct bytes frame)
{
    struct session_event event = {.kind = EVENT_FRAME, .frame = frame};

    member_step(member, &event);
}

void member_writable(struct member *member)
{
    struct session_event event = {.kind = EVENT_WRITABLE};

    member_step(member, &event);
}

void member_wrote(struct member *member)
{
    struct vector_entry entry = own_entry(member);
    struct session_event event = {.kind = EVENT_ARRIVED,
                                  .arrival = member->desk.count,
                                  .changed = &entry,
                                  .changed_count = 1};

    member_step(member, &event);
}

void member_closed(struct member *member)
{
    struct crowd *crowd = member->crowd;
    struct session_report report;

    member->id = 0;
    greeting(member, false);
    if (member->session == NULL) {
        crowd->failed++;
        crowd->gone(crowd, member);
        return;
    }
    session_report(member->session, &report);
    crowd->moved += report.payload_sent + report.payload_received;
    crowd->settled -= member->settled ? 1 : 0;
    crowd->open--;
    crowd->lost++;
    member->settled = false;
    member->ending = true;
    drain(member);
    session_free(member->session);
    member->session = NULL;
    timer_set(member->timer, UINT64_MAX);
    crowd->gone(crowd, member);
}
