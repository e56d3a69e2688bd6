#include "client/link/net/guard.h"
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { SECOND = 1000000 };

static struct guard_address address(uint32_t number)
{
    struct guard_address address = {.bytes = {[10] = 0xff, [11] = 0xff, [12] = 10}};

    address.bytes[13] = (uint8_t)(number >> 16);
    address.bytes[14] = (uint8_t)(number >> 8);
    address.bytes[15] = (uint8_t)number;
    return address;
}

static int set_up(void **state)
{
    *state = guard_new(5);
    return *state == NULL;
}

static int tear_down(void **state)
{
    guard_free(*state);
    return 0;
}

/* Lets one in, if it may. */
static struct guest *enter(struct guard *guard, uint32_t number, uint64_t now_us)
{
    struct guard_address from = address(number);

    if (guard_may_enter(guard, &from, now_us) != GUARD_ENTERS)
        return NULL;
    return guard_enter(guard, &from, now_us, guard);
}

static void test_guard__an_address_is_bounded_in_strangers_not_in_peers(void **state)
{
    struct guard *guard = *state;
    struct guest *guests[2 * GUARD_STRANGERS_A_PLACE];
    struct guard_address from = address(7);
    size_t count = 0;

    for (; count < GUARD_STRANGERS_A_PLACE; count++)
        assert_non_null(guests[count] = enter(guard, 7, 1));
    assert_int_equal(guard_may_enter(guard, &from, 1), GUARD_TOO_MANY);
    assert_non_null(guests[count] = enter(guard, 8, 1)); /* another address is not */
    guard_leave(guard, guests[count]);
    for (size_t i = 0; i < count; i++)
        guard_trust(guard, guests[i]);
    assert_int_equal(guard_strangers(guard), 0);
    for (; count < (size_t)2 * GUARD_STRANGERS_A_PLACE; count++)
        assert_non_null(guests[count] = enter(guard, 7, 1));
    for (size_t i = 0; i < count; i++)
        guard_leave(guard, guests[i]);
    assert_int_equal(guard_strangers(guard), 0);
}

static void test_guard__an_address_comes_so_often_and_no_more(void **state)
{
    struct guard *guard = *state;
    struct guard_address from = address(7);
    uint64_t now = SECOND;
    size_t entered = 0;

    for (size_t i = 0; i < (size_t)2 * GUARD_ENTRIES_AT_ONCE; i++) {
        struct guest *guest = enter(guard, 7, now);

        entered += guest != NULL;
        guard_leave(guard, guest);
    }
    assert_int_equal(entered, GUARD_ENTRIES_AT_ONCE);
    assert_int_equal(guard_may_enter(guard, &from, now), GUARD_TOO_FAST);
    now += SECOND;
    for (entered = 0; guard_may_enter(guard, &from, now) == GUARD_ENTERS; entered++) {
    }
    assert_in_range(entered, GUARD_ENTRIES_A_SECOND - 1, GUARD_ENTRIES_A_SECOND + 1);
}

static void test_guard__many_offices_come_at_once(void **state)
{
    enum { OFFICES = GUARD_STRANGERS };
    struct guard *guard = *state;
    struct guest **guests = calloc(OFFICES, sizeof *guests);
    bool late = false;

    assert_non_null(guests);
    for (uint32_t i = 0; i < OFFICES; i++)
        assert_non_null(guests[i] = enter(guard, i, 1));
    assert_null(guard_next_to_cut(guard, 1, &late));
    for (uint32_t i = 0; i < OFFICES; i++)
        guard_leave(guard, guests[i]);
    free(guests);
}

/* While the oldest are not gone yet, nobody enters: what is inside is bounded at every moment. */
static void test_guard__nobody_enters_before_room_is_made(void **state)
{
    enum { MOST = GUARD_STRANGERS + GUARD_LEAVING };
    struct guard *guard = *state;
    struct guard_address here = address(1);
    struct guest **guests = calloc(MOST, sizeof *guests);
    bool late = false;

    assert_non_null(guests);
    here.local = true;
    for (uint32_t i = 0; i < MOST; i++) {
        assert_int_equal(guard_may_enter(guard, &here, 1), GUARD_ENTERS);
        guests[i] = guard_enter(guard, &here, 1, &guests[i]);
        assert_non_null(guests[i]);
    }
    assert_int_equal(guard_may_enter(guard, &here, 1), GUARD_CROWDED);
    assert_ptr_equal(guard_next_to_cut(guard, 1, &late), &guests[0]);
    assert_int_equal(guard_may_enter(guard, &here, 1), GUARD_CROWDED); /* it is being cut */
    guard_leave(guard, guests[0]);
    assert_int_equal(guard_may_enter(guard, &here, 1), GUARD_ENTERS);
    guests[0] = NULL;
    for (uint32_t i = 0; i < MOST; i++)
        guard_leave(guard, guests[i]);
    free(guests);
}

