/*
 * Logs of a replica: names and numbers, heads, records, arrival order, running hash, and the rows
 * of cases. Reading functions work on any snapshot: a replica_read's, or the open group's own view.
 */
#ifndef HOSO_CLIENT_REPLICA_LOG_LOG_H
#define HOSO_CLIENT_REPLICA_LOG_LOG_H

#include "client/replica/state.h"
#include "protocol/record/body.h"
#include "protocol/record/receipt.h"

/* ---- reading; errors everywhere: IO, CORRUPT; NOT_FOUND where it says so ---- */

/* The log named |name|. NOT_FOUND. */
CHECK_RESULT enum status log_find(struct store_read *read, const struct name *name,
                                  struct log_row *row);
/* The log of |number|. NOT_FOUND. */
CHECK_RESULT enum status log_get(struct store_read *read, uint32_t number, struct log_row *row);
/* The segment that holds the record at |place|. NOT_FOUND. */
CHECK_RESULT enum status log_at(struct store_read *read, const struct place *place,
                                struct log_row *row);
/* The log of |number| as vectors tell it; |peer_seq| is 0. */
CHECK_RESULT enum status log_entry(struct store_read *read, uint32_t number,
                                   struct vector_entry *entry);
/* Every log in order of number; false from |each| stops. */
CHECK_RESULT enum status log_each(struct store_read *read,
                                  bool (*each)(void *context, const struct log_row *row),
                                  void *context);
/* The segments of the log |root|, itself included; at most |most|. */
enum { LOG_SEGMENTS_MAX = 2 * LIMIT_BRANCHES + 2 };
CHECK_RESULT enum status log_segments(struct store_read *read, uint32_t root, struct log_row *rows,
                                      size_t most, size_t *count);
/* The segment of |root|'s family whose record at |seq| has an id beginning with |id16|. NOT_FOUND.
 */
CHECK_RESULT enum status log_resolve(struct store_read *read, uint32_t root, uint64_t seq,
                                     const struct name *id16, struct log_row *row);

/* The record at |place|; borrowed from |read|. NOT_FOUND. */
CHECK_RESULT enum status log_record(struct store_read *read, const struct place *place,
                                    struct record_row *row);
/* The record at |place|, whose row is there, decoded; bytes borrow from |read|, lists live in
 * |arena|. Errors: NOT_FOUND (its bytes are not held, damage.h), CORRUPT (they are spoilt),
 * NO_MEMORY, IO. */
CHECK_RESULT enum status log_record_decode(struct store_read *read, const struct place *place,
                                           struct arena *arena, struct record *record);
/* The id of |log|'s record at |seq|, going down into what the log branched off. NOT_FOUND. */
CHECK_RESULT enum status log_id(struct store_read *read, const struct log_row *log, uint64_t seq,
                                struct hash *id);
/* Number of a scope, or its name. NOT_FOUND. */
CHECK_RESULT enum status log_scope_number(struct store_read *read, const struct name *scope,
                                          uint32_t *number);
CHECK_RESULT enum status log_scope_name(struct store_read *read, uint32_t number,
                                        struct name *scope);

/* The case named |name|: the one whose genesis is held, else any of that name. NOT_FOUND. */
CHECK_RESULT enum status log_case_find(struct store_read *read, const struct name *name,
                                       struct case_row *row);
CHECK_RESULT enum status log_case_get(struct store_read *read, uint32_t number,
                                      struct case_row *row);

/* Walks a case's records in this node's arrival order; case_walk_end() in any case. */
struct case_walk {
    struct store_cursor *cursor;
    uint32_t case_number;
    bool started;
};
/* Begins before the first. Errors: IO, NO_MEMORY. */
CHECK_RESULT enum status case_walk_begin(struct store_read *read, uint32_t case_number,
                                         struct case_walk *walk);
/* NOT_FOUND at the end. */
CHECK_RESULT enum status case_walk_next(struct case_walk *walk, struct case_record_row *row);
void case_walk_end(struct case_walk *walk);

/* ---- writing, in the open group ---- */

/* A record about to be appended; its bytes are copied into the store. */
struct log_record {
    struct bytes raw;
    struct hash id;
    uint64_t kind;
    struct name case_name; /* record_case(): none for records of no case */
};

