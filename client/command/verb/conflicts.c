#include "client/command/value.h"
#include "client/command/verb.h"
#include "client/command/verb/act_words.h"
#include "client/command/verb/case_text.h"

enum { BLOCKS_MOST = 32 };

/* One walk over the cases in conflict. */
struct desk {
    struct call *call;
    struct replica_read *read;
    struct arena arena; /* of one case */
    size_t shown;
    enum status status;
};

static void write_conflict(struct desk *desk, const struct view *view,
                           const struct view_field *field, const char *code)
{
    struct json_writer *writer = &desk->call->writer;
    const char *steps[BLOCKS_MOST];
    size_t count = view_blocks(view, field, steps, BLOCKS_MOST);

    json_open_object(writer, NULL);
    json_write_string(writer, "code", code);
    json_write_hex(writer, "case", view->case_name.bytes, sizeof view->case_name.bytes);
    json_write_text(writer, "field", field->key);
    json_write_unsigned(writer, "versions", field->version_count);
    json_open_array(writer, "blocks");
    for (size_t i = 0; i < count && i < BLOCKS_MOST; i++)
        json_write_string(writer, NULL, steps[i]);
    json_close_array(writer);
    json_write_hex(writer, "view", view->hash16.bytes, sizeof view->hash16.bytes);
    value_write(writer, "standing", view->pack, field->field, field->standing_bytes);
    json_close_object(writer);
    json_write_end(writer);
}

static void say_conflict(struct desk *desk, const struct view *view, const struct view_field *field,
                         const char *code)
{
    struct call *call = desk->call;
    const char *steps[BLOCKS_MOST];
    size_t count = view_blocks(view, field, steps, BLOCKS_MOST);
    struct bytes label = case_text_label(field);

    call_say(call, "%s: %.*s, %zu phiên bản\n", "%s: %.*s, %zu versions\n", code, (int)label.size,
             (const char *)label.at, field->version_count);
    for (size_t i = 0; i < field->version_count; i++)
        case_text_say_version(call, view, field, i);
    for (size_t i = 0; i < count && i < BLOCKS_MOST; i++) {
        struct words step = act_words_of_step(bytes_of_text(steps[i]));
        call_say(call, "%s%s", "%s%s",
                 i == 0 ? call_pick(call, "    chưa làm được: ", "    waits: ") : ", ",
                 step.english ? call_pick(call, step.vietnamese, step.english) : steps[i]);
    }
    call_say(call, "%s    Quyết định: hoso resolve %s %.*s=@BẢN_GHI --reason 'LÝ DO' --as CÁN_BỘ\n",
             "%s    Decide: hoso resolve %s %.*s=@RECORD --reason 'WHY' --as OFFICER\n",
             count > 0 ? "\n" : "", code, (int)field->key.size, (const char *)field->key.at);
}

static bool take_case(void *context, const struct summary *row)
{
    struct desk *desk = context;
    struct view view;
    char code[LIMIT_CODE_BYTES + 1];

    if (row->conflicts == 0)
        return true;
    arena_reset(&desk->arena);
    desk->status = replica_view(desk->read, &row->case_name, &desk->arena, &view);
    if (desk->status)
        return false;
    case_text_code(&view, code);
    for (size_t i = 0; i < view.field_count; i++) {
        const struct view_field *field = &view.fields[i];
        if (!field->conflict)
            continue;
        desk->shown++;
        if (desk->call->json)
            write_conflict(desk, &view, field, code);
        else
            say_conflict(desk, &view, field, code);
    }
    return true;
}

void command_conflicts(struct call *call)
{
    struct desk desk = {.call = call, .read = call_read(call)};

    if (!desk.read)
        return;
    arena_init(&desk.arena, CALL_ARENA_BYTES);
    enum status status = replica_each_summary(desk.read, (struct bytes){0}, take_case, &desk);
    if (!status)
        status = desk.status;
    replica_read_end(desk.read);
    arena_deinit(&desk.arena);
    call_fail_status(call, status);
    if (!status && desk.shown == 0)
        call_say(call, "Không có hồ sơ nào cần quyết định.\n",
                 "No dossier waits for a decision.\n");
}