/* The first stranger makes room, however many there are; who is trusted stays. */
static void test_guard__the_oldest_stranger_makes_room(void **state)
{
    struct guard *guard = *state;
    struct guard_address here = address(1);
    size_t handles = GUARD_STRANGERS + 2;
    struct guest **guests = calloc(handles, sizeof *guests);
    bool late = true;

    assert_non_null(guests);
    here.local = true;
    for (size_t i = 0; i < handles; i++) {
        assert_int_equal(guard_may_enter(guard, &here, 1 + i), GUARD_ENTERS);
        guests[i] = guard_enter(guard, &here, 1 + i, &guests[i]);
        assert_non_null(guests[i]);
        if (i == 0)
            guard_trust(guard, guests[0]);
    }
    assert_ptr_equal(guard_next_to_cut(guard, handles, &late), &guests[1]);
    assert_false(late);
    assert_null(guard_next_to_cut(guard, handles, &late)); /* told once */
    guard_leave(guard, guests[1]);
    guests[1] = NULL;
    for (size_t i = 0; i < handles; i++)
        guard_leave(guard, guests[i]);
    assert_int_equal(guard_strangers(guard), 0);
    free(guests);
}

static void test_guard__a_stranger_has_so_long(void **state)
{
    struct guard *guard = *state;
    struct guest *guest = enter(guard, 1, SECOND);
    struct guest *trusted = enter(guard, 1, SECOND);
    uint64_t over = SECOND + (uint64_t)GUARD_PATIENCE_S * SECOND;
    bool late = false;

    guard_trust(guard, trusted);
    assert_null(guard_next_to_cut(guard, over - 1, &late));
    assert_ptr_equal(guard_next_to_cut(guard, over, &late), guard);
    assert_true(late);
    assert_null(guard_next_to_cut(guard, over, &late));
    guard_leave(guard, guest);
    guard_leave(guard, trusted);
}

/* More addresses than there are places: the rest share one, and nothing grows. */
static void test_guard__addresses_without_end_share_a_place(void **state)
{
    enum { ADDRESSES = 4 * GUARD_PLACES };
    struct guard *guard = *state;
    size_t refused = 0;

    for (uint32_t i = 0; i < ADDRESSES; i++) {
        struct guard_address from = address(i);

        refused += guard_may_enter(guard, &from, 1) != GUARD_ENTERS;
    }
    assert_true(refused > 0);
    refused = 0;
    for (uint32_t i = 0; i < ADDRESSES; i++) { /* a minute later their places are free again */
        struct guard_address from = address(i + ADDRESSES);

        refused += guard_may_enter(guard, &from, 60 * SECOND + i * 100) != GUARD_ENTERS;
    }
    assert_int_equal(refused, 0);
}

static void test_guard__loopback_is_this_machine(void **state)
{
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t size = sizeof name;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    int accepted = -1;

    (void)state;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(listener, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&name, &size), 0);
    assert_int_equal(connect(client, (struct sockaddr *)&name, sizeof name), 0);
    accepted = accept(listener, NULL, NULL);
    struct guard_address from = guard_address_of(accepted);
    assert_true(from.local);
    assert_int_equal(from.bytes[12], 127);
    close(listener);
    close(client);
    close(accepted);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_guard__##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_address_is_bounded_in_strangers_not_in_peers),
        TEST(an_address_comes_so_often_and_no_more),
        TEST(many_offices_come_at_once),
        TEST(nobody_enters_before_room_is_made),
        TEST(the_oldest_stranger_makes_room),
        TEST(a_stranger_has_so_long),
        TEST(addresses_without_end_share_a_place),
        TEST(loopback_is_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
