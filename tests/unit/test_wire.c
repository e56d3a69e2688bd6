#include "protocol/base/limits.h"
#include "protocol/wire/wire.h"
#include "tests/lib/random.h"
#include "tests/lib/unit.h"

#include <string.h>

struct golden {
    const char *hex;
    enum status status;
};

static struct bytes from_hex(const char *hex, uint8_t *room, size_t capacity)
{
    size_t size = 0;
    assert_true(hex_decode(hex, strlen(hex), room, capacity, &size));
    return bytes_of(room, size);
}

static void expect(const struct golden *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t room[512];
        struct bytes message = from_hex(rows[i].hex, room, sizeof room);
        enum status status = wire_gate(message);
        if (status != rows[i].status) {
            fail_msg("%s: %s, not %s", rows[i].hex, status_name(status),
                     status_name(rows[i].status));
        }
    }
}

#define EXPECT(rows) expect(rows, sizeof(rows) / sizeof(rows)[0])

static void test_wire__gate_accepts_shortest_forms_only(void **state)
{
    (void)state;
    static const struct golden rows[] = {
        {"00", STATUS_OK},
        {"7f", STATUS_OK},
        {"cc7f", STATUS_MALFORMED},
        {"cc80", STATUS_OK},
        {"ccff", STATUS_OK},
        {"cd00ff", STATUS_MALFORMED},
        {"cd0100", STATUS_OK},
        {"ce0000ffff", STATUS_MALFORMED},
        {"ce00010000", STATUS_OK},
        {"cf00000000ffffffff", STATUS_MALFORMED},
        {"cf0000000100000000", STATUS_OK},
        {"cfffffffffffffffff", STATUS_OK},
        {"e0", STATUS_OK},
        {"ff", STATUS_OK},
        {"d0e0", STATUS_MALFORMED},
        {"d0df", STATUS_OK},
        {"d080", STATUS_OK},
        {"d000", STATUS_MALFORMED},
        {"d07f", STATUS_MALFORMED},
        {"d1ff80", STATUS_MALFORMED},
        {"d1ff7f", STATUS_OK},
        {"d18000", STATUS_OK},
        {"d17fff", STATUS_MALFORMED},
        {"d2ffff8000", STATUS_MALFORMED},
        {"d2ffff7fff", STATUS_OK},
        {"d27fffffff", STATUS_MALFORMED},
        {"d3ffffffff80000000", STATUS_MALFORMED},
        {"d3ffffffff7fffffff", STATUS_OK},
        {"d38000000000000000", STATUS_OK},
        {"d30000000000000000", STATUS_MALFORMED},
        {"a161", STATUS_OK},
        {"d90161", STATUS_MALFORMED},
        {"da000161", STATUS_MALFORMED},
        {"db0000000161", STATUS_MALFORMED},
        {"c400", STATUS_OK},
        {"c50000", STATUS_MALFORMED},
        {"c600000000", STATUS_MALFORMED},
        {"dc0001c0", STATUS_MALFORMED},
        {"dd00000001c0", STATUS_MALFORMED},
        {"de000100c0", STATUS_MALFORMED},
        {"df0000000100c0", STATUS_MALFORMED},
    };
    EXPECT(rows);
}

static void test_wire__gate_knows_no_floats_extensions_or_reserved(void **state)
{
    (void)state;
    static const struct golden rows[] = {
        {"c0", STATUS_OK},
        {"c1", STATUS_MALFORMED},
        {"c2", STATUS_OK},
        {"c3", STATUS_OK},
        {"ca00000000", STATUS_MALFORMED},
        {"cb0000000000000000", STATUS_MALFORMED},
        {"c7000100", STATUS_MALFORMED},
        {"c8000001", STATUS_MALFORMED},
        {"c90000000001", STATUS_MALFORMED},
        {"d40000", STATUS_MALFORMED},
        {"d5000000", STATUS_MALFORMED},
        {"d60000000000", STATUS_MALFORMED},
        {"d7000000000000000000", STATUS_MALFORMED},
        {"d80000000000000000000000000000000000", STATUS_MALFORMED},
        {"", STATUS_MALFORMED},
        {"c0c0", STATUS_MALFORMED},
    };
    EXPECT(rows);
}

