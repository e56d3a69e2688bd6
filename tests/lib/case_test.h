/*
 * What a program of view tests begins with: one fixture, made anew for each test, and short words
 * for what is done to it. Included by one file a program.
 */
#ifndef HOSO_TESTS_LIB_CASE_TEST_H
#define HOSO_TESTS_LIB_CASE_TEST_H

#include "tests/lib/case_acts.h"
#include "tests/lib/unit.h"

static struct fixture fixture;

static inline int setup(void **state)
{
    (void)state;
    fixture_init(&fixture);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    fixture_deinit(&fixture);
    return 0;
}

static inline enum view_why why_of(int record)
{
    return view_why_of(fixture_entry(&fixture, record)->why);
}

static inline int add(struct fixture_act act)
{
    return fixture_add(&fixture, &act);
}

static inline int follow(struct fixture_act act)
{
    return fixture_follow(&fixture, &act);
}

static inline enum view_why judge(struct fixture_act act)
{
    return fixture_judge(&fixture, &act);
}

static inline void compute(void)
{
    fixture_compute(&fixture, NULL);
}

static inline void assert_value(const char *field, const char *value)
{
    assert_string_equal(fixture_value(&fixture, field), value);
}

#endif
