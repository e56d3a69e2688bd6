/*
 * The executions of SPEC.md "Views" about conflicts and settlements, each by its name: what the
 * short rules got wrong for a person at the counter.
 */
#include "tests/lib/case_test.h"

static void test_view__F01a_what_a_stolen_key_signed_holds_nobody_up(void **state)
{
    (void)state;
    int assign = fixture_in_work(&fixture);
    int stolen = add(citing(decide_act(1, "chief"), assign, -1));
    int note = fixture_edit(&fixture, 2, stolen, HAT_RECEPTION, "dia_chi", "thôn 1");
    fixture.inputs[stolen].standing = STANDING_REVOKED;
    compute();
    assert_int_equal(why_of(stolen), WHY_REVOKED);
    assert_int_equal(why_of(note), WHY_NONE);
    assert_int_equal(fixture.view.state, STATE_IN_WORK);
    assert_int_equal(fixture.view.without_count, 1);
    assert_int_equal(judge(decide_act(3, "chief")), WHY_NONE);
    int real = follow(decide_act(3, "chief"));
    compute();
    assert_int_equal(why_of(real), WHY_NONE);
    assert_int_equal(fixture.view.state, STATE_DECIDED);
    assert_int_equal(fixture.view.without_count, 0);
}

static void test_view__F01b_a_step_void_at_its_own_base_holds_nobody_up(void **state)
{
    (void)state;
    int assign = fixture_in_work(&fixture);
    int faulty = fixture_step(&fixture, 1, assign, HAT_RECEPTION, "handover", "ai đó");
    int note = fixture_edit(&fixture, 2, faulty, HAT_RECEPTION, "dia_chi", "thôn 1");
    compute();
    assert_int_equal(why_of(faulty), WHY_STEP_FROM);
    assert_int_equal(fixture_entry(&fixture, faulty)->effect, EFFECT_UNSOUND);
    assert_int_equal(why_of(note), WHY_NONE);
    int real = follow(decide_act(3, "chief"));
    compute();
    assert_int_equal(why_of(real), WHY_NONE);
    assert_int_equal(fixture.view.state, STATE_DECIDED);
}

static void test_view__F01c_a_stolen_leaders_rank_does_not_stay(void **state)
{
    (void)state;
    int a, b;
    fixture_owners_in_conflict(&fixture, fixture_in_work(&fixture), &a, &b);
    int stolen = add(citing(settle_act(3, HAT_LEADER, "chief", "chu_ho_so", "x"), a, b));
    compute();
    assert_value("chu_ho_so", "x");
    assert_int_equal(judge(settle_act(4, HAT_SPECIALIST, "spec", "chu_ho_so", "y")), WHY_RANK);
    fixture.inputs[stolen].standing = STANDING_REVOKED;
    compute();
    assert_value("chu_ho_so", "!");
    int real = follow(settle_act(4, HAT_SPECIALIST, "spec", "chu_ho_so", "y"));
    compute();
    assert_int_equal(why_of(real), WHY_NONE);
    assert_value("chu_ho_so", "y");
}

static void test_view__F01d_what_was_never_seen_is_not_superseded(void **state)
{
    (void)state;
    int assign = fixture_in_work(&fixture);
    int missing = fixture_edit(&fixture, 1, assign, HAT_RECEPTION, "chu_ho_so", "x");
    int held = fixture_edit(&fixture, 2, missing, HAT_RECEPTION, "dia_chi", "thôn 1");
    const int absent[] = {missing, -1};
    fixture_compute(&fixture, absent);
    assert_int_equal(why_of(held), WHY_HELD);
    assert_int_equal(fixture.view.held_count, 1);
    fixture.inputs[held].standing = STANDING_RELEASED_HELD;
    fixture_compute(&fixture, absent);
    assert_int_equal(why_of(held), WHY_NONE);
    assert_int_equal(fixture.view.without_count, 1);
    int later = follow(edit_act(3, HAT_RECEPTION, "o1", "chu_ho_so", "z"));
    fixture_compute(&fixture, absent);
    assert_int_equal(why_of(later), WHY_NONE);
    assert_value("chu_ho_so", "z");
    compute();
    assert_value("chu_ho_so", "!");
}