static void test_wire__gate_wants_ascending_unsigned_keys(void **state)
{
    (void)state;
    static const struct golden rows[] = {
        {"80", STATUS_OK},
        {"8101c0", STATUS_OK},
        {"820102cc80c0", STATUS_OK},
        {"8201c001c0", STATUS_MALFORMED},
        {"8202c001c0", STATUS_MALFORMED},
        {"81ffc0", STATUS_MALFORMED},
        {"81a161c0", STATUS_MALFORMED},
        {"81c0c0", STATUS_MALFORMED},
        {"8190c0", STATUS_MALFORMED},
        {"81018101c0", STATUS_OK},
        {"820181c001c0", STATUS_MALFORMED},
        {"82018105c003c0", STATUS_OK},
        {"8100", STATUS_MALFORMED},
    };
    EXPECT(rows);
}

static void test_wire__gate_checks_utf8(void **state)
{
    (void)state;
    static const struct golden rows[] = {
        {"a48093a080", STATUS_MALFORMED}, {"a2c3a9", STATUS_OK},
        {"a3e1bb93", STATUS_OK},          {"a4f09f8da3", STATUS_OK},
        {"a180", STATUS_MALFORMED},       {"a1c3", STATUS_MALFORMED},
        {"a2c0af", STATUS_MALFORMED},     {"a2c1bf", STATUS_MALFORMED},
        {"a3e08080", STATUS_MALFORMED},   {"a3e09fbf", STATUS_MALFORMED},
        {"a3e0a080", STATUS_OK},          {"a3ed9fbf", STATUS_OK},
        {"a3eda080", STATUS_MALFORMED},   {"a3edbfbf", STATUS_MALFORMED},
        {"a3ee8080", STATUS_OK},          {"a4f0808080", STATUS_MALFORMED},
        {"a4f08fbfbf", STATUS_MALFORMED}, {"a4f0908080", STATUS_OK},
        {"a4f48fbfbf", STATUS_OK},        {"a4f4908080", STATUS_MALFORMED},
        {"a4f5808080", STATUS_MALFORMED}, {"a1ff", STATUS_MALFORMED},
        {"a2e1bb", STATUS_MALFORMED},     {"a3e1bb61", STATUS_MALFORMED},
        {"a3f09f8d", STATUS_MALFORMED},   {"a100", STATUS_OK},
        {"c4028093", STATUS_OK},
    };
    EXPECT(rows);
}

static void test_wire__gate_counts_what_all_containers_owe(void **state)
{
    (void)state;
    static const struct golden rows[] = {
        {"dd10000000", STATUS_MALFORMED},
        {"df10000000", STATUS_MALFORMED},
        {"ddffffffff", STATUS_MALFORMED},
        {"dfffffffff", STATUS_MALFORMED},
        {"dd00100000", STATUS_MALFORMED},
        {"91dd10000000", STATUS_MALFORMED},
        {"9291c0", STATUS_MALFORMED},
        {"92c0", STATUS_MALFORMED},
        {"92dc0010c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0", STATUS_MALFORMED},
        {"92dc0010c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0", STATUS_OK},
        {"c6ffffffff", STATUS_MALFORMED},
        {"dbffffffff", STATUS_MALFORMED},
        {"c40200", STATUS_MALFORMED},
        {"92c402c0c0", STATUS_MALFORMED},
        {"cd01", STATUS_MALFORMED},
        {"dc00", STATUS_MALFORMED},
        /* Refused at the head that owes too much: what follows would be LIMIT. */
        {"dd001000009191919191919191", STATUS_MALFORMED},
        {"919191919191919291", STATUS_MALFORMED},
    };
    EXPECT(rows);
}

static void test_wire__gate_bounds_depth(void **state)
{
    (void)state;
    static const struct golden rows[] = {
        {"9191919191919191c0", STATUS_OK},    {"9191919191919190", STATUS_OK},
        {"919191919191919190", STATUS_LIMIT}, {"919191919191919180", STATUS_LIMIT},
        {"9291919191919190c0", STATUS_OK},    {"929190919190", STATUS_OK},
    };
    EXPECT(rows);
    uint8_t deep[4096];
    memset(deep, 0x91, sizeof deep);
    assert_int_equal(wire_gate(bytes_of(deep, sizeof deep)), STATUS_LIMIT);
}

