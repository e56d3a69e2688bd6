#include "client/link/work/workers.h"
#include "tests/lib/unit.h"

#include <stdatomic.h>
#include <string.h>

enum { JOBS = 2000 };

struct job {
    struct work work; /* first */
    size_t number;
    struct scene *scene;
};

struct scene {
    struct mailbox mailbox;
    atomic_size_t ran;
    atomic_size_t wakes;
    size_t done;
    size_t last; /* number of the job that was done last */
    bool out_of_order;
    struct job jobs[JOBS];
};

static void on_wake(void *context)
{
    atomic_fetch_add(&((struct scene *)context)->wakes, 1);
}

static void job_run(struct work *work)
{
    atomic_fetch_add(&((struct job *)work)->scene->ran, 1);
}

static void job_done(struct work *work)
{
    struct job *job = (struct job *)work;

    job->scene->out_of_order |= job->number < job->scene->last;
    job->scene->last = job->number;
    job->scene->done++;
}

static void run_jobs(struct scene *scene, size_t threads)
{
    struct workers *workers = NULL;

    memset(scene, 0, sizeof *scene);
    assert_int_equal(mailbox_init(&scene->mailbox, on_wake, scene), STATUS_OK);
    assert_int_equal(workers_open(threads, &scene->mailbox, &workers), STATUS_OK);
    for (size_t i = 0; i < JOBS; i++) {
        scene->jobs[i].work.run = job_run;
        scene->jobs[i].work.done = job_done;
        scene->jobs[i].number = i;
        scene->jobs[i].scene = scene;
        workers_post(workers, &scene->jobs[i].work);
        if (i % 64 == 0)
            mailbox_deliver(&scene->mailbox);
    }
    workers_close(workers); /* lets them finish */
    mailbox_deliver(&scene->mailbox);
    mailbox_deinit(&scene->mailbox);
    assert_int_equal(atomic_load(&scene->ran), JOBS);
    assert_int_equal(scene->done, JOBS);
    assert_true(atomic_load(&scene->wakes) > 0);
}

static void test_workers__all_that_was_posted_comes_back_once(void **state)
{
    static struct scene scene;

    (void)state;
    run_jobs(&scene, 4);
}

static void test_workers__one_thread_keeps_the_order(void **state)
{
    static struct scene scene;

    (void)state;
    run_jobs(&scene, 1);
    assert_false(scene.out_of_order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_workers__all_that_was_posted_comes_back_once),
        cmocka_unit_test(test_workers__one_thread_keeps_the_order),
    };

    return cmocka_run_group_tests_name("workers", tests, NULL, NULL);
}
