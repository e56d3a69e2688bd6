#include "protocol/case/view/why.h"

#include <stddef.h>
#include <string.h>

struct why_row {
    const char *text;
    const char *rule;
};

static const struct why_row rows[] = {
#define WHY_ROW(code, text, rule) {text, rule},
    WHY_TABLE(WHY_ROW)
#undef WHY_ROW
};

enum { WHY_COUNT = sizeof(rows) / sizeof(rows[0]) };

const char *view_why_text(enum view_why why)
{
    return rows[why].text;
}

const char *view_why_rule(enum view_why why)
{
    return rows[why].rule;
}

enum view_why view_why_of(const char *text)
{
    for (size_t i = 1; text != NULL && i < WHY_COUNT; i++) {
        if (strcmp(rows[i].text, text) == 0)
            return (enum view_why)i;
    }
    return WHY_NONE;
}
