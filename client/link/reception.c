#include "client/link/reception.h"

#include "client/link/net/clock.h"
#include "client/link/net/query.h"
#include "protocol/sync/frame/frame.h"

#include <inttypes.h>

void reception_deinit(struct reception *reception)
{
    presence_deinit(&reception->presence);
    begun_frames_deinit(&reception->begun);
}

void reception_turned_away(struct reception *reception, const char *why)
{
    uint64_t left_out = 0;

    if (quiet_may_say(&reception->shared->quiet, clock_now_us(), &left_out))
        journal_say(reception->shared->journal, JOURNAL_WARNING, "turned_away",
                    "why=\"%s\" left_out=%" PRIu64, why, left_out);
}

/* Costs next to nothing: no signature is made for one that comes when there are too many. */
static void say_busy(struct reception *reception, uint64_t id, uint64_t ms)
{
    struct buffer frame;

    buffer_init(&frame, LIMIT_FRAME_BYTES);
    notice_encode(FRAME_BUSY, ms, &frame);
    if (buffer_status(&frame) == STATUS_OK)
        (void)!net_send(reception->shared->net, id, buffer_view(&frame));
    buffer_deinit(&frame);
    net_disconnect(reception->shared->net, id);
}

/* When a busy node is to be asked again: not all at the same time. */
static uint64_t some_time_later(const struct reception *reception)
{
    const struct replica_world *world = reception->shared->world;
    uint32_t random = 0;

    world->random(world->context, (uint8_t *)&random, sizeof random);
    return BUSY_LEAST_MS + random % BUSY_SPREAD_MS;
}

static bool may_greet(struct reception *reception)
{
    const uint64_t one = UINT64_C(1000000) / GREETINGS_A_SECOND;
    uint64_t now_us = clock_now_us();
    uint64_t from = reception->full_us > now_us ? reception->full_us : now_us;

    if (reception->shared->count >= LINKS_MOST || from + one > now_us + one * GREETINGS_AT_ONCE)
        return false;
    reception->full_us = from + one;
    return true;
}

struct link *reception_open(struct reception *reception, uint64_t id, struct bytes query)
{
    struct link_options options = {.id = id, .role = SESSION_SERVER};
    struct link *link = NULL;

    if (query_read(query, options.nonce) != STATUS_OK) {
        reception_turned_away(reception, "its request has no nonce, or is of another version");
        net_disconnect(reception->shared->net, id);
        return NULL;
    }
    if (!may_greet(reception)) {
        reception_turned_away(reception, "too many come at once");
        say_busy(reception, id, some_time_later(reception));
        return NULL;
    }
    link = link_open(reception->shared, &options);
    if (link == NULL)
        net_disconnect(reception->shared->net, id);
    return link;
}

/* A key that nobody here knows is proved: it may be granted in a moment. There are few such at a
 * time; the one that came first makes room. */
static void note_newcomer(struct reception *reception, struct link *link)
{
    uint64_t *place = &reception->newcomers[reception->newcomer_next];
    struct link *first = *place != 0 ? net_attached(reception->shared->net, *place) : NULL;

    reception->newcomer_next = (reception->newcomer_next + 1) % NEWCOMERS_MOST;
    *place = link_id(link);
    if (first != NULL && !link_is_known(first)) {
        reception_turned_away(reception, "a newcomer made room for the next");
        link_end(first, "made room for another newcomer");
    }
}

void reception_look(struct reception *reception, struct link *link)
{
    struct session_report report;
    uint64_t dropped = 0;
    uint64_t wait_ms = 0;

    link_report(link, &report);
    if (report.proved && !link_is_known(link) && link_is_new(link))
        note_newcomer(reception, link);
    if (!link_welcome(link))
        return;
    net_trust(reception->shared->net, link_id(link));
    if (presence_enter(&reception->presence, &report.peer, link_id(link), clock_now_us(), &dropped,
                       &wait_ms) != STATUS_OK) {
        link_end(link, "out of memory");
        return;
    }
    if (dropped != 0) {
        struct link *first = net_attached(reception->shared->net, dropped);

        if (first != NULL)
            link_end(first, "a newer connection of the same key");
    }
    if (wait_ms != 0) {
        char key[JOURNAL_KEY_SIZE];

        journal_key(&report.peer, key);
        journal_say(reception->shared->journal, JOURNAL_WARNING, "unwelcome",
                    "peer=%s wait_ms=%" PRIu64 " why=\"it broke a rule before\"", key, wait_ms);
        say_busy(reception, link_id(link), wait_ms);
        link_end(link, "it broke a rule before");
    }
}

/* A link of the same key that came later, or |until| itself. */
static const struct link *newest_of(const struct reception *reception, const struct public_key *key,
                                    const struct link *until)
{
    const struct link *link = reception->shared->first;

    for (; link != NULL && link != until; link = link_next(link)) {
        struct session_report report;

        link_report(link, &report);
        if (link_role(link) == SESSION_SERVER && public_key_equal(&report.peer, key))
            return link;
    }
    return link;
}

void reception_begun(struct reception *reception, const struct link *link, struct bytes beginning)
{
    struct session_report report;

    if (link_role(link) != SESSION_SERVER || !link_is_known(link) || link_broke_rule(link) ||
        beginning.at[0] != FRAME_RECORDS)
        return;
    link_report(link, &report);
    /* One whose line had died before others came ends at last: nobody goes on with its frame. */
    if (newest_of(reception, &report.peer, link) != link)
        return;
    begun_frames_keep(&reception->begun, &report.peer, beginning);
}

/* The newest first; one whose line died without a word ends with what came of its frame, too. */
void reception_take_begun(struct reception *reception, const struct public_key *key,
                          struct buffer *out)
{
    begun_frames_take(&reception->begun, key, out);
    for (struct link *link = reception->shared->first; link != NULL && out->size == 0;
         link = link_next(link)) {
        struct bytes beginning = {NULL, 0};
        struct session_report report;

        if (link_role(link) != SESSION_SERVER || !link_is_known(link))
            continue;
        link_report(link, &report);
        if (public_key_equal(&report.peer, key))
            beginning = net_begun(reception->shared->net, link_id(link));
        if (beginning.size > 0 && beginning.size <= BEGUN_FRAME_BYTES &&
            beginning.at[0] == FRAME_RECORDS)
            buffer_append_bytes(out, beginning);
    }
}

void reception_closed(struct reception *reception, const struct link *link)
{
    struct session_report report;

    if (link_role(link) != SESSION_SERVER || !link_is_known(link))
        return;
    link_report(link, &report);
    presence_leave(&reception->presence, &report.peer, link_id(link), link_broke_rule(link),
                   clock_now_us());
}
