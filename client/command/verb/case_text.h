/*
 * What is said of a case in more than one verb: its code, who stands behind a record, its versions.
 */
#ifndef HOSO_CLIENT_COMMAND_VERB_CASE_TEXT_H
#define HOSO_CLIENT_COMMAND_VERB_CASE_TEXT_H

#include "client/command/call.h"

/* The code the case shows, or "tạm-…"; terminated. */
void case_text_code(const struct view *view, char out[LIMIT_CODE_BYTES + 1]);
/* Who acted: for a book entry the officer it names, else the header's. Empty: nobody. */
struct bytes case_text_officer(const struct view_entry *entry, uint64_t *hat);
/* The value of a version, or NULL bytes if an erasure stands in for it. */
void case_text_write_version(struct call *call, const struct view *view,
                             const struct view_field *field, size_t index);
/* One line a live version for people, with the record's id to decide with. */
void case_text_say_version(struct call *call, const struct view *view,
                           const struct view_field *field, size_t index);
/* The label of a field, or its key. */
struct bytes case_text_label(const struct view_field *field);

#endif
