/* The tail against a plain store in memory: the same changes, the same answers. */
#include "client/store/tail.h"
#include "client/store/tail_inside.h"
#include "tests/lib/unit.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEYS = 400, ROUNDS = 400, VALUE_MOST = 3000 };

static const enum store_table tables[] = {TABLE_CASE, TABLE_INDEX, TABLE_META};
enum { TABLES = sizeof tables / sizeof tables[0] };

struct twin {
    bool lmdb;
    char folder[64];
    struct store *plain; /* the model */
    struct store *tail;
    uint32_t seed;
    uint8_t value[VALUE_MOST];
};

static uint32_t draw(struct twin *twin, uint32_t below)
{
    twin->seed = twin->seed * 1664525u + 1013904223u;
    return (twin->seed >> 8) % below;
}

static void open_tail(struct twin *twin, bool create)
{
    if (twin->lmdb) {
        assert_int_equal(store_open_lmdb(twin->folder, create, &twin->tail), STATUS_OK);
        return;
    }
    struct store *inner = NULL;
    assert_int_equal(store_open_memory(&inner), STATUS_OK);
    assert_int_equal(tail_open(inner, &twin->tail), STATUS_OK);
}

static void twin_open(struct twin *twin, bool lmdb, uint32_t seed)
{
    memset(twin, 0, sizeof *twin);
    twin->lmdb = lmdb;
    twin->seed = seed;
    strcpy(twin->folder, "/tmp/hoso-tail-XXXXXX");
    if (lmdb)
        assert_non_null(mkdtemp(twin->folder));
    assert_int_equal(store_open_memory(&twin->plain), STATUS_OK);
    open_tail(twin, true);
}

static void twin_close(struct twin *twin)
{
    static const char *const files[] = {"records.mdb", "records.mdb-lock", "owner.lock"};
    char path[128];
    store_close(twin->plain);
    store_close(twin->tail);
    for (size_t i = 0; twin->lmdb && i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", twin->folder, files[i]);
        (void)unlink(path);
    }
    if (twin->lmdb)
        assert_int_equal(rmdir(twin->folder), 0);
}

static struct bytes key_of(uint32_t number, uint8_t out[8])
{
    /* Keys of different lengths, some the beginning of others. */
    be32_store(out, number / 4 + 2);
    memset(out + 4, 'k', 4);
    return bytes_of(out, 4 + number % 4);
}

struct found {
    enum status status;
    struct bytes key, value;
};

static void assert_same(const struct found *a, const struct found *b)
{
    assert_int_equal(a->status, b->status);
    if (a->status == STATUS_OK) {
        assert_true(bytes_equal(a->key, b->key));
        assert_true(bytes_equal(a->value, b->value));
    }
}

static struct found move(struct store_cursor *cursor, uint32_t how, struct bytes key)
{
    struct found found;
    found.status = how == 0   ? store_seek(cursor, key, &found.key, &found.value)
                   : how == 1 ? store_seek_last(cursor, key, &found.key, &found.value)
                   : how < 6  ? store_next(cursor, &found.key, &found.value)
                              : store_previous(cursor, &found.key, &found.value);
    return found;
}

/* A random change, the same in both. */
static void change(struct twin *twin, struct store_write *plain, struct store_write *tail)
{
    uint8_t bytes[8];
    struct bytes key = key_of(draw(twin, KEYS), bytes);
    enum store_table table = tables[draw(twin, TABLES)];
    if (draw(twin, 3) == 0) {
        enum status status = store_delete(plain, table, key);
        assert_int_equal(store_delete(tail, table, key), status);
        return;
    }
    struct bytes value = bytes_of(twin->value, draw(twin, 40) == 0 ? VALUE_MOST : draw(twin, 60));
    memset(twin->value, (int)draw(twin, 256), value.size);
    assert_int_equal(store_put(plain, table, key, value), STATUS_OK);
    assert_int_equal(store_put(tail, table, key, value), STATUS_OK);
}

