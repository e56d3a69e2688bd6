/* What a person's act leaves for later, this node's own receipt and the derived rows: nothing of it
 * is lost by a kill or a power cut, and whoever asks in between is told. */
#include "client/replica/log/log.h"
#include "client/replica/receipt/receipt.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

struct world {
    struct district district;
    struct site office;
    struct site device;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    district_open(&world->district);
    site_open(&world->office, site_memory(), &world->district, ROLE_HUB, SITE_UNIT, 1, NULL);
    site_found(&world->office, &world->district);
    struct name scope = replica_identity(world->office.replica)->scope;
    site_open(&world->device, site_memory(), &world->district, ROLE_DEVICE, SITE_UNIT, 2, &scope);
    site_grant(&world->office, &world->device, false, false);
    site_send(&world->office, &world->device);
    site_idle(&world->office);
    world->office.busy = true;
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    site_close(&world->office);
    site_close(&world->device);
    district_close(&world->district);
    free(world);
    return 0;
}

static void receive(struct site *site)
{
    struct act_result result;
    assert_int_equal(site_receive(site, "Hồ Thị Hòa", 0, &result), STATUS_OK);
}

/* What the site's newest own receipt says. */
struct word {
    uint64_t arrival; /* how far it goes */
    uint64_t newest;  /* how far the store goes */
    size_t heads;
    bool names_own; /* this log of its own, as far as it is written */
};

static bool is_own(const struct receipt_head *head, const struct log_row *own)
{
    struct name id16 = name_of_hash(&own->id);
    return name_equal(&head->log, &own->name) && head->seq == own->seq &&
           name_equal(&head->id16, &id16);
}

static struct word last_word(struct site *site)
{
    struct replica_read *read = NULL;
    struct word word = {0};
    struct arena arena;
    struct bytes raw;
    struct receipt receipt;
    struct counters counters;
    struct log_row own;
    arena_init(&arena, 1 << 20);
    assert_int_equal(replica_read_begin(site->replica, &read), STATUS_OK);
    assert_int_equal(receipt_newest(read->store, replica_key(site->replica), &raw), STATUS_OK);
    assert_int_equal(receipt_open(raw, &arena, &receipt), STATUS_OK);
    assert_int_equal(counters_get(read->store, &counters), STATUS_OK);
    assert_int_equal(log_own_find(read->store, LOG_COUNTER, &own), STATUS_OK);
    word.arrival = receipt.arrival;
    word.newest = counters.arrival;
    word.heads = receipt.head_count;
    for (size_t i = 0; i < receipt.head_count; i++) {
        word.names_own = word.names_own || is_own(&receipt.heads[i], &own);
    }
    if (receipt.arrival == counters.arrival) {
        assert_true(name_equal(&receipt.running_hash, &counters.running_hash));
    }
    replica_read_end(read);
    arena_deinit(&arena);
    return word;
}

static bool count_one(void *context, const struct summary *row)
{
    size_t *count = context;
    (void)row;
    *count += 1;
    return true;
}

/* Whether lists show all of |cases|; if they do not, they say so. */
static bool all_listed(struct site *site, size_t cases)
{
    struct replica_read *read = NULL;
    size_t listed = 0, found = 0;
    bool stale = false;
    assert_int_equal(replica_read_begin(site->replica, &read), STATUS_OK);
    assert_int_equal(replica_any_stale(read, &stale), STATUS_OK);
    assert_int_equal(replica_each_summary(read, bytes_of_text(""), count_one, &listed), STATUS_OK);
    assert_int_equal(replica_find(read, bytes_of_text("hoa"), 1000, count_one, &found), STATUS_OK);
    replica_read_end(read);
    assert_int_equal(listed, found);
    assert_true(stale || listed == cases);
    return !stale;
}

static void check_made(struct site *site, size_t cases)
{
    struct word word = last_word(site);
    assert_true(all_listed(site, cases));
    assert_int_equal(word.arrival, word.newest);
    assert_true(word.names_own);
}

static void test_later__the_next_idle_moment_makes_it(void **state)
{
    struct world *world = *state;
    struct site *office = &world->office;
    receive(office);
    receive(office);
    struct word word = last_word(office);
    assert_true(word.arrival < word.newest); /* the opening of the log, and two */
    assert_false(word.names_own);
    assert_false(all_listed(office, 2));
    site_idle(office);
    check_made(office, 2);
    assert_int_equal(last_word(office).heads, 1);
    site_idle(office); /* once */
    check_made(office, 2);
}

/* kill -9 between an act and that moment: it is made after the start. */
static void test_later__a_kill_loses_none(void **state)
{
    struct world *world = *state;
    struct site again;
    receive(&world->office);
    site_open_again(&again, store_memory_clone(world->office.store), &world->office);
    assert_false(all_listed(&again, 1));
    site_idle(&again);
    check_made(&again, 1);
    site_close(&again);
}

/* The power goes before the commit of that moment is durable. */
static void test_later__a_power_cut_loses_none(void **state)
{
    struct world *world = *state;
    receive(&world->office);
    site_idle(&world->office);
    store_memory_forget(world->office.store, 1);
    site_reopen(&world->office);
    struct word word = last_word(&world->office);
    assert_true(word.arrival < word.newest);
    assert_false(all_listed(&world->office, 1));
    receive(&world->office);
    site_idle(&world->office);
    check_made(&world->office, 2);
}

/* A peer's records are receipted by the commit that holds them; what waited with them. */
static void test_later__a_peers_batch_does_not_wait(void **state)
{
    struct world *world = *state;
    struct site *office = &world->office;
    receive(office);
    receive(&world->device);
    site_send(&world->device, office);
    struct word word = last_word(office);
    assert_int_equal(word.arrival, word.newest);
    assert_true(word.names_own);
    assert_true(word.heads >= 2);
    site_idle(office);
    assert_true(all_listed(office, 2));
}

/* Who is never idle signs now and then. */
static void test_later__no_more_than_some_wait(void **state)
{
    enum { ACTS = 600, MOST = 256 };
    struct world *world = *state;
    for (size_t i = 0; i < ACTS; i++) {
        receive(&world->office);
        struct word word = last_word(&world->office);
        assert_true(word.newest - word.arrival <= MOST);
    }
    site_idle(&world->office);
    check_made(&world->office, ACTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"idle", test_later__the_next_idle_moment_makes_it, set_up, tear_down, NULL},
        {"kill", test_later__a_kill_loses_none, set_up, tear_down, NULL},
        {"power", test_later__a_power_cut_loses_none, set_up, tear_down, NULL},
        {"batch", test_later__a_peers_batch_does_not_wait, set_up, tear_down, NULL},
        {"most", test_later__no_more_than_some_wait, set_up, tear_down, NULL},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
