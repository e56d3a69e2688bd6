/*
 * `hosod backup DIR` copies a living home; `hosod backup --check DIR` verifies such a copy wholly.
 * This process reads the store beside the one that owns it and asks it nothing: a backup also works
 * while the daemon hangs, and never holds a writer up.
 */
#ifndef HOSO_DAEMON_BACKUP_H
#define HOSO_DAEMON_BACKUP_H

#include "daemon/config.h"
#include "daemon/desk.h"

/* Answers {"backup","bytes","records","grew"}, or with |config->check| {"ok","made","records",
 * "logs","signatures","last_receipt"}; the folder is made whole or not at all. */
void backup_answer(const struct config *config, const struct command_request *request,
                   struct command_answer *answer);

#endif
