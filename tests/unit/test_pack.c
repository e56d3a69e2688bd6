#include "protocol/case/pack/pack.h"
#include "protocol/wire/wire.h"
#include "tests/lib/unit.h"

#include <string.h>

static const struct pack_field fields[] = {
    {{(const uint8_t *)"chu_ho_so", 9},
     {(const uint8_t *)"chủ hồ sơ", 14},
     FIELD_NAME,
     POLICY_HUMAN,
     false,
     1u << HAT_LEADER,
     UINT32_MAX},
    {{(const uint8_t *)"trang_thai", 10},
     {(const uint8_t *)"trạng thái", 13},
     FIELD_STATE,
     POLICY_MONOTONE,
     true,
     1u << HAT_LEADER,
     UINT32_MAX},
};

/* Given out of order; the encoder sorts them. */
static const struct pack_procedure procedures[] = {
    {.code = {(const uint8_t *)"2.000815", 8}, .term = 3, .fee_vnd = 2000},
    {.code = {(const uint8_t *)"1.001193", 8}, .start_policy = {(const uint8_t *)"S", 1}},
};

static const struct pack_unit units[] = {
    {.code = {(const uint8_t *)"xa", 2}, .above = {(const uint8_t *)"huyen", 5}},
    {.code = {(const uint8_t *)"huyen", 5}},
    {.code = {(const uint8_t *)"ring1", 5}, .above = {(const uint8_t *)"ring2", 5}},
    {.code = {(const uint8_t *)"ring2", 5}, .above = {(const uint8_t *)"ring1", 5}},
};

static const struct pack_officer officers[] = {
    {.code = {(const uint8_t *)"tn01", 4}, .hats = 1u << HAT_RECEPTION, .first_hat = HAT_RECEPTION},
    {.code = {(const uint8_t *)"ct01", 4}, .hats = 1u << HAT_LEADER, .first_hat = HAT_LEADER},
};

static const struct pack_label states[] = {
    {{(const uint8_t *)"2", 1}, {(const uint8_t *)"nhận", 7}},
    {{(const uint8_t *)"10", 2}, {(const uint8_t *)"trả", 5}}};

static const struct pack_over overs[] = {{{(const uint8_t *)"withdraw", 8}, 1u << 2 | 1u << 4}};

static const struct pack_day days[] = {{.day = 17900, .last_day = 17900, .kind = 0},
                                       {.day = 17805, .last_day = 18600, .kind = 2},
                                       {.day = -3, .last_day = -3, .kind = 1}};

static struct pack example(void)
{
    struct pack pack = {.version = bytes_of_text("2018-10"),
                        .district = bytes_of_text("A Lưới"),
                        .example = true,
                        .zone_minutes = 420,
                        .fields = fields,
                        .field_count = 2,
                        .procedures = procedures,
                        .procedure_count = 2,
                        .units = units,
                        .unit_count = 4,
                        .officers = officers,
                        .officer_count = 2,
                        .states = states,
                        .state_count = 2,
                        .overs = overs,
                        .over_count = 1,
                        .days = days,
                        .day_count = 3,
                        .reach_below_hats = 1u << HAT_CASE_DECIDER};
    pack.ranks[HAT_LEADER] = 30;
    pack.ranks[HAT_CASE_DECIDER] = 40;
    return pack;
}

struct decoded {
    struct buffer bytes;
    struct arena arena;
    struct pack pack;
};

static void encode_and_decode(const struct pack *pack, struct decoded *decoded)
{
    buffer_init(&decoded->bytes, LIMIT_PACK_BYTES);
    arena_init(&decoded->arena, 1 << 22);
    assert_int_equal(pack_encode(pack, &decoded->bytes), STATUS_OK);
    assert_int_equal(pack_decode(buffer_view(&decoded->bytes), &decoded->arena, &decoded->pack),
                     STATUS_OK);
}

static void decoded_free(struct decoded *decoded)
{
    buffer_deinit(&decoded->bytes);
    arena_deinit(&decoded->arena);
}

static void test_pack__comes_back_as_it_was(void **state)
{
    (void)state;
    struct decoded first;
    struct decoded second;
    struct pack pack = example();
    encode_and_decode(&pack, &first);
    assert_true(first.pack.example);
    assert_int_equal(first.pack.zone_minutes, 420);
    assert_true(bytes_equal_text(first.pack.fields[0].key, "chu_ho_so"));
    assert_int_equal(first.pack.fields[1].policy, POLICY_MONOTONE);
    assert_int_equal(first.pack.ranks[HAT_LEADER], 30);
    assert_int_equal(first.pack.days[0].day, -3);
    assert_int_equal(first.pack.overs[0].states, 1u << 2 | 1u << 4);
    encode_and_decode(&first.pack, &second);
    assert_true(bytes_equal(buffer_view(&first.bytes), buffer_view(&second.bytes)));
    assert_true(hash_equal(&first.pack.hash, &second.pack.hash));
    decoded_free(&first);
    decoded_free(&second);
}

static void test_pack__the_order_of_the_source_changes_nothing(void **state)
{
    (void)state;
    struct decoded first;
    struct decoded second;
    struct pack pack = example();
    const struct pack_procedure turned[] = {procedures[1], procedures[0]};
    encode_and_decode(&pack, &first);
    pack.procedures = turned;
    encode_and_decode(&pack, &second);
    assert_true(hash_equal(&first.pack.hash, &second.pack.hash));
    pack.version = bytes_of_text("2019-01");
    decoded_free(&second);
    encode_and_decode(&pack, &second);
    assert_false(hash_equal(&first.pack.hash, &second.pack.hash));
    decoded_free(&first);
    decoded_free(&second);
}

