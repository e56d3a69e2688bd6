#include "client/command/value.h"
#include "client/command/verb.h"
#include "client/command/verb/case_text.h"
#include "client/command/verb/draft.h"

#include <string.h>

enum { ID_PREFIX_LEAST = 8 };

/* A decision on one case as it stands. */
struct decision {
    struct call *call;
    struct draft draft;
    struct view view;
    bool sound;
};

static const struct words nothing_changed = {"Không có gì bị thay đổi.", "Nothing was changed."};

/* Hex digits that begin the hex of |bytes|. */
static bool is_prefix(struct bytes digits, const uint8_t *bytes, size_t size)
{
    char hex[65];

    hex_encode(bytes_of(bytes, size), hex);
    if (digits.size < ID_PREFIX_LEAST || digits.size > 2 * size)
        return false;
    for (size_t i = 0; i < digits.size; i++) {
        uint8_t c = digits.at[i];
        if ((c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : (char)c) != hex[i])
            return false;
    }
    return true;
}

/* With --view the case must be the one that was shown. */
static bool is_as_shown(struct decision *decision)
{
    struct bytes wanted = call_text(decision->call, "view");
    const struct name *hash = &decision->view.hash16;
    const struct failure failure = {.code = HOSO_REFUSED,
                                    .name = "changed",
                                    .kept = nothing_changed,
                                    .next = {"Xem lại rồi quyết định: hoso show MÃ",
                                             "Look again, then decide: hoso show CODE"}};

    if (wanted.size > 0 && !is_prefix(wanted, hash->bytes, sizeof hash->bytes)) {
        call_fail(decision->call, &failure, "%s", "%s",
                  call_pick(decision->call, "Hồ sơ đã thay đổi từ lúc hiển thị.",
                            "The case has changed since it was shown."));
        return false;
    }
    /* Between this look and the signature it must not change either, where it was asked for. */
    decision->draft.act.has_expected = wanted.size > 0;
    decision->draft.act.expected_view = *hash;
    return true;
}

static const struct write *write_of(const struct view_entry *entry, struct bytes key)
{
    for (size_t i = 0; entry->body && i < entry->body->write_count; i++) {
        if (bytes_equal(entry->body->writes[i].field, key))
            return &entry->body->writes[i];
    }
    return NULL;
}

/* The live version whose record is named. A state is moved by a step, whose record writes no field:
 * only its version tells. */
static bool take_version(struct decision *decision, struct bytes key, struct bytes digits)
{
    const struct view_field *field = view_field_of(&decision->view, key);

    for (size_t i = 0; field && i < field->version_count; i++) {
        const struct view_version *version = &field->versions[i];
        const struct hash *id = &decision->view.entries[version->entry].record->id;
        if (version->erased || !is_prefix(digits, id->bytes, sizeof id->bytes))
            continue;
        decision->sound = draft_choose(&decision->draft, key, version->value_bytes, id, 1);
        return true;
    }
    return false;
}

/* k=@RECORD: the version that record wrote. */
static bool take_record(void *context, const char *key, const struct json *member)
{
    struct decision *decision = context;
    struct bytes digits = json_as_text(member);
    const struct failure failure = {
        .code = HOSO_NOT_FOUND,
        .name = "not_found",
        .kept = nothing_changed,
        .next = {"Xem các phiên bản: hoso conflicts, hoso show MÃ --history",
                 "See the versions: hoso conflicts, hoso show CODE --history"}};

    decision->sound = false;
    if (take_version(decision, bytes_of_text(key), digits))
        return decision->sound;
    for (size_t i = 0; i < decision->view.entry_count; i++) {
        const struct view_entry *entry = &decision->view.entries[i];
        const struct write *write = write_of(entry, bytes_of_text(key));
        if (!write || !is_prefix(digits, entry->record->id.bytes, sizeof entry->record->id.bytes))
            continue;
        decision->sound = draft_choose(&decision->draft, bytes_of_text(key), write->value_bytes,
                                       &entry->record->id, 1);
        return decision->sound;
    }
    call_fail(decision->call, &failure, "Không bản ghi @%.*s nào của hồ sơ ghi trường %s.",
              "No record @%.*s of the case wrote the field %s.", (int)digits.size,
              digits.size ? (const char *)digits.at : "", key);
    return false;
}

