#include "client/command/invitation.h"
#include "tests/lib/unit.h"

#include <string.h>

static struct invitation_text sample(void)
{
    struct invitation_text invitation = {
        .role = ROLE_OFFICE,
        .unit = bytes_of_text("000.15.30.H57"),
        .label = bytes_of_text("UBND xã Trung Sơn"),
        .url = bytes_of_text("ws://127.0.0.1:7640"),
        .expires = 1900000000,
    };
    struct secret_key secret;
    uint8_t seed[32];

    memset(seed, 1, sizeof seed);
    key_pair_of_seed(seed, &invitation.server, &secret);
    memset(seed, 2, sizeof seed);
    key_pair_of_seed(seed, &invitation.root, &secret);
    memset(&invitation.scope, 3, sizeof invitation.scope);
    memset(&invitation.secret, 4, sizeof invitation.secret);
    return invitation;
}

static void test_invitation__comes_back_whole(void **state)
{
    struct invitation_text invitation = sample();
    struct invitation_text back;
    struct buffer text;
    struct arena arena;

    (void)state;
    buffer_init(&text, 4096);
    arena_init(&arena, 1 << 20);
    assert_int_equal(invitation_write(&invitation, &text), STATUS_OK);
    assert_memory_equal(text.at, "hoso1:", 6);
    assert_int_equal(invitation_read(buffer_view(&text), &arena, &back), STATUS_OK);
    assert_int_equal(back.role, ROLE_OFFICE);
    assert_true(bytes_equal(back.unit, invitation.unit));
    assert_true(bytes_equal(back.label, invitation.label));
    assert_true(bytes_equal(back.url, invitation.url));
    assert_true(name_equal(&back.scope, &invitation.scope));
    assert_true(public_key_equal(&back.server, &invitation.server));
    assert_true(public_key_equal(&back.root, &invitation.root));
    assert_memory_equal(&back.secret, &invitation.secret, sizeof back.secret);
    assert_int_equal(back.expires, 1900000000);
    assert_int_equal(back.authority.size, 0);
    arena_deinit(&arena);
    buffer_deinit(&text);
}

static void test_invitation__survives_a_mail_program(void **state)
{
    struct invitation_text invitation = sample();
    struct invitation_text back;
    struct buffer text;
    struct buffer broken;
    struct arena arena;

    (void)state;
    invitation.authority = bytes_of_text("records");
    buffer_init(&text, 4096);
    buffer_init(&broken, 8192);
    arena_init(&arena, 1 << 20);
    assert_int_equal(invitation_write(&invitation, &text), STATUS_OK);
    for (size_t i = 0; i < text.size; i++) {
        buffer_append_u8(&broken, text.at[i]);
        if (i % 40 == 39)
            buffer_append(&broken, "\r\n ", 3);
    }
    assert_int_equal(invitation_read(buffer_view(&broken), &arena, &back), STATUS_OK);
    assert_true(bytes_equal_text(back.authority, "records"));
    arena_deinit(&arena);
    buffer_deinit(&broken);
    buffer_deinit(&text);
}

static void test_invitation__a_damaged_text_is_refused(void **state)
{
    struct invitation_text invitation = sample();
    struct invitation_text back;
    struct buffer text;
    struct arena arena;

    (void)state;
    buffer_init(&text, 4096);
    assert_int_equal(invitation_write(&invitation, &text), STATUS_OK);
    for (size_t size = 0; size < text.size; size++) {
        arena_init(&arena, 1 << 20);
        assert_int_not_equal(invitation_read(bytes_of(text.at, size), &arena, &back), STATUS_OK);
        arena_deinit(&arena);
    }
    buffer_deinit(&text);
    buffer_init(&text, 4096);
    invitation.url = bytes_of_text("http://127.0.0.1");
    assert_int_equal(invitation_write(&invitation, &text), STATUS_USAGE);
    buffer_deinit(&text);
}

static void test_invitation__a_newer_one_says_so(void **state)
{
    /* base64url of [2] */
    struct invitation_text back;
    struct arena arena;

    (void)state;
    arena_init(&arena, 1 << 20);
    assert_int_equal(invitation_read(bytes_of_text("hoso1:kQI"), &arena, &back), STATUS_NEWER);
    arena_deinit(&arena);
}

static void test_invitation__fingerprints_tell_keys_apart(void **state)
{
    struct invitation_text invitation = sample();
    char server[FINGERPRINT_TEXT_BYTES];
    char root[FINGERPRINT_TEXT_BYTES];

    (void)state;
    fingerprint_of_key(&invitation.server, server);
    fingerprint_of_key(&invitation.root, root);
    assert_int_equal(strlen(server), 19);
    assert_string_not_equal(server, root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_invitation__comes_back_whole),
        cmocka_unit_test(test_invitation__survives_a_mail_program),
        cmocka_unit_test(test_invitation__a_damaged_text_is_refused),
        cmocka_unit_test(test_invitation__a_newer_one_says_so),
        cmocka_unit_test(test_invitation__fingerprints_tell_keys_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
