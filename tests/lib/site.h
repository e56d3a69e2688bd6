/*
 * A site for tests of the replica: a replica over a store of its own, with a clock and a stream of
 * randomness the test holds in its hand, and the ways records go from one to another without a
 * line.
 */
#ifndef HOSO_TESTS_LIB_SITE_H
#define HOSO_TESTS_LIB_SITE_H

#include "client/replica/replica.h"
#include "tests/lib/random.h"

#define SITE_UNIT "000.15.30.H57"
#define SITE_OTHER_UNIT "000.11.30.H57"
#define SITE_HUB_UNIT "000.00.30.H57"

enum { SITE_START_SECONDS = 1795485600 }; /* 2026-11-24T09:00+07:00 */

struct site {
    struct store *store;
    struct replica *replica;
    int64_t clock;
    struct random random;
    bool busy; /* nothing idle follows an act: site_idle() is the test's to call */
};

/* The district of a test: its root and the canonical pack (a small one of the example's form). */
struct district {
    struct public_key root;
    struct secret_key root_secret;
    struct buffer pack;
};

void district_open(struct district *district);
void district_close(struct district *district);

/* An empty store in memory, for site_open(). */
struct store *site_memory(void);
/* Opens a site with a new replica over |store|, which the site takes over. Seeds key and scope from
 * |seed|. |scope|: NULL for one of its own. */
void site_open(struct site *site, struct store *store, const struct district *district,
               uint64_t role, const char *unit, uint64_t seed, const struct name *scope);
/* Opens the replica that |store| holds already; world as of |like|. */
void site_open_again(struct site *site, struct store *store, const struct site *like);
/* The clock and the randomness of |site|, for a replica opened by the test itself. */
struct replica_world site_world(struct site *site);
/* Closes the replica and opens it again from its store. */
void site_reopen(struct site *site);
void site_close(struct site *site);

/* Founds |hub| and publishes the pack. */
void site_found(struct site *hub, const struct district *district);
/* Gives a site the district's pack: a hub makes it the current one, any other works with it till
 * then. */
void site_publish(struct site *site, const struct district *district);
/* |granter| grants |site| its role, unit and scope. */
void site_grant(struct site *granter, struct site *site, bool counter_owner, bool may_grant);
/* Everything |from| holds as one verified batch; the caller's. */
struct batch *site_batch(struct site *from);
/* Hands everything |from| holds to |to|, in one group, and does what a daemon does then. */
void site_send(struct site *from, struct site *to);
/* Only the receipts |from| holds. */
void site_show_receipts(struct site *from, struct site *to);

/* One act in a group of its own; then, unless it is busy, what a daemon does when it is idle. */
enum status site_act(struct site *site, const struct act *act, struct act_result *result);
/* A group that makes what an act leaves for later: derived rows, the receipt. */
void site_idle(struct site *site);
/* Canonical bytes of a text or an integer; they live until the test's process ends. */
struct bytes value_of_text(const char *text);
struct bytes value_of_integer(int64_t number);
/* A dossier received by "tn01": owner |owner|, procedure 2.000815, received |received| (0: let the
 * site say). */
enum status site_receive(struct site *site, const char *owner, int64_t received,
                         struct act_result *result);
/* So many dossiers received, as site_receive(); fails the test if one is not. */
void site_receive_many(struct site *site, size_t count);
/* One field of a case set by |officer| in |hat|. */
enum status site_set(struct site *site, const struct name *case_name, const char *officer,
                     uint64_t hat, const char *field, const char *value, struct act_result *result);

/* A case's view in an arena of its own. */
struct seen {
    struct replica_read *read;
    struct arena arena;
    struct view view;
};

void site_look(struct site *site, const struct name *case_name, struct seen *seen);
void site_look_away(struct seen *seen);
/* Fails unless the site agrees on the text |want| in the field. */
void site_check_value(struct site *site, const struct name *case_name, const char *key,
                      const char *want);

#endif
