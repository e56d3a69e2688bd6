/*
 * A counter for tests of commands: a site with the example district's pack, and commands run on it
 * as a lone `hoso` runs them, in this process.
 */
#ifndef HOSO_TESTS_LIB_COUNTER_H
#define HOSO_TESTS_LIB_COUNTER_H

#include "client/home/lone.h"
#include "client/text/json.h"
#include "tests/lib/site.h"

struct counter {
    struct site site; /* its own, if it opened one */
    bool owns_site;
    struct lone lone;
    struct command_answer answer; /* of the last command */
    struct json *document;        /* its first line; NULL: none */
    bool vietnamese;
};

/* The district with the example's pack. */
void counter_district(struct district *district);
/* An office of |unit| that works offline. The counter must not move. */
void counter_open(struct counter *counter, const struct district *district, const char *unit,
                  uint64_t seed);
/* Commands on a site there is, which stays the caller's. */
void counter_over(struct counter *counter, const struct site *site);
void counter_close(struct counter *counter);

/* An office at work, for each test anew: set-up and tear-down of a test, whose state it is. */
struct counter_office {
    struct district district;
    struct counter counter;
    char code[64]; /* of the dossier the test is about */
};
int counter_office_open(void **state);
int counter_office_close(void **state);

/* Runs a verb with JSON arguments in JSON; the answer stays until the next one. */
enum hoso_code counter_run(struct counter *counter, const char *verb, const char *arguments);
/* Imports |content|, a register, by |officer|. */
enum hoso_code counter_import_content(struct counter *counter, struct bytes content,
                                      const char *officer);
/* The same of a file of the source tree. */
enum hoso_code counter_import(struct counter *counter, const char *file, const char *officer);
/* An integer member of the answer; fails the test if there is none. */
int64_t counter_figure(const struct counter *counter, const char *key);
/* The text of answer's member "error"."code"; empty if there is none. */
struct bytes counter_error(const struct counter *counter);

#endif