static void test_wire__prefix_gate_tells_the_length(void **state)
{
    (void)state;
    uint8_t room[16];
    size_t size = 0;
    assert_int_equal(wire_gate_prefix(from_hex("92c0a16100ff", room, 16), &size), STATUS_OK);
    assert_int_equal(size, 4);
    assert_int_equal(wire_gate_prefix(from_hex("92c0a1", room, 16), &size), STATUS_MALFORMED);
}

/* A value whose containers are no deeper than |depth|. */
static void put_random(struct random *random, struct buffer *out, size_t depth)
{
    static const char text[] = "hồ sơ một cửa ở vùng biên, đủ mọi dấu: ạ ả ã ằ ẵ";
    uint64_t number = random_next(random) >> random_below(random, 64);
    uint8_t binary[300];
    switch (random_below(random, depth > 0 ? 8 : 6)) {
    case 0:
        wire_put_nil(out);
        return;
    case 1:
        wire_put_boolean(out, number % 2 == 0);
        return;
    case 2:
        wire_put_unsigned(out, number);
        return;
    case 3:
        wire_put_integer(out, -(int64_t)(number >> 1));
        return;
    case 4: {
        size_t size = random_below(random, sizeof text);
        while (size > 0 && ((uint8_t)text[size] & 0xc0) == 0x80) {
            size--;
        }
        wire_put_text(out, bytes_of(text, size));
        return;
    }
    case 5: {
        size_t size = random_below(random, sizeof binary);
        random_fill(random, binary, size);
        wire_put_binary(out, bytes_of(binary, size));
        return;
    }
    case 6: {
        size_t count = random_below(random, 20);
        wire_put_array(out, count);
        for (size_t i = 0; i < count; i++) {
            put_random(random, out, depth - 1);
        }
        return;
    }
    default: {
        size_t pairs = random_below(random, 20);
        uint64_t key = 0;
        wire_put_map(out, pairs);
        for (size_t i = 0; i < pairs; i++) {
            key += 1 + random_below(random, 1000);
            wire_put_unsigned(out, key);
            put_random(random, out, depth - 1);
        }
        return;
    }
    }
}

static void check_round_trip(struct bytes message)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    struct wire_value value;
    assert_int_equal(wire_decode(message, &arena, &value), STATUS_OK);
    struct buffer again;
    buffer_init(&again, SIZE_MAX);
    wire_put_value(&again, &value);
    assert_true(bytes_equal(buffer_view(&again), message));
    if (value.type != WIRE_ARRAY && value.type != WIRE_MAP) {
        assert_true(bytes_equal(wire_scalar_bytes(&value, &arena), message));
    }
    buffer_deinit(&again);
    arena_deinit(&arena);
}

/* Whatever passes the gate after one changed byte must still be canonical. */
static void check_mutants(struct random *random, struct bytes message)
{
    uint8_t *mutant = test_malloc(message.size);
    memcpy(mutant, message.at, message.size);
    for (size_t round = 0; round < 200; round++) {
        size_t at = random_below(random, message.size);
        mutant[at] = (uint8_t)random_next(random);
        if (wire_gate(bytes_of(mutant, message.size)) == STATUS_OK) {
            check_round_trip(bytes_of(mutant, message.size));
        }
        mutant[at] = message.at[at];
    }
    test_free(mutant);
}

static void test_wire__random_values_come_back_to_the_byte(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct random random = {seed};
        struct buffer out;
        buffer_init(&out, SIZE_MAX);
        put_random(&random, &out, 3);
        struct bytes message = buffer_view(&out);
        assert_int_equal(wire_gate(message), STATUS_OK);
        check_round_trip(message);
        check_mutants(&random, message);
        size_t step = 1 + message.size / 200;
        for (size_t size = 0; size < message.size; size += step) {
            /* Its own allocation, so that a read past the end is seen. */
            uint8_t *prefix = test_malloc(size + 1);
            memcpy(prefix, message.at, size);
            assert_int_not_equal(wire_gate(bytes_of(prefix, size)), STATUS_OK);
            test_free(prefix);
        }
        buffer_deinit(&out);
    }
}

