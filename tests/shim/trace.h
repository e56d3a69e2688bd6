/*
 * The log that libpower.so writes and power_image reads: what programs did to their disks and told
 * over their sockets, in one order. An entry is this header, then |path_size| bytes of path (of a
 * rename: both, each ended by a zero), then |data_size| bytes.
 */
#ifndef HOSO_TESTS_SHIM_TRACE_H
#define HOSO_TESTS_SHIM_TRACE_H

#include <stdint.h>

enum { TRACE_MAGIC = 0x70777231 };

enum trace_kind {
    TRACE_CREATE = 1, /* path, file */
    TRACE_WRITE,      /* file, offset, data; flag 1: durable by itself (O_DSYNC) */
    TRACE_TRUNCATE,   /* file, offset: the size */
    TRACE_SYNC,       /* file; of a folder also its path */
    TRACE_RENAME,     /* both paths */
    TRACE_UNLINK,     /* path; a folder's too */
    TRACE_MAKE_FOLDER,
    TRACE_SENT, /* file: the socket; data; flag 1: a local socket */
    TRACE_MARK  /* data: what the test did or was told */
};

struct trace {
    uint32_t magic;
    uint32_t kind;
    uint32_t pid;
    uint32_t flag;
    uint64_t file; /* i-node */
    uint64_t offset;
    uint32_t path_size;
    uint32_t data_size;
};

#endif
