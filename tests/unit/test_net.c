/* The loop over real loopback sockets: one net that talks to itself, and raw sockets against it. */
#include "client/link/net/clock.h"
#include "client/link/net/net.h"
#include "client/link/net/timer.h"
#include "client/link/net/tls.h"
#include "protocol/base/limits.h"
#include "tests/lib/unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { MOST_FRAMES = 8, PATIENCE_US = 20 * 1000 * 1000 };

/* What the events saw; every test ends the loop itself or by the patience timer. */
struct seen {
    struct net *net;
    struct buffer pem; /* what it serves wss with; empty: ws */
    const struct public_key *node;
    uint16_t port;
    uint64_t client, server;
    char query[NET_QUERY_MAX + 1];
    size_t sizes[MOST_FRAMES]; /* what the client sends, one after the other is echoed */
    size_t size_count, echoed;
    bool echo_wrong;
    size_t server_frames;
    size_t server_bytes;
    size_t closed_count;
    const char *closed_why;
    const char *turned_away;
    size_t woken_count;
    atomic_uint wake_sent;
    bool stop_on_wake;
    size_t stop_after_frames;
    uint64_t due[3];
    size_t due_count;
    bool timed_out;
};

static void fill(uint8_t *at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(i * 31 + size);
}

static void send_filled(struct seen *seen, size_t size)
{
    uint8_t *frame = malloc(size + 1);

    assert_non_null(frame);
    fill(frame, size);
    assert_int_equal(net_send(seen->net, seen->client, bytes_of(frame, size)), STATUS_OK);
    free(frame);
}

static void *on_opened(void *context, uint64_t id, bool incoming, struct bytes query)
{
    struct seen *seen = context;

    if (incoming) {
        seen->server = id;
        assert_true(query.size <= NET_QUERY_MAX);
        if (query.size > 0)
            memcpy(seen->query, query.at, query.size);
        return seen;
    }
    seen->client = id;
    if (seen->size_count > 0)
        send_filled(seen, seen->sizes[0]);
    return NULL;
}

static void on_frame(void *context, uint64_t id, struct bytes frame)
{
    struct seen *seen = context;
    uint8_t *expected = NULL;

    if (id == seen->server) {
        assert_ptr_equal(net_attached(seen->net, id), seen);
        seen->server_frames++;
        seen->server_bytes += frame.size;
        if (seen->stop_after_frames == seen->server_frames) {
            net_stop(seen->net);
            return;
        }
        assert_int_equal(net_send(seen->net, id, frame), STATUS_OK);
        return;
    }
    expected = malloc(frame.size + 1);
    assert_non_null(expected);
    fill(expected, frame.size);
    if (seen->echoed >= seen->size_count || frame.size != seen->sizes[seen->echoed] ||
        memcmp(expected, frame.at, frame.size) != 0)
        seen->echo_wrong = true;
    free(expected);
    seen->echoed++;
    if (seen->echoed < seen->size_count)
        send_filled(seen, seen->sizes[seen->echoed]);
    else
        net_disconnect(seen->net, seen->client);
}

static void on_writable(void *context, uint64_t id)
{
    (void)context;
    (void)id;
}

static void on_closed(void *context, uint64_t id, void *attached, const char *why)
{
    struct seen *seen = context;

    if (id == seen->server)
        assert_ptr_equal(attached, seen);
    assert_null(net_attached(seen->net, id));
    assert_int_equal(net_send(seen->net, id, bytes_of("x", 1)), STATUS_NOT_FOUND);
    seen->closed_count++;
    seen->closed_why = why;
    if (id == seen->client && (seen->server == 0 || seen->closed_count == 2))
        net_stop(seen->net);
    if (id == seen->server && seen->closed_count == 2)
        net_stop(seen->net);
}

static void on_page(void *context, uint64_t id, struct bytes path)
{
    struct seen *seen = context;

    if (bytes_equal_text(path, "/"))
        net_answer(seen->net, id, 200, "text/html; charset=utf-8",
                   bytes_of_text("<p>xin chào</p>"));
    else
        net_answer(seen->net, id, 404, "text/plain", bytes_of_text("no"));
}

static void on_turned_away(void *context, const char *why)
{
    struct seen *seen = context;

    seen->turned_away = why;
}

static void on_woken(void *context)
{
    struct seen *seen = context;

    seen->woken_count++;
    if (seen->stop_on_wake && atomic_load(&seen->wake_sent) > 0)
        net_stop(seen->net);
}

static const struct net_events events = {.opened = on_opened,
                                         .frame = on_frame,
                                         .writable = on_writable,
                                         .closed = on_closed,
                                         .page = on_page,
                                         .turned_away = on_turned_away,
                                         .woken = on_woken};

