#include "client/link/presence.h"
#include "client/link/quiet.h"
#include "tests/lib/unit.h"

static struct public_key key_of(uint32_t number)
{
    struct public_key key = {{0}};

    key.bytes[0] = (uint8_t)(number * 37);
    key.bytes[1] = (uint8_t)number;
    key.bytes[2] = (uint8_t)(number >> 8);
    return key;
}

static void enter(struct presence *presence, uint32_t number, uint64_t link, uint64_t now_us,
                  uint64_t want_dropped, uint64_t want_wait)
{
    struct public_key key = key_of(number);
    uint64_t dropped = 0;
    uint64_t wait_ms = 0;

    assert_int_equal(presence_enter(presence, &key, link, now_us, &dropped, &wait_ms), STATUS_OK);
    assert_int_equal(dropped, want_dropped);
    assert_int_equal(wait_ms, want_wait);
}

static void leave(struct presence *presence, uint32_t number, uint64_t link, bool broke,
                  uint64_t now_us)
{
    struct public_key key = key_of(number);

    presence_leave(presence, &key, link, broke, now_us);
}

static void test_presence__a_key_has_few_connections_the_newest_ones(void **state)
{
    struct presence presence = {0};

    (void)state;
    for (uint64_t i = 1; i <= PRESENCE_LINKS; i++)
        enter(&presence, 1, i, 1, 0, 0);
    enter(&presence, 2, 100, 1, 0, 0); /* another key is not bound by it */
    enter(&presence, 1, 50, 1, 1, 0);
    leave(&presence, 1, 3, false, 2);
    enter(&presence, 1, 51, 2, 0, 0);
    enter(&presence, 1, 52, 2, 2, 0);
    presence_deinit(&presence);
}

static void test_presence__a_wait_doubles_and_is_forgiven(void **state)
{
    const uint64_t second = 1000000;
    struct presence presence = {0};
    uint64_t now = second;
    uint64_t wait = PRESENCE_WAIT_MS;

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        enter(&presence, 1, i + 1, now, 0, 0);
        leave(&presence, 1, i + 1, true, now);
        enter(&presence, 1, i + 1, now, 0, wait + 1);
        enter(&presence, 2, 7, now, 0, 0);
        leave(&presence, 2, 7, false, now);
        now += wait * 1000;
        wait = 2 * wait < PRESENCE_WAIT_MOST_MS ? 2 * wait : PRESENCE_WAIT_MOST_MS;
    }
    now += (uint64_t)2 * PRESENCE_FORGIVEN_S * second;
    enter(&presence, 1, 99, now, 0, 0);
    leave(&presence, 1, 99, true, now);
    enter(&presence, 1, 99, now, 0, PRESENCE_WAIT_MS + 1);
    presence_deinit(&presence);
}

static void test_presence__many_keys_are_found_again(void **state)
{
    enum { KEYS = 2000 };
    struct presence presence = {0};

    (void)state;
    for (uint32_t i = 0; i < KEYS; i++) {
        enter(&presence, i, i + 1, 1, 0, 0);
        leave(&presence, i, i + 1, true, 1);
    }
    for (uint32_t i = 0; i < KEYS; i++)
        enter(&presence, i, 1, 1, 0, PRESENCE_WAIT_MS + 1);
    assert_int_equal(presence.count, KEYS);
    presence_deinit(&presence);
}

static void test_quiet__a_flood_is_told_in_few_lines(void **state)
{
    struct quiet quiet = {0};
    uint64_t now = 1;
    uint64_t said = 0;
    uint64_t told = 0;
    uint64_t left_out = 0;

    (void)state;
    for (size_t i = 0; i < 100000; i++, now += 100) { /* ten seconds of it */
        if (quiet_may_say(&quiet, now, &left_out)) {
            said++;
            told += left_out;
        }
    }
    assert_in_range(said, QUIET_AT_ONCE, QUIET_AT_ONCE + 10 / QUIET_SECONDS_A_LINE);
    assert_int_equal(said + told + quiet.left_out, 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_presence__a_key_has_few_connections_the_newest_ones),
        cmocka_unit_test(test_presence__a_wait_doubles_and_is_forgiven),
        cmocka_unit_test(test_presence__many_keys_are_found_again),
        cmocka_unit_test(test_quiet__a_flood_is_told_in_few_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
