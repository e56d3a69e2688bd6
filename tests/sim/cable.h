/*
 * A connection between two nodes: an ordered stream each way, with a rate and a delay. What is on
 * its way when the line is cut is lost from some point on; an end may learn of it much later.
 */
#ifndef HOSO_TESTS_SIM_CABLE_H
#define HOSO_TESTS_SIM_CABLE_H

#include "tests/sim/world.h"

struct cable {
    uint64_t ends[2];    /* endpoints: client, server; 0 once freed */
    uint64_t free_us[2]; /* when the line from this end takes the next byte */
    uint64_t last_us[2]; /* when the last frame from this end comes in */
    uint64_t dead_us[2]; /* frames from this end that would come later are lost */
    bool cut;
    uint64_t rate; /* bytes a second */
    uint64_t delay_us;
    uint64_t bytes[2]; /* payload put on it, by end */
    struct {
        uint64_t comes_us;
        void *parcel;
    } sent[8]; /* the client's last frames of records (remnant.h), a ring */
    size_t sent_count;
};

/* Calls |server| from |node|'s route: both ends get their OPENED. */
void cable_connect(struct node *node, size_t route);
/* Schedules a CONNECT for every route that is wanted and has none. */
void cable_wake(struct node *node);
/* A frame as a payload, to be freed with free(). */
void *cable_parcel(struct bytes frame);
struct bytes cable_parcel_bytes(const void *payload);
/* Puts a frame on the line. */
void cable_send(struct endpoint *from, struct bytes frame);
/* Ends it for both ends, now or, seen from a half-open end, later. */
void cable_cut(struct world *world, struct cable *cable, bool may_half_open);
/* One end has gone: the other hears of it after what is on its way, or, if that end crashed, maybe
 * much later. */
void cable_hang_up(struct endpoint *endpoint, bool crashed);
/* Cuts the standing connection of a route, if there is one. */
void cable_cut_route(struct node *node, size_t route);

#endif
