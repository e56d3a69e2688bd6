#include "protocol/case/view/order.h"

#include "protocol/record/list.h"
#include "protocol/record/tree.h"

enum { REASON_MOST = LIMIT_TEXT_BYTES };

/* ---- decoding ---- */

/* An opened body: |reader| stands behind the salt. */
struct opened {
    struct tree tree;
    struct wire_reader reader;
    struct arena *arena;
};

static enum status opened_begin(struct opened *opened, struct bytes body, size_t items,
                                struct arena *arena)
{
    uint8_t salt[SALT_BYTES];
    opened->arena = arena;
    enum status status = tree_open(&opened->tree, body);
    if (status != STATUS_OK)
        return status;
    opened->reader = wire_reader_of(&opened->tree.value, items, items);
    salt_take(&opened->reader, salt);
    return STATUS_OK;
}

/* Takes the extensions, which end every body, and frees the tree. */
static enum status opened_end(struct opened *opened, enum status status)
{
    if (status == STATUS_OK) {
        const struct record_extension *extensions = NULL;
        size_t count = 0;
        status = extensions_take(&opened->reader, opened->arena, &extensions, &count);
    }
    if (status == STATUS_OK)
        status = wire_reader_end(&opened->reader);
    tree_close(&opened->tree);
    return status;
}

static enum status take_cuts(struct opened *opened, const struct position **cuts, size_t *count)
{
    struct wire_reader list = wire_take_array(&opened->reader, 0, ORDER_CUTS_MOST);
    size_t total = list.left;
    struct position *out = arena_array(opened->arena, total + 1, sizeof(*out));
    if (out == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < total; i++) {
        struct wire_reader item = wire_take_array(&list, 3, 3);
        out[i].log = wire_take_name(&item, false);
        out[i].seq = wire_take_unsigned(&item, LIMIT_COUNT);
        out[i].id = wire_take_hash(&item, false);
        if (wire_reader_end(&item) != STATUS_OK ||
            (i > 0 && name_compare(&out[i - 1].log, &out[i].log) >= 0))
            return STATUS_MALFORMED;
    }
    *cuts = out;
    *count = total;
    return wire_reader_end(&list);
}

static void take_range(struct wire_reader *reader, struct record_range *range)
{
    range->log = wire_take_name(reader, false);
    range->first_seq = wire_take_unsigned(reader, LIMIT_COUNT);
    range->last_seq = wire_take_unsigned(reader, LIMIT_COUNT);
    range->last_id = wire_take_hash(reader, false);
    if (range->first_seq == 0 || range->last_seq < range->first_seq)
        reader->failed = true;
}

enum status revocation_decode(struct bytes body, struct arena *arena, struct revocation *revocation)
{
    struct opened opened;
    *revocation = (struct revocation){.cut_count = 0};
    enum status status = opened_begin(&opened, body, 5, arena);
    if (status == STATUS_OK) {
        revocation->grant = wire_take_hash(&opened.reader, false);
        status = take_cuts(&opened, &revocation->cuts, &revocation->cut_count);
        revocation->reason = wire_take_text(&opened.reader, 0, REASON_MOST);
    }
    return opened_end(&opened, status);
}

enum status rules_order_decode(struct bytes body, struct arena *arena, struct rules_order *rules)
{
    struct opened opened;
    *rules = (struct rules_order){.rules = 0};
    enum status status = opened_begin(&opened, body, 4, arena);
    if (status == STATUS_OK) {
        rules->rules = wire_take_unsigned(&opened.reader, UINT32_MAX);
        status = take_cuts(&opened, &rules->cuts, &rules->cut_count);
    }
    return opened_end(&opened, status);
}

enum status release_decode(struct bytes body, struct arena *arena, struct release *release)
{
    struct opened opened;
    *release = (struct release){.mode = 0};
    enum status status = opened_begin(&opened, body, 8, arena);
    if (status == STATUS_OK) {
        release->mode = wire_take_unsigned(&opened.reader, RELEASE_CUT);
        take_range(&opened.reader, &release->range);
        release->reason = wire_take_text(&opened.reader, 0, REASON_MOST);
    }
    return opened_end(&opened, status);
}

