#include "client/home/silence.h"

#include "client/command/call.h"
#include "client/home/local.h"

#include <stdio.h>

void silence_say(const void *context)
{
    const struct command_request *request = context;

    (void)fprintf(stderr,
                  request->vietnamese
                      ? "hosod đã %d giây không trả lời; vẫn đợi, nhiều nhất %d giây.\n"
                        "Ctrl-C để thôi đợi: việc đã gửi vẫn có thể được làm, hãy xem lại trước "
                        "khi làm lại.\n"
                      : "hosod has not answered for %d seconds; still waiting, at most %d.\n"
                        "Ctrl-C ends the waiting: what was asked may be done all the same, look "
                        "before asking again.\n",
                  LOCAL_QUIET_SECONDS, LOCAL_SILENCE_SECONDS);
    (void)fflush(stderr);
}

void silence_refuse(const struct command_request *request, struct command_answer *answer)
{
    struct call call = {.json = request->json, .vietnamese = request->vietnamese, .answer = answer};
    const struct failure unanswered = {
        .code = HOSO_BUSY,
        .name = "busy",
        .kept = {"Chưa rõ việc này đã được làm hay chưa; nếu chưa, hosod có thể còn làm.",
                 "It is not known whether this was done; if not, hosod may still do it."},
        .next = {"Khởi động lại hosod, xem lại bằng hoso list hoặc hoso show, rồi mới làm lại.",
                 "Restart hosod, look with hoso list or hoso show, and only then ask again."}};

    json_write_start(&call.writer, &answer->out);
    call_fail(&call, &unanswered, "hosod không trả lời: đã dừng giữa chừng, hoặc bị treo.",
              "hosod does not answer: it ended meanwhile, or is frozen.");
}
