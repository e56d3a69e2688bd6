/*
 * Commands: one function a verb, from a JSON request to a JSON answer and a text for people. The
 * command line, the daemon's local socket, the library's hoso_call() and the tests go through
 * command_run(), so a verb exists once.
 *
 * Reads take a snapshot; writes go through |act_submit|, which the owner of the store provides: the
 * daemon hands the job to its writer thread and waits, a lone `hoso` runs it at once.
 */
#ifndef HOSO_CLIENT_COMMAND_COMMAND_H
#define HOSO_CLIENT_COMMAND_COMMAND_H

#include "client/hoso.h"
#include "client/replica/replica.h"

/* A job for the writer: called inside an open group; the group is committed if it returns OK. */
typedef enum status (*writer_job)(struct replica *replica, void *context);

struct route; /* client/link/net/address.h */

struct command_host {
    struct replica *replica;
    void *context;
    /* Runs |job| in a group and returns once it is durable (or has failed). */
    enum status (*submit)(void *context, writer_job job, void *job_context);
    /* Syncs with the node above by |route| until at rest: for `sync`. |answer| as of `hoso sync`.
     * Errors: those of service_exchange(); USAGE: another program, which keeps the link, was told
     * its route when it was started. */
    enum status (*sync)(void *context, const struct route *route, bool watch,
                        struct buffer *answer);
    /* True while a link to the node above stands. */
    bool (*linked)(void *context);
    /* Why the last attempt to reach the node above failed (UNKNOWN_PEER: it did not take this
     * node's invitation), OK if it did not. NULL: nobody knows. */
    enum status (*fault)(void *context);
    /* Sees a long command's progress in words ("1200 of 8586"); NULL: nobody looks. */
    void (*progress)(void *context, uint64_t done, uint64_t all);
    /* Takes a part of a long answer for stdout before the command ends, so that it need not be held
     * whole; false: nobody takes any more. NULL: everything stands in |answer->out|. */
    bool (*stream)(void *context, struct bytes text);
    /* True once the host is to end: long commands then end unfinished, and say so. NULL: never. */
    bool (*stopped)(void *context);
};

struct command_request {
    const char *verb;
    const char *arguments; /* JSON object */
    bool vietnamese;       /* language of texts */
    bool json;             /* answer in JSON, else text for people */
};

struct command_answer {
    enum hoso_code code;
    struct buffer out; /* for stdout */
    struct buffer err; /* for stderr */
};

/* Never fails but through |answer->code|. The caller initialises and frees the buffers. */
void command_run(const struct command_host *host, const struct command_request *request,
                 struct command_answer *answer);

/* True if |verb| is a command of this module (not of the program around it). */
bool command_exists(const char *verb);

#endif
