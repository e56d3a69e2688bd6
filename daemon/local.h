/*
 * The daemon's half of the local socket: `hoso` at this home asks the running daemon through it
 * (client/home/local.h has the lines). One thread listens; each connection has one of its own, at
 * most LOCAL_CONNECTIONS_MOST. Nothing here touches the loop.
 */
#ifndef HOSO_DAEMON_LOCAL_H
#define HOSO_DAEMON_LOCAL_H

#include "daemon/desk.h"

enum { LOCAL_CONNECTIONS_MOST = 32 };

struct local;

/*
 * Binds HOME/daemon.sock (0600; whoever has the store open owns it, so one left over is replaced)
 * and serves |desk| from it. Errors: LIMIT (the path is too long for a socket), IO, NO_MEMORY.
 */
CHECK_RESULT enum status local_open(const struct desk *desk, struct local **local);
/* No more connections and requests; those being answered go on. */
void local_stop(struct local *local);
/* Waits for those being answered, frees all. NULL is allowed. */
void local_close(struct local *local);

#endif
