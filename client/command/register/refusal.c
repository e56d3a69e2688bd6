#include "client/command/register/refusal.h"

#include <stdio.h>
#include <string.h>

void refusals_open(struct refusals *refusals, struct call *call)
{
    *refusals = (struct refusals){.call = call};
    buffer_init(&refusals->file, REFUSAL_FILE_BYTES_MAX);
    buffer_init(&refusals->report, REFUSAL_FILE_BYTES_MAX);
}

void refusals_close(struct refusals *refusals)
{
    buffer_deinit(&refusals->file);
    buffer_deinit(&refusals->report);
}

static bool is_own_column(struct bytes name)
{
    return bytes_equal_text(name, REFUSAL_LINE_COLUMN) ||
           bytes_equal_text(name, REFUSAL_REASON_COLUMN);
}

/* Which places of the file hold the two columns of an earlier refusal. */
struct own_columns {
    bool is[CSV_FIELDS_MAX];
    bool known;
};

static void find_own_columns(const struct table *table, struct own_columns *own)
{
    struct csv_reader reader;
    struct csv_row header;

    *own = (struct own_columns){.known = false};
    if (csv_open(&reader, buffer_view(&table->header)) == STATUS_OK &&
        csv_next(&reader, &header) == STATUS_OK) {
        for (size_t i = 0; i < header.field_count && i < CSV_FIELDS_MAX; i++)
            own->is[i] = is_own_column(header.fields[i].text);
        own->known = true;
    }
    csv_close(&reader);
}

/* One row of the file: its own cells at their places, then the two of the refusal. */
static void put_row(struct refusals *refusals, const struct csv_row *row, size_t width,
                    const struct own_columns *own, const char *const added[2])
{
    bool first = true;

    for (size_t i = 0; i < width && i < CSV_FIELDS_MAX; i++) {
        if (own->is[i])
            continue;
        csv_put_field(&refusals->file, i < row->field_count ? row->fields[i].text : bytes_of("", 0),
                      first, false);
        first = false;
    }
    csv_put_field(&refusals->file, bytes_of_text(added[0]), first, false);
    csv_put_field(&refusals->file, bytes_of_text(added[1]), false, false);
    csv_put_end(&refusals->file);
}

static void put_header(struct refusals *refusals, const struct table *table,
                       const struct own_columns *own)
{
    static const char *const added[] = {REFUSAL_LINE_COLUMN, REFUSAL_REASON_COLUMN};
    struct csv_reader reader;
    struct csv_row header;

    /* With the mark a spreadsheet takes the file for UTF-8. */
    buffer_append(&refusals->file, "\xef\xbb\xbf", 3);
    if (csv_open(&reader, buffer_view(&table->header)) == STATUS_OK &&
        csv_next(&reader, &header) == STATUS_OK)
        put_row(refusals, &header, header.field_count, own, added);
    csv_close(&reader);
}

static void reason_text(const struct refusals *refusals, const struct register_fault *fault,
                        char *out, size_t size)
{
    const char *reason = call_pick(refusals->call, fault->reason.vietnamese, fault->reason.english);

    (void)snprintf(out, size, "%s%s%s%s%s%s", fault->column, *fault->column ? ": " : "", reason,
                   *fault->detail ? " (" : "", fault->detail, *fault->detail ? ")" : "");
}

static void report(struct refusals *refusals, uint64_t line, const struct register_fault *fault)
{
    struct json_writer writer;

    if (refusals->count > REFUSALS_TOLD)
        return;
    if (refusals->report.size > 0)
        buffer_append_u8(&refusals->report, ',');
    json_write_start(&writer, &refusals->report);
    json_open_object(&writer, NULL);
    json_write_unsigned(&writer, "line", line);
    json_write_string(&writer, "column", *fault->column ? fault->column : NULL);
    json_write_string(&writer, "reason",
                      call_pick(refusals->call, fault->reason.vietnamese, fault->reason.english));
    json_write_string(&writer, "detail", *fault->detail ? fault->detail : NULL);
    json_close_object(&writer);
}

void refusals_add_raw(struct refusals *refusals, const struct table *table, uint64_t line,
                      struct bytes raw, const struct register_fault *fault)
{
    char number[24];
    char reason[REGISTER_DETAIL_BYTES + 512];
    const char *added[] = {number, reason};
    struct own_columns own;
    struct csv_reader reader;
    struct csv_row row;

    find_own_columns(table, &own);
    if (refusals->count++ == 0)
        put_header(refusals, table, &own);
    (void)snprintf(number, sizeof number, "%llu", (unsigned long long)line);
    reason_text(refusals, fault, reason, sizeof reason);
    if (csv_open(&reader, raw) == STATUS_OK && csv_next(&reader, &row) == STATUS_OK) {
        struct csv_field whole = {.text = raw};
        /* A row whose fields cannot be told apart is handed back as it is, in one cell. */
        if (row.problem != CSV_SOUND || row.field_count > table->width)
            row = (struct csv_row){.fields = &whole, .field_count = 1};
        put_row(refusals, &row, table->width, &own, added);
    }
    csv_close(&reader);
    report(refusals, line, fault);
}

void refusals_add(struct refusals *refusals, const struct table *table,
                  const struct register_fault *fault)
{
    refusals_add_raw(refusals, table, table->row.line, table->row.raw, fault);
}

void refusals_write(struct refusals *refusals, struct json_writer *writer)
{
    struct json *list = NULL;
    struct buffer whole;

    buffer_init(&whole, REFUSAL_FILE_BYTES_MAX + 2);
    buffer_append_u8(&whole, '[');
    buffer_append_bytes(&whole, buffer_view(&refusals->report));
    buffer_append_u8(&whole, ']');
    if (buffer_status(&whole) == STATUS_OK && json_read(buffer_view(&whole), &list) == STATUS_OK)
        json_write_value(writer, "rows", list);
    json_release(list);
    buffer_deinit(&whole);
}
