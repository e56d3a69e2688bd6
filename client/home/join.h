/*
 * `hoso init`: a device's home from an invitation. The key is made and work starts; the invitation
 * is used at first contact. Needs no line.
 */
#ifndef HOSO_CLIENT_HOME_JOIN_H
#define HOSO_CLIENT_HOME_JOIN_H

#include "client/command/command.h"

/* |request->arguments|: {"join": INVITE, "as": OFFICER or absent}. What fails is in the answer. */
void join_run(const char *path, const struct command_request *request,
              struct command_answer *answer);

#endif
