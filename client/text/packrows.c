#include "client/text/packrows.h"

#include "client/text/table.h"
#include "client/text/text.h"
#include "client/text/time.h"

#include <stdio.h>
#include <string.h>

enum { ROWS_MOST = 4096 };

/* One file on its way into the pack. */
struct rows {
    const char *file;
    struct table table;
    struct arena *arena;
    struct pack *pack;
    struct packfile_problem *problem;
    size_t count;
    void *at; /* ROWS_MOST rows */
};

static enum status complain(const struct rows *rows, const char *what, const char *column)
{
    (void)snprintf(rows->problem->text, sizeof rows->problem->text, "%s, line %llu, %s: %s",
                   rows->file, (unsigned long long)rows->table.row.line, column, what);
    return STATUS_MALFORMED;
}

static enum status keep(const struct rows *rows, size_t column, struct bytes *out)
{
    struct buffer composed;
    bool copied;

    buffer_init(&composed, LIMIT_PACK_BYTES);
    enum status status = text_normalise(table_cell(&rows->table, column), &composed);
    if (status == STATUS_MALFORMED)
        status = complain(rows, "the text holds characters that are not allowed",
                          rows->table.columns[column].name);
    if (!status) {
        *out = arena_copy(rows->arena, buffer_view(&composed), &copied);
        status = copied ? STATUS_OK : STATUS_NO_MEMORY;
    }
    buffer_deinit(&composed);
    return status;
}

static enum status read_rows(struct rows *rows, struct bytes text, struct table_column *columns,
                             size_t column_count, size_t row_size,
                             enum status (*take)(struct rows *rows))
{
    const char *missing;

    enum status status = table_open(&rows->table, text, columns, column_count, &missing);
    if (status == STATUS_MALFORMED)
        status = complain(rows, "there is no such column, or it stands twice",
                          missing ? missing : "the header");
    rows->at = arena_array(rows->arena, ROWS_MOST, row_size);
    if (!status && !rows->at)
        status = STATUS_NO_MEMORY;
    while (!status) {
        status = table_next(&rows->table);
        if (status)
            break;
        if (rows->table.row.problem != CSV_SOUND ||
            rows->table.row.field_count != rows->table.width)
            status = complain(rows, "the row has not as many fields as the header", "row");
        else if (rows->count == ROWS_MOST)
            status = STATUS_LIMIT;
        else
            status = take(rows);
    }
    table_close(&rows->table);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status take_unit(struct rows *rows)
{
    struct pack_unit *unit = (struct pack_unit *)rows->at + rows->count++;

    enum status status = keep(rows, 0, &unit->code);
    if (!status)
        status = keep(rows, 1, &unit->name);
    if (!status)
        status = keep(rows, 2, &unit->level);
    if (!status)
        status = keep(rows, 3, &unit->above);
    if (!status && unit->code.size == 0)
        status = complain(rows, "a unit has a code", "ma");
    if (!status && rows->pack->district.size == 0 && bytes_equal_text(unit->level, "hub"))
        rows->pack->district = unit->name;
    return status;
}

enum status packrows_units(struct bytes text, struct arena *arena, struct pack *pack,
                           struct packfile_problem *problem)
{
    struct table_column columns[] = {
        {.name = "ma", .needed = true},
        {.name = "ten", .needed = true},
        {.name = "cap", .needed = true},
        {.name = "cap_tren", .needed = true},
    };
    struct rows rows = {.file = "units.csv", .arena = arena, .pack = pack, .problem = problem};

