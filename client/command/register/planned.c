#include "client/command/register/planned.h"

#include "client/command/value.h"

#include <stdio.h>

enum {
    OTHER_DOSSIER_COLUMNS = 3, /* with so many other values it is not the same dossier */
    VALUE_SHOWN_BYTES = 120
};

/* One row beside one dossier. */
struct comparison {
    const struct call *call;
    const struct register_rules *rules;
    const struct view *view;
    const struct planned *planned;
};

void planned_refuse(struct register_fault *fault, const char *column, const char *vietnamese,
                    const char *english)
{
    *fault = (struct register_fault){.column = column, .reason = {vietnamese, english}};
}

/* At most VALUE_SHOWN_BYTES of a text, no character broken. */
static struct bytes cut(struct bytes text)
{
    if (text.size <= VALUE_SHOWN_BYTES)
        return text;
    text.size = VALUE_SHOWN_BYTES;
    while (text.size > 0 && (text.at[text.size] & 0xc0) == 0x80)
        text.size--;
    return text;
}

/* Both values beside each other, cut where they are long. */
static void tell_values(const struct comparison *comparison, size_t column, struct bytes here,
                        struct bytes there, struct register_fault *fault)
{
    const struct pack *pack = comparison->rules->pack;
    const struct pack_field *field = &pack->fields[column];
    struct buffer texts[2];
    struct bytes shown[2];

    for (size_t i = 0; i < 2; i++) {
        buffer_init(&texts[i], LIMIT_TEXT_BYTES + 64);
        value_print(pack, field, i == 0 ? here : there, &texts[i]);
        shown[i] = buffer_view(&texts[i]);
        shown[i] = cut(shown[i]);
    }
    (void)snprintf(fault->detail, sizeof fault->detail, "%s: \"%.*s\"; %s: \"%.*s\"",
                   call_pick(comparison->call, "đang có", "here"), (int)shown[0].size,
                   shown[0].size ? (const char *)shown[0].at : "",
                   call_pick(comparison->call, "trong tệp", "in the file"), (int)shown[1].size,
                   shown[1].size ? (const char *)shown[1].at : "");
    buffer_deinit(&texts[0]);
    buffer_deinit(&texts[1]);
}

static bool holds_item(const struct view_field *field, struct bytes value)
{
    for (size_t i = 0; field && i < field->version_count; i++) {
        if (bytes_equal(field->versions[i].value_bytes, value))
            return true;
    }
    return false;
}

/* A field that later steps of a row fill: empty here and told there is no difference. */
static bool comes_later(const struct planned *planned, const struct pack_field *field)
{
    return planned->step_count > 0 &&
           (bytes_equal_text(field->key, "can_bo_xu_ly") ||
            bytes_equal_text(field->key, "nguoi_ky") || bytes_equal_text(field->key, "tra_luc"));
}

/* One column against the view; sets |*write| if it is to be written now. */
static bool column_fits(const struct comparison *comparison, size_t column, bool *write,
                        struct register_fault *fault)
{
    const struct pack_field *field = &comparison->rules->pack->fields[column];
    const struct view_field *shown = view_field_of(comparison->view, field->key);
    struct bytes there = comparison->planned->row.values[column];
    struct bytes here = shown ? shown->value_bytes : (struct bytes){0};

    if (comparison->rules->columns[column].index == SIZE_MAX || field->type == FIELD_STATE)
        return true;
    if (shown && shown->conflict) {
        planned_refuse(fault, comparison->rules->columns[column].name,
                       "trường đang xung đột, chờ quyết định",
                       "the field is in conflict and waits for a decision");
        return false;
    }
    if (field->policy == POLICY_APPEND || field->policy == POLICY_SET) {
        if (value_is_nil(there) || holds_item(shown, there))
            return true;
    } else if ((value_is_nil(here) && value_is_nil(there)) || bytes_equal(here, there)) {
        return true;
    } else if (value_is_nil(here) && comes_later(comparison->planned, field)) {
        *write = true;
        return true;
    }
    planned_refuse(fault, comparison->rules->columns[column].name, "hồ sơ đã có với giá trị khác",
                   "the dossier is here with another value");
    tell_values(comparison, column, here, there, fault);
    return false;
}

/* Every column; |different| counts those with another value. */
static size_t compare_columns(const struct comparison *comparison, bool *write,
                              struct register_fault *fault)
{
    size_t different = 0;

