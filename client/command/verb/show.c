#include "client/command/reason.h"
#include "client/command/value.h"
#include "client/command/verb.h"
#include "client/command/verb/act_words.h"
#include "client/command/verb/case_text.h"
#include "client/command/verb/deadline.h"
#include "client/command/verb/reach.h"
#include "client/text/time.h"

#include <stdio.h>
#include <string.h>

static const char *effect_name(const struct view_entry *entry)
{
    switch (entry->effect) {
    case EFFECT_EFFECTIVE:
        return "effective";
    case EFFECT_HELD:
        return "held";
    case EFFECT_NONE:
        return "none";
    case EFFECT_UNSOUND:
        return "unsound";
    }
    return "none";
}

static const char *source_name(uint64_t source)
{
    switch (source) {
    case SOURCE_HERE:
        return "here";
    case SOURCE_LATE_ENTRY:
        return "late_entry";
    case SOURCE_IMPORT:
        return "import";
    default:
        return "unknown";
    }
}

static void write_writes(struct call *call, const struct view *view, const struct case_body *body)
{
    static const char *const operations[] = {"set", "add", "remove"};
    struct json_writer *writer = &call->writer;

    json_open_array(writer, "writes");
    for (size_t i = 0; body && i < body->write_count; i++) {
        const struct write *write = &body->writes[i];
        json_open_object(writer, NULL);
        json_write_text(writer, "field", write->field);
        json_write_string(writer, "op", write->op < 3 ? operations[write->op] : "unknown");
        value_write(writer, "value", view->pack,
                    view->pack ? pack_field_of(view->pack, write->field) : NULL,
                    write->value_bytes);
        json_close_object(writer);
    }
    json_close_array(writer);
}

/* A decision that stands beside a value it had not weighed: the field is open again. */
static bool is_reopened(const struct view *view, const struct view_entry *entry)
{
    if (entry->record->header.kind != KIND_RESOLUTION || entry->effect != EFFECT_EFFECTIVE ||
        entry->aside || !entry->body)
        return false;
    for (size_t i = 0; i < entry->body->write_count; i++) {
        const struct write *write = &entry->body->writes[i];
        const struct view_field *field = view_field_of(view, write->field);
        for (size_t n = 0; field && field->conflict && n < field->version_count; n++) {
            if (bytes_equal(field->versions[n].value_bytes, write->value_bytes))
                return true;
        }
    }
    return false;
}

static void write_entry(struct call *call, const struct view *view, const struct view_entry *entry)
{
    const struct record_header *header = &entry->record->header;
    const struct case_body *body = entry->body;
    struct json_writer *writer = &call->writer;
    uint64_t hat;
    struct bytes officer = case_text_officer(entry, &hat);

    json_open_object(writer, NULL);
    json_write_hex(writer, "record", entry->record->id.bytes, sizeof entry->record->id.bytes);
    json_write_string(writer, "kind", record_kind_name(header->kind));
    json_write_optional(writer, "step", body ? body->step : (struct bytes){0});
    json_write_optional(writer, "officer", officer);
    json_write_string(writer, "hat", hat == HAT_NONE ? NULL : hat_name(hat));
    json_write_optional(writer, "unit", header->act.unit);
    json_write_optional(writer, "recorded_by", header->act.officer);
    value_write_moment(writer, "happened", &header->happened);
    value_write_time(writer, "recorded", true, header->recorded_seconds, PRECISION_SECOND,
                     header->recorded_zone_minutes);
    json_write_string(writer, "source", source_name(header->source));
    json_write_string(writer, "signed_by",
                      entry->record->has_officer_signature ? "officer, device" : "device");
    json_write_string(writer, "effect", effect_name(entry));
    json_write_string(writer, "why",
                      entry->why ? call_pick(call, reason_words(entry->why).vietnamese, entry->why)
                                 : NULL);
    json_write_flag(writer, "aside", entry->aside);
    json_write_flag(writer, "reopened", is_reopened(view, entry));
    json_write_optional(writer, "reason", body ? body->reason : (struct bytes){0});
    json_write_optional(writer, "basis", body ? body->basis : (struct bytes){0});
    write_writes(call, view, body);
    json_close_object(writer);
}

static void write_field(struct call *call, const struct view *view, const struct view_field *field)
{
    char key[LIMIT_KEY_BYTES + 1] = {0};
    struct json_writer *writer = &call->writer;

    memcpy(key, field->key.at, field->key.size < sizeof key ? field->key.size : sizeof key - 1);
    json_open_object(writer, key);
    value_write(writer, "value", view->pack, field->field, field->value_bytes);
    json_write_flag(writer, "conflict", field->conflict);
    if (field->conflict)
        value_write(writer, "standing", view->pack, field->field, field->standing_bytes);
    json_open_array(writer, "versions");
    for (size_t i = 0; i < field->version_count; i++)
        case_text_write_version(call, view, field, i);
    json_close_array(writer);
    json_close_object(writer);
}