static void test_pack__finds_by_code(void **state)
{
    (void)state;
    struct decoded decoded;
    struct pack pack = example();
    encode_and_decode(&pack, &decoded);
    const struct pack *here = &decoded.pack;
    assert_int_equal(pack_procedure_of(here, bytes_of_text("2.000815"))->fee_vnd, 2000);
    assert_null(pack_procedure_of(here, bytes_of_text("2.00081")));
    assert_int_equal(pack_officer_of(here, bytes_of_text("tn01"))->first_hat, HAT_RECEPTION);
    assert_null(pack_field_of(here, bytes_of_text("chu_ho")));
    assert_true(bytes_equal_text(
        pack_label_of(here->states, here->state_count, bytes_of_text("10")), "trả"));
    assert_true(bytes_equal_text(
        pack_label_of(here->states, here->state_count, bytes_of_text("11")), "11"));
    decoded_free(&decoded);
}

static void test_pack__a_hat_acts_where_it_reaches(void **state)
{
    (void)state;
    struct decoded decoded;
    struct pack pack = example();
    encode_and_decode(&pack, &decoded);
    struct bytes low = bytes_of_text("xa");
    struct bytes high = bytes_of_text("huyen");
    assert_int_equal(pack_rank(&decoded.pack, HAT_LEADER, low, low), 30);
    assert_int_equal(pack_rank(&decoded.pack, HAT_LEADER, high, low), 0);
    assert_int_equal(pack_rank(&decoded.pack, HAT_CASE_DECIDER, high, low), 40);
    assert_int_equal(pack_rank(&decoded.pack, HAT_CASE_DECIDER, low, high), 0);
    assert_int_equal(pack_rank(&decoded.pack, HAT_IT, low, low), 0);
    assert_int_equal(pack_rank(&decoded.pack, 200, low, low), 0);
    /* Units above each other hold nobody up. */
    assert_false(pack_reaches(&decoded.pack, HAT_CASE_DECIDER, high, bytes_of_text("ring1")));
    decoded_free(&decoded);
}

static void refuse(const struct pack *pack, enum status status)
{
    struct buffer out;
    buffer_init(&out, LIMIT_PACK_BYTES);
    assert_int_equal(pack_encode(pack, &out), status);
    buffer_deinit(&out);
}

static void test_pack__what_the_decoder_refuses_is_not_written(void **state)
{
    (void)state;
    struct pack pack = example();
    const struct pack_unit twice[] = {units[0], units[0]};
    pack.units = twice;
    pack.unit_count = 2;
    refuse(&pack, STATUS_USAGE);
    pack = example();
    const struct pack_field same[] = {fields[0], fields[0]};
    pack.fields = same;
    refuse(&pack, STATUS_USAGE);
    pack = example();
    const struct pack_day backwards = {.day = 5, .last_day = 4, .kind = 2};
    pack.days = &backwards;
    pack.day_count = 1;
    refuse(&pack, STATUS_USAGE);
    pack = example();
    pack.version = bytes_of_text("");
    refuse(&pack, STATUS_USAGE);
    pack = example();
    struct buffer small;
    buffer_init(&small, 64);
    assert_int_equal(pack_encode(&pack, &small), STATUS_LIMIT);
    buffer_deinit(&small);
}

static void test_pack__no_prefix_and_no_changed_byte_passes_for_another(void **state)
{
    (void)state;
    struct decoded decoded;
    struct pack pack = example();
    struct pack other;
    encode_and_decode(&pack, &decoded);
    for (size_t i = 0; i < decoded.bytes.size; i++) {
        arena_reset(&decoded.arena);
        assert_int_not_equal(pack_decode(bytes_of(decoded.bytes.at, i), &decoded.arena, &other),
                             STATUS_OK);
        decoded.bytes.at[i] ^= 1;
        if (pack_decode(buffer_view(&decoded.bytes), &decoded.arena, &other) == STATUS_OK) {
            struct buffer again;
            buffer_init(&again, LIMIT_PACK_BYTES);
            assert_int_equal(pack_encode(&other, &again), STATUS_OK);
            assert_true(bytes_equal(buffer_view(&again), buffer_view(&decoded.bytes)));
            buffer_deinit(&again);
        }
        decoded.bytes.at[i] ^= 1;
    }
    decoded_free(&decoded);
}

static void test_pack__names_go_both_ways(void **state)
{
    (void)state;
    for (int i = POLICY_APPEND; i <= POLICY_HUMAN; i++) {
        enum policy policy;
        assert_true(policy_of_name(bytes_of_text(policy_name((enum policy)i)), &policy));
        assert_int_equal(policy, i);
    }
    for (int i = FIELD_TEXT; i <= FIELD_PROCEDURE; i++) {
        enum field_type type;
        assert_true(field_type_of_name(bytes_of_text(field_type_name((enum field_type)i)), &type));
        assert_int_equal(type, i);
    }
    enum policy policy;
    assert_false(policy_of_name(bytes_of_text("first"), &policy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pack__comes_back_as_it_was),
        cmocka_unit_test(test_pack__the_order_of_the_source_changes_nothing),
        cmocka_unit_test(test_pack__finds_by_code),
        cmocka_unit_test(test_pack__a_hat_acts_where_it_reaches),
        cmocka_unit_test(test_pack__what_the_decoder_refuses_is_not_written),
        cmocka_unit_test(test_pack__no_prefix_and_no_changed_byte_passes_for_another),
        cmocka_unit_test(test_pack__names_go_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
