/*
 * A comma separated file whose first row names its columns: cells are asked for by name, so columns
 * may stand in any order and unknown ones are passed over.
 */
#ifndef HOSO_CLIENT_TEXT_TABLE_H
#define HOSO_CLIENT_TEXT_TABLE_H

#include "client/text/csv.h"

enum { TABLE_COLUMNS_MAX = 64 };

struct table_column {
    const char *name;
    bool needed;
    size_t index; /* where it stands in the file; SIZE_MAX: nowhere */
};

struct table {
    struct csv_reader reader;
    struct table_column *columns; /* the caller's */
    size_t column_count;
    struct buffer header; /* the header row as in the file */
    size_t width;         /* fields of the header row */
    struct csv_row row;   /* the current one */
};

/*
 * Reads the header of |text| and finds |columns| in it. |*missing| is the first needed column that
 * is not there, with MALFORMED; NULL with MALFORMED: no sound header row, or one that names a
 * column twice. Errors also: NO_MEMORY. Close it with table_close() in any case.
 */
CHECK_RESULT enum status table_open(struct table *table, struct bytes text,
                                    struct table_column *columns, size_t count,
                                    const char **missing);
/* Frees what cells borrowed; opened or not. */
void table_close(struct table *table);
/* Moves to the next row; its problem and its width are the caller's to look at. Errors: NOT_FOUND
 * at the end, NO_MEMORY. */
CHECK_RESULT enum status table_next(struct table *table);
/* The current row's cell of |columns[column]|, trimmed; empty where the row ends before it or the
 * file has no such column. */
struct bytes table_cell(const struct table *table, size_t column);

#endif
