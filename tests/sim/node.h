/*
 * A node: a computer with a disk (the store), a process (the replica and its sessions) and people.
 * A crash takes the process; the disk goes back to its last commit, or, if it lies, further.
 */
#ifndef HOSO_TESTS_SIM_NODE_H
#define HOSO_TESTS_SIM_NODE_H

#include "client/replica/replica.h"
#include "tests/sim/disk.h"
#include "tests/sim/scribe.h"
#include "tests/sim/world.h"

enum { NODE_ROUTES_MAX = 3, NODE_BACKUPS_MAX = 4, NODE_SPOILT_MAX = 16 };

/* Records of a disk of which a bit has flipped. */
struct spoilt {
    struct hash ids[NODE_SPOILT_MAX];
    size_t count;
};

/* A way up: the node calls |server| whenever it may. */
struct route {
    size_t server;            /* index of the computer above */
    struct public_key key;    /* pinned: the node that is called */
    bool wanted;              /* someone wants this connection */
    bool blocked;             /* a partition */
    uint64_t endpoint;        /* of the standing connection at this node; 0 none */
    uint64_t failures;        /* in a row, for the back-off */
    struct session_line line; /* as the last connection measured it */
    bool pending;             /* a CONNECT is in the queue */
    bool windowed;            /* its line stands two minutes a day, if the weather says so ... */
    uint64_t window_us;       /* ... from then on */
};

/* A disk as it was copied, and whose it is. */
struct backup {
    struct disk disk;
    struct replica_identity identity;
    struct public_key key;
    size_t unit;
    struct spoilt spoilt;
    struct route routes[NODE_ROUTES_MAX];
    size_t route_count;
};

struct node {
    struct world *world;
    size_t index;
    char name[24];
    struct replica_identity identity;
    struct public_key key;
    struct prng prng; /* its entropy */
    struct replica_world entropy;

    struct disk disk;
    struct replica *replica;   /* NULL: the process is down */
    bool founded;              /* the disk holds a replica */
    uint64_t life;             /* of the process */
    struct remnants *remnants; /* of cut lines, as its process remembers them; NULL: nothing */
    bool burned;
    struct scribe scribe;

    int64_t clock_offset; /* of its wall clock, seconds */
    struct route routes[NODE_ROUTES_MAX];
    size_t route_count;

    struct backup backups[NODE_BACKUPS_MAX];
    size_t backup_count;
    uint64_t commits;      /* this process made durable, since the disk was made */
    uint64_t told_receipt; /* number of the newest receipt sessions have heard of */
    bool unknowing;        /* restored or copied, and nothing has told it yet (K12) */

    uint64_t writer_us; /* its writer waits so long before each group */
    size_t group_most;  /* jobs of one group; 0: as many as come */
    uint64_t flip_life; /* of the process when the bit flipped: what is lost later may mend it */
    uint64_t drops;     /* so many groups fail from now on, for want of room or memory */
    struct spoilt spoilt;
    bool twin; /* a counter owner that was copied: who keeps the counter a person must say */
    uint64_t seen_arrival; /* how far the witness has read its arrivals */
    uint64_t progress;     /* rises with all that changes what it holds */
    size_t unit;           /* index into the district's units */
    uint64_t acts_tried, acts_written;
};

/* A node with an empty disk, not yet founded. |upstream| NULL: the top. */
struct node *node_new(struct world *world, const char *name, uint64_t role,
                      const struct node *upstream, size_t unit);
void node_free(struct node *node);

/* The top node founds the district (root, its grant, the pack) and boots. */
void node_found(struct node *node);
/* |by|, which is up, invites |node|; once that is durable there |node| makes its replica and
 * boots. */
void node_join(struct node *node, struct node *by);
/* The same at once, outside of time: to set a scene. */
void node_join_now(struct node *node, struct node *by);
/* |by| grants |node|'s key, if it knows of no grant: the invitation was lost with a disk. */
void node_regrant(struct node *node, struct node *by);

/* Starts the process. */
void node_boot(struct node *node);
/* Ends it as a power cut does: sessions and groups are gone, the disk keeps its commits but for
 * |commits_lost|. */
void node_crash(struct node *node, uint64_t commits_lost);
/* The same, and a boot |after_us| later. */
void node_restart(struct node *node, uint64_t commits_lost, uint64_t after_us);

/* Copies the disk as it is. False if there is no room for another backup. */
bool node_backup(struct node *node);
/* Puts backup |index| in place of the disk and boots. The backup stays. */
void node_restore(struct node *node, size_t index);
/* An operator puts backup |index| of |other| onto this computer, which works as |other| then. */
void node_restore_wrong(struct node *node, const struct node *other, size_t index);
/* A bit of a stored record flips. */
void node_flip(struct node *node);
/* Bit |bit| of the |row|th row of the records does, in the order of their keys; both begin again
 * behind the last. False: it was spoilt before, or there is no room to note it. */
bool node_flip_bit(struct node *node, uint64_t row, uint64_t bit);
/* Another computer with a copy of this disk, both in use. NULL: no room in the world. */
struct node *node_clone(struct node *node, const char *name);
/* The computer is gone for good. */
void node_burn(struct node *node);

/* A bit of its disk has flipped. */
bool node_is_damaged(const struct node *node);
/* And that of this record. */
bool node_has_spoilt(const struct node *node, const struct hash *id);
bool node_is_up(const struct node *node);
int64_t node_wall_seconds(const struct node *node);
struct node *node_named(struct world *world, const char *name);
/* True iff who is called there is there: not burned, nor another since its operator's mistake. */
bool route_leads(const struct world *world, const struct route *route);
/* Adds a way up to |server|. Returns its index. */
size_t node_add_route(struct node *node, const struct node *server);

#endif
