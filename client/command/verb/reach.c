#include "client/command/verb/reach.h"

unsigned reach_of_case(struct replica_read *read, const struct name *case_name)
{
    struct replica_levels *levels = replica_levels_open(read);
    unsigned reached = LEVEL_MACHINE;

    if (!levels || replica_levels_of_case(levels, case_name, &reached))
        reached = LEVEL_MACHINE;
    replica_levels_close(levels);
    return reached;
}

void reach_write(struct json_writer *writer, const char *key, unsigned levels)
{
    json_open_array(writer, key);
    if (levels & LEVEL_MACHINE)
        json_write_string(writer, NULL, "machine");
    if (levels & LEVEL_OFFICE)
        json_write_string(writer, NULL, "office");
    if (levels & LEVEL_HUB)
        json_write_string(writer, NULL, "hub");
    json_close_array(writer);
}

struct words reach_words(unsigned levels)
{
    if (levels & LEVEL_HUB)
        return (struct words){"hub đã nhận", "received by the hub"};
    if (levels & LEVEL_OFFICE)
        return (struct words){"đơn vị đã nhận, hub chưa nhận", "at the office, not at the hub yet"};
    return (struct words){"chưa đồng bộ, chỉ có trên máy này",
                          "not synchronised, only on this machine"};
}
