/* Derived rows: the list, search, names, staleness and status digests, on both stores. */
#include "client/replica/case/index.h"
#include "client/text/text.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct world {
    struct district district;
    struct site office;
    char folder[64];
};

static struct world *open_world(bool lmdb)
{
    struct world *world = calloc(1, sizeof *world);
    struct store *store = NULL;
    assert_non_null(world);
    district_open(&world->district);
    if (lmdb) {
        char path[96];
        (void)snprintf(world->folder, sizeof world->folder, "/tmp/hoso-index-XXXXXX");
        assert_non_null(mkdtemp(world->folder));
        (void)snprintf(path, sizeof path, "%s/store", world->folder);
        assert_int_equal(store_open_lmdb(path, true, &store), STATUS_OK);
    } else {
        assert_int_equal(store_open_memory(&store), STATUS_OK);
    }
    site_open(&world->office, store, &world->district, ROLE_OFFICE, SITE_UNIT, 1, NULL);
    site_publish(&world->office, &world->district);
    return world;
}

static int set_up(void **state)
{
    *state = open_world(false);
    return 0;
}

static int set_up_lmdb(void **state)
{
    *state = open_world(true);
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    site_close(&world->office);
    district_close(&world->district);
    if (world->folder[0] != 0) {
        char command[128];
        (void)snprintf(command, sizeof command, "rm -rf '%s'", world->folder);
        assert_int_equal(system(command), 0);
    }
    free(world);
    return 0;
}

struct listing {
    char text[4096];
    size_t count;
    size_t most;
};

static bool list_owner(void *context, const struct summary *row)
{
    struct listing *listing = context;
    size_t used = strlen(listing->text);
    (void)snprintf(listing->text + used, sizeof listing->text - used, "%s%.*s", used > 0 ? "|" : "",
                   (int)row->owner.size, (const char *)row->owner.at);
    listing->count++;
    return listing->most == 0 || listing->count < listing->most;
}

static void check_find(struct world *world, const char *text, const char *want)
{
    struct listing listing = {.text = ""};
    struct replica_read *read = NULL;
    assert_int_equal(replica_read_begin(world->office.replica, &read), STATUS_OK);
    assert_int_equal(replica_find(read, bytes_of_text(text), 20, list_owner, &listing), STATUS_OK);
    replica_read_end(read);
    if (strcmp(listing.text, want) != 0) {
        fail_msg("\"%s\" finds %s, not %s", text, listing.text, want);
    }
}

static void check_list(struct world *world, const char *after, size_t most, const char *want)
{
    struct listing listing = {.text = "", .most = most};
    struct replica_read *read = NULL;
    assert_int_equal(replica_read_begin(world->office.replica, &read), STATUS_OK);
    assert_int_equal(replica_each_summary(read, bytes_of_text(after), list_owner, &listing),
                     STATUS_OK);
    replica_read_end(read);
    assert_string_equal(listing.text, want);
}

static struct act_result receive(struct world *world, const char *owner)
{
    struct act_result result;
    assert_int_equal(site_receive(&world->office, owner, 0, &result), STATUS_OK);
    world->office.clock += 60;
    return result;
}

static void test_index__search_knows_no_marks_but_ranks_by_them(void **state)
{
    struct world *world = *state;
    receive(world, "Hồ Thị Hòa");
    receive(world, "Hồ Thị Hoà");
    receive(world, "Hồ Thị Hoa");
    receive(world, "Hồ Thị Hoàng");
    receive(world, "Lê Văn Đường");
    check_find(world, "ho thi hoa", "Hồ Thị Hoa|Hồ Thị Hoà|Hồ Thị Hòa|Hồ Thị Hoàng");
    check_find(world, "Hồ Thị Hòa", "Hồ Thị Hòa|Hồ Thị Hoa|Hồ Thị Hoà|Hồ Thị Hoàng");
    check_find(world,
               "Ho\xcc\x82\xcc\x80 Thi\xcc\xa3 Ho\xcc\x80"
               "a",
               "Hồ Thị Hòa|Hồ Thị Hoa|Hồ Thị Hoà|Hồ Thị Hoàng");
    check_find(world, "hoa ho", "Hồ Thị Hoa|Hồ Thị Hoà|Hồ Thị Hòa");
    check_find(world, "duong", "Lê Văn Đường");
    check_find(world, "đường le", "Lê Văn Đường");
    check_find(world, "hoan", "Hồ Thị Hoàng");
    check_find(world, "hoan ", "");
    check_find(world, "ho duong", "");
    check_find(world, "", "");
}

