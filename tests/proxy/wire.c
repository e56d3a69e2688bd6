/*
 * A wire between two network namespaces, packet by packet: delay, rate and loss in each direction,
 * for what a proxy cannot show, the machine's own TCP on a bad line.
 *
 *   wire --far PID [--rate BYTES_PER_S] [--delay-ms N] [--loss PER_CENT] [--seed N] [--count FILE]
 *
 * Makes a device "wire" in the namespace it is started in and one in that of process PID; whoever
 * started it gives them addresses. A packet is lost by lot before it takes any of the rate; the
 * seed makes the lots. At most a second's worth of packets waits at each end, the rest is lost too.
 * SIGTERM ends it; --count: FILE then holds {"up","down","lost"}, bytes of IP, up = to the far end.
 * Prints "ready" once the devices are there. Needs the right to make devices (exit 5 without).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>

enum { PACKETS_MAX = 512, PACKET_BYTES = 2048, WAIT_US = 1000000 };

struct packet {
    int64_t due_us;
    size_t size;
    uint8_t bytes[PACKET_BYTES];
};

struct way {
    int from, to; /* devices */
    struct packet packets[PACKETS_MAX];
    size_t first, count;
    int64_t free_us; /* when the rate lets the next packet in */
    uint64_t carried;
};

struct wire {
    struct way ways[2];
    int signals;
    int64_t rate, delay_us;
    uint64_t loss; /* per cent */
    uint64_t random, lost;
    const char *count_path;
};

static int64_t now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static uint64_t draw(struct wire *wire, uint64_t bound)
{
    uint64_t z = wire->random += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (z ^ (z >> 31)) % bound;
}

static int device_open(void)
{
    struct ifreq request;
    int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, "wire", sizeof "wire");
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (device >= 0 && ioctl(device, TUNSETIFF, &request) != 0)
        return -1;
    return device;
}

/* In the namespace of |pid|; this process stays in that one, which changes nothing for its devices.
 */
static int far_device_open(long pid)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%ld/ns/net", pid);
    int space = open(path, O_RDONLY | O_CLOEXEC);
    if (space < 0 || setns(space, CLONE_NEWNET) != 0)
        return -1;
    (void)close(space);
    return device_open();
}

static void way_take(struct wire *wire, struct way *way)
{
    uint8_t spare[PACKET_BYTES];
    int64_t now = now_us();
    bool room = way->count < PACKETS_MAX && way->free_us - now < WAIT_US;
    struct packet *packet = &way->packets[(way->first + way->count) % PACKETS_MAX];
    ssize_t size = read(way->from, room ? packet->bytes : spare, PACKET_BYTES);
    if (size <= 0)
        return;
    if (!room || draw(wire, 100) < wire->loss) {
        wire->lost += (uint64_t)size;
        return;
    }
    way->free_us = way->free_us > now ? way->free_us : now;
    if (wire->rate > 0)
        way->free_us += (int64_t)size * 1000000 / wire->rate;
    packet->due_us = way->free_us + wire->delay_us;
    packet->size = (size_t)size;
    way->count++;
}

static void way_give(struct way *way)
{
    while (way->count > 0 && way->packets[way->first].due_us <= now_us()) {
        const struct packet *packet = &way->packets[way->first];
        if (write(way->to, packet->bytes, packet->size) > 0)
            way->carried += packet->size;
        way->first = (way->first + 1) % PACKETS_MAX;
        way->count--;
    }
}

static int next_wait_ms(const struct wire *wire)
{
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < 2; i++) {
        const struct way *way = &wire->ways[i];
        if (way->count > 0 && way->packets[way->first].due_us < due)
            due = way->packets[way->first].due_us;
    }
    int64_t wait = due == INT64_MAX ? 1000000 : due - now_us();
    return wait <= 0 ? 0 : (int)(wait / 1000 + 1);
}

/* False: it is told to end. */
static bool turn(struct wire *wire)
{
    struct pollfd polled[3] = {{.fd = wire->ways[0].from, .events = POLLIN},
                               {.fd = wire->ways[1].from, .events = POLLIN},
                               {.fd = wire->signals, .events = POLLIN}};
    if (poll(polled, 3, next_wait_ms(wire)) < 0 && errno != EINTR)
        return false;
    for (size_t i = 0; i < 2; i++) {
        if (polled[i].revents & POLLIN)
            way_take(wire, &wire->ways[i]);
        way_give(&wire->ways[i]);
    }
    return !polled[2].revents;
}

static bool wire_open(struct wire *wire, long far)
{
    sigset_t taken;
    (void)sigemptyset(&taken);
    (void)sigaddset(&taken, SIGTERM);
    (void)sigaddset(&taken, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &taken, NULL);
    wire->signals = signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
    int near_device = device_open();
    int far_device = far_device_open(far);
    wire->ways[0].from = wire->ways[1].to = near_device;
    wire->ways[1].from = wire->ways[0].to = far_device;
    (void)puts("ready");
    return wire->signals >= 0 && near_device >= 0 && far_device >= 0 && fflush(stdout) == 0;
}

static void write_count(const struct wire *wire)
{
    FILE *file = wire->count_path ? fopen(wire->count_path, "w") : NULL;
    if (!file)
        return;
    (void)fprintf(file, "{\"up\":%llu,\"down\":%llu,\"lost\":%llu}\n",
                  (unsigned long long)wire->ways[0].carried,
                  (unsigned long long)wire->ways[1].carried, (unsigned long long)wire->lost);
    (void)fclose(file);
}

static const struct option options[] = {{"far", required_argument, NULL, 'f'},
                                        {"rate", required_argument, NULL, 'r'},
                                        {"delay-ms", required_argument, NULL, 'd'},
                                        {"loss", required_argument, NULL, 'l'},
                                        {"seed", required_argument, NULL, 's'},
                                        {"count", required_argument, NULL, 'n'},
                                        {NULL, 0, NULL, 0}};

int main(int argc, char **argv)
{
    static struct wire wire;
    long far = 0;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        long long value = option == 'n' ? 0 : strtoll(optarg ? optarg : "", NULL, 10);
        switch (option) {
        case 'f':
            far = (long)value;
            break;
        case 'r':
            wire.rate = value;
            break;
        case 'd':
            wire.delay_us = value * 1000;
            break;
        case 'l':
            wire.loss = (uint64_t)value;
            break;
        case 's':
            wire.random = (uint64_t)value;
            break;
        case 'n':
            wire.count_path = optarg;
            break;
        default:
            return 2;
        }
    }
    if (far <= 0) {
        (void)fprintf(stderr, "wire: --far PID is needed\n");
        return 2;
    }
    if (!wire_open(&wire, far)) {
        perror("wire");
        return 5;
    }
    while (turn(&wire)) {
    }
    write_count(&wire);
    return 0;
}
