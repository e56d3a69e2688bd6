#include "client/link/net/slots.h"
#include "tests/lib/unit.h"

static void test_slots__an_id_is_never_used_again(void **state)
{
    struct slots slots = {0};
    int items[100];
    uint64_t ids[100];
    uint64_t again = 0;

    (void)state;
    for (size_t i = 0; i < 100; i++) {
        ids[i] = slots_add(&slots, &items[i]);
        assert_int_not_equal(ids[i], 0);
    }
    for (size_t i = 0; i < 100; i++)
        assert_ptr_equal(slots_find(&slots, ids[i]), &items[i]);
    slots_remove(&slots, ids[40]);
    assert_null(slots_find(&slots, ids[40]));
    again = slots_add(&slots, &items[0]);
    assert_int_not_equal(again, ids[40]);
    assert_null(slots_find(&slots, ids[40]));
    slots_remove(&slots, ids[40]); /* of a dead id: nothing happens to who has its place */
    assert_ptr_equal(slots_find(&slots, again), &items[0]);
    assert_int_equal(slots.count, 128);
    slots_deinit(&slots);
    assert_null(slots_find(&slots, again));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots__an_id_is_never_used_again),
    };

    return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}
