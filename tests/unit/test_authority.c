/*
 * Authority sets: keys are numbers, records carry a body and an id and no signature; whether a
 * record is authentic is asked before it comes here.
 */
#include "tests/lib/authority_book.h"
#include "tests/lib/random.h"
#include "tests/lib/unit.h"

#include <string.h>

static struct book book;
static const uint8_t salt[SALT_BYTES] = {1};

static int setup(void **state)
{
    (void)state;
    book_init(&book);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    book_deinit(&book);
    return 0;
}

/* The set of all records but |without|, added in an order drawn from |seed| (0: as made). */
static struct authority *set_of(uint64_t seed, size_t without)
{
    struct random random = {seed};
    size_t order[BOOK_RECORDS];
    struct public_key root = book_key(0);
    struct authority *authority = authority_new(&root);
    assert_non_null(authority);
    for (size_t i = 0; i < book.count; i++)
        order[i] = i;
    for (size_t i = book.count; i > 1 && seed != 0; i--) {
        size_t j = random_below(&random, i);
        size_t other = order[i - 1];
        order[i - 1] = order[j];
        order[j] = other;
    }
    for (size_t i = 0; i < book.count; i++) {
        if (order[i] != without)
            assert_int_equal(
                authority_add(authority, &book.records[order[i]], &book.writers[order[i]]),
                STATUS_OK);
    }
    return authority;
}

static bool may(const struct authority *authority, uint8_t number, uint8_t in)
{
    struct public_key who = book_key(number);
    struct name where = book_scope(in);
    return authority_may(authority, &who, &where);
}

static enum standing standing(const struct authority *authority, uint8_t number,
                              const struct position *at)
{
    struct public_key who = book_key(number);
    struct name where = book_scope(SCOPE_A);
    return authority_standing(authority, &who, &where, at);
}

static struct position at(uint8_t writer, uint64_t seq)
{
    return (struct position){book_log(writer), seq, {{0xee, writer, (uint8_t)seq}}};
}

static void test_authority__a_grant_needs_a_chain_to_the_root(void **state)
{
    (void)state;
    book_grant(&book, 0, 1, ROLE_HUB);
    size_t office = book_grant(&book, 1, 2, ROLE_OFFICE);
    book_grant(&book, 2, 3, ROLE_DEVICE);
    book_grant(&book, 3, 4, ROLE_DEVICE); /* a device may not */
    book_grant(&book, 9, 5, ROLE_DEVICE); /* nobody knows 9 */
    struct authority *all = set_of(0, SIZE_MAX);
    assert_true(may(all, 1, SCOPE_B) && may(all, 2, SCOPE_A) && may(all, 3, SCOPE_A));
    assert_false(may(all, 2, SCOPE_B) || may(all, 4, SCOPE_A) || may(all, 5, SCOPE_A));
    struct public_key four = book_key(4);
    struct public_key root = book_key(0);
    struct public_key three = book_key(3);
    assert_false(authority_ever_granted(all, &four));
    assert_true(authority_ever_granted(all, &root));
    assert_int_equal(authority_grant(all, &three)->role, ROLE_DEVICE);
    struct name own = authority_scope(&root);
    assert_true(authority_may(all, &three, &own));
    struct authority *less = set_of(0, office);
    assert_false(may(less, 2, SCOPE_A) || may(less, 3, SCOPE_A));
    authority_free(all);
    authority_free(less);
}

static void test_authority__nobody_gives_more_than_he_has(void **state)
{
    (void)state;
    struct name both[] = {book_scope(SCOPE_A), book_scope(SCOPE_B)};
    struct grant wide = {.key = book_key(3), .role = ROLE_DEVICE, .scopes = both, .scope_count = 2};
    struct grant all = {.key = book_key(4), .role = ROLE_DEVICE, .sees_all = true};
    struct grant above = {.key = book_key(5), .role = ROLE_HUB, .scopes = both, .scope_count = 1};
    book_grant(&book, 0, 1, ROLE_HUB);
    book_grant(&book, 1, 2, ROLE_OFFICE);
    book_write_grant(&book, 2, &wide);
    book_write_grant(&book, 2, &all);
    book_write_grant(&book, 2, &above);
    struct authority *set = set_of(0, SIZE_MAX);
    assert_false(may(set, 3, SCOPE_A) || may(set, 4, SCOPE_A) || may(set, 5, SCOPE_A));
    authority_free(set);
}

