/*
 * The executions of SPEC.md "Views", each by its name: what the short rules got wrong for a person
 * at the counter.
 */
#include "tests/lib/case_fixture.h"
#include "tests/lib/unit.h"

static struct fixture fixture;

static int setup(void **state)
{
    (void)state;
    fixture_init(&fixture);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_deinit(&fixture);
    return 0;
}

static enum view_why why_of(int record)
{
    return view_why_of(fixture_entry(&fixture, record)->why);
}

static struct fixture_act edit_act(int log, uint64_t hat, const char *officer, const char *field,
                                   const char *text)
{
    return (struct fixture_act){.kind = KIND_EDIT,
                                .log = log,
                                .hat = hat,
                                .officer = officer,
                                .write_count = 1,
                                .writes = {{.field = field, .text = text}}};
}

static struct fixture_act step_act(int log, uint64_t hat, const char *step)
{
    return (struct fixture_act){.kind = KIND_STEP, .log = log, .hat = hat, .step = step};
}

static struct fixture_act settle_act(int log, uint64_t hat, const char *officer, const char *field,
                                     const char *text)
{
    struct fixture_act act = edit_act(log, hat, officer, field, text);
    act.kind = KIND_RESOLUTION;
    act.reason = "theo giấy tờ gốc";
    return act;
}

static struct fixture_act settle_state(int log, uint64_t hat, const char *officer, int64_t state)
{
    struct fixture_act act = settle_act(log, hat, officer, "trang_thai", NULL);
    act.writes[0].number = state;
    return act;
}

static struct fixture_act citing(struct fixture_act act, int a, int b)
{
    act.parents[0] = a;
    act.parents[1] = b;
    act.parent_count = b < 0 ? 1 : 2;
    return act;
}

static int add(struct fixture_act act)
{
    return fixture_add(&fixture, &act);
}

static int follow(struct fixture_act act)
{
    return fixture_follow(&fixture, &act);
}

static enum view_why judge(struct fixture_act act)
{
    return fixture_judge(&fixture, &act);
}

static void compute(void)
{
    fixture_compute(&fixture, NULL);
}

static void assert_value(const char *field, const char *value)
{
    assert_string_equal(fixture_value(&fixture, field), value);
}

static struct fixture_act decide_act(int log, const char *officer)
{
    struct fixture_act act = step_act(log, HAT_LEADER, "decide");
    act.officer = officer;
    act.writes[0] = (struct fixture_write){.field = "ket_qua", .text = "dong_y"};
    act.write_count = 1;
    return act;
}

/* A genesis and its assignment: state 4. Returns the assignment. */
static int in_work(void)
{
    int genesis = fixture_genesis(&fixture);
    return fixture_step(&fixture, 0, genesis, HAT_LEADER, "assign", NULL);
}

/* The owner is x in log 1, y in log 2, on one base. */
static void conflict_of_owners(int base, int *a, int *b)
{
    *a = fixture_edit(&fixture, 1, base, HAT_RECEPTION, "chu_ho_so", "x");
    *b = fixture_edit(&fixture, 2, base, HAT_RECEPTION, "chu_ho_so", "y");
}

static void test_view__F01a_what_a_stolen_key_signed_holds_nobody_up(void **state)
{
    (void)state;
    int assign = in_work();
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
    int assign = in_work();
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
    conflict_of_owners(in_work(), &a, &b);
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
    int assign = in_work();
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
    conflict_of_owners(in_work(), &a, &b);
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
    int assign = in_work();
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
    int assign = in_work();
    conflict_of_owners(assign, &a, &b);
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
    int assign = in_work();
    conflict_of_owners(assign, &a, &b);
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
    conflict_of_owners(in_work(), &a, &b);
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
    conflict_of_owners(in_work(), &a, &b);
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
    int assign = in_work();
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
    int assign = in_work();
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
    int assign = in_work();
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
    conflict_of_owners(in_work(), &a, &b);
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
    int assign = in_work();
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
    int assign = in_work();
    int wrong = add(citing(signing(1, "x"), assign, -1));
    compute();
    assert_int_equal(why_of(wrong), WHY_SHOWN_OTHER);
    assert_int_equal(fixture.view.state, STATE_IN_WORK);
    int a, b;
    conflict_of_owners(assign, &a, &b);
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
    int assign = in_work();
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
    conflict_of_owners(in_work(), &a, &b);
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
    conflict_of_owners(in_work(), &a, &b);
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

static void test_view__F13_of_two_repacks_the_pack_before_holds(void **state)
{
    (void)state;
    size_t one = fixture_add_pack(&fixture, "chu_ho_so", POLICY_LATEST);
    size_t two = fixture_add_pack(&fixture, "chu_ho_so", POLICY_AUTHORITY);
    int assign = in_work();
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
    int assign = in_work();
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
    int assign = in_work();
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

static void test_view__D1_a_conflict_blocks_what_needs_it(void **state)
{
    (void)state;
    int a, b;
    conflict_of_owners(in_work(), &a, &b);
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
    conflict_of_owners(in_work(), &a, &b);
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

static void test_view__D5_an_act_has_effect_whole_or_not(void **state)
{
    (void)state;
    int assign = in_work();
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
        RULE(F07_withdrawing_stands_over_states_before_a_result),
        RULE(F07_a_signature_unseen_leaves_the_state_open),
        RULE(F08_a_resolution_chooses_among_what_it_weighed),
        RULE(F09_equals_do_not_decide_by_turns),
        RULE(F10_what_was_signed_on_is_settled),
        RULE(F10_a_screen_that_shows_another_value_signs_nothing),
        RULE(F11_an_erasure_undoes_no_honest_act),
        RULE(F11_a_write_over_two_equal_values_stays),
        RULE(F12_an_erased_value_is_not_read_in_a_resolution),
        RULE(F13_a_repack_decides_no_conflict),
        RULE(F13_of_two_repacks_the_pack_before_holds),
        RULE(F14_a_release_says_what_it_means),
        RULE(F15_in_lists_nothing_supersedes_by_descent),
        RULE(D1_a_conflict_blocks_what_needs_it),
        RULE(D2_the_old_value_stands_meanwhile),
        RULE(D5_an_act_has_effect_whole_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
