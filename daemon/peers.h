/* `hosod peers`: with whom this node exchanges, and how far. */
#ifndef HOSO_DAEMON_PEERS_H
#define HOSO_DAEMON_PEERS_H

#include "daemon/desk.h"

/* Answers one line a peer: {"unit","name","last_contact","ahead","behind","held"}, or a table. */
void peers_answer(const struct attendant *attendant, const struct command_request *request,
                  struct command_answer *answer);

#endif