/* A walk of seeks and steps over both; between its steps |plain_write|'s store may be changed. */
static void walk(struct twin *twin, struct store_read *plain, struct store_read *tail,
                 struct store_write *plain_write, struct store_write *tail_write)
{
    struct store_cursor *a, *b;
    uint8_t bytes[8];
    enum store_table table = tables[draw(twin, TABLES)];
    bool lost = false;
    assert_int_equal(store_cursor_open(plain, table, &a), STATUS_OK);
    assert_int_equal(store_cursor_open(tail, table, &b), STATUS_OK);
    for (int i = 0; i < 40; i++) {
        /* After NOT_FOUND of a seek a cursor is to be sought again. */
        uint32_t how = draw(twin, lost ? 2 : 10);
        struct bytes key = key_of(draw(twin, KEYS), bytes);
        struct found left = move(a, how, key), right = move(b, how, key);
        assert_same(&left, &right);
        lost = how < 2 && left.status != STATUS_OK;
        if (plain_write && draw(twin, 4) == 0)
            change(twin, plain_write, tail_write);
    }
    store_cursor_close(a);
    store_cursor_close(b);
}

/* Every row of every table, forward or backward, and each by its key. */
static void assert_all_same(struct twin *twin, struct store_read *plain, struct store_read *tail)
{
    bool forward = draw(twin, 2) == 0;
    for (size_t i = 0; i < TABLES; i++) {
        struct store_cursor *a, *b;
        struct found left = {.status = STATUS_OK}, right, got;
        assert_int_equal(store_cursor_open(plain, tables[i], &a), STATUS_OK);
        assert_int_equal(store_cursor_open(tail, tables[i], &b), STATUS_OK);
        while (left.status == STATUS_OK) {
            left = move(a, forward ? 2 : 6, (struct bytes){NULL, 0});
            right = move(b, forward ? 2 : 6, (struct bytes){NULL, 0});
            assert_same(&left, &right);
            if (left.status != STATUS_OK)
                break;
            got = (struct found){.key = left.key};
            got.status = store_get(tail, tables[i], left.key, &got.value);
            assert_same(&left, &got);
        }
        store_cursor_close(a);
        store_cursor_close(b);
    }
}

static void assert_stores_same(struct twin *twin)
{
    struct store_read *plain, *tail;
    assert_int_equal(store_read_begin(twin->plain, &plain), STATUS_OK);
    assert_int_equal(store_read_begin(twin->tail, &tail), STATUS_OK);
    assert_all_same(twin, plain, tail);
    walk(twin, plain, tail, NULL, NULL);
    store_read_end(plain);
    store_read_end(tail);
}

/* One transaction: mostly a person's act, sometimes a bulk; some are dropped. */
static void transact(struct twin *twin)
{
    struct store_write *plain, *tail;
    struct store_read *before, *kept;
    uint32_t changes = draw(twin, 12) == 0 ? 600 : 1 + draw(twin, 20);
    assert_int_equal(store_read_begin(twin->plain, &before), STATUS_OK);
    assert_int_equal(store_read_begin(twin->tail, &kept), STATUS_OK);
    assert_int_equal(store_write_begin(twin->plain, &plain), STATUS_OK);
    assert_int_equal(store_write_begin(twin->tail, &tail), STATUS_OK);
    for (uint32_t i = 0; i < changes; i++)
        change(twin, plain, tail);
    walk(twin, store_write_view(plain), store_write_view(tail), plain, tail);
    if (draw(twin, 5) == 0) {
        store_abort(plain);
        store_abort(tail);
    } else {
        assert_int_equal(store_commit(plain), STATUS_OK);
        assert_int_equal(store_commit(tail), STATUS_OK);
    }
    assert_all_same(twin, before, kept); /* snapshots stay as they were */
    store_read_end(before);
    store_read_end(kept);
}

static void run_twin(bool lmdb, int rounds)
{
    struct twin twin;
    twin_open(&twin, lmdb, 4711);
    for (int round = 0; round < rounds; round++) {
        transact(&twin);
        assert_stores_same(&twin);
        if (lmdb && round % 16 == 15) {
            store_close(twin.tail);
            open_tail(&twin, false);
            assert_stores_same(&twin);
        }
    }
    twin_close(&twin);
}

static void test_tail__equals_a_plain_store(void **state)
{
    (void)state;
    run_twin(false, ROUNDS);
}

static void test_tail__equals_a_plain_store_after_reopening(void **state)
{
    (void)state;
    run_twin(true, ROUNDS / 4);
}

