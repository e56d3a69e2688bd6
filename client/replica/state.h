/*
 * Inside of a replica: shared by the files of this folder, by nobody else.
 *
 * Owners: everything under |lock| is read by any thread; |group| and |scratch| are the writer's.
 * What a group changes is staged in |group| and in the store's transaction; commit publishes it
 * under |lock|, abort drops it.
 */
#ifndef HOSO_CLIENT_REPLICA_STATE_H
#define HOSO_CLIENT_REPLICA_STATE_H

#include "client/replica/replica.h"
#include "client/replica/tables.h"

#include <pthread.h>

/* An authority set as of one commit; immutable. */
struct authority_snapshot {
    struct authority *authority;
    size_t references;
    struct authority_snapshot *next;
};

struct pack_entry {
    struct pack pack;
    struct arena arena;
    struct pack_entry *next;
};

/* Which invitation a proof shown in a handshake is of; the oldest make room for new ones. */
enum { PROOFS_MOST = 256 };
struct invitation_proof {
    struct hash proof;
    struct public_key key;
    uint64_t invitation; /* number; 0: free */
};

/* The open group. */
struct group {
    struct store_write *write; /* NULL: none open */
    struct store_read *view;   /* the group's own state; writer's look-ups read this */
    struct counters counters;
    uint64_t arrival_before; /* the newest when it began */
    bool accepted;           /* records of peers were looked at: they wait for a receipt */
    struct name epoch;
    bool epoch_changed;
    const char *epoch_why;
    struct authority *authority; /* staged copy; NULL while unchanged */
    bool authority_followed;     /* the cases that touches are marked as stale */
    uint32_t *changed;           /* numbers of the logs that advanced, each once */
    size_t changed_count;
    size_t changed_capacity;
    uint64_t claims_left;        /* of receipts, on records that are not here: above the bound */
    bool room_asked, room_short; /* the reserve for local acts is being used */
    /* the case the last record was of: an import writes a dossier's records in a row */
    struct name last_case;
    uint32_t last_case_scope;
    uint32_t last_case_number;
};

struct replica {
    struct store *store;
    struct replica_world world;
    struct arena texts; /* of |identity| */
    /* from |identity| to |secret|: locked in memory, as far as the system allows */
    struct replica_identity identity;
    struct public_key key;
    struct secret_key secret;
    bool keys_locked;
    struct name authority_scope;

    pthread_mutex_t lock;
    struct name epoch;
    struct authority_snapshot *authority; /* the newest first; older ones while referenced */
    struct pack_entry *packs;
    struct hash proposed_pack; /* this node's own, while it is not granted; none else */
    struct invitation_proof proofs[PROOFS_MOST];
    size_t proof_next;
    uint64_t receipt_start; /* number of this process's first receipt; 0: none yet */

    struct group group;
    struct buffer scratch;     /* a row or a record being built */
    struct arena commit_arena; /* lists of the last replica_commit */
};

/* What replica_level() found of a log. */
enum { LEVEL_MEMOS = 16 };
struct level_memo {
    struct log_row row; /* name none: nothing yet */
    uint64_t office, hub;
};

struct replica_read {
    struct replica *replica;
    struct store_read *store;
    const struct authority *authority; /* acquired */
    bool borrowed;                     /* |store| is the group's view: not to be ended */
    bool (*stopped)(void *context);    /* NULL: nobody stops it */
    void *stopped_context;
    struct level_memo memos[LEVEL_MEMOS];
};

/* The authority as the open group sees it; read only. [writer] */
const struct authority *group_authority(const struct replica *replica);
/* The group's own copy, to be added to. NULL: out of memory. [writer] */
struct authority *group_authority_own(struct replica *replica);
/* A read over the open group's own state; ends with replica_read_end() before the group does.
 * [writer] */
void group_read(struct replica *replica, struct replica_read *read);
/* Ends the epoch and draws another. [writer] */
CHECK_RESULT enum status group_draw_epoch(struct replica *replica);
/* The counters as |read| has them; the open group's own are in |group.counters|. */
CHECK_RESULT enum status counters_get(struct store_read *read, struct counters *counters);
/* As replica_pack(), within |authority|. [any] */
const struct pack *snapshot_pack(struct replica *replica, const struct authority *authority,
                                 const struct hash *hash);
/* put and delete in the open group. */
CHECK_RESULT enum status group_put(struct replica *replica, enum store_table table,
                                   const struct table_key *key, struct bytes value);
CHECK_RESULT enum status group_delete(struct replica *replica, enum store_table table,
                                      const struct table_key *key);

#endif
