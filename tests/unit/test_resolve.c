#include "tests/lib/counter.h"
#include "tests/lib/unit.h"

#include <stdio.h>
#include <string.h>

/* A hub, an office and two of its devices; each has commands run on it. */
enum { HUB, OFFICE, LEFT, RIGHT, NODES };

struct world {
    struct district district;
    struct site sites[NODES];
    struct counter counters[NODES];
    char code[64];
};

static void open_site(struct world *world, size_t index, uint64_t role, const char *unit)
{
    const struct name *scope =
        role == ROLE_DEVICE ? &replica_identity(world->sites[OFFICE].replica)->scope : NULL;

    site_open(&world->sites[index], site_memory(), &world->district, role, unit, index + 1, scope);
    if (role == ROLE_HUB)
        site_found(&world->sites[index], &world->district);
    else
        site_publish(&world->sites[index], &world->district);
}

static void exchange(struct world *world)
{
    for (int round = 0; round < 2; round++) {
        for (size_t i = HUB; i + 1 < NODES; i++) {
            size_t above = i < OFFICE ? HUB : OFFICE;
            site_send(&world->sites[i + 1], &world->sites[above]);
            site_send(&world->sites[above], &world->sites[i + 1]);
        }
    }
}

static int open_world(void **state)
{
    struct world *world = test_malloc(sizeof *world);

    counter_district(&world->district);
    open_site(world, HUB, ROLE_HUB, SITE_HUB_UNIT);
    open_site(world, OFFICE, ROLE_OFFICE, SITE_UNIT);
    site_grant(&world->sites[HUB], &world->sites[OFFICE], true, true);
    site_send(&world->sites[HUB], &world->sites[OFFICE]);
    open_site(world, LEFT, ROLE_DEVICE, SITE_UNIT);
    open_site(world, RIGHT, ROLE_DEVICE, SITE_UNIT);
    site_grant(&world->sites[OFFICE], &world->sites[LEFT], false, false);
    site_grant(&world->sites[OFFICE], &world->sites[RIGHT], false, false);
    exchange(world);
    for (size_t i = 0; i < NODES; i++)
        counter_over(&world->counters[i], &world->sites[i]);
    *state = world;
    return 0;
}

static int close_world(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < NODES; i++) {
        counter_close(&world->counters[i]);
        site_close(&world->sites[i]);
    }
    district_close(&world->district);
    test_free(world);
    return 0;
}

/* Runs |verb| on a node with CODE in |format| put in. */
static enum hoso_code run(struct world *world, size_t node, const char *verb, const char *format)
{
    char arguments[1024];
    const char *mark = strstr(format, "CODE");

    if (!mark)
        return counter_run(&world->counters[node], verb, format);
    (void)snprintf(arguments, sizeof arguments, "%.*s%s%s", (int)(mark - format), format,
                   world->code, mark + 4);
    return counter_run(&world->counters[node], verb, arguments);
}

static const struct json *document(const struct world *world, size_t node)
{
    return world->counters[node].document;
}

static const char *text_of(const struct json *value)
{
    return (const char *)json_as_text(value).at;
}

/* Both devices change the owner of one dossier, the left one its address too. */
static void disagree(struct world *world)
{
    assert_int_equal(run(world, OFFICE, "receive",
                         "{\"as\":\"tn01\",\"procedure\":\"2.000815\",\"fields\":{\"chu_ho_so\":"
                         "\"Hồ Thị Hoa\"}}"),
                     HOSO_DONE);
    (void)snprintf(world->code, sizeof world->code, "%s",
                   text_of(json_member(document(world, OFFICE), "code")));
    exchange(world);
    assert_int_equal(run(world, LEFT, "set",
                         "{\"as\":\"tn01\",\"code\":\"CODE\",\"fields\":{\"chu_ho_so\":\"Hồ Thị "
                         "Hòa\",\"dia_chi\":\"thôn Ta Ay\"}}"),
                     HOSO_DONE);
    assert_int_equal(run(world, RIGHT, "set",
                         "{\"as\":\"ht01\",\"code\":\"CODE\",\"fields\":{\"chu_ho_so\":\"Hồ Thị "
                         "Hoan\",\"dien_thoai\":\"0365063955\"}}"),
                     HOSO_DONE);
    exchange(world);
}