static void test_authority__a_revocation_accepts_up_to_its_cut(void **state)
{
    (void)state;
    book_grant(&book, 0, 1, ROLE_HUB);
    book_grant(&book, 1, 2, ROLE_OFFICE);
    size_t device = book_grant(&book, 2, 3, ROLE_DEVICE);
    struct position cut = at(3, 5);
    book_revoke(&book, 1, device, &cut, 1);
    struct authority *set = set_of(0, SIZE_MAX);
    struct position before = at(3, 4);
    struct position after = at(3, 6);
    struct position other = at(3, 5);
    other.id.bytes[3] = 1;
    assert_int_equal(standing(set, 3, &before), STANDING_GRANTED);
    assert_int_equal(standing(set, 3, &cut), STANDING_GRANTED);
    assert_int_equal(standing(set, 3, &other), STANDING_REVOKED);
    assert_int_equal(standing(set, 3, &after), STANDING_REVOKED);
    struct position elsewhere = at(7, 1);
    assert_int_equal(standing(set, 3, &elsewhere), STANDING_REVOKED);
    assert_int_equal(standing(set, 8, &before), STANDING_UNGRANTED);
    assert_false(may(set, 3, SCOPE_A));
    struct public_key who = book_key(3);
    assert_true(authority_ever_granted(set, &who));
    assert_null(authority_grant(set, &who));
    authority_free(set);
    /* Granting again is a new grant. */
    book_grant(&book, 2, 3, ROLE_DEVICE);
    set = set_of(0, SIZE_MAX);
    assert_int_equal(standing(set, 3, &after), STANDING_GRANTED);
    authority_free(set);
}

static void test_authority__only_keys_above_command(void **state)
{
    (void)state;
    book_grant(&book, 0, 1, ROLE_HUB);
    book_grant(&book, 1, 2, ROLE_OFFICE);
    size_t device = book_grant(&book, 2, 3, ROLE_DEVICE);
    book_grant(&book, 1, 4, ROLE_OFFICE);
    size_t other = book_grant(&book, 4, 5, ROLE_DEVICE);
    book_revoke(&book, 4, device, NULL, 0); /* another office */
    book_revoke(&book, 5, device, NULL, 0); /* another device */
    book_revoke(&book, 3, device, NULL, 0); /* itself */
    struct authority *set = set_of(0, SIZE_MAX);
    assert_true(may(set, 3, SCOPE_A));
    authority_free(set);
    book_revoke(&book, 2, device, NULL, 0);
    book_revoke(&book, 0, other, NULL, 0);
    set = set_of(0, SIZE_MAX);
    assert_false(may(set, 3, SCOPE_A) || may(set, 5, SCOPE_A));
    authority_free(set);
}

static void test_authority__F16_who_revokes_upwards_revokes_nothing(void **state)
{
    (void)state;
    size_t hub = book_grant(&book, 0, 1, ROLE_HUB);
    size_t second = book_grant(&book, 1, 2, ROLE_HUB);
    size_t back = book_grant(&book, 2, 1, ROLE_HUB); /* a grant back makes nobody higher */
    book_revoke(&book, 2, hub, NULL, 0);
    book_revoke(&book, 1, second, NULL, 0);
    book_revoke(&book, 2, back, NULL, 0);
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct authority *set = set_of(seed, SIZE_MAX);
        assert_true(may(set, 1, SCOPE_A));
        assert_false(may(set, 2, SCOPE_A));
        authority_free(set);
    }
}

static void test_authority__what_a_revoked_key_granted_stands_within_its_cut(void **state)
{
    (void)state;
    book_grant(&book, 0, 1, ROLE_HUB);
    size_t office = book_grant(&book, 1, 2, ROLE_OFFICE);
    size_t early = book_grant(&book, 2, 3, ROLE_DEVICE);
    book_grant(&book, 2, 4, ROLE_DEVICE);
    struct position cut = book_position(&book, early);
    book_revoke(&book, 1, office, &cut, 1);
    struct authority *set = set_of(0, SIZE_MAX);
    assert_true(may(set, 3, SCOPE_A));
    assert_false(may(set, 2, SCOPE_A) || may(set, 4, SCOPE_A));
    authority_free(set);
}

