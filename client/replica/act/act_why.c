#include "client/replica/act/act_why.h"

#include <stddef.h>
#include <string.h>

static const char *const texts[] = {
#define ACT_WHY_TEXT(code, text) text,
    ACT_WHY_TABLE(ACT_WHY_TEXT)
#undef ACT_WHY_TEXT
};

enum { TEXT_COUNT = sizeof texts / sizeof texts[0] };

const char *act_why_text(enum act_why why)
{
    size_t index = (size_t)why;
    return texts[index < TEXT_COUNT ? index : 0];
}

enum act_why act_why_of(const char *text)
{
    for (size_t i = 0; text != NULL && i < TEXT_COUNT; i++) {
        if (strcmp(texts[i], text) == 0) {
            return (enum act_why)i;
        }
    }
    return ACT_WHY_NONE;
}
