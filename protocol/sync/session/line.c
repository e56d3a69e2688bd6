#include "protocol/sync/session/line.h"

#include <stdlib.h>
#include <string.h>

enum {
    FRAMES_A_SECOND = 4, /* a frame lasts at most 250 ms */
    FRAMES_IN_FLIGHT = 3,
    TRIP_DRIFT = 256 /* the shortest trip rises by this part of what longer ones are above it */
};

static size_t frame_of(uint64_t rate, size_t most)
{
    uint64_t aim = rate / FRAMES_A_SECOND;
    aim = aim > most ? most : aim;
    aim = aim < LINE_FRAME_LEAST ? LINE_FRAME_LEAST : aim;
    return (size_t)(aim > LINE_FRAME_MOST ? LINE_FRAME_MOST : aim);
}

void line_init(struct line *line, uint64_t window)
{
    memset(line, 0, sizeof *line);
    line->window = window;
    line->frame = LINE_FRAME_FIRST;
}

void line_rest(struct line *line)
{
    free(line->flights);
    line->flights = NULL;
    line->first = line->count = 0;
}

void line_expect(struct line *line, const struct session_line *before)
{
    line->rate = before->rate;
    line->trip_us = before->trip_us;
    if (before->rate > 0) {
        line->frame = frame_of(before->rate, LINE_FRAME_MOST);
    }
}

bool line_admits(struct line *line, size_t size)
{
    if (line->busy || line->window == 0) {
        return false;
    }
    uint64_t flying = line->sent - line->acked;
    if (flying == 0) {
        return true;
    }
    /* 1e12 bytes/s times a second stays far below 2^64. */
    uint64_t pipe =
        line->rate * line->trip_us / 1000000 * 3 / 4 + FRAMES_IN_FLIGHT * (uint64_t)line->frame;
    uint64_t most = pipe < line->window ? pipe : line->window;
    if (flying + size > most || line->count == LINE_FLIGHTS) {
        line->full_until = line->sent;
        return false;
    }
    return true;
}

void line_sent(struct line *line, size_t size, uint64_t now_us)
{
    if (line->count == 0) {
        line->progress_us = now_us;
    }
    line->sent += size;
    line->busy = true;
    if (line->flights == NULL) { /* without memory the line is measured later */
        line->flights = calloc(LINE_FLIGHTS, sizeof *line->flights);
    }
    if (line->flights != NULL && line->count < LINE_FLIGHTS) {
        size_t place = (line->first + line->count++) % LINE_FLIGHTS;
        line->flights[place].end = line->sent;
        line->flights[place].acked = line->acked;
        line->flights[place].at_us = now_us;
    }
}

static void measure(struct line *line, size_t place, uint64_t now_us)
{
    uint64_t trip = now_us - line->flights[place].at_us;
    trip = trip == 0 ? 1 : trip;
    if (line->trip_us == 0 || trip < line->trip_us) {
        line->trip_us = trip;
    } else {
        line->trip_us += (trip - line->trip_us) / TRIP_DRIFT;
    }
    uint64_t delivered = line->flights[place].end - line->flights[place].acked;
    uint64_t rate = delivered * 1000000 / trip;
    /* What left while there was room says how little was asked of the line, not what it bears; and
     * of the first flight nothing came back before it left: its time is the round trip's. */
    bool full = line->flights[place].end <= line->full_until && line->flights[place].acked > 0;
    if (rate >= line->rate) {
        line->rate = rate;
    } else if (full) {
        line->rate -= (line->rate - rate) / 8;
    }
    size_t aim = frame_of(line->rate, 2 * line->frame);
    if (full || aim > line->frame) {
        line->frame = aim;
    }
}

bool line_acked(struct line *line, uint64_t bytes, uint64_t now_us)
{
    if (bytes < line->acked || bytes > line->sent) {
        return false;
    }
    if (bytes > line->acked) {
        line->progress_us = now_us;
    }
    line->acked = bytes;
    while (line->count > 0 && line->flights[line->first].end <= bytes) {
        measure(line, line->first, now_us);
        line->first = (line->first + 1) % LINE_FLIGHTS;
        line->count--;
    }
    return true;
}
