/* What the log says of receipts that claim too much: one line a connection, few over all. */
#include "client/link/told.h"
#include "tests/lib/unit.h"

#include <stdio.h>
#include <string.h>

struct heard {
    size_t lines;
    char event[32];
    char fields[JOURNAL_LINE_MAX];
};

static void hear(void *context, enum journal_level level, const char *event, const char *fields)
{
    struct heard *heard = context;

    assert_int_equal(level, JOURNAL_WARNING);
    heard->lines++;
    (void)snprintf(heard->event, sizeof heard->event, "%s", event);
    (void)snprintf(heard->fields, sizeof heard->fields, "%s", fields);
}

static void test_told__claims_left_are_one_line_a_connection(void **state)
{
    struct heard heard = {0};
    const struct journal journal = {.line = hear, .context = &heard};
    struct link_shared shared = {.journal = &journal};
    const struct session_self self = {.role = SESSION_SERVER};
    struct session *session = session_new(&self);
    struct batch batch = {0};
    const struct writer_batch written = {.batch = &batch, .status = STATUS_OK};
    const struct writer_batch failed = {.batch = &batch, .status = STATUS_IO};
    uint64_t count = 0;

    (void)state;
    assert_non_null(session);
    told_claims_left(&shared, session, &written, &count);
    assert_int_equal(heard.lines, 0); /* nothing was left */
    batch.claims_left = 7;
    told_claims_left(&shared, session, &failed, &count);
    assert_int_equal(heard.lines, 0); /* nor was anything kept: it comes again */
    for (size_t i = 0; i < 1000; i++)
        told_claims_left(&shared, session, &written, &count);
    assert_int_equal(heard.lines, 1);
    assert_int_equal(count, 7000);
    assert_string_equal(heard.event, "receipts_left");
    assert_non_null(strstr(heard.fields, "claims=7 "));
    for (size_t i = 0; i < 1000; i++) { /* one that comes back again and again */
        uint64_t of_this = 0;

        told_claims_left(&shared, session, &written, &of_this);
    }
    assert_in_range(heard.lines, 2, QUIET_AT_ONCE + 5);
    session_free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_told__claims_left_are_one_line_a_connection),
    };

    return cmocka_run_group_tests_name("told", tests, NULL, NULL);
}