static void test_index__search_takes_numbers_and_codes(void **state)
{
    struct world *world = *state;
    struct act_result first = receive(world, "Hồ Thị Hòa");
    struct act_result result;
    receive(world, "Lê Văn Đường");
    assert_int_equal(site_set(&world->office, &first.case_name, "tn01", HAT_RECEPTION, "so_giay_to",
                              "046320110498", &result),
                     STATUS_OK);
    assert_int_equal(site_set(&world->office, &first.case_name, "tn01", HAT_RECEPTION, "dien_thoai",
                              "0384092655", &result),
                     STATUS_OK);
    check_find(world, "046320110498", "Hồ Thị Hòa");
    check_find(world, "0384", "Hồ Thị Hòa");
    check_find(world, SITE_UNIT "-261124-0002", "Lê Văn Đường");
    check_find(world, "0002", "Lê Văn Đường");
}

static void test_index__an_owner_comes_before_who_hands_in(void **state)
{
    struct world *world = *state;
    struct act_result result;
    receive(world, "Hồ Thị Hoa");
    struct act_result other = receive(world, "Lê Văn Đơi");
    assert_int_equal(site_set(&world->office, &other.case_name, "tn01", HAT_RECEPTION, "nguoi_nop",
                              "Hồ Thị Hoa", &result),
                     STATUS_OK);
    check_find(world, "ho thi hoa", "Hồ Thị Hoa|Lê Văn Đơi");
    check_find(world, "Hồ Thị Hoa", "Hồ Thị Hoa|Lê Văn Đơi");
    check_find(world, "doi", "Lê Văn Đơi");
}

static void test_index__a_changed_name_is_found_by_the_new_one_only(void **state)
{
    struct world *world = *state;
    struct act_result first = receive(world, "Hồ Thị Hòa");
    struct act_result result;
    check_find(world, "hoa", "Hồ Thị Hòa");
    assert_int_equal(site_set(&world->office, &first.case_name, "tn01", HAT_RECEPTION, "chu_ho_so",
                              "Lê Thị Ân", &result),
                     STATUS_OK);
    check_find(world, "hoa", "");
    check_find(world, "an", "Lê Thị Ân");
}

static void test_index__the_list_goes_by_code(void **state)
{
    struct world *world = *state;
    receive(world, "A");
    receive(world, "B");
    receive(world, "C");
    check_list(world, "", 0, "A|B|C");
    check_list(world, "", 2, "A|B");
    check_list(world, SITE_UNIT "-261124-0001", 0, "B|C");
    check_list(world, SITE_UNIT "-261124-0003", 0, "");
}

static size_t named(struct world *world, const char *text)
{
    struct name cases[8];
    size_t count = 0;
    struct replica_read *read = NULL;
    assert_int_equal(replica_read_begin(world->office.replica, &read), STATUS_OK);
    assert_int_equal(replica_cases_named(read, bytes_of_text(text), cases, 8, &count), STATUS_OK);
    replica_read_end(read);
    return count;
}

static void test_index__a_case_answers_to_code_id_and_prefix(void **state)
{
    struct world *world = *state;
    struct act_result first = receive(world, "A");
    char hex[33];
    receive(world, "B");
    world->office.clock = 0;
    struct act_result provisional = receive(world, "C");
    hex_encode(bytes_of(first.case_name.bytes, 16), hex);
    assert_int_equal(named(world, first.code), 1);
    assert_int_equal(named(world, SITE_UNIT "-261124"), 2);
    assert_int_equal(named(world, hex), 1);
    hex[9] = 0;
    assert_int_equal(named(world, hex), 1);
    hex[7] = 0;
    assert_int_equal(named(world, hex), 0);
    assert_true(provisional.provisional);
    assert_int_equal(named(world, provisional.code), 1);
    assert_int_equal(named(world, SITE_UNIT "-261124-0009"), 0);
    assert_int_equal(named(world, ""), 0);
}

