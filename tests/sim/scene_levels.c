#include "tests/sim/cable.h"
#include "tests/sim/scenes.h"
#include "tests/sim/stage.h"

/* A device that goes straight to the hub: its dossier is at the hub and not at the office. */
void scene_direct_and_via_office(struct world *world)
{
    struct stage stage;
    struct name dossier;
    if (!stage_set(&stage, world, 1))
        return;
    struct node *device = stage.devices[0];
    stage_block(device, 0);
    stage_block(stage.office1, 0);
    stage_receive(device, 3, &dossier);
    stage_expect(&stage, stage_level(device, &dossier) == LEVEL_MACHINE, "it is on this machine");
    node_add_route(device, stage.hub);
    stage_unblock(device, 1);
    world_run(world, world->now_us + 20000000);
    stage_expect(&stage, stage_level(device, &dossier) == (LEVEL_MACHINE | LEVEL_HUB),
                 "it is at the hub and not at the office");
    stage_unblock(stage.office1, 0);
    stage_rest(&stage);
    stage_unblock(device, 0);
    stage_rest(&stage);
    stage_expect(&stage,
                 stage_level(device, &dossier) == (LEVEL_MACHINE | LEVEL_OFFICE | LEVEL_HUB),
                 "then the office has it too");
    stage_end(&stage);
}

/* The office goes back to before the dossier: its old receipt is proof of deposit, no level. */
void scene_old_epoch_receipt(struct world *world)
{
    struct stage stage;
    struct name dossier;
    if (!stage_set(&stage, world, 1))
        return;
    struct node *device = stage.devices[0];
    stage_block(stage.office1, 0);
    node_backup(stage.office1);
    stage_receive(device, 4, &dossier);
    world_run(world, world->now_us + 20000000);
    stage_expect(&stage, stage_level(device, &dossier) == (LEVEL_MACHINE | LEVEL_OFFICE),
                 "the office has acknowledged it");
    world->weather.effect_us_max = 200000;
    node_restore(stage.office1, 0);
    bool fell = false;
    for (size_t i = 0; i < 6000 && !world->failed; i++) {
        world_run(world, world->now_us + 10000);
        fell = fell || stage_level(device, &dossier) == LEVEL_MACHINE;
    }
    stage_expect(&stage, fell, "its level falls once the device knows of the new epoch");
    stage_expect(&stage, stage_level(device, &dossier) == (LEVEL_MACHINE | LEVEL_OFFICE),
                 "and comes back with a receipt of that epoch");
    stage_unblock(stage.office1, 0);
    stage_end(&stage);
}

/* Clocks at 1970 and 2099: nothing is refused, nothing is lost, the same views everywhere. */
void scene_clocks(struct world *world)
{
    struct stage stage;
    struct name dossier;
    if (!stage_set(&stage, world, 2))
        return;
    stage_receive(stage.office1, 1, &dossier);
    stage_rest(&stage);
    stage_block(stage.devices[0], 0);
    stage_block(stage.devices[1], 0);
    stage.devices[0]->clock_offset = -1767574800;
    stage.devices[1]->clock_offset = INT64_C(2303000000);
    stage_expect(&stage, desk_set(stage.devices[0], &dossier, "dia_chi", "1970"),
                 "a device at 1970 writes");
    stage_expect(&stage, desk_set(stage.devices[1], &dossier, "dia_chi", "2099"),
                 "a device at 2099 writes");
    stage_receive(stage.devices[0], 2, NULL);
    stage_receive(stage.devices[1], 2, NULL);
    stage_unblock(stage.devices[0], 0);
    stage_unblock(stage.devices[1], 0);
    stage_rest(&stage);
    stage_end(&stage);
}