static void test_resolve__both_values_are_kept_everywhere(void **state)
{
    struct world *world = *state;

    disagree(world);
    for (size_t i = 0; i < NODES; i++) {
        assert_int_equal(run(world, i, "conflicts", "{}"), HOSO_DONE);
        assert_string_equal(text_of(json_member(document(world, i), "code")), world->code);
        assert_string_equal(text_of(json_member(document(world, i), "field")), "chu_ho_so");
        assert_int_equal(counter_figure(&world->counters[i], "versions"), 2);
        assert_true(json_count(json_member(document(world, i), "blocks")) > 0);
        assert_int_equal(run(world, i, "show", "{\"code\":\"CODE\"}"), HOSO_DONE);
        const struct json *fields = json_member(document(world, i), "fields");
        const struct json *owner = json_member(fields, "chu_ho_so");
        assert_true(json_holds_null(json_member(owner, "value")));
        assert_int_equal(json_count(json_member(owner, "versions")), 2);
        /* Changes to different fields have merged by themselves. */
        assert_string_equal(text_of(json_member(json_member(fields, "dia_chi"), "value")),
                            "thôn Ta Ay");
        assert_string_equal(text_of(json_member(json_member(fields, "dien_thoai"), "value")),
                            "0365063955");
    }
}

static void test_resolve__a_decision_ends_it_everywhere(void **state)
{
    struct world *world = *state;
    char arguments[512];

    disagree(world);
    assert_int_equal(run(world, OFFICE, "show", "{\"code\":\"CODE\"}"), HOSO_DONE);
    const struct json *versions = json_member(
        json_member(json_member(document(world, OFFICE), "fields"), "chu_ho_so"), "versions");
    const struct json *chosen = json_item(versions, 0);
    char value[64];
    (void)snprintf(value, sizeof value, "%s", text_of(json_member(chosen, "value")));
    (void)snprintf(arguments, sizeof arguments,
                   "{\"as\":\"ct01\",\"code\":\"CODE\",\"choose\":{\"chu_ho_so\":\"%.8s\"},"
                   "\"reason\":\"theo giấy khai sinh\",\"view\":\"%.16s\"}",
                   text_of(json_member(chosen, "record")),
                   text_of(json_member(document(world, OFFICE), "view")));
    assert_int_equal(run(world, OFFICE, "resolve", arguments), HOSO_DONE);
    assert_int_equal(json_as_text(json_member(document(world, OFFICE), "record")).size, 64);
    exchange(world);
    for (size_t i = 0; i < NODES; i++) {
        assert_int_equal(run(world, i, "conflicts", "{}"), HOSO_DONE);
        assert_null(document(world, i));
        assert_int_equal(run(world, i, "show", "{\"code\":\"CODE\"}"), HOSO_DONE);
        const struct json *owner =
            json_member(json_member(document(world, i), "fields"), "chu_ho_so");
        assert_string_equal(text_of(json_member(owner, "value")), value);
        /* genesis, two edits, the decision: the losing value stays in the history. */
        assert_int_equal(json_count(json_member(document(world, i), "history")), 4);
    }
    /* The view that was shown is no longer the case's. */
    assert_int_equal(run(world, OFFICE, "resolve", arguments), HOSO_REFUSED);
    assert_true(bytes_equal_text(counter_error(&world->counters[OFFICE]), "changed"));
}

