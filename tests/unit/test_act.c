/* Local acts: judgement, parents, removals, request ids, expected views. */
#include "client/replica/act/act_why.h"
#include "client/replica/log/log.h"
#include "protocol/case/view/why.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (const uint8_t *)(literal), sizeof(literal) - 1                                            \
    }

struct world {
    struct district district;
    struct site office;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    district_open(&world->district);
    site_open(&world->office, site_memory(), &world->district, ROLE_OFFICE, SITE_UNIT, 1, NULL);
    site_publish(&world->office, &world->district);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    site_close(&world->office);
    district_close(&world->district);
    free(world);
    return 0;
}

static void test_act__an_offline_office_receives_at_once(void **state)
{
    struct world *world = *state;
    struct act_result result;
    struct seen seen;
    assert_int_equal(site_receive(&world->office, "Hồ Thị Hòa", 0, &result), STATUS_OK);
    assert_false(result.provisional);
    assert_string_equal(result.code, SITE_UNIT "-261124-0001");
    site_look(&world->office, &result.case_name, &seen);
    assert_int_equal(seen.view.load, VIEW_LOADED);
    assert_int_equal(seen.view.state, 2);
    assert_int_equal(seen.view.entry_count, 1);
    assert_int_equal(seen.view.entries[0].effect, EFFECT_EFFECTIVE);
    const struct record_header *header = &seen.view.entries[0].record->header;
    assert_true(header->act.present);
    assert_true(bytes_equal_text(header->act.officer, "tn01"));
    assert_true(bytes_equal_text(header->act.unit, SITE_UNIT));
    assert_int_equal(header->happened.seconds, SITE_START_SECONDS);
    assert_int_equal(header->recorded_seconds, SITE_START_SECONDS);
    assert_int_equal(header->recorded_zone_minutes, 420);
    assert_true(
        record_verify_device(seen.view.entries[0].record, replica_key(world->office.replica)));
    site_look_away(&seen);
}

static void test_act__an_edit_builds_on_the_heads(void **state)
{
    struct world *world = *state;
    struct act_result dossier;
    struct act_result result;
    assert_int_equal(site_receive(&world->office, "Hồ Thị Hòa", 0, &dossier), STATUS_OK);
    assert_int_equal(site_set(&world->office, &dossier.case_name, "tn01", HAT_RECEPTION,
                              "chu_ho_so", "Hồ Thị Hoa", &result),
                     STATUS_OK);
    assert_string_equal(result.code, dossier.code);
    site_check_value(&world->office, &dossier.case_name, "chu_ho_so", "Hồ Thị Hoa");
    struct seen seen;
    site_look(&world->office, &dossier.case_name, &seen);
    assert_int_equal(seen.view.entry_count, 2);
    assert_int_equal(seen.view.entries[1].record->header.parent_count, 0);
    assert_int_equal(seen.view.head_count, 1);
    assert_true(hash_equal(&seen.view.heads[0], &result.record));
    site_look_away(&seen);
}

static void test_act__a_parent_of_another_log_is_named(void **state)
{
    struct world *world = *state;
    struct act_result dossier;
    struct act_result result;
    struct seen seen;
    assert_int_equal(site_receive(&world->office, "Hồ Thị Hòa", 0, &dossier), STATUS_OK);
    struct act_write write = {.field = TEXT("dia_chi"), .value = value_of_text("thôn Ta Ay")};
    struct act act = {.kind = KIND_EDIT,
                      .case_name = dossier.case_name,
                      .writes = &write,
                      .write_count = 1,
                      .officer = TEXT("tn01"),
                      .hat = HAT_RECEPTION,
                      .purpose = LOG_BULK};
    assert_int_equal(site_act(&world->office, &act, &result), STATUS_OK);
    site_look(&world->office, &dossier.case_name, &seen);
    const struct record_header *header = &seen.view.entries[1].record->header;
    assert_int_equal(header->parent_count, 1);
    assert_true(hash_equal(&header->parents[0], &dossier.record));
    site_look_away(&seen);
}

