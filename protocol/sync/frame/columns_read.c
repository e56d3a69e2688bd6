#include "protocol/record/body.h"
#include "protocol/sync/frame/prime.h"
#include "protocol/sync/frame/squeeze.h"
#include "protocol/wire/wire.h"

#include <stdlib.h>
#include <string.h>

/* The streams of a frame on its way in. */
struct taking {
    struct sheet *sheet;
    struct arena *arena; /* the batch's */
    struct unpacker plain;
    struct unpacker forms;
    struct unpacker cases;
    struct unpacker wholes;
    struct bytes codes; /* of the columns not yet brought up by a form */
    struct bytes bytes;
    size_t *sizes; /* of each column: codes, bytes */
    size_t columns;
    struct form_value *values;
    struct buffer header;
    struct buffer body;
    struct buffer raw;
    size_t rebuilt;
    enum status status;
};

/* What is known of one record before it is rebuilt. */
struct rebuilt {
    const struct form *form;
    struct form_place place;
    struct signature officer;
    struct signature device;
    struct name case_name;
};

static bool cut(struct bytes *from, size_t size, struct unpacker *out)
{
    if (size > from->size) {
        return false;
    }
    *out = unpacker_of(bytes_of(from->at, size));
    *from = bytes_of(from->at + size, from->size - size);
    return true;
}

/* Inflates, and finds where each stream begins. */
static enum status open_streams(struct taking *taking, struct bytes columns,
                                struct bytes dictionary)
{
    struct unpacker outer = unpacker_of(columns);
    size_t plain = (size_t)unpack_unsigned(&outer, LIMIT_FRAME_BYTES);
    taking->plain = unpacker_of(unpack_bytes(&outer, plain));
    size_t size = (size_t)unpack_unsigned(&outer, LIMIT_FRAME_RAW_BYTES);
    if (outer.failed) {
        return STATUS_MALFORMED;
    }
    uint8_t *raw = arena_alloc(taking->arena, size + 1);
    if (raw == NULL) {
        return STATUS_NO_MEMORY;
    }
    enum status status = squeeze_inflate(dictionary, outer.left, raw, size);
    if (status != STATUS_OK) {
        return status;
    }
    struct unpacker from = unpacker_of(bytes_of(raw, size));
    size_t forms = (size_t)unpack_unsigned(&from, LIMIT_FRAME_RAW_BYTES);
    size_t cases = (size_t)unpack_unsigned(&from, LIMIT_FRAME_RAW_BYTES);
    size_t wholes = (size_t)unpack_unsigned(&from, LIMIT_FRAME_RAW_BYTES);
    taking->columns = (size_t)unpack_unsigned(&from, SHEET_COLUMNS);
    taking->sizes = arena_array(taking->arena, taking->columns + 1, 2 * sizeof *taking->sizes);
    if (taking->sizes == NULL) {
        return STATUS_NO_MEMORY;
    }
    size_t codes = forms + cases;
    for (size_t i = 0; i < taking->columns; i++) {
        taking->sizes[2 * i] = (size_t)unpack_unsigned(&from, LIMIT_FRAME_RAW_BYTES);
        taking->sizes[2 * i + 1] = (size_t)unpack_unsigned(&from, LIMIT_FRAME_RAW_BYTES);
        codes += taking->sizes[2 * i];
    }
    if (from.failed || codes > from.left.size) {
        return STATUS_MALFORMED;
    }
    taking->codes = bytes_of(from.left.at, codes);
    taking->bytes = bytes_of(from.left.at + codes, from.left.size - codes);
    bool whole = cut(&taking->codes, forms, &taking->forms) &&
                 cut(&taking->codes, cases, &taking->cases) &&
                 cut(&taking->bytes, wholes, &taking->wholes);
    return whole ? STATUS_OK : STATUS_MALFORMED;
}

