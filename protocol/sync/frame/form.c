#include "protocol/sync/frame/form.h"

#include "protocol/record/body.h"
#include "protocol/sync/frame/packing.h"
#include "protocol/wire/wire.h"

#include <string.h>

enum { PARTS_ARENA_BYTES = 4 * 1024 * 1024, HEADER_ITEMS = 17, WRITE_ITEMS = 4 };

/* Places of a header's items that are not values. */
enum { ITEM_LOG = 1, ITEM_SEQ = 2, ITEM_PREV = 3, ITEM_KIND = 4, ITEM_CASE = 5 };
enum { ITEM_COMMITMENT = 6, ITEM_BODY_SIZE = 7, ITEM_HAPPENED = 11 };

void form_parts_init(struct form_parts *parts)
{
    memset(parts, 0, sizeof *parts);
    buffer_init(&parts->form, FORM_BYTES_MAX);
    arena_init(&parts->arena, PARTS_ARENA_BYTES);
}

void form_parts_deinit(struct form_parts *parts)
{
    buffer_deinit(&parts->form);
    arena_deinit(&parts->arena);
}

/* ---- taking apart ---- */

static void put_token(struct form_parts *parts, enum form_token token)
{
    buffer_append_u8(&parts->form, (uint8_t)token);
}

static void put_counted(struct form_parts *parts, enum form_token token, uint64_t count)
{
    put_token(parts, token);
    pack_unsigned(&parts->form, count);
}

static bool put_leaf(struct form_parts *parts, enum form_token token, uint64_t number,
                     struct bytes bytes)
{
    if (parts->count == FORM_VALUES_MAX) {
        return false;
    }
    put_token(parts, token);
    parts->values[parts->count++] = (struct form_value){.number = number, .bytes = bytes};
    return true;
}

/* [field, operation, value, sources] of a body: the field belongs to the form. */
static bool is_write(const struct wire_value *value)
{
    const struct wire_value *items = value->as.list.items;
    return value->as.list.count == WRITE_ITEMS && items[0].type == WIRE_TEXT &&
           items[0].as.bytes.size <= LIMIT_KEY_BYTES && items[1].type == WIRE_UNSIGNED &&
           items[3].type == WIRE_ARRAY;
}

static bool put_value(struct form_parts *parts, const struct wire_value *value, bool in_body);

static bool put_items(struct form_parts *parts, const struct wire_value *value, bool in_body)
{
    size_t first = 0;
    put_counted(parts, TOKEN_ARRAY, value->as.list.count);
    if (in_body && is_write(value)) {
        struct bytes label = value->as.list.items[0].as.bytes;
        put_counted(parts, TOKEN_LABEL, label.size);
        buffer_append_bytes(&parts->form, label);
        first = 1;
    }
    for (size_t i = first; i < value->as.list.count; i++) {
        if (!put_value(parts, &value->as.list.items[i], in_body)) {
            return false;
        }
    }
    return true;
}

static bool put_pairs(struct form_parts *parts, const struct wire_value *value, bool in_body)
{
    put_counted(parts, TOKEN_MAP, value->as.list.count);
    for (size_t i = 0; i < value->as.list.count; i++) {
        put_counted(parts, TOKEN_NUMBER, value->as.list.items[2 * i].as.number);
        if (!put_value(parts, &value->as.list.items[2 * i + 1], in_body)) {
            return false;
        }
    }
    return true;
}

/* Recursion is bounded by the gate's LIMIT_DEPTH. */
static bool put_value(struct form_parts *parts, const struct wire_value *value, bool in_body)
{
    static const struct bytes none;
    switch (value->type) {
    case WIRE_NIL:
        put_token(parts, TOKEN_NIL);
        return true;
    case WIRE_BOOLEAN:
        put_token(parts, value->as.boolean ? TOKEN_TRUE : TOKEN_FALSE);
        return true;
    case WIRE_UNSIGNED:
        return value->as.number <= INT64_MAX &&
               put_leaf(parts, TOKEN_INTEGER, value->as.number, none);
    case WIRE_NEGATIVE:
        return put_leaf(parts, TOKEN_INTEGER, (uint64_t)value->as.negative, none);
    case WIRE_TEXT:
        return put_leaf(parts, TOKEN_TEXT, 0, value->as.bytes);
    case WIRE_BINARY:
        return put_leaf(parts, TOKEN_BINARY, 0, value->as.bytes);
    case WIRE_ARRAY:
        return put_items(parts, value, in_body);
    case WIRE_MAP:
        return put_pairs(parts, value, in_body);
    }
    return false;
}