static void test_act__a_value_the_case_has_is_not_written_again(void **state)
{
    struct world *world = *state;
    struct act_result dossier;
    struct act_result result;
    struct seen seen;
    assert_int_equal(site_receive(&world->office, "Hồ Thị Hòa", 0, &dossier), STATUS_OK);
    assert_int_equal(site_set(&world->office, &dossier.case_name, "tn01", HAT_RECEPTION,
                              "chu_ho_so", "Hồ Thị Hòa", &result),
                     STATUS_OK);
    assert_true(result.repeated);
    assert_true(hash_equal(&result.record, &dossier.record));
    site_look(&world->office, &dossier.case_name, &seen);
    assert_int_equal(seen.view.entry_count, 1);
    site_look_away(&seen);
}

static void test_act__a_rule_refuses_and_nothing_is_written(void **state)
{
    struct world *world = *state;
    struct act_result dossier;
    struct act_result result;
    struct seen seen;
    assert_int_equal(site_receive(&world->office, "Hồ Thị Hòa", 0, &dossier), STATUS_OK);
    assert_int_equal(site_set(&world->office, &dossier.case_name, "tn01", HAT_RECEPTION, "khong_co",
                              "x", &result),
                     STATUS_REFUSED);
    assert_int_equal(view_why_of(result.why), WHY_FIELD_UNKNOWN);
    assert_string_equal(result.detail, "khong_co");
    assert_int_equal(site_set(&world->office, &dossier.case_name, "ai", HAT_RECEPTION, "chu_ho_so",
                              "x", &result),
                     STATUS_REFUSED);
    assert_int_equal(act_why_of(result.why), ACT_WHY_NO_OFFICER);
    assert_int_equal(
        site_set(&world->office, &dossier.case_name, "tn01", HAT_LEADER, "chu_ho_so", "x", &result),
        STATUS_REFUSED);
    assert_int_equal(act_why_of(result.why), ACT_WHY_NO_HAT);
    site_look(&world->office, &dossier.case_name, &seen);
    assert_int_equal(seen.view.entry_count, 1);
    site_look_away(&seen);
}

static void test_act__a_genesis_is_judged_like_any_act(void **state)
{
    struct world *world = *state;
    struct act_result result;
    struct act_write write = {.field = TEXT("khong_co"), .value = value_of_text("x")};
    struct act act = {.kind = KIND_GENESIS,
                      .writes = &write,
                      .write_count = 1,
                      .officer = TEXT("tn01"),
                      .hat = HAT_RECEPTION,
                      .number = true};
    assert_int_equal(site_act(&world->office, &act, &result), STATUS_REFUSED);
    assert_non_null(result.why);
    assert_int_equal(site_receive(&world->office, "Hồ Thị Hòa", 0, &result), STATUS_OK);
    assert_string_equal(result.code, SITE_UNIT "-261124-0001");
}

static void test_act__a_case_that_changed_is_said(void **state)
{
    struct world *world = *state;
    struct act_result dossier;
    struct act_result result;
    struct seen seen;
    assert_int_equal(site_receive(&world->office, "Hồ Thị Hòa", 0, &dossier), STATUS_OK);
    site_look(&world->office, &dossier.case_name, &seen);
    struct act_write write = {.field = TEXT("chu_ho_so"), .value = value_of_text("Lê Văn A")};
    struct act act = {.kind = KIND_EDIT,
                      .case_name = dossier.case_name,
                      .writes = &write,
                      .write_count = 1,
                      .officer = TEXT("tn01"),
                      .hat = HAT_RECEPTION,
                      .has_expected = true,
                      .expected_view = seen.view.hash16};
    site_look_away(&seen);
    assert_int_equal(replica_act_check(world->office.replica, &act, &result), STATUS_OK);
    assert_int_equal(site_act(&world->office, &act, &result), STATUS_OK);
    write.value = value_of_text("Lê Văn B");
    assert_int_equal(site_act(&world->office, &act, &result), STATUS_CHANGED);
    assert_int_equal(replica_act_check(world->office.replica, &act, &result), STATUS_CHANGED);
    site_check_value(&world->office, &dossier.case_name, "chu_ho_so", "Lê Văn A");
}