static void test_index__rows_are_the_same_made_again(void **state)
{
    struct world *world = *state;
    struct replica_commit made;
    size_t left = 0;
    receive(world, "Hồ Thị Hòa");
    receive(world, "Hồ Thị Hoà");
    assert_int_equal(replica_begin(world->office.replica), STATUS_OK);
    struct replica_read read;
    group_read(world->office.replica, &read);
    struct log_row log;
    assert_int_equal(log_own_find(read.store, LOG_COUNTER, &log), STATUS_OK);
    assert_int_equal(index_mark_log(world->office.replica, &log), STATUS_OK);
    replica_read_end(&read);
    assert_int_equal(replica_index(world->office.replica, 1, &left), STATUS_OK);
    assert_int_equal(left, 1);
    assert_int_equal(replica_index(world->office.replica, SIZE_MAX, &left), STATUS_OK);
    assert_int_equal(left, 0);
    assert_int_equal(replica_commit(world->office.replica, &made), STATUS_OK);
    check_find(world, "hoa", "Hồ Thị Hoà|Hồ Thị Hòa");
    check_list(world, "", 0, "Hồ Thị Hòa|Hồ Thị Hoà");
}

/* Rows of another program's version are no fault: they are made anew. */
static void test_index__rows_of_another_version_are_thrown_away(void **state)
{
    struct world *world = *state;
    struct replica_commit made;
    struct table_key key = key_of_meta(META_DERIVED);
    struct table_key row = key_of_u32(1);
    static const uint8_t version[4] = {0, 0, 0, INDEX_VERSION + 1};
    size_t left = 0;
    receive(world, "Hồ Thị Hòa");
    receive(world, "Hồ Thị Hoà");
    assert_int_equal(replica_begin(world->office.replica), STATUS_OK);
    assert_int_equal(group_put(world->office.replica, TABLE_META, &key, bytes_of(version, 4)),
                     STATUS_OK);
    assert_int_equal(
        group_put(world->office.replica, TABLE_SUMMARY, &row, bytes_of("another form", 12)),
        STATUS_OK);
    assert_int_equal(replica_index(world->office.replica, SIZE_MAX, &left), STATUS_OK);
    assert_int_equal(left, 0);
    assert_int_equal(replica_commit(world->office.replica, &made), STATUS_OK);
    check_find(world, "hoa", "Hồ Thị Hoà|Hồ Thị Hòa");
    check_list(world, "", 0, "Hồ Thị Hòa|Hồ Thị Hoà");
}

static void test_index__status_counts_and_digests(void **state)
{
    struct world *world = *state;
    struct replica_read *read = NULL;
    struct arena arena;
    struct replica_status status;
    receive(world, "A");
    receive(world, "B");
    arena_init(&arena, SIZE_MAX);
    assert_int_equal(replica_read_begin(world->office.replica, &read), STATUS_OK);
    enum status told = replica_status(read, &arena, &status);
    replica_read_end(read);
    assert_int_equal(told, STATUS_OK);
    assert_int_equal(status.cases, 2);
    assert_int_equal(status.stale_cases, 0);
    assert_int_equal(status.at_office, status.records);
    assert_int_equal(status.at_hub, 0);
    assert_int_equal(status.waiting, status.records);
    assert_false(status.clock_suspect);
    assert_false(status.granted);
    assert_true(status.example_pack);
    assert_true(status.scope_count >= 1);
    arena_deinit(&arena);
}

/* ---- search against the plainest reading of its promise ---- */

enum { NAMES = 60, NAME_BYTES = 64 };

static const char *const syllables[] = {"Hồ", "Hoà", "Hòa", "Hoa", "Hoàng", "Thị",
                                        "Lê", "Lệ",  "Đỗ",  "Đô",  "An",    "Ân"};
enum { SYLLABLES = sizeof syllables / sizeof syllables[0] };

static void make_name(struct random *random, char out[NAME_BYTES])
{
    out[0] = 0;
    for (size_t i = 0, count = 1 + random_below(random, 4); i < count; i++) {
        if (i > 0) {
            strcat(out, " ");
        }
        strcat(out, syllables[random_below(random, SYLLABLES)]);
    }
}

static void key_of(const char *text, char *out, size_t room)
{
    struct buffer key;
    buffer_init(&key, room - 1);
    assert_int_equal(text_search_key(bytes_of_text(text), &key), STATUS_OK);
    struct bytes view = buffer_view(&key);
    memcpy(out, view.at, view.size);
    out[view.size] = 0;
    buffer_deinit(&key);
}

