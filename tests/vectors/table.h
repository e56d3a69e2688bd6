/*
 * The files of vectors, each with the module that makes and checks it. To add one, declare its two
 * functions here and give it a row in table.c.
 */
#ifndef HOSO_TESTS_VECTORS_TABLE_H
#define HOSO_TESTS_VECTORS_TABLE_H

#include "tests/vectors/vector.h"

json_t *encoding_make(void);
void encoding_check(const json_t *file);
json_t *records_make(void);
void records_check(const json_t *file);
json_t *runs_make(void);
void runs_check(const json_t *file);
json_t *signatures_make(void);
void signatures_check(const json_t *file);
json_t *rejected_make(void);
void rejected_check(const json_t *file);
json_t *receipts_make(void);
void receipts_check(const json_t *file);
json_t *handshake_make(void);
void handshake_check(const json_t *file);
json_t *frames_make(void);
void frames_check(const json_t *file);
json_t *packs_make(void);
void packs_check(const json_t *file);
json_t *authority_make(void);
void authority_check(const json_t *file);
json_t *views_make(void);
void views_check(const json_t *file);

/* Appends the canonical form of the small pack of packs.json. */
void vector_pack(struct buffer *out);

#endif
