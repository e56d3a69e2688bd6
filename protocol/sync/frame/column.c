#include "protocol/sync/frame/column.h"

#include <string.h>

enum { MINUTE = 60, COST_BITS_START = 16 };

static void keep_text(struct column_record *record, struct bytes text)
{
    record->texts[1] = record->texts[0];
    record->texts[0] = text;
}

void column_init(struct column *column, uint64_t name)
{
    memset(column, 0, sizeof *column);
    column->name = name;
    column->cost_happened = COST_BITS_START;
    buffer_init(&column->codes, LIMIT_FRAME_RAW_BYTES);
    buffer_init(&column->bytes, LIMIT_FRAME_RAW_BYTES);
}

void column_deinit(struct column *column)
{
    buffer_deinit(&column->codes);
    buffer_deinit(&column->bytes);
}

/* ---- what both ends remember ---- */

static uint32_t bits(uint64_t difference)
{
    uint64_t size = (difference >> 63) != 0 ? ~difference : difference;
    uint32_t count = 0;
    while (size != 0) {
        size >>= 1;
        count++;
    }
    return count;
}

static uint64_t guess(const struct column *column, const struct column_record *record)
{
    return column->cost_happened < column->cost_last ? record->happened : column->last;
}

static void learn(struct column *column, const struct column_record *record, uint64_t number)
{
    column->cost_last = column->cost_last / 2 + 8 * bits(number - column->last);
    column->cost_happened = column->cost_happened / 2 + 8 * bits(number - record->happened);
    column->last = number;
}

/* Puts |value| first; it was at |place|, or |recent_count| for a new one. */
static void remember(struct column *column, size_t place, struct bytes value)
{
    if (place == column->recent_count && column->recent_count < COLUMN_RECENT) {
        column->recent_count++;
    }
    place = place < column->recent_count ? place : column->recent_count - 1;
    memmove(column->recent + 1, column->recent, place * sizeof *column->recent);
    column->recent[0] = value;
}

static size_t find_recent(const struct column *column, struct bytes value)
{
    size_t place = 0;
    while (place < column->recent_count && !bytes_equal(column->recent[place], value)) {
        place++;
    }
    return place;
}

static size_t shared_prefix(struct bytes a, struct bytes b)
{
    size_t most = a.size < b.size ? a.size : b.size;
    size_t shared = 0;
    while (shared < most && a.at[shared] == b.at[shared]) {
        shared++;
    }
    return shared < COLUMN_SHARED_LEAST ? 0 : shared;
}

/* ---- writing ---- */

static void put_integer(struct column *column, uint64_t number, const struct column_record *record)
{
    /* Two's complement: differences wrap around and come back. */
    uint64_t wide = number - guess(column, record);
    bool negative = (wide >> 63) != 0;
    uint64_t size = negative ? ~wide + 1 : wide;
    bool minutes = size % MINUTE == 0;
    uint64_t part = minutes ? size / MINUTE : size;
    /* zigzag of a magnitude, without a detour over signed numbers */
    uint64_t zigzag = negative ? 2 * (part - 1) + 1 : 2 * part;
    if (size > UINT64_MAX / 8) {
        pack_unsigned(&column->codes, UINT64_MAX);
        buffer_append_be64(&column->codes, number);
    } else {
        pack_unsigned(&column->codes, 2 * zigzag + (minutes ? 0 : 1));
    }
    learn(column, record, number);
}

static void put_text(struct column *column, struct bytes text, struct column_record *record)
{
    size_t place = find_recent(column, text);
    if (place < column->recent_count) {
        pack_unsigned(&column->codes, 2 + place);
    } else if (text.size > 0 && bytes_equal(text, record->texts[1])) {
        pack_unsigned(&column->codes, 1);
    } else {
        size_t shared = column->recent_count == 0 ? 0 : shared_prefix(column->recent[0], text);
        pack_unsigned(&column->codes, 0);
        pack_unsigned(&column->codes, shared);
        pack_unsigned(&column->codes, text.size - shared);
        buffer_append(&column->bytes, text.at + shared, text.size - shared);
    }
    remember(column, place, text);
    keep_text(record, text);
}