/* The streams of the columns from |first| on, which have just come up, are the next ones. */
static enum status open_columns(struct taking *taking, size_t first)
{
    struct sheet *sheet = taking->sheet;
    for (size_t i = first; i < sheet->column_count; i++) {
        struct column *column = sheet->columns[i];
        if (i >= taking->columns ||
            !cut(&taking->codes, taking->sizes[2 * i], &column->from_codes) ||
            !cut(&taking->bytes, taking->sizes[2 * i + 1], &column->from_bytes)) {
            return STATUS_MALFORMED;
        }
    }
    return STATUS_OK;
}

static enum status take_form(struct taking *taking)
{
    struct sheet *sheet = taking->sheet;
    size_t before = sheet->column_count;
    size_t size = (size_t)unpack_unsigned(&taking->forms, FORM_BYTES_MAX);
    struct bytes bytes = unpack_bytes(&taking->forms, size);
    if (taking->forms.failed || sheet_find_form(sheet, bytes) < sheet->form_count) {
        return STATUS_MALFORMED;
    }
    enum status status = sheet_add_form(sheet, bytes);
    return status == STATUS_OK ? open_columns(taking, before) : status;
}

static bool take_case(struct taking *taking, struct name *name)
{
    uint64_t ago = unpack_unsigned(&taking->cases, SHEET_CASES);
    if (ago == 0) {
        *name = unpack_name(&taking->plain);
        sheet_add_case(taking->sheet, name);
        return !taking->plain.failed && !taking->cases.failed;
    }
    const struct name *found = sheet_case(taking->sheet, ago);
    *name = found != NULL ? *found : (struct name){{0}};
    return found != NULL;
}

static struct signature take_signature(struct taking *taking)
{
    struct signature signature = {{0}};
    struct bytes bytes = unpack_bytes(&taking->plain, sizeof signature.bytes);
    if (bytes.size == sizeof signature.bytes) {
        memcpy(signature.bytes, bytes.at, bytes.size);
    }
    return signature;
}

/* Takes all values of a record out of their columns. */
static bool take_values(struct taking *taking, struct rebuilt *rebuilt)
{
    const struct form *form = rebuilt->form;
    struct column_record around = {.happened = 0};
    size_t size = 0;
    for (size_t i = 0; i < form->op_count; i++) {
        const struct form_op *op = &form->ops[i];
        struct form_value *value = &taking->values[i];
        *value = (struct form_value){.number = 0};
        bool good = true;
        if (op->token == TOKEN_CASE) {
            good = take_case(taking, &rebuilt->case_name);
        } else if (op->token == TOKEN_SALT) {
            value->bytes = unpack_bytes(&taking->plain, SALT_BYTES);
        } else if (form_token_is_value(op->token)) {
            good = column_take(taking->sheet->columns[op->column], op->token, value, &around,
                               &taking->plain, taking->arena);
            around.happened = i == form->happened_op && i > 0 ? value->number : around.happened;
        }
        size += value->bytes.size;
        if (!good || size > LIMIT_RECORD_BYTES) {
            return false;
        }
    }
    return !taking->plain.failed;
}

