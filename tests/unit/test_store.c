/* One contract, two stores. */
#include "client/store/store.h"
#include "tests/lib/unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

struct fixture {
    bool lmdb;
    struct store *store;
    char folder[64];
};

static void open_store(struct fixture *fixture, bool create)
{
    if (fixture->lmdb)
        assert_int_equal(store_open_lmdb(fixture->folder, create, &fixture->store), STATUS_OK);
    else
        assert_int_equal(store_open_memory(&fixture->store), STATUS_OK);
}

static int setup(void **state, bool lmdb)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->lmdb = lmdb;
    if (lmdb) {
        strcpy(fixture->folder, "/tmp/hoso-store-XXXXXX");
        assert_non_null(mkdtemp(fixture->folder));
    }
    open_store(fixture, true);
    *state = fixture;
    return 0;
}

static int setup_memory(void **state)
{
    return setup(state, false);
}

static int setup_lmdb(void **state)
{
    return setup(state, true);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    store_close(fixture->store);
    if (fixture->lmdb) {
        static const char *const files[] = {"records.mdb", "records.mdb-lock", "owner.lock"};
        char path[128];
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
            (void)snprintf(path, sizeof path, "%s/%s", fixture->folder, files[i]);
            (void)unlink(path);
        }
        assert_int_equal(rmdir(fixture->folder), 0); /* nothing else was left there */
    }
    free(fixture);
    return 0;
}

static struct store *store_of(void **state)
{
    return ((struct fixture *)*state)->store;
}

static struct bytes text(const char *text)
{
    return bytes_of_text(text);
}

static void put(struct store_write *write, const char *key, const char *value)
{
    assert_int_equal(store_put(write, TABLE_INDEX, text(key), text(value)), STATUS_OK);
}