/*
 * Appends |record| as |log|'s next one: arrival, running hash, scope and case rows, the case marked
 * stale, |log| advanced. |log| is the caller's copy: several appends go on with it, then
 * log_save(). Checks nothing. Errors: IO, FULL, NO_MEMORY: the group is to be aborted.
 */
CHECK_RESULT enum status log_append(struct replica *replica, struct log_row *log,
                                    const struct log_record *record);
/* Writes |log| back and notes it as advanced in this group. */
CHECK_RESULT enum status log_save(struct replica *replica, const struct log_row *log);
/* Notes the log of |number| as advanced, once: the group's receipt names it. Errors: NO_MEMORY. */
CHECK_RESULT enum status log_note_changed(struct replica *replica, uint32_t number);

/*
 * This node's own open log for |purpose|, opened now (with its opening record) if there is none.
 * The next record continues at |log->seq| + 1 after |log->id|; its header names |*header_log|.
 * Errors: IO, FULL, NO_MEMORY.
 */
CHECK_RESULT enum status log_own(struct replica *replica, uint64_t purpose, struct log_row *log,
                                 struct name *header_log);
/* The same in |scope|: where the case is that the record is of. A case never leaves its scope. */
CHECK_RESULT enum status log_own_in(struct replica *replica, uint64_t purpose,
                                    const struct name *scope, struct log_row *log,
                                    struct name *header_log);
/* Whether this store wrote the log whose root is |root|: it is an own one, or one an own one
 * succeeds, however far back. Another store with this node's key may have written others. */
CHECK_RESULT enum status log_own_wrote(struct store_read *read, uint32_t root, bool *wrote);
/* Opens one if none of that purpose was ever open in the node's own scope. */
CHECK_RESULT enum status log_own_begun(struct replica *replica, uint64_t purpose);
/* Whether |log| is, or is a segment of, an own log that is open, of any purpose and scope. */
CHECK_RESULT enum status log_is_own_open(struct store_read *read, const struct log_row *log,
                                         bool *is);
/* log_own() without opening one. NOT_FOUND. */
CHECK_RESULT enum status log_own_find(struct store_read *read, uint64_t purpose,
                                      struct log_row *log);
/*
 * Seals |header| and |body| as the next record of |log| (own), appends it, saves |log|, and adds
 * the record to the group's authority if it is an authority record. Fills log, seq and prev. |*id|
 * is the new record's. Errors: USAGE, LIMIT (what the encoder refuses); IO, FULL, NO_MEMORY.
 */
CHECK_RESULT enum status log_write(struct replica *replica, struct log_row *log,
                                   struct record_header *header, struct bytes body,
                                   struct hash *id);
/* The same, signed with the key of |log|'s device, which is not this node's: the root's. */
CHECK_RESULT enum status log_write_as(struct replica *replica, struct log_row *log,
                                      struct record_header *header, struct bytes body,
                                      const struct secret_key *key, struct hash *id);
/* Appends a record sealed as |log|'s next one, saves the log (made now, if |log->number| is 0: the
 * record is its opening then) and adds an authority record to the group's set. */
CHECK_RESULT enum status log_write_sealed(struct replica *replica, struct log_row *log,
                                          struct bytes raw);
/* Opens a log with |key|, whose device |opening| names; salt, software and rules are filled in. */
CHECK_RESULT enum status log_open(struct replica *replica, struct opening *opening,
                                  const struct secret_key *key, struct log_row *log);
/* An own log's head now lies in another segment of it. */
CHECK_RESULT enum status log_own_moved(struct replica *replica, uint32_t from, uint32_t to);
/* Number of scope |name|, given one now if it has none. */
CHECK_RESULT enum status log_scope_make(struct replica *replica, const struct name *name,
                                        uint32_t *number);
/* A new log named |row->name| (number, root and store are filled in; an own root of its own if
 * |row->root| is 0). */
CHECK_RESULT enum status log_create(struct replica *replica, struct log_row *row);
/* A peer refused the own log |log| from |seq| on: it is closed, and the next one goes on from the
 * record before. Nothing happens if it is not open. */
CHECK_RESULT enum status log_refused(struct replica *replica, const struct log_row *log,
                                     uint64_t seq);
/* Closes this node's own logs: the next own record opens a new log that names the old head. */
CHECK_RESULT enum status log_close_own(struct replica *replica);

#endif
