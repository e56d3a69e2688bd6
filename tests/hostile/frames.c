#include "protocol/sync/frame/packing.h"
#include "protocol/sync/frame/squeeze.h"
#include "tests/hostile/attack.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CUT_MS = 5000, FLOOD_FRAME_BYTES = 1024, HEADS_A_FRAME = 1000, DRIP_MS = 110000 };

/* Sends one frame to a node that knows this peer; whether it cuts the line for it. */
static bool cuts(struct peer *peer, struct bytes frame)
{
    bool cut = false;

    if (!peer_connect(peer))
        return false;
    (void)line_send(&peer->line, frame);
    cut = line_is_cut(&peer->line, CUT_MS);
    peer_leave(peer);
    return cut;
}

/* Frames of every type whose lengths lie or whose bytes are none. One connection each: the next one
 * must wait for what the one before broke. */
bool attack_frames(struct peer *peer, size_t count)
{
    static const uint8_t bad[][8] = {
        {FRAME_HEADS, 0xdd, 0x10, 0, 0, 0},  {FRAME_RECORDS, 0xff, 0xff, 0xff, 0xff, 0xff},
        {FRAME_ACK, 0xc6, 0xff, 0xff, 0xff}, {FRAME_RECEIPT, 0xdc, 0xff, 0xff},
        {FRAME_REFUSE, 0x94, 0xc4, 0xff},    {FRAME_WANT, 0x92, 0xc4, 16, 1},
        {FRAME_REST, 0xc4, 16, 0},           {FRAME_HELLO, 0x90},
    };
    size_t which = count % (sizeof bad / sizeof bad[0]);
    bool cut = cuts(peer, bytes_of(bad[which], sizeof bad[which]));

    printf("frames type=%d cut=%d\n", bad[which][0], cut);
    return cut;
}

/* RECORDS whose columns inflate to far more than they say, and to as much as may be. */
bool attack_bomb(struct peer *peer, size_t count)
{
    static const uint8_t zeros[LIMIT_FRAME_RAW_BYTES];
    struct records_run run = {.log = {{7}}, .first_seq = 1, .count = 1000};
    struct records head = {.runs = &run, .run_count = 1};
    struct bytes raw = bytes_of(zeros, sizeof zeros);
    struct buffer squeezed;
    struct buffer frame;
    bool cut = false;

    buffer_init(&squeezed, LIMIT_FRAME_BYTES);
    buffer_init(&frame, LIMIT_FRAME_BYTES);
    if (squeeze_deflate(bytes_of(NULL, 0), &raw, 1, &squeezed) != STATUS_OK)
        return false;
    records_encode(&head, &frame);
    pack_unsigned(&frame, 0);
    pack_unsigned(&frame, count % 2 == 0 ? 64 : sizeof zeros); /* a lie, or the truth */
    buffer_append_bytes(&frame, buffer_view(&squeezed));
    cut = cuts(peer, buffer_view(&frame));
    printf("bomb frame_bytes=%zu inflates_to=%zu cut=%d\n", frame.size, sizeof zeros, cut);
    buffer_deinit(&squeezed);
    buffer_deinit(&frame);
    return cut;
}

/* As many frames as the line takes, for |count| seconds: of a type to be passed over, asks, wants,
 * receipts that are none of this node's. */
bool attack_flood(struct peer *peer, size_t count)
{
    uint8_t later[FLOOD_FRAME_BYTES] = {200};
    uint64_t until = now_ms() + count * 1000;
    uint64_t frames = 0;
    bool cut = false;

    if (!peer_connect(peer))
        return false;
    while (now_ms() < until && !cut) {
        for (size_t i = 0; i < 64 && !cut; i++, frames++)
            cut = !line_send(&peer->line, bytes_of(later, i % 2 == 0 ? 2 : sizeof later));
    }
    cut = cut || line_is_cut(&peer->line, 0);
    printf("flood seconds=%zu frames=%" PRIu64 " bytes=%" PRIu64 " cut=%d\n", count, frames,
           peer->line.sent, cut);
    peer_leave(peer);
    return true; /* bounded is what counts: the test looks at memory and at the others */
}

/* |count| logs nobody knows, asked about and claimed, again and again. */
bool attack_heads(struct peer *peer, size_t count)
{
    struct head entries[HEADS_A_FRAME];
    struct name scopes[1] = {authority_scope(&replica_identity(peer->home.replica)->root)};
    struct heads heads = {.entries = entries, .scopes = scopes, .scope_count = 1};
    struct buffer frame;
    uint64_t sent = 0;

    if (!peer_connect(peer))
        return false;
    buffer_init(&frame, LIMIT_FRAME_BYTES);
    for (size_t round = 0; round < 4; round++) {
        heads.mode = round % 2 == 0 ? HEADS_ASK : HEADS_PART;
        heads.scope_count = round % 2;
        for (size_t first = 0; first < count; first += HEADS_A_FRAME) {
            heads.count = 0;
            while (heads.count < HEADS_A_FRAME && first + heads.count < count) {
                struct head *entry = &entries[heads.count++];

                memset(entry, 0, sizeof *entry);
                be64_store(entry->log.bytes, first + heads.count);
                entry->log.bytes[15] = 1;
                entry->seq = 1 + round;
                be64_store(entry->id16.bytes, first + heads.count + round * 7919);
                entry->id16.bytes[15] = 1;
            }
            buffer_reset(&frame);
            heads_encode(&heads, &frame);
            if (line_send(&peer->line, buffer_view(&frame)))
                sent += heads.count;
            (void)line_is_cut(&peer->line, 0); /* it reads: else it is cut for that */
        }
    }
    printf("heads told=%" PRIu64 " cut=%d\n", sent, line_is_cut(&peer->line, 1000));
    buffer_deinit(&frame);
    peer_leave(peer);
    return true;
}

/* Has the node send all it has, and reads nothing. */
bool attack_deaf(struct peer *peer, size_t count)
{
    bool cut = false;

    if (!peer_connect(peer) || !peer_says_it_has_nothing(peer))
        return false;
    sleep((unsigned)count);
    cut = line_is_cut(&peer->line, 0);
    printf("deaf seconds=%zu cut=%d\n", count, cut);
    peer_leave(peer);
    return true;
}

/* One byte a second of a frame, while the line is otherwise alive. */
bool attack_drip(struct peer *peer, size_t count)
{
    static const uint8_t head[] = {0x82, 0xfe, 0x40, 0, 0, 0, 0, 0};
    uint64_t begun = now_ms();
    uint64_t most = count == 0 ? DRIP_MS : count * 1000;
    bool cut = false;

    if (!peer_connect(peer))
        return false;
    (void)line_raw(&peer->line, head, sizeof head);
    while (!cut && now_ms() - begun < most) {
        (void)line_raw(&peer->line, "", 1);
        cut = line_is_cut(&peer->line, 1000);
    }
    printf("drip cut=%d ms=%" PRIu64 "\n", cut, now_ms() - begun);
    peer_leave(peer);
    return cut || count > 0;
}
