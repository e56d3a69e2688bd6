/*
 * The scripted worlds by file: scene_copies.c clones and backups · scene_offers.c who offers what ·
 * scene_stream.c cursors, elision, refusals, failures · scene_levels.c receipts and clocks.
 */
#ifndef HOSO_TESTS_SIM_SCENES_H
#define HOSO_TESTS_SIM_SCENES_H

struct world;

void scene_clone_silent(struct world *world);
void scene_hub_snapshot_passes_cursor(struct world *world);
void scene_office_cp_restore_under_devices(struct world *world);
void scene_same_backup_restored_twice(struct world *world);
void scene_author_burned(struct world *world);
void scene_hub_lost_it_and_author_dead(struct world *world);
void scene_scope_added_late(struct world *world);
void scene_upload_then_idle(struct world *world);
void scene_bad_header_mid_log(struct world *world);
void scene_parent_unknown_to_receiver(struct world *world);
void scene_direct_and_via_office(struct world *world);
void scene_old_epoch_receipt(struct world *world);
void scene_commit_failure(struct world *world);
void scene_clocks(struct world *world);

#endif
