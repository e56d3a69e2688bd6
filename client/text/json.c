#include "client/text/json.h"

#include "client/text/base64.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* jansson counts references in its values, so even reading needs them unqualified. */
static json_t *inside(const struct json *value)
{
    union {
        const struct json *ours;
        json_t *theirs;
    } pointer = {.ours = value};
    return pointer.theirs;
}

static const struct json *outside(json_t *value)
{
    return (const struct json *)value;
}

enum status json_read(struct bytes text, struct json **document)
{
    json_error_t error;

    *document = NULL;
    json_t *value = json_loadb((const char *)text.at, text.size,
                               JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (!value)
        return json_error_code(&error) == json_error_out_of_memory ? STATUS_NO_MEMORY
                                                                   : STATUS_MALFORMED;
    *document = (struct json *)value;
    return STATUS_OK;
}

void json_release(struct json *document)
{
    json_decref(inside(document));
}

const struct json *json_member(const struct json *value, const char *key)
{
    return value ? outside(json_object_get(inside(value), key)) : NULL;
}

size_t json_count(const struct json *value)
{
    if (json_holds_object(value))
        return json_object_size(inside(value));
    return value ? json_array_size(inside(value)) : 0;
}

const struct json *json_item(const struct json *value, size_t index)
{
    return value ? outside(json_array_get(inside(value), index)) : NULL;
}

void json_members(const struct json *value,
                  bool (*each)(void *context, const char *key, const struct json *member),
                  void *context)
{
    const char *key;
    json_t *member;

    if (!json_holds_object(value))
        return;
    json_object_foreach(inside(value), key, member)
    {
        if (!each(context, key, outside(member)))
            return;
    }
}

bool json_holds_object(const struct json *value)
{
    return json_is_object(inside(value));
}

bool json_holds_array(const struct json *value)
{
    return json_is_array(inside(value));
}

bool json_holds_text(const struct json *value)
{
    return json_is_string(inside(value));
}

bool json_holds_integer(const struct json *value)
{
    return json_is_integer(inside(value));
}

bool json_holds_null(const struct json *value)
{
    return json_is_null(inside(value));
}

struct bytes json_as_text(const struct json *value)
{
    if (!json_holds_text(value))
        return (struct bytes){0};
    return bytes_of(json_string_value(inside(value)), json_string_length(inside(value)));
}

int64_t json_as_integer(const struct json *value, int64_t otherwise)
{
    return json_holds_integer(value) ? json_integer_value(inside(value)) : otherwise;
}

bool json_as_flag(const struct json *value)
{
    return json_is_true(inside(value));
}

void json_write_start(struct json_writer *writer, struct buffer *out)
{
    *writer = (struct json_writer){.out = out};
}

static void put(struct json_writer *writer, const char *text)
{
    buffer_append(writer->out, text, strlen(text));
}

/* Bytes of the well-formed UTF-8 character at |at|; 0 if there is none. */
static size_t character_size(const uint8_t *at, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

    if (size <= 1)
        return size;
    if (at[0] > 0xf4 || size > left)
        return 0;
    uint32_t code = at[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3fu);
    }
    if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    return size;
}

static void put_escaped(struct json_writer *writer, uint8_t byte)
{
    char text[8];

    switch (byte) {
    case '"':
        put(writer, "\\\"");
        break;
    case '\\':
        put(writer, "\\\\");
        break;
    case '\n':
        put(writer, "\\n");
        break;
    case '\t':
        put(writer, "\\t");
        break;
    default:
        (void)snprintf(text, sizeof text, "\\u%04x", (unsigned)byte);
        put(writer, text);
    }
}

