/*
 * A process that has a home to itself: commands run on its own replica, each write in a group of
 * its own with the derived rows made in the same commit.
 */
#ifndef HOSO_CLIENT_HOME_LONE_H
#define HOSO_CLIENT_HOME_LONE_H

#include "client/command/command.h"
#include "client/home/home.h"

struct lone {
    struct home home;
    struct command_host host; /* |context| is this lone: it must not move */
    void *watcher;            /* of the host's stream and progress: whoever set them */
};

/* Opens the home at |path|. Errors: as home_open(). Close it with lone_close() in any case. */
CHECK_RESULT enum status lone_open(struct lone *lone, const char *path);
/* Closes what is open. */
void lone_close(struct lone *lone);
/* A host for |replica| alone, without a line: for tests. |lone| is its context. */
void lone_over(struct lone *lone, struct replica *replica);

#endif
