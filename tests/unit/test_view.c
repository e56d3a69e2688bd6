/*
 * The view of plain cases, of imports, and of what is not all here; the rules of conflicts stand in
 * test_view_conflicts.c and test_view_rules.c, the exhaustive runs in tests/oracle.
 */
#include "tests/lib/case_test.h"

#include <string.h>

static void test_view__a_case_in_turn(void **state)
{
    (void)state;
    int genesis = fixture_genesis(&fixture);
    compute();
    assert_int_equal(fixture.view.load, VIEW_LOADED);
    assert_int_equal(fixture.view.state, STATE_ACCEPTED);
    assert_string_equal(fixture_value(&fixture, "chu_ho_so"), "v0");
    int assign = fixture_step(&fixture, 0, genesis, HAT_LEADER, "assign", NULL);
    int decide = fixture_step(&fixture, 0, assign, HAT_LEADER, "decide", "dong_y");
    int last = fixture_step(&fixture, 0, decide, HAT_RECEPTION, "handover", "Hoa");
    compute();
    for (int i = 0; i < 4; i++) {
        assert_null(fixture_entry(&fixture, i)->why);
        assert_int_equal(fixture.view.entries[i].generation, i + 1);
    }
    assert_int_equal(fixture.view.state, STATE_HANDED_OVER);
    assert_int_equal(fixture.view.standing_state, STATE_HANDED_OVER);
    const struct view_field *field = view_field_of(&fixture.view, bytes_of_text("trang_thai"));
    assert_int_equal(field->version_count, 1);
    assert_int_equal(field->versions[0].entry, 3);
    assert_int_equal(fixture.view.head_count, 1);
    assert_true(hash_equal(&fixture.view.heads[0], &fixture.records[last].id));
    assert_int_equal(fixture.view.without_count, 0);
    struct view_cites cites;
    assert_int_equal(view_cite(&fixture.view, &fixture.records[last].id, &fixture.arena, &cites),
                     STATUS_OK);
    assert_int_equal(cites.parent_count, 0);
}

static void test_view__every_step_keeps_to_the_table(void **state)
{
    (void)state;
    fixture_genesis(&fixture);
    compute();
    const struct step *step = step_at(0);
    for (size_t i = 0; step != NULL; step = step_at(++i)) {
        struct fixture_act act = {.kind = KIND_STEP, .step = step->name};
        act.hat = (step->hats & 1u << HAT_LEADER) != 0       ? HAT_LEADER
                  : (step->hats & 1u << HAT_RECEPTION) != 0  ? HAT_RECEPTION
                  : (step->hats & 1u << HAT_SPECIALIST) != 0 ? HAT_SPECIALIST
                                                             : HAT_CASHIER;
        if (step->once_field != NULL)
            act.writes[act.write_count++] =
                (struct fixture_write){.field = step->once_field, .text = "một"};
        enum view_why why = fixture_judge(&fixture, &act);
        if (step_opens(step))
            assert_int_equal(why, WHY_STEP_UNKNOWN);
        else if ((step->from >> STATE_ACCEPTED & 1) == 0)
            assert_int_equal(why, WHY_STEP_FROM);
        else
            assert_int_equal(why, WHY_NONE);
        act.hat = HAT_ANALYST;
        assert_int_not_equal(fixture_judge(&fixture, &act), WHY_NONE);
    }
    struct fixture_act unknown = {.kind = KIND_STEP, .step = "fly", .hat = HAT_LEADER};
    assert_int_equal(fixture_judge(&fixture, &unknown), WHY_STEP_UNKNOWN);
}

static void test_view__what_happens_once_fills_its_field(void **state)
{
    (void)state;
    int genesis = fixture_genesis(&fixture);
    int assign = fixture_step(&fixture, 0, genesis, HAT_LEADER, "assign", NULL);
    int empty = fixture_step(&fixture, 1, assign, HAT_SPECIALIST, "supplement", NULL);
    int asked = fixture_step(&fixture, 2, assign, HAT_SPECIALIST, "supplement", "thiếu");
    int came = fixture_step(&fixture, 2, asked, HAT_RECEPTION, "complete", NULL);
    int again = fixture_step(&fixture, 2, came, HAT_SPECIALIST, "supplement", "thiếu nữa");
    compute();
    assert_int_equal(why_of(empty), WHY_STEP_UNFILLED);
    assert_int_equal(why_of(came), WHY_NONE);
    assert_int_equal(why_of(again), WHY_STEP_DONE);
    assert_int_equal(fixture.view.state, STATE_IN_WORK);
    assert_string_equal(fixture_entry(&fixture, again)->article, "NĐ 61/2018 Điều 11.2.c");
}

