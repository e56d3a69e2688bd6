/*
 * Answering commands beside a running service: reads take snapshots, writes go through its writer,
 * `sync` waits until both ends are at rest. The daemon's desk and a watching `hoso sync` are both
 * this.
 */
#ifndef HOSO_CLIENT_HOME_ATTEND_H
#define HOSO_CLIENT_HOME_ATTEND_H

#include "client/command/command.h"
#include "client/home/home.h"
#include "client/link/service.h"

/* Takes a part of a long answer for stdout before the command ends; false: nobody takes any more.
 */
struct attend_stream {
    bool (*take)(void *context, struct bytes text); /* NULL: the answer stands whole */
    bool (*stopped)(void *context); /* true once whoever answers is to end; NULL: never */
    void *context;
};

struct attendant {
    struct home *home;
    struct service *service; /* NULL: nothing runs, jobs are done at once */
};

/* Answers |request| by command_run(); |answer|'s buffers are the caller's, initialised. Any thread
 * but the loop's and the writer's. */
void attend_answer(const struct attendant *attendant, const struct command_request *request,
                   const struct attend_stream *stream, struct command_answer *answer);

/* Runs |job| in a group: through the writer if one runs, else at once. As writer_run(). */
CHECK_RESULT enum status attend_submit(const struct attendant *attendant, writer_job job,
                                       void *context);

#endif