static void put_op(const struct taking *taking, const struct rebuilt *rebuilt, size_t index,
                   struct buffer *out)
{
    const struct form_op *op = &rebuilt->form->ops[index];
    const struct form_value *value = &taking->values[index];
    struct hash commitment;
    switch (op->token) {
    case TOKEN_NIL:
        wire_put_nil(out);
        break;
    case TOKEN_FALSE:
    case TOKEN_TRUE:
        wire_put_boolean(out, op->token == TOKEN_TRUE);
        break;
    case TOKEN_INTEGER:
        wire_put_integer(out, (int64_t)value->number);
        break;
    case TOKEN_TEXT:
        wire_put_text(out, value->bytes);
        break;
    case TOKEN_BINARY:
    case TOKEN_SALT:
        wire_put_binary(out, value->bytes);
        break;
    case TOKEN_ARRAY:
        wire_put_array(out, (size_t)op->number);
        break;
    case TOKEN_MAP:
        wire_put_map(out, (size_t)op->number);
        break;
    case TOKEN_LABEL:
        wire_put_text(out, op->label);
        break;
    case TOKEN_NUMBER:
        wire_put_unsigned(out, op->number);
        break;
    case TOKEN_LOG:
        wire_put_name(out, &rebuilt->place.log);
        break;
    case TOKEN_SEQ:
        wire_put_unsigned(out, rebuilt->place.seq);
        break;
    case TOKEN_PREV:
        wire_put_hash(out, &rebuilt->place.prev);
        break;
    case TOKEN_CASE:
        wire_put_name(out, &rebuilt->case_name);
        break;
    case TOKEN_COMMITMENT:
        commitment = record_commitment(buffer_view(&taking->body));
        wire_put_hash(out, &commitment);
        break;
    case TOKEN_BODY_SIZE:
        wire_put_unsigned(out, taking->body.size);
        break;
    }
}

/* The record's bytes, from its form and values. The body is first: the header tells of it. */
static enum status assemble(struct taking *taking, const struct rebuilt *rebuilt)
{
    const struct form *form = rebuilt->form;
    buffer_reset(&taking->header);
    buffer_reset(&taking->body);
    buffer_reset(&taking->raw);
    for (size_t i = form->header_ops; i < form->op_count; i++) {
        put_op(taking, rebuilt, i, &taking->body);
    }
    for (size_t i = 0; i < form->header_ops; i++) {
        put_op(taking, rebuilt, i, &taking->header);
    }
    enum status status = buffer_status(&taking->body);
    status = status == STATUS_OK ? buffer_status(&taking->header) : status;
    if (status != STATUS_OK) {
        return status;
    }
    struct bytes body = buffer_view(&taking->body);
    return record_assemble(
        buffer_view(&taking->header), (form->flags & FORM_OFFICER) != 0 ? &rebuilt->officer : NULL,
        &rebuilt->device, (form->flags & FORM_BODY) != 0 ? &body : NULL, &taking->raw);
}

static enum status take_formed(struct taking *taking, uint64_t number,
                               const struct form_place *place, struct bytes *raw)
{
    struct sheet *sheet = taking->sheet;
    if (number == FORM_NUMBER_NEW) {
        enum status status = take_form(taking);
        if (status != STATUS_OK) {
            return status;
        }
        number = FORM_NUMBER_FIRST + sheet->form_count - 1;
    }
    if (number - FORM_NUMBER_FIRST >= sheet->form_count) {
        return STATUS_MALFORMED;
    }
    struct rebuilt rebuilt = {.form = &sheet->forms[number - FORM_NUMBER_FIRST], .place = *place};
    if ((rebuilt.form->flags & FORM_OFFICER) != 0) {
        rebuilt.officer = take_signature(taking);
    }
    rebuilt.device = take_signature(taking);
    if (!take_values(taking, &rebuilt)) {
        return STATUS_MALFORMED;
    }
    enum status status = assemble(taking, &rebuilt);
    if (status == STATUS_OK) {
        bool ok = true;
        *raw = arena_copy(taking->arena, buffer_view(&taking->raw), &ok);
        status = ok ? STATUS_OK : STATUS_NO_MEMORY;
    }
    return status;
}

static enum status take_raw(struct taking *taking, const struct form_place *place,
                            struct bytes *raw)
{
    uint64_t number = unpack_unsigned(&taking->forms, FORM_NUMBER_FIRST + SHEET_FORMS);
    enum status status = STATUS_OK;
    if (taking->forms.failed) {
        return STATUS_MALFORMED;
    }
    if (number == FORM_NUMBER_WHOLE) {
        size_t size = (size_t)unpack_unsigned(&taking->wholes, LIMIT_RECORD_BYTES);
        *raw = unpack_bytes(&taking->wholes, size);
        status = taking->wholes.failed ? STATUS_MALFORMED : STATUS_OK;
    } else {
        status = take_formed(taking, number, place, raw);
    }
    taking->rebuilt += raw->size;
    return status == STATUS_OK && taking->rebuilt > LIMIT_FRAME_REBUILT_BYTES ? STATUS_LIMIT
                                                                              : status;
}