static void test_view__F02_typing_ends_no_conflict(void **state)
{
    (void)state;
    int a, b;
    fixture_owners_in_conflict(&fixture, fixture_in_work(&fixture), &a, &b);
    compute();
    assert_value("chu_ho_so", "!");
    assert_int_equal(judge(edit_act(3, HAT_LEADER, "chief", "chu_ho_so", "z")), WHY_CONFLICT);
    assert_int_equal(judge(edit_act(3, HAT_LEADER, "chief", "nguoi_nop", "z")), WHY_NONE);
    int typed = add(citing(edit_act(3, HAT_LEADER, "chief", "chu_ho_so", "z"), a, b));
    compute();
    assert_int_equal(why_of(typed), WHY_CONFLICT);
    assert_value("chu_ho_so", "!");
    int settled = follow(settle_act(3, HAT_SPECIALIST, "spec", "chu_ho_so", "z"));
    compute();
    assert_int_equal(why_of(settled), WHY_NONE);
    assert_value("chu_ho_so", "z");
}

static void test_view__F03_who_may_step_is_the_tables_business(void **state)
{
    (void)state;
    int assign = fixture_in_work(&fixture);
    int withdrawn = fixture_step(&fixture, 1, assign, HAT_RECEPTION, "withdraw", NULL);
    int decided = add(citing(decide_act(2, "chief"), assign, -1));
    compute();
    assert_int_equal(fixture.view.state, 0);
    int settled = add(citing(settle_state(3, HAT_LEADER, "chief", 9), withdrawn, decided));
    compute();
    assert_int_equal(why_of(settled), WHY_NONE);
    assert_int_equal(fixture.view.state, STATE_DECIDED);
    int handed = fixture_step(&fixture, 4, settled, HAT_RECEPTION, "handover", "Hoa");
    compute();
    assert_int_equal(why_of(handed), WHY_NONE);
    assert_int_equal(fixture.view.state, STATE_HANDED_OVER);
    /* The leader's decision goes on under the step: a late copy of what it rejected is aside. */
    int late = fixture_step(&fixture, 5, assign, HAT_RECEPTION, "withdraw", NULL);
    compute();
    assert_true(fixture_entry(&fixture, late)->aside);
    assert_int_equal(fixture.view.state, STATE_HANDED_OVER);
}

static void test_view__F04a_a_weighed_value_does_not_reopen(void **state)
{
    (void)state;
    int a, b;
    int assign = fixture_in_work(&fixture);
    fixture_owners_in_conflict(&fixture, assign, &a, &b);
    add(citing(settle_act(3, HAT_HEAD_OF_ONE_STOP, "head", "chu_ho_so", "x"), a, b));
    int late = fixture_edit(&fixture, 4, assign, HAT_RECEPTION, "chu_ho_so", "y");
    compute();
    assert_value("chu_ho_so", "x");
    assert_true(fixture_entry(&fixture, late)->aside);
    fixture_edit(&fixture, 5, assign, HAT_RECEPTION, "chu_ho_so", "z");
    compute();
    assert_value("chu_ho_so", "!");
}

static void test_view__F04b_what_the_higher_never_saw_stays_open(void **state)
{
    (void)state;
    int a, b;
    int assign = fixture_in_work(&fixture);
    fixture_owners_in_conflict(&fixture, assign, &a, &b);
    int d = fixture_edit(&fixture, 5, assign, HAT_RECEPTION, "chu_ho_so", "z");
    struct fixture_act lower =
        citing(settle_act(3, HAT_SPECIALIST, "spec", "chu_ho_so", "z"), a, b);
    lower.parents[lower.parent_count++] = d;
    add(lower);
    add(citing(settle_act(4, HAT_LEADER, "chief", "chu_ho_so", "x"), a, b));
    compute();
    assert_value("chu_ho_so", "!");
}