/* An item of the header that the receiver computes, is told once, or finds among the values. */
static bool put_header_item(struct form_parts *parts, const struct record *record,
                            const struct form_place *place, size_t item,
                            const struct wire_value *value)
{
    const struct record_header *header = &record->header;
    switch (item) {
    case ITEM_LOG:
        if (value->type == WIRE_NIL || !name_equal(&header->log, &place->log)) {
            break;
        }
        put_token(parts, TOKEN_LOG);
        return true;
    case ITEM_SEQ:
        put_token(parts, TOKEN_SEQ);
        return header->seq == place->seq;
    case ITEM_PREV:
        if (value->type == WIRE_NIL) {
            break;
        }
        put_token(parts, TOKEN_PREV);
        return hash_equal(&header->prev, &place->prev);
    case ITEM_KIND:
        put_counted(parts, TOKEN_NUMBER, header->kind);
        return true;
    case ITEM_CASE:
        if (value->type == WIRE_NIL) {
            break;
        }
        put_token(parts, TOKEN_CASE);
        return true;
    case ITEM_COMMITMENT:
        if (!record->has_body) {
            break;
        }
        put_token(parts, TOKEN_COMMITMENT);
        return true;
    case ITEM_BODY_SIZE:
        if (!record->has_body) {
            break;
        }
        put_token(parts, TOKEN_BODY_SIZE);
        return true;
    default:
        break;
    }
    return put_value(parts, value, false);
}

static bool put_header(struct form_parts *parts, const struct record *record,
                       const struct form_place *place)
{
    struct wire_value value;
    if (wire_decode(record->header_bytes, &parts->arena, &value) != STATUS_OK ||
        value.type != WIRE_ARRAY || value.as.list.count != HEADER_ITEMS) {
        return false;
    }
    put_counted(parts, TOKEN_ARRAY, HEADER_ITEMS);
    for (size_t i = 0; i < HEADER_ITEMS; i++) {
        if (!put_header_item(parts, record, place, i, &value.as.list.items[i])) {
            return false;
        }
    }
    return true;
}

static bool put_body(struct form_parts *parts, const struct record *record)
{
    struct wire_value value;
    if (wire_decode(record->body, &parts->arena, &value) != STATUS_OK) {
        return false;
    }
    bool salted = value.type == WIRE_ARRAY && value.as.list.count > 0 &&
                  value.as.list.items[0].type == WIRE_BINARY &&
                  value.as.list.items[0].as.bytes.size == SALT_BYTES;
    if (!salted) {
        return false;
    }
    put_counted(parts, TOKEN_ARRAY, value.as.list.count);
    if (!put_leaf(parts, TOKEN_SALT, 0, value.as.list.items[0].as.bytes)) {
        return false;
    }
    for (size_t i = 1; i < value.as.list.count; i++) {
        if (!put_value(parts, &value.as.list.items[i], true)) {
            return false;
        }
    }
    return true;
}

bool form_take_apart(const struct record *record, const struct form_place *place,
                     struct form_parts *parts)
{
    buffer_reset(&parts->form);
    arena_reset(&parts->arena);
    parts->count = 0;
    if (record->header.newer) {
        return false;
    }
    buffer_append_u8(&parts->form, (uint8_t)((record->has_officer_signature ? FORM_OFFICER : 0) |
                                             (record->has_body ? FORM_BODY : 0)));
    return put_header(parts, record, place) && (!record->has_body || put_body(parts, record)) &&
           buffer_status(&parts->form) == STATUS_OK;
}

/* ---- reading a form ---- */

bool form_token_is_value(enum form_token token)
{
    return token == TOKEN_INTEGER || token == TOKEN_TEXT || token == TOKEN_BINARY;
}

/* FNV-1a, 64 bits: a column's name. Two places with one name share a column, which costs bytes and
 * nothing else. */
