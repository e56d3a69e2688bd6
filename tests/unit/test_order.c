#include "protocol/case/authority/authority.h"
#include "protocol/case/view/order.h"
#include "tests/lib/unit.h"

static const uint8_t salt[SALT_BYTES] = {1, 2, 3};

static const struct position cuts[] = {{{{1}}, 4, {{9}}}, {{{2}}, 7, {{8}}}};
static const struct record_range range = {{{3}}, 2, 5, {{7}}};

/* Each body decodes to what went in, and no prefix of it decodes. */
struct body {
    struct buffer bytes;
    struct arena arena;
};

static void body_init(struct body *body)
{
    buffer_init(&body->bytes, LIMIT_BODY_BYTES);
    arena_init(&body->arena, 1 << 20);
}

static void body_deinit(struct body *body)
{
    buffer_deinit(&body->bytes);
    arena_deinit(&body->arena);
}

static struct bytes whole(const struct body *body)
{
    return buffer_view(&body->bytes);
}

static void test_order__a_revocation_comes_back(void **state)
{
    (void)state;
    struct body body;
    struct revocation made = {{{5}}, cuts, 2, bytes_of_text("mất máy")};
    struct revocation found;
    body_init(&body);
    assert_int_equal(revocation_encode(salt, &made, &body.bytes), STATUS_OK);
    assert_int_equal(revocation_decode(whole(&body), &body.arena, &found), STATUS_OK);
    assert_true(hash_equal(&found.grant, &made.grant));
    assert_int_equal(found.cut_count, 2);
    assert_int_equal(found.cuts[1].seq, 7);
    assert_true(bytes_equal_text(found.reason, "mất máy"));
    for (size_t i = 0; i < body.bytes.size; i++)
        assert_int_not_equal(revocation_decode(bytes_of(body.bytes.at, i), &body.arena, &found),
                             STATUS_OK);
    body_deinit(&body);
}

static void test_order__cuts_ascend_and_no_log_stands_twice(void **state)
{
    (void)state;
    const struct position turned[] = {cuts[1], cuts[0]};
    const struct position twice[] = {cuts[0], cuts[0]};
    struct revocation made = {{{5}}, turned, 2, {NULL, 0}};
    struct rules_order rules = {2, twice, 2};
    struct body body;
    body_init(&body);
    assert_int_equal(revocation_encode(salt, &made, &body.bytes), STATUS_USAGE);
    buffer_reset(&body.bytes);
    assert_int_equal(rules_order_encode(salt, &rules, &body.bytes), STATUS_USAGE);
    buffer_reset(&body.bytes);
    rules.cuts = cuts;
    assert_int_equal(rules_order_encode(salt, &rules, &body.bytes), STATUS_OK);
    assert_int_equal(rules_order_decode(whole(&body), &body.arena, &rules), STATUS_OK);
    assert_int_equal(rules.rules, 2);
    body_deinit(&body);
}

static void test_order__releases_and_refusals_come_back(void **state)
{
    (void)state;
    struct body body;
    struct release released = {RELEASE_CUT, range, bytes_of_text("đúng")};
    struct refusal refused = {range, bytes_of_text("giả")};
    body_init(&body);
    assert_int_equal(release_encode(salt, &released, &body.bytes), STATUS_OK);
    assert_int_equal(release_decode(whole(&body), &body.arena, &released), STATUS_OK);
    assert_int_equal(released.mode, RELEASE_CUT);
    assert_int_equal(released.range.last_seq, 5);
    assert_int_not_equal(refusal_decode(whole(&body), &body.arena, &refused), STATUS_OK);
    buffer_reset(&body.bytes);
    refused = (struct refusal){range, bytes_of_text("giả")};
    assert_int_equal(refusal_encode(salt, &refused, &body.bytes), STATUS_OK);
    assert_int_equal(refusal_decode(whole(&body), &body.arena, &refused), STATUS_OK);
    assert_true(hash_equal(&refused.range.last_id, &range.last_id));
    buffer_reset(&body.bytes);
    refused.range.last_seq = 1; /* before the first */
    assert_int_equal(refusal_encode(salt, &refused, &body.bytes), STATUS_USAGE);
    body_deinit(&body);
}

static void test_order__a_clone_order_comes_back(void **state)
{
    (void)state;
    struct body body;
    struct clone_order clone = {{{4}}, {{6}}};
    body_init(&body);
    assert_int_equal(clone_order_encode(salt, &clone, &body.bytes), STATUS_OK);
    assert_int_equal(clone_order_decode(whole(&body), &body.arena, &clone), STATUS_OK);
    assert_int_equal(clone.device.bytes[0], 4);
    assert_int_equal(clone.log_kept.bytes[0], 6);
    body_deinit(&body);
}

