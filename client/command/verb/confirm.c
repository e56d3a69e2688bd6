#include "client/command/verb.h"
#include "client/replica/act/number.h"

#define NOT_CHANGED                                                                                \
    {                                                                                              \
        "Chưa có gì thay đổi.", "Nothing was changed."                                             \
    }

static enum status confirm_job(struct replica *replica, void *context)
{
    const struct code *last = context;

    return number_confirm(replica, last);
}

/* One that no calendar has is a slip of the pen, and a confirmation is made once. */
static bool is_date(uint32_t yymmdd)
{
    uint32_t month = yymmdd / 100 % 100, day = yymmdd % 100;

    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

void command_confirm(struct call *call)
{
    static const struct failure no_code = {
        .code = HOSO_USAGE,
        .name = "usage",
        .kept = NOT_CHANGED,
        .next = {"Ví dụ: hoso confirm 000.15.30.H57-261124-0020",
                 "Example: hoso confirm 000.15.30.H57-261124-0020"}};
    static const struct failure no_doubt = {
        .code = HOSO_REFUSED,
        .name = "no_doubt",
        .kept = NOT_CHANGED,
        .next = {"Không cần làm gì.", "Nothing needs to be done."}};
    static const struct failure not_ours = {.code = HOSO_REFUSED,
                                            .name = "not_owner",
                                            .kept = NOT_CHANGED,
                                            .next = {"Xác nhận ở máy chủ của đơn vị có mã đó.",
                                                     "Confirm at the office whose code it is."}};
    struct actor actor;
    struct code last;
    struct bytes text;

    if (!call_needs(call, "code", &text) || !call_actor(call, &actor))
        return;
    if (!code_parse(text, &last) || !is_date(last.day)) {
        call_fail(call, &no_code, "\"%.*s\" không phải mã hồ sơ.", "\"%.*s\" is no code.",
                  (int)text.size, (const char *)text.at);
        return;
    }
    enum status status = call->host->submit(call->host->context, confirm_job, &last);
    if (status == STATUS_NOT_FOUND) {
        call_fail(call, &no_doubt, "%s", "%s",
                  call_pick(call, "Mã hồ sơ của máy này không bị nghi ngờ.",
                            "The codes of this node are not in doubt."));
    } else if (status == STATUS_REFUSED) {
        call_fail(call, &not_ours, "%s", "%s",
                  call_pick(call, "Máy này không cấp mã của đơn vị đó.",
                            "This node does not give that unit's codes."));
    } else if (status) {
        call_fail_status(call, status);
    } else if (call->json) {
        json_open_object(&call->writer, NULL);
        json_write_text(&call->writer, "confirmed", text);
        json_close_object(&call->writer);
        json_write_end(&call->writer);
    } else {
        call_say(
            call,
            "Đã xác nhận %.*s. Mã mới lấy từ một dãy số riêng của máy này (bốn chữ số, từ 6001 "
            "đến 8000), để không trùng với máy chép từ cùng một kho.\n",
            "Confirmed %.*s. New codes come from a range of this machine's own (four digits, "
            "6001 to 8000), so that none meets those of a machine copied from the same "
            "store.\n",
            (int)text.size, (const char *)text.at);
    }
}
