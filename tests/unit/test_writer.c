/* The writer thread over a real replica whose store can be told to fail. */
#include "client/home/home.h"
#include "client/link/work/writer.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

/* One site with its writer; the test's thread plays the loop. */
struct scene {
    struct district district;
    struct site hub;
    struct site office;
    struct mailbox mailbox;
    struct writer *writer;
    size_t news, changed;
    uint64_t arrival;
    size_t broken;
    pthread_mutex_t mutex;
    pthread_cond_t woken;
    size_t wakes;
};

static void on_wake(void *context)
{
    struct scene *scene = context;

    pthread_mutex_lock(&scene->mutex);
    scene->wakes++;
    pthread_cond_signal(&scene->woken);
    pthread_mutex_unlock(&scene->mutex);
}

static void on_news(void *context, const struct writer_news *news)
{
    struct scene *scene = context;

    scene->news++;
    scene->changed += news->changed_count;
    assert_true(news->arrival >= scene->arrival);
    scene->arrival = news->arrival;
    if (news->changed_count > 0)
        assert_true(news->receipt.size > 0);
}

static void on_broken(void *context, enum status status)
{
    struct scene *scene = context;

    assert_int_not_equal(status, STATUS_OK);
    scene->broken++;
}

static void scene_open(struct scene *scene)
{
    struct store *store = NULL;
    struct writer_options options = {
        .mailbox = &scene->mailbox, .news = on_news, .broken = on_broken, .context = scene};

    memset(scene, 0, sizeof *scene);
    pthread_mutex_init(&scene->mutex, NULL);
    pthread_cond_init(&scene->woken, NULL);
    district_open(&scene->district);
    assert_int_equal(store_open_memory(&store), STATUS_OK);
    site_open(&scene->hub, store, &scene->district, ROLE_HUB, SITE_HUB_UNIT, 1, NULL);
    site_found(&scene->hub, &scene->district);
    assert_int_equal(store_open_memory(&store), STATUS_OK);
    site_open(&scene->office, store, &scene->district, ROLE_OFFICE, SITE_UNIT, 2, NULL);
    site_grant(&scene->hub, &scene->office, true, true);
    site_send(&scene->hub, &scene->office);
    assert_int_equal(mailbox_init(&scene->mailbox, on_wake, scene), STATUS_OK);
    options.replica = scene->hub.replica;
    assert_int_equal(writer_open(&options, &scene->writer), STATUS_OK);
}

static void scene_close(struct scene *scene)
{
    writer_close(scene->writer);
    mailbox_deliver(&scene->mailbox);
    mailbox_deinit(&scene->mailbox);
    site_close(&scene->hub);
    site_close(&scene->office);
    district_close(&scene->district);
    pthread_cond_destroy(&scene->woken);
    pthread_mutex_destroy(&scene->mutex);
}

/* Delivers what comes until |*count| has reached |least|. */
static void deliver_until(struct scene *scene, const size_t *count, size_t least)
{
    size_t seen = 0;

    for (;;) {
        pthread_mutex_lock(&scene->mutex);
        while (scene->wakes == seen && *count < least)
            pthread_cond_wait(&scene->woken, &scene->mutex);
        seen = scene->wakes;
        pthread_mutex_unlock(&scene->mutex);
        mailbox_deliver(&scene->mailbox);
        if (*count >= least)
            return;
    }
}

/* ---- jobs ---- */

static enum status grant_job(struct replica *replica, void *context)
{
    struct grant grant = {.key = *(const struct public_key *)context,
                          .role = ROLE_DEVICE,
                          .unit = bytes_of_text(SITE_HUB_UNIT),
                          .label = bytes_of_text("máy"),
                          .scopes = &replica_identity(replica)->scope,
                          .scope_count = 1};

    return replica_grant(replica, &grant);
}

/* Writes, then fails: nothing of it may stay. */
static enum status failing_job(struct replica *replica, void *context)
{
    enum status status = grant_job(replica, context);

    return status == STATUS_OK ? STATUS_REFUSED : status;
}

static struct public_key some_key(uint8_t seed)
{
    uint8_t bytes[32] = {seed};
    struct public_key key;
    struct secret_key secret;

