#include "protocol/record/receipt.h"

#include "protocol/wire/wire.h"

#include <string.h>

enum {
    RECEIPT_ITEMS = 7,
    CONTENT_ITEMS = 6,
    HEAD_ITEMS = 3,
    ARRAY_OF_CONTENT = 0x90 | CONTENT_ITEMS, /* the one byte before the six items */
    HEAD_BYTES_MOST = 1 + 18 + 9 + 18,
    RECEIPT_BYTES_MOST = 256 + LIMIT_RECEIPT_HEADS * HEAD_BYTES_MOST,
    /* the root, its items, the heads and their items */
    RECEIPT_VALUES_MOST = 1 + RECEIPT_ITEMS + LIMIT_RECEIPT_HEADS * (1 + HEAD_ITEMS)
};

static_assert((int)RECEIPT_BYTES_MOST < (int)LIMIT_FRAME_BYTES, "a receipt fits a frame");

static enum status take_heads(struct wire_reader *from, struct arena *arena,
                              struct receipt *receipt)
{
    struct wire_reader items = wire_take_array(from, 0, LIMIT_RECEIPT_HEADS);
    size_t count = items.left;
    struct receipt_head *heads = arena_array(arena, count, sizeof *heads);
    if (heads == NULL) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        struct wire_reader item = wire_take_array(&items, HEAD_ITEMS, HEAD_ITEMS);
        heads[i].log = wire_take_name(&item, false);
        heads[i].seq = wire_take_unsigned(&item, LIMIT_COUNT);
        heads[i].id16 = wire_take_name(&item, false);
        wire_reader_close(&items, &item);
        if (heads[i].seq == 0 || (i > 0 && name_compare(&heads[i - 1].log, &heads[i].log) >= 0)) {
            return STATUS_MALFORMED;
        }
    }
    receipt->heads = count == 0 ? NULL : heads;
    receipt->head_count = count;
    return wire_reader_end(&items);
}

static enum status take_receipt(struct wire_reader *from, struct arena *arena,
                                struct receipt *receipt, struct signature *signature)
{
    struct hash signer = wire_take_hash(from, false);
    memcpy(receipt->signer.bytes, signer.bytes, sizeof receipt->signer.bytes);
    receipt->epoch = wire_take_name(from, false);
    receipt->arrival = wire_take_unsigned(from, LIMIT_COUNT);
    receipt->running_hash = wire_take_name(from, true);
    receipt->seconds = wire_take_integer(from);
    enum status status = take_heads(from, arena, receipt);
    if (status != STATUS_OK) {
        return status;
    }
    struct bytes bytes = wire_take_binary(from, sizeof signature->bytes, sizeof signature->bytes);
    status = wire_reader_end(from);
    if (status == STATUS_OK) {
        memcpy(signature->bytes, bytes.at, sizeof signature->bytes);
    }
    return status;
}

static enum status decode(struct bytes raw, struct arena *arena, struct receipt *receipt,
                          struct signature *signature)
{
    *receipt = (struct receipt){.arrival = 0};
    if (raw.size > RECEIPT_BYTES_MOST) {
        return STATUS_LIMIT;
    }
    struct arena scratch;
    arena_init(&scratch, RECEIPT_VALUES_MOST * sizeof(struct wire_value));
    struct wire_value value;
    enum status status = wire_decode(raw, &scratch, &value);
    if (status == STATUS_OK) {
        struct wire_reader items = wire_reader_of(&value, RECEIPT_ITEMS, RECEIPT_ITEMS);
        status = take_receipt(&items, arena, receipt, signature);
    }
    arena_deinit(&scratch);
    return status;
}

/* The hash that is signed. |items| are the six items' bytes, without their array's head. */
static struct hash content_hash(struct bytes items)
{
    static const uint8_t head = ARRAY_OF_CONTENT;
    struct bytes parts[2] = {bytes_of(&head, 1), items};
    return seal_hash("hoso/receipt-content/1", parts, 2);
}

enum status receipt_decode(struct bytes raw, struct arena *arena, struct receipt *receipt)
{
    struct signature signature;
    return decode(raw, arena, receipt, &signature);
}

enum status receipt_open(struct bytes raw, struct arena *arena, struct receipt *receipt)
{
    struct signature signature;
    enum status status = decode(raw, arena, receipt, &signature);
    if (status != STATUS_OK) {
        return status;
    }
    /* In canonical form one byte stands before the items, and 2 + 64 are the signature's. */
    struct hash content =
        content_hash(bytes_of(raw.at + 1, raw.size - 1 - 2 - sizeof signature.bytes));
    struct bytes signed_bytes = bytes_of(content.bytes, sizeof content.bytes);
    bool good = seal_verify("hoso/receipt/1", &signed_bytes, 1, &receipt->signer, &signature);
    return good ? STATUS_OK : STATUS_FORGED;
}

static void put_content(struct buffer *out, const struct receipt *receipt)
{
    wire_put_binary(out, bytes_of(receipt->signer.bytes, sizeof receipt->signer.bytes));
    wire_put_name(out, &receipt->epoch);
    wire_put_unsigned(out, receipt->arrival);
    wire_put_name(out, &receipt->running_hash);
    wire_put_integer(out, receipt->seconds);
    wire_put_array(out, receipt->head_count);
    for (size_t i = 0; i < receipt->head_count; i++) {
        wire_put_array(out, HEAD_ITEMS);
        wire_put_name(out, &receipt->heads[i].log);
        wire_put_unsigned(out, receipt->heads[i].seq);
        wire_put_name(out, &receipt->heads[i].id16);
    }
}

/* What a decoder would say of it; the writer's own mistakes are USAGE. */
static enum status check_encoded(struct bytes raw)
{
    struct arena arena;
    arena_init(&arena, LIMIT_RECEIPT_HEADS * sizeof(struct receipt_head));
    struct receipt receipt;
    enum status status = receipt_decode(raw, &arena, &receipt);
    arena_deinit(&arena);
    return status == STATUS_MALFORMED ? STATUS_USAGE : status;
}

enum status receipt_seal(const struct receipt *receipt, const struct secret_key *key,
                         struct buffer *out)
{
    if (memcmp(receipt->signer.bytes, key->bytes + 32, sizeof receipt->signer.bytes) != 0) {
        return STATUS_USAGE;
    }
    if (receipt->head_count > LIMIT_RECEIPT_HEADS) {
        return STATUS_LIMIT;
    }
    size_t start = out->size;
    wire_put_array(out, RECEIPT_ITEMS);
    size_t content_start = out->size;
    put_content(out, receipt);
    if (buffer_status(out) != STATUS_OK) {
        return buffer_status(out);
    }
    struct hash content =
        content_hash(bytes_of(out->at + content_start, out->size - content_start));
    struct bytes signed_bytes = bytes_of(content.bytes, sizeof content.bytes);
    struct signature signature;
    seal_sign("hoso/receipt/1", &signed_bytes, 1, key, &signature);
    wire_put_binary(out, bytes_of(signature.bytes, sizeof signature.bytes));
    if (buffer_status(out) != STATUS_OK) {
        return buffer_status(out);
    }
    return check_encoded(bytes_of(out->at + start, out->size - start));
}

struct name receipt_running_hash(const struct name *running, const struct hash *id)
{
    struct bytes parts[2] = {bytes_of(running->bytes, sizeof running->bytes),
                             bytes_of(id->bytes, sizeof id->bytes)};
    return seal_name("hoso/arrival/1", parts, 2);
}
