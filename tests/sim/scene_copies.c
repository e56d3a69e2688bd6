#include "tests/sim/scenes.h"
#include "tests/sim/stage.h"

/*
 * The image of device 1 is copied; both go on writing; the shorter branch meets the office second.
 * Then a third copy of the same image appears.
 */
void scene_clone_silent(struct world *world)
{
    struct stage stage;
    struct name shorter;
    struct name shortest;
    if (!stage_set(&stage, world, 1))
        return;
    struct node *device = stage.devices[0];
    stage_receive(device, 8, NULL);
    stage_rest(&stage);
    stage_block(device, 0);
    stage_doubt(device, stage.office1);
    struct node *second = node_clone(device, "copy1");
    struct node *third = node_clone(device, "copy2");
    if (!second || !third)
        return;
    stage_receive(device, 20, NULL);
    stage_receive(second, 10, &shorter);
    stage_receive(third, 5, &shortest);
    stage_unblock(device, 0);
    stage_rest(&stage);
    struct travel before = stage_travel(world);
    stage_unblock(second, 0);
    stage_rest(&stage);
    stage_expect(&stage, stage_holds(stage.hub, &shorter), "the shorter branch travels to the hub");
    struct travel travel = stage_since(world, &before);
    stage_expect(&stage, travel.paths[PATH_BISECT] > 0, "the common position was searched");
    stage_allow(&stage, &travel, 160);
    before = stage_travel(world);
    stage_unblock(third, 0);
    stage_rest(&stage);
    travel = stage_since(world, &before);
    stage_expect(&stage, stage_holds(stage.hub, &shortest), "so does the third one");
    stage_expect(&stage, travel.paths[PATH_BISECT] == 0,
                 "from where the log ended at the first fork, which needs no search");
    /* Its session ends when it finds out: what is on the line then, here a frame of 26, comes
     * again under the new epoch. */
    stage_allow(&stage, &travel, 160);
    stage_expect(&stage, stage_holds(device, &shortest) && stage_holds(second, &shortest),
                 "every copy gets what the others wrote");
    stage_end(&stage);
}

/*
 * The hub's snapshot is put back while office 1, which has seen more of it, is away; office 2,
 * which has not, pushes it past office 1's cursor.
 */
void scene_hub_snapshot_passes_cursor(struct world *world)
{
    struct stage stage;
    struct name lost;
    struct name later;
    if (!stage_set(&stage, world, 0))
        return;
    stage_receive(stage.office2, 5, NULL);
    stage_rest(&stage);
    stage_block(stage.office2, 0);
    node_backup(stage.hub);
    stage_receive(stage.office1, 10, &lost);
    stage_rest(&stage);
    stage_expect(&stage, stage_holds(stage.hub, &lost), "the hub has office 1's ten");
    stage_block(stage.office1, 0);
    node_restore(stage.hub, 0);
    struct name epoch = replica_epoch(stage.hub->replica);
    stage_receive(stage.office2, 30, &later);
    stage_unblock(stage.office2, 0);
    stage_rest(&stage);
    stage_expect(&stage, stage_holds(stage.hub, &later), "the hub has grown past the old cursor");
    struct travel before = stage_travel(world);
    stage_unblock(stage.office1, 0);
    stage_rest(&stage);
    struct travel travel = stage_since(world, &before);
    struct name now = replica_epoch(stage.hub->replica);
    stage_expect(&stage, stage_holds(stage.hub, &lost), "office 1 gives back what was lost");
    stage_expect(&stage, travel.paths[PATH_VECTORS] > 0, "the heads were compared log by log");
    stage_expect(&stage, travel.paths[PATH_RECEIPT_SELF] > 0, "the hub was shown its own receipt");
    stage_expect(&stage, !name_equal(&epoch, &now), "and drew a new epoch");
    stage_allow(&stage, &travel, 30);
    stage_end(&stage);
}

/* Office 1 is put back with `cp` while the hub is out of reach; only its devices know better. */
void scene_office_cp_restore_under_devices(struct world *world)
{
    struct stage stage;
    struct name own;
    struct name devices;
    struct name afterwards;
    if (!stage_set(&stage, world, 2))
        return;
    stage_block(stage.office1, 0);
    stage_receive(stage.office1, 3, NULL);
    stage_rest(&stage);
    node_backup(stage.office1);
    stage_receive(stage.office1, 6, &own);
    stage_receive(stage.devices[0], 6, &devices);
    world_run(world, world->now_us + 20000000);
    stage_expect(&stage, stage_holds(stage.devices[1], &own), "device 2 has the office's six");
    struct name epoch = replica_epoch(stage.office1->replica);
    struct travel before = stage_travel(world);
    node_restore(stage.office1, 0);
    stage_expect(&stage, !stage_holds(stage.office1, &own), "the office has lost its six");
    world_run(world, world->now_us + 60000000);
    struct travel travel = stage_since(world, &before);
    struct name now = replica_epoch(stage.office1->replica);
    stage_expect(&stage, travel.paths[PATH_RECEIPT_SELF] > 0, "a device showed its own receipt");
    stage_expect(&stage, !name_equal(&epoch, &now), "the office drew a new epoch");
    stage_allow(&stage, &travel, 45);
    stage_expect(&stage, stage_holds(stage.office1, &own), "its own six came back to it");
    stage_expect(&stage, stage_holds(stage.office1, &devices), "and the devices' six");
    stage_receive(stage.office1, 1, &afterwards);
    stage_unblock(stage.office1, 0);
    stage_rest(&stage);
    const struct witness_entry *old = witness_find16(&world->witness, &own);
    const struct witness_entry *fresh = witness_find16(&world->witness, &afterwards);
    stage_expect(&stage, old && fresh && !name_equal(&old->log, &fresh->log),
                 "it goes on in a new log");
    stage_end(&stage);
}

/* Monday's backup is put back on Monday and on Wednesday, and on a second machine. */
void scene_same_backup_restored_twice(struct world *world)
{
    struct stage stage;
    struct name written[3];
    if (!stage_set(&stage, world, 1))
        return;
    struct node *device = stage.devices[0];
    stage_receive(device, 4, NULL);
    stage_rest(&stage);
    node_backup(device);
    stage_receive(device, 4, NULL);
    stage_rest(&stage);
    for (size_t day = 0; day < 2; day++) {
        stage_day(&stage);
        stage_block(device, 0);
        node_restore(device, 0);
        stage_receive(device, 3, &written[day]);
        stage_unblock(device, 0);
        stage_rest(&stage);
        stage_receive(device, 2, NULL);
        stage_rest(&stage);
    }
    stage_day(&stage);
    stage_block(device, 0);
    node_restore(device, 0);
    struct node *second = node_clone(device, "copy1");
    if (!second)
        return;
    stage_receive(device, 2, NULL);
    stage_receive(second, 3, &written[2]);
    stage_unblock(device, 0);
    stage_unblock(second, 0);
    stage_rest(&stage);
    for (size_t i = 0; i < 3; i++)
        stage_expect(&stage, stage_holds(stage.hub, &written[i]), "each day's work is at the hub");
    stage_receive(device, 2, &written[0]);
    stage_receive(second, 2, &written[1]);
    stage_rest(&stage);
    const struct witness_entry *one = witness_find16(&world->witness, &written[0]);
    const struct witness_entry *other = witness_find16(&world->witness, &written[1]);
    stage_expect(&stage, one && other && !name_equal(&one->log, &other->log),
                 "the two machines go on in logs of their own");
    stage_end(&stage);
}
