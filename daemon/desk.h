/*
 * The desk: answers one request, whoever brings it: a thread of the local socket, or main() when no
 * daemon runs on the home. It knows the verbs that are the daemon's own (invite, peers) and passes
 * all others to command_run().
 */
#ifndef HOSO_DAEMON_DESK_H
#define HOSO_DAEMON_DESK_H

#include "client/command/call.h"
#include "client/command/command.h"
#include "client/home/home.h"
#include "client/link/service.h"

struct desk {
    struct home *home;
    struct service *service; /* NULL: nothing runs, jobs are done at once */
};

/* Takes a part of a long answer for stdout before the command ends; false: nobody takes any more.
 */
struct desk_stream {
    bool (*take)(void *context, struct bytes text); /* NULL: the answer stands whole */
    void *context;
};

/* Answers |request|; |answer|'s buffers are the caller's, initialised. Any thread but the loop's
 * and the writer's. */
void desk_answer(const struct desk *desk, const struct command_request *request,
                 const struct desk_stream *stream, struct command_answer *answer);

/* Runs |job| in a group: through the writer if one runs, else at once. As writer_run(). */
CHECK_RESULT enum status desk_submit(const struct desk *desk, writer_job job, void *context);

/* A refusal in words: what is wrong, and what its failure says of what was kept and comes next. */
struct desk_refusal {
    struct failure failure;
    struct words message;
};
void desk_refuse(const struct command_request *request, struct command_answer *answer,
                 const struct desk_refusal *refusal);
/* The same in the words any command has for |status|. */
void desk_fail(const struct command_request *request, struct command_answer *answer,
               enum status status);

#endif
