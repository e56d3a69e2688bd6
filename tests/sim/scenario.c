#include "tests/sim/scenario.h"

#include "tests/sim/scenes.h"

#include <string.h>

static const struct scenario scenarios[] = {
#define SCENE_ROW(title, count, text)                                                              \
    {.name = #title, .why = text, .play = scene_##title, .offices = count},
    SCENE_TABLE(SCENE_ROW)
#undef SCENE_ROW
};

const struct scenario *scenario_at(size_t index)
{
    return index < sizeof scenarios / sizeof scenarios[0] ? &scenarios[index] : NULL;
}

const struct scenario *scenario_named(const char *name)
{
    for (size_t i = 0; scenario_at(i); i++) {
        if (strcmp(scenarios[i].name, name) == 0)
            return &scenarios[i];
    }
    return NULL;
}
