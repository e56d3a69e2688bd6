#include "tests/hostile/attack.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UPGRADE "/sync?v=1&n=AAECAwQFBgcICQoLDA0ODw"

enum {
    CUT_MS = 30000, /* a stranger has 20 s */
    GARBAGE_BYTES = 64 * 1024,
    HEADER_BYTES = 1024 * 1024
};

/* How many of the lines the node closes. */
static size_t count_cut(struct line *lines, size_t count)
{
    uint64_t until = now_ms() + CUT_MS;
    size_t cut = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t now = now_ms();

        cut += line_is_cut(&lines[i], now < until ? (int)(until - now) : 0);
        line_close(&lines[i]);
    }
    return cut;
}

/* Connections that say noise instead of HTTP, and after a good upgrade noise instead of frames. */
bool attack_garbage(const char *address, size_t count)
{
    static uint8_t noise[GARBAGE_BYTES];
    struct random random = {now_us()};
    struct line *lines = calloc(count, sizeof *lines);
    size_t cut = 0;

    if (lines == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        random_fill(&random, noise, sizeof noise);
        if (line_connect(&lines[i], address) && i % 2 == 1)
            (void)line_upgrade(&lines[i], UPGRADE);
        (void)line_raw(&lines[i], noise, sizeof noise);
    }
    cut = count_cut(lines, count);
    free(lines);
    printf("garbage connections=%zu cut=%zu\n", count, cut);
    return cut == count;
}

/* Lengths that lie, in every layer a stranger reaches. */
bool attack_lengths(const char *address, size_t count)
{
    static const uint8_t lies[][14] = {
        {0x82, 0xff, 0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
        {0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
        /* A HELLO whose array has 2^28 items; one whose binary has 4 GiB. */
        {0x82, 0x86, 0, 0, 0, 0, 1, 0xdd, 0x10, 0, 0, 0},
        {0x82, 0x86, 0, 0, 0, 0, 1, 0xc6, 0xff, 0xff, 0xff, 0xff},
    };
    enum { LIES = sizeof lies / sizeof lies[0], ALL = LIES + 2 };
    struct line lines[ALL];
    uint8_t *header = malloc(HEADER_BYTES);
    size_t cut = 0;

    (void)count;
    if (header == NULL)
        return false;
    for (size_t i = 0; i < ALL; i++) {
        if (!line_connect(&lines[i], address) || i >= LIES)
            continue;
        (void)line_upgrade(&lines[i], UPGRADE);
        (void)line_raw(&lines[i], lies[i], sizeof lies[i]);
    }
    memset(header, 'a', HEADER_BYTES);
    memcpy(header, "GET /", 5);
    (void)line_raw(&lines[LIES], header, HEADER_BYTES);
    memcpy(header, "GET /sync?v=1&n=", 16);
    memcpy(header + 1024, " HTTP/1.1\r\nX: ", 14);
    (void)line_raw(&lines[LIES + 1], header, HEADER_BYTES);
    free(header);
    cut = count_cut(lines, ALL);
    printf("lengths lies=%d cut=%zu\n", ALL, cut);
    return cut == ALL;
}

/* Connections that are opened and say nothing. All of them must be gone by themselves. */
bool attack_half_open(const char *address, size_t count)
{
    struct line *lines = calloc(count, sizeof *lines);
    size_t opened = 0;
    size_t cut = 0;

    if (lines == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        opened += line_connect(&lines[i], address);
    printf("half_open opened=%zu\n", opened);
    fflush(stdout);
    cut = count_cut(lines, count);
    free(lines);
    printf("half_open connections=%zu cut=%zu\n", count, cut);
    return cut == count;
}

/* One byte a second of an upgrade that never ends. */
bool attack_slow(const char *address, size_t count)
{
    static const char text[] = "GET /sync?v=1&n=AAECAwQFBgcICQoLDA0ODw HTTP/1.1\r\nHost: hub\r\n";
    struct line *lines = calloc(count, sizeof *lines);
    uint64_t begun = now_ms();
    size_t cut = 0;

    if (lines == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        (void)line_connect(&lines[i], address);
    for (size_t at = 0; at < sizeof text - 1 && now_ms() - begun < CUT_MS && cut < count; at++) {
        cut = 0;
        for (size_t i = 0; i < count; i++) {
            (void)line_raw(&lines[i], text + at, 1);
            cut += line_is_cut(&lines[i], 0);
        }
        if (cut < count)
            sleep(1);
    }
    printf("slow connections=%zu cut=%zu ms=%" PRIu64 "\n", count, cut, now_ms() - begun);
    for (size_t i = 0; i < count; i++)
        line_close(&lines[i]);
    free(lines);
    return cut == count;
}