    for (size_t i = 0; i < comparison->rules->column_count; i++) {
        struct register_fault first;
        if (column_fits(comparison, i, &write[i], &first))
            continue;
        if (different++ == 0)
            *fault = first;
    }
    if (different >= OTHER_DOSSIER_COLUMNS) {
        char values[REGISTER_DETAIL_BYTES - LIMIT_KEY_BYTES - 2];
        (void)snprintf(values, sizeof values, "%.*s", (int)sizeof values - 1, fault->detail);
        (void)snprintf(fault->detail, sizeof fault->detail, "%s %s", fault->column, values);
        fault->column = "ma_ho_so";
        fault->reason =
            (struct words){"mã này đã là của một hồ sơ khác", "another dossier has this code"};
    }
    return different;
}

static void refuse_state(const struct comparison *comparison, struct register_fault *fault)
{
    const struct view *view = comparison->view;

    if (view->state == 0)
        planned_refuse(fault, "trang_thai", "trạng thái đang xung đột, chờ quyết định",
                       "the state is in conflict and waits for a decision");
    else
        planned_refuse(fault, "trang_thai",
                       "hồ sơ đã có với trạng thái khác, không phải trạng thái trước đó",
                       "the dossier is here in a state that does not come before this");
    (void)snprintf(fault->detail, sizeof fault->detail, "%s: %u; %s: %u",
                   call_pick(comparison->call, "đang có", "here"), (unsigned)view->state,
                   call_pick(comparison->call, "trong tệp", "in the file"),
                   (unsigned)comparison->planned->row.state);
}

enum status planned_compare(const struct call *call, const struct register_rules *rules,
                            struct arena *arena, const struct view *view, struct planned *planned,
                            enum verdict *verdict, struct register_fault *fault)
{
    const struct comparison comparison = {
        .call = call, .rules = rules, .view = view, .planned = planned};
    bool *write = arena_array(arena, rules->column_count + 1, sizeof *write);

    if (!write)
        return STATUS_NO_MEMORY;
    planned->write = write;
    *verdict = VERDICT_REFUSED;
    if (view->load != VIEW_LOADED)
        planned_refuse(fault, "ma_ho_so", "hồ sơ chưa có đủ trên máy này",
                       "the dossier is not complete here");
    else if (view->state == 0 ||
             !register_plan(view->state, planned->row.state, planned->steps, &planned->step_count))
        refuse_state(&comparison, fault);
    else if (compare_columns(&comparison, write, fault) == 0)
        *verdict = planned->step_count > 0 ? VERDICT_PLANNED : VERDICT_PRESENT;
    return STATUS_OK;
}

enum status planned_fresh(const struct register_rules *rules, struct arena *arena,
                          struct planned *planned, enum verdict *verdict,
                          struct register_fault *fault)
{
    bool *write = arena_array(arena, rules->column_count + 1, sizeof *write);

    if (!write)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < rules->column_count; i++)
        write[i] =
            !value_is_nil(planned->row.values[i]) && rules->pack->fields[i].type != FIELD_STATE;
    planned->write = write;
    planned->fresh = true;
    *verdict = VERDICT_PLANNED;
    if (!register_plan(STATE_NONE, planned->row.state, planned->steps, &planned->step_count)) {
        planned_refuse(fault, "trang_thai", "không có trạng thái này", "there is no such state");
        *verdict = VERDICT_REFUSED;
    }
    return STATUS_OK;
}

enum status planned_act(const struct register_rules *rules, const struct actor *actor,
                        const struct planned *planned, size_t index, struct act_write *writes,
                        struct act *act)
{
    const struct step *step = planned->steps[index];
    uint64_t hat;
    const struct pack_officer *officer = register_officer(rules, &planned->row, step, &hat);
    bool genesis = planned->fresh && index == 0;

    *act = (struct act){.kind = genesis ? KIND_GENESIS : KIND_STEP,
                        .case_name = planned->case_name,
                        .step = bytes_of_text(step->name),
                        .writes = writes,
                        .officer = actor->officer->code,
                        .hat = actor->hat,
                        .source = SOURCE_IMPORT,
                        .purpose = LOG_BULK};
    if (officer) {
        act->book_officer = officer->code;
        act->book_hat = hat;
    }
    if (genesis)
        act->happened = planned->row.received;
    else if (step->to == STATE_HANDED_OVER)
        act->happened = planned->row.handed_over;
    for (size_t i = 0; i < rules->column_count; i++) {
        const struct pack_field *field = &rules->pack->fields[i];
        if (!planned->write[i] ||
            register_writer(field->key, planned->steps, planned->step_count) != index)
            continue;
        if (act->write_count == LIMIT_WRITES)
            return STATUS_LIMIT;
        bool list = field->policy == POLICY_APPEND || field->policy == POLICY_SET;
        writes[act->write_count++] = (struct act_write){.field = field->key,
                                                        .op = list ? WRITE_ADD : WRITE_SET,
                                                        .value = planned->row.values[i]};
    }
    return STATUS_OK;
}
