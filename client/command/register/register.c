#include "client/command/register/register.h"

#include "client/command/value.h"
#include "client/replica/act/number.h"
#include "client/replica/case/case.h"
#include "client/replica/case/field.h"
#include "client/text/time.h"

#include <stdio.h>
#include <string.h>

#define KEY_STATE "trang_thai"
#define KEY_RECEIVER "can_bo_tiep_nhan"
#define KEY_SPECIALIST "can_bo_xu_ly"
#define KEY_SIGNER "nguoi_ky"

enum { KEY_BYTES = LIMIT_KEY_BYTES + 1 };

static const char *const needed[] = {FIELD_KEY_CODE,     FIELD_KEY_PROCEDURE, FIELD_KEY_OWNER,
                                     FIELD_KEY_RECEIVED, FIELD_KEY_DUE,       KEY_STATE,
                                     KEY_RECEIVER};

static bool is_needed(const char *key)
{
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (strcmp(needed[i], key) == 0)
            return true;
    }
    return false;
}

enum status register_rules_of(const struct pack *pack, struct bytes unit, struct arena *arena,
                              struct register_rules *rules)
{
    char *names = arena_array(arena, pack->field_count + 1, KEY_BYTES);
    struct table_column *columns =
        arena_array(arena, pack->field_count + 1, sizeof(struct table_column));

    *rules = (struct register_rules){
        .pack = pack, .unit = unit, .columns = columns, .column_count = pack->field_count};
    if (!names || !columns)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < pack->field_count; i++) {
        char *name = names + i * KEY_BYTES;
        memcpy(name, pack->fields[i].key.at, pack->fields[i].key.size);
        columns[i] = (struct table_column){.name = name, .needed = is_needed(name)};
    }
    return STATUS_OK;
}

/* Index of the column |key|; SIZE_MAX if the pack has no such field. */
static size_t column_of(const struct register_rules *rules, const char *key)
{
    for (size_t i = 0; i < rules->column_count; i++) {
        if (strcmp(rules->columns[i].name, key) == 0)
            return i;
    }
    return SIZE_MAX;
}

/* ---- one row ---- */

static enum status refuse(struct register_fault *fault, const char *column, const char *vietnamese,
                          const char *english)
{
    fault->column = column;
    fault->reason = (struct words){vietnamese, english};
    return STATUS_USAGE;
}

static struct bytes value_of(const struct register_rules *rules, const struct register_row *row,
                             const char *key)
{
    size_t column = column_of(rules, key);

    return column == SIZE_MAX ? (struct bytes){0} : row->values[column];
}

/* The name of the column at the place |index| of the file. */
static const char *column_at(const struct register_rules *rules, size_t index)
{
    for (size_t i = 0; i < rules->column_count; i++) {
        if (rules->columns[i].index == index)
            return rules->columns[i].name;
    }
    return "";
}

static enum status check_shape(const struct register_rules *rules, const struct table *table,
                               struct register_fault *fault)
{
    const struct csv_row *row = &table->row;

    if (row->problem != CSV_SOUND)
        return refuse(fault, column_at(rules, row->field_count),
                      "dấu ngoặc kép đặt sai hoặc dòng quá dài",
                      "a quote stands where it may not, or the row is too long");
    if (row->field_count == table->width)
        return STATUS_OK;
    (void)snprintf(fault->detail, sizeof fault->detail, "%zu / %zu", row->field_count,
                   table->width);
    return row->field_count < table->width
               ? refuse(fault, column_at(rules, row->field_count), "dòng thiếu cột từ đây",
                        "the row ends before this column")
               : refuse(fault, "", "dòng thừa cột", "the row has more columns than the header");
}

/* An officer of a register is one of its unit. */
static enum status check_officer(const struct register_rules *rules, size_t column,
                                 struct bytes value, struct register_fault *fault)
{
    struct bytes code;

    if (rules->pack->fields[column].type != FIELD_OFFICER || !value_text(value, &code))
        return STATUS_OK;
    const struct pack_officer *officer = pack_officer_of(rules->pack, code);
    if (officer && bytes_equal(officer->unit, rules->unit))
        return STATUS_OK;
    return refuse(fault, rules->columns[column].name, "cán bộ không thuộc đơn vị này",
                  "the officer is not of this unit");
}

