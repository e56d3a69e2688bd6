#include "protocol/base/arena.h"
#include "tests/lib/unit.h"

#include <stdalign.h>
#include <string.h>

static void test_arena__hands_out_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    for (size_t round = 0; round < 3; round++) {
        for (size_t size = 0; size < 2000; size += 7) {
            uint8_t *at = arena_alloc(&arena, size);
            assert_non_null(at);
            assert_int_equal((uintptr_t)at % alignof(max_align_t), 0);
            for (size_t i = 0; i < size; i++) {
                assert_int_equal(at[i], 0);
            }
            memset(at, 0xff, size);
        }
        arena_reset(&arena);
    }
    arena_deinit(&arena);
}

static void test_arena__keeps_its_limit(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 100);
    assert_non_null(arena_alloc(&arena, 60));
    assert_null(arena_alloc(&arena, 41));
    assert_non_null(arena_alloc(&arena, 40));
    assert_null(arena_alloc(&arena, 1));
    arena_reset(&arena);
    assert_non_null(arena_alloc(&arena, 100));
    arena_deinit(&arena);
}

static void test_arena__refuses_sizes_that_overflow(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    assert_null(arena_array(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 64));
    assert_non_null(arena_array(&arena, 0, 8));
    arena_deinit(&arena);
}

static void test_arena__uses_borrowed_memory_first(void **state)
{
    (void)state;
    uint8_t room[257];
    struct arena arena;
    for (size_t skew = 0; skew < 2; skew++) {
        arena_init_over(&arena, room + skew, 256, SIZE_MAX);
        uint8_t *inside = arena_alloc(&arena, 100);
        assert_true(inside >= room && inside + 100 <= room + sizeof room);
        uint8_t *outside = arena_alloc(&arena, 5000);
        assert_true(outside < room || outside >= room + sizeof room);
        memset(outside, 1, 5000);
        arena_reset(&arena);
        assert_ptr_equal(arena_alloc(&arena, 100), inside);
        arena_deinit(&arena);
    }
    arena_init_over(&arena, room, 3, SIZE_MAX);
    assert_non_null(arena_alloc(&arena, 1));
    arena_deinit(&arena);
}

static void test_arena__copies(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 4);
    bool ok = false;
    struct bytes copy = arena_copy(&arena, bytes_of_text("abcd"), &ok);
    assert_true(ok && bytes_equal_text(copy, "abcd"));
    copy = arena_copy(&arena, bytes_of(NULL, 0), &ok);
    assert_true(ok && copy.size == 0);
    copy = arena_copy(&arena, bytes_of_text("e"), &ok);
    assert_true(!ok && copy.at == NULL);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena__hands_out_zeroed_aligned_memory),
        cmocka_unit_test(test_arena__keeps_its_limit),
        cmocka_unit_test(test_arena__refuses_sizes_that_overflow),
        cmocka_unit_test(test_arena__uses_borrowed_memory_first),
        cmocka_unit_test(test_arena__copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
