/*
 * A line that can be bad: a TCP proxy on loopback that counts, delays, slows, freezes and cuts.
 *
 *   proxy --listen PORT --to PORT [--rate BYTES_PER_S] [--delay-ms N] [--cut-after-ms N]
 * [--cut-after-bytes N]
 *         [--count FILE] [--trace FILE]
 *
 * Each connection is passed on to 127.0.0.1:TO. |rate| and |delay| hold in each direction, of all
 * connections together. A slow line holds little: what is not on its way yet stays with the sender.
 * --cut-after-ms resets a connection that old, --cut-after-bytes one that has carried so many
 * bytes; with --unseen only the end that connected learns it, the other is half open from then on.
 * SIGUSR1 freezes every line (half open: nothing moves, nothing is closed), SIGUSR2 lets it go on.
 * SIGHUP: the lines that stand are dead from now on, half open for ever; new ones work. SIGTERM
 * ends with all connections. --count: at the end, and at each closed connection, FILE holds one
 * line of JSON {"connections","up","down"}: TCP payload in bytes, up = towards TO.
 * --trace: FILE gets a line "MILLISECONDS CONNECTION up|down BYTES" for what is delivered.
 * Prints "ready PORT" once it listens (port 0 picks one).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

enum {
    LINES_MAX = 256,
    CHUNK_BYTES = 4096,
    CHUNKS_MAX = 64,
    /* On a line with a rate bytes come as they would, not in lumps, and few wait in the machine: */
    SLOW_CHUNK_BYTES = 512,
    SLOW_SEGMENT_BYTES = 1200, /* else one of loopback's size waits for a window that never opens */
    SLOW_BUFFER_BYTES = 4096   /* the kernel doubles it */
};

/* Bytes on their way in one direction, each with the moment it is due at the other end. */
struct chunk {
    int64_t due_us;
    size_t size;
    size_t sent;
    uint8_t bytes[CHUNK_BYTES];
};

struct flow {
    struct chunk *chunks; /* CHUNKS_MAX, a ring */
    size_t first, count;
    bool ended;     /* the sender has closed its half */
    bool passed_on; /* and the receiver has been told */
};

struct line {
    int ends[2]; /* 0 the one who connected, 1 the one it is passed on to; -1 unused */
    struct flow flows[2];
    int64_t opened_us;
    uint64_t number;
    uint64_t carried;
    bool dead; /* half open: nothing moves any more */
};

struct proxy {
    int listener, signals;
    uint16_t to;
    int64_t rate, delay_us, cut_after_us;
    uint64_t cut_after_bytes;
    int64_t free_us[2]; /* when the rate lets the next byte in, each way */
    const char *count_path;
    FILE *trace;
    bool frozen, over, unseen;
    uint64_t connections, moved[2];
    struct line lines[LINES_MAX];
};

static int64_t now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void write_count(const struct proxy *proxy)
{
    if (!proxy->count_path)
        return;
    FILE *file = fopen(proxy->count_path, "w");
    if (!file)
        return;
    (void)fprintf(file, "{\"connections\":%llu,\"up\":%llu,\"down\":%llu}\n",
                  (unsigned long long)proxy->connections, (unsigned long long)proxy->moved[0],
                  (unsigned long long)proxy->moved[1]);
    (void)fclose(file);
}

/* The end that connected sees a reset; the other one hears nothing any more. The line's place stays
 * taken. */