static void test_authority__releases_and_refusals_name_records(void **state)
{
    (void)state;
    book_grant(&book, 0, 1, ROLE_HUB);
    book_grant(&book, 1, 2, ROLE_OFFICE);
    size_t device = book_grant(&book, 2, 3, ROLE_DEVICE);
    book_revoke(&book, 2, device, NULL, 0);
    struct position one = at(3, 1), two = at(3, 2), three = at(3, 3), four = at(3, 4);
    book_release(&book, 2, &one, RELEASE_CUT);
    book_release(&book, 1, &two, RELEASE_HELD);
    book_release(&book, 2, &three, RELEASE_CUT);
    book_refuse(&book, 1, &three);
    book_release(&book, 3, &four, RELEASE_CUT); /* its own */
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct authority *set = set_of(seed, SIZE_MAX);
        assert_int_equal(standing(set, 3, &one), STANDING_RELEASED_CUT);
        assert_int_equal(standing(set, 3, &two), STANDING_RELEASED_HELD);
        assert_int_equal(standing(set, 3, &three), STANDING_REFUSED);
        assert_int_equal(standing(set, 3, &four), STANDING_REVOKED);
        authority_free(set);
    }
}

static void test_authority__a_refused_revocation_revokes_nothing(void **state)
{
    (void)state;
    book_grant(&book, 0, 1, ROLE_HUB);
    book_grant(&book, 1, 2, ROLE_OFFICE);
    size_t device = book_grant(&book, 2, 3, ROLE_DEVICE);
    size_t revoked = book_revoke(&book, 2, device, NULL, 0);
    struct position at_it = book_position(&book, revoked);
    book_refuse(&book, 1, &at_it);
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct authority *set = set_of(seed, SIZE_MAX);
        assert_true(may(set, 3, SCOPE_A));
        authority_free(set);
    }
}

/* What a set says of every key and of a few records of each. */
static void fingerprint(const struct authority *authority, uint8_t out[10 * 8])
{
    for (uint8_t i = 0; i < 10; i++) {
        struct public_key who = book_key(i);
        uint8_t *row = out + i * 8;
        row[0] = may(authority, i, SCOPE_A);
        row[1] = may(authority, i, SCOPE_B);
        row[2] = authority_ever_granted(authority, &who);
        const struct grant *best = authority_grant(authority, &who);
        row[3] = best != NULL ? best->id.bytes[8] : 0xff;
        for (uint8_t seq = 2; seq < 6; seq++) {
            struct position where = at(i, seq);
            for (size_t j = 0; j < book.count; j++) {
                if (name_equal(&book.records[j].header.log, &where.log) &&
                    book.records[j].header.seq == seq)
                    where.id = book.records[j].id;
            }
            row[2 + seq] = (uint8_t)standing(authority, i, &where);
        }
    }
}

static void random_book(struct random *random)
{
    size_t grants[BOOK_RECORDS];
    size_t grant_count = 0;
    grants[grant_count++] = book_grant(&book, 0, 1, ROLE_HUB);
    while (book.count < 24) {
        uint8_t from = (uint8_t)random_below(random, 6);
        uint8_t to = (uint8_t)(1 + random_below(random, 6));
        size_t which = random_below(random, grant_count);
        struct position where = book_position(&book, random_below(random, book.count));
        switch (random_below(random, 6)) {
        case 0:
            book_revoke(&book, from, grants[which], &where, random_below(random, 2));
            break;
        case 1:
            book_refuse(&book, from, &where);
            break;
        case 2:
            book_release(&book, from, &where, random_below(random, 2));
            break;
        default:
            grants[grant_count++] = book_grant(&book, from, to, 1 + random_below(random, 3));
            break;
        }
    }
}

static void test_authority__the_order_of_adding_never_matters(void **state)
{
    for (uint64_t seed = 1; seed <= 400; seed++) {
        uint8_t expected[80];
        uint8_t found[80];
        struct random random = {seed};
        random_book(&random);
        struct authority *set = set_of(0, SIZE_MAX);
        fingerprint(set, expected);
        struct authority *copy = authority_copy(set);
        authority_free(set);
        fingerprint(copy, found);
        assert_memory_equal(expected, found, sizeof(found));
        authority_free(copy);
        for (uint64_t order = 1; order <= 8; order++) {
            struct authority *other = set_of(seed * 100 + order, SIZE_MAX);
            fingerprint(other, found);
            if (memcmp(expected, found, sizeof(found)) != 0)
                fail_msg("seed %u, order %u", (unsigned)seed, (unsigned)order);
            authority_free(other);
        }
        teardown(state);
        setup(state);
    }
}