static void test_resolve__who_may_not_is_refused(void **state)
{
    static const struct {
        const char *arguments;
        enum hoso_code code;
        const char *error;
    } cases[] = {
        {"{\"as\":\"tn01\",\"code\":\"CODE\",\"fields\":{\"chu_ho_so\":\"Hồ Thị Hòa\"},"
         "\"reason\":\"x\"}",
         HOSO_REFUSED, "competence"},
        {"{\"as\":\"ct01\",\"code\":\"CODE\",\"fields\":{\"chu_ho_so\":\"Hồ Thị Hòa\"}}",
         HOSO_USAGE, "usage"},
        {"{\"as\":\"ct01\",\"code\":\"CODE\",\"reason\":\"x\"}", HOSO_USAGE, "usage"},
        {"{\"as\":\"ct01\",\"code\":\"CODE\",\"choose\":{\"chu_ho_so\":\"00000000\"},"
         "\"reason\":\"x\"}",
         HOSO_NOT_FOUND, "not_found"},
        {"{\"as\":\"ct01\",\"code\":\"CODE\",\"fields\":{\"khong_co\":\"x\"},\"reason\":\"x\"}",
         HOSO_REFUSED, "unknown_field"},
    };
    struct world *world = *state;

    disagree(world);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(run(world, OFFICE, "resolve", cases[i].arguments), cases[i].code);
        assert_true(bytes_equal_text(counter_error(&world->counters[OFFICE]), cases[i].error));
    }
    /* A plain write ends no conflict either. */
    assert_int_equal(run(world, OFFICE, "set",
                         "{\"as\":\"ct01\",\"code\":\"CODE\",\"fields\":{\"chu_ho_so\":\"Z\"}}"),
                     HOSO_REFUSED);
    assert_true(bytes_equal_text(counter_error(&world->counters[OFFICE]), "conflict"));
}

static void test_resolve__a_dry_run_writes_nothing(void **state)
{
    struct world *world = *state;

    disagree(world);
    assert_int_equal(run(world, OFFICE, "resolve",
                         "{\"as\":\"ct01\",\"code\":\"CODE\",\"fields\":{\"chu_ho_so\":\"Hồ Thị "
                         "Hòa\"},\"reason\":\"x\",\"dry_run\":true}"),
                     HOSO_DONE);
    assert_true(json_holds_null(json_member(document(world, OFFICE), "record")));
    assert_int_equal(run(world, OFFICE, "conflicts", "{}"), HOSO_DONE);
    assert_non_null(document(world, OFFICE));
}

static void test_resolve__the_text_says_how_to_decide(void **state)
{
    struct world *world = *state;
    struct counter *counter = &world->counters[OFFICE];
    const struct command_request request = {.verb = "conflicts", .vietnamese = true};

    disagree(world);
    buffer_reset(&counter->answer.out);
    command_run(&counter->lone.host, &request, &counter->answer);
    buffer_append_u8(&counter->answer.out, 0);
    const char *out = (const char *)counter->answer.out.at;
    assert_non_null(strstr(out, "Hồ Thị Hòa"));
    assert_non_null(strstr(out, "Hồ Thị Hoan"));
    assert_non_null(strstr(out, "hoso resolve"));
}

/* The quick look-up against the level of each record by itself. */
static void test_resolve__levels_are_those_of_the_records(void **state)
{
    struct world *world = *state;
    struct name case_name;
    size_t count = 0;

    disagree(world);
    for (size_t i = 0; i < NODES; i++) {
        struct replica_read *read = NULL;
        struct arena arena;
        struct view view;
        unsigned expected = LEVEL_MACHINE | LEVEL_OFFICE | LEVEL_HUB;
        unsigned reached = 0;
        arena_init(&arena, 16 << 20);
        assert_int_equal(replica_read_begin(world->sites[i].replica, &read), STATUS_OK);
        assert_int_equal(
            replica_cases_named(read, bytes_of_text(world->code), &case_name, 1, &count),
            STATUS_OK);
        assert_int_equal(replica_view(read, &case_name, &arena, &view), STATUS_OK);
        for (size_t e = 0; e < view.entry_count; e++) {
            struct name log = record_log(view.entries[e].record);
            expected &= replica_level(read, &log, view.entries[e].record->header.seq);
        }
        struct replica_levels *levels = replica_levels_open(read);
        assert_non_null(levels);
        assert_int_equal(replica_levels_of_case(levels, &case_name, &reached), STATUS_OK);
        assert_int_equal(reached, expected);
        replica_levels_close(levels);
        replica_read_end(read);
        arena_deinit(&arena);
    }
}