static void test_view__a_genesis_says_why_not(void **state)
{
    (void)state;
    struct fixture_act act = {.kind = KIND_GENESIS,
                              .hat = HAT_RECEPTION,
                              .write_count = 1,
                              .writes = {{.field = "ma_tthc", .text = "1.001193"}}};
    const struct {
        uint64_t hat;
        const char *officer, *field, *text, *step;
        enum view_why why;
    } rows[] = {
        {HAT_RECEPTION, "tn01", "ma_tthc", "1.001193", NULL, WHY_NONE},
        {HAT_RECEPTION, "tn01", "ma_tthc", "1.001193", "submit", WHY_NONE},
        {HAT_RECEPTION, "tn01", "ma_tthc", "1.001193", "assign", WHY_NOT_RECEIVED},
        {HAT_LEADER, "tn01", "ma_tthc", "1.001193", NULL, WHY_HAT_STEP},
        {HAT_RECEPTION, "", "ma_tthc", "1.001193", NULL, WHY_NO_OFFICER},
        {HAT_RECEPTION, "tn01", "ma_tthc", "9.9", NULL, WHY_NO_PROCEDURE},
        {HAT_RECEPTION, "tn01", "chu_ho_so", "Mai", NULL, WHY_NO_PROCEDURE},
        {HAT_RECEPTION, "tn01", "ma_la", "Mai", NULL, WHY_FIELD_UNKNOWN},
        {HAT_RECEPTION, "tn01", "trang_thai", "2", NULL, WHY_STATE_WRITTEN},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fixture_deinit(&fixture);
        fixture_init(&fixture);
        act.hat = rows[i].hat;
        act.officer = rows[i].officer;
        act.step = rows[i].step;
        act.writes[0].field = rows[i].field;
        act.writes[0].text = rows[i].text;
        int genesis = fixture_add(&fixture, &act);
        compute();
        assert_int_equal(why_of(genesis), rows[i].why);
    }
}

/* A row of a register, as import writes it: any hat, the row's officers in the body. */
static int book_step(int parent, const char *step)
{
    struct fixture_act act = {.kind = KIND_STEP,
                              .parents = {parent},
                              .parent_count = 1,
                              .step = step,
                              .hat = HAT_IT,
                              .source = SOURCE_IMPORT};
    return fixture_add(&fixture, &act);
}

static int book_genesis(void)
{
    struct fixture_act act = {.kind = KIND_GENESIS,
                              .hat = HAT_IT,
                              .source = SOURCE_IMPORT,
                              .write_count = 5,
                              .writes = {{.field = "ma_tthc", .text = "1.001193"},
                                         {.field = "ma_ho_so", .text = "000.15.30.H57-181001-0001"},
                                         {.field = "chu_ho_so", .text = "Mai"},
                                         {.field = "hen_tra", .number = 1600000000},
                                         {.field = "ghi_chu", .text = "đã trả bản chính"}}};
    return fixture_add(&fixture, &act);
}

static void test_view__a_register_row_is_book_entries(void **state)
{
    (void)state;
    static const char *const ends[] = {"supplement", "fee", "withdraw", "stop", "decide"};
    static const uint64_t states[] = {STATE_SUPPLEMENT, STATE_FEE, STATE_WITHDRAWN, STATE_STOPPED,
                                      STATE_DECIDED};
    for (size_t i = 0; i < 5; i++) {
        fixture_deinit(&fixture);
        fixture_init(&fixture);
        int last = book_step(book_step(book_genesis(), "assign"), ends[i]);
        compute();
        assert_int_equal(why_of(last), WHY_NONE);
        assert_int_equal(fixture.view.state, states[i]);
    }
    int handed = book_step(2, "handover");
    compute();
    assert_int_equal(why_of(handed), WHY_NONE);
    assert_int_equal(fixture.view.state, STATE_HANDED_OVER);
    int out_of_order = book_step(handed, "assign");
    compute();
    assert_int_equal(why_of(out_of_order), WHY_STEP_FROM);
}

