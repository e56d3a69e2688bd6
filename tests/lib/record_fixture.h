/*
 * Keys, a body, lists of references, and a header that uses every part: what tests of records start
 * from.
 */
#ifndef HOSO_TESTS_LIB_RECORD_FIXTURE_H
#define HOSO_TESTS_LIB_RECORD_FIXTURE_H

#include "protocol/record/body.h"
#include "protocol/record/record.h"

struct record_fixture {
    struct arena arena;
    struct public_key device;
    struct secret_key device_secret;
    struct public_key officer;
    struct secret_key officer_secret;
    struct buffer body;
    struct hash references[LIMIT_PARENTS + 1]; /* ascending */
    struct record_extension extensions[LIMIT_EXTENSIONS + 1];
};

/* |*state| becomes a fixture; a cmocka setup and teardown. */
int record_fixture_set_up(void **state);
int record_fixture_tear_down(void **state);

/* An edit in which every part of the header is used; it borrows the fixture's lists. */
struct record_header record_fixture_header(const struct record_fixture *f);

#endif
