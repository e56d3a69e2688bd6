/*
 * Authority records without signatures, kept in the order they were made. Keys, scopes and logs are
 * numbers; key 0 is the root, and key n writes in log n.
 */
#ifndef HOSO_TESTS_LIB_AUTHORITY_BOOK_H
#define HOSO_TESTS_LIB_AUTHORITY_BOOK_H

#include "protocol/case/authority/authority.h"
#include "protocol/case/view/order.h"

enum { BOOK_RECORDS = 64, SCOPE_A = 1, SCOPE_B = 2 };

struct book {
    struct arena arena;
    struct record records[BOOK_RECORDS];
    struct public_key writers[BOOK_RECORDS];
    size_t count;
    uint64_t seqs[256];
};

void book_init(struct book *book);
void book_deinit(struct book *book);

/* All keys begin alike: look-ups must compare the whole. */
struct public_key book_key(uint8_t number);
struct name book_scope(uint8_t number);
struct name book_log(uint8_t number);
struct position book_position(const struct book *book, size_t record);

/* Adds a record of |writer|; takes |body|. Each of these returns the record's number. */
size_t book_keep(struct book *book, uint8_t writer, uint64_t kind, struct buffer *body);
size_t book_write_grant(struct book *book, uint8_t writer, const struct grant *grant);
/* An office or device of unit "xa" in scope A; an office owns the counter; a hub sees all. All but
 * devices may grant. */
size_t book_grant(struct book *book, uint8_t from, uint8_t to, uint64_t role);
size_t book_revoke(struct book *book, uint8_t from, size_t granted, const struct position *cuts,
                   size_t count);
size_t book_refuse(struct book *book, uint8_t from, const struct position *at);
size_t book_release(struct book *book, uint8_t from, const struct position *at, uint64_t mode);

#endif