static enum status read_values(const struct register_rules *rules, const struct table *table,
                               struct arena *arena, struct bytes *values,
                               struct register_fault *fault)
{
    struct value_fault why;

    for (size_t i = 0; i < rules->column_count; i++) {
        struct bytes cell = table_cell(table, i);
        const char *name = rules->columns[i].name;
        if (rules->columns[i].needed && cell.size == 0)
            return refuse(fault, name, "để trống", "it is empty");
        enum status status =
            value_parse(rules->pack, &rules->pack->fields[i], cell, arena, &values[i], &why);
        if (status == STATUS_USAGE)
            return refuse(fault, name, why.words.vietnamese, why.words.english);
        if (!status)
            status = check_officer(rules, i, values[i], fault);
        if (status)
            return status;
    }
    return STATUS_OK;
}

static enum status check_code(const struct register_rules *rules, struct register_row *row,
                              struct register_fault *fault)
{
    struct code code;

    if (!value_text(value_of(rules, row, FIELD_KEY_CODE), &row->code) ||
        !code_parse(row->code, &code))
        return refuse(fault, FIELD_KEY_CODE, "không đúng dạng ĐƠN_VỊ-YYMMDD-NNNN",
                      "it has not the form UNIT-YYMMDD-NNNN");
    if (!bytes_equal(code.unit, rules->unit))
        return refuse(fault, FIELD_KEY_CODE, "mã của đơn vị khác", "it is a code of another unit");
    if (code.day != code_day_of(row->received.seconds, rules->pack->zone_minutes))
        return refuse(fault, FIELD_KEY_CODE, "ngày trong mã khác ngày tiếp nhận",
                      "its day is not the day of reception");
    return STATUS_OK;
}

static enum status check_times(const struct register_rules *rules, const struct register_row *row,
                               struct register_fault *fault)
{
    int64_t due;

    if (value_integer(value_of(rules, row, FIELD_KEY_DUE), &due) && due < row->received.seconds)
        return refuse(fault, FIELD_KEY_DUE, "hẹn trả trước lúc tiếp nhận",
                      "it is due before it was received");
    if (row->state == STATE_HANDED_OVER && !row->handed_over.known)
        return refuse(fault, FIELD_KEY_HANDED_OVER, "đã trả kết quả mà không có giờ trả",
                      "it is handed over, but the time is missing");
    if (row->state != STATE_HANDED_OVER && row->handed_over.known)
        return refuse(fault, FIELD_KEY_HANDED_OVER, "có giờ trả nhưng trạng thái chưa trả kết quả",
                      "it has a time of hand-over in another state");
    if (row->handed_over.known && row->handed_over.seconds < row->received.seconds)
        return refuse(fault, FIELD_KEY_HANDED_OVER, "trả kết quả trước lúc tiếp nhận",
                      "it was handed over before it was received");
    return STATUS_OK;
}

/* The moment of a cell with the precision it was written in; unknown if it is empty. */
static struct moment moment_of(const struct register_rules *rules, const struct table *table,
                               const char *key)
{
    struct moment moment = {.known = false};
    size_t column = column_of(rules, key);

    if (column == SIZE_MAX ||
        time_parse(table_cell(table, column), rules->pack->zone_minutes, &moment))
        return (struct moment){.known = false};
    return moment;
}

enum status register_read(const struct register_rules *rules, const struct table *table,
                          struct arena *arena, struct register_row *row,
                          struct register_fault *fault)
{
    int64_t state = 0;

    *row = (struct register_row){.line = table->row.line};
    *fault = (struct register_fault){.column = ""};
    enum status status = check_shape(rules, table, fault);
    if (status)
        return status;
    struct bytes *values = arena_array(arena, rules->column_count + 1, sizeof *values);
    if (!values)
        return STATUS_NO_MEMORY;
    row->values = values;
    status = read_values(rules, table, arena, values, fault);
    if (status)
        return status;
    (void)value_integer(value_of(rules, row, KEY_STATE), &state);
    row->state = (uint64_t)state;
    row->received = moment_of(rules, table, FIELD_KEY_RECEIVED);
    row->handed_over = moment_of(rules, table, FIELD_KEY_HANDED_OVER);
    status = check_code(rules, row, fault);
    return status ? status : check_times(rules, row, fault);
}

/* ---- the book entries it stands for ---- */

