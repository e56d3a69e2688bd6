/*
 * The executions of SPEC.md "Views" about what is shown, erased, repacked, released and listed;
 * those about conflicts stand in test_view_conflicts.c.
 */
#include "tests/lib/case_test.h"

static struct fixture_act signing(int log, const char *owner)
{
    struct fixture_act act = decide_act(log, "chief");
    act.shown[0] = (struct fixture_write){.field = "chu_ho_so", .text = owner};
    act.shown_count = 1;
    return act;
}

static void test_view__F10_what_was_signed_on_is_settled(void **state)
{
    (void)state;
    int assign = fixture_in_work(&fixture);
    int signed_on = add(citing(signing(1, "v0"), assign, -1));
    compute();
    assert_int_equal(why_of(signed_on), WHY_NONE);
    assert_int_equal(judge(edit_act(2, HAT_RECEPTION, "o1", "chu_ho_so", "x")), WHY_RANK);
    fixture_edit(&fixture, 2, assign, HAT_RECEPTION, "chu_ho_so", "x");
    compute();
    assert_value("chu_ho_so", "!");
    assert_int_equal(fixture.view.state, STATE_DECIDED);
}

static void test_view__F10_a_screen_that_shows_another_value_signs_nothing(void **state)
{
    (void)state;
    int assign = fixture_in_work(&fixture);
    int wrong = add(citing(signing(1, "x"), assign, -1));
    compute();
    assert_int_equal(why_of(wrong), WHY_SHOWN_OTHER);
    assert_int_equal(fixture.view.state, STATE_IN_WORK);
    int a, b;
    fixture_owners_in_conflict(&fixture, assign, &a, &b);
    compute();
    assert_int_equal(judge(signing(4, "x")), WHY_BLOCKED);
}

static void test_view__F11_an_erasure_undoes_no_honest_act(void **state)
{
    (void)state;
    int genesis = fixture_genesis(&fixture);
    struct fixture_act act = step_act(0, HAT_LEADER, "assign");
    act.writes[0] = (struct fixture_write){.field = "chu_ho_so", .text = "x"};
    act.write_count = 1;
    int assign = add(citing(act, genesis, -1));
    add(citing(signing(1, "x"), assign, -1));
    int other = fixture_edit(&fixture, 2, assign, HAT_RECEPTION, "dia_chi", "thôn 1");
    (void)other;
    compute();
    assert_int_equal(fixture.view.state, STATE_DECIDED);
    const struct fixture_write label = {.field = "chu_ho_so", .text = "(đã xóa 1)"};
    fixture_erase(&fixture, assign, &label, 1, "assign");
    compute();
    assert_int_equal(fixture.view.state, STATE_DECIDED);
    for (int i = 0; i < (int)fixture.count; i++)
        assert_int_equal(why_of(i), WHY_NONE);
}

static void test_view__F11_a_write_over_two_equal_values_stays(void **state)
{
    (void)state;
    int assign = fixture_in_work(&fixture);
    int a = fixture_edit(&fixture, 1, assign, HAT_RECEPTION, "chu_ho_so", "x");
    int b = fixture_edit(&fixture, 2, assign, HAT_RECEPTION, "chu_ho_so", "x");
    int over = add(citing(edit_act(3, HAT_RECEPTION, "o1", "chu_ho_so", "z"), a, b));
    const struct fixture_write label = {.field = "chu_ho_so", .text = "(đã xóa 1)"};
    fixture_erase(&fixture, a, &label, 1, NULL);
    compute();
    assert_int_equal(why_of(over), WHY_NONE);
    assert_value("chu_ho_so", "z");
    /* Before that write the desk had taken them as different. */
    const int absent[] = {over, -1};
    fixture_compute(&fixture, absent);
    assert_value("chu_ho_so", "!");
    assert_int_equal(judge(edit_act(3, HAT_RECEPTION, "o1", "chu_ho_so", "z")), WHY_ERASED);
}