static uint64_t fold(uint64_t hash, uint64_t number)
{
    for (int i = 0; i < 8; i++) {
        hash = (hash ^ ((number >> (8 * i)) & 0xff)) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static uint64_t fold_bytes(uint64_t hash, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        hash = (hash ^ bytes.at[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

enum { BASIS_HEADER = 1, BASIS_BODY = 2, BASIS_WRITE = 3 };

static uint64_t basis(uint64_t part)
{
    return fold(UINT64_C(0xcbf29ce484222325), part);
}

struct reading {
    struct unpacker from;
    struct form_op *ops;
    size_t count;
    uint64_t kind; /* of the header: like values of unlike kinds do not share a column */
    size_t happened_op;
};

/* One token with its parameters. */
static bool read_token(struct reading *reading, struct form_op *op)
{
    struct unpacker *from = &reading->from;
    uint8_t token = unpack_u8(from);
    *op = (struct form_op){.token = (enum form_token)token};
    if (token == TOKEN_ARRAY || token == TOKEN_MAP) {
        op->number = unpack_unsigned(from, FORM_OPS_MAX);
    } else if (token == TOKEN_LABEL) {
        op->number = unpack_unsigned(from, LIMIT_KEY_BYTES);
        op->label = unpack_bytes(from, (size_t)op->number);
    } else if (token == TOKEN_NUMBER) {
        op->number = unpack_unsigned(from, UINT64_MAX);
    }
    bool known = token <= TOKEN_NUMBER || (token >= TOKEN_LOG && token <= TOKEN_SALT);
    return known && !from->failed;
}

/*
 * Reads one value whose place is |path|; the parts of an array or map have their index folded in.
 * In a write the path begins anew at the field's name, so that a field has its columns wherever in
 * the body it stands. Recursion is bounded by |depth|.
 */
static enum status read_value(struct reading *reading, uint64_t path, size_t depth)
{
    if (depth > LIMIT_DEPTH || reading->count == FORM_OPS_MAX) {
        return STATUS_LIMIT;
    }
    struct form_op *op = &reading->ops[reading->count++];
    if (!read_token(reading, op)) {
        return STATUS_MALFORMED;
    }
    op->column = fold(fold(path, reading->kind), op->token);
    if (op->token != TOKEN_ARRAY && op->token != TOKEN_MAP) {
        return STATUS_OK;
    }
    size_t items = (size_t)op->number * (op->token == TOKEN_MAP ? 2 : 1);
    for (size_t i = 0; i < items; i++) {
        size_t at = reading->count;
        enum status status = read_value(reading, fold(path, i), depth + 1);
        if (status != STATUS_OK) {
            return status;
        }
        if (reading->ops[at].token == TOKEN_LABEL) {
            path = fold_bytes(basis(BASIS_WRITE), reading->ops[at].label);
        } else if (path == basis(BASIS_HEADER) && i == ITEM_KIND) {
            reading->kind = reading->ops[at].number;
        } else if (path == basis(BASIS_HEADER) && i == ITEM_HAPPENED && reading->count > at + 1 &&
                   reading->ops[at + 1].token == TOKEN_INTEGER) {
            reading->happened_op = at + 1;
        }
    }
    return STATUS_OK;
}

enum status form_read(struct bytes bytes, struct arena *arena, struct form *form)
{
    struct reading reading = {.from = unpacker_of(bytes)};
    *form = (struct form){.bytes = bytes, .flags = unpack_u8(&reading.from)};
    if (bytes.size > FORM_BYTES_MAX || form->flags > (FORM_OFFICER | FORM_BODY)) {
        return STATUS_MALFORMED;
    }
    /* Every token is at least a byte, so there are no more of them than bytes. */
    size_t most = bytes.size < FORM_OPS_MAX ? bytes.size : FORM_OPS_MAX;
    reading.ops = arena_array(arena, most + 1, sizeof *reading.ops);
    if (reading.ops == NULL) {
        return STATUS_NO_MEMORY;
    }
    enum status status = read_value(&reading, basis(BASIS_HEADER), 1);
    form->header_ops = reading.count;
    if (status == STATUS_OK && (form->flags & FORM_BODY) != 0) {
        status = read_value(&reading, basis(BASIS_BODY), 1);
    }
    form->ops = reading.ops;
    form->op_count = reading.count;
    form->happened_op = reading.happened_op;
    return status != STATUS_OK ? status : unpack_end(&reading.from);
}