static void test_view__F04_the_higher_rank_decides_over_what_it_weighed(void **state)
{
    (void)state;
    int a, b;
    fixture_owners_in_conflict(&fixture, fixture_in_work(&fixture), &a, &b);
    int lower = add(citing(settle_act(3, HAT_SPECIALIST, "spec", "chu_ho_so", "y"), a, b));
    add(citing(settle_act(4, HAT_LEADER, "chief", "chu_ho_so", "x"), a, b));
    compute();
    assert_value("chu_ho_so", "x");
    assert_true(fixture_entry(&fixture, lower)->aside);
    /* Of equals neither. */
    add(citing(settle_act(5, HAT_LEADER, "deputy", "chu_ho_so", "y"), a, b));
    compute();
    assert_value("chu_ho_so", "!");
}

static void test_view__F05_the_rank_stays_with_the_field(void **state)
{
    (void)state;
    int a, b;
    fixture_owners_in_conflict(&fixture, fixture_in_work(&fixture), &a, &b);
    add(citing(settle_act(3, HAT_LEADER, "chief", "chu_ho_so", "x"), a, b));
    compute();
    assert_int_equal(judge(edit_act(4, HAT_RECEPTION, "o1", "chu_ho_so", "w")), WHY_RANK);
    follow(edit_act(3, HAT_LEADER, "chief", "chu_ho_so", "z"));
    compute();
    assert_value("chu_ho_so", "z");
    assert_int_equal(judge(edit_act(4, HAT_RECEPTION, "o1", "chu_ho_so", "w")), WHY_RANK);
    int typed = follow(edit_act(4, HAT_RECEPTION, "o1", "chu_ho_so", "w"));
    compute();
    assert_int_equal(why_of(typed), WHY_RANK);
    assert_value("chu_ho_so", "z");
    assert_int_equal(view_field_of(&fixture.view, bytes_of_text("chu_ho_so"))->rank, 30);
}

static void test_view__F06_authority_is_not_overruled_from_below(void **state)
{
    (void)state;
    int assign = fixture_in_work(&fixture);
    int above = fixture_edit(&fixture, 1, assign, HAT_LEADER, "nguoi_ky", "ct01");
    int below = fixture_edit(&fixture, 2, above, HAT_RECEPTION, "nguoi_ky", "pct1");
    compute();
    assert_int_equal(why_of(below), WHY_NONE);
    assert_value("nguoi_ky", "ct01");
    const struct view_field *field = view_field_of(&fixture.view, bytes_of_text("nguoi_ky"));
    assert_int_equal(field->version_count, 2);
    assert_true(field->versions[1].proposal);
    fixture_edit(&fixture, 3, below, HAT_LEADER, "nguoi_ky", "pct1");
    compute();
    assert_value("nguoi_ky", "pct1");
    /* Equal ranks side by side are a person's to decide. */
    fixture_edit(&fixture, 4, below, HAT_LEADER, "nguoi_ky", "ct02");
    compute();
    assert_value("nguoi_ky", "!");
}

static void test_view__F07_a_branch_that_took_the_same_steps_stands_over(void **state)
{
    (void)state;
    int genesis = fixture_genesis(&fixture);
    fixture_step(&fixture, 1, genesis, HAT_LEADER, "assign", NULL);
    int other = fixture_step(&fixture, 2, genesis, HAT_HEAD_OF_ONE_STOP, "assign", NULL);
    compute();
    assert_int_equal(fixture.view.state, STATE_IN_WORK);
    fixture_step(&fixture, 2, other, HAT_SPECIALIST, "supplement", "thiếu tờ khai");
    compute();
    assert_int_equal(fixture.view.state, STATE_SUPPLEMENT);
}

