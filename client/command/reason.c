#include "client/command/reason.h"

#include "client/replica/act/act_why.h"
#include "protocol/case/view/why.h"

struct reason {
    const char *name;
    const char *vietnamese;
    struct words next;
};

#define ASK_LEADER                                                                                 \
    {                                                                                              \
        "Chuyển cho người có thẩm quyền (--as CÁN_BỘ:VAI_TRÒ).",                                   \
            "Hand it to someone competent (--as OFFICER:HAT)."                                     \
    }
#define SEE_CONFLICT                                                                               \
    {                                                                                              \
        "Xem các phiên bản rồi quyết định: hoso conflicts, hoso resolve.",                         \
            "See the versions and decide: hoso conflicts, hoso resolve."                           \
    }
#define SYNC_FIRST                                                                                 \
    {                                                                                              \
        "Đồng bộ để nhận phần còn thiếu: hoso sync", "Sync to get what is missing: hoso sync"      \
    }
#define SEE_FIELDS                                                                                 \
    {                                                                                              \
        "Xem các trường: hoso fields THỦ_TỤC", "See the fields: hoso fields PROCEDURE"             \
    }
#define SEE_CASE                                                                                   \
    {                                                                                              \
        "Xem hồ sơ: hoso show MÃ --history", "See the dossier: hoso show CODE --history"           \
    }
#define NEW_PROGRAM                                                                                \
    {                                                                                              \
        "Cài phiên bản mới của chương trình.", "Install the newer version of the program."         \
    }

static const struct reason view_reasons[] = {
    [WHY_NONE] = {"refused", "có hiệu lực", {NULL, NULL}},
    [WHY_UNGRANTED] = {"ungranted", "máy này chưa được cấp quyền với hồ sơ", SYNC_FIRST},
    [WHY_REVOKED] = {"revoked", "bản ghi nằm sau mốc thu hồi khóa", SEE_CASE},
    [WHY_REFUSED] = {"refused_record", "bản ghi đã bị từ chối", SEE_CASE},
    [WHY_HELD] = {"held", "còn thiếu bản ghi đứng trước (bị giữ lại)", SYNC_FIRST},
    [WHY_NEWER] = {"newer", "cần phiên bản mới hơn của chương trình", NEW_PROGRAM},
    [WHY_UNREADABLE] = {"unreadable", "không đọc được nội dung bản ghi", SEE_CASE},
    [WHY_NOT_LOADED] = {"not_loaded", "hồ sơ chưa có đủ trên máy này", SYNC_FIRST},
    [WHY_NO_OFFICER] = {"no_officer", "không có tên cán bộ thực hiện", ASK_LEADER},
    [WHY_FOREIGN_UNIT] = {"foreign_unit", "vai trò này không có thẩm quyền ở đơn vị của hồ sơ",
                          ASK_LEADER},
    [WHY_NOT_RECEIVED] = {"not_received", "bước này không mở hồ sơ", {NULL, NULL}},
    [WHY_NO_PROCEDURE] = {"unknown_procedure", "danh mục không có thủ tục này", {NULL, NULL}},
    [WHY_HAT_STEP] = {"competence", "vai trò này không được làm bước này", ASK_LEADER},
    [WHY_HAT_WRITE] = {"competence", "vai trò này không được ghi trường này", ASK_LEADER},
    [WHY_HAT_SETTLE] = {"competence", "vai trò này không được quyết định trường này", ASK_LEADER},
    [WHY_RANK] = {"rank", "người có thẩm quyền cao hơn đã quyết định trường này", ASK_LEADER},
    [WHY_FIELD_UNKNOWN] = {"unknown_field", "biểu mẫu không có trường này", SEE_FIELDS},
    [WHY_FIELD_TWICE] = {"field_twice", "một trường được ghi hai lần", {NULL, NULL}},
    [WHY_FIELD_OPERATION] = {"field_operation", "trường này không phải danh sách: dùng k=giá_trị",
                             SEE_FIELDS},
    [WHY_STATE_WRITTEN] = {"state_written",
                           "trạng thái đổi bằng bước xử lý, không ghi trực tiếp",
                           {NULL, NULL}},
    [WHY_CONFLICT] = {"conflict", "trường đang xung đột, chờ quyết định", SEE_CONFLICT},
    [WHY_STATE_CONFLICT] = {"conflict", "trạng thái đang xung đột, chờ quyết định", SEE_CONFLICT},
    [WHY_BLOCKED] = {"blocked", "bước này chờ một trường đang xung đột", SEE_CONFLICT},
    [WHY_ERASED] = {"erased", "giá trị đã xóa nên chưa rõ trường có xung đột không", SEE_CONFLICT},
    [WHY_STEP_UNKNOWN] = {"unknown_step", "không có bước này", {NULL, NULL}},
    [WHY_STEP_FROM] = {"step_from", "bước này không bắt đầu từ trạng thái hiện tại", SEE_CASE},
    [WHY_STEP_DONE] = {"step_done", "bước này chỉ làm một lần và đã làm rồi", SEE_CASE},
    [WHY_STEP_UNFILLED] = {"step_unfilled", "bước này phải ghi trường của nó", {NULL, NULL}},
    [WHY_STEP_LIMIT] = {"step_limit", "hồ sơ có quá nhiều bước", {NULL, NULL}},
    [WHY_SETTLE_NOTHING] = {"settle_nothing", "chưa nêu trường nào để quyết định", SEE_CONFLICT},
    [WHY_SETTLE_REASON] = {"settle_reason", "chưa nêu lý do", {"Thêm --reason.", "Add --reason."}},
    [WHY_SETTLE_STATE] = {"settle_state", "trạng thái được chọn không có trong các phiên bản",
                          SEE_CONFLICT},
    [WHY_SETTLE_NUMBER] = {"settle_number", "số được chọn không có trong các phiên bản",
                           SEE_CONFLICT},
    [WHY_SETTLE_SOURCE] = {"settle_source", "giá trị không phải của bản ghi được nêu",
                           SEE_CONFLICT},
    [WHY_SETTLE_AGAIN] = {"settle_again",
                          "chính cán bộ này đã chọn giá trị này, trái với người ngang cấp",
                          ASK_LEADER},
    [WHY_SHOWN_OTHER] = {"shown_other", "giá trị đã hiển thị không còn là của hồ sơ", SEE_CASE},
    [WHY_SHOWN_CONFLICT] = {"shown_conflict", "một trường đã hiển thị đang xung đột", SEE_CONFLICT},
    [WHY_NUMBER_STANDS] = {"number_stands", "số đã cấp thì không ghi đè", {NULL, NULL}},
    [WHY_BOOK_SETTLES] = {"book_settles", "nhập bù không được quyết định xung đột", {NULL, NULL}},
    [WHY_BOOK_OVER_LIVE] = {"book_over_live", "nhập bù không ghi đè việc đã làm trên chương trình",
                            SEE_CASE},
    [WHY_HAT_REPACK] = {"competence", "vai trò này không được chuyển hồ sơ sang danh mục khác",
                        ASK_LEADER},
    [WHY_ONLY_NOTES] = {"newer", "chỉ ghi chú được cho đến khi chương trình được cập nhật",
                        NEW_PROGRAM},
};