enum status refusal_decode(struct bytes body, struct arena *arena, struct refusal *refusal)
{
    struct opened opened;
    *refusal = (struct refusal){.reason = {NULL, 0}};
    enum status status = opened_begin(&opened, body, 7, arena);
    if (status == STATUS_OK) {
        take_range(&opened.reader, &refusal->range);
        refusal->reason = wire_take_text(&opened.reader, 0, REASON_MOST);
    }
    return opened_end(&opened, status);
}

static struct public_key take_key(struct wire_reader *reader)
{
    struct public_key key;
    struct hash bytes = wire_take_hash(reader, false);
    static_assert(sizeof(key) == sizeof(bytes), "a key travels as 32 bytes");
    for (size_t i = 0; i < sizeof(key.bytes); i++)
        key.bytes[i] = bytes.bytes[i];
    return key;
}

enum status clone_order_decode(struct bytes body, struct arena *arena, struct clone_order *clone)
{
    struct opened opened;
    *clone = (struct clone_order){.log_kept = {{0}}};
    enum status status = opened_begin(&opened, body, 4, arena);
    if (status == STATUS_OK) {
        clone->device = take_key(&opened.reader);
        clone->log_kept = wire_take_name(&opened.reader, false);
    }
    return opened_end(&opened, status);
}

static enum status take_stand_ins(struct opened *opened, struct wire_reader *item,
                                  struct erasure_item *out)
{
    struct wire_reader list = wire_take_array(item, 0, LIMIT_WRITES + LIMIT_SHOWN);
    size_t total = list.left;
    struct write *stand_ins = arena_array(opened->arena, total + 1, sizeof(*stand_ins));
    if (stand_ins == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < total; i++) {
        struct wire_reader row = wire_take_array(&list, 4, 4);
        struct write *write = &stand_ins[i];
        write->field = wire_take_text(&row, 1, LIMIT_KEY_BYTES);
        write->op = wire_take_unsigned(&row, STAND_IN_SHOWN);
        write->value = *wire_take_any(&row);
        enum status status = hashes_take(&row, opened->arena, LIMIT_SOURCES, LIST_ANY,
                                         &write->sources, &write->source_count);
        if (status == STATUS_OK)
            status = wire_reader_end(&row);
        if (status == STATUS_OK && write->value.type > WIRE_TEXT)
            status = STATUS_MALFORMED;
        if (status == STATUS_OK && write->value.type == WIRE_BOOLEAN)
            status = STATUS_MALFORMED;
        if (status != STATUS_OK)
            return status;
        write->value_bytes = wire_scalar_bytes(&write->value, opened->arena);
        if (write->value_bytes.size == 0)
            return STATUS_NO_MEMORY;
    }
    out->stand_ins = stand_ins;
    out->stand_in_count = total;
    return wire_reader_end(&list);
}

static enum status take_erasure_items(struct opened *opened, struct erasure *erasure)
{
    struct wire_reader list = wire_take_array(&opened->reader, 1, ORDER_ITEMS_MOST);
    size_t total = list.left;
    struct erasure_item *items = arena_array(opened->arena, total + 1, sizeof(*items));
    if (items == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < total; i++) {
        struct wire_reader item = wire_take_array(&list, 2, 2);
        items[i].record = wire_take_hash(&item, false);
        enum status status = take_stand_ins(opened, &item, &items[i]);
        if (status == STATUS_OK)
            status = wire_reader_end(&item);
        if (status == STATUS_OK && i > 0 &&
            hash_compare(&items[i - 1].record, &items[i].record) >= 0)
            status = STATUS_MALFORMED;
        if (status != STATUS_OK)
            return status;
    }
    erasure->items = items;
    erasure->item_count = total;
    return wire_reader_end(&list);
}

enum status erasure_decode(struct bytes body, struct arena *arena, struct erasure *erasure)
{
    struct opened opened;
    *erasure = (struct erasure){.item_count = 0};
    enum status status = opened_begin(&opened, body, 4, arena);
    if (status == STATUS_OK) {
        status = take_erasure_items(&opened, erasure);
        erasure->reason = wire_take_text(&opened.reader, 0, REASON_MOST);
    }
    return opened_end(&opened, status);
}

/* ---- encoding ---- */

static void put_begin(struct buffer *out, size_t items, const uint8_t salt[SALT_BYTES])
{
    wire_put_array(out, items);
    wire_put_binary(out, bytes_of(salt, SALT_BYTES));
}

