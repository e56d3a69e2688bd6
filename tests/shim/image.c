/*
 * Reads a log of libpower.so: how long it is, what stood where, and what a power cut at one of its
 * points leaves.
 *
 *   power_image mark LOG TEXT                     the test notes what it was told
 *   power_image points LOG                        "ENTRIES", then a line "INDEX TEXT" a mark
 *   power_image cut LOG ROOT OUT POINT SEED [NODE …]   writes ROOT as it is below OUT after the
 *       first POINT entries, the named nodes without power, the others only killed; prints what had
 *       been marked and told by then: "mark TEXT", "ack NODE LOG SEQ ID16", "said NODE JSON"
 */
#include "tests/shim/disk.h"
#include "tests/shim/told.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/stat.h>

enum { NODES_MAX = 8, PROGRAMS_MAX = 4096, NODE_BYTES = 64 };

/* A log in memory, and where its next entry begins. */
struct reading {
    const uint8_t *bytes;
    size_t size, at;
    struct trace trace;
    const char *path;
    const uint8_t *data;
};

/* The district at one point. */
struct district {
    struct disk *disk;
    struct told *told;
    char nodes[NODES_MAX][NODE_BYTES];
    size_t node_count;
    uint32_t pids[PROGRAMS_MAX]; /* whose disk a program works on */
    size_t of[PROGRAMS_MAX];
    size_t pid_count;
};

static _Noreturn void give_up(const char *why)
{
    (void)fprintf(stderr, "power_image: %s\n", why);
    exit(2);
}

static struct reading reading_open(const char *path)
{
    struct stat about;
    int descriptor = open(path, O_RDONLY);
    if (descriptor < 0 || fstat(descriptor, &about) != 0 || about.st_size == 0)
        give_up("the log cannot be read");
    void *bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (bytes == MAP_FAILED)
        give_up("the log cannot be mapped");
    (void)close(descriptor);
    return (struct reading){.bytes = bytes, .size = (size_t)about.st_size};
}

static bool reading_next(struct reading *reading)
{
    size_t left = reading->size - reading->at;
    if (left < sizeof reading->trace)
        return false;
    memcpy(&reading->trace, reading->bytes + reading->at, sizeof reading->trace);
    size_t whole = sizeof reading->trace + reading->trace.path_size + reading->trace.data_size;
    if (reading->trace.magic != TRACE_MAGIC || left < whole)
        give_up("the log is not whole");
    reading->path = (const char *)reading->bytes + reading->at + sizeof reading->trace;
    reading->data = (const uint8_t *)reading->path + reading->trace.path_size;
    reading->at += whole;
    return true;
}

static int mark(const char *path, const char *text)
{
    size_t size = strlen(text);
    struct trace trace = {.magic = TRACE_MAGIC, .kind = TRACE_MARK};
    uint8_t *entry = malloc(sizeof trace + size);
    int descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);

    if (!entry || descriptor < 0)
        give_up("the log cannot be written");
    trace.data_size = (uint32_t)size;
    memcpy(entry, &trace, sizeof trace);
    memcpy(entry + sizeof trace, text, size);
    bool done = write(descriptor, entry, sizeof trace + size) == (ssize_t)(sizeof trace + size);
    free(entry);
    return close(descriptor) == 0 && done ? 0 : 2;
}

static int points(const char *path)
{
    struct reading reading = reading_open(path);
    unsigned long count = 0;

    while (reading_next(&reading))
        count++;
    (void)printf("%lu\n", count);
    reading.at = 0;
    for (count = 1; reading_next(&reading); count++) {
        if (reading.trace.kind == TRACE_MARK)
            (void)printf("%lu %.*s\n", count, (int)reading.trace.data_size,
                         (const char *)reading.data);
    }
    return 0;
}

static size_t node_number(struct district *district, const char *node)
{
    size_t i = 0;
    while (i < district->node_count && strcmp(district->nodes[i], node) != 0)
        i++;
    if (i == NODES_MAX)
        give_up("too many nodes");
    if (i == district->node_count)
        (void)snprintf(district->nodes[district->node_count++], NODE_BYTES, "%s", node);
    return i;
}

/* Whose a program is shows in the first name below the root it touches. */
static void note_program(struct district *district, uint32_t pid, const char *path)
{
    char node[NODE_BYTES];
    for (size_t i = 0; i < district->pid_count; i++) {
        if (district->pids[i] == pid)
            return;
    }
    if (!disk_node_of(district->disk, path, node, sizeof node))
        return;
    if (district->pid_count == PROGRAMS_MAX)
        give_up("too many programs");
    district->pids[district->pid_count] = pid;
    district->of[district->pid_count++] = node_number(district, node);
}

static void take(struct district *district, const struct reading *reading)
{
    const struct trace *trace = &reading->trace;

    if (trace->kind == TRACE_MARK)
        (void)printf("mark %.*s\n", (int)trace->data_size, (const char *)reading->data);
    if (trace->path_size > 0)
        note_program(district, trace->pid, reading->path);
    disk_apply(district->disk, trace, reading->path, reading->data);
    for (size_t i = 0; i < district->pid_count && trace->kind == TRACE_SENT; i++) {
        if (district->pids[i] == trace->pid)
            told_take(district->told, district->nodes[district->of[i]], trace, reading->data);
    }
}

static int cut(int count, char **words)
{
    struct reading reading = reading_open(words[0]);
    struct district *district = calloc(1, sizeof *district);
    unsigned long end = strtoul(words[3], NULL, 10);

    if (!district)
        give_up("no memory");
    district->disk = disk_new(words[1]);
    district->told = told_new();
    for (unsigned long i = 0; i < end && reading_next(&reading); i++)
        take(district, &reading);
    told_print(district->told);
    for (size_t i = 0; i < district->node_count; i++) {
        enum disk_cut how = DISK_KILLED;
        for (int victim = 5; victim < count; victim++) {
            if (strcmp(words[victim], district->nodes[i]) == 0)
                how = DISK_CUT;
        }
        disk_seed(district->disk, strtoul(words[4], NULL, 10) * NODES_MAX + i);
        disk_write(district->disk, district->nodes[i], how, words[2]);
    }
    told_free(district->told);
    disk_free(district->disk);
    free(district);
    return 0;
}

int main(int count, char **words)
{
    if (count == 4 && strcmp(words[1], "mark") == 0)
        return mark(words[2], words[3]);
    if (count == 3 && strcmp(words[1], "points") == 0)
        return points(words[2]);
    if (count >= 7 && strcmp(words[1], "cut") == 0)
        return cut(count - 2, words + 2);
    (void)fputs("usage: power_image mark LOG TEXT | points LOG | cut LOG ROOT OUT POINT SEED "
                "[NODE …]\n",
                stderr);
    return 2;
}