    enum status status = read_rows(&rows, text, columns, sizeof columns / sizeof *columns,
                                   sizeof(struct pack_unit), take_unit);
    pack->units = rows.at;
    pack->unit_count = rows.count;
    return status;
}

/* "specialist;head_of_one_stop": the first one listed is the one an officer acts in. */
static enum status take_hats(const struct rows *rows, struct bytes list,
                             struct pack_officer *officer)
{
    while (list.size > 0) {
        const uint8_t *end = memchr(list.at, ';', list.size);
        size_t size = end ? (size_t)(end - list.at) : list.size;
        enum hat hat = hat_of_name(text_trim(bytes_of(list.at, size)));
        if (hat == HAT_NONE)
            return complain(rows, "unknown hat", "vai_tro");
        if (officer->hats == 0)
            officer->first_hat = (uint8_t)hat;
        officer->hats |= 1u << hat;
        size_t used = end ? size + 1 : size;
        list = bytes_of(list.at + used, list.size - used);
    }
    return officer->hats ? STATUS_OK : complain(rows, "an officer has a hat", "vai_tro");
}

/* The rows stand as in the file, not yet sorted as in a decoded pack. */
static bool is_unit(const struct pack *pack, struct bytes code)
{
    for (size_t i = 0; i < pack->unit_count; i++) {
        if (bytes_equal(pack->units[i].code, code))
            return true;
    }
    return false;
}

static bool is_officer_code(struct bytes code)
{
    for (size_t i = 0; i < code.size; i++) {
        uint8_t c = code.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return code.size > 0 && code.size <= LIMIT_CODE_BYTES;
}

static enum status take_officer(struct rows *rows)
{
    struct pack_officer *officer = (struct pack_officer *)rows->at + rows->count++;

    enum status status = keep(rows, 0, &officer->code);
    if (!status)
        status = keep(rows, 1, &officer->name);
    if (!status)
        status = keep(rows, 2, &officer->unit);
    if (!status)
        status = keep(rows, 3, &officer->title);
    if (!status)
        status = keep(rows, 5, &officer->identity_number);
    if (!status && !is_officer_code(officer->code))
        status = complain(rows, "a code is small letters, digits and hyphens", "ma");
    if (!status && !is_unit(rows->pack, officer->unit))
        status = complain(rows, "units.csv has no such unit", "don_vi");
    return status ? status : take_hats(rows, table_cell(&rows->table, 4), officer);
}

enum status packrows_staff(struct bytes text, struct arena *arena, struct pack *pack,
                           struct packfile_problem *problem)
{
    struct table_column columns[] = {
        {.name = "ma", .needed = true},      {.name = "ho_ten", .needed = true},
        {.name = "don_vi", .needed = true},  {.name = "chuc_danh", .needed = true},
        {.name = "vai_tro", .needed = true}, {.name = "so_dinh_danh", .needed = true},
    };
    struct rows rows = {.file = "staff.csv", .arena = arena, .pack = pack, .problem = problem};

    enum status status = read_rows(&rows, text, columns, sizeof columns / sizeof *columns,
                                   sizeof(struct pack_officer), take_officer);
    pack->officers = rows.at;
    pack->officer_count = rows.count;
    return status;
}

static enum status take_day_cell(const struct rows *rows, size_t column, int64_t *day)
{
    struct moment moment;

    if (time_parse(table_cell(&rows->table, column), rows->pack->zone_minutes, &moment) ||
        moment.precision != PRECISION_DAY)
        return complain(rows, "a day like 2020-01-23 is needed", rows->table.columns[column].name);
    *day = time_day_of(moment.seconds, rows->pack->zone_minutes);
    return STATUS_OK;
}

static enum status take_day(struct rows *rows)
{
    static const char *const kinds[] = {"nghi", "lam_bu", "pham_vi"};
    struct pack_day *day = (struct pack_day *)rows->at + rows->count++;
    struct bytes kind = table_cell(&rows->table, 1);

    enum status status = take_day_cell(rows, 0, &day->day);
    if (!status)
        status = keep(rows, 2, &day->reason);
    if (status)
        return status;
    while (day->kind < 3 && !bytes_equal_text(kind, kinds[day->kind]))
        day->kind++;
    if (day->kind == 3)
        return complain(rows, "nghi, lam_bu or pham_vi is needed", "loai");
    day->last_day = day->day;
    if (day->kind == 2)
        status = take_day_cell(rows, 3, &day->last_day);
    if (!status && day->last_day < day->day)
        status = complain(rows, "the range ends before it begins", "den_ngay");
    return status;
}

enum status packrows_calendar(struct bytes text, struct arena *arena, struct pack *pack,
                              struct packfile_problem *problem)
{
    struct table_column columns[] = {
        {.name = "ngay", .needed = true},
        {.name = "loai", .needed = true},
        {.name = "ly_do", .needed = true},
        {.name = "den_ngay", .needed = false},
    };
    struct rows rows = {.file = "calendar.csv", .arena = arena, .pack = pack, .problem = problem};

    enum status status = read_rows(&rows, text, columns, sizeof columns / sizeof *columns,
                                   sizeof(struct pack_day), take_day);
    pack->days = rows.at;
    pack->day_count = rows.count;
    return status;
}