static void put_cuts(struct buffer *out, const struct position *cuts, size_t count)
{
    wire_put_array(out, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_array(out, 3);
        wire_put_name(out, &cuts[i].log);
        wire_put_unsigned(out, cuts[i].seq);
        wire_put_hash(out, &cuts[i].id);
    }
}

static void put_range(struct buffer *out, const struct record_range *range)
{
    wire_put_name(out, &range->log);
    wire_put_unsigned(out, range->first_seq);
    wire_put_unsigned(out, range->last_seq);
    wire_put_hash(out, &range->last_id);
}

enum status revocation_encode(const uint8_t salt[SALT_BYTES], const struct revocation *revocation,
                              struct buffer *out)
{
    struct arena arena;
    struct revocation again;
    size_t start = out->size;
    put_begin(out, 5, salt);
    wire_put_hash(out, &revocation->grant);
    put_cuts(out, revocation->cuts, revocation->cut_count);
    wire_put_text(out, revocation->reason);
    extensions_put(out, NULL, 0);
    struct bytes encoded = check_begin(out, start, &arena);
    return check_end(out, &arena, revocation_decode(encoded, &arena, &again));
}

enum status rules_order_encode(const uint8_t salt[SALT_BYTES], const struct rules_order *rules,
                               struct buffer *out)
{
    struct arena arena;
    struct rules_order again;
    size_t start = out->size;
    put_begin(out, 4, salt);
    wire_put_unsigned(out, rules->rules);
    put_cuts(out, rules->cuts, rules->cut_count);
    extensions_put(out, NULL, 0);
    struct bytes encoded = check_begin(out, start, &arena);
    return check_end(out, &arena, rules_order_decode(encoded, &arena, &again));
}

enum status release_encode(const uint8_t salt[SALT_BYTES], const struct release *release,
                           struct buffer *out)
{
    struct arena arena;
    struct release again;
    size_t start = out->size;
    put_begin(out, 8, salt);
    wire_put_unsigned(out, release->mode);
    put_range(out, &release->range);
    wire_put_text(out, release->reason);
    extensions_put(out, NULL, 0);
    struct bytes encoded = check_begin(out, start, &arena);
    return check_end(out, &arena, release_decode(encoded, &arena, &again));
}

enum status refusal_encode(const uint8_t salt[SALT_BYTES], const struct refusal *refusal,
                           struct buffer *out)
{
    struct arena arena;
    struct refusal again;
    size_t start = out->size;
    put_begin(out, 7, salt);
    put_range(out, &refusal->range);
    wire_put_text(out, refusal->reason);
    extensions_put(out, NULL, 0);
    struct bytes encoded = check_begin(out, start, &arena);
    return check_end(out, &arena, refusal_decode(encoded, &arena, &again));
}

enum status clone_order_encode(const uint8_t salt[SALT_BYTES], const struct clone_order *clone,
                               struct buffer *out)
{
    struct arena arena;
    struct clone_order again;
    size_t start = out->size;
    put_begin(out, 4, salt);
    wire_put_binary(out, bytes_of(clone->device.bytes, sizeof(clone->device.bytes)));
    wire_put_name(out, &clone->log_kept);
    extensions_put(out, NULL, 0);
    struct bytes encoded = check_begin(out, start, &arena);
    return check_end(out, &arena, clone_order_decode(encoded, &arena, &again));
}

enum status erasure_encode(const uint8_t salt[SALT_BYTES], const struct erasure *erasure,
                           struct buffer *out)
{
    struct arena arena;
    struct erasure again;
    size_t start = out->size;
    put_begin(out, 4, salt);
    wire_put_array(out, erasure->item_count);
    for (size_t i = 0; i < erasure->item_count; i++) {
        const struct erasure_item *item = &erasure->items[i];
        wire_put_array(out, 2);
        wire_put_hash(out, &item->record);
        wire_put_array(out, item->stand_in_count);
        for (size_t j = 0; j < item->stand_in_count; j++) {
            const struct write *write = &item->stand_ins[j];
            wire_put_array(out, 4);
            wire_put_text(out, write->field);
            wire_put_unsigned(out, write->op);
            wire_put_value(out, &write->value);
            hashes_put(out, write->sources, write->source_count);
        }
    }
    wire_put_text(out, erasure->reason);
    extensions_put(out, NULL, 0);
    struct bytes encoded = check_begin(out, start, &arena);
    return check_end(out, &arena, erasure_decode(encoded, &arena, &again));
}
