/*
 * The desk: answers one request, whoever brings it: a thread of the local socket, or main() when no
 * daemon runs on the home. It knows the verbs that are the daemon's own (invite, peers) and passes
 * all others to command_run().
 */
#ifndef HOSO_DAEMON_DESK_H
#define HOSO_DAEMON_DESK_H

#include "client/command/command.h"
#include "client/home/home.h"
#include "client/link/service.h"

struct desk {
    struct home *home;
    struct service *service; /* NULL: nothing runs, jobs are done at once */
    struct command_host host;
};

/* Fills |desk|; it borrows the others. */
void desk_init(struct desk *desk, struct home *home, struct service *service);
/* Answers |request|; |answer|'s buffers are the caller's, initialised. Any thread but the loop's
 * and the writer's. */
void desk_answer(struct desk *desk, const struct command_request *request,
                 struct command_answer *answer);

/* The exit code that says |status|. */
enum hoso_code desk_code(enum status status);
/* What a refusal says: what is wrong, what was kept, what to do next; in two languages. */
struct desk_refusal {
    enum hoso_code code;
    const char *message[2]; /* English, Vietnamese */
    const char *next[2];
};
void desk_refuse(const struct command_request *request, struct command_answer *answer,
                 const struct desk_refusal *refusal);
/* The same with the text of |status|. */
void desk_fail(const struct command_request *request, struct command_answer *answer,
               enum status status);

#endif
