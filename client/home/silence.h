/*
 * What a person is told while a daemon that took a request is silent, and when it stays so. It may
 * be frozen and go on later, so nothing is said of what it has or has not done.
 */
#ifndef HOSO_CLIENT_HOME_SILENCE_H
#define HOSO_CLIENT_HOME_SILENCE_H

#include "client/command/command.h"

/* Says on standard error that the daemon does not answer and is waited for. |context|: the
 * request, const. */
void silence_say(const void *context);
/* The answer in place of one that did not come: BUSY, nobody knows whether it was done. */
void silence_refuse(const struct command_request *request, struct command_answer *answer);

#endif
