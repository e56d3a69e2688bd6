#include "tests/sim/remnant.h"

#include <stdlib.h>
#include <string.h>

enum { REMNANT_BYTES = 256 * 1024, TYPE_RECORDS = 3 };

struct remnants {
    struct buffer flights[NODE_ROUTES_MAX];
    struct public_key peer; /* whose frame was cut */
    struct buffer begun;
};

static struct remnants *remnants_of(struct node *node)
{
    if (!node->remnants) {
        node->remnants = calloc(1, sizeof *node->remnants);
        if (!node->remnants)
            abort();
        for (size_t i = 0; i < NODE_ROUTES_MAX; i++)
            buffer_init(&node->remnants->flights[i], REMNANT_BYTES);
        buffer_init(&node->remnants->begun, REMNANT_BYTES);
    }
    return node->remnants;
}

void remnants_forget(struct node *node)
{
    if (!node->remnants)
        return;
    for (size_t i = 0; i < NODE_ROUTES_MAX; i++)
        buffer_deinit(&node->remnants->flights[i]);
    buffer_deinit(&node->remnants->begun);
    free(node->remnants);
    node->remnants = NULL;
}

void remnant_sent(struct cable *cable, uint64_t comes_us, struct bytes frame)
{
    if (frame.size == 0 || frame.at[0] != TYPE_RECORDS)
        return;
    size_t place = cable->sent_count++ % REMNANT_FRAMES;
    free(cable->sent[place].parcel);
    cable->sent[place].parcel = cable_parcel(frame);
    cable->sent[place].comes_us = comes_us;
}

void remnant_cable_gone(struct cable *cable)
{
    for (size_t i = 0; i < REMNANT_FRAMES; i++)
        free(cable->sent[i].parcel);
}

/* The first frame that did not come whole: nothing of it to all but its last byte is there. */
static void keep_begun(struct endpoint *endpoint, const struct public_key *peer)
{
    const struct cable *cable = endpoint->cable;
    struct remnants *remnants = remnants_of(endpoint->node);
    const void *first = NULL;
    uint64_t comes_us = UINT64_MAX;
    for (size_t i = 0; i < REMNANT_FRAMES; i++) {
        if (cable->sent[i].parcel && cable->sent[i].comes_us > cable->dead_us[0] &&
            cable->sent[i].comes_us < comes_us) {
            first = cable->sent[i].parcel;
            comes_us = cable->sent[i].comes_us;
        }
    }
    if (!first)
        return;
    struct bytes frame = cable_parcel_bytes(first);
    remnants->peer = *peer;
    buffer_reset(&remnants->begun);
    buffer_append(&remnants->begun, frame.at,
                  (size_t)prng_below(&endpoint->world->prng, frame.size));
}

void remnant_keep(struct endpoint *endpoint)
{
    struct session_report report;
    session_report(endpoint->session, &report);
    if (endpoint->role == SESSION_CLIENT) {
        struct buffer *flight = &remnants_of(endpoint->node)->flights[endpoint->route];
        buffer_reset(flight);
        buffer_append_bytes(flight, session_flight(endpoint->session));
    } else if (endpoint->cable && endpoint->cable->cut && report.proved) {
        keep_begun(endpoint, &report.peer);
    }
}

static void take_begun(void *context, const struct public_key *key, struct buffer *out)
{
    struct remnants *remnants = context;
    if (!public_key_equal(&remnants->peer, key))
        return;
    buffer_append_bytes(out, buffer_view(&remnants->begun));
    buffer_reset(&remnants->begun);
}

void remnant_tell(struct endpoint *endpoint, struct session_self *self)
{
    struct remnants *remnants = remnants_of(endpoint->node);
    if (self->role == SESSION_CLIENT) {
        self->flight = buffer_view(&remnants->flights[endpoint->route]);
        return;
    }
    self->begun = take_begun;
    self->begun_context = remnants;
}