static void test_view__F12_an_erased_value_is_not_read_in_a_resolution(void **state)
{
    (void)state;
    int a, b;
    fixture_owners_in_conflict(&fixture, fixture_in_work(&fixture), &a, &b);
    struct fixture_act act = citing(settle_act(3, HAT_LEADER, "chief", "chu_ho_so", "x"), a, b);
    act.writes[0].sources[0] = a;
    act.writes[0].source_count = 1;
    int settled = add(act);
    compute();
    assert_int_equal(why_of(settled), WHY_NONE);
    assert_value("chu_ho_so", "x");
    const struct fixture_write label = {.field = "chu_ho_so", .text = "(đã xóa 1)"};
    fixture_erase(&fixture, a, &label, 1, NULL);
    compute();
    assert_int_equal(why_of(settled), WHY_NONE);
    assert_value("chu_ho_so", "(đã xóa 1)");
}

static struct fixture_act repack_act(int log, const char *officer, size_t pack)
{
    struct fixture_act act = {.kind = KIND_REPACK, .log = log, .hat = HAT_LEADER};
    act.officer = officer;
    act.pack = fixture.packs[pack]->hash;
    return act;
}

static void test_view__F13_a_repack_decides_no_conflict(void **state)
{
    (void)state;
    size_t latest = fixture_add_pack(&fixture, "chu_ho_so", POLICY_LATEST);
    int a, b;
    fixture_owners_in_conflict(&fixture, fixture_in_work(&fixture), &a, &b);
    int repack = add(citing(repack_act(3, "chief", latest), a, b));
    compute();
    assert_int_equal(why_of(repack), WHY_NONE);
    assert_ptr_equal(fixture.view.pack, fixture.packs[latest]);
    assert_value("chu_ho_so", "!");
    /* What is written now is judged, and merged, by the new pack; with an old one beside it, human.
     */
    follow(settle_act(3, HAT_LEADER, "chief", "chu_ho_so", "x"));
    compute();
    assert_value("chu_ho_so", "!");
}

static void test_view__F13_policies_that_differ_are_a_persons(void **state)
{
    (void)state;
    size_t latest = fixture_add_pack(&fixture, "chu_ho_so", POLICY_LATEST);
    int assign = fixture_in_work(&fixture);
    int repack = add(citing(repack_act(1, "chief", latest), assign, -1));
    int under_new = fixture_edit(&fixture, 1, repack, HAT_RECEPTION, "chu_ho_so", "y");
    compute();
    assert_int_equal(why_of(under_new), WHY_NONE);
    assert_value("chu_ho_so", "y");
    fixture_edit(&fixture, 2, assign, HAT_RECEPTION, "chu_ho_so", "x");
    compute();
    assert_value("chu_ho_so", "!");
}

static void test_view__F13_of_two_repacks_the_pack_before_holds(void **state)
{
    (void)state;
    size_t one = fixture_add_pack(&fixture, "chu_ho_so", POLICY_LATEST);
    size_t two = fixture_add_pack(&fixture, "chu_ho_so", POLICY_AUTHORITY);
    int assign = fixture_in_work(&fixture);
    add(citing(repack_act(1, "chief", one), assign, -1));
    add(citing(repack_act(2, "deputy", two), assign, -1));
    compute();
    assert_ptr_equal(fixture.view.pack, fixture.packs[0]);
    assert_true(view_field_of(&fixture.view, bytes_of_text(VIEW_PACK_KEY))->conflict);
    follow(repack_act(3, "chief", two));
    compute();
    assert_ptr_equal(fixture.view.pack, fixture.packs[two]);
    assert_null(view_field_of(&fixture.view, bytes_of_text(VIEW_PACK_KEY)));
}

static void test_view__F14_a_release_says_what_it_means(void **state)
{
    (void)state;
    int assign = fixture_in_work(&fixture);
    int asked = fixture_step(&fixture, 1, assign, HAT_SPECIALIST, "supplement", "thiếu");
    int came = fixture_step(&fixture, 2, asked, HAT_RECEPTION, "complete", NULL);
    const int absent[] = {asked, -1};
    fixture_compute(&fixture, absent);
    assert_int_equal(why_of(came), WHY_HELD);
    fixture.inputs[came].standing = STANDING_RELEASED_CUT;
    fixture_compute(&fixture, absent);
    assert_int_equal(why_of(came), WHY_HELD);
    fixture.inputs[came].standing = STANDING_RELEASED_HELD;
    fixture_compute(&fixture, absent);
    assert_int_equal(why_of(came), WHY_NONE);
    assert_int_equal(fixture.view.state, STATE_IN_WORK);
    fixture.inputs[came].standing = STANDING_REFUSED;
    fixture_compute(&fixture, absent);
    assert_int_equal(why_of(came), WHY_REFUSED);
}

