#include "protocol/sync/frame/columns.h"

#include "protocol/sync/frame/prime.h"
#include "protocol/sync/frame/squeeze.h"

#include <stdlib.h>
#include <string.h>

/* The streams of a frame on its way out. */
struct writing {
    struct sheet *sheet; /* borrowed */
    struct form_parts parts;
    struct buffer plain;  /* what no code shortens: signatures, salts, ids, names */
    struct buffer forms;  /* the form of each record */
    struct buffer wholes; /* records without one */
    struct buffer cases;
    size_t rebuilt;
};

static void writing_deinit(struct writing *writing)
{
    form_parts_deinit(&writing->parts);
    buffer_deinit(&writing->plain);
    buffer_deinit(&writing->forms);
    buffer_deinit(&writing->wholes);
    buffer_deinit(&writing->cases);
    free(writing);
}

static struct writing *writing_new(struct sheet *sheet)
{
    struct writing *writing = calloc(1, sizeof *writing);
    if (writing == NULL) {
        return NULL;
    }
    form_parts_init(&writing->parts);
    buffer_init(&writing->plain, LIMIT_FRAME_RAW_BYTES);
    buffer_init(&writing->forms, LIMIT_FRAME_RAW_BYTES);
    buffer_init(&writing->wholes, LIMIT_FRAME_RAW_BYTES);
    buffer_init(&writing->cases, LIMIT_FRAME_RAW_BYTES);
    writing->sheet = sheet;
    return writing;
}

/* The form's index; a new one is stated in the stream. LIMIT: the record has to travel whole. */
static enum status put_form(struct writing *writing, size_t *index)
{
    struct bytes form = buffer_view(&writing->parts.form);
    *index = sheet_find_form(writing->sheet, form);
    if (*index < writing->sheet->form_count) {
        pack_unsigned(&writing->forms, FORM_NUMBER_FIRST + *index);
        return STATUS_OK;
    }
    enum status status = sheet_add_form(writing->sheet, form);
    if (status == STATUS_OK) {
        pack_unsigned(&writing->forms, FORM_NUMBER_NEW);
        pack_unsigned(&writing->forms, form.size);
        buffer_append_bytes(&writing->forms, form);
    }
    return status;
}

static void put_case(struct writing *writing, const struct name *name)
{
    size_t ago = sheet_find_case(writing->sheet, name);
    pack_unsigned(&writing->cases, ago);
    if (ago == 0) {
        buffer_append(&writing->plain, name->bytes, sizeof name->bytes);
        sheet_add_case(writing->sheet, name);
    }
}

static void put_values(struct writing *writing, const struct record *record,
                       const struct form *form)
{
    struct column_record around = {.happened = 0};
    const struct form_value *value = writing->parts.values;
    for (size_t i = 0; i < form->op_count; i++) {
        const struct form_op *op = &form->ops[i];
        if (op->token == TOKEN_CASE) {
            put_case(writing, &record->header.case_name);
        } else if (op->token == TOKEN_SALT) {
            buffer_append_bytes(&writing->plain, value->bytes);
            value++;
        } else if (form_token_is_value(op->token)) {
            column_put(writing->sheet->columns[op->column], op->token, value, &around,
                       &writing->plain);
            around.happened = i == form->happened_op && i > 0 ? value->number : around.happened;
            value++;
        }
    }
}

static enum status put_record(struct writing *writing, const struct record *record,
                              const struct form_place *place)
{
    size_t index = 0;
    enum status status =
        form_take_apart(record, place, &writing->parts) ? put_form(writing, &index) : STATUS_LIMIT;
    writing->rebuilt += record->raw.size;
    if (writing->rebuilt > LIMIT_FRAME_REBUILT_BYTES) {
        return STATUS_LIMIT;
    }
    if (status == STATUS_LIMIT) {
        pack_unsigned(&writing->forms, FORM_NUMBER_WHOLE);
        pack_unsigned(&writing->wholes, record->raw.size);
        buffer_append_bytes(&writing->wholes, record->raw);
    } else if (status == STATUS_OK) {
        if (record->has_officer_signature) {
            buffer_append(&writing->plain, record->officer_signature.bytes,
                          sizeof record->officer_signature.bytes);
        }
        buffer_append(&writing->plain, record->device_signature.bytes,
                      sizeof record->device_signature.bytes);
        put_values(writing, record, &writing->sheet->forms[index]);
    } else {
        return status == STATUS_MALFORMED ? STATUS_CORRUPT : status;
    }
    sheet_note_record(writing->sheet, record);
    return STATUS_OK;
}

static enum status put_runs(struct writing *writing, const struct record *records,
                            const struct run *runs, size_t run_count)
{
    for (size_t i = 0; i < run_count; i++) {
        struct form_place place = {
            .log = runs[i].log, .seq = runs[i].before.seq + 1, .prev = runs[i].before.id};
        for (size_t k = 0; k < runs[i].count; k++) {
            const struct record *record = &records[runs[i].first + k];
            enum status status = put_record(writing, record, &place);
            if (status != STATUS_OK) {
                return status;
            }
            place.seq++;
            place.prev = record->id;
        }
    }
    return STATUS_OK;
}

/*
 * Joins the streams in three parts, each to be a deflate block of its own: how long the streams
 * are; codes, which are small numbers; and texts.
 */
