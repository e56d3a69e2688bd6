#include "client/link/traffic.h"

#include <stdlib.h>
#include <string.h>

/* Index of the first peer whose key is not below |key|. */
static size_t place_of(const struct service_peer *peers, size_t count, const struct public_key *key)
{
    size_t low = 0;

    while (low < count) {
        size_t middle = low + (count - low) / 2;

        if (memcmp(peers[middle].key.bytes, key->bytes, sizeof key->bytes) < 0)
            low = middle + 1;
        else
            count = middle;
    }
    return low;
}

static struct service_peer *peer_find(struct service_peer *peers, size_t count,
                                      const struct public_key *key)
{
    size_t place = place_of(peers, count, key);

    return place < count && public_key_equal(&peers[place].key, key) ? &peers[place] : NULL;
}

static void count_in(struct service_peer *peer, const struct session_report *report)
{
    peer->records_sent += report->records_sent;
    peer->records_received += report->records_received;
    peer->bytes_sent += report->payload_sent;
    peer->bytes_received += report->payload_received;
}

void traffic_deinit(struct traffic *traffic)
{
    free(traffic->peers);
    memset(traffic, 0, sizeof *traffic);
}

bool traffic_know(struct traffic *traffic, const struct session_report *report)
{
    size_t place = place_of(traffic->peers, traffic->count, &report->peer);

    if (peer_find(traffic->peers, traffic->count, &report->peer) != NULL)
        return true;
    if (traffic->peers == NULL || traffic->count == traffic->capacity) {
        size_t capacity = traffic->capacity == 0 ? 16 : 2 * traffic->capacity;
        struct service_peer *peers = realloc(traffic->peers, capacity * sizeof *peers);

        if (peers == NULL)
            return false;
        traffic->peers = peers;
        traffic->capacity = capacity;
    }
    if (place < traffic->count)
        memmove(traffic->peers + place + 1, traffic->peers + place,
                (traffic->count - place) * sizeof *traffic->peers);
    memset(&traffic->peers[place], 0, sizeof traffic->peers[place]);
    traffic->peers[place].key = report->peer;
    traffic->count++;
    return true;
}

void traffic_add(struct traffic *traffic, const struct session_report *report)
{
    struct service_peer *peer = peer_find(traffic->peers, traffic->count, &report->peer);

    if (peer != NULL)
        count_in(peer, report);
}

size_t traffic_copy(const struct traffic *traffic, const struct link *first,
                    struct service_peer *peers, size_t most)
{
    size_t count = traffic->count < most ? traffic->count : most;

    if (count == 0)
        return 0;
    memcpy(peers, traffic->peers, count * sizeof *peers);
    for (const struct link *link = first; link != NULL; link = link_next(link)) {
        struct session_report report;
        struct service_peer *peer = NULL;

        link_report(link, &report);
        peer = report.proved ? peer_find(peers, count, &report.peer) : NULL;
        if (peer == NULL)
            continue;
        count_in(peer, &report);
        peer->linked = true;
        peer->up = link_role(link) == SESSION_CLIENT;
        peer->settled = report.settled;
    }
    return count;
}

bool traffic_find(const struct traffic *traffic, const struct link *link,
                  const struct public_key *key, struct service_peer *peer)
{
    const struct service_peer *known = peer_find(traffic->peers, traffic->count, key);
    struct session_report report;

    if (known == NULL)
        return false;
    *peer = *known;
    if (link != NULL) {
        link_report(link, &report);
        count_in(peer, &report);
        peer->linked = report.proved;
    }
    return true;
}