static void test_act__a_request_id_is_answered_once(void **state)
{
    struct world *world = *state;
    struct act_result first;
    struct act_result again;
    struct act_write writes[] = {
        {.field = TEXT("ma_tthc"), .value = value_of_text("2.000815")},
        {.field = TEXT("chu_ho_so"), .value = value_of_text("Hồ Thị Hòa")},
    };
    struct act act = {.kind = KIND_GENESIS,
                      .writes = writes,
                      .write_count = 2,
                      .officer = TEXT("tn01"),
                      .hat = HAT_RECEPTION,
                      .request = TEXT("r-1"),
                      .number = true};
    assert_int_equal(site_act(&world->office, &act, &first), STATUS_OK);
    assert_false(first.repeated);
    site_reopen(&world->office);
    assert_int_equal(site_act(&world->office, &act, &again), STATUS_OK);
    assert_true(again.repeated);
    assert_true(hash_equal(&again.record, &first.record));
    assert_string_equal(again.code, first.code);
    act.request = (struct bytes)TEXT("r-2");
    assert_int_equal(site_act(&world->office, &act, &again), STATUS_OK);
    assert_false(again.repeated);
    assert_string_equal(again.code, SITE_UNIT "-261124-0002");
}

static void change_list(struct world *world, const struct name *case_name, uint64_t op,
                        const char *item, enum status want)
{
    struct act_result result;
    struct act_write write = {.field = TEXT("thanh_phan"), .op = op, .value = value_of_text(item)};
    struct act act = {.kind = KIND_EDIT,
                      .case_name = *case_name,
                      .writes = &write,
                      .write_count = 1,
                      .officer = TEXT("tn01"),
                      .hat = HAT_RECEPTION};
    assert_int_equal(site_act(&world->office, &act, &result), want);
    if (want == STATUS_REFUSED) {
        assert_int_equal(act_why_of(result.why), ACT_WHY_NOT_IN_LIST);
    }
}

static size_t list_size(struct world *world, const struct name *case_name)
{
    struct seen seen;
    site_look(&world->office, case_name, &seen);
    const struct view_field *field = view_field_of(&seen.view, bytes_of_text("thanh_phan"));
    size_t count = field == NULL ? 0 : field->version_count;
    site_look_away(&seen);
    return count;
}

static void test_act__a_removal_takes_what_it_has_seen(void **state)
{
    struct world *world = *state;
    struct act_result dossier;
    assert_int_equal(site_receive(&world->office, "Hồ Thị Hòa", 0, &dossier), STATUS_OK);
    change_list(world, &dossier.case_name, WRITE_ADD, "Tờ khai", STATUS_OK);
    change_list(world, &dossier.case_name, WRITE_ADD, "Giấy chứng sinh", STATUS_OK);
    assert_int_equal(list_size(world, &dossier.case_name), 2);
    change_list(world, &dossier.case_name, WRITE_REMOVE, "Tờ khai", STATUS_OK);
    assert_int_equal(list_size(world, &dossier.case_name), 1);
    change_list(world, &dossier.case_name, WRITE_REMOVE, "Bằng lái", STATUS_REFUSED);
}

static void test_act__a_step_moves_the_state(void **state)
{
    struct world *world = *state;
    struct act_result dossier;
    struct act_result result;
    struct seen seen;
    assert_int_equal(site_receive(&world->office, "Hồ Thị Hòa", 0, &dossier), STATUS_OK);
    struct act act = {.kind = KIND_STEP,
                      .case_name = dossier.case_name,
                      .step = TEXT("assign"),
                      .officer = TEXT("ht01"),
                      .hat = HAT_HEAD_OF_ONE_STOP};
    assert_int_equal(site_act(&world->office, &act, &result), STATUS_OK);
    site_look(&world->office, &dossier.case_name, &seen);
    assert_int_equal(seen.view.state, 4);
    site_look_away(&seen);
    assert_int_equal(site_act(&world->office, &act, &result), STATUS_REFUSED);
    assert_non_null(result.article);
}

static void take_step(struct world *world, const struct name *case_name, const char *step,
                      uint64_t purpose)
{
    struct act_result result;
    struct act act = {.kind = KIND_STEP,
                      .case_name = *case_name,
                      .step = bytes_of_text(step),
                      .officer = TEXT("tn01"),
                      .hat = HAT_RECEPTION,
                      .book_officer = TEXT("ct01"),
                      .book_hat = HAT_LEADER,
                      .source = SOURCE_IMPORT,
                      .purpose = purpose};
    assert_int_equal(site_act(&world->office, &act, &result), STATUS_OK);
}

