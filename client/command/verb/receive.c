#include "client/command/verb.h"
#include "client/command/verb/deadline.h"
#include "client/command/verb/draft.h"
#include "client/replica/case/case.h"
#include "client/replica/case/field.h"

#include <string.h>

static void write_answer(struct call *call, const struct act_result *result,
                         const struct view *view)
{
    struct json_writer *writer = &call->writer;

    json_open_object(writer, NULL);
    json_write_string(writer, "code", result->code);
    json_write_hex(writer, "case", result->case_name.bytes, sizeof result->case_name.bytes);
    json_write_flag(writer, "provisional", result->provisional);
    json_write_hex(writer, "record", result->record.bytes, sizeof result->record.bytes);
    json_write_flag(writer, "repeated", result->repeated);
    deadline_write_due(call, view);
    json_close_object(writer);
    json_write_end(writer);
}

static void say_answer(struct call *call, const struct act_result *result, const struct view *view)
{
    call_say(call, "%s\n", "%s\n", result->code);
    deadline_say(call, view, false);
    if (result->repeated)
        call_say(call, "Yêu cầu này đã được ghi trước đó; không ghi thêm.\n",
                 "This request was written before; nothing was added.\n");
    else
        call_say(call, "Đã lưu trên máy này. Chưa gửi lên hub.\n",
                 "Saved on this machine. Not sent to the hub yet.\n");
    if (result->provisional)
        call_say(
            call,
            "Số tạm: lúc này chưa cấp được mã (xem hoso status); mã có khi liên lạc. Ghi rõ "
            "\"tạm\" "
            "trên giấy hẹn.\n",
            "Provisional (tạm): no code can be given now (see hoso status); it comes at contact. "
            "Write \"tạm\" on the slip.\n");
}

/* When it was received: what the officer says, else the moment of the record. */
static void take_moment(struct draft *draft)
{
    int64_t seconds;

    for (size_t i = 0; i < draft->act.write_count; i++) {
        const struct act_write *write = &draft->writes[i];
        if (bytes_equal_text(write->field, FIELD_KEY_RECEIVED) &&
            value_integer(write->value, &seconds))
            draft->act.happened = (struct moment){.known = true,
                                                  .seconds = seconds,
                                                  .precision = PRECISION_MINUTE,
                                                  .zone_minutes = draft->pack->zone_minutes};
    }
}

/* It is taken in whatever comes now: what cannot be shown of it is left out. */
static void tell(struct call *call, const struct act_result *result)
{
    struct replica_read *read = NULL;
    struct view view = {.load = VIEW_NOT_LOADED};

    if (replica_read_begin(call->host->replica, &read) ||
        replica_view(read, &result->case_name, &call->arena, &view))
        view = (struct view){.load = VIEW_NOT_LOADED};
    if (call->json)
        write_answer(call, result, &view);
    else
        say_answer(call, result, &view);
    if (read)
        replica_read_end(read);
}

void command_receive(struct call *call)
{
    struct draft draft;
    struct act_result result;
    struct bytes procedure;

    if (!call_needs(call, "procedure", &procedure) || !draft_begin(&draft, call, KIND_GENESIS))
        return;
    if (!draft_write(&draft, FIELD_KEY_PROCEDURE, WRITE_SET, procedure) ||
        !draft_take_fields(&draft))
        return;
    if (!draft_has(&draft, FIELD_KEY_OWNER)) {
        call_fail_usage(call, FIELD_KEY_OWNER, "chưa nêu chủ hồ sơ", "the owner is missing");
        return;
    }
    draft.any_policy = true;
    if (pack_field_of(draft.pack, bytes_of_text("can_bo_tiep_nhan")) &&
        !draft_write(&draft, "can_bo_tiep_nhan", WRITE_SET, draft.act.officer))
        return;
    draft.act.number = true;
    if (!call_composed(call, "request_id", &draft.act.request))
        return;
    take_moment(&draft);
    if (draft_perform(&draft, false, &result))
        tell(call, &result);
}