static void test_authority__a_copy_goes_its_own_way(void **state)
{
    (void)state;
    book_grant(&book, 0, 1, ROLE_HUB);
    size_t office = book_grant(&book, 1, 2, ROLE_OFFICE);
    struct authority *first = set_of(0, SIZE_MAX);
    struct authority *second = authority_copy(first);
    size_t revoked = book_revoke(&book, 1, office, NULL, 0);
    assert_int_equal(authority_add(second, &book.records[revoked], &book.writers[revoked]),
                     STATUS_OK);
    assert_int_equal(authority_add(second, &book.records[revoked], &book.writers[revoked]),
                     STATUS_OK);
    assert_true(may(first, 2, SCOPE_A));
    assert_false(may(second, 2, SCOPE_A));
    authority_free(first);
    struct public_key who = book_key(1);
    assert_true(bytes_equal_text(authority_grant(second, &who)->unit, "xa"));
    authority_free(second);
}

static void test_authority__counters_have_one_owner(void **state)
{
    (void)state;
    book_grant(&book, 0, 1, ROLE_HUB);
    book_grant(&book, 1, 2, ROLE_OFFICE);
    size_t second = book_grant(&book, 1, 3, ROLE_OFFICE);
    struct authority *set = set_of(0, SIZE_MAX);
    struct name in = book_scope(SCOPE_A);
    struct name none = book_scope(SCOPE_B);
    assert_true(bytes_equal_text(authority_unit_of_scope(set, &in), "xa"));
    assert_int_equal(authority_unit_of_scope(set, &none).size, 0);
    /* Of two the larger id, which is the later record here. */
    assert_int_equal(authority_counter_owner(set, bytes_of_text("xa"))->bytes[1], 3);
    assert_null(authority_counter_owner(set, bytes_of_text("xa khac")));
    authority_free(set);
    book_revoke(&book, 1, second, NULL, 0);
    set = set_of(0, SIZE_MAX);
    assert_int_equal(authority_counter_owner(set, bytes_of_text("xa"))->bytes[1], 2);
    authority_free(set);
}

static size_t publish(uint8_t from, uint64_t generation, const char *pack)
{
    struct buffer body;
    buffer_init(&body, LIMIT_BODY_BYTES);
    assert_int_equal(pack_body_encode(salt, generation, bytes_of_text(pack), &body), STATUS_OK);
    return book_keep(&book, from, KIND_PACK, &body);
}

static void test_authority__the_current_pack_is_the_hubs_newest(void **state)
{
    (void)state;
    struct hash hash;
    struct authority *set = set_of(0, SIZE_MAX);
    assert_int_equal(authority_current_pack(set, &hash).size, 0);
    assert_int_equal(authority_next_pack_generation(set), 1);
    authority_free(set);
    book_grant(&book, 0, 1, ROLE_HUB);
    book_grant(&book, 1, 2, ROLE_OFFICE);
    publish(1, 1, "one");
    publish(1, 2, "two");
    publish(2, 9, "an office's own: a proposal");
    for (uint64_t seed = 0; seed < 10; seed++) {
        set = set_of(seed, SIZE_MAX);
        assert_true(bytes_equal_text(authority_current_pack(set, &hash), "two"));
        assert_true(bytes_equal_text(authority_pack(set, &hash), "two"));
        assert_int_equal(authority_next_pack_generation(set), 3);
        authority_free(set);
    }
}

static size_t erase(uint8_t from, const struct erasure *erasure)
{
    struct buffer body;
    buffer_init(&body, LIMIT_BODY_BYTES);
    assert_int_equal(erasure_encode(salt, erasure, &body), STATUS_OK);
    return book_keep(&book, from, KIND_ERASURE, &body);
}

