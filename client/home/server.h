/*
 * The serving half of the local socket (local.h has the lines): how `hoso` at a home asks the
 * process that has it open, a daemon or a watching `hoso sync`. One thread listens; each connection
 * has one of its own, at most SERVER_CONNECTIONS_MOST. Nothing here touches the loop.
 */
#ifndef HOSO_CLIENT_HOME_SERVER_H
#define HOSO_CLIENT_HOME_SERVER_H

#include "client/home/attend.h"

enum { SERVER_CONNECTIONS_MOST = 32 };

struct server;

/*
 * Binds HOME/daemon.sock of the home at |path| (0600; whoever has the store open owns it, so one
 * left over is replaced) and lets |answer| answer what comes, on threads of this module. Errors:
 * LIMIT (the path is too long for a socket), IO, NO_MEMORY.
 */
CHECK_RESULT enum status
server_open(const char *path,
            void (*answer)(void *context, const struct command_request *request,
                           const struct attend_stream *stream, struct command_answer *answer),
            void *context, struct server **server);
/* No more connections and requests; those being answered go on. */
void server_stop(struct server *server);
/* Waits for those being answered, frees all. NULL is allowed. */
void server_close(struct server *server);

#endif
