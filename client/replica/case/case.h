/*
 * A case taken from the store: its records, how authority looks upon each, and the view of them.
 */
#ifndef HOSO_CLIENT_REPLICA_CASE_CASE_H
#define HOSO_CLIENT_REPLICA_CASE_CASE_H

#include "client/replica/log/log.h"

/* More than any legal case needs. */
#define CASE_ARENA_BYTES ((size_t)1024 * 1024 * 1024)

/* Where an input lies. */
struct case_spot {
    uint32_t log;  /* number of the segment */
    uint32_t base; /* of the segment it goes on from; 0 none */
    uint64_t seq;
    size_t input;
};

struct loaded_case {
    struct case_row row;
    const struct view_record *inputs; /* in this node's arrival order */
    const struct case_spot *spots;    /* one an input, by log and seq */
    size_t count;
    struct view view;
};

/*
 * Loads the case of |row| and computes its view over |read|'s snapshot. Everything in |*loaded|
 * lives in |arena|, nothing borrows from the snapshot; packs live as long as the replica. A case
 * past LIMIT_CASE_RECORDS (records and missing parents together) comes back as not loaded, without
 * inputs. Errors: CORRUPT, IO, NO_MEMORY.
 */
CHECK_RESULT enum status case_load(struct replica_read *read, const struct case_row *row,
                                   struct arena *arena, struct loaded_case *loaded);

/* Computes the view of records at hand by |read|'s authority and packs. */
CHECK_RESULT enum status case_view(struct replica_read *read, const struct view_record *inputs,
                                   size_t count, struct arena *arena, struct view *view);

/* The value of |view|'s field |key| as far as one may be shown (the agreed one, else the standing
 * one) as a text or as an integer; false if there is none or it is another type. */
bool case_shown_text(const struct view *view, const char *key, struct bytes *text);
bool case_shown_integer(const struct view *view, const char *key, int64_t *number);
/* What canonical bytes hold, if it is a text or an integer. */
bool value_text(struct bytes value, struct bytes *text);
bool value_integer(struct bytes value, int64_t *number);

#endif
