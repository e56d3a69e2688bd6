/*
 * A dossier's deadline as it is shown: when it is due and why, whether the clock stands.
 */
#ifndef HOSO_CLIENT_COMMAND_VERB_DEADLINE_H
#define HOSO_CLIENT_COMMAND_VERB_DEADLINE_H

#include "client/command/call.h"
#include "protocol/case/view/view.h"

/* The member "deadline": null where nobody can tell, else {"due", "provisional", "source":
 * "counted" or "written", "from", "extended", "waiting_since"}, and of a
 * counted one "policy", "term" and "explain". */
void deadline_write(struct call *call, const struct view *view);
/* Only the members "due" (null where nobody can tell) and "due_provisional". */
void deadline_write_due(struct call *call, const struct view *view);
/* The same for people, with each day if |why|. Nothing where nobody can tell. */
void deadline_say(struct call *call, const struct view *view, bool why);

#endif