/* A case never leaves its scope, whoever acts on it: the hub writes in the office's. */
static void test_resolve__a_decision_at_the_hub_goes_to_the_office(void **state)
{
    struct world *world = *state;

    disagree(world);
    assert_int_equal(run(world, HUB, "resolve",
                         "{\"as\":\"hu-tp01\",\"code\":\"CODE\",\"fields\":{\"chu_ho_so\":\"Hồ Thị "
                         "Hoan\"},\"reason\":\"huyện quyết định\"}"),
                     HOSO_DONE);
    exchange(world);
    for (size_t i = 0; i < NODES; i++) {
        assert_int_equal(run(world, i, "conflicts", "{}"), HOSO_DONE);
        assert_null(document(world, i));
        assert_int_equal(run(world, i, "show", "{\"code\":\"CODE\"}"), HOSO_DONE);
        const struct json *owner =
            json_member(json_member(document(world, i), "fields"), "chu_ho_so");
        assert_string_equal(text_of(json_member(owner, "value")), "Hồ Thị Hoan");
        /* One dossier, not a second of the same name in the hub's own scope. */
        assert_int_equal(run(world, i, "stats", "{}"), HOSO_DONE);
        assert_int_equal(counter_figure(&world->counters[i], "dossiers"), 1);
    }
}

static void test_resolve__an_officer_of_another_unit_takes_in_nothing(void **state)
{
    struct world *world = *state;

    assert_int_equal(run(world, OFFICE, "receive",
                         "{\"as\":\"hv-tn01\",\"procedure\":\"2.000815\",\"fields\":{\"chu_ho_so\":"
                         "\"Hồ Thị Hoa\"}}"),
                     HOSO_REFUSED);
    assert_true(bytes_equal_text(counter_error(&world->counters[OFFICE]), "foreign_unit"));
    assert_int_equal(run(world, OFFICE, "stats", "{}"), HOSO_DONE);
    assert_int_equal(counter_figure(&world->counters[OFFICE], "dossiers"), 0);
}

/* Two heads, each without a line, appoint another day: until one is decided the earlier holds
 * (K09). */
static void test_resolve__of_two_appointments_the_earlier_holds(void **state)
{
    struct world *world = *state;
    static const size_t nodes[] = {HUB, OFFICE, LEFT, RIGHT};

    assert_int_equal(run(world, OFFICE, "receive",
                         "{\"as\":\"tn01\",\"procedure\":\"1.001022\",\"fields\":{\"chu_ho_so\":"
                         "\"Hồ Thị Hoa\"}}"),
                     HOSO_DONE);
    (void)snprintf(world->code, sizeof world->code, "%s",
                   text_of(json_member(document(world, OFFICE), "code")));
    assert_int_equal(
        run(world, OFFICE, "assign",
            "{\"as\":\"ct01\",\"code\":\"CODE\",\"fields\":{\"can_bo_xu_ly\":\"ht01\"}}"),
        HOSO_DONE);
    exchange(world);
    assert_int_equal(run(world, LEFT, "apologise",
                         "{\"as\":\"ct01\",\"code\":\"CODE\",\"reason\":\"mất điện\",\"fields\":{"
                         "\"hen_tra\":\"2026-12-30T17:00\"}}"),
                     HOSO_DONE);
    assert_int_equal(run(world, RIGHT, "apologise",
                         "{\"as\":\"pct1\",\"code\":\"CODE\",\"reason\":\"mưa lũ\",\"fields\":{"
                         "\"hen_tra\":\"2026-12-28T17:00\"}}"),
                     HOSO_DONE);
    exchange(world);
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        assert_int_equal(run(world, nodes[i], "show", "{\"code\":\"CODE\"}"), HOSO_DONE);
        const struct json *deadline = json_member(document(world, nodes[i]), "deadline");
        assert_string_equal(text_of(json_member(deadline, "due")), "2026-12-28T17:00+07:00");
        assert_string_equal(text_of(json_member(deadline, "source")), "written");
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(test_resolve__both_values_are_kept_everywhere),
        TEST(test_resolve__a_decision_ends_it_everywhere),
        TEST(test_resolve__a_decision_at_the_hub_goes_to_the_office),
        TEST(test_resolve__an_officer_of_another_unit_takes_in_nothing),
        TEST(test_resolve__who_may_not_is_refused),
        TEST(test_resolve__a_dry_run_writes_nothing),
        TEST(test_resolve__levels_are_those_of_the_records),
        TEST(test_resolve__of_two_appointments_the_earlier_holds),
        TEST(test_resolve__the_text_says_how_to_decide),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
