/*
 * Who may come in: bounds on connections that have not proved a known key, per address and over
 * all, looked at when a socket is accepted, before anything is read, signed or checked.
 *
 * Many offices may share one address (a province's gateway, a proxy), so an address is bounded only
 * in strangers, never in peers that have proved themselves; those are bounded by their key
 * (client/link/presence.h). Where there are strangers enough, the one that came first makes room
 * for the next: an honest one is through its handshake after two round trips, a silent one never,
 * so that holding sockets open keeps nobody out. Addresses of this very machine share the bound
 * over all: a proxy may stand there.
 *
 * Memory: one guest a stranger or peer, and a table of at most GUARD_PLACES addresses; those that
 * find no place in it share one. Pure but for memory: time comes in, sockets go by a handle of the
 * owner. One thread. Source: daemon/DESIGN.md "Strangers".
 */
#ifndef HOSO_CLIENT_LINK_NET_GUARD_H
#define HOSO_CLIENT_LINK_NET_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GUARD_PLACES = 32768,          /* addresses remembered at a time; a power of two */
    GUARD_STRANGERS = 2048,        /* over all */
    GUARD_LEAVING = 256,           /* more, while the oldest are being cut to make room */
    GUARD_STRANGERS_A_PLACE = 256, /* of one address that is not this machine's */
    GUARD_ENTRIES_A_SECOND = 128,  /* new connections of one such address, lasting */
    GUARD_ENTRIES_AT_ONCE = 1024,  /* and in one go */
    GUARD_PATIENCE_S = 20          /* for a stranger to prove itself, or to have its page */
};

/* An address as bounds see it: IPv4 whole, of IPv6 the first 64 bits (a subscriber's share). */
struct guard_address {
    uint8_t bytes[16];
    bool local; /* of this machine: loopback */
};

/* The address of the other end of the socket |fd|; what is no internet address is local. */
struct guard_address guard_address_of(int fd);

struct guard;
struct guest;

enum guard_verdict {
    GUARD_ENTERS,
    GUARD_TOO_FAST, /* more new connections than that address may make */
    GUARD_CROWDED,  /* so many come that the oldest are not gone yet */
    GUARD_TOO_MANY, /* as many strangers of that address as may be */
    GUARD_OUT_OF_MEMORY
};

/* |seed|: random, so that nobody knows which addresses lie beside each other. NULL: out of memory.
 */
struct guard *guard_new(uint64_t seed);
/* All guests are gone. NULL is allowed. */
void guard_free(struct guard *guard);

/* Whether a new connection from |address| may enter now; takes from the address' share if so. */
enum guard_verdict guard_may_enter(struct guard *guard, const struct guard_address *address,
                                   uint64_t now_us);
/* It has entered, a stranger; |handle| is the owner's. NULL: out of memory. */
struct guest *guard_enter(struct guard *guard, const struct guard_address *address, uint64_t now_us,
                          void *handle);
/* It has proved a key this node knows: a stranger no more. */
void guard_trust(struct guard *guard, struct guest *guest);
/* It is gone. NULL is allowed. */
void guard_leave(struct guard *guard, struct guest *guest);

/*
 * The handle of a stranger that is to be cut: one above the bound over all, or one that has been a
 * stranger for too long (|*late|). NULL: none now. The owner cuts it; it is told no second time.
 */
void *guard_next_to_cut(struct guard *guard, uint64_t now_us, bool *late);
/* How many strangers are inside. */
size_t guard_strangers(const struct guard *guard);

#endif
