#include "client/link/begun.h"
#include "tests/lib/unit.h"

#include <string.h>

static struct public_key key_of(size_t number)
{
    struct public_key key = {{0}};
    key.bytes[0] = (uint8_t)number;
    key.bytes[1] = (uint8_t)(number >> 8);
    return key;
}

/* Keeps |size| bytes of |letter| for the key |number|. */
static void keep(struct begun_frames *frames, size_t number, char letter, size_t size)
{
    static uint8_t bytes[BEGUN_FRAME_BYTES + 1];
    struct public_key key = key_of(number);
    memset(bytes, letter, sizeof bytes);
    begun_frames_keep(frames, &key, bytes_of(bytes, size));
}

/* Takes what is kept; returns its size, and its first letter. */
static size_t take(struct begun_frames *frames, size_t number, char *letter)
{
    struct public_key key = key_of(number);
    struct buffer out;
    buffer_init(&out, (size_t)2 * BEGUN_FRAME_BYTES);
    begun_frames_take(frames, &key, &out);
    size_t size = out.size;
    *letter = size > 0 ? (char)out.at[0] : 0;
    buffer_deinit(&out);
    return size;
}

static void test_begun__is_taken_once_by_its_own_key(void **state)
{
    (void)state;
    struct begun_frames frames = {0};
    char letter = 0;
    assert_int_equal(take(&frames, 1, &letter), 0);
    keep(&frames, 1, 'a', 700);
    keep(&frames, 2, 'b', 900);
    assert_int_equal(take(&frames, 3, &letter), 0);
    assert_int_equal(take(&frames, 1, &letter), 700);
    assert_int_equal(letter, 'a');
    assert_int_equal(take(&frames, 1, &letter), 0);
    assert_int_equal(take(&frames, 2, &letter), 900);
    begun_frames_deinit(&frames);
}

static void test_begun__the_last_one_stands_for_its_key(void **state)
{
    (void)state;
    struct begun_frames frames = {0};
    char letter = 0;
    keep(&frames, 1, 'a', 700);
    keep(&frames, 1, 'b', 100);
    assert_int_equal(take(&frames, 1, &letter), 100);
    assert_int_equal(letter, 'b');
    keep(&frames, 1, 'a', 700);
    keep(&frames, 1, 'c', BEGUN_FRAME_LEAST - 1); /* the older one is over all the same */
    assert_int_equal(take(&frames, 1, &letter), 0);
    begun_frames_deinit(&frames);
}

static void test_begun__bounds(void **state)
{
    (void)state;
    struct begun_frames frames = {0};
    char letter = 0;
    keep(&frames, 1, 'a', BEGUN_FRAME_BYTES);
    keep(&frames, 2, 'a', BEGUN_FRAME_BYTES + 1);
    keep(&frames, 3, 'a', BEGUN_FRAME_LEAST);
    assert_int_equal(take(&frames, 1, &letter), BEGUN_FRAME_BYTES);
    assert_int_equal(take(&frames, 2, &letter), 0);
    assert_int_equal(take(&frames, 3, &letter), BEGUN_FRAME_LEAST);
    for (size_t i = 0; i <= BEGUN_FRAMES; i++) {
        keep(&frames, 10 + i, 'a', 100);
    }
    assert_int_equal(take(&frames, 10, &letter), 0); /* made room */
    assert_int_equal(take(&frames, 11, &letter), 100);
    assert_int_equal(take(&frames, 10 + BEGUN_FRAMES, &letter), 100);
    begun_frames_deinit(&frames);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_begun__is_taken_once_by_its_own_key),
        cmocka_unit_test(test_begun__the_last_one_stands_for_its_key),
        cmocka_unit_test(test_begun__bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