static const struct reason act_reasons[] = {
    [ACT_WHY_NONE] = {"refused", "quy tắc không cho phép", {NULL, NULL}},
    [ACT_WHY_NO_PACK] = {"no_pack", "chưa có danh mục thủ tục", SYNC_FIRST},
    [ACT_WHY_NO_OFFICER] = {"unknown_officer", "danh sách cán bộ không có người này", ASK_LEADER},
    [ACT_WHY_NO_HAT] = {"hat", "cán bộ không giữ vai trò này", ASK_LEADER},
    [ACT_WHY_FOREIGN_OFFICER] = {"foreign_unit",
                                 "cán bộ của đơn vị khác: hồ sơ mới phải tiếp nhận ở đơn vị ấy",
                                 ASK_LEADER},
    [ACT_WHY_NOT_LOADED] = {"not_loaded", "hồ sơ chưa có đủ trên máy này", SYNC_FIRST},
    [ACT_WHY_NEWER] = {"newer", "hồ sơ cần phiên bản mới hơn của chương trình", NEW_PROGRAM},
    [ACT_WHY_NOT_IN_LIST] = {"not_in_list", "danh sách không có mục cần bỏ", SEE_CASE},
    [ACT_WHY_FOREIGN_CODE] = {"foreign_code", "mã hồ sơ không phải của đơn vị này", {NULL, NULL}},
    [ACT_WHY_NOT_OWNER] = {"not_owner",
                           "chỉ máy chủ của đơn vị được nhập mã: nhập ở đó",
                           {NULL, NULL}},
    [ACT_WHY_CODE_TAKEN] = {"code_taken", "mã này đã là của một hồ sơ khác", SEE_CASE},
    [ACT_WHY_OWN_CASE] = {"own_case",
                          "không ai được tự quyết định hồ sơ của chính mình",
                          {"Chuyển cho cấp phó hoặc người được ủy quyền (--as CÁN_BỘ:VAI_TRÒ).",
                           "Hand it to the deputy or a delegate (--as OFFICER:HAT)."}},
    [ACT_WHY_CODE_LEASED] = {"code_leased", "số này đã cấp khối cho một máy", {NULL, NULL}},
};

static const struct reason *reason_of(const char *why)
{
    enum view_why of_view = view_why_of(why);
    enum act_why of_act = act_why_of(why);

    if (of_view != WHY_NONE && (size_t)of_view < sizeof view_reasons / sizeof *view_reasons &&
        view_reasons[of_view].name)
        return &view_reasons[of_view];
    if ((size_t)of_act < sizeof act_reasons / sizeof *act_reasons && act_reasons[of_act].name)
        return &act_reasons[of_act];
    return &act_reasons[ACT_WHY_NONE];
}

struct words reason_words(const char *why)
{
    return (struct words){reason_of(why)->vietnamese, why ? why : "a rule forbids it"};
}

const char *reason_name(const char *why)
{
    return reason_of(why)->name;
}

struct words reason_next(const char *why)
{
    return reason_of(why)->next;
}