/* Each record of a log builds on the one before it in the same case, unsaid. */
static void test_act__a_log_is_a_chain_in_the_case(void **state)
{
    struct world *world = *state;
    struct act_result dossier;
    struct seen seen;
    assert_int_equal(site_receive(&world->office, "Hồ Thị Hòa", 0, &dossier), STATUS_OK);
    take_step(world, &dossier.case_name, "assign", LOG_BULK);
    take_step(world, &dossier.case_name, "decide", LOG_BULK);
    take_step(world, &dossier.case_name, "handover", LOG_COUNTER);
    site_look(&world->office, &dossier.case_name, &seen);
    assert_int_equal(seen.view.state, 10);
    assert_int_equal(seen.view.entry_count, 4);
    static const size_t parents[] = {0, 1, 0, 1};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(seen.view.entries[i].effect, EFFECT_EFFECTIVE);
        assert_int_equal(seen.view.entries[i].generation, i + 1);
        assert_int_equal(seen.view.entries[i].record->header.parent_count, parents[i]);
    }
    site_look_away(&seen);
}

/* A record without effect in this log is a parent all the same, and is named as not counted. */
static void test_act__an_own_record_without_effect_is_not_counted(void **state)
{
    struct world *world = *state;
    struct replica *replica = world->office.replica;
    struct act_result dossier;
    struct act_result result;
    struct replica_commit made;
    struct log_row log;
    struct name header_log;
    struct hash bad;
    struct buffer body;
    struct seen seen;
    assert_int_equal(site_receive(&world->office, "Hồ Thị Hòa", 0, &dossier), STATUS_OK);
    struct case_body takes_no_officer = {.step = TEXT("assign")};
    struct record_header header = {.version = RECORD_VERSION,
                                   .kind = KIND_STEP,
                                   .case_name = dossier.case_name,
                                   .recorded_seconds = SITE_START_SECONDS};
    buffer_init(&body, LIMIT_BODY_BYTES);
    assert_int_equal(case_body_encode(&takes_no_officer, &body), STATUS_OK);
    assert_int_equal(replica_begin(replica), STATUS_OK);
    assert_int_equal(log_own(replica, LOG_COUNTER, &log, &header_log), STATUS_OK);
    assert_int_equal(log_write(replica, &log, &header, buffer_view(&body), &bad), STATUS_OK);
    assert_int_equal(log_save(replica, &log), STATUS_OK);
    assert_int_equal(replica_commit(replica, &made), STATUS_OK);
    buffer_deinit(&body);
    take_step(world, &dossier.case_name, "assign", LOG_COUNTER);
    site_look(&world->office, &dossier.case_name, &seen);
    assert_int_equal(seen.view.state, 4);
    for (size_t i = 0; i < seen.view.entry_count; i++) {
        const struct view_entry *entry = &seen.view.entries[i];
        bool is_bad = hash_equal(&entry->record->id, &bad);
        assert_int_equal(entry->effect, is_bad ? EFFECT_UNSOUND : EFFECT_EFFECTIVE);
        if (entry->record->header.seq > 3) {
            assert_int_equal(entry->record->header.without_count, 1);
            assert_true(hash_equal(&entry->record->header.without[0], &bad));
        }
    }
    site_look_away(&seen);
    assert_int_equal(site_set(&world->office, &dossier.case_name, "tn01", HAT_RECEPTION,
                              "chu_ho_so", "B", &result),
                     STATUS_OK);
    site_check_value(&world->office, &dossier.case_name, "chu_ho_so", "B");
}

static void test_act__an_unknown_case_is_not_found(void **state)
{
    struct world *world = *state;
    struct act_result result;
    struct name nobody = {{1}};
    assert_int_equal(
        site_set(&world->office, &nobody, "tn01", HAT_RECEPTION, "chu_ho_so", "x", &result),
        STATUS_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_act__an_offline_office_receives_at_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_act__an_edit_builds_on_the_heads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_act__a_parent_of_another_log_is_named, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_act__a_value_the_case_has_is_not_written_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_act__a_rule_refuses_and_nothing_is_written, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_act__a_genesis_is_judged_like_any_act, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_act__a_case_that_changed_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_act__a_request_id_is_answered_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_act__a_removal_takes_what_it_has_seen, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_act__a_step_moves_the_state, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_act__a_log_is_a_chain_in_the_case, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_act__an_own_record_without_effect_is_not_counted,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_act__an_unknown_case_is_not_found, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
