#include "tests/shim/told.h"

#include "protocol/base/arena.h"
#include "protocol/sync/frame/frame.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODE_BYTES = 64, FRAME_MOST = 1 << 20, ARENA_MOST = 1 << 20 };

/* All that left by one socket. */
struct stream {
    char node[NODE_BYTES];
    uint64_t socket;
    uint32_t pid;
    bool local;
    uint8_t *bytes;
    size_t size;
};

struct told {
    struct stream *streams;
    size_t count;
};

static void *grow(void *at, size_t size)
{
    void *grown = realloc(at, size + 1);
    if (!grown) {
        (void)fputs("power_image: no memory\n", stderr);
        exit(1);
    }
    return grown;
}

struct told *told_new(void)
{
    struct told *told = grow(NULL, sizeof *told);
    *told = (struct told){.streams = NULL};
    return told;
}

void told_free(struct told *told)
{
    for (size_t i = 0; i < told->count; i++)
        free(told->streams[i].bytes);
    free(told->streams);
    free(told);
}

static bool begins_with(const uint8_t *bytes, size_t size, const char *text)
{
    size_t length = strlen(text);
    return size >= length && memcmp(bytes, text, length) == 0;
}

/* A number of a socket is used again by a later one: an upgrade begins a new stream. */
void told_take(struct told *told, const char *node, const struct trace *trace, const uint8_t *data)
{
    struct stream *stream = NULL;
    bool begins = begins_with(data, trace->data_size, "GET ") ||
                  begins_with(data, trace->data_size, "HTTP/1.1 ");

    for (size_t i = 0; i < told->count && !begins; i++) {
        if (told->streams[i].socket == trace->file && told->streams[i].pid == trace->pid)
            stream = &told->streams[i];
    }
    if (!stream) {
        told->streams = grow(told->streams, (told->count + 1) * sizeof *told->streams);
        stream = &told->streams[told->count++];
        *stream =
            (struct stream){.socket = trace->file, .pid = trace->pid, .local = trace->flag != 0};
        (void)snprintf(stream->node, sizeof stream->node, "%s", node);
    }
    stream->bytes = grow(stream->bytes, stream->size + trace->data_size);
    memcpy(stream->bytes + stream->size, data, trace->data_size);
    stream->size += trace->data_size;
}

static void print_hex(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        (void)printf("%02x", bytes[i]);
}

static void print_ack(const char *node, struct bytes message)
{
    struct arena arena;
    struct ack ack;

    arena_init(&arena, ARENA_MOST);
    if (message.size > 0 && message.at[0] == FRAME_ACK &&
        ack_decode(message, &arena, &ack) == STATUS_OK) {
        for (size_t i = 0; i < ack.head_count; i++) {
            const struct head *head = &ack.heads[i];
            (void)printf("ack %s ", node);
            print_hex(head->log.bytes, sizeof head->log.bytes);
            (void)printf(" %llu ", (unsigned long long)head->seq);
            print_hex(head->id16.bytes, sizeof head->id16.bytes);
            (void)putchar('\n');
        }
    }
    arena_deinit(&arena);
}

/* One websocket frame at |at|: its payload, unmasked into |message|; 0: it is not whole. */
static size_t take_frame(const uint8_t *at, size_t left, uint8_t *message, size_t *size)
{
    size_t head = 2, length = left >= 2 ? at[1] & 127 : 0, wide = 0;

    if (left < 2)
        return 0;
    wide = length == 126 ? 2 : length == 127 ? 8 : 0;
    head += wide + ((at[1] & 128) != 0 ? 4 : 0);
    if (left < head)
        return 0;
    if (wide > 0) {
        length = 0;
        for (size_t i = 0; i < wide; i++)
            length = length << 8 | at[2 + i];
    }
    if (length > FRAME_MOST - *size || left < head + length)
        return 0;
    for (size_t i = 0; i < length; i++)
        message[*size + i] =
            at[head + i] ^ ((at[1] & 128) != 0 ? at[head - 4 + i % 4] : (uint8_t)0);
    *size += length;
    return head + length;
}

static void print_session(const struct stream *stream)
{
    uint8_t *message = grow(NULL, FRAME_MOST);
    size_t at = 0, size = 0, taken = 0;

    while (at + 4 <= stream->size && memcmp(stream->bytes + at, "\r\n\r\n", 4) != 0)
        at++;
    at += 4;
    while (at < stream->size &&
           (taken = take_frame(stream->bytes + at, stream->size - at, message, &size)) > 0) {
        bool control = (stream->bytes[at] & 8) != 0, last = (stream->bytes[at] & 128) != 0;
        at += taken;
        if (last && !control)
            print_ack(stream->node, bytes_of(message, size));
        if (last)
            size = 0;
    }
    free(message);
}

/* The answers of a daemon: lines of JSON; those of one local connection stand behind each other. */
static void print_answers(const struct stream *stream)
{
    size_t from = 0;

    for (size_t at = 0; at < stream->size; at++) {
        if (stream->bytes[at] != '\n')
            continue;
        if (at > from)
            (void)printf("said %s %.*s\n", stream->node, (int)(at - from),
                         (const char *)stream->bytes + from);
        from = at + 1;
    }
}

void told_print(const struct told *told)
{
    for (size_t i = 0; i < told->count; i++) {
        const struct stream *stream = &told->streams[i];
        if (stream->local)
            print_answers(stream);
        else if (begins_with(stream->bytes, stream->size, "GET /sync") ||
                 begins_with(stream->bytes, stream->size, "HTTP/1.1 101"))
            print_session(stream);
    }
}
