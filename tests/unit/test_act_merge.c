/* Acts of several nodes on one case: conflicts, resolutions, merges, many heads. */
#include "client/replica/replica.h"
#include "protocol/case/view/why.h"
#include "tests/lib/site.h"
#include "tests/lib/unit.h"

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (const uint8_t *)(literal), sizeof(literal) - 1                                            \
    }

/* A hub, an office and two devices that hold all the office holds. */
struct group {
    struct district district;
    struct site hub;
    struct site office;
    struct site devices[2];
};

static void open_group(struct group *group)
{
    district_open(&group->district);
    site_open(&group->hub, site_memory(), &group->district, ROLE_HUB, SITE_HUB_UNIT, 1, NULL);
    site_found(&group->hub, &group->district);
    site_open(&group->office, site_memory(), &group->district, ROLE_OFFICE, SITE_UNIT, 2, NULL);
    site_grant(&group->hub, &group->office, true, true);
    site_send(&group->hub, &group->office);
    struct name scope = replica_identity(group->office.replica)->scope;
    for (size_t i = 0; i < 2; i++) {
        site_open(&group->devices[i], site_memory(), &group->district, ROLE_DEVICE, SITE_UNIT,
                  10 + i, &scope);
        site_grant(&group->office, &group->devices[i], false, false);
        site_send(&group->office, &group->devices[i]);
    }
}

static void share(struct group *group)
{
    for (size_t i = 0; i < 2; i++) {
        site_send(&group->devices[i], &group->office);
    }
    for (size_t i = 0; i < 2; i++) {
        site_send(&group->office, &group->devices[i]);
    }
    site_send(&group->office, &group->hub);
}

static void close_group(struct group *group)
{
    site_close(&group->devices[1]);
    site_close(&group->devices[0]);
    site_close(&group->office);
    site_close(&group->hub);
    district_close(&group->district);
}

static struct name view_hash(struct site *site, const struct name *case_name)
{
    struct seen seen;
    site_look(site, case_name, &seen);
    struct name hash = seen.view.hash16;
    site_look_away(&seen);
    return hash;
}

static bool in_conflict(struct site *site, const struct name *case_name, const char *key)
{
    struct seen seen;
    site_look(site, case_name, &seen);
    bool conflict = view_field_of(&seen.view, bytes_of_text(key))->conflict;
    site_look_away(&seen);
    return conflict;
}

/* Two devices change one owner; everybody sees both; a competent officer's choice ends it. */
static void test_act_merge__a_resolution_ends_a_conflict_everywhere(void **state)
{
    struct group group;
    struct act_result dossier;
    struct act_result chosen;
    struct act_result result;
    (void)state;
    open_group(&group);
    assert_int_equal(site_receive(&group.office, "Hồ Thị Hòa", 0, &dossier), STATUS_OK);
    share(&group);
    const struct name *name = &dossier.case_name;
    assert_int_equal(site_set(&group.devices[0], name, "tn01", HAT_RECEPTION, "chu_ho_so",
                              "Hồ Thị Hoa", &chosen),
                     STATUS_OK);
    assert_int_equal(site_set(&group.devices[1], name, "tn02", HAT_RECEPTION, "chu_ho_so",
                              "Hồ Thị Hoà", &result),
                     STATUS_OK);
    share(&group);
    assert_true(in_conflict(&group.hub, name, "chu_ho_so"));
    assert_int_equal(
        site_set(&group.office, name, "tn01", HAT_RECEPTION, "chu_ho_so", "X", &result),
        STATUS_REFUSED);
    assert_int_equal(view_why_of(result.why), WHY_CONFLICT);
    assert_string_equal(result.detail, "chu_ho_so");
    struct act_write write = {.field = TEXT("chu_ho_so"),
                              .value = value_of_text("Hồ Thị Hoa"),
                              .sources = &chosen.record,
                              .source_count = 1};
    struct act act = {.kind = KIND_RESOLUTION,
                      .case_name = *name,
                      .writes = &write,
                      .write_count = 1,
                      .officer = TEXT("tn01"),
                      .hat = HAT_RECEPTION,
                      .reason = TEXT("đúng theo căn cước")};
    assert_int_equal(site_act(&group.office, &act, &result), STATUS_REFUSED);
    assert_int_equal(view_why_of(result.why), WHY_HAT_SETTLE);
    act.officer = (struct bytes)TEXT("ht01");
    act.hat = HAT_SPECIALIST;
    assert_int_equal(site_act(&group.office, &act, &result), STATUS_OK);
    share(&group);
    site_check_value(&group.hub, name, "chu_ho_so", "Hồ Thị Hoa");
    struct name hash = view_hash(&group.office, name);
    struct site *const others[] = {&group.hub, &group.devices[0], &group.devices[1]};
    for (size_t i = 0; i < 3; i++) {
        struct name other = view_hash(others[i], name);
        assert_true(name_equal(&hash, &other));
    }
    close_group(&group);
}