static void out_of_patience(void *context)
{
    struct seen *seen = context;

    seen->timed_out = true;
    net_stop(seen->net);
}

/* |state|: which loop the group is run on. */
static void open_net(struct seen *seen, void **state)
{
    const bool *many_peers = *state;
    struct net_options options = {.events = &events,
                                  .context = seen,
                                  .many_peers = *many_peers,
                                  .tls = buffer_view(&seen->pem)};

    assert_int_equal(net_open(&options, &seen->net), STATUS_OK);
    assert_int_equal(net_listen(seen->net, "127.0.0.1", &seen->port), STATUS_OK);
    assert_true(seen->port != 0);
}

static void run_and_close(struct seen *seen)
{
    struct timer *patience = timer_new(seen->net, out_of_patience, seen);

    assert_non_null(patience);
    timer_set(patience, clock_now_us() + PATIENCE_US);
    assert_int_equal(net_run(seen->net), STATUS_OK);
    timer_free(patience);
    net_close(seen->net);
    net_free(seen->net);
    assert_false(seen->timed_out);
}

static void connect_to(struct seen *seen, const char *host, uint16_t port, const char *query)
{
    struct address address = {.port = port, .tls = seen->pem.size > 0};

    (void)snprintf(address.host, sizeof address.host, "%s", host);
    assert_int_equal(net_connect(seen->net, &address, seen->node, query, &seen->client), STATUS_OK);
}

static void echo(void **state, const char *host)
{
    struct seen seen = {.sizes = {1, 0, 200, 4096, LIMIT_FRAME_BYTES, 17}, .size_count = 6};

    open_net(&seen, state);
    connect_to(&seen, host, seen.port, "v=1&n=abc");
    run_and_close(&seen);
    assert_int_equal(seen.echoed, seen.size_count);
    assert_false(seen.echo_wrong);
    assert_int_equal(seen.closed_count, 2);
    assert_string_equal(seen.query, "v=1&n=abc");
}

static void test_net__frames_of_all_sizes_arrive_whole(void **state)
{
    echo(state, "127.0.0.1");
}

static void test_net__names_are_looked_up_off_the_loop(void **state)
{
    echo(state, "localhost");
}

/* |seed|: of the node that serves; |pinned|: of the one that is asked for. */
static void over_tls(struct seen *seen, void **state, uint8_t served, uint8_t pinned)
{
    uint8_t seed[32];
    struct public_key key;
    struct secret_key secret;

    memset(seed, pinned, sizeof seed);
    key_pair_of_seed(seed, &key, &secret);
    seen->node = &key;
    memset(seed, served, sizeof seed);
    struct public_key other;
    key_pair_of_seed(seed, &other, &secret);
    buffer_init(&seen->pem, TLS_PEM_BYTES);
    assert_int_equal(tls_make(&secret, &seen->pem), STATUS_OK);
    open_net(seen, state);
    connect_to(seen, "127.0.0.1", seen->port, "v=1");
    run_and_close(seen);
    buffer_deinit(&seen->pem);
}

static void test_net__frames_pass_through_tls(void **state)
{
    struct seen seen = {.sizes = {1, 0, 200, 4096, LIMIT_FRAME_BYTES, 17}, .size_count = 6};

    over_tls(&seen, state, 1, 1);
    assert_int_equal(seen.echoed, seen.size_count);
    assert_false(seen.echo_wrong);
}

static void test_net__another_node_is_told_nothing(void **state)
{
    struct seen seen = {.sizes = {1}, .size_count = 1};

    over_tls(&seen, state, 1, 2);
    assert_int_equal(seen.server_frames, 0);
    assert_int_equal(seen.query[0], '\0'); /* no upgrade was asked for */
    assert_int_equal(seen.closed_count, 1);
    assert_ptr_equal(seen.closed_why, net_other_node);
}

static void test_net__stop_ends_what_is_open(void **state)
{
    struct seen seen = {.sizes = {100}, .size_count = 1, .stop_after_frames = 1};

    open_net(&seen, state);
    connect_to(&seen, "127.0.0.1", seen.port, "");
    run_and_close(&seen);
    assert_int_equal(seen.closed_count, 2);
}

static void test_net__frame_over_the_limit_ends_the_connection(void **state)
{
    struct seen seen = {.sizes = {LIMIT_FRAME_BYTES + 1}, .size_count = 1};

    open_net(&seen, state);
    connect_to(&seen, "127.0.0.1", seen.port, "");
    run_and_close(&seen);
    assert_int_equal(seen.server_frames, 0);
    assert_int_equal(seen.closed_count, 2);
}

