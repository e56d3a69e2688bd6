/*
 * A client that means harm, for tests of a node's bounds; and an honest one to measure beside it.
 *
 *   hostile list
 *   hostile ATTACK HOST:PORT HOME|- [COUNT]    HOME: of an office that has joined and is not
 * running
 */
#include "tests/hostile/attack.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>

static const struct attack attacks[] = {
    {"garbage", attack_garbage, NULL, 20, "noise instead of HTTP and of frames"},
    {"lengths", attack_lengths, NULL, 1, "lengths that lie, in HTTP and in websocket frames"},
    {"half_open", attack_half_open, NULL, 10000, "connections that say nothing"},
    {"slow", attack_slow, NULL, 50, "one byte a second of an upgrade"},
    {"replay", NULL, attack_replay, 20, "a good HELLO on another connection"},
    {"strip", NULL, attack_strip, 20, "a HELLO with something taken away"},
    {"silent", NULL, attack_silent, 50, "an upgrade without a HELLO"},
    {"frames", NULL, attack_frames, 0, "COUNT: which of 8 bad frames"},
    {"bomb", NULL, attack_bomb, 0, "a frame that inflates to more than it says; 1: to the most"},
    {"flood", NULL, attack_flood, 5, "frames as fast as the line takes them, for COUNT seconds"},
    {"heads", NULL, attack_heads, 10000, "logs nobody knows, asked about and claimed"},
    {"deaf", NULL, attack_deaf, 10, "asks for everything and reads nothing, for COUNT seconds"},
    {"drip", NULL, attack_drip, 0, "one byte a second of a frame; 0: until it is cut"},
    {"fork", NULL, attack_fork, 60, "a log forked at every seq"},
    {"logs", NULL, attack_logs, 1000, "new logs"},
    {"forged", NULL, attack_forged, 1, "records signed by another key"},
    {"case_heads", NULL, attack_case_heads, 4000, "records of one case"},
    {"ahead", NULL, attack_ahead, 70, "receipts for 1,024 records each that nobody has"},
    {"live", NULL, honest_live, 100, "an honest office: COUNT acts, one each 50 ms"},
};

const struct attack *attack_at(size_t index)
{
    return index < sizeof attacks / sizeof attacks[0] ? &attacks[index] : NULL;
}

static const struct attack *find(const char *name)
{
    const struct attack *attack = NULL;

    for (size_t i = 0; (attack = attack_at(i)) != NULL; i++) {
        if (strcmp(attack->name, name) == 0)
            return attack;
    }
    return NULL;
}

/* Half-open connections by the ten thousand need descriptors. */
static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv)
{
    const struct attack *attack = argc > 3 ? find(argv[1]) : NULL;
    struct peer peer;
    size_t count = 0;
    bool bounded = false;

    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        for (size_t i = 0; (attack = attack_at(i)) != NULL; i++)
            printf("%-12s %s\n", attack->name, attack->what);
        return 0;
    }
    if (attack == NULL) {
        fprintf(stderr, "usage: hostile list | hostile ATTACK HOST:PORT HOME|- [COUNT]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    raise_descriptors();
    count = argc > 4 ? strtoul(argv[4], NULL, 10) : attack->count;
    if (attack->stranger != NULL)
        return attack->stranger(argv[2], count) ? 0 : 1;
    peer_open(&peer, argv[3], argv[2]);
    bounded = attack->peer(&peer, count);
    peer_close(&peer);
    return bounded ? 0 : 1;
}
