#include "tests/hostile/attack.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WAIT_MS = 20000, PAUSE_US = 50 * 1000 };

static int compare(const void *a, const void *b)
{
    const uint64_t *one = a;
    const uint64_t *other = b;

    return *one < *other ? -1 : *one > *other;
}

/* An honest office meanwhile: one act each 50 ms; how long until the node has acknowledged it. */
bool honest_live(struct peer *peer, size_t count)
{
    uint64_t *took = calloc(count + 1, sizeof *took);
    struct name case_name;
    size_t done = 0;

    if (took == NULL || count == 0)
        return false;
    writer_open_log(&peer->writer, LOG_COUNTER, &peer->script);
    case_name = writer_genesis(&peer->writer, &peer->script);
    if (!peer_connect(peer) || !peer_send_records(peer, 0, 2) ||
        !peer_answer(peer, WAIT_MS).acknowledged) {
        free(took);
        return false;
    }
    printf("live ready\n");
    fflush(stdout);
    for (; done < count && done + 3 < SCRIPT_MOST; done++) {
        uint64_t begun = now_us();

        writer_edit(&peer->writer, &case_name, &peer->script);
        if (!peer_send_records(peer, done + 2, 1) || !peer_answer(peer, WAIT_MS).acknowledged)
            break;
        took[done] = now_us() - begun;
        usleep(PAUSE_US);
    }
    qsort(took, done, sizeof *took, compare);
    printf("live acts=%zu arrived=%zu median_us=%" PRIu64 " p99_us=%" PRIu64 " most_us=%" PRIu64
           "\n",
           count, done, took[done / 2], took[done > 0 ? done * 99 / 100 : 0],
           took[done > 0 ? done - 1 : 0]);
    free(took);
    peer_leave(peer);
    return done == count;
}
