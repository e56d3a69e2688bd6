#include "tests/sim/scenes.h"
#include "tests/sim/stage.h"

#include <string.h>

/* How many dossiers |node| shows under |code|. */
static size_t count_named(struct node *node, const char *code)
{
    struct replica_read *read = NULL;
    struct name found[4];
    size_t count = 0;
    if (replica_read_begin(node->replica, &read) != STATUS_OK)
        return 0;
    if (replica_cases_named(read, bytes_of_text(code), found, 4, &count) != STATUS_OK)
        count = 0;
    replica_read_end(read);
    return count;
}

/* |count| dossiers, of which none may lack its code. */
static void receive_coded(struct stage *stage, struct node *node, size_t count, const char *text)
{
    bool coded = true;
    for (size_t i = 0; i < count && !stage->world->failed; i++) {
        struct act_result result = {0};
        coded = desk_receive(node, "An", &result) && !result.provisional && coded;
    }
    stage_expect(stage, coded, text);
}

/* Both are off the line for days and work; then they meet the hub, one after the other. */
static void days_apart(struct stage *stage, struct node *one, struct node *other)
{
    enum { DAYS = 3, A_DAY = 30 };
    stage_block(one, 0);
    stage_block(other, 0);
    for (size_t day = 0; day < DAYS && !stage->world->failed; day++) {
        stage_day(stage);
        receive_coded(stage, one, A_DAY, "the original has a code for each");
        receive_coded(stage, other, A_DAY, "the copy too, and each another");
    }
    stage_unblock(other, 0);
    stage_rest(stage);
    stage_unblock(one, 0);
    stage_rest(stage);
}

/*
 * An office's disk is copied as it is and runs on two machines that cannot know of each other: that
 * day they print one code twice, which shows everywhere once they have met. From then on they are
 * off the line for days, and print none twice.
 */
void scene_copy_beside_original(struct world *world)
{
    struct stage stage;
    struct act_result one = {0};
    struct act_result other = {0};
    if (!stage_set(&stage, world, 1))
        return;
    struct node *original = stage.office1;
    stage_receive(original, 4, NULL);
    stage_rest(&stage);
    stage_block(original, 0);
    struct node *copy = node_clone(original, "copy1");
    if (!copy)
        return;
    stage_expect(&stage, desk_receive(original, "An", &one) && desk_receive(copy, "Chi", &other),
                 "both receive a dossier");
    stage_expect(&stage, strcmp(one.code, other.code) == 0, "of one code: nobody could know");
    stage_unblock(original, 0);
    stage_rest(&stage);
    stage_unblock(copy, 0);
    stage_rest(&stage);
    stage_expect(&stage,
                 count_named(stage.hub, one.code) == 2 && count_named(original, one.code) == 2 &&
                     count_named(copy, one.code) == 2,
                 "hub, original and copy show both dossiers under it");
    days_apart(&stage, original, copy);
    days_apart(&stage, copy, original);
    stage_end(&stage);
}

/* A home is copied to a second machine before the first dossier: each opens a first log of its own,
 * and no log is forked. */
void scene_copy_before_first_record(struct world *world)
{
    struct stage stage;
    if (!stage_set(&stage, world, 0))
        return;
    struct node *copy = node_clone(stage.office2, "copy1");
    if (!copy)
        return;
    stage_block(stage.office2, 0);
    stage_block(copy, 0);
    stage_receive(stage.office2, 2, NULL);
    stage_receive(copy, 2, NULL);
    stage_unblock(stage.office2, 0);
    stage_unblock(copy, 0);
    stage_rest(&stage);
    days_apart(&stage, stage.office2, copy);
    stage_end(&stage);
}

/* An office that was put back works on for longer than one loan lasts, with more dossiers a day
 * than one has numbers, and lends numbers to a device that is new. */
void scene_restored_owner_lends(struct world *world)
{
    enum { DAYS = 125, MANY = 260 };
    struct stage stage;
    if (!stage_set(&stage, world, 1))
        return;
    node_backup(stage.office1);
    stage_receive(stage.office1, 3, NULL);
    stage_rest(&stage);
    node_restore(stage.office1, 0);
    stage_rest(&stage);
    receive_coded(&stage, stage.office1, 5, "the hub has lent it numbers");
    struct node *device = node_new(world, "device2", ROLE_DEVICE, stage.office1, 1);
    node_join_now(device, stage.office1);
    stage_rest(&stage);
    stage_receive(device, 1, NULL); /* opens its log */
    stage_rest(&stage);
    receive_coded(&stage, device, 5, "of which a new device got some");
    for (size_t i = 0; i < MANY; i += 20) {
        receive_coded(&stage, stage.office1, 20, "more are lent before they run out");
        stage_rest(&stage);
    }
    for (size_t day = 0; day < DAYS && !world->failed; day += 25) {
        world_run(world, world->now_us + UINT64_C(25) * 86400 * 1000000);
        receive_coded(&stage, stage.office1, 2, "and before their days are over");
        stage_rest(&stage);
        receive_coded(&stage, device, 2, "at the device too");
        stage_rest(&stage);
    }
    stage_end(&stage);
}
