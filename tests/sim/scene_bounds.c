#include "tests/lib/writer.h"
#include "tests/sim/endpoint.h"
#include "tests/sim/scenes.h"
#include "tests/sim/stage.h"

#include <string.h>

/*
 * A device that was granted, or its thief, brings what no honest program writes straight to the
 * office: its records are made here, the office's own transaction judges them, and real sessions
 * carry on what it took.
 */
struct flood {
    struct script script;
    struct writer writer;
    size_t at, count; /* of the script: what is brought now */
    enum run_outcome outcome;
};

static void flood_open(struct flood *flood, const struct node *device)
{
    script_open(&flood->script);
    flood->writer = (struct writer){.key = device->key,
                                    .secret = *replica_secret(device->replica),
                                    .scope = device->identity.scope,
                                    .random = {device->prng.state[0] + 1},
                                    .clock = node_wall_seconds(device)};
}

static enum status accept_call(struct node *node, void *context)
{
    struct flood *flood = context;
    struct batch *batch = script_batch(&flood->script, flood->at, flood->count, &flood->writer.key);
    enum status status = replica_accept(node->replica, batch);
    flood->outcome = batch->runs[0].outcome;
    script_batch_free(batch);
    return status;
}

/* Brings |count| records from |at| on. True: they were taken. */
static bool bring_some(struct flood *flood, struct node *office, size_t at, size_t count)
{
    flood->at = at;
    flood->count = count;
    flood->writer.clock = node_wall_seconds(office);
    if (!scribe_now(office, accept_call, flood))
        world_fail(office->world, "%s cannot judge what is brought", office->name);
    return flood->outcome == RUN_STORED || flood->outcome == RUN_BRANCH;
}

/* Brings all that was written since |first|. */
static bool bring(struct flood *flood, struct node *office, size_t first)
{
    return bring_some(flood, office, first, flood->script.count - first);
}

/* An honest dossier of the same office reaches the hub meanwhile, and the district comes to rest
 * with all of its properties. */
static void end_beside(struct stage *stage, struct flood *flood)
{
    struct name honest;
    stage_receive(stage->office1, 1, &honest);
    world_run(stage->world, stage->world->now_us + 5000000);
    stage_expect(stage, stage_holds(stage->hub, &honest), "an honest dossier is not held up");
    stage_rest(stage);
    stage_end(stage);
    script_close(&flood->script);
}

/* A log forked behind every record: eight branches are taken, alike at every node. */
void scene_fork_every_seq(struct world *world)
{
    enum { RECORDS = 40 };
    struct stage stage;
    struct flood flood;
    size_t taken = 0;
    if (!stage_set(&stage, world, 2))
        return;
    flood_open(&flood, stage.devices[0]);
    writer_open_log(&flood.writer, LOG_COUNTER, &flood.script);
    struct name case_name = writer_genesis(&flood.writer, &flood.script);
    for (size_t i = 0; i < RECORDS; i++)
        writer_edit(&flood.writer, &case_name, &flood.script);
    stage_expect(&stage, bring(&flood, stage.office1, 0), "the log is taken");
    for (size_t i = 2; i < RECORDS; i++) {
        struct flood branch = flood;
        size_t first = flood.script.count;
        branch.writer.seq = i;
        branch.writer.id = flood.script.ids[i - 1];
        branch.writer.random.state += i;
        writer_edit(&branch.writer, &case_name, &branch.script);
        taken += bring(&branch, stage.office1, first);
        flood.script.count = branch.script.count;
    }
    stage_expect(&stage, taken == LIMIT_BRANCHES, "eight branches are taken and no more");
    end_beside(&stage, &flood);
}

static bool says_refused(const struct node *office)
{
    struct session_report report;
    const struct endpoint *endpoint = endpoint_of(office->world, office->routes[0].endpoint);
    if (!endpoint)
        return false;
    session_report(endpoint->session, &report);
    return report.settled && !report.at_rest && report.logs_refused > 0;
}

/*
 * A device told nine branches of one log to two nodes, eight to each and not the same ones. Each
 * keeps its eight: they never become equal. They say so and leave it at that; nobody else is held
 * up, and nothing that was receipted is lost.
 */
