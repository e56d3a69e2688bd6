/*
 * One exchange by a process that serves nobody: `hoso sync` at a home no daemon runs on. Depends on
 * the text layer for the answer alone.
 */
#ifndef HOSO_CLIENT_LINK_ALONE_H
#define HOSO_CLIENT_LINK_ALONE_H

#include "client/link/service.h"

/* Appends {"sent","received","bytes_up","bytes_down","ms"} and a line feed. */
void exchange_write(const struct service_exchange *exchange, struct buffer *answer);

struct alone_options {
    struct replica *replica;
    const struct replica_world *world;
    const struct journal *journal; /* NULL: says nothing */
    struct route route;
    uint64_t timeout_ms; /* for the exchange; 0: none */
};

/*
 * Exchanges with the node above until both are at rest and appends what was moved to |answer|.
 * Nothing else may use the replica's writer meanwhile. Errors: UNREACHABLE (the node above; what
 * was exchanged until then stands and is told), USAGE (the route has no address), IO, NO_MEMORY.
 */
CHECK_RESULT enum status exchange_alone(const struct alone_options *options, struct buffer *answer);

#endif
