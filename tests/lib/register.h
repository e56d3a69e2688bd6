/*
 * The example register as the records an import makes of it: an opening, then for each dossier
 * received, assigned, decided, handed over, signed by one device. Input for tests of the wire.
 */
#ifndef HOSO_TESTS_LIB_REGISTER_H
#define HOSO_TESTS_LIB_REGISTER_H

#include "protocol/record/record.h"

struct register_log {
    struct arena arena;
    struct public_key device;
    struct name log;
    struct record *records;
    size_t count;
};

/* Reads at most |rows| rows of the file at |path|. */
void register_open(struct register_log *log, const char *path, size_t rows);
void register_close(struct register_log *log);

#endif
