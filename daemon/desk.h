/*
 * The desk: answers one request, whoever brings it: a thread of the local socket, or main() when no
 * daemon runs on the home. It knows the verbs that are the daemon's own (invite, peers) and passes
 * all others to command_run().
 */
#ifndef HOSO_DAEMON_DESK_H
#define HOSO_DAEMON_DESK_H

#include "client/command/call.h"
#include "client/home/attend.h"

/* Answers |request|; |context| is the struct attendant, |answer|'s buffers are the caller's,
 * initialised. Any thread but the loop's and the writer's. */
void desk_answer(void *context, const struct command_request *request,
                 const struct attend_stream *stream, struct command_answer *answer);

/* A refusal in words: what is wrong, and what its failure says of what was kept and comes next. */
struct desk_refusal {
    struct failure failure;
    struct words message;
};
/* Writes the refusal into |answer|, in the form the request asked for. */
void desk_refuse(const struct command_request *request, struct command_answer *answer,
                 const struct desk_refusal *refusal);
/* The same in the words any command has for |status|. */
void desk_fail(const struct command_request *request, struct command_answer *answer,
               enum status status);

#endif
