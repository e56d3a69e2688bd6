#include "client/example/example.h"
#include "client/text/packfile.h"
#include "tests/lib/unit.h"

#include <string.h>

static struct packfile_texts example(void)
{
    return (struct packfile_texts){example_procedures(), example_calendar(), example_units(),
                                   example_staff()};
}

static void test_packfile__reads_the_example_district(void **state)
{
    struct packfile_problem problem;
    struct packfile_texts texts = example();
    struct arena arena;
    struct pack pack;

    (void)state;
    arena_init(&arena, 16 << 20);
    enum status status = packfile_parse(&texts, &arena, &pack, &problem);
    assert_string_equal(problem.text, "");
    assert_int_equal(status, STATUS_OK);
    assert_true(bytes_equal_text(pack.district, "UBND huyện A Lưới"));
    assert_int_equal(pack.zone_minutes, 420);
    assert_int_equal(pack.procedure_count, 28);
    assert_int_equal(pack.unit_count, 22);
    assert_int_equal(pack.officer_count, 17);
    assert_int_equal(pack.domain_count, 6);
    assert_int_equal(pack.state_count, 10);
    assert_int_equal(pack.channel_count, 3);
    assert_int_equal(pack.ranks[HAT_CASE_DECIDER], 40);
    assert_int_equal(pack.ranks[HAT_IT], 0);
    assert_int_equal(pack.reach_below_hats, 1u << HAT_CASE_DECIDER);
    assert_int_equal(pack.over_count, 1);
    assert_int_equal(pack.overs[0].states, 1u << 2 | 1u << 4 | 1u << 5 | 1u << 6);
    arena_deinit(&arena);
}

static const struct pack_field *field_of(const struct pack *pack, const char *key)
{
    for (size_t i = 0; i < pack->field_count; i++) {
        if (bytes_equal_text(pack->fields[i].key, key))
            return &pack->fields[i];
    }
    return NULL;
}

static void test_packfile__competence_comes_from_the_policy_or_the_field(void **state)
{
    struct packfile_problem problem;
    struct packfile_texts texts = example();
    struct arena arena;
    struct pack pack;
    uint32_t heads = 1u << HAT_CASE_DECIDER | 1u << HAT_LEADER | 1u << HAT_HEAD_OF_ONE_STOP;

    (void)state;
    arena_init(&arena, 16 << 20);
    assert_int_equal(packfile_parse(&texts, &arena, &pack, &problem), STATUS_OK);
    assert_int_equal(field_of(&pack, "chu_ho_so")->settler_hats, heads | 1u << HAT_SPECIALIST);
    assert_int_equal(field_of(&pack, "trang_thai")->settler_hats, heads);
    assert_int_equal(field_of(&pack, "hen_tra")->writer_hats,
                     1u << HAT_LEADER | 1u << HAT_HEAD_OF_ONE_STOP);
    assert_int_equal(field_of(&pack, "chu_ho_so")->writer_hats, UINT32_MAX);
    assert_true(field_of(&pack, "trang_thai")->impersonal);
    assert_false(field_of(&pack, "chu_ho_so")->impersonal);
    /* The first hat listed is the one acted in. */
    assert_int_equal(pack.officers[2].first_hat, HAT_SPECIALIST);
    assert_int_equal(pack.officers[2].hats, 1u << HAT_SPECIALIST | 1u << HAT_HEAD_OF_ONE_STOP);
    arena_deinit(&arena);
}

static void test_packfile__the_example_is_canonical_and_marked(void **state)
{
    struct packfile_problem problem;
    struct buffer canonical;
    struct buffer again;
    struct arena arena;
    struct pack pack;

    (void)state;
    buffer_init(&canonical, LIMIT_PACK_BYTES);
    buffer_init(&again, LIMIT_PACK_BYTES);
    arena_init(&arena, 16 << 20);
    assert_int_equal(packfile_encode(NULL, &canonical, &problem), STATUS_OK);
    assert_int_equal(pack_decode(buffer_view(&canonical), &arena, &pack), STATUS_OK);
    assert_true(pack.example);
    assert_non_null(pack_procedure_of(&pack, bytes_of_text("2.000815")));
    assert_non_null(pack_officer_of(&pack, bytes_of_text("hu-tp01")));
    assert_int_equal(pack_encode(&pack, &again), STATUS_OK);
    assert_true(bytes_equal(buffer_view(&canonical), buffer_view(&again)));
    buffer_reset(&again);
    assert_int_equal(packfile_encode(HOSO_SOURCE_DIR "/client/example", &again, &problem),
                     STATUS_OK);
    struct arena other;
    arena_init(&other, 16 << 20);
    assert_int_equal(pack_decode(buffer_view(&again), &other, &pack), STATUS_OK);
    assert_false(pack.example);
    arena_deinit(&other);
    arena_deinit(&arena);
    buffer_deinit(&again);
    buffer_deinit(&canonical);
}

static void refuse(struct packfile_texts texts, const char *where)
{
    struct packfile_problem problem;
    struct arena arena;
    struct pack pack;

    arena_init(&arena, 16 << 20);
    assert_int_equal(packfile_parse(&texts, &arena, &pack, &problem), STATUS_MALFORMED);
    assert_memory_equal(problem.text, where, strlen(where));
    arena_deinit(&arena);
}

static void test_packfile__says_where_it_is_wrong(void **state)
{
    struct packfile_texts texts = example();

    (void)state;
    texts.staff = bytes_of_text("ma,ho_ten,don_vi,chuc_danh,vai_tro,so_dinh_danh\n"
                                "a,A,000.15.30.H57,x,reception;king,1\n");
    refuse(texts, "staff.csv, line 2, vai_tro: ");
    texts.staff = bytes_of_text("ma,ho_ten,don_vi,chuc_danh,vai_tro,so_dinh_danh\n"
                                "a,A,999,x,reception,1\n");
    refuse(texts, "staff.csv, line 2, don_vi: ");
    texts = example();
    texts.calendar = bytes_of_text("ngay,loai,ly_do\n2020-02-30,nghi,x\n");
    refuse(texts, "calendar.csv, line 2, ngay: ");
    texts = example();
    texts.units = bytes_of_text("ma,ten,cap\n");
    refuse(texts, "units.csv, line 1, cap_tren: ");
    texts = example();
    texts.procedures = bytes_of_text("[]");
    refuse(texts, "procedures.json, as a whole: ");
    texts.procedures =
        bytes_of_text("{\"time_zone\":\"+07:00\",\"fields\":{\"a\":{\"type\":\"x\"}}}");
    refuse(texts, "procedures.json, a: ");
}

static void test_packfile__a_folder_without_the_files_is_not_found(void **state)
{
    struct packfile_problem problem;
    struct buffer out;

    (void)state;
    buffer_init(&out, LIMIT_PACK_BYTES);
    assert_int_equal(packfile_encode(HOSO_SOURCE_DIR "/tests", &out, &problem), STATUS_NOT_FOUND);
    assert_memory_equal(problem.text, "procedures.json", 15);
    buffer_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packfile__reads_the_example_district),
        cmocka_unit_test(test_packfile__competence_comes_from_the_policy_or_the_field),
        cmocka_unit_test(test_packfile__the_example_is_canonical_and_marked),
        cmocka_unit_test(test_packfile__says_where_it_is_wrong),
        cmocka_unit_test(test_packfile__a_folder_without_the_files_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
