/*
 * The refused rows of an import: told one by one, and gathered into a file that can be mended and
 * imported again. The file has the register's own columns and two more, the line and the reason,
 * which an import passes over.
 */
#ifndef HOSO_CLIENT_COMMAND_REGISTER_REFUSAL_H
#define HOSO_CLIENT_COMMAND_REGISTER_REFUSAL_H

#include "client/command/register/register.h"

#define REFUSAL_LINE_COLUMN "dong_bi_tu_choi"
#define REFUSAL_REASON_COLUMN "ly_do_tu_choi"

enum { REFUSAL_FILE_BYTES_MAX = 128 * 1024 * 1024, REFUSALS_TOLD = 1000 };

struct refusals {
    struct call *call;
    uint64_t count;
    struct buffer file;   /* the rows, with a header once there is one */
    struct buffer report; /* JSON objects parted by commas */
};

/* Begins the file and the report of one import; close it in any case. */
void refusals_open(struct refusals *refusals, struct call *call);
void refusals_close(struct refusals *refusals);
/* Adds the table's current row. */
void refusals_add(struct refusals *refusals, const struct table *table,
                  const struct register_fault *fault);
/* Adds a row that was read before: |raw| are its bytes as in the file. */
void refusals_add_raw(struct refusals *refusals, const struct table *table, uint64_t line,
                      struct bytes raw, const struct register_fault *fault);
/* Writes {"line","column","reason"} of each (of the first REFUSALS_TOLD) as the member "rows". */
void refusals_write(struct refusals *refusals, struct json_writer *writer);

#endif
