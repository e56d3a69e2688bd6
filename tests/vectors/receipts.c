/* receipts.json: receipts, good and bad, and the running hash of an arrival order. */
#include "protocol/record/receipt.h"
#include "tests/vectors/table.h"

#include <stdlib.h>
#include <string.h>

enum { HEADS = 3, ARRIVALS = 4 };

struct making {
    struct vector_key node;
    struct receipt_head heads[HEADS];
    struct receipt receipt;
    json_t *list;
};

static void add(struct making *m, const char *name, struct bytes raw)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct receipt receipt;
    enum status status = receipt_open(raw, &arena, &receipt);
    json_array_append_new(m->list, json_pack("{s:s, s:o, s:o, s:s}", "name", name, "raw",
                                             vector_hex(raw), "value", vector_encoded_json(raw),
                                             "status", status_name(status)));
    arena_deinit(&arena);
}

/* Seals, then lets |change| (may be NULL) spoil the bytes. */
static void add_sealed(struct making *m, const char *name, void (*change)(struct buffer *raw))
{
    struct buffer raw;
    buffer_init(&raw, LIMIT_FRAME_BYTES);
    vector_must(receipt_seal(&m->receipt, &m->node.secret_key, &raw), name);
    if (change != NULL) {
        change(&raw);
    }
    add(m, name, buffer_view(&raw));
    buffer_deinit(&raw);
}

static void change_signature(struct buffer *raw)
{
    raw->at[raw->size - 1] ^= 0x10;
}

/* The last byte of the first item: another signer, whose key still is 32 bytes. */
static void change_signer(struct buffer *raw)
{
    raw->at[34] ^= 1;
}

/* The first head's log becomes the largest. */
static void change_order(struct buffer *raw)
{
    struct name first = {{1}};
    for (size_t i = 0; i + sizeof first <= raw->size; i++) {
        if (memcmp(raw->at + i, &first, sizeof first) == 0) {
            raw->at[i] = 0xff;
            return;
        }
    }
}

static void cut(struct buffer *raw)
{
    raw->size--;
}

static void lengthen(struct buffer *raw)
{
    buffer_append_u8(raw, 0xc0);
}

static json_t *arrivals_json(void)
{
    static const char *const labels[ARRIVALS] = {"first", "second", "third", "fourth"};
    json_t *list = json_array();
    struct name running = {{0}};
    for (size_t i = 0; i < ARRIVALS; i++) {
        struct hash id = vector_hash_of(labels[i]);
        running = receipt_running_hash(&running, &id);
        json_array_append_new(list, json_pack("{s:o, s:o}", "id", vector_hash_json(&id),
                                              "running_hash", vector_name_json(&running)));
    }
    return list;
}

json_t *receipts_make(void)
{
    struct making m = {.node = vector_key_of("node"), .list = json_array()};
    for (size_t i = 0; i < HEADS; i++) {
        m.heads[i].log.bytes[0] = (uint8_t)(i + 1);
        m.heads[i].seq = 100 * i + 1;
        m.heads[i].id16 = vector_name_of("head");
    }
    m.receipt = (struct receipt){.signer = m.node.public_key,
                                 .epoch = vector_name_of("epoch"),
                                 .arrival = 34344,
                                 .running_hash = vector_name_of("running"),
                                 .seconds = 1700000000,
                                 .heads = m.heads,
                                 .head_count = HEADS};
    add_sealed(&m, "three heads", NULL);
    add_sealed(&m, "signature changed", change_signature);
    add_sealed(&m, "signer changed", change_signer);
    add_sealed(&m, "heads out of order", change_order);
    add_sealed(&m, "one byte short", cut);
    add_sealed(&m, "one byte long", lengthen);
    m.receipt.head_count = 0;
    add_sealed(&m, "no heads", NULL);
    m.receipt.arrival = 0;
    m.receipt.running_hash = (struct name){{0}};
    m.receipt.seconds = -1;
    add_sealed(&m, "nothing arrived yet", NULL);
    return json_pack(
        "{s:s, s:[o], s:o, s:o}", "about",
        "status: what opening the receipt says. arrivals: the running hash after each.", "keys",
        vector_key_json(&m.node), "receipts", m.list, "arrivals", arrivals_json());
}

void receipts_check(const json_t *file)
{
    struct vector_key node = vector_key_of("node");
    size_t i = 0;
    json_t *row = NULL;
    json_array_foreach(json_object_get(file, "receipts"), i, row)
    {
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        struct bytes raw = vector_bytes(row, "raw", &arena);
        struct receipt receipt;
        enum status status = receipt_open(raw, &arena, &receipt);
        vector_expect_status(row, status);
        if (status == STATUS_OK) {
            struct buffer again;
            buffer_init(&again, LIMIT_FRAME_BYTES);
            vector_expect(receipt_seal(&receipt, &node.secret_key, &again) == STATUS_OK, row,
                          "receipt_seal");
            vector_expect_bytes(row, "raw", buffer_view(&again));
            buffer_deinit(&again);
        }
        arena_deinit(&arena);
    }
    vector_expect(i >= 8, file, "too few receipts");
    struct name running = {{0}};
    json_array_foreach(json_object_get(file, "arrivals"), i, row)
    {
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        struct bytes bytes = vector_bytes(row, "id", &arena);
        struct hash id = {{0}};
        if (bytes.size == sizeof id) {
            memcpy(&id, bytes.at, sizeof id);
        }
        running = receipt_running_hash(&running, &id);
        vector_expect_bytes(row, "running_hash", bytes_of(running.bytes, sizeof running.bytes));
        arena_deinit(&arena);
    }
}
