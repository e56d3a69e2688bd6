/* encoding.json: one value of each form, at the edges where the form changes. */
#include "tests/vectors/table.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t unsigneds[] = {0,          1,          127,       128,
                                     255,        256,        65535,     65536,
                                     4294967295, 4294967296, INT64_MAX, (uint64_t)INT64_MAX + 1,
                                     UINT64_MAX};
static const int64_t negatives[] = {-1,     -32,    -33,         -128,        -129,     -32768,
                                    -32769, -65536, -2147483648, -2147483649, INT64_MIN};
static const char *const texts[] = {
    "",
    "a",
    "hồ sơ",
    "Nguyễn Thị Hồng Vân, Hồ",                                     /* 31 bytes */
    "Nguyễn Thị Hồng Vân, Hồ.",                                    /* 32 bytes */
    "\xf0\x9f\x93\x81 \xed\x9f\xbf \xee\x80\x80 \xf4\x8f\xbf\xbf", /* the edges of UTF-8 */
};
static const size_t lengths[] = {0, 15, 16, 255, 256, 300};

static void add(json_t *list, struct buffer *out)
{
    vector_must(buffer_status(out), "encoding");
    json_array_append_new(list, json_pack("{s:o, s:o}", "bytes", vector_hex(buffer_view(out)),
                                          "value", vector_encoded_json(buffer_view(out))));
    buffer_reset(out);
}

static void add_containers(json_t *list, struct buffer *out)
{
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        wire_put_array(out, lengths[i]);
        for (size_t item = 0; item < lengths[i]; item++) {
            wire_put_nil(out);
        }
        add(list, out);
        wire_put_map(out, lengths[i]);
        for (size_t pair = 0; pair < lengths[i]; pair++) {
            wire_put_unsigned(out, 3 * pair);
            wire_put_boolean(out, pair % 2 == 0);
        }
        add(list, out);
    }
    for (size_t depth = 0; depth < 8; depth++) {
        wire_put_array(out, 1);
    }
    wire_put_nil(out);
    add(list, out);
}

json_t *encoding_make(void)
{
    json_t *list = json_array();
    struct buffer out;
    buffer_init(&out, SIZE_MAX);
    wire_put_nil(&out);
    add(list, &out);
    wire_put_boolean(&out, false);
    add(list, &out);
    wire_put_boolean(&out, true);
    add(list, &out);
    for (size_t i = 0; i < sizeof unsigneds / sizeof unsigneds[0]; i++) {
        wire_put_unsigned(&out, unsigneds[i]);
        add(list, &out);
    }
    for (size_t i = 0; i < sizeof negatives / sizeof negatives[0]; i++) {
        wire_put_integer(&out, negatives[i]);
        add(list, &out);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        wire_put_text(&out, bytes_of_text(texts[i]));
        add(list, &out);
    }
    static const uint8_t zeros[300];
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        wire_put_binary(&out, bytes_of(zeros, lengths[i]));
        add(list, &out);
    }
    add_containers(list, &out);
    buffer_deinit(&out);
    return json_pack(
        "{s:s, s:o}", "about",
        "Canonical bytes and what they say: {\"bin\": hex}, {\"map\": [[key, value]]}, "
        "a number above 2^63 - 1 as a string.",
        "values", list);
}

void encoding_check(const json_t *file)
{
    size_t i = 0;
    json_t *row = NULL;
    json_array_foreach(json_object_get(file, "values"), i, row)
    {
        struct arena arena;
        arena_init(&arena, SIZE_MAX);
        struct bytes bytes = vector_bytes(row, "bytes", &arena);
        struct wire_value value;
        enum status status = wire_decode(bytes, &arena, &value);
        vector_expect(status == STATUS_OK, row, "wire_decode");
        if (status == STATUS_OK) {
            json_t *json = vector_value_json(&value);
            vector_expect(json_equal(json, json_object_get(row, "value")) == 1, row, "value");
            json_decref(json);
            struct buffer again;
            buffer_init(&again, SIZE_MAX);
            wire_put_value(&again, &value);
            vector_expect_bytes(row, "bytes", buffer_view(&again));
            buffer_deinit(&again);
        }
        arena_deinit(&arena);
    }
    vector_expect(i > 40, file, "too few values");
}
