#include "client/command/verb.h"
#include "client/command/verb/draft.h"

static void write_answer(struct call *call, const struct act_result *result)
{
    struct json_writer *writer = &call->writer;

    json_open_object(writer, NULL);
    json_write_string(writer, "code", result->code);
    json_write_hex(writer, "case", result->case_name.bytes, sizeof result->case_name.bytes);
    json_write_hex(writer, "record", result->record.bytes, sizeof result->record.bytes);
    json_write_flag(writer, "changed", !result->repeated);
    json_close_object(writer);
    json_write_end(writer);
}

void command_set(struct call *call)
{
    struct replica_read *read = NULL;
    struct draft draft;
    struct act_result result;
    struct bytes code;

    if (!call_needs(call, "code", &code) || !draft_begin(&draft, call, KIND_EDIT))
        return;
    read = call_read(call);
    if (!read)
        return;
    bool found = call_case(call, read, code, &draft.act.case_name);
    replica_read_end(read);
    if (!found || !draft_take_fields(&draft))
        return;
    if (draft.act.write_count == 0) {
        call_fail_usage(call, "k=v", "chưa nêu trường nào", "no field is named");
        return;
    }
    if (!draft_perform(&draft, false, &result))
        return;
    if (call->json)
        write_answer(call, &result);
    else if (result.repeated)
        call_say(call, "Hồ sơ %s đã có đúng các giá trị này; không ghi thêm.\n",
                 "Dossier %s holds these values already; nothing was added.\n", result.code);
    else
        call_say(call, "Đã sửa hồ sơ %s, lưu trên máy này. Chưa gửi lên hub.\n",
                 "Dossier %s was changed, saved on this machine. Not sent to the hub yet.\n",
                 result.code);
}
