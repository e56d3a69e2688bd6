#include "protocol/record/body.h"
#include "tests/hostile/attack.h"
#include "tests/lib/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WAIT_MS = 10000 };

static void report(const char *name, const struct answer *answer, uint64_t taken, uint64_t tried)
{
    printf("%s tried=%" PRIu64 " taken=%" PRIu64 " refused=%" PRIu64 " gaps=%" PRIu64
           " busy_ms=%" PRIu64 " cut=%d\n",
           name, tried, taken, answer->refused, answer->gaps, answer->busy_ms, answer->cut);
}

/* Writes a log, then forks it behind every record. */
bool attack_fork(struct peer *peer, size_t count)
{
    struct answer all = {.cut = false};
    struct name case_name;
    size_t taken = 0;

    writer_open_log(&peer->writer, LOG_COUNTER, &peer->script);
    case_name = writer_genesis(&peer->writer, &peer->script);
    for (size_t i = 0; i < count; i++)
        writer_edit(&peer->writer, &case_name, &peer->script);
    if (!peer_connect(peer) || !peer_send_records(peer, 0, count + 2))
        return false;
    if (!peer_answer(peer, WAIT_MS).acknowledged)
        return false;
    for (size_t i = 0; i < count && !all.cut; i++) {
        struct writer clone = peer->writer;
        struct answer answer;
        size_t at = peer->script.count;

        clone.seq = i + 2;
        clone.id = peer->script.ids[i + 1];
        clone.random.state ^= i + 1;
        writer_edit(&clone, &case_name, &peer->script);
        if (!peer_send_records(peer, at, 1))
            break;
        answer = peer_answer(peer, WAIT_MS);
        taken += answer.acknowledged;
        all.refused += answer.refused;
        all.gaps += answer.gaps;
        all.cut = answer.cut;
    }
    report("fork", &all, taken, count);
    peer_leave(peer);
    return taken > 0 && taken <= LIMIT_BRANCHES;
}

bool attack_logs(struct peer *peer, size_t count)
{
    struct answer all = {.cut = false};
    size_t taken = 0;

    if (!peer_connect(peer))
        return false;
    for (size_t i = 0; i < count && !all.cut; i++) {
        struct answer answer;

        writer_open_log(&peer->writer, i % 3, &peer->script);
        if (!peer_send_records(peer, i, 1))
            break;
        answer = peer_answer(peer, WAIT_MS);
        taken += answer.acknowledged;
        all.refused += answer.refused;
        all.cut = answer.cut;
    }
    report("logs", &all, taken, count);
    peer_leave(peer);
    return taken > 0 && taken <= (size_t)3 * LIMIT_LOGS_A_DAY;
}

/* Records of its own log signed by another key; every connection, till the node cuts or refuses. */
bool attack_forged(struct peer *peer, size_t count)
{
    struct answer answer;
    struct writer other;
    struct name case_name;

    (void)count;
    writer_open_log(&peer->writer, LOG_COUNTER, &peer->script);
    case_name = writer_genesis(&peer->writer, &peer->script);
    if (!peer_connect(peer) || !peer_send_records(peer, 0, 2) ||
        !peer_answer(peer, WAIT_MS).acknowledged)
        return false;
    other = peer->writer;
    writer_init(&other, 99, &peer->writer.scope);
    peer->writer.secret = other.secret;
    writer_edit(&peer->writer, &case_name, &peer->script);
    if (!peer_send_records(peer, 2, 1))
        return false;
    answer = peer_answer(peer, WAIT_MS);
    report("forged", &answer, answer.acknowledged, 1);
    peer_leave(peer);
    return !answer.acknowledged && (answer.refused > 0 || answer.cut);
}

/* A case with |count| records that all cite its genesis. */
bool attack_case_heads(struct peer *peer, size_t count)
{
    enum { A_FRAME = 500 };
    struct answer answer = {.cut = false};
    struct name case_name;
    size_t taken = 0;

    count = count < SCRIPT_MOST - 2 ? count : SCRIPT_MOST - 2;
    writer_open_log(&peer->writer, LOG_COUNTER, &peer->script);
    case_name = writer_genesis(&peer->writer, &peer->script);
    for (size_t i = 0; i < count; i++)
        writer_edit(&peer->writer, &case_name, &peer->script);
    if (!peer_connect(peer))
        return false;
    for (size_t first = 0; first < count + 2 && !answer.cut; first += A_FRAME) {
        size_t left = count + 2 - first;
        size_t now = left < A_FRAME ? left : A_FRAME;

        if (!peer_send_records(peer, first, now))
            break;
        answer = peer_answer(peer, WAIT_MS);
        taken += answer.acknowledged ? now : 0;
    }
    report("case_heads", &answer, taken, count + 2);
    peer_leave(peer);
    return taken == count + 2;
}
