/*
 * What was ever written and what was ever promised, kept outside of every node: each record any
 * disk ever held, each receipt any node ever sent, each number drawn. The checks after a run
 * compare the nodes with it.
 */
#ifndef HOSO_TESTS_SIM_WITNESS_H
#define HOSO_TESTS_SIM_WITNESS_H

#include "protocol/record/receipt.h"
#include "protocol/record/record.h"

struct world;
struct node;

enum { WITNESS_NODES_MAX = 256 };

struct witness_entry {
    struct hash id;
    struct hash prev;
    struct name log; /* by prev: as the opening names it, whatever branch it stands in */
    struct name case_name;
    uint64_t seq;
    uint64_t kind;
    uint64_t holders[WITNESS_NODES_MAX / 64]; /* nodes whose disk holds it, a bit each */
    size_t writer;                            /* node that first held it */
    bool receipted;                           /* a receipt that covers it was sent */
    bool destroyed; /* every disk that held it is gone or was rolled back behind it */
    bool hostile;   /* made by a node that breaks the rules: nobody promised anything */
};

/* A number that came out of a desk. */
struct witness_number {
    char code[LIMIT_CODE_BYTES + 1];
    struct hash record;
    size_t node;
    uint64_t at_us;
    bool unknowing; /* by a store that was restored or copied and could not know it, or of a lease
                       given by such a one */
};

/* A block of numbers given to a log. */
struct witness_lease {
    struct name log;
    uint64_t first;
    uint64_t count;
    bool unknowing;
};

struct witness {
    struct witness_entry *entries; /* open addressing by id */
    size_t capacity;
    size_t count;
    struct witness_number *numbers;
    size_t number_count;
    size_t number_capacity;
    struct witness_lease *leases;
    size_t lease_count;
    size_t lease_capacity;
    struct hash *inputs; /* digest of a view's inputs ... */
    struct name *views;  /* ... and the view it gave, wherever it was computed */
    size_t view_capacity;
    size_t view_count;
    uint64_t receipts_sent;
};

void witness_add_lease(struct witness *witness, struct witness_lease lease);
void witness_add_number(struct witness *witness, struct witness_number number);
void witness_deinit(struct witness *witness);

/* NULL if no disk ever held it. Valid until the next witness_learn. */
struct witness_entry *witness_find(struct witness *witness, const struct hash *id);
struct witness_entry *witness_find16(struct witness *witness, const struct name *id16);
/* Calls |each| for every entry. */
void witness_each(struct witness *witness, void (*each)(void *context, struct witness_entry *entry),
                  void *context);

/* True iff |node|'s disk holds it, as far as was learnt. */
bool witness_holds(const struct witness_entry *entry, const struct node *node);
/* Reads what |node|'s disk holds since last time: new records are entered. Fails the world on
 * records that cannot be decoded. */
void witness_learn(struct world *world, struct node *node);
/* |node|'s disk is gone, or was put back (then learn it anew and settle). */
void witness_forget(struct world *world, struct node *node);
/* Marks what no disk holds any more, and unmarks what a backup brought back. */
void witness_settle(struct world *world);
/* True iff |sender|'s last commit holds the record at |head|. */
bool witness_is_durable(struct node *sender, const struct receipt_head *head);
/* A receipt was sent: everything it covers counts as promised, and must be durable at its signer's
 * if that is |sender|. */
void witness_promise(struct world *world, struct node *sender, const struct receipt *receipt);
/* The view of a case on |inputs|: fails the world if the same inputs ever gave another. */
void witness_view(struct world *world, const struct hash *inputs, const struct name *view,
                  const char *where);

#endif