void scene_nine_branches_told_differently(struct world *world)
{
    enum { BRANCHES = LIMIT_BRANCHES + 1, RECORDS_A_DAY = 100 };
    struct stage stage;
    struct flood flood;
    struct name honest;
    size_t first[BRANCHES];
    if (!stage_set(&stage, world, 2))
        return;
    flood_open(&flood, stage.devices[0]);
    writer_open_log(&flood.writer, LOG_COUNTER, &flood.script);
    struct name case_name = writer_genesis(&flood.writer, &flood.script);
    for (size_t i = 0; i < BRANCHES; i++)
        writer_edit(&flood.writer, &case_name, &flood.script);
    stage_expect(&stage, bring(&flood, stage.office1, 0), "the log is taken");
    stage_rest(&stage);
    stage_block(stage.office1, 0);
    size_t taken[2] = {0, 0};
    for (size_t i = 0; i < BRANCHES; i++) {
        struct flood branch = flood;
        first[i] = flood.script.count;
        branch.writer.seq = i + 2;
        branch.writer.id = flood.script.ids[i + 1];
        branch.writer.random.state += i + 1;
        writer_edit(&branch.writer, &case_name, &branch.script);
        flood.script.count = branch.script.count;
        taken[0] += bring_some(&branch, stage.office1, first[i], 1);
    }
    for (size_t i = BRANCHES; i > 0; i--)
        taken[1] += bring_some(&flood, stage.hub, first[i - 1], 1);
    stage_expect(&stage, taken[0] == LIMIT_BRANCHES && taken[1] == LIMIT_BRANCHES,
                 "eight branches are taken by each");
    stage_receive(stage.office1, 1, &honest);
    struct travel before = stage_travel(world);
    stage_unblock(stage.office1, 0);
    stage_day(&stage);
    struct travel travel = stage_since(world, &before);
    stage_expect(&stage, stage_holds(stage.hub, &honest), "an honest dossier is not held up");
    stage_expect(&stage, says_refused(stage.office1), "the office says that logs are refused");
    stage_allow(&stage, &travel, RECORDS_A_DAY);
    script_close(&flood.script);
}

/* New logs without end: so many a day, so many in all. */
void scene_thousand_logs(struct world *world)
{
    enum { A_DAY = 150, DAYS = 7, MOST_A_DAY = 3 * LIMIT_LOGS_A_DAY };
    struct stage stage;
    struct flood flood;
    size_t all = 1; /* the device's own is there */
    if (!stage_set(&stage, world, 2))
        return;
    flood_open(&flood, stage.devices[0]);
    for (size_t day = 0; day < DAYS && !world->failed; day++) {
        size_t taken = 0;
        for (size_t i = 0; i < A_DAY; i++) {
            size_t first = flood.script.count;
            flood.writer.clock = node_wall_seconds(stage.office1);
            writer_open_log(&flood.writer, i % 3, &flood.script);
            taken += bring(&flood, stage.office1, first);
        }
        stage_expect(&stage, taken <= MOST_A_DAY, "at most twelve of a day are taken");
        all += taken;
        stage_day(&stage);
    }
    stage_expect(&stage, all <= LIMIT_LOGS && all > MOST_A_DAY, "and at most 64 in all");
    end_beside(&stage, &flood);
}

/* One case in a dozen logs that know nothing of each other, 660 records: it has a dozen heads,
 * not 660, and whoever writes next joins them. */
void scene_ten_thousand_heads(struct world *world)
{
    enum { LOGS = 3 * LIMIT_LOGS_A_DAY - 1, RECORDS = 60 };
    struct stage stage;
    struct flood flood;
    struct name dossier;
    if (!stage_set(&stage, world, 2))
        return;
    stage_receive(stage.office1, 1, &dossier);
    stage_rest(&stage);
    flood_open(&flood, stage.devices[0]);
    for (size_t i = 0; i < LOGS && !world->failed; i++) {
        size_t first = flood.script.count;
        writer_open_log(&flood.writer, LOG_COUNTER, &flood.script);
        for (size_t k = 0; k < RECORDS; k++)
            writer_edit(&flood.writer, &dossier, &flood.script);
        stage_expect(&stage, bring(&flood, stage.office1, first), "a log of the flood is taken");
    }
    stage_rest(&stage);
    stage_expect(&stage, desk_set(stage.office1, &dossier, "dia_chi", "Trung Sơn"),
                 "the dossier can still be written into");
    end_beside(&stage, &flood);
}

/* Keys made by the hundred, none granted: nothing of them is stored anywhere. */
void scene_sybil_devices(struct world *world)
{
    enum { DEVICES = 300 };
    struct stage stage;
    struct flood flood;
    size_t taken = 0;
    if (!stage_set(&stage, world, 2))
        return;
    flood_open(&flood, stage.devices[0]);
    for (uint64_t i = 0; i < DEVICES; i++) {
        struct name scope = flood.writer.scope;
        size_t first = flood.script.count;
        writer_init(&flood.writer, 1000 + i, &scope);
        writer_open_log(&flood.writer, LOG_COUNTER, &flood.script);
        (void)writer_genesis(&flood.writer, &flood.script);
        taken += bring(&flood, stage.office1, first);
    }
    stage_expect(&stage, taken == 0, "nothing of them is taken");
    end_beside(&stage, &flood);
}

/* A thousand records of cases whose beginning nobody has: stored, held, in nobody's way. */
void scene_held_flood(struct world *world)
{
    enum { RECORDS = 1000 };
    struct stage stage;
    struct flood flood;
    if (!stage_set(&stage, world, 2))
        return;
    flood_open(&flood, stage.devices[0]);
    writer_open_log(&flood.writer, LOG_COUNTER, &flood.script);
    for (size_t i = 0; i < RECORDS; i++) {
        struct name nobodys = {{0}};
        random_fill(&flood.writer.random, nobodys.bytes, sizeof nobodys.bytes);
        writer_edit(&flood.writer, &nobodys, &flood.script);
    }
    stage_expect(&stage, bring(&flood, stage.office1, 0), "they are taken");
    end_beside(&stage, &flood);
}