static void line_die(struct proxy *proxy, struct line *line)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(line->ends[0], SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    (void)close(line->ends[0]);
    line->ends[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    line->dead = true;
    write_count(proxy);
}

/* |reset|: both ends see ECONNRESET, as when a line is cut; else they see the end of the stream. */
static void line_close(struct proxy *proxy, struct line *line, bool reset)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    for (size_t end = 0; end < 2; end++) {
        if (reset)
            (void)setsockopt(line->ends[end], SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        (void)close(line->ends[end]);
        line->ends[end] = -1;
        free(line->flows[end].chunks);
        line->flows[end] = (struct flow){0};
    }
    write_count(proxy);
}

/* Before the connection is made: both are agreed on then. */
static void be_slow(const struct proxy *proxy, int end)
{
    int few = SLOW_BUFFER_BYTES, segment = SLOW_SEGMENT_BYTES;
    if (proxy->rate > 0) {
        (void)setsockopt(end, SOL_SOCKET, SO_RCVBUF, &few, sizeof few);
        (void)setsockopt(end, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    }
}

static void line_open(struct proxy *proxy)
{
    int near = accept4(proxy->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (near < 0)
        return;
    struct line *line = NULL;
    for (size_t i = 0; i < LINES_MAX && !line; i++)
        line = proxy->lines[i].ends[0] < 0 ? &proxy->lines[i] : NULL;
    int far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = loopback(proxy->to);
    if (far >= 0)
        be_slow(proxy, far);
    struct chunk *up = calloc(CHUNKS_MAX, sizeof *up);
    struct chunk *down = calloc(CHUNKS_MAX, sizeof *down);
    if (!line || far < 0 || !up || !down ||
        connect(far, (struct sockaddr *)&address, sizeof address) != 0) {
        (void)close(near);
        if (far >= 0)
            (void)close(far);
        free(up);
        free(down);
        return;
    }
    int one = 1;
    (void)setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (void)setsockopt(far, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (void)fcntl(far, F_SETFL, O_NONBLOCK);
    *line = (struct line){.ends = {near, far}, .opened_us = now_us()};
    line->flows[0].chunks = up;
    line->flows[1].chunks = down;
    line->number = ++proxy->connections;
}

/* Takes what end |from| has to say. False: the line is dead. */
static bool flow_take(struct proxy *proxy, struct line *line, size_t from)
{
    struct flow *flow = &line->flows[from];
    struct chunk *chunk = &flow->chunks[(flow->first + flow->count) % CHUNKS_MAX];
    size_t most = proxy->rate > 0 ? SLOW_CHUNK_BYTES : sizeof chunk->bytes;
    ssize_t size = recv(line->ends[from], chunk->bytes, most, 0);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR;
    if (size == 0) {
        flow->ended = true;
        return true;
    }
    int64_t now = now_us();
    int64_t *free_us = &proxy->free_us[from];
    *free_us = *free_us > now ? *free_us : now;
    if (proxy->rate > 0)
        *free_us += (int64_t)size * 1000000 / proxy->rate;
    chunk->due_us = *free_us + proxy->delay_us;
    chunk->size = (size_t)size;
    chunk->sent = 0;
    flow->count++;
    return true;
}

/* Gives the other end what is due. False: the line is dead. */
static bool flow_give(struct proxy *proxy, struct line *line, size_t from)
{
    struct flow *flow = &line->flows[from];
    while (flow->count > 0 && flow->chunks[flow->first].due_us <= now_us()) {
        struct chunk *chunk = &flow->chunks[flow->first];
        ssize_t size = send(line->ends[1 - from], chunk->bytes + chunk->sent,
                            chunk->size - chunk->sent, MSG_NOSIGNAL);
        if (size < 0)
            return errno == EAGAIN || errno == EINTR;
        chunk->sent += (size_t)size;
        line->carried += (uint64_t)size;
        proxy->moved[from] += (uint64_t)size;
        if (proxy->trace)
            (void)fprintf(proxy->trace, "%lld %llu %s %zd\n", (long long)(now_us() / 1000),
                          (unsigned long long)line->number, from == 0 ? "up" : "down", size);
        if (chunk->sent < chunk->size)
            return true;
        flow->first = (flow->first + 1) % CHUNKS_MAX;
        flow->count--;
    }
    if (flow->ended && flow->count == 0 && !flow->passed_on) {
        flow->passed_on = true;
        (void)shutdown(line->ends[1 - from], SHUT_WR);
    }
    return true;
}

static bool line_is_due_for_cut(const struct proxy *proxy, const struct line *line)
{
    return (proxy->cut_after_us > 0 && now_us() - line->opened_us >= proxy->cut_after_us) ||
           (proxy->cut_after_bytes > 0 && line->carried >= proxy->cut_after_bytes);
}

static void line_serve(struct proxy *proxy, struct line *line, const short *ready)
{
    for (size_t from = 0; from < 2; from++) {
        bool alive = true;
        if ((ready[from] & (POLLIN | POLLHUP | POLLERR)) && !line->flows[from].ended &&
            line->flows[from].count < CHUNKS_MAX)
            alive = flow_take(proxy, line, from);
        if (alive)
            alive = flow_give(proxy, line, from);
        bool due = line_is_due_for_cut(proxy, line);
        if (alive && due && proxy->unseen) {
            line_die(proxy, line);
            return;
        }
        if (!alive || due) {
            line_close(proxy, line, true);
            return;
        }
    }
    if (line->flows[0].passed_on && line->flows[1].passed_on)
        line_close(proxy, line, false);
}

static void take_signal(struct proxy *proxy)
{
    struct signalfd_siginfo info;
    if (read(proxy->signals, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    if (info.ssi_signo == SIGUSR1)
        proxy->frozen = true;
    else if (info.ssi_signo == SIGUSR2)
        proxy->frozen = false;
    else if (info.ssi_signo == SIGHUP)
        for (size_t i = 0; i < LINES_MAX; i++)
            proxy->lines[i].dead = proxy->lines[i].ends[0] >= 0;
    else
        proxy->over = true;
}

/* Milliseconds until a chunk is due or a line is to be looked at; -1: nothing is waiting. */
static int next_wait_ms(const struct proxy *proxy)
{
    int64_t next = -1;
    int64_t now = now_us();
    for (size_t i = 0; i < LINES_MAX; i++) {
        const struct line *line = &proxy->lines[i];
        if (line->ends[0] < 0 || line->dead)
            continue;
        int64_t due = proxy->cut_after_us > 0 ? line->opened_us + proxy->cut_after_us : INT64_MAX;
        for (size_t from = 0; from < 2; from++) {
            const struct flow *flow = &line->flows[from];
            if (flow->count > 0 && flow->chunks[flow->first].due_us < due)
                due = flow->chunks[flow->first].due_us;
            if (proxy->free_us[from] > now && proxy->free_us[from] < due)
                due = proxy->free_us[from]; /* it takes bytes again */
        }
        if (due != INT64_MAX && (next < 0 || due < next))
            next = due > now ? due : now + 500;
    }
    return next < 0 ? -1 : (int)((next - now) / 1000 + 1);
}

static void turn(struct proxy *proxy)
{
    struct pollfd polled[2 + 2 * LINES_MAX];
    int64_t now = now_us();
    polled[0] = (struct pollfd){.fd = proxy->listener, .events = POLLIN};
    polled[1] = (struct pollfd){.fd = proxy->signals, .events = POLLIN};
    for (size_t i = 0; i < LINES_MAX; i++)
        for (size_t end = 0; end < 2; end++) {
            const struct line *line = &proxy->lines[i];
            bool takes = line->ends[0] >= 0 && !line->flows[end].ended && !line->dead &&
                         line->flows[end].count < CHUNKS_MAX && !proxy->frozen &&
                         proxy->free_us[end] <= now;
            polled[2 + 2 * i + end] =
                (struct pollfd){.fd = takes ? line->ends[end] : -1, .events = POLLIN};
        }
    if (poll(polled, 2 + 2 * LINES_MAX, proxy->frozen ? -1 : next_wait_ms(proxy)) < 0)
        return;
    if (polled[1].revents)
        take_signal(proxy);
    if (polled[0].revents)
        line_open(proxy);
    for (size_t i = 0; i < LINES_MAX && !proxy->frozen; i++) {
        if (proxy->lines[i].ends[0] < 0 || proxy->lines[i].dead)
            continue;
        short ready[2] = {polled[2 + 2 * i].revents, polled[3 + 2 * i].revents};
        line_serve(proxy, &proxy->lines[i], ready);
    }
}

static bool listen_on(struct proxy *proxy, uint16_t port)
{
    int one = 1;
    struct sockaddr_in address = loopback(port);
    socklen_t size = sizeof address;
    proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (proxy->listener < 0)
        return false;
    (void)setsockopt(proxy->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    be_slow(proxy, proxy->listener);
    if (bind(proxy->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(proxy->listener, 64) != 0 ||
        getsockname(proxy->listener, (struct sockaddr *)&address, &size) != 0)
        return false;
    sigset_t taken;
    (void)sigemptyset(&taken);
    (void)sigaddset(&taken, SIGTERM);
    (void)sigaddset(&taken, SIGINT);
    (void)sigaddset(&taken, SIGUSR1);
    (void)sigaddset(&taken, SIGUSR2);
    (void)sigaddset(&taken, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &taken, NULL);
    proxy->signals = signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
    (void)printf("ready %u\n", ntohs(address.sin_port));
    return fflush(stdout) == 0 && proxy->signals >= 0;
}

static const struct option options[] = {{"listen", required_argument, NULL, 'l'},
                                        {"to", required_argument, NULL, 't'},
                                        {"rate", required_argument, NULL, 'r'},
                                        {"delay-ms", required_argument, NULL, 'd'},
                                        {"cut-after-ms", required_argument, NULL, 'c'},
                                        {"cut-after-bytes", required_argument, NULL, 'b'},
                                        {"unseen", no_argument, NULL, 'u'},
                                        {"count", required_argument, NULL, 'n'},
                                        {"trace", required_argument, NULL, 'e'},
                                        {NULL, 0, NULL, 0}};

int main(int argc, char **argv)
{
    static struct proxy proxy;
    long port = -1;
    for (size_t i = 0; i < LINES_MAX; i++)
        proxy.lines[i].ends[0] = proxy.lines[i].ends[1] = -1;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == '?')
            return 2;
        bool number = option != 'n' && option != 'e' && option != 'u';
        long long value = number ? strtoll(optarg, NULL, 10) : 0;
        switch (option) {
        case 'l':
            port = (long)value;
            break;
        case 't':
            proxy.to = (uint16_t)value;
            break;
        case 'r':
            proxy.rate = value;
            break;
        case 'd':
            proxy.delay_us = value * 1000;
            break;
        case 'c':
            proxy.cut_after_us = value * 1000;
            break;
        case 'b':
            proxy.cut_after_bytes = (uint64_t)value;
            break;
        case 'u':
            proxy.unseen = true;
            break;
        case 'e':
            proxy.trace = fopen(optarg, "w");
            break;
        default:
            proxy.count_path = optarg;
            break;
        }
    }
    if (port < 0 || port > 65535 || proxy.to == 0) {
        (void)fprintf(stderr, "proxy: --listen PORT and --to PORT are needed\n");
        return 2;
    }
    if (!listen_on(&proxy, (uint16_t)port)) {
        perror("proxy");
        return 5;
    }
    while (!proxy.over)
        turn(&proxy);
    for (size_t i = 0; i < LINES_MAX; i++)
        if (proxy.lines[i].ends[0] >= 0)
            line_close(&proxy, &proxy.lines[i], true);
    write_count(&proxy);
    if (proxy.trace)
        (void)fclose(proxy.trace);
    return 0;
}
