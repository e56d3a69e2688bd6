#include "tests/lib/intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void draw(void *context, uint8_t *out, size_t size)
{
    struct intake_fixture *fixture = context;
    random_fill(&fixture->random, out, size);
}

static int64_t wall(void *context)
{
    const struct intake_fixture *fixture = context;
    return fixture->clock;
}

static struct replica_world world_of(struct intake_fixture *fixture)
{
    return (struct replica_world){.context = fixture, .random = draw, .wall_seconds = wall};
}

struct run intake_accept(struct intake_fixture *fixture, size_t first, size_t count,
                         const struct writer *writer)
{
    struct batch *batch = script_batch(&fixture->script, first, count, &writer->key);
    assert_int_equal(replica_begin(fixture->replica), STATUS_OK);
    assert_int_equal(replica_accept(fixture->replica, batch), STATUS_OK);
    assert_int_equal(replica_commit(fixture->replica, &fixture->commit), STATUS_OK);
    struct run run = batch->runs[0];
    script_batch_free(batch);
    return run;
}

/* Accepts all records the script got since |first|. */
struct run intake_accept_from(struct intake_fixture *fixture, size_t first,
                              const struct writer *writer)
{
    return intake_accept(fixture, first, fixture->script.count - first, writer);
}

void intake_grant(struct intake_fixture *fixture, const struct writer *writer, uint64_t role)
{
    struct grant grant = {.key = writer->key,
                          .role = role,
                          .unit = bytes_of_text("u"),
                          .label = bytes_of_text("l"),
                          .scopes = &writer->scope,
                          .scope_count = 1};
    size_t first = fixture->script.count;
    writer_grant(&fixture->root, &grant, &fixture->script);
    struct run run = intake_accept_from(fixture, first, &fixture->root);
    assert_int_equal(run.outcome, RUN_STORED);
    assert_true(fixture->commit.authority_changed);
}

int intake_setup(void **state, bool lmdb)
{
    struct intake_fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->lmdb = lmdb;
    fixture->random.state = 99;
    fixture->clock = 1795485600;
    if (lmdb) {
        strcpy(fixture->folder, "/tmp/hoso-accept-XXXXXX");
        assert_non_null(mkdtemp(fixture->folder));
        assert_int_equal(store_open_lmdb(fixture->folder, true, &fixture->store), STATUS_OK);
    } else {
        assert_int_equal(store_open_memory(&fixture->store), STATUS_OK);
    }
    struct replica_world world = world_of(fixture);
    script_open(&fixture->script);
    memset(fixture->scope.bytes, 5, sizeof fixture->scope.bytes);
    writer_init(&fixture->root, 1, &fixture->scope);
    writer_init(&fixture->device, 2, &fixture->scope);
    fixture->root.scope = authority_scope(&fixture->root.key);
    struct replica_identity identity = {.role = ROLE_OFFICE,
                                        .unit = bytes_of_text("u"),
                                        .name = bytes_of_text("n"),
                                        .seed = {3},
                                        .root = fixture->root.key,
                                        .scope = fixture->scope};
    assert_int_equal(replica_create(fixture->store, &world, &identity), STATUS_OK);
    assert_int_equal(replica_open(fixture->store, &world, &fixture->replica), STATUS_OK);
    writer_open_log(&fixture->root, LOG_AUTHORITY, &fixture->script);
    struct run run = intake_accept_from(fixture, 0, &fixture->root);
    assert_int_equal(run.outcome, RUN_STORED);
    *state = fixture;
    return 0;
}

int intake_setup_memory(void **state)
{
    return intake_setup(state, false);
}

int intake_setup_lmdb(void **state)
{
    return intake_setup(state, true);
}

int intake_teardown(void **state)
{
    struct intake_fixture *fixture = *state;
    replica_close(fixture->replica);
    store_close(fixture->store);
    script_close(&fixture->script);
    if (fixture->lmdb) {
        static const char *const files[] = {"records.mdb", "records.mdb-lock", "owner.lock"};
        char path[128];
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
            (void)snprintf(path, sizeof path, "%s/%s", fixture->folder, files[i]);
            (void)unlink(path);
        }
        (void)rmdir(fixture->folder);
    }
    free(fixture);
    return 0;
}

size_t intake_write_log(struct intake_fixture *fixture, struct writer *writer, size_t edits)
{
    size_t first = fixture->script.count;
    writer_open_log(writer, LOG_COUNTER, &fixture->script);
    struct name name = writer_genesis(writer, &fixture->script);
    for (size_t i = 0; i < edits; i++)
        writer_edit(writer, &name, &fixture->script);
    return first;
}

struct log_row intake_row(struct intake_fixture *fixture, const struct name *name)
{
    struct store_read *read;
    struct log_row row;
    assert_int_equal(store_read_begin(fixture->store, &read), STATUS_OK);
    assert_int_equal(log_find(read, name, &row), STATUS_OK);
    store_read_end(read);
    return row;
}

void intake_reopen(struct intake_fixture *fixture)
{
    struct replica_world world = world_of(fixture);
    replica_close(fixture->replica);
    assert_int_equal(replica_open(fixture->store, &world, &fixture->replica), STATUS_OK);
}

void intake_receipt(struct intake_fixture *fixture, struct bytes raw, const struct public_key *from)
{
    struct batch *batch = receipt_batch(raw, from);
    assert_int_equal(replica_begin(fixture->replica), STATUS_OK);
    assert_int_equal(replica_accept(fixture->replica, batch), STATUS_OK);
    assert_int_equal(replica_commit(fixture->replica, &fixture->commit), STATUS_OK);
    script_batch_free(batch);
}