    key_pair_of_seed(bytes, &key, &secret);
    return key;
}

static bool is_granted(struct scene *scene, const struct public_key *key)
{
    const struct authority *authority = replica_authority_acquire(scene->hub.replica);
    bool granted = authority_ever_granted(authority, key);

    replica_authority_release(scene->hub.replica, authority);
    return granted;
}

static uint64_t records_of(struct replica *replica)
{
    struct replica_read *read = NULL;
    struct replica_status status;
    struct arena arena;

    arena_init(&arena, 1 << 20);
    assert_int_equal(replica_read_begin(replica, &read), STATUS_OK);
    assert_int_equal(replica_status(read, &arena, &status), STATUS_OK);
    replica_read_end(read);
    arena_deinit(&arena);
    return status.records;
}

/* ---- what goes through the queue ---- */

struct counted_batch {
    struct writer_batch batch; /* first */
    struct scene *scene;
    size_t *done;
    enum status status;
    bool had_receipt;
    uint64_t arrival;
    enum run_outcome outcome; /* of its first run */
};

static void batch_done(struct work *work)
{
    struct counted_batch *counted = (struct counted_batch *)work;

    counted->status = counted->batch.status;
    counted->had_receipt = counted->batch.receipt.size > 0;
    counted->arrival = counted->batch.arrival;
    if (counted->batch.batch->run_count > 0)
        counted->outcome = counted->batch.batch->runs[0].outcome;
    batch_free(counted->batch.batch);
    ++*counted->done;
}

static void send_batch(struct scene *scene, struct counted_batch *counted, size_t *done)
{
    memset(counted, 0, sizeof *counted);
    counted->batch.work.done = batch_done;
    counted->batch.batch = site_batch(&scene->office);
    counted->scene = scene;
    counted->done = done;
    writer_commit(scene->writer, &counted->batch);
}

struct counted_post {
    struct writer_post post; /* first */
    struct public_key key;
    size_t *done;
};

static enum status post_job(struct replica *replica, void *context)
{
    struct counted_post *counted = context;

    return grant_job(replica, &counted->key);
}

static void post_done(struct work *work)
{
    ++*((struct counted_post *)work)->done;
}

static void send_post(struct scene *scene, struct counted_post *counted, uint8_t seed, size_t *done)
{
    memset(counted, 0, sizeof *counted);
    counted->post.work.done = post_done;
    counted->post.job = post_job;
    counted->post.context = counted;
    counted->key = some_key(seed);
    counted->done = done;
    writer_send(scene->writer, &counted->post);
}

/* ---- tests ---- */

static void test_writer__job_is_durable_and_told_before_it_returns(void **state)
{
    struct public_key key = some_key(7);
    struct replica_world world = home_world();
    struct replica *again = NULL;
    const struct authority *authority = NULL;
    struct store *disk = NULL;
    struct scene scene;

    (void)state;
    scene_open(&scene);
    assert_int_equal(writer_run(scene.writer, grant_job, &key), STATUS_OK);
    /* The news were posted first: whoever asks the loop now is behind them. */
    mailbox_deliver(&scene.mailbox);
    assert_true(scene.changed > 0);
    disk = store_memory_clone(scene.hub.store); /* what a crash right now would leave */
    assert_non_null(disk);
    assert_int_equal(replica_open(disk, &world, &again), STATUS_OK);
    authority = replica_authority_acquire(again);
    assert_true(authority_ever_granted(authority, &key));
    replica_authority_release(again, authority);
    replica_close(again);
    store_close(disk);
    scene_close(&scene);
}

static void test_writer__failing_job_leaves_nothing(void **state)
{
    struct public_key first = some_key(8);
    struct public_key second = some_key(9);
    struct scene scene;
    uint64_t before = 0;

    (void)state;
    scene_open(&scene);
    before = records_of(scene.hub.replica);
    assert_int_equal(writer_run(scene.writer, failing_job, &first), STATUS_REFUSED);
    assert_int_equal(records_of(scene.hub.replica), before);
    assert_false(is_granted(&scene, &first));
    assert_int_equal(writer_run(scene.writer, grant_job, &second), STATUS_OK);
    assert_true(is_granted(&scene, &second));
    assert_int_equal(scene.broken, 0);
    scene_close(&scene);
}

