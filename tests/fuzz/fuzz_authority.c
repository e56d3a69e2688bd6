/* Authority bodies and packs: what decodes encodes again, to no more bytes and to the same ones
 * unless it says what this version passes over; and no body upsets a set. */
#include "protocol/case/authority/authority.h"
#include "protocol/case/pack/pack.h"
#include "protocol/case/view/order.h"
#include "tests/fuzz/target.h"

static void check_again(enum status encoded, struct buffer *again, struct bytes bytes)
{
    FUZZ_MUST(encoded == STATUS_OK);
    FUZZ_MUST(again->size <= bytes.size);
    FUZZ_MUST(again->size < bytes.size || bytes_equal(buffer_view(again), bytes));
    buffer_deinit(again);
}

/* The salt of a body that decoded: its first item, an array header and a bin header before it. */
static const uint8_t *salt_of(struct bytes bytes)
{
    return bytes.at + 3;
}

static void check_orders(struct bytes bytes, struct arena *arena)
{
    struct buffer again;
    struct revocation revocation;
    struct release release;
    struct refusal refusal;
    struct erasure erasure;
    buffer_init(&again, LIMIT_BODY_BYTES);
    if (revocation_decode(bytes, arena, &revocation) == STATUS_OK)
        check_again(revocation_encode(salt_of(bytes), &revocation, &again), &again, bytes);
    buffer_init(&again, LIMIT_BODY_BYTES);
    if (release_decode(bytes, arena, &release) == STATUS_OK)
        check_again(release_encode(salt_of(bytes), &release, &again), &again, bytes);
    buffer_init(&again, LIMIT_BODY_BYTES);
    if (refusal_decode(bytes, arena, &refusal) == STATUS_OK)
        check_again(refusal_encode(salt_of(bytes), &refusal, &again), &again, bytes);
    buffer_init(&again, LIMIT_BODY_BYTES);
    if (erasure_decode(bytes, arena, &erasure) == STATUS_OK)
        check_again(erasure_encode(salt_of(bytes), &erasure, &again), &again, bytes);
}

static void check_pack(struct bytes bytes, struct arena *arena)
{
    struct pack pack;
    struct buffer again;
    buffer_init(&again, LIMIT_PACK_BYTES);
    if (pack_decode(bytes, arena, &pack) != STATUS_OK)
        return;
    FUZZ_MUST(pack_encode(&pack, &again) == STATUS_OK);
    FUZZ_MUST(bytes_equal(buffer_view(&again), bytes));
    buffer_deinit(&again);
}

/* As a record of every kind, written by the root. */
static void check_set(struct bytes bytes)
{
    static const struct public_key root = {{1}};
    struct authority *authority = authority_new(&root);
    FUZZ_MUST(authority != NULL);
    for (uint8_t kind = KIND_GRANT; kind <= KIND_ERASURE; kind++) {
        struct record record = {.has_body = true, .body = bytes, .id = {{kind}}};
        record.header.kind = kind;
        record.header.seq = kind;
        enum status status = authority_add(authority, &record, &root);
        FUZZ_MUST(status == STATUS_OK || status == STATUS_MALFORMED);
    }
    struct authority *copy = authority_copy(authority);
    FUZZ_MUST(copy != NULL);
    authority_free(authority);
    authority_free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct grant grant;
    struct buffer again;
    struct bytes bytes = bytes_of(data, size);
    arena_init(&arena, SIZE_MAX);
    buffer_init(&again, LIMIT_BODY_BYTES);
    if (grant_decode(bytes, &arena, &grant) == STATUS_OK)
        check_again(grant_encode(salt_of(bytes), &grant, &again), &again, bytes);
    check_orders(bytes, &arena);
    check_pack(bytes, &arena);
    check_set(bytes);
    arena_deinit(&arena);
    return 0;
}