/* Every word of |query| is a word of |name|, the last one at least the beginning of one. */
static bool fits(const char *name, const char *query)
{
    char words[128];
    char wanted[128];
    key_of(name, words, sizeof words);
    key_of(query, wanted, sizeof wanted);
    struct bytes rest = bytes_of_text(wanted);
    struct bytes word = {NULL, 0};
    while (text_next_word(&rest, &word)) {
        bool found = false;
        struct bytes all = bytes_of_text(words);
        struct bytes one = {NULL, 0};
        while (!found && text_next_word(&all, &one)) {
            bool begins = one.size >= word.size && memcmp(one.at, word.at, word.size) == 0;
            found = begins && (one.size == word.size || rest.size == 0);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static bool count_row(void *context, const struct summary *row)
{
    size_t *count = context;
    (void)row;
    *count += 1;
    return true;
}

static void test_index__search_agrees_with_a_plain_scan(void **state)
{
    struct world *world = *state;
    struct random random = {42};
    char names[NAMES][NAME_BYTES];
    for (size_t i = 0; i < NAMES; i++) {
        make_name(&random, names[i]);
        receive(world, names[i]);
    }
    for (size_t round = 0; round < 300; round++) {
        char query[NAME_BYTES];
        size_t want = 0;
        size_t found = 0;
        struct replica_read *read = NULL;
        make_name(&random, query);
        for (size_t i = 0; i < NAMES; i++) {
            want += fits(names[i], query);
        }
        assert_int_equal(replica_read_begin(world->office.replica, &read), STATUS_OK);
        assert_int_equal(replica_find(read, bytes_of_text(query), SIZE_MAX, count_row, &found),
                         STATUS_OK);
        replica_read_end(read);
        if (found != want) {
            fail_msg("\"%s\" finds %zu, not %zu", query, found, want);
        }
    }
}

/* Rows survive any text a person may type, and the row's own reader. */
static void test_index__a_row_is_read_back(void **state)
{
    (void)state;
    struct summary_row row = {.summary = {.code = {(const uint8_t *)"x", 1},
                                          .state = 4,
                                          .received = INT64_MIN,
                                          .due = -1,
                                          .handed_over = INT64_MAX,
                                          .conflicts = 3,
                                          .records = 7,
                                          .held = 1,
                                          .ineffective = 2,
                                          .newer = true},
                              .scope = 9,
                              .words = {(const uint8_t *)"a b", 3},
                              .owner_words = 2};
    struct summary_row again;
    struct buffer out;
    buffer_init(&out, STORE_VALUE_BYTES);
    assert_int_equal(summary_encode(&row, &out), STATUS_OK);
    struct bytes bytes = buffer_view(&out);
    assert_int_equal(summary_decode(bytes, &again), STATUS_OK);
    assert_true(bytes_equal_text(again.summary.code, "x"));
    assert_true(bytes_equal_text(again.words, "a b"));
    assert_int_equal(again.summary.state, 4);
    assert_true(again.summary.received == INT64_MIN);
    assert_int_equal(again.summary.due, -1);
    assert_true(again.summary.handed_over == INT64_MAX);
    assert_int_equal(again.summary.conflicts, 3);
    assert_int_equal(again.scope, 9);
    assert_int_equal(again.owner_words, 2);
    assert_true(again.summary.newer);
    for (size_t size = 0; size < bytes.size; size++) {
        assert_int_equal(summary_decode(bytes_of(bytes.at, size), &again), STATUS_CORRUPT);
    }
    buffer_deinit(&out);
}

#define BOTH(test)                                                                                 \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down),                                      \
        cmocka_unit_test_setup_teardown(test, set_up_lmdb, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_index__search_knows_no_marks_but_ranks_by_them),
        BOTH(test_index__search_takes_numbers_and_codes),
        BOTH(test_index__an_owner_comes_before_who_hands_in),
        BOTH(test_index__a_changed_name_is_found_by_the_new_one_only),
        BOTH(test_index__the_list_goes_by_code),
        BOTH(test_index__a_case_answers_to_code_id_and_prefix),
        BOTH(test_index__rows_are_the_same_made_again),
        BOTH(test_index__rows_of_another_version_are_thrown_away),
        BOTH(test_index__status_counts_and_digests),
        cmocka_unit_test_setup_teardown(test_index__search_agrees_with_a_plain_scan, set_up,
                                        tear_down),
        cmocka_unit_test(test_index__a_row_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
