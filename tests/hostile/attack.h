/*
 * The attacks: each does its worst and prints one line, "ATTACK key=value …", of what the node did.
 * Returns false if the node did not bound it.
 */
#ifndef HOSO_TESTS_HOSTILE_ATTACK_H
#define HOSO_TESTS_HOSTILE_ATTACK_H

#include "tests/hostile/peer.h"

struct attack {
    const char *name;
    /* A stranger, who knows the address alone. */
    bool (*stranger)(const char *address, size_t count);
    /* A peer whose key was granted. */
    bool (*peer)(struct peer *peer, size_t count);
    size_t count; /* how much, unless it is said */
    const char *what;
};

/* NULL past the end. */
const struct attack *attack_at(size_t index);

/* strangers.c */
bool attack_garbage(const char *address, size_t count);
bool attack_lengths(const char *address, size_t count);
bool attack_half_open(const char *address, size_t count);
bool attack_slow(const char *address, size_t count);
/* handshakes.c */
bool attack_replay(struct peer *peer, size_t count);
bool attack_strip(struct peer *peer, size_t count);
bool attack_silent(struct peer *peer, size_t count);
/* frames.c */
bool attack_frames(struct peer *peer, size_t count);
bool attack_bomb(struct peer *peer, size_t count);
bool attack_flood(struct peer *peer, size_t count);
bool attack_heads(struct peer *peer, size_t count);
bool attack_deaf(struct peer *peer, size_t count);
bool attack_drip(struct peer *peer, size_t count);
/* records.c */
bool attack_fork(struct peer *peer, size_t count);
bool attack_logs(struct peer *peer, size_t count);
bool attack_forged(struct peer *peer, size_t count);
bool attack_case_heads(struct peer *peer, size_t count);
bool attack_ahead(struct peer *peer, size_t count);
/* live.c */
bool honest_live(struct peer *peer, size_t count);

#endif
