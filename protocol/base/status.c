#include "protocol/base/status.h"

#include <stddef.h>

struct status_row {
    const char *name;
    const char *text;
    enum status_class fault;
};

static const struct status_row rows[] = {
#define STATUS_ROW(name, class, text) {#name, text, STATUS_CLASS_##class},
    STATUS_TABLE(STATUS_ROW)
#undef STATUS_ROW
};

static const struct status_row *row_of(enum status status)
{
    static const struct status_row unknown = {"UNKNOWN", "unknown status", STATUS_CLASS_FATAL};
    size_t index = (size_t)status;
    return index < sizeof rows / sizeof rows[0] ? &rows[index] : &unknown;
}

const char *status_name(enum status status)
{
    return row_of(status)->name;
}

const char *status_text(enum status status)
{
    return row_of(status)->text;
}

enum status_class status_class_of(enum status status)
{
    return row_of(status)->fault;
}