static void test_writer__batches_are_committed_and_receipted(void **state)
{
    struct act_result result;
    struct scene scene;
    struct counted_batch first;
    struct counted_batch second;
    size_t done = 0;

    (void)state;
    scene_open(&scene);
    assert_int_equal(site_receive(&scene.office, "Hồ Thị Hoa", 0, &result), STATUS_OK);
    send_batch(&scene, &first, &done);
    deliver_until(&scene, &done, 1);
    assert_int_equal(first.status, STATUS_OK);
    assert_true(first.had_receipt);
    /* A session must know at once how far the heads it is told of are true. */
    assert_true(first.arrival > 0);
    send_batch(&scene, &second, &done);
    deliver_until(&scene, &done, 2);
    assert_int_equal(second.status, STATUS_OK);
    assert_int_equal(second.outcome, RUN_PRESENT);
    assert_int_equal(second.arrival, first.arrival);
    mailbox_deliver(&scene.mailbox);
    assert_true(records_of(scene.hub.replica) >= records_of(scene.office.replica));
    scene_close(&scene);
}

static void test_writer__closing_commits_what_waits(void **state)
{
    struct act_result result;
    struct scene scene;
    struct counted_batch batches[8];
    size_t done = 0;

    (void)state;
    scene_open(&scene);
    assert_int_equal(site_receive(&scene.office, "Hồ Thị Hoa", 0, &result), STATUS_OK);
    for (size_t i = 0; i < 8; i++)
        send_batch(&scene, &batches[i], &done);
    writer_close(scene.writer);
    scene.writer = NULL;
    mailbox_deliver(&scene.mailbox);
    assert_int_equal(done, 8);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(batches[i].status, STATUS_OK);
    scene_close(&scene);
}

static void test_writer__after_a_failed_disk_nothing_is_acknowledged(void **state)
{
    struct public_key key = some_key(10);
    struct act_result result;
    struct scene scene;
    struct counted_batch batch;
    struct counted_post post;
    size_t batches_done = 0;
    size_t posts_done = 0;
    uint64_t before = 0;

    (void)state;
    scene_open(&scene);
    assert_int_equal(site_receive(&scene.office, "Hồ Thị Hoa", 0, &result), STATUS_OK);
    before = records_of(scene.hub.replica);
    store_memory_fail_commit(scene.hub.store, 1);
    assert_int_equal(writer_run(scene.writer, grant_job, &key), STATUS_IO);
    send_batch(&scene, &batch, &batches_done);
    deliver_until(&scene, &batches_done, 1);
    assert_int_equal(batch.status, STATUS_IO);
    assert_false(batch.had_receipt);
    send_post(&scene, &post, 11, &posts_done);
    deliver_until(&scene, &posts_done, 1);
    assert_int_equal(post.post.status, STATUS_IO);
    assert_int_equal(writer_run(scene.writer, grant_job, &key), STATUS_IO);
    mailbox_deliver(&scene.mailbox);
    assert_int_equal(scene.broken, 1);
    assert_int_equal(scene.news, 0);
    /* Reads go on. */
    assert_int_equal(records_of(scene.hub.replica), before);
    scene_close(&scene);
}

static void test_writer__post_takes_effect(void **state)
{
    struct scene scene;
    size_t done = 0;
    struct counted_post post;

    (void)state;
    scene_open(&scene);
    send_post(&scene, &post, 12, &done);
    deliver_until(&scene, &done, 1);
    assert_int_equal(post.post.status, STATUS_OK);
    assert_true(is_granted(&scene, &post.key));
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writer__job_is_durable_and_told_before_it_returns),
        cmocka_unit_test(test_writer__failing_job_leaves_nothing),
        cmocka_unit_test(test_writer__batches_are_committed_and_receipted),
        cmocka_unit_test(test_writer__closing_commits_what_waits),
        cmocka_unit_test(test_writer__after_a_failed_disk_nothing_is_acknowledged),
        cmocka_unit_test(test_writer__post_takes_effect),
    };

    return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
