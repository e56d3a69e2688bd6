/*
 * A kept corpus: a text file with one input a line, in hex.
 */
#ifndef HOSO_TESTS_FUZZ_CORPUS_H
#define HOSO_TESTS_FUZZ_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CORPUS_INPUT_BYTES = 65536 };

/* Hands every input of |path| to |take|, in memory of exactly its size. False: not readable, or a
 * line that is not hex; that is said on stderr. */
bool corpus_each(const char *path, void (*take)(const uint8_t *data, size_t size, void *context),
                 void *context);

#endif