static void test_view__a_book_entry_overrules_no_live_act(void **state)
{
    (void)state;
    int genesis = book_genesis();
    struct fixture_act act = {.kind = KIND_EDIT,
                              .log = 1,
                              .parents = {genesis},
                              .parent_count = 1,
                              .hat = HAT_IT,
                              .source = SOURCE_LATE_ENTRY,
                              .write_count = 1,
                              .writes = {{.field = "chu_ho_so", .text = "Hoa"}}};
    int entry = fixture_add(&fixture, &act);
    compute();
    assert_int_equal(why_of(entry), WHY_NONE);
    assert_string_equal(fixture_value(&fixture, "chu_ho_so"), "Hoa");
    int live = fixture_edit(&fixture, 2, entry, HAT_RECEPTION, "chu_ho_so", "Lan");
    act.parents[0] = live;
    int over = fixture_add(&fixture, &act);
    act.kind = KIND_RESOLUTION;
    act.reason = "sổ giấy";
    int settles = fixture_add(&fixture, &act);
    compute();
    assert_int_equal(why_of(over), WHY_BOOK_OVER_LIVE);
    assert_int_equal(why_of(settles), WHY_BOOK_SETTLES);
    assert_string_equal(fixture_value(&fixture, "chu_ho_so"), "Lan");
}

static void test_view__a_node_gives_a_code_and_nothing_else(void **state)
{
    (void)state;
    fixture_genesis(&fixture);
    compute();
    struct fixture_act act = {.kind = KIND_EDIT,
                              .officer = "",
                              .write_count = 1,
                              .writes = {{.field = "ma_ho_so", .text = "000.15.30.H57-1-1"}}};
    assert_int_equal(fixture_judge(&fixture, &act), WHY_NONE);
    struct fixture_act other = act;
    other.writes[0].field = "chu_ho_so";
    assert_int_equal(fixture_judge(&fixture, &other), WHY_NO_OFFICER);
    int coded = fixture_follow(&fixture, &act);
    compute();
    assert_int_equal(why_of(coded), WHY_NONE);
    act.writes[0].text = "000.15.30.H57-1-2";
    assert_int_equal(fixture_judge(&fixture, &act), WHY_NUMBER_STANDS);
    act.officer = "tn01";
    act.hat = HAT_LEADER;
    assert_int_equal(fixture_judge(&fixture, &act), WHY_NUMBER_STANDS);
}

static void test_view__an_edit_without_writes_joins(void **state)
{
    (void)state;
    int genesis = fixture_genesis(&fixture);
    for (int log = 1; log < 36; log++)
        fixture_edit(&fixture, log, genesis, HAT_RECEPTION, "ghi_chu", "một");
    compute();
    assert_int_equal(fixture.view.head_count, 35);
    struct fixture_act join = {.kind = KIND_EDIT, .log = 40, .hat = HAT_IT, .parent_count = 32};
    for (int i = 0; i < 32; i++)
        join.parents[i] = i + 1;
    int joined = fixture_add(&fixture, &join);
    compute();
    assert_int_equal(why_of(joined), WHY_NONE);
    assert_int_equal(fixture.view.head_count, 4);
}

static void test_view__missing_parts_are_said_never_half_computed(void **state)
{
    (void)state;
    int genesis = fixture_genesis(&fixture);
    int edit = fixture_edit(&fixture, 1, genesis, HAT_RECEPTION, "dia_chi", "thôn 1");
    const int absent[] = {genesis, -1};
    fixture_compute(&fixture, absent);
    assert_int_equal(fixture.view.load, VIEW_NOT_LOADED);
    assert_int_equal(fixture.view.field_count, 0);
    assert_int_equal(fixture.view.entry_count, 1);
    fixture.records[edit].has_body = false;
    compute();
    assert_int_equal(fixture.view.load, VIEW_NOT_LOADED);
    assert_int_equal(fixture.view.field_count, 0);
    assert_int_equal(fixture.view.state, 0);
    fixture.records[edit].has_body = true;
    fixture.packs[0]->hash.bytes[1] ^= 1;
    compute();
    assert_int_equal(fixture.view.load, VIEW_NOT_LOADED);
    struct fixture_act act = {.kind = KIND_EDIT, .hat = HAT_RECEPTION};
    assert_int_equal(fixture_judge(&fixture, &act), WHY_NOT_LOADED);
    struct view_cites cites;
    assert_int_equal(view_cite(&fixture.view, NULL, &fixture.arena, &cites), STATUS_USAGE);
}