/* Rows of the tail that lie in the inner store. */
static size_t rows_of(struct store *inner)
{
    struct store_read *read;
    struct store_cursor *cursor;
    struct bytes key, value;
    size_t count = 0;
    assert_int_equal(store_read_begin(inner, &read), STATUS_OK);
    assert_int_equal(store_cursor_open(read, TABLE_TAIL, &cursor), STATUS_OK);
    while (store_next(cursor, &key, &value) == STATUS_OK)
        count++;
    store_cursor_close(cursor);
    store_read_end(read);
    return count;
}

static void put_one(struct store *store, uint64_t number, size_t size)
{
    static const uint8_t zeros[TAIL_COMMIT_BYTES + 1];
    struct store_write *write;
    uint8_t key[8];
    be64_store(key, number);
    assert_int_equal(store_write_begin(store, &write), STATUS_OK);
    assert_int_equal(store_put(write, TABLE_CASE, bytes_of(key, 8), bytes_of(zeros, size)),
                     STATUS_OK);
    assert_int_equal(store_commit(write), STATUS_OK);
}

static void assert_inner_has(struct store *inner, uint64_t number, bool there)
{
    struct store_read *read;
    struct bytes value;
    uint8_t key[8];
    be64_store(key, number);
    assert_int_equal(store_read_begin(inner, &read), STATUS_OK);
    assert_int_equal(store_get(read, TABLE_CASE, bytes_of(key, 8), &value),
                     there ? STATUS_OK : STATUS_NOT_FOUND);
    store_read_end(read);
}

/* A small commit is one row; what passes either bound works all of it into the tables. */
static void test_tail__takes_small_commits_and_is_bounded(void **state)
{
    (void)state;
    struct store *inner = NULL, *tail = NULL;
    assert_int_equal(store_open_memory(&inner), STATUS_OK);
    assert_int_equal(tail_open(inner, &tail), STATUS_OK);
    put_one(tail, 1, 100);
    put_one(tail, 2, 100);
    assert_int_equal(rows_of(inner), 2);
    assert_inner_has(inner, 1, false);
    put_one(tail, 3, TAIL_COMMIT_BYTES);
    assert_int_equal(rows_of(inner), 0);
    for (uint64_t number = 1; number <= 3; number++)
        assert_inner_has(inner, number, true);
    for (uint64_t number = 4; number < 204; number++) {
        put_one(tail, number, 4000);
        assert_true(rows_of(inner) * 4000 <= TAIL_BYTES);
    }
    assert_inner_has(inner, 4, true);
    store_close(tail);
}

/* The tail a commit failed with is not seen; what was before is. */
static void test_tail__of_a_failed_commit_is_not_seen(void **state)
{
    (void)state;
    struct store *inner = NULL, *tail = NULL;
    struct store_write *write;
    struct store_read *read;
    struct bytes value;
    assert_int_equal(store_open_memory(&inner), STATUS_OK);
    assert_int_equal(tail_open(inner, &tail), STATUS_OK);
    put_one(tail, 1, 10);
    store_memory_fail_commit(inner, 1);
    assert_int_equal(store_write_begin(tail, &write), STATUS_OK);
    assert_int_equal(store_put(write, TABLE_INDEX, bytes_of("a", 1), bytes_of("b", 1)), STATUS_OK);
    assert_int_equal(store_commit(write), STATUS_IO);
    assert_int_equal(store_write_begin(tail, &write), STATUS_IO);
    assert_int_equal(store_read_begin(tail, &read), STATUS_OK);
    assert_int_equal(store_get(read, TABLE_INDEX, bytes_of("a", 1), &value), STATUS_NOT_FOUND);
    uint8_t key[8];
    be64_store(key, 1);
    assert_int_equal(store_get(read, TABLE_CASE, bytes_of(key, 8), &value), STATUS_OK);
    store_read_end(read);
    store_close(tail);
}