static const char *load_name(enum view_load load)
{
    switch (load) {
    case VIEW_LOADED:
        return "loaded";
    case VIEW_NOT_LOADED:
        return "not_loaded";
    case VIEW_NEWER:
        return "newer";
    }
    return "not_loaded";
}

static void write_case(struct call *call, const struct view *view, unsigned levels)
{
    char code[LIMIT_CODE_BYTES + 1];
    struct json_writer *writer = &call->writer;

    case_text_code(view, code);
    json_open_object(writer, NULL);
    json_write_string(writer, "code", code);
    json_write_hex(writer, "case", view->case_name.bytes, sizeof view->case_name.bytes);
    json_write_hex(writer, "view", view->hash16.bytes, sizeof view->hash16.bytes);
    if (view->state > 0)
        json_write_unsigned(writer, "state", view->state);
    else
        json_write_null(writer, "state");
    json_write_optional(writer, "unit", view->unit);
    json_write_string(writer, "load", load_name(view->load));
    json_write_unsigned(writer, "conflicts", view->conflict_count);
    json_write_unsigned(writer, "held", view->held_count);
    deadline_write(call, view);
    json_open_object(writer, "fields");
    for (size_t i = 0; i < view->field_count; i++)
        write_field(call, view, &view->fields[i]);
    json_close_object(writer);
    reach_write(writer, "reached", levels);
    json_open_array(writer, "history");
    for (size_t i = 0; i < view->entry_count; i++)
        write_entry(call, view, &view->entries[i]);
    json_close_array(writer);
    json_close_object(writer);
    json_write_end(writer);
}

/* ---- for people ---- */

static void say_field(struct call *call, const struct view *view, const struct view_field *field)
{
    struct buffer text;
    bool list = field->field &&
                (field->field->policy == POLICY_APPEND || field->field->policy == POLICY_SET);

    buffer_init(&text, LIMIT_TEXT_BYTES + 64);
    call_put(call, bytes_of_text("  "));
    call_put_padded(call, case_text_label(field), 30);
    if (field->conflict) {
        value_print(view->pack, field->field, field->standing_bytes, &text);
        call_say(call, "  XUNG ĐỘT, cần quyết định%s", "  IN CONFLICT, to be decided%s",
                 text.size > 0 ? ": " : "");
        call_put(call, buffer_view(&text));
        call_put(call, bytes_of_text("\n"));
        for (size_t i = 0; i < field->version_count; i++)
            case_text_say_version(call, view, field, i);
    } else if (list) {
        for (size_t i = 0; i < field->version_count; i++) {
            call_put(call, bytes_of_text(i > 0 ? "; " : "  "));
            buffer_reset(&text);
            value_print(view->pack, field->field, field->versions[i].value_bytes, &text);
            call_put(call, buffer_view(&text));
        }
        call_put(call, bytes_of_text("\n"));
    } else {
        value_print(view->pack, field->field, field->value_bytes, &text);
        call_put(call, bytes_of_text("  "));
        call_put(call, buffer_view(&text));
        call_put(call, bytes_of_text("\n"));
    }
    buffer_deinit(&text);
}

static void say_effect(struct call *call, const struct view *view, const struct view_entry *entry)
{
    if (entry->record->header.source != SOURCE_HERE)
        call_say(call, " (nhập bù)", " (late entry)");
    if (entry->effect != EFFECT_EFFECTIVE && entry->why)
        call_say(call, "  KHÔNG CÓ HIỆU LỰC: %s", "  WITHOUT EFFECT: %s",
                 call_pick(call, reason_words(entry->why).vietnamese, entry->why));
    if (entry->aside)
        call_say(call, "  ĐỂ RIÊNG: quyết định khác đã xét giá trị này",
                 "  PUT ASIDE: another decision weighed this value");
    if (is_reopened(view, entry))
        call_say(call, "  CHƯA XÉT HẾT: có giá trị mà người quyết định chưa thấy",
                 "  OPEN AGAIN: there is a value this decision had not seen");
    call_put(call, bytes_of_text("\n"));
}

static void say_text(struct call *call, const char *label, struct bytes text)
{
    if (text.size == 0)
        return;
    call_put(call, bytes_of_text("      "));
    call_put(call, bytes_of_text(label));
    call_put(call, text);
    call_put(call, bytes_of_text("\n"));
}

