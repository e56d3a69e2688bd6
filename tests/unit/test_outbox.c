#include "client/link/net/outbox.h"
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

static void test_outbox__frames_leave_in_order_with_room_before_them(void **state)
{
    struct outbox outbox = {0};
    size_t size = 0;
    uint8_t *frame = NULL;

    (void)state;
    assert_null(outbox_front(&outbox, &size));
    assert_int_equal(outbox_push(&outbox, bytes_of_text("one")), STATUS_OK);
    assert_int_equal(outbox_push(&outbox, bytes_of(NULL, 0)), STATUS_OK);
    assert_int_equal(outbox_push(&outbox, bytes_of_text("three")), STATUS_OK);
    frame = outbox_front(&outbox, &size);
    assert_int_equal(size, 3);
    assert_memory_equal(frame, "one", 3);
    memset(frame - OUTBOX_HEADROOM, 0xee, OUTBOX_HEADROOM); /* as the transport will */
    outbox_pop(&outbox);
    assert_non_null(outbox_front(&outbox, &size));
    assert_int_equal(size, 0);
    outbox_pop(&outbox);
    frame = outbox_front(&outbox, &size);
    assert_memory_equal(frame, "three", 5);
    outbox_pop(&outbox);
    assert_null(outbox_front(&outbox, &size));
    assert_int_equal(outbox.bytes, 0);
}

static void test_outbox__is_bounded_by_count_and_by_bytes(void **state)
{
    struct outbox outbox = {0};
    uint8_t *large = calloc(1, OUTBOX_BYTES_MAX);

    (void)state;
    assert_non_null(large);
    for (size_t i = 0; i < OUTBOX_FRAMES; i++)
        assert_int_equal(outbox_push(&outbox, bytes_of_text("x")), STATUS_OK);
    assert_int_equal(outbox_push(&outbox, bytes_of_text("x")), STATUS_LIMIT);
    outbox_clear(&outbox);
    assert_int_equal(outbox_push(&outbox, bytes_of(large, OUTBOX_BYTES_MAX)), STATUS_OK);
    assert_int_equal(outbox_push(&outbox, bytes_of_text("x")), STATUS_LIMIT);
    outbox_pop(&outbox);
    assert_int_equal(outbox_push(&outbox, bytes_of_text("x")), STATUS_OK);
    outbox_clear(&outbox);
    assert_int_equal(outbox.frames, 0);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outbox__frames_leave_in_order_with_room_before_them),
        cmocka_unit_test(test_outbox__is_bounded_by_count_and_by_bytes),
    };

    return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
