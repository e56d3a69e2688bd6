/* A store's file does not grow with the number of its changes, however many readers come and go;
 * only a reader that stays holds pages, and lets them go when it ends or dies. */
#include "client/store/store.h"
#include "tests/lib/unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/wait.h>

enum { ROWS = 2000, VALUE_BYTES = 400, CHANGES = 40, READERS = 8 };

struct growing {
    struct store *store;
    char folder[64];
    uint64_t seed;
};

static int setup(void **state)
{
    struct growing *growing = calloc(1, sizeof *growing);
    assert_non_null(growing);
    strcpy(growing->folder, "/tmp/hoso-growth-XXXXXX");
    assert_non_null(mkdtemp(growing->folder));
    growing->seed = 1;
    assert_int_equal(store_open_lmdb(growing->folder, true, &growing->store), STATUS_OK);
    *state = growing;
    return 0;
}

static int teardown(void **state)
{
    static const char *const files[] = {"records.mdb", "records.mdb-lock", "owner.lock"};
    struct growing *growing = *state;
    char path[128];
    store_close(growing->store);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", growing->folder, files[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(growing->folder), 0);
    free(growing);
    return 0;
}

static uint64_t file_bytes(const struct growing *growing)
{
    char path[128];
    struct stat about;
    (void)snprintf(path, sizeof path, "%s/records.mdb", growing->folder);
    assert_int_equal(stat(path, &about), 0);
    return (uint64_t)about.st_size;
}

/* One commit: |count| rows anywhere among all get another value; some are small enough for the
 * tail, some go into the tables. */
static void change(struct growing *growing, size_t count)
{
    struct store_write *write = NULL;
    uint8_t value[VALUE_BYTES];
    assert_int_equal(store_write_begin(growing->store, &write), STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        uint8_t key[8];
        growing->seed = growing->seed * 6364136223846793005U + 1442695040888963407U;
        be64_store(key, growing->seed >> 33 & 0x7ff);
        memset(value, (int)(growing->seed >> 40 & 0xff), sizeof value);
        assert_int_equal(store_put(write, TABLE_RECORD, bytes_of(key, sizeof key),
                                   bytes_of(value, sizeof value)),
                         STATUS_OK);
    }
    assert_int_equal(store_commit(write), STATUS_OK);
}

/* |commits| of them, each beside readers that outlast the next few. */
static void work(struct growing *growing, size_t commits)
{
    struct store_read *readers[READERS] = {NULL};
    for (size_t i = 0; i < commits; i++) {
        size_t slot = i % READERS;
        if (readers[slot])
            store_read_end(readers[slot]);
        assert_int_equal(store_read_begin(growing->store, &readers[slot]), STATUS_OK);
        change(growing, i % 4 == 0 ? CHANGES * 4 : CHANGES);
    }
    for (size_t i = 0; i < READERS; i++) {
        if (readers[i])
            store_read_end(readers[i]);
    }
}

static void test_growth__readers_that_come_and_go(void **state)
{
    struct growing *growing = *state;
    change(growing, ROWS * 2);
    work(growing, 60);
    uint64_t early = file_bytes(growing);
    work(growing, 400);
    uint64_t late = file_bytes(growing);
    if (late > early * 3 / 2)
        fail_msg("from %llu to %llu bytes in 400 commits", (unsigned long long)early,
                 (unsigned long long)late);
}

static void test_growth__a_reader_that_stays_is_one_time(void **state)
{
    struct growing *growing = *state;
    struct store_read *stays = NULL;
    change(growing, ROWS * 2);
    work(growing, 60);
    uint64_t early = file_bytes(growing);
    assert_int_equal(store_read_begin(growing->store, &stays), STATUS_OK);
    work(growing, 100);
    uint64_t held = file_bytes(growing);
    assert_true(held > early * 2); /* it does hold them: what this test measures is real */
    store_read_end(stays);
    work(growing, 200);
    assert_true(file_bytes(growing) <= held * 11 / 10);
}

