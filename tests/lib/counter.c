#include "tests/lib/counter.h"

#include "client/text/base64.h"
#include "client/text/file.h"
#include "client/text/packfile.h"
#include "tests/lib/unit.h"

#include <stdio.h>
#include <string.h>

enum { COUNTER_BYTES_MAX = 256 * 1024 * 1024 };

void counter_district(struct district *district)
{
    struct packfile_problem problem;

    district_open(district);
    buffer_reset(&district->pack);
    buffer_deinit(&district->pack);
    buffer_init(&district->pack, LIMIT_PACK_BYTES);
    assert_int_equal(packfile_encode(NULL, &district->pack, &problem), STATUS_OK);
}

static void start(struct counter *counter, struct replica *replica)
{
    buffer_init(&counter->answer.out, COUNTER_BYTES_MAX);
    buffer_init(&counter->answer.err, COUNTER_BYTES_MAX);
    lone_over(&counter->lone, replica);
}

void counter_over(struct counter *counter, const struct site *site)
{
    *counter = (struct counter){.vietnamese = false};
    start(counter, site->replica);
}

void counter_open(struct counter *counter, const struct district *district, const char *unit,
                  uint64_t seed)
{
    *counter = (struct counter){.owns_site = true};
    site_open(&counter->site, site_memory(), district, ROLE_OFFICE, unit, seed, NULL);
    site_publish(&counter->site, district);
    start(counter, counter->site.replica);
}

void counter_close(struct counter *counter)
{
    json_release(counter->document);
    buffer_deinit(&counter->answer.out);
    buffer_deinit(&counter->answer.err);
    if (counter->owns_site)
        site_close(&counter->site);
}

int counter_office_open(void **state)
{
    struct counter_office *office = test_malloc(sizeof *office);

    counter_district(&office->district);
    counter_open(&office->counter, &office->district, SITE_UNIT, 1);
    *state = office;
    return 0;
}

int counter_office_close(void **state)
{
    struct counter_office *office = *state;

    counter_close(&office->counter);
    district_close(&office->district);
    test_free(office);
    return 0;
}

enum hoso_code counter_run(struct counter *counter, const char *verb, const char *arguments)
{
    const struct command_request request = {
        .verb = verb, .arguments = arguments, .json = true, .vietnamese = counter->vietnamese};

    json_release(counter->document);
    counter->document = NULL;
    buffer_reset(&counter->answer.out);
    buffer_reset(&counter->answer.err);
    command_run(&counter->lone.host, &request, &counter->answer);
    struct bytes out = buffer_view(&counter->answer.out);
    const uint8_t *end = out.size > 0 ? memchr(out.at, '\n', out.size) : NULL;
    if (end && json_read(bytes_of(out.at, (size_t)(end - out.at)), &counter->document))
        fail_msg("%s does not answer in JSON: %.*s", verb, (int)(end - out.at),
                 (const char *)out.at);
    return counter->answer.code;
}

enum hoso_code counter_import_content(struct counter *counter, struct bytes content,
                                      const char *officer)
{
    struct buffer arguments;
    struct json_writer writer;

    buffer_init(&arguments, COUNTER_BYTES_MAX);
    json_write_start(&writer, &arguments);
    json_open_object(&writer, NULL);
    json_write_string(&writer, "as", officer);
    json_write_base64(&writer, "content", content);
    json_close_object(&writer);
    buffer_append_u8(&arguments, 0);
    enum hoso_code code = counter_run(counter, "import", (const char *)arguments.at);
    buffer_deinit(&arguments);
    return code;
}

enum hoso_code counter_import(struct counter *counter, const char *file, const char *officer)
{
    char path[512];
    struct buffer content;

    buffer_init(&content, COUNTER_BYTES_MAX);
    (void)snprintf(path, sizeof path, HOSO_SOURCE_DIR "/%s", file);
    assert_int_equal(file_read(path, &content), STATUS_OK);
    enum hoso_code code = counter_import_content(counter, buffer_view(&content), officer);
    buffer_deinit(&content);
    return code;
}

int64_t counter_figure(const struct counter *counter, const char *key)
{
    const struct json *member = json_member(counter->document, key);

    assert_true(json_holds_integer(member));
    return json_as_integer(member, 0);
}

struct bytes counter_error(const struct counter *counter)
{
    return json_as_text(json_member(json_member(counter->document, "error"), "code"));
}
