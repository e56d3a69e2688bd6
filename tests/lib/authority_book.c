#include "tests/lib/authority_book.h"

#include "tests/lib/unit.h"

#include <string.h>

void book_init(struct book *book)
{
    memset(book, 0, sizeof(*book));
    arena_init(&book->arena, 1 << 24);
}

void book_deinit(struct book *book)
{
    arena_deinit(&book->arena);
}

struct public_key book_key(uint8_t number)
{
    struct public_key key = {{0}};
    key.bytes[0] = 7;
    key.bytes[1] = number;
    key.bytes[31] = number;
    return key;
}

struct name book_scope(uint8_t number)
{
    return (struct name){{number, 1}};
}

struct name book_log(uint8_t number)
{
    return (struct name){{0xa0, number}};
}

struct position book_position(const struct book *book, size_t record)
{
    return (struct position){record_log(&book->records[record]), book->records[record].header.seq,
                             book->records[record].id};
}

size_t book_keep(struct book *book, uint8_t writer, uint64_t kind, struct buffer *body)
{
    bool ok = true;
    size_t number = book->count++;
    struct record *record = &book->records[number];
    record->header.kind = kind;
    record->header.log = book_log(writer);
    record->header.seq = ++book->seqs[writer] + 1;
    record->id.bytes[0] = 9;
    record->id.bytes[8] = (uint8_t)number;
    record->has_body = true;
    record->body = arena_copy(&book->arena, buffer_view(body), &ok);
    book->writers[number] = book_key(writer);
    assert_true(ok);
    buffer_deinit(body);
    return number;
}

static const uint8_t salt[SALT_BYTES] = {1};

size_t book_write_grant(struct book *book, uint8_t writer, const struct grant *grant)
{
    struct buffer body;
    buffer_init(&body, LIMIT_BODY_BYTES);
    assert_int_equal(grant_encode(salt, grant, &body), STATUS_OK);
    return book_keep(book, writer, KIND_GRANT, &body);
}

size_t book_grant(struct book *book, uint8_t from, uint8_t to, uint64_t role)
{
    struct name scopes[] = {book_scope(SCOPE_A)};
    struct grant made = {.key = book_key(to),
                         .role = role,
                         .unit = bytes_of_text("xa"),
                         .scopes = scopes,
                         .scope_count = role == ROLE_HUB ? 0 : 1,
                         .may_grant = role != ROLE_DEVICE,
                         .counter_owner = role == ROLE_OFFICE,
                         .sees_all = role == ROLE_HUB};
    return book_write_grant(book, from, &made);
}

size_t book_revoke(struct book *book, uint8_t from, size_t granted, const struct position *cuts,
                   size_t count)
{
    struct buffer body;
    struct revocation revocation = {book->records[granted].id, cuts, count,
                                    bytes_of_text("mất máy")};
    buffer_init(&body, LIMIT_BODY_BYTES);
    assert_int_equal(revocation_encode(salt, &revocation, &body), STATUS_OK);
    return book_keep(book, from, KIND_REVOCATION, &body);
}

static struct record_range range(const struct position *at)
{
    return (struct record_range){at->log, at->seq, at->seq, at->id};
}

size_t book_refuse(struct book *book, uint8_t from, const struct position *at)
{
    struct buffer body;
    struct refusal refusal = {range(at), bytes_of_text("giả")};
    buffer_init(&body, LIMIT_BODY_BYTES);
    assert_int_equal(refusal_encode(salt, &refusal, &body), STATUS_OK);
    return book_keep(book, from, KIND_REFUSAL, &body);
}

size_t book_release(struct book *book, uint8_t from, const struct position *at, uint64_t mode)
{
    struct buffer body;
    struct release released = {mode, range(at), bytes_of_text("đúng người")};
    buffer_init(&body, LIMIT_BODY_BYTES);
    assert_int_equal(release_encode(salt, &released, &body), STATUS_OK);
    return book_keep(book, from, KIND_RELEASE, &body);
}
