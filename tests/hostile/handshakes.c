#include "tests/hostile/attack.h"

#include <inttypes.h>
#include <stdio.h>

enum { CUT_MS = 15000 /* a HELLO is waited for ten seconds */ };

/* A HELLO that was good on one connection, on others. */
bool attack_replay(struct peer *peer, size_t count)
{
    struct buffer old;
    size_t cut = 0;

    if (!peer_connect(peer))
        return false;
    buffer_init(&old, LIMIT_FRAME_BYTES);
    buffer_append_bytes(&old, buffer_view(&peer->hello));
    peer_leave(peer);
    for (size_t i = 0; i < count; i++) {
        if (peer_greet(peer) && line_send(&peer->line, buffer_view(&old)))
            cut += line_is_cut(&peer->line, CUT_MS);
        peer_leave(peer);
    }
    buffer_deinit(&old);
    printf("replay connections=%zu cut=%zu\n", count, cut);
    return cut == count;
}

/* Signed over another HELLO of the node: as if a line between had stripped what it offers. */
static bool strip_offer(struct peer *peer, struct buffer *out)
{
    struct hello_client hello = {
        .version = SESSION_PROTOCOL_VERSION, .window_log2 = 18, .key = peer->writer.key};
    struct transcript other = peer->transcript;
    struct buffer changed;
    bool made = false;

    buffer_init(&changed, LIMIT_FRAME_BYTES);
    buffer_append_bytes(&changed, buffer_view(&peer->server_hello));
    changed.at[2] ^= 1;
    other.server_hello = buffer_view(&changed);
    made = hello_client_seal(&hello, &other, &peer->writer.secret, out) == STATUS_OK;
    buffer_deinit(&changed);
    return made;
}

/* Handshakes with something taken away: the signature, its end, a version, or what was offered. */
bool attack_strip(struct peer *peer, size_t count)
{
    size_t cut = 0;

    for (size_t i = 0; i < count; i++) {
        struct hello_client hello = {.version = SESSION_PROTOCOL_VERSION + (i % 4 == 0),
                                     .window_log2 = 18,
                                     .key = peer->writer.key};
        struct buffer frame;

        if (!peer_greet(peer))
            return false;
        buffer_init(&frame, LIMIT_FRAME_BYTES);
        if (i % 4 == 3 ? strip_offer(peer, &frame)
                       : hello_client_seal(&hello, &peer->transcript, &peer->writer.secret,
                                           &frame) == STATUS_OK) {
            if (i % 4 == 1)
                frame.size -= 66;
            if (i % 4 == 2)
                frame.at[frame.size - 1] ^= 1;
            (void)line_send(&peer->line, buffer_view(&frame));
            cut += line_is_cut(&peer->line, CUT_MS);
        }
        buffer_deinit(&frame);
        peer_leave(peer);
    }
    printf("strip connections=%zu cut=%zu\n", count, cut);
    return cut == count;
}

/* Upgrades and says no HELLO. */
bool attack_silent(struct peer *peer, size_t count)
{
    struct line lines[64];
    uint64_t begun = now_ms();
    size_t opened = 0;
    size_t cut = 0;

    while (opened < count && opened < 64) {
        if (!peer_greet(peer))
            break;
        lines[opened++] = peer->line;
        peer->line = (struct line){.fd = -1};
    }
    for (size_t i = 0; i < opened; i++) {
        cut += line_is_cut(&lines[i], CUT_MS);
        line_close(&lines[i]);
    }
    printf("silent connections=%zu cut=%zu ms=%" PRIu64 "\n", opened, cut, now_ms() - begun);
    return opened == (count < 64 ? count : 64) && cut == opened;
}
