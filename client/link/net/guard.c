#include "client/link/net/guard.h"

#include "protocol/base/bytes.h"

#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>
#include <sys/socket.h>

enum { PROBES = 16, SECOND_US = 1000000 };

struct place {
    uint8_t bytes[16];
    bool taken;
    bool local;
    uint32_t guests;    /* of this place, whoever they are */
    uint32_t strangers; /* among them */
    uint64_t full_us;   /* when its share is whole again: the more it took, the later */
};

struct guest {
    struct guest *older, *newer; /* among the strangers that are not being cut */
    struct place *place;
    uint64_t since_us;
    void *handle;
    bool stranger;
    bool listed;
};

struct guard {
    uint64_t seed;
    struct guest *oldest, *newest;
    size_t strangers;
    size_t listed;
    struct place shared; /* of the addresses without a place of their own */
    struct place places[GUARD_PLACES];
};

struct guard *guard_new(uint64_t seed)
{
    struct guard *guard = calloc(1, sizeof *guard);

    if (guard != NULL) {
        guard->seed = seed;
        guard->shared.taken = true;
    }
    return guard;
}

void guard_free(struct guard *guard)
{
    free(guard);
}

/* ---- addresses ---- */

struct guard_address guard_address_of(int fd)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct sockaddr_storage storage;
    socklen_t size = sizeof storage;
    struct guard_address address = {.local = true};

    memset(&storage, 0, sizeof storage);
    if (getpeername(fd, (struct sockaddr *)&storage, &size) != 0)
        return address;
    if (storage.ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&storage;

        memcpy(address.bytes, mapped, sizeof mapped);
        memcpy(address.bytes + sizeof mapped, &in->sin_addr, 4);
    } else if (storage.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&storage;

        memcpy(address.bytes, &in->sin6_addr, 16);
        if (IN6_IS_ADDR_LOOPBACK(&in->sin6_addr))
            return address;
    } else {
        return address;
    }
    if (memcmp(address.bytes, mapped, sizeof mapped) == 0)
        address.local = address.bytes[12] == 127;
    else {
        address.local = false;
        memset(address.bytes + 8, 0, 8);
    }
    return address;
}

/* Mixed with a seed, so that nobody can choose addresses that crowd out another's place. */
static size_t first_place(const struct guard *guard, const uint8_t bytes[16])
{
    uint64_t hash = guard->seed;

    for (size_t i = 0; i < 16; i += 8) {
        hash += be64_load(bytes + i) + UINT64_C(0x9e3779b97f4a7c15);
        hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
        hash ^= hash >> 31;
    }
    return (size_t)hash & (GUARD_PLACES - 1);
}

/* A place nobody is in and whose share is whole tells nothing: it may go. */
static bool is_idle(const struct place *place, uint64_t now_us)
{
    return !place->taken || (place->guests == 0 && place->full_us <= now_us);
}

static struct place *place_of(struct guard *guard, const struct guard_address *address,
                              uint64_t now_us)
{
    size_t first = first_place(guard, address->bytes);
    struct place *idle = NULL;

    for (size_t i = 0; i < PROBES; i++) {
        struct place *place = &guard->places[(first + i) & (GUARD_PLACES - 1)];

        if (place->taken && memcmp(place->bytes, address->bytes, sizeof place->bytes) == 0)
            return place;
        if (idle == NULL && is_idle(place, now_us))
            idle = place;
    }
    if (idle == NULL)
        return &guard->shared;
    memset(idle, 0, sizeof *idle);
    memcpy(idle->bytes, address->bytes, sizeof idle->bytes);
    idle->taken = true;
    idle->local = address->local;
    return idle;
}

/* ---- coming and going ---- */

/* The share fills at the lasting rate; one entry makes it whole so much later. */
static bool takes_share(struct place *place, uint64_t now_us)
{
    const uint64_t one = SECOND_US / GUARD_ENTRIES_A_SECOND;
    uint64_t from = place->full_us > now_us ? place->full_us : now_us;

    if (from + one > now_us + one * GUARD_ENTRIES_AT_ONCE)
        return false;
    place->full_us = from + one;
    return true;
}

enum guard_verdict guard_may_enter(struct guard *guard, const struct guard_address *address,
                                   uint64_t now_us)
{
    struct place *place = place_of(guard, address, now_us);

    if (guard->strangers >= GUARD_STRANGERS + GUARD_LEAVING)
        return GUARD_CROWDED;
    if (place->local)
        return GUARD_ENTERS;
    if (place->strangers >= GUARD_STRANGERS_A_PLACE)
        return GUARD_TOO_MANY;
    return takes_share(place, now_us) ? GUARD_ENTERS : GUARD_TOO_FAST;
}

struct guest *guard_enter(struct guard *guard, const struct guard_address *address, uint64_t now_us,
                          void *handle)
{
    struct guest *guest = calloc(1, sizeof *guest);

    if (guest == NULL)
        return NULL;
    guest->place = place_of(guard, address, now_us);
    guest->since_us = now_us;
    guest->handle = handle;
    guest->stranger = guest->listed = true;
    guest->older = guard->newest;
    if (guard->newest != NULL)
        guard->newest->newer = guest;
    else
        guard->oldest = guest;
    guard->newest = guest;
    guest->place->guests++;
    guest->place->strangers++;
    guard->strangers++;
    guard->listed++;
    return guest;
}

static void unlist(struct guard *guard, struct guest *guest)
{
    if (!guest->listed)
        return;
    guest->listed = false;
    if (guest->older != NULL)
        guest->older->newer = guest->newer;
    else
        guard->oldest = guest->newer;
    if (guest->newer != NULL)
        guest->newer->older = guest->older;
    else
        guard->newest = guest->older;
    guard->listed--;
}

void guard_trust(struct guard *guard, struct guest *guest)
{
    if (!guest->stranger)
        return;
    unlist(guard, guest);
    guest->stranger = false;
    guest->place->strangers--;
    guard->strangers--;
}

void guard_leave(struct guard *guard, struct guest *guest)
{
    if (guest == NULL)
        return;
    guard_trust(guard, guest);
    guest->place->guests--;
    free(guest);
}

void *guard_next_to_cut(struct guard *guard, uint64_t now_us, bool *late)
{
    struct guest *oldest = guard->oldest;

    if (oldest == NULL)
        return NULL;
    *late = now_us - oldest->since_us >= (uint64_t)GUARD_PATIENCE_S * SECOND_US;
    if (!*late && guard->listed <= GUARD_STRANGERS)
        return NULL;
    unlist(guard, oldest);
    return oldest->handle;
}

size_t guard_strangers(const struct guard *guard)
{
    return guard->strangers;
}