static void test_order__an_erasure_comes_back(void **state)
{
    (void)state;
    struct body body;
    const struct hash source = {{3}};
    struct write stand_ins[] = {
        {.field = bytes_of_text("chu_ho_so"),
         .value = {.type = WIRE_TEXT, .as.bytes = bytes_of_text("(đã xóa)")},
         .sources = &source,
         .source_count = 1},
        {.field = bytes_of_text("hen_tra"),
         .op = STAND_IN_SHOWN,
         .value = {.type = WIRE_UNSIGNED, .as.number = 16}},
    };
    struct erasure_item items[] = {{{{1}}, stand_ins, 2}, {{{2}}, NULL, 0}};
    struct erasure erasure = {items, 2, bytes_of_text("theo yêu cầu")};
    body_init(&body);
    assert_int_equal(erasure_encode(salt, &erasure, &body.bytes), STATUS_OK);
    assert_int_equal(erasure_decode(whole(&body), &body.arena, &erasure), STATUS_OK);
    assert_int_equal(erasure.item_count, 2);
    const struct write *first = erasure.items[0].stand_ins;
    assert_true(bytes_equal_text(first[0].value.as.bytes, "(đã xóa)"));
    assert_true(hash_equal(&first[0].sources[0], &source));
    assert_int_equal(first[1].op, STAND_IN_SHOWN);
    assert_int_equal(first[1].value_bytes.size, 1);
    assert_int_equal(erasure.items[1].stand_in_count, 0);
    buffer_reset(&body.bytes);
    struct erasure_item turned[] = {items[1], items[0]};
    erasure = (struct erasure){turned, 2, {NULL, 0}};
    assert_int_equal(erasure_encode(salt, &erasure, &body.bytes), STATUS_USAGE);
    body_deinit(&body);
}

static void test_order__a_grant_comes_back(void **state)
{
    (void)state;
    struct body body;
    const struct name scopes[] = {{{1}}, {{2}}};
    struct grant made = {.key = {{7}},
                         .role = ROLE_OFFICE,
                         .unit = bytes_of_text("000.15.30.H57"),
                         .label = bytes_of_text("máy 2"),
                         .scopes = scopes,
                         .scope_count = 2,
                         .may_grant = true,
                         .counter_owner = true};
    struct grant found;
    body_init(&body);
    assert_int_equal(grant_encode(salt, &made, &body.bytes), STATUS_OK);
    assert_int_equal(grant_decode(whole(&body), &body.arena, &found), STATUS_OK);
    assert_true(public_key_equal(&found.key, &made.key));
    assert_true(bytes_equal(found.label, made.label));
    assert_int_equal(found.scope_count, 2);
    assert_true(found.may_grant && found.counter_owner && !found.sees_all);
    for (size_t i = 0; i < body.bytes.size; i++)
        assert_int_not_equal(grant_decode(bytes_of(body.bytes.at, i), &body.arena, &found),
                             STATUS_OK);
    buffer_reset(&body.bytes);
    const struct name turned[] = {{{2}}, {{1}}};
    made.scopes = turned;
    assert_int_equal(grant_encode(salt, &made, &body.bytes), STATUS_USAGE);
    body_deinit(&body);
}

static void test_order__what_stands_before_in_the_buffer_stays(void **state)
{
    (void)state;
    struct body body;
    struct clone_order clone = {{{4}}, {{6}}};
    body_init(&body);
    buffer_append_u8(&body.bytes, 0x2a);
    assert_int_equal(clone_order_encode(salt, &clone, &body.bytes), STATUS_OK);
    assert_int_equal(body.bytes.at[0], 0x2a);
    assert_int_equal(
        clone_order_decode(bytes_of(body.bytes.at + 1, body.bytes.size - 1), &body.arena, &clone),
        STATUS_OK);
    body_deinit(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order__a_revocation_comes_back),
        cmocka_unit_test(test_order__cuts_ascend_and_no_log_stands_twice),
        cmocka_unit_test(test_order__releases_and_refusals_come_back),
        cmocka_unit_test(test_order__a_clone_order_comes_back),
        cmocka_unit_test(test_order__an_erasure_comes_back),
        cmocka_unit_test(test_order__a_grant_comes_back),
        cmocka_unit_test(test_order__what_stands_before_in_the_buffer_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