static void test_act_merge__different_fields_merge(void **state)
{
    struct group group;
    struct act_result dossier;
    struct act_result result;
    (void)state;
    open_group(&group);
    assert_int_equal(site_receive(&group.office, "Hồ Thị Hòa", 0, &dossier), STATUS_OK);
    share(&group);
    const struct name *name = &dossier.case_name;
    assert_int_equal(
        site_set(&group.devices[0], name, "tn01", HAT_RECEPTION, "chu_ho_so", "A", &result),
        STATUS_OK);
    assert_int_equal(
        site_set(&group.devices[1], name, "tn02", HAT_RECEPTION, "nguoi_nop", "B", &result),
        STATUS_OK);
    share(&group);
    for (size_t i = 0; i < 2; i++) {
        site_check_value(&group.devices[i], name, "chu_ho_so", "A");
        site_check_value(&group.devices[i], name, "nguoi_nop", "B");
    }
    close_group(&group);
}

enum { MANY = 40 };

/* Forty devices write beside each other; the office's next act has all of them behind it. */
static void test_act_merge__too_many_heads_are_joined_first(void **state)
{
    struct district district;
    struct site hub;
    struct site office;
    struct act_result dossier;
    struct act_result result;
    (void)state;
    district_open(&district);
    site_open(&hub, site_memory(), &district, ROLE_HUB, SITE_HUB_UNIT, 1, NULL);
    site_found(&hub, &district);
    site_open(&office, site_memory(), &district, ROLE_OFFICE, SITE_UNIT, 2, NULL);
    site_grant(&hub, &office, true, true);
    site_send(&hub, &office);
    struct name scope = replica_identity(office.replica)->scope;
    assert_int_equal(site_receive(&office, "A", 0, &dossier), STATUS_OK);
    struct site devices[MANY];
    for (size_t i = 0; i < MANY; i++) {
        site_open(&devices[i], site_memory(), &district, ROLE_DEVICE, SITE_UNIT, 10 + i, &scope);
        site_grant(&office, &devices[i], false, false);
        site_send(&office, &devices[i]);
        assert_int_equal(site_set(&devices[i], &dossier.case_name, "tn01", HAT_RECEPTION, "dia_chi",
                                  i % 2 == 0 ? "thôn Ta Ay" : "thôn A Hố", &result),
                         STATUS_OK);
    }
    for (size_t i = 0; i < MANY; i++) {
        site_send(&devices[i], &office);
        site_close(&devices[i]);
    }
    assert_int_equal(
        site_set(&office, &dossier.case_name, "tn01", HAT_RECEPTION, "chu_ho_so", "B", &result),
        STATUS_OK);
    struct seen seen;
    site_look(&office, &dossier.case_name, &seen);
    assert_int_equal(seen.view.entry_count, 1 + MANY + 2);
    assert_int_equal(seen.view.head_count, 1);
    assert_true(hash_equal(&seen.view.heads[0], &result.record));
    const struct record_header *note = &seen.view.entries[1 + MANY].record->header;
    const struct record_header *last = &seen.view.entries[2 + MANY].record->header;
    assert_int_equal(note->parent_count, LIMIT_PARENTS);
    assert_int_equal(last->parent_count, MANY - LIMIT_PARENTS);
    for (size_t i = 0; i < seen.view.entry_count; i++) {
        assert_int_equal(seen.view.entries[i].effect, EFFECT_EFFECTIVE);
    }
    site_look_away(&seen);
    site_close(&office);
    site_close(&hub);
    district_close(&district);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_act_merge__a_resolution_ends_a_conflict_everywhere),
        cmocka_unit_test(test_act_merge__different_fields_merge),
        cmocka_unit_test(test_act_merge__too_many_heads_are_joined_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
