#include "protocol/sync/columns.h"
#include "tests/lib/register.h"
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <string.h>

static const char *const register_path = HOSO_SOURCE_DIR "/client/example/register.csv";

/* Encodes |count| records from |first| on and rebuilds them; returns the bytes of the columns. */
static size_t travel(const struct register_log *log, size_t first, size_t count)
{
    struct run run = {.log = log->log, .count = count};
    run.before.log = log->log;
    run.before.seq = first;
    run.before.id = first == 0 ? (struct hash){{0}} : log->records[first - 1].id;
    struct buffer out;
    struct arena arena;
    buffer_init(&out, LIMIT_FRAME_BYTES);
    arena_init(&arena, (size_t)64 * 1024 * 1024);
    assert_int_equal(columns_encode(log->records + first, &run, 1, &out), STATUS_OK);
    struct record *records = arena_array(&arena, count, sizeof *records);
    assert_non_null(records);
    assert_int_equal(columns_decode(buffer_view(&out), &arena, &run, 1, records), STATUS_OK);
    assert_int_equal(run.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_true(bytes_equal(records[i].raw, log->records[first + i].raw));
        assert_true(hash_equal(&records[i].id, &log->records[first + i].id));
    }
    size_t size = out.size;
    buffer_deinit(&out);
    arena_deinit(&arena);
    return size;
}

static void test_columns__the_register_travels_small(void **state)
{
    (void)state;
    enum { ROWS = 1000, FRAME = 400 };
    struct register_log log;
    const char *rows = getenv("REGISTER_ROWS");
    register_open(&log, register_path, rows != NULL ? (size_t)atoi(rows) : ROWS);
    size_t bytes = 0;
    for (size_t first = 0; first < log.count; first += FRAME) {
        size_t count = log.count - first < FRAME ? log.count - first : FRAME;
        bytes += travel(&log, first, count);
    }
    size_t beside = bytes - 64 * log.count;
    print_message("%zu records: %zu.%02zu bytes each beside the signature\n", log.count,
                  beside / log.count, beside * 100 / log.count % 100);
    assert_true(beside < 45 * log.count);
    register_close(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns__the_register_travels_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