static void put_binary(struct column *column, struct bytes binary, struct buffer *plain)
{
    size_t place = find_recent(column, binary);
    if (place < column->recent_count) {
        pack_unsigned(&column->codes, 1 + place);
    } else {
        pack_unsigned(&column->codes, 0);
        pack_unsigned(&column->codes, binary.size);
        buffer_append_bytes(plain, binary);
    }
    remember(column, place, binary);
}

void column_put(struct column *column, enum form_token token, const struct form_value *value,
                struct column_record *record, struct buffer *plain)
{
    if (token == TOKEN_INTEGER) {
        put_integer(column, value->number, record);
    } else if (token == TOKEN_TEXT) {
        put_text(column, value->bytes, record);
    } else {
        put_binary(column, value->bytes, plain);
    }
}

/* ---- reading ---- */

static void take_integer(struct column *column, struct form_value *value,
                         const struct column_record *record)
{
    uint64_t code = unpack_unsigned(&column->from_codes, UINT64_MAX);
    if (code == UINT64_MAX) {
        struct bytes whole = unpack_bytes(&column->from_codes, sizeof code);
        value->number = whole.size == sizeof code ? be64_load(whole.at) : 0;
    } else {
        uint64_t zigzag = code / 2;
        uint64_t part = zigzag / 2 + zigzag % 2;
        uint64_t size = code % 2 == 0 ? part * MINUTE : part;
        uint64_t base = guess(column, record);
        value->number = zigzag % 2 == 0 ? base + size : base - size;
    }
    learn(column, record, value->number);
}

static bool take_new_text(struct column *column, struct bytes *text, struct arena *arena)
{
    uint64_t shared = unpack_unsigned(&column->from_codes, LIMIT_BODY_BYTES);
    uint64_t rest = unpack_unsigned(&column->from_codes, LIMIT_BODY_BYTES);
    struct bytes tail = unpack_bytes(&column->from_bytes, (size_t)rest);
    *text = tail;
    if (shared == 0) {
        return true;
    }
    if (column->recent_count == 0 || shared > column->recent[0].size) {
        return false;
    }
    uint8_t *whole = arena_alloc(arena, (size_t)shared + tail.size);
    if (whole == NULL) {
        return false;
    }
    memcpy(whole, column->recent[0].at, (size_t)shared);
    if (tail.size > 0) {
        memcpy(whole + shared, tail.at, tail.size);
    }
    *text = bytes_of(whole, (size_t)shared + tail.size);
    return true;
}

static bool take_text(struct column *column, struct bytes *text, struct column_record *record,
                      struct arena *arena)
{
    uint64_t code = unpack_unsigned(&column->from_codes, 1 + COLUMN_RECENT);
    size_t place = column->recent_count;
    if (code >= 2) {
        place = (size_t)code - 2;
        if (place >= column->recent_count) {
            return false;
        }
        *text = column->recent[place];
    } else if (code == 1) {
        *text = record->texts[1];
    } else if (!take_new_text(column, text, arena)) {
        return false;
    }
    remember(column, place, *text);
    keep_text(record, *text);
    return true;
}

static bool take_binary(struct column *column, struct bytes *binary, struct unpacker *plain)
{
    uint64_t code = unpack_unsigned(&column->from_codes, COLUMN_RECENT);
    size_t place = column->recent_count;
    if (code > 0) {
        place = (size_t)code - 1;
        if (place >= column->recent_count) {
            return false;
        }
        *binary = column->recent[place];
    } else {
        *binary =
            unpack_bytes(plain, (size_t)unpack_unsigned(&column->from_codes, LIMIT_BODY_BYTES));
    }
    remember(column, place, *binary);
    return true;
}

bool column_take(struct column *column, enum form_token token, struct form_value *value,
                 struct column_record *record, struct unpacker *plain, struct arena *arena)
{
    bool good = true;
    if (token == TOKEN_INTEGER) {
        take_integer(column, value, record);
    } else if (token == TOKEN_TEXT) {
        good = take_text(column, &value->bytes, record, arena);
    } else {
        good = take_binary(column, &value->bytes, plain);
    }
    return good && !column->from_codes.failed && !column->from_bytes.failed && !plain->failed;
}
