/*
 * The derived row of a case: what a list shows, what stats count, what a search ranks by. Rebuilt
 * from records at any time; its form belongs to INDEX_VERSION.
 *
 *   u8 flags (1 not loaded, 2 newer)  u8 state  u8 standing state  u8 words of the owner
 *   u32 ×5 open fields, records, held, without effect, refused   i64 ×3 received, due, handed over
 *   case name 16   view hash 16   u32 scope
 *   texts, each u16 size ‖ bytes: code, unit, procedure, domain, owner, submitter, words, exact
 *   words, other codes (each ended by a zero byte)
 */
#ifndef HOSO_CLIENT_REPLICA_CASE_SUMMARY_H
#define HOSO_CLIENT_REPLICA_CASE_SUMMARY_H

#include "client/replica/case/case.h"

enum { SUMMARY_WORDS_BYTES = 4096, SUMMARY_WORD_BYTES = 48, SUMMARY_WORDS = 96 };

struct summary_row {
    struct summary summary;
    uint32_t scope;
    struct bytes words;  /* search keys, each once, parted by spaces; the owner's first */
    uint8_t owner_words; /* so many of them */
    struct bytes exact;  /* the same texts with their marks */
    struct bytes other_codes;
};

/* Fills |*row| from a case; texts borrow from it and from |arena|. Errors: NO_MEMORY. */
CHECK_RESULT enum status summary_of_case(const struct loaded_case *loaded, struct arena *arena,
                                         struct summary_row *row);
/* Appends the row. Errors: NO_MEMORY, LIMIT. */
CHECK_RESULT enum status summary_encode(const struct summary_row *row, struct buffer *out);
/* Texts borrow from |bytes|. Errors: CORRUPT. */
CHECK_RESULT enum status summary_decode(struct bytes bytes, struct summary_row *row);
/* The row of a case. NOT_FOUND: never computed. */
CHECK_RESULT enum status summary_get(struct store_read *read, uint32_t case_number,
                                     struct summary_row *row);

#endif