static void test_view__F07_a_branch_is_compared_step_by_step(void **state)
{
    (void)state;
    int assign = fixture_in_work(&fixture);
    /* One branch asked a fee and was paid; the other asked papers, got them, and asked a fee. */
    int fee = fixture_step(&fixture, 1, assign, HAT_SPECIALIST, "fee", NULL);
    fixture_step(&fixture, 1, fee, HAT_CASHIER, "paid", NULL);
    int asked = fixture_step(&fixture, 2, assign, HAT_SPECIALIST, "supplement", "thiếu");
    int came = fixture_step(&fixture, 2, asked, HAT_RECEPTION, "complete", NULL);
    fixture_step(&fixture, 2, came, HAT_SPECIALIST, "fee", NULL);
    compute();
    assert_int_equal(fixture.view.state, 0);
    /* A third did all the first did, and one more. */
    int other = fixture_step(&fixture, 3, assign, HAT_SPECIALIST, "fee", NULL);
    int paid = fixture_step(&fixture, 3, other, HAT_CASHIER, "paid", NULL);
    fixture_step(&fixture, 3, paid, HAT_SPECIALIST, "fee", NULL);
    const int absent[] = {asked, came, came + 1, -1};
    fixture_compute(&fixture, absent);
    assert_int_equal(fixture.view.state, STATE_FEE);
}

static void test_view__F07_withdrawing_stands_over_states_before_a_result(void **state)
{
    (void)state;
    int genesis = fixture_genesis(&fixture);
    fixture_step(&fixture, 1, genesis, HAT_LEADER, "assign", NULL);
    fixture_step(&fixture, 2, genesis, HAT_RECEPTION, "withdraw", NULL);
    compute();
    assert_int_equal(fixture.view.state, STATE_WITHDRAWN);
}

static void test_view__F07_a_signature_unseen_leaves_the_state_open(void **state)
{
    (void)state;
    int assign = fixture_in_work(&fixture);
    int asked = fixture_step(&fixture, 1, assign, HAT_SPECIALIST, "supplement", "thiếu tờ khai");
    add(citing(decide_act(2, "chief"), assign, -1));
    compute();
    assert_int_equal(fixture.view.state, 0);
    int came = fixture_step(&fixture, 1, asked, HAT_RECEPTION, "complete", NULL);
    compute();
    assert_int_equal(why_of(came), WHY_NONE);
    assert_int_equal(fixture.view.state, 0);
    assert_int_equal(fixture.view.standing_state, STATE_IN_WORK);
}

static void test_view__F08_a_resolution_chooses_among_what_it_weighed(void **state)
{
    (void)state;
    int assign = fixture_in_work(&fixture);
    fixture_step(&fixture, 1, assign, HAT_SPECIALIST, "supplement", "thiếu tờ khai");
    compute();
    assert_int_equal(judge(settle_state(2, HAT_LEADER, "chief", 9)), WHY_SETTLE_STATE);
    add(citing(decide_act(2, "chief"), assign, -1));
    compute();
    assert_int_equal(judge(settle_state(3, HAT_LEADER, "chief", 10)), WHY_SETTLE_STATE);
    assert_int_equal(judge(settle_state(3, HAT_LEADER, "chief", 9)), WHY_NONE);
    assert_int_equal(judge(settle_state(3, HAT_SPECIALIST, "spec", 9)), WHY_HAT_SETTLE);
    int walked = follow(settle_state(3, HAT_LEADER, "chief", 10));
    compute();
    assert_int_equal(why_of(walked), WHY_SETTLE_STATE);
}

static void test_view__F09_equals_do_not_decide_by_turns(void **state)
{
    (void)state;
    int a, b;
    fixture_owners_in_conflict(&fixture, fixture_in_work(&fixture), &a, &b);
    add(citing(settle_act(3, HAT_LEADER, "one", "chu_ho_so", "x"), a, b));
    add(citing(settle_act(4, HAT_LEADER, "two", "chu_ho_so", "y"), a, b));
    compute();
    assert_value("chu_ho_so", "!");
    assert_int_equal(judge(settle_act(3, HAT_LEADER, "one", "chu_ho_so", "x")), WHY_SETTLE_AGAIN);
    assert_int_equal(judge(settle_act(4, HAT_LEADER, "two", "chu_ho_so", "y")), WHY_SETTLE_AGAIN);
    assert_int_equal(judge(settle_act(3, HAT_LEADER, "one", "chu_ho_so", "y")), WHY_NONE);
    assert_int_equal(judge(settle_act(3, HAT_LEADER, "three", "chu_ho_so", "x")), WHY_NONE);
    assert_int_equal(judge(settle_act(3, HAT_SPECIALIST, "spec", "chu_ho_so", "x")), WHY_RANK);
    /* In sequence too. */
    follow(settle_act(4, HAT_LEADER, "three", "chu_ho_so", "x"));
    compute();
    assert_value("chu_ho_so", "x");
    assert_int_equal(judge(edit_act(4, HAT_LEADER, "two", "chu_ho_so", "y")), WHY_SETTLE_AGAIN);
}