/* Rows that are none are damage, not read past their end. */
static void test_tail__refuses_damaged_rows(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "\x07\x01\x00",                                 /* no whole head */
        "\x07\x01\x00\x00\x00\x00\x00\x00",             /* no key */
        "\x07\x01\x00\x02\x00\x00\x00\x00k",            /* key past the end */
        "\x07\x01\x00\x01\xff\xff\xff\xffk",            /* value past the end */
        "\x63\x01\x00\x01\x00\x00\x00\x00k",            /* no such table */
        "\x07\x02\x00\x01\x00\x00\x00\x00k",            /* neither put nor delete */
        "\x07\x01\x00\x01\x00\x00\x00\x00k\x07\x01\x00" /* a second one cut short */
    };
    static const size_t sizes[] = {3, 8, 9, 9, 9, 9, 12};
    uint8_t key[8] = {0};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct store *inner = NULL, *tail = NULL;
        struct store_write *write;
        assert_int_equal(store_open_memory(&inner), STATUS_OK);
        assert_int_equal(store_write_begin(inner, &write), STATUS_OK);
        assert_int_equal(
            store_put(write, TABLE_TAIL, bytes_of(key, 8), bytes_of(rows[i], sizes[i])), STATUS_OK);
        assert_int_equal(store_commit(write), STATUS_OK);
        assert_int_equal(tail_open(inner, &tail), STATUS_CORRUPT);
    }
}

/* Who reads beside another process sees each moment whole. */
static void test_tail__of_another_process_is_read_with_each_snapshot(void **state)
{
    (void)state;
    struct twin twin;
    struct store *reader = NULL, *own = NULL;
    struct store_write *write;
    twin_open(&twin, true, 1);
    own = twin.tail;
    put_one(twin.plain, 1, 100);
    put_one(own, 1, 100);
    assert_int_equal(store_open_lmdb_reader(twin.folder, &reader), STATUS_OK);
    for (uint64_t number = 2; number < 12; number++) {
        size_t size = number % 4 == 3 ? TAIL_COMMIT_BYTES : 200;
        put_one(twin.plain, number, size);
        put_one(own, number, size);
        twin.tail = reader;
        assert_stores_same(&twin);
    }
    assert_int_equal(store_write_begin(reader, &write), STATUS_READ_ONLY);
    store_close(reader);
    twin.tail = own;
    twin_close(&twin);
}

static struct store_driver hooked;
static enum status (*inner_commit)(struct store_write *write);
static struct store *watched;
static bool seen_whole;

static bool both_seen(struct store *store)
{
    struct store_read *read;
    struct bytes value;
    assert_int_equal(store_read_begin(store, &read), STATUS_OK);
    enum status first = store_get(read, TABLE_CASE, bytes_of("1", 1), &value);
    enum status second = store_get(read, TABLE_CASE, bytes_of("2", 1), &value);
    store_read_end(read);
    assert_int_equal(first, second);
    return first == STATUS_OK;
}

/* Reads before and after the inner store has committed, both before the tail knows of it. */
static enum status commit_watched(struct store_write *write)
{
    assert_false(both_seen(watched));
    enum status status = inner_commit(write);
    seen_whole = both_seen(watched);
    return status;
}

/* A reader that begins beside a commit sees the tables and the tail of the same moment. */
static void test_tail__is_of_its_snapshots_moment(void **state)
{
    (void)state;
    struct store *inner = NULL;
    struct store_write *write;
    for (int works_in = 0; works_in < 2; works_in++) {
        assert_int_equal(store_open_memory(&inner), STATUS_OK);
        assert_int_equal(tail_open(inner, &watched), STATUS_OK);
        assert_int_equal(store_write_begin(watched, &write), STATUS_OK);
        struct store_write *below = ((struct tail_write *)write)->inner;
        const struct store_driver *driver = below->driver;
        inner_commit = driver->commit;
        hooked = *driver;
        hooked.commit = commit_watched;
        below->driver = &hooked;
        static const uint8_t zeros[TAIL_COMMIT_BYTES];
        for (int i = 1; i <= 2; i++) {
            const char *key = i == 1 ? "1" : "2";
            assert_int_equal(store_put(write, TABLE_CASE, bytes_of_text(key),
                                       bytes_of(zeros, works_in ? sizeof zeros : 1)),
                             STATUS_OK);
        }
        seen_whole = false;
        assert_int_equal(store_commit(write), STATUS_OK);
        below->driver = driver;
        assert_true(seen_whole);
        assert_true(both_seen(watched));
        store_close(watched);
    }
}

