/*
 * What went to and from each peer since the service was opened, over all its connections. The
 * loop's.
 */
#ifndef HOSO_CLIENT_LINK_TRAFFIC_H
#define HOSO_CLIENT_LINK_TRAFFIC_H

#include "client/link/link.h"
#include "client/link/service.h"

/* By ascending key; all zero is empty. */
struct traffic {
    struct service_peer *peers;
    size_t count;
    size_t capacity;
};

/* Frees it. */
void traffic_deinit(struct traffic *traffic);
/* A place for the peer of a proved link. False: no memory, it is not counted. */
bool traffic_know(struct traffic *traffic, const struct session_report *report);
/* Counts in what a link that has ended moved. */
void traffic_add(struct traffic *traffic, const struct session_report *report);
/* Copies what is known, live links counted in; returns how many of at most |most|. */
size_t traffic_copy(const struct traffic *traffic, const struct link *first,
                    struct service_peer *peers, size_t most);
/* The totals of |key|, with those of |link| (its live one, or NULL) counted in. False: unknown. */
bool traffic_find(const struct traffic *traffic, const struct link *link,
                  const struct public_key *key, struct service_peer *peer);

#endif
