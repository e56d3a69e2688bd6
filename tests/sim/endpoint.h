/*
 * One end of a connection: a session, and the items that perform its effects. Effects of one kind
 * complete in the order they were asked for; of different kinds, and of different sessions, in any.
 */
#ifndef HOSO_TESTS_SIM_ENDPOINT_H
#define HOSO_TESTS_SIM_ENDPOINT_H

#include "tests/sim/cable.h"
#include "tests/sim/node.h"

struct endpoint {
    uint64_t id;
    struct world *world;
    struct node *node;
    uint64_t life; /* of the node */
    enum session_role role;
    size_t route;  /* client only */
    bool has_peer; /* client: the pinned key */
    struct public_key peer;
    struct session *session;
    const struct authority *authority; /* counted */
    struct cable *cable;               /* shared by both ends; freed with the second */
    uint8_t nonce[SESSION_NONCE_BYTES];
    uint64_t last_us[ITEM_KINDS]; /* when the last effect of a kind completes */
    uint64_t tick_us;             /* for which a TICK is in the queue; UINT64_MAX none */
    uint64_t window_used;         /* bytes of batches that are out */
    size_t reads_out;             /* READs asked for and not answered */
    size_t frames_waiting;        /* SENDs not yet on the line */
    bool doubt_noted;             /* the store knows that the peer's marks are in doubt */
    bool rest_told;               /* the store heard that both ends hold the same */
    bool rest_noted;              /* or that nothing was under way */
    bool settled;                 /* it came to rest at least once */
    uint64_t opened_us;
    uint64_t idle_progress; /* of both nodes, when one of them last held more */
    uint64_t idle_since_us; /* and since then: */
    uint64_t idle_frames;   /* so many left this end */
    bool closing;           /* a CLOSE or CLOSED is on its way */
    bool opened;
};

/* NULL if |id| is gone. */
struct endpoint *endpoint_of(struct world *world, uint64_t id);
/* Makes the session of |node|; nothing is fed yet. */
struct endpoint *endpoint_new(struct node *node, enum session_role role, size_t route,
                              const struct public_key *peer);
/* Frees it with its session at once (after CLOSED, or with the crash of its node). */
void endpoint_free(struct endpoint *endpoint, bool crashed);
/* Performs an item that belongs to an endpoint. Takes the payload. */
void endpoint_perform(struct endpoint *endpoint, struct item *item);
/* Puts an item of this endpoint in, in the order of its kind. */
void endpoint_after(struct endpoint *endpoint, uint64_t after_us, enum item_kind kind,
                    void *payload, void (*release)(void *));

/* What COMMITTED and ARRIVED carry: a copy of what the writer said. */
struct news {
    struct batch *batch; /* COMMITTED: owned */
    bool failed;
    enum status status;
    uint64_t arrival;
    struct name running_hash;
    struct vector_entry *changed;
    size_t changed_count;
    uint8_t *receipt;
    size_t receipt_size;
    uint64_t receipt_number;
    bool authority_changed;
};
void news_free(void *news);
/* Puts COMMITTED or ARRIVED in: both in one order. Takes |news|. */
void endpoint_news(struct endpoint *endpoint, uint64_t after_us, enum item_kind kind,
                   struct news *news);

#endif