/* Rebuilds one run. What follows a record that is none is passed over. */
static enum status take_run(struct taking *taking, struct run *run, struct record *records)
{
    struct form_place place = {.log = run->log, .seq = run->before.seq + 1, .prev = run->before.id};
    size_t count = run->count;
    for (size_t k = 0; k < count; k++, place.seq++) {
        struct bytes raw = {NULL, 0};
        struct record *record = &records[run->first + k];
        enum status status = take_raw(taking, &place, &raw);
        if (status != STATUS_OK) {
            return status;
        }
        status = record_decode(raw, taking->arena, record);
        if (status == STATUS_NO_MEMORY) {
            return status;
        }
        if (status == STATUS_OK) {
            sheet_note_record(taking->sheet, record);
            place.prev = record->id;
        } else if (run->count == count) {
            run->count = k;
            run->refused_seq = place.seq;
            run->why = status;
        }
    }
    return STATUS_OK;
}

/* Nothing may be left over. */
static enum status close_streams(const struct taking *taking)
{
    bool done = unpack_end(&taking->plain) == STATUS_OK &&
                unpack_end(&taking->forms) == STATUS_OK &&
                unpack_end(&taking->cases) == STATUS_OK &&
                unpack_end(&taking->wholes) == STATUS_OK && taking->codes.size == 0 &&
                taking->bytes.size == 0 && taking->columns == taking->sheet->column_count;
    for (size_t i = 0; i < taking->sheet->column_count; i++) {
        done = done && unpack_end(&taking->sheet->columns[i]->from_codes) == STATUS_OK &&
               unpack_end(&taking->sheet->columns[i]->from_bytes) == STATUS_OK;
    }
    return done ? STATUS_OK : STATUS_MALFORMED;
}

/* The sheet as the prelude leaves it, and every stream's beginning. */
static enum status open_sheet(struct taking *taking, struct bytes columns,
                              const struct prelude *prelude, const struct run *first)
{
    struct buffer dictionary;
    buffer_init(&dictionary, PRIME_DICTIONARY_BYTES);
    enum status status = prime_sheet(taking->sheet, prelude, first, &dictionary);
    if (status == STATUS_OK) {
        status = open_streams(taking, columns, buffer_view(&dictionary));
    }
    buffer_deinit(&dictionary);
    return status == STATUS_OK ? open_columns(taking, 0) : status;
}

enum status columns_decode(struct bytes columns, const struct prelude *prelude, struct arena *arena,
                           struct run *runs, size_t run_count, struct record *records)
{
    struct taking taking = {.arena = arena, .sheet = sheet_new()};
    buffer_init(&taking.header, LIMIT_HEADER_BYTES);
    buffer_init(&taking.body, LIMIT_BODY_BYTES);
    buffer_init(&taking.raw, LIMIT_RECORD_BYTES);
    taking.values = calloc(FORM_OPS_MAX, sizeof *taking.values);
    enum status status = taking.sheet == NULL || taking.values == NULL
                             ? STATUS_NO_MEMORY
                             : open_sheet(&taking, columns, prelude, &runs[0]);
    for (size_t i = 0; i < run_count && status == STATUS_OK; i++) {
        status = take_run(&taking, &runs[i], records);
    }
    if (status == STATUS_OK) {
        status = close_streams(&taking);
    }
    buffer_deinit(&taking.header);
    buffer_deinit(&taking.body);
    buffer_deinit(&taking.raw);
    free(taking.values);
    sheet_free(taking.sheet);
    return status;
}
