/*
 * A second, deliberately naive reading of SPEC.md "Views": sets of at most 32 records as one word,
 * recursion wherever the text recurs, every pair looked at. It shares no code with protocol/case
 * but the table of steps and the pack's data, and works from what was meant to be written, not from
 * encoded bodies.
 */
#ifndef HOSO_TESTS_ORACLE_ORACLE_H
#define HOSO_TESTS_ORACLE_ORACLE_H

#include "tests/lib/case_fixture.h"

enum {
    ORACLE_RECORDS = 12,
    ORACLE_FIELDS = 17, /* the fixture's fields and the case's pack */
    ORACLE_VERSIONS = 48
};

/* A set of records, bit by number. */
typedef uint32_t record_set;

/* What was written, by whom, and what became of it. Record 0 is the genesis. */
struct oracle_case {
    const struct fixture *fixture; /* packs */
    struct fixture_act acts[ORACLE_RECORDS];
    enum standing standings[ORACLE_RECORDS];
    bool erased[ORACLE_RECORDS]; /* every personal value by one label */
    size_t count;
    record_set absent; /* written, not here */
};

struct oracle_version {
    const char *value;
    int record;
    bool proposal;
};

struct oracle_field {
    bool written, conflict;
    const char *value;    /* NULL: none agreed, or a list */
    const char *standing; /* NULL: none */
    uint8_t rank;
    struct oracle_version versions[ORACLE_VERSIONS];
    size_t version_count;
};

struct oracle_view {
    enum view_effect effects[ORACLE_RECORDS];
    record_set aside;
    record_set effective;
    struct oracle_field fields[ORACLE_FIELDS];
    size_t pack;
};

void oracle_compute(const struct oracle_case *of, struct oracle_view *view);
/* What a record counts that cites |parents| and names |without|. */
record_set oracle_counts(const struct oracle_case *of, record_set parents, record_set without);
/* The same by the letter of F01: a path none of whose records an earlier one names. */
record_set oracle_counts_by_paths(const struct oracle_case *of, int record);
/* The key of field |field|. */
const char *oracle_key(size_t field);

#endif