static void test_view__D1_a_conflict_blocks_what_needs_it(void **state)
{
    (void)state;
    int a, b;
    fixture_owners_in_conflict(&fixture, fixture_in_work(&fixture), &a, &b);
    compute();
    assert_int_equal(judge(decide_act(3, "chief")), WHY_BLOCKED);
    struct fixture_act ask = step_act(3, HAT_SPECIALIST, "supplement");
    ask.writes[0] = (struct fixture_write){.field = "bo_sung", .text = "thiếu"};
    ask.write_count = 1;
    assert_int_equal(judge(ask), WHY_NONE);
    const char *steps[8];
    size_t count = view_blocks(&fixture.view,
                               view_field_of(&fixture.view, bytes_of_text("chu_ho_so")), steps, 8);
    assert_int_equal(count, 4);
    assert_string_equal(steps[0], "decide");
    assert_string_equal(steps[1], "deny");
    assert_string_equal(steps[2], "handover");
    assert_string_equal(steps[3], "print");
}

static void test_view__D2_the_old_value_stands_meanwhile(void **state)
{
    (void)state;
    int a, b;
    fixture_owners_in_conflict(&fixture, fixture_in_work(&fixture), &a, &b);
    compute();
    const struct view_field *field = view_field_of(&fixture.view, bytes_of_text("chu_ho_so"));
    assert_int_equal(field->value_bytes.size, 0);
    assert_true(bytes_equal(field->standing_bytes,
                            fixture_value_bytes(&fixture, &(struct fixture_write){.text = "v0"})));
    /* Once somebody decided, his decision stands while a late value keeps it open. */
    add(citing(settle_act(3, HAT_LEADER, "chief", "chu_ho_so", "x"), a, b));
    fixture_edit(&fixture, 4, 1, HAT_RECEPTION, "chu_ho_so", "z");
    compute();
    field = view_field_of(&fixture.view, bytes_of_text("chu_ho_so"));
    assert_true(field->conflict);
    assert_int_equal(field->version_count, 2);
    assert_true(bytes_equal(field->standing_bytes,
                            fixture_value_bytes(&fixture, &(struct fixture_write){.text = "x"})));
}

#define RULE(name) cmocka_unit_test_setup_teardown(test_view__##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(F01a_what_a_stolen_key_signed_holds_nobody_up),
        RULE(F01b_a_step_void_at_its_own_base_holds_nobody_up),
        RULE(F01c_a_stolen_leaders_rank_does_not_stay),
        RULE(F01d_what_was_never_seen_is_not_superseded),
        RULE(F02_typing_ends_no_conflict),
        RULE(F03_who_may_step_is_the_tables_business),
        RULE(F04a_a_weighed_value_does_not_reopen),
        RULE(F04b_what_the_higher_never_saw_stays_open),
        RULE(F04_the_higher_rank_decides_over_what_it_weighed),
        RULE(F05_the_rank_stays_with_the_field),
        RULE(F06_authority_is_not_overruled_from_below),
        RULE(F07_a_branch_that_took_the_same_steps_stands_over),
        RULE(F07_a_branch_is_compared_step_by_step),
        RULE(F07_withdrawing_stands_over_states_before_a_result),
        RULE(F07_a_signature_unseen_leaves_the_state_open),
        RULE(F08_a_resolution_chooses_among_what_it_weighed),
        RULE(F09_equals_do_not_decide_by_turns),
        RULE(D1_a_conflict_blocks_what_needs_it),
        RULE(D2_the_old_value_stands_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
