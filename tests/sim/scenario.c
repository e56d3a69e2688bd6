#include "tests/sim/scenario.h"

#include "tests/sim/scenes.h"

#include <string.h>

static const struct scenario scenarios[] = {
    {"clone_silent", "without ids in vectors the shorter branch of a copy is never sent (H01)",
     scene_clone_silent},
    {"hub_snapshot_passes_cursor", "a rolled-back hub grows past an old cursor (H03)",
     scene_hub_snapshot_passes_cursor},
    {"office_cp_restore_under_devices", "the office is put back below its devices (H04)",
     scene_office_cp_restore_under_devices},
    {"same_backup_restored_twice", "one backup on two machines and on two days (H05)",
     scene_same_backup_restored_twice},
    {"author_burned", "only a third node holds the record (H08)", scene_author_burned},
    {"hub_lost_it_and_author_dead", "what a dead office wrote is at another's only (H08)",
     scene_hub_lost_it_and_author_dead},
    {"scope_added_late", "a cursor has passed the records of a scope granted later (H09)",
     scene_scope_added_late},
    {"upload_then_idle", "the hub echoes what an office has uploaded (H11)",
     scene_upload_then_idle},
    {"bad_header_mid_log", "one record that is none blocks the stream for ever (H16)",
     scene_bad_header_mid_log},
    {"parent_unknown_to_receiver", "an elided parent the receiver does not hold (H27)",
     scene_parent_unknown_to_receiver},
    {"direct_and_via_office", "levels are a set, not a ladder (H15)", scene_direct_and_via_office},
    {"old_epoch_receipt", "a receipt of before the restore still counts (H15)",
     scene_old_epoch_receipt},
    {"commit_failure", "a commit fails and the session chains onto it (H42)", scene_commit_failure},
    {"clocks", "a clock at 1970 or 2099 decides something (H34, H35)", scene_clocks},
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