static void join(const struct writing *writing, struct buffer out[3])
{
    const struct sheet *sheet = writing->sheet;
    pack_unsigned(&out[0], writing->forms.size);
    pack_unsigned(&out[0], writing->cases.size);
    pack_unsigned(&out[0], writing->wholes.size);
    pack_unsigned(&out[0], sheet->column_count);
    buffer_append_bytes(&out[1], buffer_view(&writing->forms));
    buffer_append_bytes(&out[1], buffer_view(&writing->cases));
    buffer_append_bytes(&out[2], buffer_view(&writing->wholes));
    for (size_t i = 0; i < sheet->column_count; i++) {
        const struct column *column = sheet->columns[i];
        pack_unsigned(&out[0], column->codes.size);
        pack_unsigned(&out[0], column->bytes.size);
        buffer_append_bytes(&out[1], buffer_view(&column->codes));
        buffer_append_bytes(&out[2], buffer_view(&column->bytes));
    }
}

static enum status finish(const struct writing *writing, struct bytes dictionary,
                          struct buffer *out)
{
    struct buffer parts[3];
    struct bytes views[3];
    size_t size = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < 3; i++) {
        buffer_init(&parts[i], LIMIT_FRAME_RAW_BYTES);
    }
    join(writing, parts);
    for (size_t i = 0; i < 3; i++) {
        status = status == STATUS_OK ? buffer_status(&parts[i]) : status;
        views[i] = buffer_view(&parts[i]);
        size += views[i].size;
    }
    if (status == STATUS_OK && size > LIMIT_FRAME_RAW_BYTES) {
        status = STATUS_LIMIT;
    }
    if (status == STATUS_OK) {
        pack_unsigned(out, writing->plain.size);
        buffer_append_bytes(out, buffer_view(&writing->plain));
        pack_unsigned(out, size);
        status = squeeze_deflate(dictionary, views, 3, out);
    }
    for (size_t i = 0; i < 3; i++) {
        buffer_deinit(&parts[i]);
    }
    return status != STATUS_OK ? status : buffer_status(out);
}

/* What the streams' buffers say: their failures are sticky. */
static enum status streams_status(const struct writing *writing)
{
    const struct buffer *streams[] = {&writing->plain, &writing->forms, &writing->wholes,
                                      &writing->cases};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof streams / sizeof streams[0] && status == STATUS_OK; i++) {
        status = buffer_status(streams[i]);
    }
    for (size_t i = 0; i < writing->sheet->column_count && status == STATUS_OK; i++) {
        const struct column *column = writing->sheet->columns[i];
        status = buffer_status(&column->codes);
        status = status == STATUS_OK ? buffer_status(&column->bytes) : status;
    }
    return status;
}

static void append_dictionary(const struct prelude *prelude, struct buffer *dictionary)
{
    size_t first = prelude->count;
    size_t size = 0;
    while (first > 0 && size < PRIME_DICTIONARY_BYTES) {
        size += prelude->records[--first].body.size;
    }
    size_t over = size > PRIME_DICTIONARY_BYTES ? size - PRIME_DICTIONARY_BYTES : 0;
    for (size_t i = first; i < prelude->count; i++) {
        struct bytes body = prelude->records[i].body;
        if (body.size > 0) {
            buffer_append(dictionary, body.at + over, body.size - over);
        }
        over = 0;
    }
}

enum status prime_sheet(struct sheet *sheet, const struct prelude *prelude,
                        const struct run *follower, struct buffer *dictionary)
{
    if (prelude == NULL || prelude->count == 0) {
        return STATUS_OK;
    }
    struct writing *writing = writing_new(sheet);
    if (writing == NULL) {
        return STATUS_NO_MEMORY;
    }
    struct run run = {.log = follower->log, .count = prelude->count};
    run.before.seq = follower->before.seq - prelude->count;
    run.before.id = prelude->records[0].header.prev;
    enum status status = put_runs(writing, prelude->records, &run, 1);
    if (status == STATUS_OK) {
        status = streams_status(writing);
    }
    /* What it would have written is at the other end already. */
    for (size_t i = 0; i < sheet->column_count; i++) {
        buffer_reset(&sheet->columns[i]->codes);
        buffer_reset(&sheet->columns[i]->bytes);
    }
    writing_deinit(writing);
    append_dictionary(prelude, dictionary);
    return status != STATUS_OK ? status : buffer_status(dictionary);
}

enum status columns_encode(const struct prelude *prelude, const struct record *records,
                           const struct run *runs, size_t run_count, struct buffer *out)
{
    struct sheet *sheet = sheet_new();
    struct writing *writing = sheet != NULL ? writing_new(sheet) : NULL;
    if (writing == NULL) {
        sheet_free(sheet);
        return STATUS_NO_MEMORY;
    }
    struct buffer dictionary;
    buffer_init(&dictionary, PRIME_DICTIONARY_BYTES);
    enum status status = prime_sheet(sheet, prelude, &runs[0], &dictionary);
    if (status == STATUS_OK) {
        status = put_runs(writing, records, runs, run_count);
    }
    if (status == STATUS_OK) {
        status = streams_status(writing);
    }
    if (status == STATUS_OK) {
        status = finish(writing, buffer_view(&dictionary), out);
    }
    buffer_deinit(&dictionary);
    writing_deinit(writing);
    sheet_free(sheet);
    return status;
}