static void test_view__what_is_newer_is_said_and_the_rest_is_shown(void **state)
{
    (void)state;
    int genesis = fixture_genesis(&fixture);
    int newer = fixture_edit(&fixture, 1, genesis, HAT_RECEPTION, "dia_chi", "thôn 1");
    fixture.records[newer].header.kind = 99;
    fixture_edit(&fixture, 2, newer, HAT_RECEPTION, "nguoi_nop", "Mai");
    compute();
    assert_int_equal(fixture.view.load, VIEW_NEWER);
    assert_int_equal(why_of(newer), WHY_NEWER);
    assert_string_equal(fixture_value(&fixture, "nguoi_nop"), "Mai");
    struct fixture_act act = {.kind = KIND_EDIT,
                              .hat = HAT_RECEPTION,
                              .write_count = 1,
                              .writes = {{.field = "ghi_chu", .text = "một"}}};
    assert_int_equal(fixture_judge(&fixture, &act), WHY_NONE);
    act.writes[0].field = "nguoi_nop";
    assert_int_equal(fixture_judge(&fixture, &act), WHY_ONLY_NOTES);
}

static void test_view__a_body_that_cannot_be_read_has_no_effect(void **state)
{
    (void)state;
    int genesis = fixture_genesis(&fixture);
    int junk = fixture_edit(&fixture, 1, genesis, HAT_RECEPTION, "dia_chi", "thôn 1");
    fixture.records[junk].body = bytes_of("\xc0", 1);
    compute();
    assert_int_equal(fixture.view.load, VIEW_LOADED);
    assert_int_equal(why_of(junk), WHY_UNREADABLE);
    assert_string_equal(fixture_value(&fixture, "chu_ho_so"), "v0");
}

static void test_view__inputs_that_are_no_case_are_refused(void **state)
{
    (void)state;
    struct view view;
    fixture_genesis(&fixture);
    fixture.inputs[1] = fixture.inputs[0];
    assert_int_equal(view_compute(fixture.inputs, 0, fixture_pack, &fixture, &fixture.arena, &view),
                     STATUS_USAGE);
    assert_int_equal(view_compute(fixture.inputs, 2, fixture_pack, &fixture, &fixture.arena, &view),
                     STATUS_USAGE);
    assert_int_equal(view_compute(fixture.inputs, LIMIT_CASE_RECORDS + 1, fixture_pack, &fixture,
                                  &fixture.arena, &view),
                     STATUS_LIMIT);
}

static void test_view__the_hash_tells_inputs_apart(void **state)
{
    (void)state;
    int genesis = fixture_genesis(&fixture);
    int edit = fixture_edit(&fixture, 1, genesis, HAT_RECEPTION, "dia_chi", "thôn 1");
    compute();
    struct name first = fixture.view.hash16;
    compute();
    assert_true(name_equal(&first, &fixture.view.hash16));
    fixture.inputs[edit].standing = STANDING_RELEASED_CUT;
    compute();
    assert_false(name_equal(&first, &fixture.view.hash16));
    fixture.inputs[edit].standing = STANDING_GRANTED;
    fixture.records[edit].id.bytes[31] ^= 1;
    compute();
    assert_false(name_equal(&first, &fixture.view.hash16));
}

/* Thousands of records in five logs that cite each other now and then. */
static void test_view__a_long_case_stays_bounded(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    int last[5];
    for (int i = 0, genesis = fixture_genesis(&fixture); i < 5; i++)
        last[i] = genesis;
    for (int i = 0; i < COUNT; i++) {
        int log = i * 7 % 5;
        last[log] = fixture_edit(&fixture, log, i % 9 == 0 ? last[(log + 1) % 5] : last[log],
                                 HAT_RECEPTION, i % 3 == 0 ? "nguoi_nop" : "dia_chi", "một");
    }
    compute();
    assert_int_equal(fixture.view.entry_count, COUNT + 1);
    assert_in_range(fixture.view.head_count, 1, 5);
    for (size_t i = 0; i < fixture.view.entry_count; i++)
        assert_int_equal(fixture.view.entries[i].effect, EFFECT_EFFECTIVE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(test_view__##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_case_in_turn),
        CASE(every_step_keeps_to_the_table),
        CASE(what_happens_once_fills_its_field),
        CASE(a_genesis_says_why_not),
        CASE(a_register_row_is_book_entries),
        CASE(a_book_entry_overrules_no_live_act),
        CASE(a_node_gives_a_code_and_nothing_else),
        CASE(an_edit_without_writes_joins),
        CASE(missing_parts_are_said_never_half_computed),
        CASE(what_is_newer_is_said_and_the_rest_is_shown),
        CASE(a_body_that_cannot_be_read_has_no_effect),
        CASE(inputs_that_are_no_case_are_refused),
        CASE(the_hash_tells_inputs_apart),
        CASE(a_long_case_stays_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