static void test_net__nobody_there_is_told_once(void **state)
{
    struct seen seen = {0};
    struct seen other = {0};

    open_net(&other, state);
    net_close(other.net);
    net_free(other.net);
    open_net(&seen, state);
    connect_to(&seen, "127.0.0.1", other.port, "");
    run_and_close(&seen);
    assert_int_equal(seen.closed_count, 1);
    assert_string_equal(seen.closed_why, "nothing answers there");
}

static void test_net__unknown_name_is_told_once(void **state)
{
    struct seen seen = {0};

    open_net(&seen, state);
    connect_to(&seen, "no such host", 1, "");
    run_and_close(&seen);
    assert_int_equal(seen.closed_count, 1);
}

static void test_net__taken_port_is_unreachable(void **state)
{
    struct seen seen = {0};
    struct net *second = NULL;
    struct net_options options = {.events = &events, .context = &seen};

    open_net(&seen, state);
    assert_int_equal(net_open(&options, &second), STATUS_OK);
    assert_int_equal(net_listen(second, "127.0.0.1", &seen.port), STATUS_UNREACHABLE);
    net_close(second);
    net_free(second);
    net_close(seen.net);
    net_free(seen.net);
}

static void note_due(struct seen *seen, uint64_t which)
{
    seen->due[seen->due_count++] = which;
    if (seen->due_count == 2)
        net_stop(seen->net);
}

static void first_due(void *context)
{
    note_due(context, 1);
}

static void second_due(void *context)
{
    note_due(context, 2);
}

static void never_due(void *context)
{
    note_due(context, 3);
}

static void test_net__timers_come_in_order_and_can_be_taken_back(void **state)
{
    struct seen seen = {0};
    struct timer *timers[3];
    uint64_t now_us = clock_now_us();

    open_net(&seen, state);
    timers[0] = timer_new(seen.net, second_due, &seen);
    timers[1] = timer_new(seen.net, first_due, &seen);
    timers[2] = timer_new(seen.net, never_due, &seen);
    timer_set(timers[0], now_us + 60 * 1000);
    timer_set(timers[1], now_us + 80 * 1000);
    timer_set(timers[1], now_us + 20 * 1000);
    timer_set(timers[2], now_us + 1000);
    timer_set(timers[2], UINT64_MAX);
    assert_int_equal(net_run(seen.net), STATUS_OK);
    for (size_t i = 0; i < 3; i++)
        timer_free(timers[i]);
    net_close(seen.net);
    net_free(seen.net);
    assert_int_equal(seen.due_count, 2);
    assert_int_equal(seen.due[0], 1);
    assert_int_equal(seen.due[1], 2);
}

static void *wake_it(void *argument)
{
    struct seen *seen = argument;

    atomic_fetch_add(&seen->wake_sent, 1);
    net_wake(seen->net);
    return NULL;
}

static void test_net__another_thread_wakes_the_loop(void **state)
{
    struct seen seen = {.stop_on_wake = true};
    pthread_t thread;

    open_net(&seen, state);
    assert_int_equal(pthread_create(&thread, NULL, wake_it, &seen), 0);
    run_and_close(&seen);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(seen.woken_count > 0);
}

/* ---- raw sockets: what no well-behaved peer sends ---- */

struct raw {
    struct seen *seen;
    struct bytes request; /* sent first */
    struct bytes then;    /* sent once an answer came */
    char answer[4096];
    size_t answer_size;
    bool stop; /* the loop, at the end */
};

static void *raw_talk(void *argument)
{
    struct raw *raw = argument;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(raw->seen->port)};
    struct timeval patience = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ssize_t got = 0;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 &&
        send(fd, raw->request.at, raw->request.size, MSG_NOSIGNAL) > 0) {
        got = recv(fd, raw->answer, sizeof raw->answer - 1, 0);
        raw->answer_size = got > 0 ? (size_t)got : 0;
        /* One byte a segment: pieces of pieces. */
        for (size_t i = 0; got > 0 && i < raw->then.size; i++)
            (void)send(fd, raw->then.at + i, 1, MSG_NOSIGNAL);
        while (got > 0 && raw->answer_size < sizeof raw->answer - 1 && raw->then.size == 0) {
            got = recv(fd, raw->answer + raw->answer_size,
                       sizeof raw->answer - 1 - raw->answer_size, 0);
            raw->answer_size += got > 0 ? (size_t)got : 0;
        }
        if (raw->then.size > 0)
            (void)recv(fd, raw->answer, 1, 0);
    }
    close(fd);
    if (raw->stop)
        net_stop(raw->seen->net);
    return NULL;
}

