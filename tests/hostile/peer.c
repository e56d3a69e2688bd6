#include "tests/hostile/peer.h"

#include "client/link/net/query.h"
#include "protocol/sync/frame/columns.h"
#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ARENA_BYTES = 1 << 24, WINDOW_LOG2 = 20 };

void peer_open(struct peer *peer, const char *path, const char *address)
{
    const struct replica_identity *identity = NULL;

    memset(peer, 0, sizeof *peer);
    peer->line.fd = -1;
    peer->address = address;
    if (home_open(&peer->home, path) != STATUS_OK) {
        fprintf(stderr, "hostile: no home at %s\n", path);
        exit(2);
    }
    identity = replica_identity(peer->home.replica);
    peer->writer = (struct writer){.key = *replica_key(peer->home.replica),
                                   .secret = *replica_secret(peer->home.replica),
                                   .scope = identity->scope,
                                   .random = {now_us()},
                                   .clock = time(NULL)};
    script_open(&peer->script);
    buffer_init(&peer->server_hello, LIMIT_FRAME_BYTES);
    buffer_init(&peer->hello, LIMIT_FRAME_BYTES);
}

void peer_close(struct peer *peer)
{
    peer_leave(peer);
    buffer_deinit(&peer->server_hello);
    buffer_deinit(&peer->hello);
    script_close(&peer->script);
    home_close(&peer->home);
}

void peer_leave(struct peer *peer)
{
    line_close(&peer->line);
}

bool peer_greet(struct peer *peer)
{
    char path[16 + QUERY_SIZE] = "/sync?";
    struct hello_server hello;
    struct arena arena;
    struct bytes frame;
    bool good = false;

    peer->records_sent = 0;
    random_fill(&peer->writer.random, peer->transcript.client_nonce, FRAME_NONCE_BYTES);
    query_write(peer->transcript.client_nonce, path + 6);
    peer->transcript.server = replica_identity(peer->home.replica)->upstream;
    if (!line_connect(&peer->line, peer->address) || !line_upgrade(&peer->line, path) ||
        !line_read(&peer->line, 10000, &frame) || frame.at[0] != FRAME_HELLO)
        return false;
    arena_init(&arena, ARENA_BYTES);
    good = hello_server_open(frame, &peer->transcript, &arena, &hello) == STATUS_OK;
    buffer_reset(&peer->server_hello);
    buffer_append_bytes(&peer->server_hello, frame);
    peer->transcript.server_hello = buffer_view(&peer->server_hello);
    if (good)
        memcpy(peer->transcript.server_nonce, hello.nonce, FRAME_NONCE_BYTES);
    arena_deinit(&arena);
    return good;
}

bool peer_connect(struct peer *peer)
{
    struct hello_client hello = {
        .version = SESSION_PROTOCOL_VERSION, .window_log2 = WINDOW_LOG2, .key = peer->writer.key};

    if (!peer_greet(peer))
        return false;
    buffer_reset(&peer->hello);
    return hello_client_seal(&hello, &peer->transcript, &peer->writer.secret, &peer->hello) ==
               STATUS_OK &&
           line_send(&peer->line, buffer_view(&peer->hello));
}

void peer_frame(struct peer *peer, size_t first, size_t count, struct buffer *frame)
{
    struct arena arena;
    struct record *records = NULL;
    struct records_run told = {.count = count, .follow = FOLLOW_TOLD};
    struct records head = {.runs = &told, .run_count = 1};
    struct run run = {.count = count};

    arena_init(&arena, (size_t)ARENA_BYTES * 4);
    records = arena_array(&arena, count, sizeof *records);
    assert_non_null(records);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(record_decode(peer->script.records[first + i], &arena, &records[i]),
                         STATUS_OK);
    run.log = told.log = record_log(&records[0]);
    told.first_seq = records[0].header.seq;
    told.before = records[0].header.prev;
    if (told.first_seq == 1)
        told.follow = FOLLOW_OPENING;
    run.before = (struct position){.log = run.log, .seq = told.first_seq - 1, .id = told.before};
    records_encode(&head, frame);
    assert_int_equal(columns_encode(NULL, records, &run, 1, frame), STATUS_OK);
    arena_deinit(&arena);
}

bool peer_send_records(struct peer *peer, size_t first, size_t count)
{
    struct buffer frame;
    bool sent = false;

    buffer_init(&frame, LIMIT_FRAME_BYTES);
    peer_frame(peer, first, count, &frame);
    peer->records_sent += frame.size;
    sent = line_send(&peer->line, buffer_view(&frame));
    buffer_deinit(&frame);
    return sent;
}

/* Whether the frame is about all records that were sent. */
static bool note_answer(const struct peer *peer, struct bytes frame, struct answer *answer)
{
    struct arena arena;
    struct ack ack;
    struct heads heads;
    bool about = false;

    arena_init(&arena, ARENA_BYTES);
    if (frame.at[0] == FRAME_ACK && ack_decode(frame, &arena, &ack) == STATUS_OK) {
        answer->acknowledged = answer->acknowledged || ack.head_count > 0 || ack.receipt.size > 0;
        about = ack.bytes >= peer->records_sent;
    } else if (frame.at[0] == FRAME_REFUSE) {
        answer->refused++;
    } else if (frame.at[0] == FRAME_BUSY) {
        about = notice_decode(frame, &arena, &answer->busy_ms) == STATUS_OK;
    } else if (frame.at[0] == FRAME_HEADS && heads_decode(frame, &arena, &heads) == STATUS_OK) {
        answer->gaps += heads.mode == HEADS_GAP;
    }
    arena_deinit(&arena);
    return about;
}

struct answer peer_answer(struct peer *peer, int wait_ms)
{
    struct answer answer = {.cut = false};
    struct bytes frame;

    while (line_read(&peer->line, wait_ms, &frame)) {
        if (frame.size > 0 && note_answer(peer, frame, &answer))
            return answer;
    }
    answer.cut = peer->line.fd < 0;
    return answer;
}

bool peer_says_it_has_nothing(struct peer *peer)
{
    struct name scopes[2];
    struct heads heads = {.mode = HEADS_WHOLE, .scopes = scopes, .scope_count = 2};
    struct buffer frame;
    bool sent = false;

    scopes[0] = authority_scope(&replica_identity(peer->home.replica)->root);
    scopes[1] = peer->writer.scope;
    if (name_compare(&scopes[0], &scopes[1]) > 0) {
        struct name first = scopes[1];

        scopes[1] = scopes[0];
        scopes[0] = first;
    }
    buffer_init(&frame, LIMIT_FRAME_BYTES);
    heads_encode(&heads, &frame);
    sent = line_send(&peer->line, buffer_view(&frame));
    buffer_deinit(&frame);
    return sent;
}
