/*
 * A node for tests of the replica: a replica over a store of its own, with a clock and a stream of
 * randomness the test holds in its hand, and the ways records go from one to another without a
 * line.
 */
#ifndef HOSO_TESTS_LIB_NODE_H
#define HOSO_TESTS_LIB_NODE_H

#include "client/replica/replica.h"
#include "tests/lib/random.h"

#define NODE_UNIT "000.15.30.H57"
#define NODE_OTHER_UNIT "000.11.30.H57"
#define NODE_HUB_UNIT "000.00.30.H57"

enum { NODE_START_SECONDS = 1795485600 }; /* 2026-11-24T09:00+07:00 */

struct node {
    struct store *store;
    struct replica *replica;
    int64_t clock;
    struct random random;
};

/* The district of a test: its root and the canonical pack (a small one of the example's form). */
struct district {
    struct public_key root;
    struct secret_key root_secret;
    struct buffer pack;
};

void district_open(struct district *district);
void district_close(struct district *district);

/* Opens a node with a new replica over |store|, which the node takes over. Seeds key and scope from
 * |seed|. |scope|: NULL for one of its own. Offices and devices begin with the district's pack. */
void node_open(struct node *node, struct store *store, const struct district *district,
               uint64_t role, const char *unit, uint64_t seed, const struct name *scope);
/* Closes the replica and opens it again from its store. */
void node_reopen(struct node *node);
void node_close(struct node *node);

/* Founds |hub| and publishes the pack. */
void node_found(struct node *hub, const struct district *district);
/* |granter| grants |node| its role, unit and scope. */
void node_grant(struct node *granter, struct node *node, bool counter_owner, bool may_grant);
/* Hands everything |from| holds to |to|, in one group, and does what a daemon does then. */
void node_send(struct node *from, struct node *to);

/* One act in a group of its own. */
enum status node_act(struct node *node, const struct act *act, struct act_result *result);
/* Canonical bytes of a text or an integer; they live until the test's process ends. */
struct bytes value_of_text(const char *text);
struct bytes value_of_integer(int64_t number);
/* A dossier received by "tn01": owner |owner|, procedure 2.000815, received |received| (0: let the
 * node say). */
enum status node_receive(struct node *node, const char *owner, int64_t received,
                         struct act_result *result);
/* One field of a case set by |officer| in |hat|. */
enum status node_set(struct node *node, const struct name *case_name, const char *officer,
                     uint64_t hat, const char *field, const char *value, struct act_result *result);

#endif