static void talk(struct raw *raw, void **state)
{
    pthread_t thread;

    open_net(raw->seen, state);
    assert_int_equal(pthread_create(&thread, NULL, raw_talk, raw), 0);
    run_and_close(raw->seen);
    assert_int_equal(pthread_join(thread, NULL), 0);
    raw->answer[raw->answer_size] = '\0';
}

#define UPGRADE_LINES                                                                              \
    "Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                                     \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

static void test_net__fragments_become_one_frame(void **state)
{
    static const uint8_t fragments[] = {0x02, 0x83, 0, 0, 0, 0, 'a', 'b', 'c', /* begins */
                                        0x89, 0x80, 0, 0, 0, 0,                /* a ping between */
                                        0x00, 0x82, 0, 0, 0, 0, 'd', 'e',      /* goes on */
                                        0x80, 0x81, 0, 0, 0, 0, 'f'};          /* ends */
    struct seen seen = {.stop_after_frames = 1};
    struct raw raw = {.seen = &seen,
                      .request = bytes_of_text("GET /sync?v=1 HTTP/1.1\r\n" UPGRADE_LINES
                                               "Sec-WebSocket-Protocol: hoso\r\n\r\n"),
                      .then = bytes_of(fragments, sizeof fragments)};

    talk(&raw, state);
    assert_int_equal(seen.server_frames, 1);
    assert_int_equal(seen.server_bytes, 6);
}

static void test_net__upgrade_without_the_name_is_refused(void **state)
{
    struct seen seen = {0};
    struct raw raw = {.seen = &seen,
                      .stop = true,
                      .request = bytes_of_text("GET /sync HTTP/1.1\r\n" UPGRADE_LINES "\r\n")};

    talk(&raw, state);
    assert_null(strstr(raw.answer, " 101 "));
    assert_int_equal(seen.server, 0);
}

static void test_net__upgrade_of_another_path_is_refused(void **state)
{
    struct seen seen = {0};
    struct raw raw = {.seen = &seen,
                      .stop = true,
                      .request = bytes_of_text("GET /syncs HTTP/1.1\r\n" UPGRADE_LINES
                                               "Sec-WebSocket-Protocol: hoso\r\n\r\n")};

    talk(&raw, state);
    assert_null(strstr(raw.answer, " 101 "));
    assert_int_equal(seen.server, 0);
}

static void test_net__page_is_answered_and_no_script_may_run(void **state)
{
    struct seen seen = {0};
    struct raw raw = {.seen = &seen,
                      .stop = true,
                      .request =
                          bytes_of_text("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")};

    talk(&raw, state);
    assert_non_null(strstr(raw.answer, " 200 "));
    assert_non_null(strstr(raw.answer, "default-src 'none'"));
    assert_non_null(strstr(raw.answer, "<p>xin chào</p>"));
}

static void test_net__post_is_not_allowed(void **state)
{
    struct seen seen = {0};
    struct raw raw = {.seen = &seen,
                      .stop = true,
                      .request = bytes_of_text("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
                                               "Connection: close\r\n\r\n")};

    talk(&raw, state);
    assert_non_null(strstr(raw.answer, " 405 "));
}

static int on_poll(void **state)
{
    static bool many_peers = false;

    *state = &many_peers;
    return 0;
}

static int on_library(void **state)
{
    static bool many_peers = true;

    *state = &many_peers;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_net__frames_of_all_sizes_arrive_whole),
        cmocka_unit_test(test_net__names_are_looked_up_off_the_loop),
        cmocka_unit_test(test_net__frames_pass_through_tls),
        cmocka_unit_test(test_net__another_node_is_told_nothing),
        cmocka_unit_test(test_net__stop_ends_what_is_open),
        cmocka_unit_test(test_net__frame_over_the_limit_ends_the_connection),
        cmocka_unit_test(test_net__nobody_there_is_told_once),
        cmocka_unit_test(test_net__unknown_name_is_told_once),
        cmocka_unit_test(test_net__taken_port_is_unreachable),
        cmocka_unit_test(test_net__timers_come_in_order_and_can_be_taken_back),
        cmocka_unit_test(test_net__another_thread_wakes_the_loop),
        cmocka_unit_test(test_net__fragments_become_one_frame),
        cmocka_unit_test(test_net__upgrade_without_the_name_is_refused),
        cmocka_unit_test(test_net__upgrade_of_another_path_is_refused),
        cmocka_unit_test(test_net__page_is_answered_and_no_script_may_run),
        cmocka_unit_test(test_net__post_is_not_allowed),
    };

    return cmocka_run_group_tests_name("net.poll", tests, on_poll, NULL) +
           cmocka_run_group_tests_name("net.library", tests, on_library, NULL);
}
