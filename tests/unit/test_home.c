#include "client/home/home.h"
#include "tests/lib/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

struct folder {
    char path[64];
    char home[128];
};

static void make_folder(struct folder *folder)
{
    (void)snprintf(folder->path, sizeof folder->path, "/tmp/hoso-home-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    (void)snprintf(folder->home, sizeof folder->home, "%s/a/b", folder->path);
}

static void remove_folder(const struct folder *folder)
{
    char command[128];

    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder->path);
    assert_int_equal(system(command), 0);
}

static struct replica_identity identity_of(void)
{
    struct replica_identity identity = {.role = ROLE_OFFICE,
                                        .unit = {(const uint8_t *)"000.15.30.H57", 13},
                                        .name = {(const uint8_t *)"UBND", 4},
                                        .seed = {1},
                                        .scope = {{2}}};
    struct secret_key secret;

    key_pair_of_seed(identity.seed, &identity.root, &secret);
    return identity;
}

static enum status begin_badly(struct replica *replica, void *context)
{
    (void)replica;
    *(bool *)context = true;
    return STATUS_FULL;
}

static void test_home__made_once_and_opened(void **state)
{
    struct replica_identity identity = identity_of();
    struct folder folder;
    struct home home;
    struct home second;

    (void)state;
    make_folder(&folder);
    assert_int_equal(home_open(&home, folder.home), STATUS_NOT_FOUND);
    assert_int_equal(home_create(folder.home, &identity, NULL, NULL), STATUS_OK);
    assert_int_equal(home_create(folder.home, &identity, NULL, NULL), STATUS_REFUSED);
    assert_int_equal(home_open(&home, folder.home), STATUS_OK);
    assert_int_equal(replica_identity(home.replica)->role, ROLE_OFFICE);
    assert_int_equal(home_open(&second, folder.home), STATUS_BUSY);
    home_close(&home);
    assert_int_equal(home_open(&second, folder.home), STATUS_OK);
    home_close(&second);
    remove_folder(&folder);
}

static void test_home__failed_beginning_leaves_nothing(void **state)
{
    struct replica_identity identity = identity_of();
    struct folder folder;
    struct home home;
    bool ran = false;
    char unfinished[160];

    (void)state;
    make_folder(&folder);
    assert_int_equal(home_create(folder.home, &identity, begin_badly, &ran), STATUS_FULL);
    assert_true(ran);
    assert_int_equal(home_open(&home, folder.home), STATUS_NOT_FOUND);
    (void)snprintf(unfinished, sizeof unfinished, "%s/store.new", folder.home);
    assert_int_not_equal(access(unfinished, F_OK), 0);
    /* What a killed run leaves does not stand in the way either. */
    assert_int_equal(mkdir(unfinished, 0700), 0);
    assert_int_equal(home_create(folder.home, &identity, NULL, NULL), STATUS_OK);
    assert_int_equal(home_open(&home, folder.home), STATUS_OK);
    home_close(&home);
    remove_folder(&folder);
}

static void test_home__another_invitation_keeps_key_and_work(void **state)
{
    struct replica_identity identity = identity_of();
    struct replica_identity other = identity_of();
    struct public_key key;
    struct folder folder;
    struct home home;
    struct public_key before;

    (void)state;
    make_folder(&folder);
    assert_int_equal(home_rejoin(folder.home, &identity, &key), STATUS_NOT_FOUND);
    assert_int_equal(home_create(folder.home, &identity, NULL, NULL), STATUS_OK);
    assert_int_equal(home_open(&home, folder.home), STATUS_OK);
    before = *replica_key(home.replica);
    assert_int_equal(home_rejoin(folder.home, &identity, &key), STATUS_BUSY);
    home_close(&home);
    other.seed[0] = 99;
    other.has_upstream = true;
    other.upstream_url = bytes_of_text("ws://10.0.0.9:7640");
    other.has_invitation = true;
    other.invitation.secret[0] = 8;
    assert_int_equal(home_rejoin(folder.home, &other, &key), STATUS_OK);
    assert_true(public_key_equal(&key, &before));
    assert_int_equal(home_open(&home, folder.home), STATUS_OK);
    assert_true(public_key_equal(replica_key(home.replica), &before));
    assert_true(
        bytes_equal_text(replica_identity(home.replica)->upstream_url, "ws://10.0.0.9:7640"));
    assert_int_equal(replica_identity(home.replica)->invitation.secret[0], 8);
    home_close(&home);
    other.scope.bytes[0] = 77; /* another unit's */
    assert_int_equal(home_rejoin(folder.home, &other, &key), STATUS_REFUSED);
    remove_folder(&folder);
}

static void test_home__found_by_option_then_environment(void **state)
{
    char path[HOME_PATH_SIZE];
    char longest[HOME_PATH_SIZE + 1];

    (void)state;
    assert_int_equal(setenv("HOSO_HOME", "/somewhere", 1), 0);
    assert_int_equal(home_find("/named", path), STATUS_OK);
    assert_string_equal(path, "/named");
    assert_int_equal(home_find(NULL, path), STATUS_OK);
    assert_string_equal(path, "/somewhere");
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(home_find(longest, path), STATUS_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_home__made_once_and_opened),
        cmocka_unit_test(test_home__failed_beginning_leaves_nothing),
        cmocka_unit_test(test_home__another_invitation_keeps_key_and_work),
        cmocka_unit_test(test_home__found_by_option_then_environment),
    };

    return cmocka_run_group_tests_name("home", tests, NULL, NULL);
}