static void test_wire__noise_never_crashes(void **state)
{
    (void)state;
    struct random random = {99};
    for (size_t round = 0; round < 200000; round++) {
        uint8_t noise[24];
        size_t size = random_below(&random, sizeof noise);
        random_fill(&random, noise, size);
        if (wire_gate(bytes_of(noise, size)) == STATUS_OK) {
            check_round_trip(bytes_of(noise, size));
        }
    }
}

static void test_wire__long_strings_use_every_length_form(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 31, 32, 255, 256, 65535, 65536};
    char *text = test_malloc(65536);
    memset(text, 'a', 65536);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct buffer out;
        buffer_init(&out, SIZE_MAX);
        wire_put_text(&out, bytes_of(text, sizes[i]));
        check_round_trip(buffer_view(&out));
        buffer_reset(&out);
        wire_put_binary(&out, bytes_of(text, sizes[i]));
        check_round_trip(buffer_view(&out));
        buffer_reset(&out);
        wire_put_array(&out, sizes[i]);
        for (size_t item = 0; item < sizes[i]; item++) {
            wire_put_unsigned(&out, item);
        }
        check_round_trip(buffer_view(&out));
        buffer_deinit(&out);
    }
    test_free(text);
}

static void test_wire__decode_keeps_the_arena_limit(void **state)
{
    (void)state;
    uint8_t room[32];
    struct bytes message = from_hex("9ac0c0c0c0c0c0c0c0c0c0", room, sizeof room);
    struct arena arena;
    arena_init(&arena, 9 * sizeof(struct wire_value));
    struct wire_value value;
    assert_int_equal(wire_decode(message, &arena, &value), STATUS_LIMIT);
    arena_deinit(&arena);
    arena_init(&arena, 10 * sizeof(struct wire_value));
    assert_int_equal(wire_decode(message, &arena, &value), STATUS_OK);
    assert_int_equal(wire_decode(bytes_of(room, 5), &arena, &value), STATUS_MALFORMED);
    assert_int_equal(wire_decode(bytes_of("\xc0\xc0", 2), &arena, &value), STATUS_MALFORMED);
    arena_deinit(&arena);
}

static void test_wire__reader_takes_what_was_put(void **state)
{
    (void)state;
    struct name name = {{1}};
    struct hash none = {{0}};
    struct buffer out;
    buffer_init(&out, 1000);
    wire_put_array(&out, 9);
    wire_put_unsigned(&out, 7);
    wire_put_integer(&out, -7);
    wire_put_boolean(&out, true);
    wire_put_text(&out, bytes_of_text("abc"));
    wire_put_binary(&out, bytes_of_text("de"));
    wire_put_name(&out, &name);
    wire_put_hash(&out, &none);
    wire_put_nil(&out);
    wire_put_array(&out, 1);
    wire_put_unsigned(&out, 5);

    struct arena arena;
    arena_init(&arena, 10000);
    struct wire_value value;
    assert_int_equal(wire_decode(buffer_view(&out), &arena, &value), STATUS_OK);
    struct wire_reader reader = wire_reader_of(&value, 9, 9);
    assert_int_equal(wire_take_unsigned(&reader, 7), 7);
    assert_false(wire_take_nil(&reader));
    assert_int_equal(wire_take_integer(&reader), -7);
    assert_true(wire_take_boolean(&reader));
    assert_true(bytes_equal_text(wire_take_text(&reader, 3, 3), "abc"));
    assert_true(bytes_equal_text(wire_take_binary(&reader, 2, 2), "de"));
    struct name taken = wire_take_name(&reader, false);
    assert_true(name_equal(&taken, &name));
    struct hash hash = wire_take_hash(&reader, true);
    assert_true(hash_is_none(&hash));
    assert_true(wire_take_nil(&reader));
    struct wire_reader inner = wire_take_array(&reader, 1, 1);
    assert_int_equal(wire_reader_end(&reader), STATUS_OK);
    assert_int_equal(wire_reader_end(&inner), STATUS_MALFORMED);
    assert_int_equal(wire_take_unsigned(&inner, 9), 5);
    assert_int_equal(wire_reader_end(&inner), STATUS_OK);
    (void)wire_take_any(&inner);
    wire_reader_close(&reader, &inner);
    assert_int_equal(wire_reader_end(&reader), STATUS_MALFORMED);
    arena_deinit(&arena);
    buffer_deinit(&out);
}

