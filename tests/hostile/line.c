#include "tests/hostile/line.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum {
    FRAME_MOST = 1 << 20,
    SEND_WAIT_MS = 10000,
    OPCODE_BINARY = 2,
    OPCODE_CLOSE = 8,
    OPCODE_PING = 9,
    OPCODE_PONG = 10
};

uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t now_ms(void)
{
    return now_us() / 1000;
}

bool line_connect(struct line *line, const char *address)
{
    char host[64];
    const char *colon = strrchr(address, ':');
    struct sockaddr_in name = {.sin_family = AF_INET};
    int one = 1;

    *line = (struct line){.fd = -1};
    if (colon == NULL || (size_t)(colon - address) >= sizeof host)
        return false;
    memcpy(host, address, (size_t)(colon - address));
    host[colon - address] = '\0';
    name.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    if (inet_pton(AF_INET, host, &name.sin_addr) != 1)
        return false;
    line->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (line->fd < 0 || connect(line->fd, (struct sockaddr *)&name, sizeof name) != 0) {
        line_close(line);
        return false;
    }
    (void)setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (void)fcntl(line->fd, F_SETFL, O_NONBLOCK);
    return true;
}

void line_close(struct line *line)
{
    if (line->fd >= 0)
        close(line->fd);
    line->fd = -1;
    free(line->frame);
    line->frame = NULL;
}

static bool wait_for(int fd, short events, int wait_ms)
{
    struct pollfd watched = {.fd = fd, .events = events};

    return poll(&watched, 1, wait_ms) == 1 && (watched.revents & events) != 0;
}

bool line_raw(struct line *line, const void *at, size_t size)
{
    const uint8_t *from = at;

    while (size > 0 && line->fd >= 0) {
        ssize_t sent = send(line->fd, from, size, MSG_NOSIGNAL);

        if (sent > 0) {
            from += sent;
            size -= (size_t)sent;
            line->sent += (uint64_t)sent;
        } else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
            line_close(line);
        } else if (!wait_for(line->fd, POLLOUT, SEND_WAIT_MS)) {
            return false;
        }
    }
    return size == 0;
}

/* Exactly |size| bytes; false: as line_read(). */
static bool take(struct line *line, void *at, size_t size, int wait_ms)
{
    uint8_t *to = at;

    while (size > 0 && line->fd >= 0) {
        ssize_t got = recv(line->fd, to, size, 0);

        if (got > 0) {
            to += got;
            size -= (size_t)got;
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            line_close(line);
        } else if (!wait_for(line->fd, POLLIN, wait_ms)) {
            return false;
        }
    }
    return size == 0;
}

bool line_upgrade(struct line *line, const char *path)
{
    char text[512];
    size_t size = 0;
    int length = snprintf(text, sizeof text,
                          "GET %s HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: "
                          "websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                          "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: hoso\r\n\r\n",
                          path);

    if (!line_raw(line, text, (size_t)length))
        return false;
    while (size < sizeof text - 1) {
        if (!take(line, text + size, 1, SEND_WAIT_MS))
            return false;
        text[++size] = '\0';
        if (size >= 4 && strcmp(text + size - 4, "\r\n\r\n") == 0)
            return strncmp(text, "HTTP/1.1 101", 12) == 0;
    }
    return false;
}

static size_t put_head(uint8_t head[14], uint8_t opcode, uint64_t size)
{
    size_t at = 2;

    head[0] = 0x80 | opcode;
    if (size < 126) {
        head[1] = 0x80 | (uint8_t)size;
    } else if (size <= UINT16_MAX) {
        head[1] = 0x80 | 126;
        head[2] = (uint8_t)(size >> 8);
        head[3] = (uint8_t)size;
        at = 4;
    } else {
        head[1] = 0x80 | 127;
        be64_store(head + 2, size);
        at = 10;
    }
    memset(head + at, 0, 4); /* a mask of zeros leaves the bytes as they are */
    return at + 4;
}

static bool send_message(struct line *line, uint8_t opcode, struct bytes message)
{
    uint8_t *whole = malloc(14 + message.size);
    size_t head = 0;
    bool sent = false;

    if (whole == NULL)
        return false;
    head = put_head(whole, opcode, message.size);
    if (message.size > 0)
        memcpy(whole + head, message.at, message.size);
    sent = line_raw(line, whole, head + message.size);
    free(whole);
    return sent;
}

bool line_send(struct line *line, struct bytes frame)
{
    return send_message(line, OPCODE_BINARY, frame);
}

static bool take_message(struct line *line, int wait_ms, uint8_t *opcode, size_t *size)
{
    uint8_t head[10];
    uint64_t length = 0;

    if (!take(line, head, 2, wait_ms))
        return false;
    *opcode = head[0] & 15;
    length = head[1] & 127;
    if (length == 126 && take(line, head + 2, 2, SEND_WAIT_MS))
        length = (uint64_t)head[2] << 8 | head[3];
    else if (length == 127 && take(line, head + 2, 8, SEND_WAIT_MS))
        length = be64_load(head + 2);
    if (line->fd < 0 || length > FRAME_MOST)
        return false;
    free(line->frame);
    line->frame = malloc(length + 1);
    *size = length;
    return line->frame != NULL && take(line, line->frame, length, SEND_WAIT_MS);
}

bool line_read(struct line *line, int wait_ms, struct bytes *frame)
{
    uint8_t opcode = 0;
    size_t size = 0;

    while (line->fd >= 0 && take_message(line, wait_ms, &opcode, &size)) {
        if (opcode == OPCODE_CLOSE) {
            line_close(line);
            return false;
        }
        if (opcode == OPCODE_PING)
            (void)send_message(line, OPCODE_PONG, bytes_of(line->frame, size));
        if (opcode == OPCODE_BINARY) {
            *frame = bytes_of(line->frame, size);
            return true;
        }
    }
    return false;
}

bool line_is_cut(struct line *line, int wait_ms)
{
    uint64_t until = now_ms() + (uint64_t)wait_ms;
    uint8_t dropped[4096];

    while (line->fd >= 0) {
        uint64_t now = now_ms();
        ssize_t got = recv(line->fd, dropped, sizeof dropped, 0);

        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            line_close(line);
        else if (now >= until)
            return false;
        else if (got < 0)
            (void)wait_for(line->fd, POLLIN, (int)(until - now));
    }
    return true;
}