static void test_authority__an_erasure_needs_the_scope(void **state)
{
    (void)state;
    struct write stand_in = {.field = bytes_of_text("chu_ho_so"),
                             .value = {.type = WIRE_TEXT, .as.bytes = bytes_of_text("(xóa)")}};
    struct erasure_item item = {{{0x55}}, &stand_in, 1};
    struct erasure erasure = {&item, 1, bytes_of_text("theo yêu cầu")};
    book_grant(&book, 0, 1, ROLE_HUB);
    book_grant(&book, 1, 2, ROLE_OFFICE);
    book_grant(&book, 2, 3, ROLE_DEVICE);
    erase(3, &erasure);
    const struct write *stand_ins = NULL;
    size_t count = 0;
    struct name in = book_scope(SCOPE_A);
    struct name other = book_scope(SCOPE_B);
    struct authority *set = set_of(0, SIZE_MAX);
    assert_false(authority_erasure(set, &item.record, &in, &stand_ins, &count));
    authority_free(set);
    erase(2, &erasure);
    set = set_of(0, SIZE_MAX);
    struct authority *copy = authority_copy(set);
    authority_free(set);
    assert_true(authority_erasure(copy, &item.record, &in, &stand_ins, &count));
    assert_int_equal(count, 1);
    assert_true(bytes_equal_text(stand_ins[0].field, "chu_ho_so"));
    assert_true(bytes_equal_text(stand_ins[0].value.as.bytes, "(xóa)"));
    assert_false(authority_erasure(copy, &item.record, &other, &stand_ins, &count));
    authority_free(copy);
}

static void test_authority__a_chain_is_told_from_the_root_down(void **state)
{
    (void)state;
    size_t hub = book_grant(&book, 0, 1, ROLE_HUB);
    size_t office = book_grant(&book, 1, 2, ROLE_OFFICE);
    size_t device = book_grant(&book, 2, 3, ROLE_DEVICE);
    struct record *opening = &book.records[book.count];
    opening->header.kind = KIND_OPENING;
    opening->header.seq = 1;
    memcpy(opening->id.bytes, book_log(1).bytes, sizeof(book_log(1).bytes));
    opening->id.bytes[20] = 4;
    book.writers[book.count++] = book_key(1);
    struct authority *set = set_of(0, SIZE_MAX);
    struct hash ids[8];
    struct public_key who = book_key(3);
    assert_int_equal(authority_chain(set, &who, ids, 8), 4);
    assert_true(hash_equal(&ids[0], &book.records[hub].id));
    assert_true(hash_equal(&ids[1], &opening->id));
    assert_true(hash_equal(&ids[2], &book.records[office].id));
    assert_true(hash_equal(&ids[3], &book.records[device].id));
    assert_int_equal(authority_chain(set, &who, ids, 3), 0);
    who = book_key(9);
    assert_int_equal(authority_chain(set, &who, ids, 8), 0);
    authority_free(set);
}

static void test_authority__a_body_of_another_kind_is_refused(void **state)
{
    (void)state;
    size_t first = book_grant(&book, 0, 1, ROLE_HUB);
    struct public_key root = book_key(0);
    struct authority *set = authority_new(&root);
    book.records[first].header.kind = KIND_REVOCATION;
    assert_int_equal(authority_add(set, &book.records[first], &root), STATUS_MALFORMED);
    book.records[first].has_body = false;
    book.records[first].header.kind = KIND_GRANT;
    assert_int_equal(authority_add(set, &book.records[first], &root), STATUS_MALFORMED);
    book.records[first].header.kind = 30; /* of a newer version */
    assert_int_equal(authority_add(set, &book.records[first], &root), STATUS_OK);
    assert_false(may(set, 1, SCOPE_A));
    authority_free(set);
}

#define CASE(name) cmocka_unit_test_setup_teardown(test_authority__##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_grant_needs_a_chain_to_the_root),
        CASE(nobody_gives_more_than_he_has),
        CASE(a_revocation_accepts_up_to_its_cut),
        CASE(only_keys_above_command),
        CASE(F16_who_revokes_upwards_revokes_nothing),
        CASE(what_a_revoked_key_granted_stands_within_its_cut),
        CASE(releases_and_refusals_name_records),
        CASE(a_refused_revocation_revokes_nothing),
        CASE(the_order_of_adding_never_matters),
        CASE(a_copy_goes_its_own_way),
        CASE(counters_have_one_owner),
        CASE(the_current_pack_is_the_hubs_newest),
        CASE(an_erasure_needs_the_scope),
        CASE(a_chain_is_told_from_the_root_down),
        CASE(a_body_of_another_kind_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
