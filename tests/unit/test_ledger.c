/* A session's ledger: names in order, whatever way they come in. */
#include "protocol/sync/session/ledger.h"
#include "tests/lib/random.h"
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 40, MOST = 64 };

static struct name draw(struct random *random)
{
    struct name name = {{0}};
    uint8_t byte = 0;
    random_fill(random, &byte, 1); /* few of them: many come twice */
    name.bytes[0] = byte;
    random_fill(random, &byte, 1);
    name.bytes[15] = byte % 8;
    return name;
}

static void test_ledger__many_at_once_are_as_one_by_one(void **state)
{
    struct ledger one = {0};
    struct ledger all = {0};
    struct random random = {11};
    (void)state;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        struct name names[MOST];
        size_t count = round % 5 == 0 ? 0 : (size_t)(round * 7 % MOST) + 1;
        for (size_t i = 0; i < count; i++) {
            names[i] = draw(&random);
            struct log_entry *entry = ledger_put(&one, &names[i]);
            assert_non_null(entry);
            entry->seq = entry->seq == 0 ? round : entry->seq;
        }
        assert_true(ledger_put_all(&all, names, count));
        for (size_t i = 0; i < all.count; i++) {
            all.items[i].seq = all.items[i].seq == 0 ? round : all.items[i].seq;
        }
        assert_int_equal(all.count, one.count);
        for (size_t i = 0; i < all.count; i++) {
            assert_true(name_equal(&all.items[i].log, &one.items[i].log));
            assert_int_equal(all.items[i].seq, one.items[i].seq); /* what was there stays */
        }
    }
    ledger_deinit(&one);
    ledger_deinit(&all);
}

static void test_ledger__takes_no_more_than_it_may(void **state)
{
    enum { STEP = 1024 };
    struct ledger ledger = {0};
    struct name *names = calloc(STEP, sizeof *names);
    (void)state;
    assert_non_null(names);
    for (uint64_t first = 0; first < SESSION_LOGS_MAX; first += STEP) {
        for (uint64_t i = 0; i < STEP; i++) {
            be64_store(names[i].bytes, (first + i) * UINT64_C(0x9e3779b97f4a7c15) | 1);
        }
        assert_true(ledger_put_all(&ledger, names, STEP));
    }
    assert_int_equal(ledger.count, SESSION_LOGS_MAX);
    assert_true(ledger_put_all(&ledger, names, STEP)); /* they are there */
    be64_store(names[0].bytes, 2);
    assert_false(ledger_put_all(&ledger, names, STEP));
    assert_null(ledger_put(&ledger, &(struct name){{0, 0, 0, 0, 0, 0, 0, 4}}));
    assert_int_equal(ledger.count, SESSION_LOGS_MAX);
    free(names);
    ledger_deinit(&ledger);
}

/* Found by its head under any name, also after heads have changed and entries came between. */
static void test_ledger__an_entry_is_found_by_its_head(void **state)
{
    struct ledger ledger = {0};
    struct random random = {17};
    (void)state;
    for (uint64_t round = 1; round <= 300; round++) {
        struct name name = draw(&random);
        struct log_entry *entry = ledger_put(&ledger, &name);
        assert_non_null(entry);
        struct hash before = entry->id;
        uint64_t seq = entry->seq;
        random_fill(&random, entry->id.bytes, sizeof entry->id.bytes);
        entry->seq = round;
        ledger_moved(&ledger);
        struct hash id = entry->id;
        struct name id16 = name_of_hash(&id);
        assert_ptr_equal(ledger_by_head(&ledger, round, &id16), entry);
        assert_null(ledger_by_head(&ledger, round + 1, &id16));
        assert_null(ledger_by_head(&ledger, 0, &id16));
        if (seq > 0) {
            id16 = name_of_hash(&before);
            assert_null(ledger_by_head(&ledger, seq, &id16));
        }
    }
    ledger_deinit(&ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ledger__many_at_once_are_as_one_by_one),
        cmocka_unit_test(test_ledger__takes_no_more_than_it_may),
        cmocka_unit_test(test_ledger__an_entry_is_found_by_its_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
