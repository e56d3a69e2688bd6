#include "client/command/reach.h"

unsigned reach_of_view(struct replica_read *read, const struct view *view)
{
    unsigned levels = LEVEL_MACHINE | LEVEL_OFFICE | LEVEL_HUB;

    for (size_t i = 0; i < view->entry_count; i++) {
        const struct record *record = view->entries[i].record;
        struct name log = record_log(record);
        levels &= replica_level(read, &log, record->header.seq) | LEVEL_MACHINE;
    }
    return view->entry_count > 0 ? levels : LEVEL_MACHINE;
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
