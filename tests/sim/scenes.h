/*
 * The scripted worlds by file: scene_copies.c clones and backups · scene_offers.c who offers what ·
 * scene_stream.c cursors, elision, refusals, failures · scene_levels.c receipts and clocks ·
 * scene_bounds.c what a hostile device brings ·
 * scene_damage.c what is broken or unknown · scene_days.c days, depth, many writers ·
 * scene_twins.c two machines that give one office's codes.
 */
#ifndef HOSO_TESTS_SIM_SCENES_H
#define HOSO_TESTS_SIM_SCENES_H

struct world;

/* X(name, offices of the pack or 0, what would be lost without the rule) */
#define SCENE_TABLE(X)                                                                             \
    X(clone_silent, 0, "without ids in vectors the shorter branch of a copy is never sent (H01)")  \
    X(hub_snapshot_passes_cursor, 0, "a rolled-back hub grows past an old cursor (H03)")           \
    X(office_cp_restore_under_devices, 0, "the office is put back below its devices (H04)")        \
    X(same_backup_restored_twice, 0, "one backup on two machines and on two days (H05)")           \
    X(author_burned, 0, "only a third node holds the record (H08)")                                \
    X(hub_lost_it_and_author_dead, 0, "what a dead office wrote is at another's only (H08)")       \
    X(scope_added_late, 0, "a cursor has passed the records of a scope granted later (H09)")       \
    X(upload_then_idle, 0, "the hub echoes what an office has uploaded (H11)")                     \
    X(bad_header_mid_log, 0, "one record that is none blocks the stream for ever (H16)")           \
    X(parent_unknown_to_receiver, 0, "an elided parent the receiver does not hold (H27)")          \
    X(direct_and_via_office, 0, "levels are a set, not a ladder (H15)")                            \
    X(old_epoch_receipt, 0, "a receipt of before the restore still counts (H15)")                  \
    X(commit_failure, 0, "a commit fails and the session chains onto it (H42)")                    \
    X(full_hub_then_room, 0, "a hub without room is asked for ever (267066261435)")                \
    X(clocks, 0, "a clock at 1970 or 2099 decides something (H34, H35)")                           \
    X(fork_every_seq, 0, "a device forks its log behind every record (H02)")                       \
    X(nine_branches_told_differently, 0, "two nodes that cannot become equal ask for ever (H02)")  \
    X(thousand_logs, 0, "a stolen key opens logs without end (H32)")                               \
    X(ten_thousand_heads, 0, "every record cites the genesis alone (H23)")                         \
    X(sybil_devices, 0, "keys made by the hundred, none granted (H33)")                            \
    X(held_flood, 0, "records whose ancestors never come (H28)")                                   \
    X(cursor_passes_failed_batch, 0, "a batch fails, the next one's cursor passes over it (H03)")  \
    X(damaged_record_stays, 0, "a bit flips on a disk and its node is called a forger")            \
    X(damaged_record_followed, 0, "what follows a damaged record is asked for ever (H16)")         \
    X(junk_signature, 0, "a signature that is none, anywhere in a run (H31)")                      \
    X(newer_kind_through_old_hub, 0, "what a later version writes is dropped or changed (H37)")    \
    X(office_forgets, 0, "an office's word outlives what it stood for (H15)")                      \
    X(same_day_one_tablet_left, 0, "hub and office go back to one day (H04, H08)")                 \
    X(restored_owner_draws_above, 0, "numbers of the lost day are drawn again (H07)")              \
    X(two_minutes_a_day, 0, "a line that stands two minutes a day")                                \
    X(hub_of_hubs, 0, "depth has code of its own")                                                 \
    X(twenty_writers_then_idle, 20, "each act of one office costs every other one (H11)")          \
    X(clock_1970_at_intake, 0, "a dead battery prints a code of 1970 (H35)")                       \
    X(clock_2099_latest, 0, "a clock at 2099 wins for ever (H34)")                                 \
    X(copy_beside_original, 0, "two machines print the same codes for days (H06)")                 \
    X(copy_before_first_record, 0, "neither of two first logs forks the other (H06)")              \
    X(restored_owner_lends, 0, "an office put back has no numbers for its devices (H06, H07)")

#define SCENE_DECLARE(title, count, text) void scene_##title(struct world *world);
SCENE_TABLE(SCENE_DECLARE)
#undef SCENE_DECLARE

#endif