static size_t versions_of(const char *field)
{
    const struct view_field *found = view_field_of(&fixture.view, bytes_of_text(field));
    return found != NULL ? found->version_count : 0;
}

static void test_view__F15_in_lists_nothing_supersedes_by_descent(void **state)
{
    (void)state;
    int assign = fixture_in_work(&fixture);
    int first = fixture_edit(&fixture, 0, assign, HAT_RECEPTION, "ghi_chu", "một");
    fixture_edit(&fixture, 0, first, HAT_RECEPTION, "ghi_chu", "hai");
    struct fixture_act act = edit_act(1, HAT_RECEPTION, "o1", "thanh_phan", "tờ khai");
    act.writes[0].op = WRITE_ADD;
    int added = add(citing(act, assign, -1));
    int again = add(citing((act.log = 2, act), assign, -1));
    compute();
    assert_int_equal(versions_of("ghi_chu"), 2);
    assert_int_equal(versions_of("thanh_phan"), 1);
    struct fixture_act removal = act;
    removal.log = 1;
    removal.writes[0].op = WRITE_REMOVE;
    removal.writes[0].sources[0] = added;
    removal.writes[0].sources[1] = again; /* named, but not counted: it stays */
    removal.writes[0].source_count = 2;
    int removed = add(citing(removal, added, -1));
    compute();
    assert_int_equal(why_of(removed), WHY_NONE);
    assert_int_equal(versions_of("thanh_phan"), 1);
    follow(removal);
    compute();
    assert_int_equal(versions_of("thanh_phan"), 0);
}

static void test_view__D5_an_act_has_effect_whole_or_not(void **state)
{
    (void)state;
    int assign = fixture_in_work(&fixture);
    struct fixture_act act = edit_act(1, HAT_RECEPTION, "o1", "nguoi_nop", "Mai");
    act.writes[1] = (struct fixture_write){.field = "hen_tra", .number = 1600000000};
    act.write_count = 2;
    int both = add(citing(act, assign, -1));
    compute();
    assert_int_equal(why_of(both), WHY_HAT_WRITE);
    assert_value("nguoi_nop", "");
    assert_int_equal(judge(edit_act(2, HAT_IT, "o1", "nguoi_nop", "Mai")), WHY_HAT_WRITE);
    act = edit_act(2, HAT_RECEPTION, "o1", "nguoi_nop", "Mai");
    act.unit = "000.11.30.H57";
    assert_int_equal(judge(act), WHY_FOREIGN_UNIT);
    act.unit = FIXTURE_HUB;
    act.hat = HAT_CASE_DECIDER;
    assert_int_equal(judge(act), WHY_NONE);
    act.hat = HAT_SPECIALIST;
    assert_int_equal(judge(act), WHY_FOREIGN_UNIT);
}

#define RULE(name) cmocka_unit_test_setup_teardown(test_view__##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(F10_what_was_signed_on_is_settled),
        RULE(F10_a_screen_that_shows_another_value_signs_nothing),
        RULE(F11_an_erasure_undoes_no_honest_act),
        RULE(F11_a_write_over_two_equal_values_stays),
        RULE(F12_an_erased_value_is_not_read_in_a_resolution),
        RULE(F13_a_repack_decides_no_conflict),
        RULE(F13_policies_that_differ_are_a_persons),
        RULE(F13_of_two_repacks_the_pack_before_holds),
        RULE(F14_a_release_says_what_it_means),
        RULE(F15_in_lists_nothing_supersedes_by_descent),
        RULE(D5_an_act_has_effect_whole_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