static struct wire_reader reader_on(const char *hex, struct arena *arena, struct wire_value *value)
{
    static uint8_t room[128];
    assert_int_equal(wire_decode(from_hex(hex, room, sizeof room), arena, value), STATUS_OK);
    return wire_reader_of(value, 0, 4);
}

static void test_wire__reader_refuses_wrong_types_and_bounds(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 100000);
    struct wire_value value;
    struct wire_reader reader = reader_on("91ff", &arena, &value);
    assert_int_equal(wire_take_unsigned(&reader, 10), 0);
    assert_int_equal(wire_reader_end(&reader), STATUS_MALFORMED);

    reader = reader_on("920b01", &arena, &value);
    assert_int_equal(wire_take_unsigned(&reader, 10), 0);
    assert_int_equal(wire_take_unsigned(&reader, 10), 0);
    assert_int_equal(wire_reader_end(&reader), STATUS_LIMIT);

    reader = reader_on("91cf8000000000000000", &arena, &value);
    (void)wire_take_integer(&reader);
    assert_int_equal(wire_reader_end(&reader), STATUS_MALFORMED);

    reader = reader_on("91a3616263", &arena, &value);
    assert_int_equal(wire_take_text(&reader, 0, 2).size, 0);
    assert_int_equal(wire_reader_end(&reader), STATUS_LIMIT);
    reader = reader_on("91a3616263", &arena, &value);
    assert_int_equal(wire_take_text(&reader, 4, 9).size, 0);
    assert_int_equal(wire_reader_end(&reader), STATUS_MALFORMED);
    reader = reader_on("91a3616263", &arena, &value);
    assert_int_equal(wire_take_binary(&reader, 0, 9).size, 0);
    assert_true(reader.failed);

    reader = reader_on("91c41000000000000000000000000000000000", &arena, &value);
    (void)wire_take_name(&reader, true);
    assert_int_equal(wire_reader_end(&reader), STATUS_MALFORMED);
    reader = reader_on("91c0", &arena, &value);
    (void)wire_take_name(&reader, false);
    assert_int_equal(wire_reader_end(&reader), STATUS_MALFORMED);

    reader = reader_on("91c0", &arena, &value);
    assert_int_equal(wire_reader_end(&reader), STATUS_MALFORMED);
    (void)wire_take_array(&reader, 0, 1);
    assert_true(reader.failed);
    reader = reader_on("95c0c0c0c0c0", &arena, &value);
    assert_int_equal(wire_reader_end(&reader), STATUS_LIMIT);
    reader = reader_on("a161", &arena, &value);
    assert_int_equal(wire_reader_end(&reader), STATUS_MALFORMED);
    assert_int_equal(wire_take_any(&reader)->type, WIRE_NIL);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wire__gate_accepts_shortest_forms_only),
        cmocka_unit_test(test_wire__gate_knows_no_floats_extensions_or_reserved),
        cmocka_unit_test(test_wire__gate_wants_ascending_unsigned_keys),
        cmocka_unit_test(test_wire__gate_checks_utf8),
        cmocka_unit_test(test_wire__gate_counts_what_all_containers_owe),
        cmocka_unit_test(test_wire__gate_bounds_depth),
        cmocka_unit_test(test_wire__prefix_gate_tells_the_length),
        cmocka_unit_test(test_wire__random_values_come_back_to_the_byte),
        cmocka_unit_test(test_wire__noise_never_crashes),
        cmocka_unit_test(test_wire__long_strings_use_every_length_form),
        cmocka_unit_test(test_wire__decode_keeps_the_arena_limit),
        cmocka_unit_test(test_wire__reader_takes_what_was_put),
        cmocka_unit_test(test_wire__reader_refuses_wrong_types_and_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
