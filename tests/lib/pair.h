/*
 * Two sites on one line: a session each, joined by queues, driven event by event until nothing is
 * left to do. What the daemon does for a session (reads, verification, the accept transaction) is
 * done by the replica's own code.
 */
#ifndef HOSO_TESTS_LIB_PAIR_H
#define HOSO_TESTS_LIB_PAIR_H

#include "protocol/sync/session/session.h"
#include "tests/lib/site.h"

struct pair_event;
struct pair;

struct side {
    struct pair *pair;
    struct side *other;
    struct site *site;
    struct session *session;
    const struct authority *authority;
    struct pair_event *first, *last;
    bool closed;
    enum status close_status;
    size_t frames_sent;
    uint64_t bytes_sent;
    size_t commits;
    size_t failing;             /* so many of the next commits fail: there is no room */
    size_t refused;             /* EFFECT_REFUSED seen */
    enum status refused_status; /* of the last */
    uint8_t last_types[16];     /* types of the frames sent, the newest last */
};

struct pair {
    bool open;
    bool trace; /* says each frame */
    struct side client;
    struct side server;
    uint64_t now_us;
    struct random random;
    size_t window_bytes;
    /* A hand in the line: changes the frame in place, or drops it (returns false). */
    bool (*hand)(struct pair *pair, struct side *from, uint8_t *frame, size_t *size);
    /* Changes what a session is told of its node. */
    void (*alter)(struct pair *pair, struct session_self *self);
    uint64_t count; /* for the test's own use in the two */
    struct invitation_secret secret;
};

/* Connects |client| to |server| and runs until both are quiet. */
void pair_connect(struct pair *pair, struct site *client, struct site *server);
void pair_run(struct pair *pair);
/* Runs at most |events| events; false when there were fewer. */
bool pair_run_some(struct pair *pair, size_t events);
/* Tells |side|'s session that its site committed something by itself. */
void pair_changed(struct side *side);
/* A frame made by the test goes to |side| as if the other had sent it. */
void pair_inject(struct side *side, const void *frame, size_t size);
/* Ends both sessions, if they are open; each replica notes whether anything was in flight. */
void pair_close(struct pair *pair);

struct session_report side_report(const struct side *side);
/* The digest of what a site holds of |scope| and of authority, by log, seq and id. */
struct name site_vector(struct site *site, const struct name *scope);
/* Fails unless both hold the same of |a|'s scope. */
void pair_assert_same(struct site *a, struct site *b);

#endif
