/* `hosod invite`: one text that lets a new office or device open its log before its first contact.
 */
#ifndef HOSO_DAEMON_INVITE_H
#define HOSO_DAEMON_INVITE_H

#include "daemon/desk.h"

/* Arguments {"unit"} or {"device"}, and perhaps {"url"}; answers {"invite","expires"} or the text.
 */
void invite_answer(const struct attendant *attendant, const struct command_request *request,
                   struct command_answer *answer);

/* The scope a unit's cases are in: one of its own under the district's root key, so that an office
 * invited again after it lost its store goes on in the same scope. */
struct name invite_scope_of_unit(const struct public_key *root, struct bytes unit);

#endif
