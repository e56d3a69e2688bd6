/*
 * What writer and reader of one frame's columns keep alike while they go through its records: the
 * forms in the order they came up, the columns in the order the forms brought them, and the cases
 * that can be named by their place.
 */
#ifndef HOSO_PROTOCOL_SYNC_FRAME_SHEET_H
#define HOSO_PROTOCOL_SYNC_FRAME_SHEET_H

#include "protocol/sync/frame/column.h"

enum {
    SHEET_FORMS = 128,
    SHEET_COLUMNS = 1024,
    SHEET_CASES = 1024,    /* the last so many cases can be named by their place */
    FORM_NUMBER_NEW = 0,   /* a form that follows in the stream */
    FORM_NUMBER_WHOLE = 1, /* no form: the record travels whole */
    FORM_NUMBER_FIRST = 2
};

struct sheet {
    struct arena arena;
    struct form forms[SHEET_FORMS];
    size_t form_count;
    struct column *columns[SHEET_COLUMNS];
    size_t column_count;
    struct name cases[SHEET_CASES]; /* a ring */
    size_t case_count;
};

/* NULL: out of memory. */
struct sheet *sheet_new(void);
void sheet_free(struct sheet *sheet);
/* Reads a form and brings its columns; each of its values' |column| becomes an index. Errors:
 * MALFORMED, LIMIT, NO_MEMORY. */
CHECK_RESULT enum status sheet_add_form(struct sheet *sheet, struct bytes bytes);
/* The form of those bytes; |form_count| if there is none yet. */
size_t sheet_find_form(const struct sheet *sheet, struct bytes bytes);
void sheet_add_case(struct sheet *sheet, const struct name *name);
/* How many cases ago |name| came, the last one being 1; 0 if it cannot be named so. */
size_t sheet_find_case(const struct sheet *sheet, const struct name *name);
/* NULL if there is none. */
const struct name *sheet_case(const struct sheet *sheet, uint64_t ago);
/* After each record: its case can be named if it began one. */
void sheet_note_record(struct sheet *sheet, const struct record *record);

#endif
