#include "client/command/value.h"
#include "client/command/verb.h"
#include "client/replica/act/clock.h"
#include "client/replica/act/number.h"
#include "client/text/time.h"

#define NOT_CHANGED                                                                                \
    {                                                                                              \
        "Chưa có gì thay đổi.", "Nothing was changed."                                             \
    }

/* What the writer is asked, and what it found. */
struct confirmation {
    struct code last;
    bool own_hundred;
};

static enum status confirm_job(struct replica *replica, void *context)
{
    struct confirmation *confirmation = context;

    return number_confirm(replica, &confirmation->last, &confirmation->own_hundred);
}

/* One that no calendar has is a slip of the pen, and a confirmation is made once. */
static bool is_date(uint32_t yymmdd)
{
    uint32_t month = yymmdd / 100 % 100, day = yymmdd % 100;

    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* The latest moment this node has a signature for, and the day of a code given then; and of today.
 * False: nothing is signed yet. */
static bool find_days(struct call *call, int64_t *latest, uint32_t *latest_day, uint32_t *today)
{
    struct replica *replica = call->host->replica;
    const struct pack *pack = replica_pack(replica, NULL);
    int zone = pack != NULL ? pack->zone_minutes : TIME_VIETNAM_ZONE_MINUTES;
    struct replica_read *read = NULL;
    struct clock_verdict clock = {.baseline = INT64_MIN};
    enum status status = replica_read_begin(replica, &read);

    if (!status)
        status = clock_judge(read, &clock);
    replica_read_end(read);
    if (status || clock.baseline < 0)
        return false;
    *latest = clock.baseline;
    *latest_day = code_day_of(clock.baseline, zone);
    *today = code_day_of(clock.sane ? clock.now : clock.baseline, zone);
    *today = *today > *latest_day ? *today : *latest_day;
    return true;
}

/* A day before the latest signed moment, or after today, may be right, but is more often a slip:
 * then it is asked for twice. Nothing is refused because of a clock. */
static bool is_meant(struct call *call, const struct code *last)
{
    static const struct failure unsure = {
        .code = HOSO_REFUSED,
        .name = "unsure",
        .kept = NOT_CHANGED,
        .next = {"Xem lại mã trên giấy. Nếu đúng, thêm --sure.",
                 "Look at the paper again. If it is right, add --sure."}};
    char time[TIME_TEXT_BYTES];
    uint32_t latest_day = 0, today = 0;
    int64_t latest = 0;

    if (call_flag(call, "sure") || !replica_codes_wait(call->host->replica) ||
        !find_days(call, &latest, &latest_day, &today) ||
        (last->day >= latest_day && last->day <= today))
        return true;
    time_format(latest, PRECISION_MINUTE, TIME_VIETNAM_ZONE_MINUTES, time);
    call_fail(call, &unsure,
              "Mã này là của ngày %02u/%02u/20%02u; giờ ký gần nhất mà máy này biết là %s.",
              "That code is of %02u/%02u/20%02u; the latest signed time known here is %s.",
              last->day % 100, last->day / 100 % 100, last->day / 10000, time);
    return false;
}

static void say_confirmed(struct call *call, struct bytes text, bool own_hundred)
{
    call_say(call, "Đã xác nhận %.*s. ", "Confirmed %.*s. ", (int)text.size, (const char *)text.at);
    if (own_hundred)
        call_say(call,
                 "Mã mới lấy từ một dãy số riêng của máy này (bốn chữ số, từ 6001 đến 8000), để "
                 "không trùng với máy chép từ cùng một kho.\n",
                 "New codes come from a range of this machine's own (four digits, 6001 to 8000), "
                 "so that none meets those of a machine copied from the same store.\n");
    else
        call_say(call, "Mã mới đứng sau mã này và sau mọi mã đã có trên máy này.\n",
                 "New codes come after it, and after every code known here.\n");
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
    struct confirmation confirmation = {.own_hundred = false};
    struct code *last = &confirmation.last;
    struct bytes text;

    if (!call_needs(call, "code", &text) || !call_actor(call, &actor))
        return;
    if (!code_parse(text, last) || !is_date(last->day)) {
        call_fail(call, &no_code, "\"%.*s\" không phải mã hồ sơ.", "\"%.*s\" is no code.",
                  (int)text.size, (const char *)text.at);
        return;
    }
    if (!is_meant(call, last))
        return;
    enum status status = call->host->submit(call->host->context, confirm_job, &confirmation);
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
        say_confirmed(call, text, confirmation.own_hundred);
    }
}