/* How far a state is along the way; final ones cannot be left, but for a decided one. */
static unsigned progress_of(uint64_t state)
{
    static const unsigned progress[] = {0, 1, 2, 9, 3, 4, 4, 9, 9, 5, 6};

    return state < sizeof progress / sizeof *progress ? progress[state] : 0;
}

static const struct step *named(const char *name)
{
    return step_of(bytes_of_text(name));
}

/* The step a register goes from |at| towards |to|; NULL: none. */
static const struct step *next_step(uint64_t at, uint64_t to)
{
    switch (at) {
    case STATE_NONE:
        return named(to == STATE_SUBMITTED || to == STATE_NOT_ACCEPTED ? "submit" : "receive");
    case STATE_SUBMITTED:
        return named(to == STATE_NOT_ACCEPTED ? "refuse" : "accept");
    case STATE_ACCEPTED:
        return named("assign");
    case STATE_IN_WORK:
        return named(to == STATE_SUPPLEMENT  ? "supplement"
                     : to == STATE_FEE       ? "fee"
                     : to == STATE_WITHDRAWN ? "withdraw"
                     : to == STATE_STOPPED   ? "stop"
                                             : "decide");
    case STATE_SUPPLEMENT:
    case STATE_FEE:
        return named(to == STATE_WITHDRAWN    ? "withdraw"
                     : to == STATE_STOPPED    ? "stop"
                     : at == STATE_SUPPLEMENT ? "complete"
                                              : "paid");
    case STATE_DECIDED:
        return named("handover");
    default:
        return NULL;
    }
}

bool register_plan(uint64_t from, uint64_t to, const struct step *steps[REGISTER_STEPS_MAX],
                   size_t *count)
{
    *count = 0;
    if (progress_of(from) >= progress_of(to) || progress_of(from) == 9)
        return from == to;
    if (to == STATE_NOT_ACCEPTED && from > STATE_SUBMITTED)
        return false;
    if ((to == STATE_WITHDRAWN || to == STATE_STOPPED) && progress_of(from) >= 5)
        return false;
    while (from != to) {
        const struct step *step = next_step(from, to);
        if (!step || *count == REGISTER_STEPS_MAX)
            return false;
        steps[(*count)++] = step;
        from = step->to;
    }
    return true;
}

static size_t step_index(const struct step *const *steps, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(steps[i]->name, name) == 0)
            return i;
    }
    return SIZE_MAX;
}

size_t register_writer(struct bytes key, const struct step *const *steps, size_t count)
{
    static const struct {
        const char *key;
        const char *step;
    } owners[] = {{KEY_SPECIALIST, "assign"},
                  {KEY_SIGNER, "decide"},
                  {KEY_SIGNER, "stop"},
                  {FIELD_KEY_HANDED_OVER, "handover"}};
    bool later = false;

    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
        if (!bytes_equal_text(key, owners[i].key))
            continue;
        size_t index = step_index(steps, count, owners[i].step);
        if (index != SIZE_MAX)
            return index;
        later = true;
    }
    return later && count > 0 ? count - 1 : 0;
}

static const struct pack_officer *officer_in(const struct register_rules *rules,
                                             const struct register_row *row, const char *key)
{
    struct bytes code;

    return value_text(value_of(rules, row, key), &code) ? pack_officer_of(rules->pack, code) : NULL;
}

const struct pack_officer *register_officer(const struct register_rules *rules,
                                            const struct register_row *row, const struct step *step,
                                            uint64_t *hat)
{
    bool signs = strcmp(step->name, "decide") == 0 || strcmp(step->name, "stop") == 0;
    bool works = strcmp(step->name, "assign") == 0 || strcmp(step->name, "supplement") == 0 ||
                 strcmp(step->name, "fee") == 0 || strcmp(step->name, "paid") == 0;
    const struct pack_officer *officer = NULL;

    if (signs)
        officer = officer_in(rules, row, KEY_SIGNER);
    if (!officer && (signs || works))
        officer = officer_in(rules, row, KEY_SPECIALIST);
    if (!officer)
        officer = officer_in(rules, row, KEY_RECEIVER);
    *hat = officer ? officer->first_hat : HAT_NONE;
    for (uint64_t i = 1; officer && i < 32; i++) {
        if (officer->hats & step->hats & (1u << i)) {
            *hat = i;
            break;
        }
    }
    return officer;
}