static void put_quoted(struct json_writer *writer, struct bytes text)
{
    size_t start = 0;

    buffer_append_u8(writer->out, '"');
    for (size_t i = 0; i < text.size;) {
        uint8_t byte = text.at[i];
        size_t size = character_size(text.at + i, text.size - i);
        if (size > 0 && byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f) {
            i += size;
            continue;
        }
        buffer_append(writer->out, text.at + start, i - start);
        if (size == 0)
            put(writer, "\xef\xbf\xbd");
        else
            put_escaped(writer, byte);
        start = ++i;
    }
    if (text.size > start)
        buffer_append(writer->out, text.at + start, text.size - start);
    buffer_append_u8(writer->out, '"');
}

/* The comma and key before a value. */
static void lead(struct json_writer *writer, const char *key)
{
    if (writer->comma[writer->depth])
        buffer_append_u8(writer->out, ',');
    writer->comma[writer->depth] = writer->depth > 0;
    if (key) {
        put_quoted(writer, bytes_of_text(key));
        buffer_append_u8(writer->out, ':');
    }
}

static void descend(struct json_writer *writer, const char *key, uint8_t bracket)
{
    lead(writer, key);
    assert(writer->depth + 1 < JSON_DEPTH_MAX);
    writer->comma[++writer->depth] = false;
    buffer_append_u8(writer->out, bracket);
}

static void ascend(struct json_writer *writer, uint8_t bracket)
{
    assert(writer->depth > 0);
    writer->depth--;
    buffer_append_u8(writer->out, bracket);
}

void json_open_object(struct json_writer *writer, const char *key)
{
    descend(writer, key, '{');
}

void json_close_object(struct json_writer *writer)
{
    ascend(writer, '}');
}

void json_open_array(struct json_writer *writer, const char *key)
{
    descend(writer, key, '[');
}

void json_close_array(struct json_writer *writer)
{
    ascend(writer, ']');
}

void json_write_text(struct json_writer *writer, const char *key, struct bytes text)
{
    lead(writer, key);
    put_quoted(writer, text);
}

void json_write_optional(struct json_writer *writer, const char *key, struct bytes text)
{
    if (text.size > 0)
        json_write_text(writer, key, text);
    else
        json_write_null(writer, key);
}

void json_write_string(struct json_writer *writer, const char *key, const char *text)
{
    if (text)
        json_write_text(writer, key, bytes_of_text(text));
    else
        json_write_null(writer, key);
}

void json_write_integer(struct json_writer *writer, const char *key, int64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%lld", (long long)value);
    lead(writer, key);
    put(writer, text);
}

void json_write_unsigned(struct json_writer *writer, const char *key, uint64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    lead(writer, key);
    put(writer, text);
}

void json_write_flag(struct json_writer *writer, const char *key, bool value)
{
    lead(writer, key);
    put(writer, value ? "true" : "false");
}

void json_write_null(struct json_writer *writer, const char *key)
{
    lead(writer, key);
    put(writer, "null");
}

void json_write_hex(struct json_writer *writer, const char *key, const uint8_t *at, size_t size)
{
    char pair[3];

    lead(writer, key);
    buffer_append_u8(writer->out, '"');
    for (size_t i = 0; i < size; i++) {
        hex_encode(bytes_of(at + i, 1), pair);
        buffer_append(writer->out, pair, 2);
    }
    buffer_append_u8(writer->out, '"');
}

void json_write_base64(struct json_writer *writer, const char *key, struct bytes bytes)
{
    if (!bytes.at) {
        json_write_null(writer, key);
        return;
    }
    lead(writer, key);
    buffer_append_u8(writer->out, '"');
    base64_encode(bytes, BASE64_STANDARD, writer->out);
    buffer_append_u8(writer->out, '"');
}

void json_write_value(struct json_writer *writer, const char *key, const struct json *value)
{
    char *text = value ? json_dumps(inside(value), JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

    if (!text) {
        json_write_null(writer, key);
        return;
    }
    lead(writer, key);
    put(writer, text);
    free(text);
}

void json_write_end(struct json_writer *writer)
{
    assert(writer->depth == 0);
    writer->comma[0] = false;
    buffer_append_u8(writer->out, '\n');
}
