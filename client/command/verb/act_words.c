#include "client/command/verb/act_words.h"

struct step_words {
    const char *step;
    struct words words;
};

/* The words of the counter, by SPEC.md "Steps". */
static const struct step_words steps[] = {
    {"receive", {"tiếp nhận", "receive"}},
    {"submit", {"nộp trực tuyến", "submit online"}},
    {"accept", {"tiếp nhận hồ sơ trực tuyến", "accept"}},
    {"refuse", {"từ chối tiếp nhận", "refuse at intake"}},
    {"assign", {"chuyển xử lý", "assign"}},
    {"reassign", {"chuyển người xử lý khác", "reassign"}},
    {"supplement", {"yêu cầu bổ sung", "ask supplement"}},
    {"complete", {"đã bổ sung đủ", "supplement complete"}},
    {"overdue", {"quá hạn bổ sung", "supplement overdue"}},
    {"stop", {"dừng xử lý", "stop"}},
    {"fee", {"yêu cầu nộp phí", "ask fee"}},
    {"paid", {"đã nộp phí", "fee paid"}},
    {"opinion", {"lấy ý kiến", "ask opinion"}},
    {"propose", {"trình ký", "propose result"}},
    {"decide", {"ký duyệt", "sign result"}},
    {"deny", {"không đủ điều kiện", "decide not eligible"}},
    {"withdraw", {"công dân rút hồ sơ", "withdraw"}},
    {"reappoint", {"xin lỗi và hẹn lại", "re-appointment"}},
    {"handover", {"trả kết quả", "hand over"}},
    {"print", {"in giấy tờ", "print"}},
};

struct words act_words_of_step(struct bytes step)
{
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (bytes_equal_text(step, steps[i].step))
            return steps[i].words;
    }
    return (struct words){NULL, NULL};
}

struct words act_words(uint64_t kind, const struct case_body *body)
{
    struct words words = {NULL, NULL};

    if (body && body->step.size > 0)
        words = act_words_of_step(body->step);
    if (words.english)
        return words;
    switch (kind) {
    case KIND_GENESIS:
        return act_words_of_step(bytes_of_text("receive"));
    case KIND_STEP:
        return (struct words){"bước xử lý", "step"};
    case KIND_EDIT:
        return (struct words){"sửa đổi", "change"};
    case KIND_RESOLUTION:
        return (struct words){"quyết định xử lý xung đột", "decision on a conflict"};
    case KIND_REPACK:
        return (struct words){"chuyển danh mục", "change of pack"};
    default:
        return (struct words){"bản ghi khác", "another record"};
    }
}