static const struct view_version *version_of(const struct view_field *field, struct bytes value)
{
    for (size_t i = 0; field && i < field->version_count; i++) {
        if (!field->versions[i].erased && bytes_equal(field->versions[i].value_bytes, value))
            return &field->versions[i];
    }
    return NULL;
}

/* k=VALUE: one of the versions if it equals one, else a value nobody wrote. */
static bool take_value(void *context, const char *key, const struct json *member)
{
    struct decision *decision = context;
    struct call *call = decision->call;
    const struct pack *pack = decision->draft.pack;
    const struct pack_field *field = draft_field(&decision->draft, bytes_of_text(key));
    struct value_fault fault;
    struct bytes value;
    const struct failure failure = {.code = HOSO_REFUSED, .name = "value", .kept = nothing_changed};

    decision->sound = false;
    if (!field)
        return false;
    enum status status =
        value_parse(pack, field, json_as_text(member), &call->arena, &value, &fault);
    if (status == STATUS_USAGE)
        call_fail(call, &failure, "%s: %s.", "%s: %s.", key,
                  call_pick(call, fault.words.vietnamese, fault.words.english));
    call_fail_status(call, status);
    if (status)
        return false;
    const struct view_version *version =
        version_of(view_field_of(&decision->view, bytes_of_text(key)), value);
    const struct hash *source = version ? &decision->view.entries[version->entry].record->id : NULL;
    decision->sound =
        draft_choose(&decision->draft, bytes_of_text(key), value, source, source ? 1 : 0);
    return decision->sound;
}

static bool take_choices(struct decision *decision)
{
    const struct json *arguments = decision->call->arguments;

    decision->sound = true;
    json_members(json_member(arguments, "choose"), take_record, decision);
    if (decision->sound)
        json_members(json_member(arguments, "fields"), take_value, decision);
    if (decision->sound && decision->draft.act.write_count == 0) {
        call_fail_usage(decision->call, "k=@RECORD|k=VALUE", "chưa nêu trường nào",
                        "no field is named");
        return false;
    }
    return decision->sound;
}

static void tell(struct call *call, const struct act_result *result, bool dry_run)
{
    struct json_writer *writer = &call->writer;

    if (call->json) {
        json_open_object(writer, NULL);
        if (dry_run)
            json_write_null(writer, "record");
        else
            json_write_hex(writer, "record", result->record.bytes, sizeof result->record.bytes);
        json_write_flag(writer, "dry_run", dry_run);
        json_close_object(writer);
        json_write_end(writer);
        return;
    }
    if (dry_run)
        call_say(call, "Quyết định này hợp lệ. Chưa ghi gì (--dry-run).\n",
                 "This decision would stand. Nothing was written (--dry-run).\n");
    else
        call_say(call,
                 "Đã quyết định, đã ký bản ghi nội bộ trên máy này; các giá trị khác vẫn còn trong "
                 "lịch sử. Chưa gửi lên hub.\n",
                 "Decided and signed on this machine; the other values stay in the history. Not "
                 "sent to the hub yet.\n");
}

static void decide(struct decision *decision)
{
    struct call *call = decision->call;
    bool dry_run = call_flag(call, "dry_run");
    struct act_result result;

    if (!is_as_shown(decision) || !take_choices(decision))
        return;
    if (!call_composed(call, "reason", &decision->draft.act.reason) ||
        !call_composed(call, "basis", &decision->draft.act.basis))
        return;
    if (draft_perform(&decision->draft, dry_run, &result))
        tell(call, &result, dry_run);
}

void command_resolve(struct call *call)
{
    struct decision decision = {.call = call};
    struct replica_read *read = NULL;
    struct bytes code;
    struct bytes reason;

    if (!call_needs(call, "code", &code) || !call_needs(call, "reason", &reason) ||
        !draft_begin(&decision.draft, call, KIND_RESOLUTION))
        return;
    read = call_read(call);
    if (!read)
        return;
    enum status status = STATUS_OK;
    bool found = call_case(call, read, code, &decision.draft.act.case_name);
    if (found)
        status = replica_view(read, &decision.draft.act.case_name, &call->arena, &decision.view);
    replica_read_end(read);
    call_fail_status(call, status);
    if (found && !status)
        decide(&decision);
}
