/*
 * The disk of one power cut: what a log of libpower.so says was done to it, and what of that is
 * there afterwards.
 *
 * A flushed byte is there. Of the rest each sector of 512 bytes holds, at random, what it held at
 * any moment since the last flush; a file has any of the lengths it had. What was done to folders
 * is undone from the end, back to the last flush of that folder at most, as in a file system that
 * keeps a journal; a flush of a file does not flush its name.
 */
#ifndef HOSO_TESTS_SHIM_DISK_H
#define HOSO_TESTS_SHIM_DISK_H

#include "tests/shim/trace.h"

#include <stdbool.h>
#include <stddef.h>

struct disk;

/* How a node's disk ends. */
enum disk_cut {
    DISK_KILLED, /* only the programs ended: all is there */
    DISK_CUT     /* so did the power */
};

/* An empty disk on which |root| is the folder of the nodes. Never NULL: it ends the program. */
struct disk *disk_new(const char *root);
void disk_free(struct disk *disk);
/* Does one entry; |path| and |data| are borrowed until disk_free(). */
void disk_apply(struct disk *disk, const struct trace *trace, const char *path,
                const uint8_t *data);
/* The node (first folder below the root) a path belongs to; false: none. */
bool disk_node_of(const struct disk *disk, const char *path, char *node, size_t room);
/* Writes what is left of |node| below folder |out|. */
void disk_write(const struct disk *disk, const char *node, enum disk_cut cut, const char *out);
/* The seed of every choice. */
void disk_seed(struct disk *disk, uint64_t seed);

#endif