static void assert_value(struct store_read *read, const char *key, const char *expected)
{
    struct bytes value;
    enum status status = store_get(read, TABLE_INDEX, text(key), &value);
    if (!expected) {
        assert_int_equal(status, STATUS_NOT_FOUND);
        return;
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(bytes_equal_text(value, expected));
}

static void fill(struct store *store, const char *first, const char *second, const char *value)
{
    struct store_write *write;
    assert_int_equal(store_write_begin(store, &write), STATUS_OK);
    put(write, first, value);
    put(write, second, value);
    assert_int_equal(store_commit(write), STATUS_OK);
}

static void test_store__commit_is_seen_abort_is_not(void **state)
{
    struct store *store = store_of(state);
    struct store_write *write;
    struct store_read *read;
    fill(store, "a", "b", "1");
    assert_int_equal(store_write_begin(store, &write), STATUS_OK);
    put(write, "a", "2");
    assert_int_equal(store_delete(write, TABLE_INDEX, text("b")), STATUS_OK);
    assert_int_equal(store_delete(write, TABLE_INDEX, text("c")), STATUS_NOT_FOUND);
    assert_value(store_write_view(write), "a", "2");
    assert_value(store_write_view(write), "b", NULL);
    store_abort(write);
    assert_int_equal(store_read_begin(store, &read), STATUS_OK);
    assert_value(read, "a", "1");
    assert_value(read, "b", "1");
    store_read_end(read);
}

static void test_store__snapshot_stays_as_it_was(void **state)
{
    struct store *store = store_of(state);
    struct store_write *write;
    struct store_read *before, *after;
    fill(store, "a", "b", "1");
    assert_int_equal(store_read_begin(store, &before), STATUS_OK);
    assert_int_equal(store_write_begin(store, &write), STATUS_OK);
    put(write, "a", "2");
    put(write, "c", "2");
    assert_int_equal(store_delete(write, TABLE_INDEX, text("b")), STATUS_OK);
    assert_value(before, "a", "1");
    assert_int_equal(store_commit(write), STATUS_OK);
    assert_value(before, "a", "1");
    assert_value(before, "b", "1");
    assert_value(before, "c", NULL);
    assert_int_equal(store_read_begin(store, &after), STATUS_OK);
    assert_value(after, "a", "2");
    assert_value(after, "b", NULL);
    assert_value(after, "c", "2");
    store_read_end(before);
    store_read_end(after);
}

static void test_store__tables_are_apart(void **state)
{
    struct store *store = store_of(state);
    struct store_write *write;
    struct bytes value;
    assert_int_equal(store_write_begin(store, &write), STATUS_OK);
    assert_int_equal(store_put(write, TABLE_CASE, text("a"), text("case")), STATUS_OK);
    assert_int_equal(store_put(write, TABLE_PEER, text("a"), text("")), STATUS_OK);
    assert_int_equal(store_commit(write), STATUS_OK);
    struct store_read *read;
    assert_int_equal(store_read_begin(store, &read), STATUS_OK);
    assert_int_equal(store_get(read, TABLE_CASE, text("a"), &value), STATUS_OK);
    assert_true(bytes_equal_text(value, "case"));
    assert_int_equal(store_get(read, TABLE_PEER, text("a"), &value), STATUS_OK);
    assert_int_equal(value.size, 0);
    assert_int_equal(store_get(read, TABLE_INDEX, text("a"), &value), STATUS_NOT_FOUND);
    store_read_end(read);
}

static void assert_at(enum status status, struct bytes found, const char *expected)
{
    if (!expected) {
        assert_int_equal(status, STATUS_NOT_FOUND);
        return;
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(bytes_equal_text(found, expected));
}

static void walk(struct store_read *read)
{
    struct store_cursor *cursor;
    struct bytes key, value;
    assert_int_equal(store_cursor_open(read, TABLE_INDEX, &cursor), STATUS_OK);
    assert_at(store_next(cursor, &key, &value), key, "b");
    assert_at(store_seek(cursor, text("b"), &key, &value), key, "b");
    assert_at(store_seek(cursor, text("a"), &key, &value), key, "b");
    assert_at(store_seek(cursor, text("bb"), &key, &value), key, "d");
    assert_at(store_next(cursor, &key, &value), key, "dd");
    assert_at(store_next(cursor, &key, &value), key, "f");
    assert_at(store_next(cursor, &key, &value), key, NULL);
    assert_at(store_previous(cursor, &key, &value), key, "dd");
    assert_at(store_seek(cursor, text("g"), &key, &value), key, NULL);
    assert_at(store_seek_last(cursor, text("d"), &key, &value), key, "d");
    assert_at(store_seek_last(cursor, text("e"), &key, &value), key, "dd");
    assert_at(store_seek_last(cursor, text("z"), &key, &value), key, "f");
    assert_at(store_seek_last(cursor, text("a"), &key, &value), key, NULL);
    store_cursor_close(cursor);
    assert_int_equal(store_cursor_open(read, TABLE_INDEX, &cursor), STATUS_OK);
    assert_at(store_previous(cursor, &key, &value), key, "f");
    assert_at(store_previous(cursor, &key, &value), key, "dd");
    assert_at(store_previous(cursor, &key, &value), key, "d");
    assert_at(store_previous(cursor, &key, &value), key, "b");
    assert_at(store_previous(cursor, &key, &value), key, NULL);
    store_cursor_close(cursor);
    assert_int_equal(store_cursor_open(read, TABLE_SUMMARY, &cursor), STATUS_OK);
    assert_at(store_seek_last(cursor, text("z"), &key, &value), key, NULL);
    assert_at(store_next(cursor, &key, &value), key, NULL);
    store_cursor_close(cursor);
}

static void test_store__cursor_walks_in_order(void **state)
{
    struct store *store = store_of(state);
    struct store_write *write;
    struct store_read *read;
    assert_int_equal(store_write_begin(store, &write), STATUS_OK);
    put(write, "f", "1");
    put(write, "b", "2");
    put(write, "dd", "3");
    put(write, "d", "4");
    walk(store_write_view(write));
    assert_int_equal(store_commit(write), STATUS_OK);
    assert_int_equal(store_read_begin(store, &read), STATUS_OK);
    walk(read);
    store_read_end(read);
}

static void test_store__cursor_of_a_write_goes_on_after_changes(void **state)
{
    struct store *store = store_of(state);
    struct store_write *write;
    struct store_cursor *cursor;
    struct bytes key, value;
    fill(store, "b", "d", "1");
    assert_int_equal(store_write_begin(store, &write), STATUS_OK);
    assert_int_equal(store_cursor_open(store_write_view(write), TABLE_INDEX, &cursor), STATUS_OK);
    assert_at(store_next(cursor, &key, &value), key, "b");
    assert_int_equal(store_delete(write, TABLE_INDEX, text("b")), STATUS_OK);
    put(write, "a", "2");
    put(write, "c", "2");
    assert_at(store_next(cursor, &key, &value), key, "c");
    put(write, "bb", "2");
    assert_at(store_previous(cursor, &key, &value), key, "bb");
    assert_int_equal(store_delete(write, TABLE_INDEX, text("bb")), STATUS_OK);
    assert_at(store_previous(cursor, &key, &value), key, "a");
    store_cursor_close(cursor);
    store_abort(write);
}

static void test_store__bounds_are_kept(void **state)
{
    struct store *store = store_of(state);
    struct store_write *write;
    struct bytes value;
    uint8_t *large = calloc(1, STORE_VALUE_BYTES + 1);
    assert_non_null(large);
    large[STORE_VALUE_BYTES - 1] = 7;
    assert_int_equal(store_write_begin(store, &write), STATUS_OK);
    assert_int_equal(store_put(write, TABLE_INDEX, text(""), text("x")), STATUS_LIMIT);
    assert_int_equal(store_put(write, TABLE_INDEX, bytes_of(large, 512), text("x")), STATUS_LIMIT);
    assert_int_equal(store_put(write, TABLE_INDEX, bytes_of(large, 511), text("x")), STATUS_OK);
    assert_int_equal(
        store_put(write, TABLE_RECORD, text("r"), bytes_of(large, STORE_VALUE_BYTES + 1)),
        STATUS_LIMIT);
    assert_int_equal(store_put(write, TABLE_RECORD, text("r"), bytes_of(large, STORE_VALUE_BYTES)),
                     STATUS_OK);
    assert_int_equal(store_commit(write), STATUS_OK);
    struct store_read *read;
    assert_int_equal(store_read_begin(store, &read), STATUS_OK);
    assert_int_equal(store_get(read, TABLE_RECORD, text("r"), &value), STATUS_OK);
    assert_int_equal(value.size, STORE_VALUE_BYTES);
    assert_int_equal(value.at[STORE_VALUE_BYTES - 1], 7);
    store_read_end(read);
    free(large);
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

enum { MODEL_KEYS = 512 };

static void assert_like_model(struct store_read *read, const bool *there, const uint32_t *values)
{
    struct store_cursor *cursor;
    struct bytes key, value;
    assert_int_equal(store_cursor_open(read, TABLE_CASE, &cursor), STATUS_OK);
    for (uint32_t i = 0; i < MODEL_KEYS; i++) {
        if (!there[i])
            continue;
        assert_int_equal(store_next(cursor, &key, &value), STATUS_OK);
        assert_int_equal(be32_load(key.at), i);
        assert_int_equal(be32_load(value.at), values[i]);
    }
    assert_int_equal(store_next(cursor, &key, &value), STATUS_NOT_FOUND);
    store_cursor_close(cursor);
}

static void test_store__random_changes_equal_an_array(void **state)
{
    struct store *store = store_of(state);
    bool there[MODEL_KEYS] = {0}, before[MODEL_KEYS];
    uint32_t values[MODEL_KEYS] = {0}, old[MODEL_KEYS], seed = 12345;
    for (int round = 0; round < 60; round++) {
        struct store_write *write;
        struct store_read *read;
        memcpy(before, there, sizeof before);
        memcpy(old, values, sizeof old);
        assert_int_equal(store_read_begin(store, &read), STATUS_OK);
        assert_int_equal(store_write_begin(store, &write), STATUS_OK);
        for (int i = 0; i < 100; i++) {
            uint32_t at = next_random(&seed) % MODEL_KEYS, what = next_random(&seed);
            uint8_t key[4], value[4];
            be32_store(key, at);
            be32_store(value, what);
            if (what % 3 == 0) {
                assert_int_equal(store_delete(write, TABLE_CASE, bytes_of(key, 4)),
                                 there[at] ? STATUS_OK : STATUS_NOT_FOUND);
                there[at] = false;
            } else {
                assert_int_equal(store_put(write, TABLE_CASE, bytes_of(key, 4), bytes_of(value, 4)),
                                 STATUS_OK);
                there[at] = true;
                values[at] = what;
            }
        }
        assert_like_model(store_write_view(write), there, values);
        if (round % 4 == 3) {
            store_abort(write);
            memcpy(there, before, sizeof before);
            memcpy(values, old, sizeof old);
        } else {
            assert_int_equal(store_commit(write), STATUS_OK);
        }
        assert_like_model(read, before, old);
        store_read_end(read);
    }
}

static void test_store__keys_ascend_by_the_thousand(void **state)
{
    struct store *store = store_of(state);
    enum { COMMITS = 20, BATCH = 1000 };
    for (uint64_t commit = 0; commit < COMMITS; commit++) {
        struct store_write *write;
        assert_int_equal(store_write_begin(store, &write), STATUS_OK);
        for (uint64_t i = 0; i < BATCH; i++) {
            uint8_t key[8];
            be64_store(key, commit * BATCH + i);
            assert_int_equal(store_put(write, TABLE_ARRIVAL, bytes_of(key, 8), bytes_of(key, 8)),
                             STATUS_OK);
        }
        assert_int_equal(store_commit(write), STATUS_OK);
    }
    struct store_read *read;
    struct store_cursor *cursor;
    struct bytes key, value;
    assert_int_equal(store_read_begin(store, &read), STATUS_OK);
    assert_int_equal(store_cursor_open(read, TABLE_ARRIVAL, &cursor), STATUS_OK);
    for (uint64_t i = 0; i < COMMITS * BATCH; i++) {
        assert_int_equal(store_next(cursor, &key, &value), STATUS_OK);
        assert_true(be64_load(key.at) == i && be64_load(value.at) == i);
    }
    assert_int_equal(store_next(cursor, &key, &value), STATUS_NOT_FOUND);
    store_cursor_close(cursor);
    store_read_end(read);
}

static void test_store__tells_its_room(void **state)
{
    uint64_t free_bytes = 0;
    bool reserve = true;
    assert_int_equal(store_room(store_of(state), &free_bytes, &reserve), STATUS_OK);
    assert_true(reserve == (free_bytes == 0));
}

struct reading {
    struct store *store;
    bool torn;
};

/* Both keys are always written together: no snapshot may see them differ. */
static void *read_pairs(void *context)
{
    struct reading *reading = context;
    for (int i = 0; i < 400; i++) {
        struct store_read *read;
        struct bytes first, second;
        if (store_read_begin(reading->store, &read) != STATUS_OK) {
            reading->torn = true;
            break;
        }
        if (store_get(read, TABLE_INDEX, text("first"), &first) != STATUS_OK ||
            store_get(read, TABLE_INDEX, text("second"), &second) != STATUS_OK ||
            !bytes_equal(first, second))
            reading->torn = true;
        store_read_end(read);
    }
    return NULL;
}

static void test_store__readers_run_beside_the_writer(void **state)
{
    struct store *store = store_of(state);
    struct reading reading = {.store = store};
    pthread_t threads[2];
    fill(store, "first", "second", "0");
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_pairs, &reading), 0);
    for (int i = 0; i < 100; i++) {
        char value[16];
        (void)snprintf(value, sizeof value, "%d", i);
        fill(store, "first", "second", value);
    }
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_false(reading.torn);
}

/* ---- memory only ---- */

static void test_store__memory_forgets_the_last_commits(void **state)
{
    struct store *store = store_of(state);
    struct store_read *read;
    fill(store, "a", "b", "1");
    fill(store, "a", "c", "2");
    fill(store, "a", "d", "3");
    store_memory_forget(store, 2);
    assert_int_equal(store_read_begin(store, &read), STATUS_OK);
    assert_value(read, "a", "1");
    assert_value(read, "c", NULL);
    assert_value(read, "d", NULL);
    store_read_end(read);
    fill(store, "a", "e", "4");
    store_memory_forget(store, 0);
    assert_int_equal(store_read_begin(store, &read), STATUS_OK);
    assert_value(read, "a", "4");
    store_read_end(read);
    store_memory_forget(store, 1000);
    assert_int_equal(store_read_begin(store, &read), STATUS_OK);
    assert_value(read, "a", NULL);
    store_read_end(read);
}

static void test_store__memory_clone_goes_its_own_way(void **state)
{
    struct store *store = store_of(state);
    struct store_read *read;
    fill(store, "a", "b", "1");
    struct store *clone = store_memory_clone(store);
    assert_non_null(clone);
    fill(clone, "a", "c", "2");
    fill(store, "a", "d", "3");
    assert_int_equal(store_read_begin(clone, &read), STATUS_OK);
    assert_value(read, "a", "2");
    assert_value(read, "b", "1");
    assert_value(read, "d", NULL);
    store_read_end(read);
    store_close(clone);
    assert_int_equal(store_read_begin(store, &read), STATUS_OK);
    assert_value(read, "a", "3");
    assert_value(read, "c", NULL);
    store_read_end(read);
}

static void test_store__memory_commit_fails_when_told(void **state)
{
    struct store *store = store_of(state);
    struct store_write *write;
    struct store_read *read;
    store_memory_fail_commit(store, 2);
    fill(store, "a", "b", "1");
    assert_int_equal(store_write_begin(store, &write), STATUS_OK);
    put(write, "a", "2");
    assert_int_equal(store_commit(write), STATUS_IO);
    assert_int_equal(store_write_begin(store, &write), STATUS_IO);
    assert_int_equal(store_read_begin(store, &read), STATUS_OK);
    assert_value(read, "a", "1");
    store_read_end(read);
    store_memory_forget(store, 0); /* opened again */
    fill(store, "a", "b", "3");
}

/* ---- LMDB only ---- */

static void test_store__lmdb_keeps_what_was_committed(void **state)
{
    struct fixture *fixture = *state;
    struct store_read *read;
    fill(fixture->store, "a", "b", "1");
    store_close(fixture->store);
    open_store(fixture, false);
    assert_int_equal(store_read_begin(fixture->store, &read), STATUS_OK);
    assert_value(read, "a", "1");
    store_read_end(read);
}

static void test_store__lmdb_belongs_to_one_owner(void **state)
{
    struct fixture *fixture = *state;
    struct store *second = NULL;
    assert_int_equal(store_open_lmdb(fixture->folder, false, &second), STATUS_BUSY);
    assert_int_equal(store_open_lmdb(fixture->folder, true, &second), STATUS_BUSY);
    assert_null(second);
}

static void test_store__lmdb_of_a_newer_version_is_not_touched(void **state)
{
    struct fixture *fixture = *state;
    struct store_write *write;
    uint8_t number[4];
    be32_store(number, STORE_VERSION + 1);
    assert_int_equal(store_write_begin(fixture->store, &write), STATUS_OK);
    assert_int_equal(store_put(write, TABLE_META, bytes_of("\x01", 1), bytes_of(number, 4)),
                     STATUS_OK);
    assert_int_equal(store_commit(write), STATUS_OK);
    store_close(fixture->store);
    fixture->store = NULL;
    struct store *store = NULL;
    assert_int_equal(store_open_lmdb(fixture->folder, false, &store), STATUS_STORE_NEWER);
    assert_int_equal(store_open_lmdb(fixture->folder, true, &store), STATUS_STORE_NEWER);
    assert_null(store);
}

static void test_store__lmdb_is_made_only_when_asked(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = NULL;
    assert_int_equal(store_open_lmdb("/tmp/hoso-no-such-store", false, &store), STATUS_NOT_FOUND);
    assert_int_equal(access("/tmp/hoso-no-such-store", F_OK), -1);
    char path[128];
    struct stat about;
    (void)snprintf(path, sizeof path, "%s/records.mdb", fixture->folder);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
}

/* A power cut while a store was being made leaves its unfinished file: it is made anew. */
static void test_store__lmdb_is_made_anew_after_a_cut(void **state)
{
    struct fixture *fixture = *state;
    char path[128], unfinished[128];
    (void)snprintf(path, sizeof path, "%s/records.mdb", fixture->folder);
    (void)snprintf(unfinished, sizeof unfinished, "%s/records.mdb.new", fixture->folder);
    store_close(fixture->store);
    fixture->store = NULL;
    assert_int_equal(unlink(path), 0);
    int descriptor = open(unfinished, O_WRONLY | O_CREAT, 0600);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, "torn", 4), 4);
    assert_int_equal(close(descriptor), 0);
    open_store(fixture, true);
    fill(fixture->store, "a", "b", "1");
}

