/*
 * How far things got: the levels a case or a record reached, by receipts alone. Three different
 * truths that are never mixed: on this machine, at the office, at the hub.
 */
#ifndef HOSO_CLIENT_COMMAND_VERB_REACH_H
#define HOSO_CLIENT_COMMAND_VERB_REACH_H

#include "client/command/call.h"

/* LEVEL_ bits that every record of the case reached; fewer where they cannot be told. */
unsigned reach_of_case(struct replica_read *read, const struct name *case_name);
/* The bits as a list: ["machine","office","hub"]. */
void reach_write(struct json_writer *writer, const char *key, unsigned levels);
/* "hub đã nhận", "đơn vị đã nhận, chưa lên hub", "chưa đồng bộ". */
struct words reach_words(unsigned levels);

#endif
