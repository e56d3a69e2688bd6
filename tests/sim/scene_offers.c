#include "tests/sim/scenes.h"
#include "tests/sim/stage.h"

#include <stdlib.h>

/* Device 1's dossier has reached device 2 through the office when both device 1 and the office
 * burn; device 2 goes to the hub itself. */
void scene_author_burned(struct world *world)
{
    struct stage stage;
    struct name dossier;
    if (!stage_set(&stage, world, 2))
        return;
    stage_block(stage.office1, 0);
    stage_receive(stage.devices[0], 5, &dossier);
    world_run(world, world->now_us + 20000000);
    stage_expect(&stage, stage_holds(stage.devices[1], &dossier), "device 2 has the dossier");
    stage_expect(&stage, !stage_holds(stage.hub, &dossier), "the hub has not");
    node_burn(stage.devices[0]);
    node_burn(stage.office1);
    stage.devices[1]->routes[0].wanted = false;
    node_add_route(stage.devices[1], stage.hub);
    stage_unblock(stage.devices[1], 1);
    stage_rest(&stage);
    stage_expect(&stage, stage_holds(stage.hub, &dossier), "device 2 brings it to the hub");
    stage_end(&stage);
}

/* The hub goes back to before office 1's dossiers came, and office 1 is dead: a device of office 1
 * that the hub had not yet heard of holds them alone. */
void scene_hub_lost_it_and_author_dead(struct world *world)
{
    struct stage stage;
    struct name dossier;
    if (!stage_set(&stage, world, 1))
        return;
    node_add_route(stage.devices[0], stage.hub);
    stage.devices[0]->routes[1].wanted = false;
    node_backup(stage.hub);
    stage_receive(stage.office1, 7, &dossier);
    stage_rest(&stage);
    stage_expect(&stage, stage_holds(stage.devices[0], &dossier), "the device has them");
    stage_block(stage.office1, 0);
    node_burn(stage.office1);
    node_restore(stage.hub, 0);
    stage_expect(&stage, !stage_holds(stage.hub, &dossier), "the hub has lost them");
    stage.devices[0]->routes[0].wanted = false;
    stage_unblock(stage.devices[0], 1);
    stage_rest(&stage);
    stage_expect(&stage, stage_holds(stage.hub, &dossier), "the device gives them back");
    stage_end(&stage);
}

struct late_grant {
    struct public_key key;
    struct name scopes[2];
};

static enum status grant_call(struct node *node, void *context)
{
    const struct late_grant *late = context;
    struct grant grant = {.granter = node->key,
                          .key = late->key,
                          .role = ROLE_DEVICE,
                          .unit = bytes_of_text(district_unit(&node->world->district, 1)),
                          .label = bytes_of_text("device1"),
                          .scopes = late->scopes,
                          .scope_count = 2};
    return replica_grant(node->replica, &grant);
}

/* Device 1 follows the hub; then it is granted the scope of commune 2, whose dossiers its cursor
 * has long passed. */
void scene_scope_added_late(struct world *world)
{
    struct stage stage;
    struct name dossier;
    if (!stage_set(&stage, world, 1))
        return;
    struct node *device = stage.devices[0];
    device->routes[0].wanted = false;
    stage_block(device, 0);
    node_add_route(device, stage.hub);
    stage_unblock(device, 1);
    stage_receive(stage.office2, 12, &dossier);
    stage_receive(stage.office1, 3, NULL);
    stage_rest(&stage);
    stage_expect(&stage, !stage_holds(device, &dossier), "commune 2 is none of device 1's");
    struct travel before = stage_travel(world);
    struct late_grant *late = calloc(1, sizeof *late);
    if (!late)
        abort();
    late->key = device->key;
    late->scopes[0] = district_scope(&world->district, 1);
    late->scopes[1] = district_scope(&world->district, 2);
    if (name_compare(&late->scopes[0], &late->scopes[1]) > 0) {
        late->scopes[0] = district_scope(&world->district, 2);
        late->scopes[1] = district_scope(&world->district, 1);
    }
    scribe_add(stage.hub, (struct job){.kind = JOB_CALL, .call = grant_call, .context = late});
    world_run(world, world->now_us + 5000000);
    stage_rest(&stage);
    stage_block(device, 1);
    stage_unblock(device, 1);
    stage_rest(&stage);
    struct travel travel = stage_since(world, &before);
    stage_expect(&stage, stage_holds(device, &dossier), "all of commune 2 comes to device 1");
    stage_expect(&stage, travel.paths[PATH_VECTORS] > 0, "by comparing heads");
    stage_expect(&stage, travel.records < 60, "and commune 1 did not travel again");
    stage_end(&stage);
}