/* Makes a closed store one of |layout|: 1 had no tail, 2 had it in a table of its own. */
static void make_older(const char *folder, uint32_t layout)
{
    char path[128];
    uint8_t number[4];
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    MDB_dbi main = 0, tail = 0, meta = 0;
    MDB_cursor *cursor = NULL;
    MDB_val row_key, row;
    (void)snprintf(path, sizeof path, "%s/records.mdb", folder);
    be32_store(number, layout);
    MDB_val key = {1, (char[]){STORE_VERSION_KEY}}, value = {sizeof number, number};
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, TABLE_COUNT), 0);
    assert_int_equal(mdb_env_open(env, path, MDB_NOSUBDIR, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, NULL, 0, &main), 0);
    assert_int_equal(mdb_dbi_open(txn, "meta", 0, &meta), 0);
    assert_int_equal(mdb_put(txn, meta, &key, &value, 0), 0);
    if (layout == 2)
        assert_int_equal(mdb_dbi_open(txn, "tail", MDB_CREATE, &tail), 0);
    assert_int_equal(mdb_cursor_open(txn, main, &cursor), 0);
    while (mdb_cursor_get(cursor, &row_key, &row, MDB_FIRST) == 0 && row_key.mv_size == 8 &&
           *(const uint8_t *)row_key.mv_data == 0) {
        assert_int_equal(layout, 2);
        assert_int_equal(mdb_put(txn, tail, &row_key, &row, 0), 0);
        assert_int_equal(mdb_cursor_del(cursor, 0), 0);
    }
    mdb_cursor_close(cursor);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

static void set_layout(struct store *store, uint32_t layout)
{
    struct store_write *write;
    uint8_t number[4];
    be32_store(number, layout);
    assert_int_equal(store_write_begin(store, &write), STATUS_OK);
    assert_int_equal(
        store_put(write, TABLE_META, bytes_of(STORE_VERSION_KEY, 1), bytes_of(number, 4)),
        STATUS_OK);
    assert_int_equal(store_commit(write), STATUS_OK);
}

/* Opened to read it is left as it is; opened to write its tail is given its place. */
static void open_older(struct twin *twin, uint32_t layout)
{
    store_close(twin->tail);
    make_older(twin->folder, layout);
    set_layout(twin->plain, layout);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_open_lmdb_reader(twin->folder, &twin->tail), STATUS_OK);
        assert_stores_same(twin);
        store_close(twin->tail);
    }
    open_tail(twin, false);
    set_layout(twin->plain, STORE_VERSION);
    assert_stores_same(twin);
    put_one(twin->plain, 3, 100);
    put_one(twin->tail, 3, 100);
    store_close(twin->tail);
    open_tail(twin, false);
    assert_stores_same(twin);
    put_one(twin->plain, 4, TAIL_COMMIT_BYTES);
    put_one(twin->tail, 4, TAIL_COMMIT_BYTES); /* works in */
    assert_stores_same(twin);
}

static void test_tail__is_given_to_a_store_of_layout_1(void **state)
{
    (void)state;
    struct twin twin;
    twin_open(&twin, true, 1);
    put_one(twin.plain, 1, 100);
    put_one(twin.tail, 1, 100);
    put_one(twin.plain, 2, TAIL_COMMIT_BYTES);
    put_one(twin.tail, 2, TAIL_COMMIT_BYTES); /* works in: the tables hold it all */
    open_older(&twin, 1);
    twin_close(&twin);
}

static void test_tail__of_layout_2_is_moved(void **state)
{
    (void)state;
    struct twin twin;
    twin_open(&twin, true, 1);
    for (uint64_t number = 10; number < 30; number++) { /* small rows and rows of whole pages */
        put_one(twin.plain, number, number % 3 * 1800);
        put_one(twin.tail, number, number % 3 * 1800);
    }
    open_older(&twin, 2);
    twin_close(&twin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tail__equals_a_plain_store),
        cmocka_unit_test(test_tail__equals_a_plain_store_after_reopening),
        cmocka_unit_test(test_tail__takes_small_commits_and_is_bounded),
        cmocka_unit_test(test_tail__of_a_failed_commit_is_not_seen),
        cmocka_unit_test(test_tail__refuses_damaged_rows),
        cmocka_unit_test(test_tail__of_another_process_is_read_with_each_snapshot),
        cmocka_unit_test(test_tail__is_of_its_snapshots_moment),
        cmocka_unit_test(test_tail__is_given_to_a_store_of_layout_1),
        cmocka_unit_test(test_tail__of_layout_2_is_moved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
