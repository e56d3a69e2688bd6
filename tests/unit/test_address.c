/* Addresses: taken apart, and told from those beyond this machine. */
#include "client/link/net/address.h"
#include "tests/lib/unit.h"

#include <stdio.h>

static void test_address__addresses_are_taken_apart(void **state)
{
    static const struct {
        const char *text;
        enum status status;
        bool tls;
        const char *host;
        uint16_t port;
    } cases[] = {
        {"ws://127.0.0.1:7700", STATUS_OK, false, "127.0.0.1", 7700},
        {"ws://hub.example/", STATUS_OK, false, "hub.example", 80},
        {"wss://hub.example", STATUS_OK, true, "hub.example", 443},
        {"http://127.0.0.1:80/", STATUS_OK, false, "127.0.0.1", 80},
        {"[::1]:9", STATUS_OK, false, "::1", 9},
        {"localhost:0", STATUS_OK, false, "localhost", 0},
        {"", STATUS_USAGE, false, "", 0},
        {"ws://", STATUS_USAGE, false, "", 0},
        {"ftp://x", STATUS_USAGE, false, "", 0},
        {"ws://x:70000", STATUS_USAGE, false, "", 0},
        {"ws://x:7a", STATUS_USAGE, false, "", 0},
        {"ws://x/elsewhere", STATUS_USAGE, false, "", 0},
        {"[::1", STATUS_USAGE, false, "", 0},
        {"ws://user@x", STATUS_USAGE, false, "", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct address address;

        assert_int_equal(address_parse(cases[i].text, &address), cases[i].status);
        if (cases[i].status != STATUS_OK)
            continue;
        assert_int_equal(address.tls, cases[i].tls);
        assert_string_equal(address.host, cases[i].host);
        assert_int_equal(address.port, cases[i].port);
    }
}

static void test_address__this_machine_is_told_from_others(void **state)
{
    static const struct {
        const char *host;
        bool local;
    } cases[] = {{"127.0.0.1", true},     {"127.9.8.7", true}, {"::1", true},
                 {"localhost", true},     {"0.0.0.0", false},  {"10.0.0.5", false},
                 {"127.0.0.1.vn", false}, {"::", false},       {"::ffff:10.0.0.5", false},
                 {"localhost.vn", false}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct address address = {.port = 1};

        (void)snprintf(address.host, sizeof address.host, "%s", cases[i].host);
        assert_int_equal(address_is_local(&address), cases[i].local);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address__addresses_are_taken_apart),
        cmocka_unit_test(test_address__this_machine_is_told_from_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