static void say_write(struct call *call, const struct view *view, const struct write *write)
{
    static const char *const signs[] = {" = ", " += ", " -= "};
    const struct pack_field *field = view->pack ? pack_field_of(view->pack, write->field) : NULL;
    struct buffer text;

    buffer_init(&text, LIMIT_TEXT_BYTES + LIMIT_KEY_BYTES + 64);
    buffer_append_bytes(&text, write->field);
    buffer_append_bytes(&text, bytes_of_text(write->op < 3 ? signs[write->op] : " ? "));
    value_print(view->pack, field, write->value_bytes, &text);
    say_text(call, "", buffer_view(&text));
    buffer_deinit(&text);
}

static void say_entry(struct call *call, const struct view *view, const struct view_entry *entry)
{
    const struct record_header *header = &entry->record->header;
    char happened[TIME_TEXT_BYTES];
    char id[17];
    uint64_t hat;
    struct bytes officer = case_text_officer(entry, &hat);
    struct words words = act_words(header->kind, entry->body);

    hex_encode(bytes_of(entry->record->id.bytes, 8), id);
    if (header->happened.known)
        time_format(header->happened.seconds, header->happened.precision,
                    header->happened.zone_minutes, happened);
    else
        (void)snprintf(happened, sizeof happened, "%s",
                       call_pick(call, "(không rõ lúc nào)", "(time unknown)"));
    call_say(call, "  %s  ", "  %s  ", id);
    call_put_padded(call, bytes_of_text(happened), 26);
    call_put(call, bytes_of_text(call_pick(call, words.vietnamese, words.english)));
    if (officer.size > 0)
        call_say(call, "  %.*s:%s", "  %.*s:%s", (int)officer.size, (const char *)officer.at,
                 hat_name(hat) ? hat_name(hat) : "?");
    say_effect(call, view, entry);
    if (!entry->body)
        return;
    say_text(call, call_pick(call, "lý do: ", "reason: "), entry->body->reason);
    say_text(call, call_pick(call, "căn cứ: ", "basis: "), entry->body->basis);
    for (size_t i = 0; i < entry->body->write_count; i++)
        say_write(call, view, &entry->body->writes[i]);
}

static void say_case(struct call *call, const struct view *view, unsigned levels)
{
    char code[LIMIT_CODE_BYTES + 1];
    char number[24];
    struct words reached = reach_words(levels);

    case_text_code(view, code);
    (void)snprintf(number, sizeof number, "%llu", (unsigned long long)view->state);
    struct bytes label = {0};
    if (view->pack && view->state > 0)
        label = pack_label_of(view->pack->states, view->pack->state_count, bytes_of_text(number));
    call_say(call, "Hồ sơ %s: %.*s; %s.\n", "Dossier %s: %.*s; %s.\n", code,
             label.size ? (int)label.size : 1, label.size ? (const char *)label.at : "?",
             call_pick(call, reached.vietnamese, reached.english));
    if (view->load == VIEW_NEWER)
        call_say(call,
                 "  CẦN BẢN MỚI HƠN: có bản ghi mà chương trình này chưa hiểu; dưới đây là phần "
                 "còn lại. Chỉ ghi thêm được ghi chú.\n",
                 "  NEEDS A NEWER VERSION: this program does not understand some records; below is "
                 "the rest. Only notes can be added.\n");
    else if (view->load != VIEW_LOADED)
        call_say(call, "  Hồ sơ chưa có đủ trên máy này (%s).\n",
                 "  The dossier is not complete here (%s).\n", load_name(view->load));
    deadline_say(call, view, call_flag(call, "history"));
    for (size_t i = 0; i < view->field_count; i++)
        say_field(call, view, &view->fields[i]);
    if (call_flag(call, "history")) {
        call_say(call, "Lịch sử:\n", "History:\n");
        for (size_t i = 0; i < view->entry_count; i++)
            say_entry(call, view, &view->entries[i]);
    }
    call_say(call,
             "Mỗi bản ghi mang tên cán bộ, vai trò và chữ ký của máy (ký bản ghi nội bộ); cán bộ "
             "chưa có khóa riêng.\n",
             "Every record carries the officer's name and hat and the device's signature (an "
             "internal record signature); officers have no keys of their own yet.\n");
}

void command_show(struct call *call)
{
    struct replica_read *read = NULL;
    struct name case_name;
    struct bytes code;
    struct view view;

    if (!call_needs(call, "code", &code))
        return;
    read = call_read(call);
    if (!read)
        return;
    if (call_case(call, read, code, &case_name)) {
        enum status status = replica_view(read, &case_name, &call->arena, &view);
        if (!status) {
            unsigned levels = reach_of_case(read, &case_name);
            if (call->json)
                write_case(call, &view, levels);
            else
                say_case(call, &view, levels);
        }
        call_fail_status(call, status);
    }
    replica_read_end(read);
}
