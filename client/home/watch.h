/*
 * `hoso sync --watch` at a home that no daemon has: stays linked until SIGINT or SIGTERM, and
 * answers other commands of this home through the local socket meanwhile, as a daemon would.
 */
#ifndef HOSO_CLIENT_HOME_WATCH_H
#define HOSO_CLIENT_HOME_WATCH_H

#include "client/home/home.h"
#include "client/link/net/address.h"

/*
 * Exchanges with the node above by |route|, tells |told| the answer of
 * `hoso sync` for it and stays until a signal. Nothing else may use the replica meanwhile. Errors:
 * USAGE (the route has no address), IO, NO_MEMORY, LIMIT (no socket can have that name). A node
 * above that cannot be reached is no error: it is tried again.
 */
CHECK_RESULT enum status watch_run(struct home *home, const struct route *route,
                                   void (*told)(void *context, struct bytes text), void *context);

#endif
