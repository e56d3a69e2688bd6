/*
 * Comma separated values as offices really send them: RFC 4180 with a byte order mark, CRLF or LF,
 * quoted fields that hold commas, quotes and line breaks. One bad row never hides the next one.
 *
 * The reader is a state machine over a file held in memory and says for every row where it stands
 * and what its very bytes are, so that a refused row can be handed back untouched.
 *
 *              "                     other
 *   FIELD ─────────► QUOTED    FIELD ──────► PLAIN      , or end of line ends a field from
 *   QUOTED ── " ──► CLOSED     CLOSED ── " ─► QUOTED    FIELD, PLAIN and CLOSED
 *   PLAIN ── " and CLOSED ── other are problems: the row ends at the end of its first line
 */
#ifndef HOSO_CLIENT_TEXT_CSV_H
#define HOSO_CLIENT_TEXT_CSV_H

#include "protocol/base/bytes.h"

enum { CSV_FIELDS_MAX = 256, CSV_ROW_BYTES_MAX = 1024 * 1024 };

enum csv_problem {
    CSV_SOUND,
    CSV_STRAY_QUOTE,   /* a quote inside a field that does not begin with one */
    CSV_AFTER_QUOTE,   /* something between a closing quote and the comma */
    CSV_UNENDED_QUOTE, /* no closing quote before the end of the file (or of a row's bound) */
    CSV_TOO_MANY,      /* more than CSV_FIELDS_MAX fields */
    CSV_TOO_LONG       /* more than CSV_ROW_BYTES_MAX bytes */
};

struct csv_field {
    struct bytes text; /* unquoted; any bytes, UTF-8 is not checked here */
    uint64_t line;     /* where it begins, from 1 */
    uint64_t byte;     /* from the beginning of that line, from 1 */
};

/* One row. Everything lives until the next csv_next() or csv_close(). */
struct csv_row {
    const struct csv_field *fields;
    size_t field_count; /* on a problem: those before it */
    struct bytes raw;   /* as in the file, with its line end if it has one */
    uint64_t line;      /* its first line, from 1 */
    enum csv_problem problem;
    uint64_t problem_line;
    uint64_t problem_byte;
};

struct csv_reader {
    struct bytes input;
    size_t at;
    uint64_t line;
    struct csv_field *fields;
    struct buffer text;
};

/* Starts over |input|, which outlives the reader; a byte order mark is passed over. Errors:
 * NO_MEMORY. */
CHECK_RESULT enum status csv_open(struct csv_reader *reader, struct bytes input);
/* Frees what rows borrowed; opened or not. */
void csv_close(struct csv_reader *reader);
/* The next row that is not an empty line. Errors: NOT_FOUND at the end, NO_MEMORY. */
CHECK_RESULT enum status csv_next(struct csv_reader *reader, struct csv_row *row);

/* Appends one field, quoted where it must be, preceded by a comma unless |first|. With |guard| a
 * text a spreadsheet would take for a formula (= + - @ tab) gets an apostrophe in front. */
void csv_put_field(struct buffer *out, struct bytes text, bool first, bool guard);
/* Ends a row (CRLF, as RFC 4180 has it). */
void csv_put_end(struct buffer *out);

#endif
