/*
 * The reasons of rules in a clerk's words: what view.c and act.c say as a code, in both languages,
 * with a stable name for programs and the next step for the person.
 */
#ifndef HOSO_CLIENT_COMMAND_REASON_H
#define HOSO_CLIENT_COMMAND_REASON_H

#include "client/command/call.h"

/* |why| is a sentence of view_why_text() or act_why_text(), or NULL. None of these fails. */
struct words reason_words(const char *why);
/* "hat_settle", "conflict" …; "refused" for one this version does not know. */
const char *reason_name(const char *why);
/* What to do next; {NULL, NULL} if there is nothing to say. */
struct words reason_next(const char *why);

#endif