/* A reading process that is killed leaves its slot behind; the writer finds it dead in time. */
static void test_growth__a_reader_that_dies_lets_go(void **state)
{
    struct growing *growing = *state;
    int ready[2];
    char byte = 0;
    change(growing, ROWS * 2);
    work(growing, 60);
    uint64_t early = file_bytes(growing);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* the environment of the parent is left alone */
        struct store *reader = NULL;
        struct store_read *read = NULL;
        if (store_open_lmdb_reader(growing->folder, &reader) == STATUS_OK &&
            store_read_begin(reader, &read) == STATUS_OK && write(ready[1], "r", 1) == 1) {
            for (;;)
                (void)pause();
        }
        _exit(1);
    }
    (void)close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    for (size_t i = 0; i < 1100; i++) /* past the next look for readers that died */
        change(growing, 1);
    uint64_t held = file_bytes(growing);
    work(growing, 300);
    assert_true(file_bytes(growing) <= (held > early ? held : early) * 3 / 2);
}

/* What small commits go into is there before: the file grows in steps, not with each of them. */
static void test_growth__is_made_ahead_of_small_commits(void **state)
{
    struct growing *growing = *state;
    size_t grown = 0;
    change(growing, 1);
    uint64_t before = file_bytes(growing);
    assert_true(before > 256 * 1024);
    for (size_t i = 0; i < 400; i++) {
        change(growing, 2);
        uint64_t after = file_bytes(growing);
        grown += after != before;
        before = after;
    }
    assert_true(grown <= 4);
}

/* A power cut may lose what lies ahead, for nothing waits for it: the store holds what it held. */
static void test_growth__without_what_lay_ahead(void **state)
{
    struct growing *growing = *state;
    struct store_read *read = NULL;
    struct bytes value;
    uint8_t key[8] = {0}, zeros[4096] = {0}, page[4096];
    char path[128];
    change(growing, 4 * ROWS);
    change(growing, 1);
    struct store_write *write = NULL;
    assert_int_equal(store_write_begin(growing->store, &write), STATUS_OK);
    assert_int_equal(store_put(write, TABLE_META, bytes_of(key, 8), bytes_of("kept", 4)),
                     STATUS_OK);
    assert_int_equal(store_commit(write), STATUS_OK);
    store_close(growing->store);
    (void)snprintf(path, sizeof path, "%s/records.mdb", growing->folder);
    FILE *file = fopen(path, "r+e");
    assert_non_null(file);
    uint64_t end = file_bytes(growing);
    do { /* all pages of zeros at the end */
        end -= sizeof page;
        assert_int_equal(fseek(file, (long)end, SEEK_SET), 0);
        assert_int_equal(fread(page, sizeof page, 1, file), 1);
    } while (memcmp(page, zeros, sizeof page) == 0);
    assert_int_equal(fclose(file), 0);
    end += sizeof page;
    assert_true(end < file_bytes(growing));
    assert_int_equal(truncate(path, (off_t)end), 0);
    assert_int_equal(store_open_lmdb(growing->folder, false, &growing->store), STATUS_OK);
    assert_int_equal(store_read_begin(growing->store, &read), STATUS_OK);
    assert_int_equal(store_get(read, TABLE_META, bytes_of(key, 8), &value), STATUS_OK);
    assert_true(bytes_equal(value, bytes_of("kept", 4)));
    store_read_end(read);
    for (size_t i = 0; i < 100; i++)
        change(growing, 2);
    assert_true(file_bytes(growing) > end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"come_and_go", test_growth__readers_that_come_and_go, setup, teardown, NULL},
        {"stays", test_growth__a_reader_that_stays_is_one_time, setup, teardown, NULL},
        {"dies", test_growth__a_reader_that_dies_lets_go, setup, teardown, NULL},
        {"ahead", test_growth__is_made_ahead_of_small_commits, setup, teardown, NULL},
        {"cut", test_growth__without_what_lay_ahead, setup, teardown, NULL},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
