#include "client/text/table.h"

#include "client/text/text.h"

enum status table_open(struct table *table, struct bytes text, struct table_column *columns,
                       size_t count, const char **missing)
{
    *missing = NULL;
    *table = (struct table){.columns = columns, .column_count = count};
    buffer_init(&table->header, CSV_ROW_BYTES_MAX);
    for (size_t i = 0; i < count; i++)
        columns[i].index = SIZE_MAX;
    enum status status = csv_open(&table->reader, text);
    if (!status)
        status = csv_next(&table->reader, &table->row);
    if (status)
        return status == STATUS_NOT_FOUND ? STATUS_MALFORMED : status;
    if (table->row.problem != CSV_SOUND)
        return STATUS_MALFORMED;
    table->width = table->row.field_count;
    buffer_append_bytes(&table->header, table->row.raw);
    for (size_t field = 0; field < table->width; field++) {
        struct bytes name = text_trim(table->row.fields[field].text);
        for (size_t i = 0; i < count; i++) {
            if (!bytes_equal_text(name, columns[i].name))
                continue;
            if (columns[i].index != SIZE_MAX)
                return STATUS_MALFORMED;
            columns[i].index = field;
        }
    }
    for (size_t i = 0; i < count && !*missing; i++) {
        if (columns[i].needed && columns[i].index == SIZE_MAX)
            *missing = columns[i].name;
    }
    return *missing ? STATUS_MALFORMED : buffer_status(&table->header);
}

void table_close(struct table *table)
{
    csv_close(&table->reader);
    buffer_deinit(&table->header);
}

enum status table_next(struct table *table)
{
    return csv_next(&table->reader, &table->row);
}

struct bytes table_cell(const struct table *table, size_t column)
{
    size_t index = table->columns[column].index;

    if (index >= table->row.field_count)
        return (struct bytes){0};
    return text_trim(table->row.fields[index].text);
}
