#include "client/command/verb/case_text.h"

#include "client/command/value.h"
#include "client/replica/act/number.h"
#include "client/replica/case/case.h"
#include "client/replica/case/field.h"
#include "client/text/time.h"

#include <string.h>

void case_text_code(const struct view *view, char out[LIMIT_CODE_BYTES + 1])
{
    struct bytes code;

    if (case_shown_text(view, FIELD_KEY_CODE, &code) && code.size > 0 &&
        code.size <= LIMIT_CODE_BYTES) {
        memcpy(out, code.at, code.size);
        out[code.size] = 0;
        return;
    }
    code_provisional(&view->case_name, out);
}

struct bytes case_text_officer(const struct view_entry *entry, uint64_t *hat)
{
    const struct record_act *act = &entry->record->header.act;

    if (entry->body && entry->body->book_officer.size > 0) {
        *hat = entry->body->book_hat;
        return entry->body->book_officer;
    }
    *hat = act->present ? act->hat : HAT_NONE;
    return act->present ? act->officer : (struct bytes){0};
}

static const char *const erased = "(đã xóa)";

void case_text_write_version(struct call *call, const struct view *view,
                             const struct view_field *field, size_t index)
{
    const struct view_version *version = &field->versions[index];
    const struct view_entry *entry = &view->entries[version->entry];
    const struct record_header *header = &entry->record->header;
    struct json_writer *writer = &call->writer;
    uint64_t hat;
    struct bytes officer = case_text_officer(entry, &hat);

    json_open_object(writer, NULL);
    json_write_unsigned(writer, "n", index + 1);
    if (version->erased)
        json_write_string(writer, "value", erased);
    else
        value_write(writer, "value", view->pack, field->field, version->value_bytes);
    if (officer.size > 0)
        json_write_text(writer, "officer", officer);
    else
        json_write_null(writer, "officer");
    json_write_string(writer, "hat", hat_name(hat));
    json_write_text(writer, "unit", header->act.unit);
    value_write_moment(writer, "happened", &header->happened);
    json_write_hex(writer, "record", entry->record->id.bytes, sizeof entry->record->id.bytes);
    json_write_flag(writer, "proposal", version->proposal);
    json_close_object(writer);
}

void case_text_say_version(struct call *call, const struct view *view,
                           const struct view_field *field, size_t index)
{
    const struct view_version *version = &field->versions[index];
    const struct view_entry *entry = &view->entries[version->entry];
    const struct record_header *header = &entry->record->header;
    char happened[TIME_TEXT_BYTES];
    char id[17];
    uint64_t hat;
    struct bytes officer = case_text_officer(entry, &hat);
    struct buffer text;

    if (call->json)
        return;
    buffer_init(&text, LIMIT_TEXT_BYTES + 64);
    if (version->erased)
        buffer_append_bytes(&text, bytes_of_text(erased));
    else
        value_print(view->pack, field->field, version->value_bytes, &text);
    hex_encode(bytes_of(entry->record->id.bytes, 8), id);
    if (header->happened.known)
        time_format(header->happened.seconds, header->happened.precision,
                    header->happened.zone_minutes, happened);
    else
        memcpy(happened, "?", 2);
    call_say(call, "    %zu. \"", "    %zu. \"", index + 1);
    call_put(call, buffer_view(&text));
    call_say(call, "\"  %.*s, %.*s, %s  @%s\n", "\"  %.*s, %.*s, %s  @%s\n", (int)officer.size,
             officer.size ? (const char *)officer.at : "", (int)header->act.unit.size,
             header->act.unit.size ? (const char *)header->act.unit.at : "", happened, id);
    buffer_deinit(&text);
}

struct bytes case_text_label(const struct view_field *field)
{
    return field->field && field->field->label.size > 0 ? field->field->label : field->key;
}
