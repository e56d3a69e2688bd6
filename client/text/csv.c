#include "client/text/csv.h"

#include <stdlib.h>
#include <string.h>

enum csv_state { STATE_FIELD, STATE_PLAIN, STATE_QUOTED, STATE_CLOSED };

/* One row while it is read. */
struct scan {
    struct csv_reader *reader;
    size_t at;
    uint64_t line;
    size_t line_start;
    enum csv_state state;
    size_t count;
    size_t field_start; /* in the reader's text buffer */
    enum csv_problem problem;
    bool ended;
};

enum status csv_open(struct csv_reader *reader, struct bytes input)
{
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
    memset(reader, 0, sizeof *reader);
    reader->input = input;
    reader->line = 1;
    if (input.size >= sizeof mark && memcmp(input.at, mark, sizeof mark) == 0) {
        reader->at = sizeof mark;
    }
    buffer_init(&reader->text, CSV_ROW_BYTES_MAX);
    reader->fields = calloc(CSV_FIELDS_MAX, sizeof *reader->fields);
    return reader->fields == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

void csv_close(struct csv_reader *reader)
{
    free(reader->fields);
    reader->fields = NULL;
    buffer_deinit(&reader->text);
}

/* Bytes of the line end at |at|: 2, 1, or 0 if there is none. */
static size_t line_end(struct bytes input, size_t at)
{
    if (input.at[at] == '\n') {
        return 1;
    }
    return input.at[at] == '\r' && at + 1 < input.size && input.at[at + 1] == '\n' ? 2 : 0;
}

static void begin_field(struct scan *scan)
{
    if (scan->count == CSV_FIELDS_MAX) {
        scan->problem = CSV_TOO_MANY;
        return;
    }
    struct csv_field *field = &scan->reader->fields[scan->count];
    field->line = scan->line;
    field->byte = scan->at - scan->line_start + 1;
    scan->field_start = scan->reader->text.size;
    scan->state = STATE_FIELD;
}

/* The text is a place in the growing buffer until the row is whole: only its size is kept. */
static void end_field(struct scan *scan)
{
    struct csv_field *field = &scan->reader->fields[scan->count];
    field->text = bytes_of(NULL, scan->reader->text.size - scan->field_start);
    scan->count++;
}

static void step_quoted(struct scan *scan)
{
    uint8_t byte = scan->reader->input.at[scan->at++];
    if (byte == '"') {
        scan->state = STATE_CLOSED;
        return;
    }
    buffer_append_u8(&scan->reader->text, byte);
    if (byte == '\n') {
        scan->line++;
        scan->line_start = scan->at;
    }
}

static void step_quote(struct scan *scan)
{
    switch (scan->state) {
    case STATE_FIELD:
        scan->state = STATE_QUOTED;
        scan->at++;
        break;
    case STATE_CLOSED: /* a doubled quote stands for one */
        buffer_append_u8(&scan->reader->text, '"');
        scan->state = STATE_QUOTED;
        scan->at++;
        break;
    case STATE_PLAIN:
    case STATE_QUOTED:
        scan->problem = CSV_STRAY_QUOTE;
        break;
    }
}

/* Outside quotes. */
static void step_open(struct scan *scan)
{
    struct bytes input = scan->reader->input;
    uint8_t byte = input.at[scan->at];
    size_t end = line_end(input, scan->at);
    if (end > 0) {
        end_field(scan);
        scan->at += end;
        scan->line++;
        scan->ended = true;
    } else if (byte == ',') {
        end_field(scan);
        scan->at++;
        begin_field(scan);
    } else if (byte == '"') {
        step_quote(scan);
    } else if (scan->state == STATE_CLOSED) {
        scan->problem = CSV_AFTER_QUOTE;
    } else {
        scan->state = STATE_PLAIN;
        buffer_append_u8(&scan->reader->text, byte);
        scan->at++;
    }
}

static void scan_row(struct scan *scan)
{
    struct csv_reader *reader = scan->reader;
    begin_field(scan);
    while (!scan->ended && scan->problem == CSV_SOUND) {
        if (scan->at == reader->input.size) {
            if (scan->state == STATE_QUOTED) {
                scan->problem = CSV_UNENDED_QUOTE;
            } else {
                end_field(scan);
                scan->ended = true;
            }
        } else if (scan->at - reader->at >= CSV_ROW_BYTES_MAX) {
            scan->problem = scan->state == STATE_QUOTED ? CSV_UNENDED_QUOTE : CSV_TOO_LONG;
        } else if (scan->state == STATE_QUOTED) {
            step_quoted(scan);
        } else {
            step_open(scan);
        }
    }
}

/* After a problem the row is its first line: a lost quote must not swallow the rows behind it. */
static void recover(struct scan *scan, struct csv_row *row)
{
    struct bytes input = scan->reader->input;
    row->problem = scan->problem;
    row->problem_line = scan->line;
    row->problem_byte = scan->at - scan->line_start + 1;
    if (scan->problem == CSV_UNENDED_QUOTE && scan->count < CSV_FIELDS_MAX) {
        row->problem_line = scan->reader->fields[scan->count].line;
        row->problem_byte = scan->reader->fields[scan->count].byte;
    }
    size_t at = scan->reader->at;
    const uint8_t *end = memchr(input.at + at, '\n', input.size - at);
    scan->at = end == NULL ? input.size : (size_t)(end - input.at) + 1;
    scan->line = scan->reader->line + (end == NULL ? 0 : 1);
}

static void pass_empty_lines(struct csv_reader *reader)
{
    while (reader->at < reader->input.size) {
        size_t end = line_end(reader->input, reader->at);
        if (end == 0) {
            return;
        }
        reader->at += end;
        reader->line++;
    }
}

enum status csv_next(struct csv_reader *reader, struct csv_row *row)
{
    memset(row, 0, sizeof *row);
    pass_empty_lines(reader);
    if (reader->at >= reader->input.size) {
        return STATUS_NOT_FOUND;
    }
    buffer_reset(&reader->text);
    struct scan scan = {
        .reader = reader, .at = reader->at, .line = reader->line, .line_start = reader->at};
    scan_row(&scan);
    if (buffer_status(&reader->text) != STATUS_OK) {
        return STATUS_NO_MEMORY;
    }
    row->line = reader->line;
    if (scan.problem != CSV_SOUND) {
        recover(&scan, row);
    }
    size_t used = 0;
    for (size_t i = 0; i < scan.count; i++) {
        size_t size = reader->fields[i].text.size;
        reader->fields[i].text = bytes_of(size == 0 ? NULL : reader->text.at + used, size);
        used += size;
    }
    row->fields = reader->fields;
    row->field_count = scan.count;
    row->raw = bytes_of(reader->input.at + reader->at, scan.at - reader->at);
    reader->at = scan.at;
    reader->line = scan.line;
    return STATUS_OK;
}

static bool must_quote(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.at[i];
        if (byte == ',' || byte == '"' || byte == '\n' || byte == '\r') {
            return true;
        }
    }
    return text.size > 0 && (text.at[0] == ' ' || text.at[text.size - 1] == ' ');
}

/* What a spreadsheet would run instead of showing it. */
static bool is_formula(struct bytes text)
{
    uint8_t first = text.size > 0 ? text.at[0] : 'a';
    return first == '=' || first == '+' || first == '-' || first == '@' || first == '\t';
}

void csv_put_field(struct buffer *out, struct bytes text, bool first, bool guard)
{
    if (!first) {
        buffer_append_u8(out, ',');
    }
    bool quoted = must_quote(text);
    if (quoted) {
        buffer_append_u8(out, '"');
    }
    if (guard && is_formula(text)) {
        buffer_append_u8(out, '\'');
    }
    if (!quoted) {
        buffer_append_bytes(out, text);
        return;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.at[i] == '"') {
            buffer_append_u8(out, '"');
        }
        buffer_append_u8(out, text.at[i]);
    }
    buffer_append_u8(out, '"');
}

void csv_put_end(struct buffer *out)
{
    buffer_append(out, "\r\n", 2);
}
