#include "client/command/verb.h"
#include "client/link/net/address.h"

#include <string.h>

static void say_exchange(struct call *call, const struct json *document)
{
    call_say(call, "Đã gửi %lld bản ghi, nhận %lld; %lld byte lên, %lld byte xuống, %lld ms.\n",
             "Sent %lld records, received %lld; %lld bytes up, %lld bytes down, %lld ms.\n",
             (long long)json_as_integer(json_member(document, "sent"), 0),
             (long long)json_as_integer(json_member(document, "received"), 0),
             (long long)json_as_integer(json_member(document, "bytes_up"), 0),
             (long long)json_as_integer(json_member(document, "bytes_down"), 0),
             (long long)json_as_integer(json_member(document, "ms"), 0));
}

static void fail_no_room(struct call *call)
{
    const struct failure failure = {
        .code = HOSO_UNREACHABLE,
        .name = "no_room",
        .kept = {"Việc chưa gửi vẫn còn nguyên ở máy này.", "What was not sent is kept here."},
        .next = {"Giải phóng chỗ trên ổ đĩa của hai bên, rồi chạy lại: hoso sync",
                 "Free some room on the disks of both, then: hoso sync"}};

    call_fail(call, &failure, "%s", "%s",
              call_pick(call, "Chưa trao đổi hết: ổ đĩa của cấp trên, hoặc của máy này, đã đầy.",
                        "Not all was exchanged: the disk of the node above, or of this one, is "
                        "full."));
}

void command_sync(struct call *call)
{
    char url[1024];
    struct bytes upstream = call_text(call, "upstream");
    struct buffer exchange;
    struct json *document = NULL;

    if (upstream.size >= sizeof url ||
        (upstream.size > 0 && memchr(upstream.at, 0, upstream.size))) {
        call_fail_usage(call, "--upstream", "địa chỉ quá dài", "the address is too long");
        return;
    }
    if (!call->host->sync) {
        call_fail_status(call, STATUS_UNREACHABLE);
        return;
    }
    if (upstream.size > 0)
        memcpy(url, upstream.at, upstream.size);
    url[upstream.size] = 0;
    buffer_init(&exchange, 1024 * 1024);
    struct route route = {.url = upstream.size > 0 ? url : NULL,
                          .any_certificate = call_flag(call, "any_certificate"),
                          .insecure = call_flag(call, "insecure")};
    enum status status =
        call->host->sync(call->host->context, &route, call_flag(call, "watch"), &exchange);
    if (status == STATUS_FULL)
        fail_no_room(call);
    else if (status)
        call_fail_status(call, status);
    else if (call->json)
        buffer_append_bytes(&call->answer->out, buffer_view(&exchange));
    else if (!json_read(buffer_view(&exchange), &document))
        say_exchange(call, document);
    json_release(document);
    buffer_deinit(&exchange);
}
