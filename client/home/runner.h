/*
 * A home at the other end of a call, whoever owns it: the running daemon through its local socket,
 * else the store itself.
 */
#ifndef HOSO_CLIENT_HOME_RUNNER_H
#define HOSO_CLIENT_HOME_RUNNER_H

#include "client/home/lone.h"

struct runner {
    char path[HOME_PATH_SIZE];
    bool alone; /* no daemon: |lone| is open */
    struct lone lone;
    /* See parts of long answers, and progress; NULL: nobody. Set after runner_open(). */
    bool (*stream)(void *context, struct bytes text);
    void (*progress)(void *context, uint64_t done, uint64_t all);
    void *context;
};

/* Errors: NOT_FOUND (there is no home), BUSY (a process owns it and does not answer), others of
 * home_open(). The runner must not move; close it with runner_close() in any case. */
CHECK_RESULT enum status runner_open(struct runner *runner, const char *path);
/* Closes what is open. */
void runner_close(struct runner *runner);
/* Runs one request; what fails is in the answer. */
void runner_run(struct runner *runner, const struct command_request *request,
                struct command_answer *answer);
/* The answer of a home that could not be opened. */
void runner_refuse(const struct command_request *request, struct command_answer *answer,
                   enum status status);

#endif
