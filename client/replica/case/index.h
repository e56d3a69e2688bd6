/*
 * Derived rows: one summary a case, and the keys it is found by. Rebuilt from records at any time;
 * a case whose rows are stale stands in TABLE_DIRTY until replica_index() comes by.
 *
 *   INDEX  01 code 00 case u32  -> (empty)   the order of the list; provisional ones by "tạm-…"
 *          02 word 00 case u32  -> (empty)   names, numbers and codes, without marks
 *          03 code 00 case u32  -> (empty)   other codes of a case in conflict about its code
 */
#ifndef HOSO_CLIENT_REPLICA_CASE_INDEX_H
#define HOSO_CLIENT_REPLICA_CASE_INDEX_H

#include "client/replica/case/summary.h"

enum { INDEX_VERSION = 1 };
enum index_kind { INDEX_LIST = 1, INDEX_WORD = 2, INDEX_OTHER_CODE = 3 };

struct index_key {
    uint8_t bytes[1 + LIMIT_CODE_BYTES + 1 + 4];
    size_t size;
};

/* |kind| ‖ |text|, cut to the room there is. */
struct index_key index_prefix(enum index_kind kind, struct bytes text);
/* |kind| ‖ |text| ‖ 00 ‖ |case_number|. */
struct index_key index_key(enum index_kind kind, struct bytes text, uint32_t case_number);
/* The case number of a whole key, and the text between; false if it is none. */
bool index_key_decode(struct bytes key, struct bytes *text, uint32_t *case_number);

/* [writer] Makes one case's rows anew and takes it off TABLE_DIRTY. |arena| is reset by the caller.
 * Errors: CORRUPT, IO, FULL, NO_MEMORY. */
CHECK_RESULT enum status index_case(struct replica *replica, struct replica_read *read,
                                    uint32_t case_number, struct arena *arena);
/* [writer] Marks every case with a record in |log| as stale: its standing has changed. */
CHECK_RESULT enum status index_mark_log(struct replica *replica, const struct log_row *log);
/*
 * [writer] If the open group changed authority, marks what that touches: the cases of every log
 * whose first or last record stands otherwise than before, and the cases not loaded, whose pack may
 * have come. Once a group; replica_commit() and replica_index() call it. Orders that name records
 * in the middle of a log mark that log themselves. Errors: IO, FULL, CORRUPT, NO_MEMORY.
 */
CHECK_RESULT enum status index_follow_authority(struct replica *replica);
/* [writer] If the rows in the store are of another version of this program, throws them away and
 * marks every case as stale. Errors: IO, FULL, CORRUPT. */
CHECK_RESULT enum status index_follow_version(struct replica *replica);
/* Whether the rows of the case are stale. */
CHECK_RESULT enum status index_is_stale(struct store_read *read, uint32_t case_number, bool *stale);

/* [writer] Every derived row is made again, in the background. Errors: IO, FULL. */
CHECK_RESULT enum status index_renew(struct replica *replica);

#endif
