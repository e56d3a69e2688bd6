#include "client/command/value.h"
#include "client/command/verb.h"
#include "client/command/verb/case_text.h"
#include "client/command/verb/reach.h"
#include "client/command/verb/record_text.h"
#include "client/replica/case/case.h"
#include "client/text/csv.h"

#include <string.h>

/* One export on its way. */
struct export
{
    struct call *call;
    struct replica_read *read;
    const struct pack *pack;
    struct arena arena; /* of one record or dossier */
    struct buffer text; /* one cell */
    bool csv;
    enum status status;
};

/* After each row: whether the next one is wanted. */
static bool goes_on(struct export *export)
{
    call_flush(export->call);
    export->status = buffer_status(&export->call->answer->out);
    if (export->status == STATUS_OK && call_stopped(export->call))
        export->status = STATUS_BUSY;
    return export->status == STATUS_OK;
}

static bool take_record(void *context, const struct record *record, const struct name *log)
{
    struct export *export = context;

    arena_reset(&export->arena);
    record_text_write(export->call, record, log, &export->arena);
    return goes_on(export);
}

static void put_cell(struct export *export, struct bytes text, bool first)
{
    csv_put_field(&export->call->answer->out, text, first, true);
}

static void put_hex_cell(struct export *export, const uint8_t *at, size_t size, bool first)
{
    char text[65];

    hex_encode(bytes_of(at, size), text);
    put_cell(export, bytes_of_text(text), first);
}

/* The value a cell shows: the agreed or standing one; the items of a list, one a line. */
static void put_field_cell(struct export *export, const struct view *view,
                           const struct pack_field *field)
{
    const struct view_field *shown = view_field_of(view, field->key);

    buffer_reset(&export->text);
    if (shown && (field->policy == POLICY_APPEND || field->policy == POLICY_SET)) {
        for (size_t i = 0; i < shown->version_count; i++) {
            if (i > 0)
                buffer_append_u8(&export->text, '\n');
            value_print(view->pack, field, shown->versions[i].value_bytes, &export->text);
        }
    } else if (shown) {
        value_print(view->pack, field, shown->conflict ? shown->standing_bytes : shown->value_bytes,
                    &export->text);
    }
    put_cell(export, buffer_view(&export->text), false);
}

static void put_dossier_row(struct export *export, const struct view *view)
{
    put_hex_cell(export, view->case_name.bytes, sizeof view->case_name.bytes, true);
    for (size_t i = 0; i < export->pack->field_count; i++)
        put_field_cell(export, view, &export->pack->fields[i]);
    put_cell(export, bytes_of_text(view->conflict_count > 0 ? "1" : "0"), false);
    csv_put_end(&export->call->answer->out);
}

static void write_dossier(struct export *export, const struct view *view)
{
    struct json_writer *writer = &export->call->writer;
    char code[LIMIT_CODE_BYTES + 1];
    char key[LIMIT_KEY_BYTES + 1];

    case_text_code(view, code);
    json_open_object(writer, NULL);
    json_write_string(writer, "code", code);
    json_write_hex(writer, "case", view->case_name.bytes, sizeof view->case_name.bytes);
    if (view->state > 0)
        json_write_unsigned(writer, "state", view->state);
    else
        json_write_null(writer, "state");
    json_open_object(writer, "fields");
    for (size_t i = 0; i < view->field_count; i++) {
        const struct view_field *field = &view->fields[i];
        size_t size = field->key.size < sizeof key ? field->key.size : sizeof key - 1;
        memcpy(key, field->key.at, size);
        key[size] = 0;
        json_open_array(writer, key);
        for (size_t v = 0; v < field->version_count; v++)
            value_write(writer, NULL, view->pack, field->field, field->versions[v].value_bytes);
        json_close_array(writer);
    }
    json_close_object(writer);
    reach_write(writer, "reached", reach_of_case(export->read, &view->case_name));
    json_close_object(writer);
    json_write_end(writer);
}

static bool take_dossier(void *context, const struct summary *row)
{
    struct export *export = context;
    struct view view;

    arena_reset(&export->arena);
    export->status = replica_view(export->read, &row->case_name, &export->arena, &view);
    if (export->status)
        return false;
    if (export->csv)
        put_dossier_row(export, &view);
    else
        write_dossier(export, &view);
    return goes_on(export);
}

static enum status export_dossiers(struct export *export)
{
    if (export->csv) {
        put_cell(export, bytes_of_text("case"), true);
        for (size_t i = 0; i < export->pack->field_count; i++)
            put_cell(export, export->pack->fields[i].key, false);
        put_cell(export, bytes_of_text("xung_dot"), false);
        csv_put_end(&export->call->answer->out);
    }
    return replica_each_summary(export->read, (struct bytes){0}, take_dossier, export);
}

void command_export(struct call *call)
{
    struct bytes what;
    struct bytes format = call_text(call, "format");
    struct export export = {.call = call, .pack = call_pack(call)};

    if (!export.pack || !call_needs(call, "what", &what))
        return;
    export.csv = bytes_equal_text(format, "csv");
    bool records = bytes_equal_text(what, "records");
    if ((!records && !bytes_equal_text(what, "dossiers")) || (records && export.csv) ||
        (format.size > 0 && !export.csv && !bytes_equal_text(format, "jsonl"))) {
        call_fail_usage(call, "export", "dùng records (jsonl) hoặc dossiers (jsonl, csv)",
                        "it takes records (jsonl) or dossiers (jsonl, csv)");
        return;
    }
    export.read = call_read(call);
    if (!export.read)
        return;
    arena_init(&export.arena, CALL_ARENA_BYTES);
    buffer_init(&export.text, LIMIT_RECORD_BYTES * 64);
    enum status status =
        records ? replica_each_record(export.read, take_record, &export) : export_dossiers(&export);
    if (!status)
        status = export.status;
    replica_read_end(export.read);
    buffer_deinit(&export.text);
    arena_deinit(&export.arena);
    call_fail_status(call, status);
}
