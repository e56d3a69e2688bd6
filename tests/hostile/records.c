#include "protocol/base/bytes.h"
#include "protocol/record/body.h"
#include "protocol/record/receipt.h"
#include "tests/hostile/attack.h"
#include "tests/lib/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WAIT_MS = 10000, RECEIPT_BYTES = 1 << 16 };

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

/* One receipt over as many logs as it may name, none of which anybody has. */
static bool send_claims(struct peer *peer, uint64_t which)
{
    struct receipt_head heads[LIMIT_RECEIPT_HEADS] = {0};
    struct receipt receipt = {.signer = peer->writer.key,
                              .epoch = {{1}},
                              .arrival = which + 1,
                              .seconds = peer->writer.clock,
                              .heads = heads,
                              .head_count = LIMIT_RECEIPT_HEADS};
    struct receipts receipts = {.count = 1}; /* 0: shown by a client */
    struct buffer raw, frame;
    struct bytes item;
    bool sent = false;

    for (size_t i = 0; i < LIMIT_RECEIPT_HEADS; i++) {
        be64_store(heads[i].log.bytes, which * LIMIT_RECEIPT_HEADS + i + 1);
        heads[i].seq = 1;
        heads[i].id16 = heads[i].log;
    }
    buffer_init(&raw, RECEIPT_BYTES);
    buffer_init(&frame, LIMIT_FRAME_BYTES);
    assert_int_equal(receipt_seal(&receipt, &peer->writer.secret, &raw), STATUS_OK);
    item = buffer_view(&raw);
    receipts.items = &item;
    receipts_encode(&receipts, &frame);
    sent = buffer_status(&frame) == STATUS_OK && line_send(&peer->line, buffer_view(&frame));
    buffer_deinit(&frame);
    buffer_deinit(&raw);
    return sent;
}

/* Receipts for records nobody has, as evidence; behind them a record: they were worked off. */
bool attack_ahead(struct peer *peer, size_t count)
{
    struct answer answer = {.cut = false};
    size_t sent = 0;

    writer_open_log(&peer->writer, LOG_COUNTER, &peer->script);
    if (!peer_connect(peer))
        return false;
    while (sent < count && send_claims(peer, sent))
        sent++;
    if (peer_send_records(peer, 0, 1))
        answer = peer_answer(peer, (int)count * 100 + WAIT_MS);
    report("ahead", &answer, answer.acknowledged, sent);
    peer_leave(peer);
    return answer.acknowledged && sent == count;
}
