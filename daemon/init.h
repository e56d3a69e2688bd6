/* `hosod init`: makes the home of a hub or an office. */
#ifndef HOSO_DAEMON_INIT_H
#define HOSO_DAEMON_INIT_H

#include "daemon/config.h"
#include "daemon/desk.h"

/* Answers with what was made, or why nothing was: a home is made whole or not at all. */
void init_answer(const struct config *config, const struct command_request *request,
                 struct command_answer *answer);

#endif