#define BOTH(test)                                                                                 \
    {#test " (memory)", test, setup_memory, teardown, NULL},                                       \
    {                                                                                              \
#test " (lmdb)", test, setup_lmdb, teardown, NULL                                          \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_store__commit_is_seen_abort_is_not),
        BOTH(test_store__snapshot_stays_as_it_was),
        BOTH(test_store__tables_are_apart),
        BOTH(test_store__cursor_walks_in_order),
        BOTH(test_store__cursor_of_a_write_goes_on_after_changes),
        BOTH(test_store__bounds_are_kept),
        BOTH(test_store__random_changes_equal_an_array),
        BOTH(test_store__keys_ascend_by_the_thousand),
        BOTH(test_store__tells_its_room),
        BOTH(test_store__readers_run_beside_the_writer),
        {"memory_forgets", test_store__memory_forgets_the_last_commits, setup_memory, teardown,
         NULL},
        {"memory_clone", test_store__memory_clone_goes_its_own_way, setup_memory, teardown, NULL},
        {"memory_commit_fails", test_store__memory_commit_fails_when_told, setup_memory, teardown,
         NULL},
        {"lmdb_keeps", test_store__lmdb_keeps_what_was_committed, setup_lmdb, teardown, NULL},
        {"lmdb_one_owner", test_store__lmdb_belongs_to_one_owner, setup_lmdb, teardown, NULL},
        {"lmdb_newer", test_store__lmdb_of_a_newer_version_is_not_touched, setup_lmdb, teardown,
         NULL},
        {"lmdb_made", test_store__lmdb_is_made_only_when_asked, setup_lmdb, teardown, NULL},
        {"lmdb_cut", test_store__lmdb_is_made_anew_after_a_cut, setup_lmdb, teardown, NULL},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
