#include "protocol/sync/frame/sheet.h"

#include <stdlib.h>
#include <string.h>

enum { SHEET_ARENA_BYTES = 8 * 1024 * 1024 };

struct sheet *sheet_new(void)
{
    struct sheet *sheet = calloc(1, sizeof *sheet);
    if (sheet != NULL) {
        arena_init(&sheet->arena, SHEET_ARENA_BYTES);
    }
    return sheet;
}

void sheet_free(struct sheet *sheet)
{
    if (sheet == NULL) {
        return;
    }
    for (size_t i = 0; i < sheet->column_count; i++) {
        column_deinit(sheet->columns[i]);
    }
    arena_deinit(&sheet->arena);
    free(sheet);
}

static enum status find_column(struct sheet *sheet, uint64_t name, uint64_t *index)
{
    for (size_t i = 0; i < sheet->column_count; i++) {
        if (sheet->columns[i]->name == name) {
            *index = i;
            return STATUS_OK;
        }
    }
    if (sheet->column_count == SHEET_COLUMNS) {
        return STATUS_LIMIT;
    }
    struct column *column = arena_alloc(&sheet->arena, sizeof *column);
    if (column == NULL) {
        return STATUS_NO_MEMORY;
    }
    column_init(column, name);
    *index = sheet->column_count;
    sheet->columns[sheet->column_count++] = column;
    return STATUS_OK;
}

enum status sheet_add_form(struct sheet *sheet, struct bytes bytes)
{
    if (sheet->form_count == SHEET_FORMS) {
        return STATUS_LIMIT;
    }
    bool ok = true;
    struct bytes kept = arena_copy(&sheet->arena, bytes, &ok);
    if (!ok) {
        return STATUS_NO_MEMORY;
    }
    struct form *form = &sheet->forms[sheet->form_count];
    enum status status = form_read(kept, &sheet->arena, form);
    for (size_t i = 0; i < form->op_count && status == STATUS_OK; i++) {
        if (form_token_is_value(form->ops[i].token)) {
            status = find_column(sheet, form->ops[i].column, &form->ops[i].column);
        }
    }
    sheet->form_count += status == STATUS_OK ? 1 : 0;
    return status;
}

size_t sheet_find_form(const struct sheet *sheet, struct bytes bytes)
{
    size_t i = 0;
    while (i < sheet->form_count && !bytes_equal(sheet->forms[i].bytes, bytes)) {
        i++;
    }
    return i;
}

void sheet_add_case(struct sheet *sheet, const struct name *name)
{
    sheet->cases[sheet->case_count++ % SHEET_CASES] = *name;
}

size_t sheet_find_case(const struct sheet *sheet, const struct name *name)
{
    size_t most = sheet->case_count < SHEET_CASES ? sheet->case_count : SHEET_CASES;
    for (size_t ago = 1; ago <= most; ago++) {
        if (name_equal(&sheet->cases[(sheet->case_count - ago) % SHEET_CASES], name)) {
            return ago;
        }
    }
    return 0;
}

const struct name *sheet_case(const struct sheet *sheet, uint64_t ago)
{
    size_t most = sheet->case_count < SHEET_CASES ? sheet->case_count : SHEET_CASES;
    if (ago == 0 || ago > most) {
        return NULL;
    }
    return &sheet->cases[(sheet->case_count - (size_t)ago) % SHEET_CASES];
}

void sheet_note_record(struct sheet *sheet, const struct record *record)
{
    if (record->header.kind == KIND_GENESIS) {
        struct name name = name_of_hash(&record->id);
        sheet_add_case(sheet, &name);
    }
}
