#include "protocol/case/pack/step.h"
#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_step__every_step_is_found_by_its_name(void **state)
{
    (void)state;
    size_t count = 0;
    for (const struct step *step = step_at(0); step != NULL; step = step_at(++count)) {
        assert_ptr_equal(step_of(bytes_of_text(step->name)), step);
        assert_non_null(step->article);
        assert_true(step->hats != 0 && step->from != 0);
        assert_true(step->to >= STATE_SUBMITTED && step->to <= STATE_HANDED_OVER);
        assert_true(strlen(step->name) <= LIMIT_KEY_BYTES);
    }
    assert_int_equal(count, 19);
    assert_null(step_of(bytes_of_text("")));
    assert_null(step_of(bytes_of_text("assig")));
}

static void test_step__a_genesis_receives_unless_it_says_otherwise(void **state)
{
    (void)state;
    assert_int_equal(step_of_genesis(bytes_of_text(""))->to, STATE_ACCEPTED);
    assert_int_equal(step_of_genesis(bytes_of_text("submit"))->to, STATE_SUBMITTED);
    assert_null(step_of_genesis(bytes_of_text("assign")));
    assert_true(step_opens(step_of(bytes_of_text("receive"))));
    assert_false(step_opens(step_of(bytes_of_text("assign"))));
}

static void test_step__only_what_leads_elsewhere_writes_the_state(void **state)
{
    (void)state;
    assert_true(step_moves(step_of(bytes_of_text("assign"))));
    assert_true(step_moves(step_of(bytes_of_text("withdraw"))));
    assert_false(step_moves(step_of(bytes_of_text("propose"))));
    assert_false(step_moves(step_of(bytes_of_text("reappoint"))));
}

/* Nothing leaves a final state, and no two ways lead out of a decision. */
static void test_step__final_states_are_final(void **state)
{
    (void)state;
    static const uint64_t last[] = {STATE_NOT_ACCEPTED, STATE_WITHDRAWN, STATE_STOPPED,
                                    STATE_HANDED_OVER};
    size_t index = 0;
    for (const struct step *step = step_at(0); step != NULL; step = step_at(++index)) {
        for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++)
            assert_int_equal(step->from >> last[i] & 1, 0);
        if ((step->from >> STATE_DECIDED & 1) != 0)
            assert_string_equal(step->name, "handover");
    }
}

static void add_hats(char *row, size_t size, uint32_t hats)
{
    const char *between = "";
    for (uint64_t hat = 0; hat < 32; hat++) {
        if ((hats >> hat & 1) == 0)
            continue;
        size_t used = strlen(row);
        snprintf(row + used, size - used, "%s%s", between, hat_name(hat));
        between = ", ";
    }
}

static void add_states(char *row, size_t size, uint32_t states)
{
    const char *between = "";
    for (unsigned state = 0; state < 32; state++) {
        if ((states >> state & 1) == 0)
            continue;
        size_t used = strlen(row);
        snprintf(row + used, size - used, state == 0 ? "none" : "%s%u", between, state);
        between = ", ";
    }
}

/* As SPEC.md "Steps" prints it. */
static void print_step(const struct step *step, char *row, size_t size)
{
    const char *needs = step->needs_values ? "values" : step->needs != NULL ? step->needs : "";
    snprintf(row, size, "| %s | ", step->name);
    add_states(row, size, step->from);
    size_t used = strlen(row);
    snprintf(row + used, size - used, " | %u | ", (unsigned)step->to);
    add_hats(row, size, step->hats);
    used = strlen(row);
    snprintf(row + used, size - used, " | %s | %s | %s |\n",
             step->once_field != NULL ? step->once_field : "", needs, step->article);
}

static void test_step__the_specification_prints_this_table(void **state)
{
    (void)state;
    enum { SPEC_MOST = 1 << 20 };
    FILE *file = fopen(HOSO_SOURCE_DIR "/protocol/SPEC.md", "rb");
    char *text = calloc(1, SPEC_MOST);
    assert_non_null(file);
    assert_non_null(text);
    size_t size = fread(text, 1, SPEC_MOST - 1, file);
    fclose(file);
    assert_in_range(size, 1, SPEC_MOST - 2);
    size_t index = 0;
    for (const struct step *step = step_at(0); step != NULL; step = step_at(++index)) {
        char row[256];
        print_step(step, row, sizeof(row));
        if (strstr(text, row) == NULL)
            fail_msg("SPEC.md lacks %s", row);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step__every_step_is_found_by_its_name),
        cmocka_unit_test(test_step__a_genesis_receives_unless_it_says_otherwise),
        cmocka_unit_test(test_step__only_what_leads_elsewhere_writes_the_state),
        cmocka_unit_test(test_step__final_states_are_final),
        cmocka_unit_test(test_step__the_specification_prints_this_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
