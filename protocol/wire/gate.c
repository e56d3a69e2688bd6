#include "protocol/wire/gate.h"

#include "protocol/base/limits.h"

#include <assert.h>

/* What the first byte of an element says, with the argument that follows it. */
struct head {
    enum wire_type type;
    uint64_t argument; /* the number, the length, or the count of items or pairs */
    size_t size;       /* bytes of the head itself */
};

struct level {
    uint64_t left; /* elements still owed: items, or keys and values */
    bool is_map;
    bool has_key;
    uint64_t last_key;
};

struct walk {
    const uint8_t *at;
    size_t left; /* bytes */
    uint64_t owed;
    uint64_t elements;
    size_t depth;
    struct level levels[LIMIT_DEPTH];
};

/* The one-byte-tag forms 0xc0..0xdf: how wide the argument is, and the least value that needs it.
 */
struct form {
    uint8_t type;
    uint8_t width; /* 0xff: not allowed here */
    uint64_t least;
};

enum { FORBIDDEN = 0xff };

static const struct form forms[32] = {
    [0x00] = {WIRE_NIL, 0, 0},
    [0x01] = {WIRE_NIL, FORBIDDEN, 0},
    [0x02] = {WIRE_BOOLEAN, 0, 0},
    [0x03] = {WIRE_BOOLEAN, 0, 0},
    [0x04] = {WIRE_BINARY, 1, 0},
    [0x05] = {WIRE_BINARY, 2, 0x100},
    [0x06] = {WIRE_BINARY, 4, 0x10000},
    [0x07] = {WIRE_NIL, FORBIDDEN, 0}, /* extensions and floats */
    [0x08] = {WIRE_NIL, FORBIDDEN, 0},
    [0x09] = {WIRE_NIL, FORBIDDEN, 0},
    [0x0a] = {WIRE_NIL, FORBIDDEN, 0},
    [0x0b] = {WIRE_NIL, FORBIDDEN, 0},
    [0x0c] = {WIRE_UNSIGNED, 1, 0x80},
    [0x0d] = {WIRE_UNSIGNED, 2, 0x100},
    [0x0e] = {WIRE_UNSIGNED, 4, 0x10000},
    [0x0f] = {WIRE_UNSIGNED, 8, 0x100000000},
    [0x10] = {WIRE_NEGATIVE, 1, 33},
    [0x11] = {WIRE_NEGATIVE, 2, 0x81},
    [0x12] = {WIRE_NEGATIVE, 4, 0x8001},
    [0x13] = {WIRE_NEGATIVE, 8, 0x80000001},
    [0x14] = {WIRE_NIL, FORBIDDEN, 0},
    [0x15] = {WIRE_NIL, FORBIDDEN, 0},
    [0x16] = {WIRE_NIL, FORBIDDEN, 0},
    [0x17] = {WIRE_NIL, FORBIDDEN, 0},
    [0x18] = {WIRE_NIL, FORBIDDEN, 0},
    [0x19] = {WIRE_TEXT, 1, 32},
    [0x1a] = {WIRE_TEXT, 2, 0x100},
    [0x1b] = {WIRE_TEXT, 4, 0x10000},
    [0x1c] = {WIRE_ARRAY, 2, 16},
    [0x1d] = {WIRE_ARRAY, 4, 0x10000},
    [0x1e] = {WIRE_MAP, 2, 16},
    [0x1f] = {WIRE_MAP, 4, 0x10000},
};

static uint64_t load_big_endian(const uint8_t *at, size_t width)
{
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++) {
        value = value << 8 | at[i];
    }
    return value;
}

/* How far below zero the two's complement number of |width| bytes is; 0 if it is not. */
static uint64_t distance_below_zero(uint64_t value, size_t width)
{
    assert(width >= 1 && width <= 8);
    uint64_t sign = UINT64_C(1) << (8 * width - 1);
    if ((value & sign) == 0) {
        return 0;
    }
    return width == 8 ? ~value + 1 : (sign << 1) - value;
}

static bool head_read(const uint8_t *at, size_t left, struct head *head)
{
    uint8_t tag = at[0];
    *head = (struct head){.size = 1};
    if (tag < 0x80 || tag >= 0xe0) {
        head->type = tag < 0x80 ? WIRE_UNSIGNED : WIRE_NEGATIVE;
        head->argument = tag;
        return true;
    }
    if (tag < 0xc0) {
        head->type = tag < 0x90 ? WIRE_MAP : tag < 0xa0 ? WIRE_ARRAY : WIRE_TEXT;
        head->argument = tag < 0xa0 ? tag & 0x0f : tag & 0x1f;
        return true;
    }
    const struct form *form = &forms[tag - 0xc0];
    if (form->width == FORBIDDEN || form->width > left - 1) {
        return false;
    }
    head->type = (enum wire_type)form->type;
    head->size = 1 + (size_t)form->width;
    head->argument = load_big_endian(at + 1, form->width);
    uint64_t least = head->argument;
    if (form->type == WIRE_NEGATIVE) {
        least = distance_below_zero(head->argument, form->width);
    }
    return least >= form->least;
}

/* One character of more than one byte: its length, or 0 if it is not well-formed (Unicode 15 table
 * 3-7: no overlong form, no surrogate, nothing above U+10FFFF). */
static size_t utf8_character(const uint8_t *at, size_t left)
{
    uint8_t first = at[0];
    uint8_t low = 0x80;
    uint8_t high = 0xbf;
    size_t length = 0;
    if (first >= 0xc2 && first <= 0xdf) {
        length = 2;
    } else if (first >= 0xe0 && first <= 0xef) {
        length = 3;
        low = first == 0xe0 ? 0xa0 : 0x80;
        high = first == 0xed ? 0x9f : 0xbf;
    } else if (first >= 0xf0 && first <= 0xf4) {
        length = 4;
        low = first == 0xf0 ? 0x90 : 0x80;
        high = first == 0xf4 ? 0x8f : 0xbf;
    }
    if (length == 0 || length > left || at[1] < low || at[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return length;
}

static bool utf8_valid(const uint8_t *at, size_t size)
{
    size_t i = 0;
    while (i < size) {
        if (at[i] < 0x80) {
            i++;
            continue;
        }
        size_t length = utf8_character(at + i, size - i);
        if (length == 0) {
            return false;
        }
        i += length;
    }
    return true;
}

/* A key must be an unsigned integer above the one before it. */
static bool key_fits(struct level *level, const struct head *head)
{
    if (!level->is_map || level->left % 2 != 0) {
        return true;
    }
    if (head->type != WIRE_UNSIGNED || (level->has_key && head->argument <= level->last_key)) {
        return false;
    }
    level->has_key = true;
    level->last_key = head->argument;
    return true;
}

static enum status open_container(struct walk *walk, const struct head *head)
{
    if (walk->depth == LIMIT_DEPTH) {
        return STATUS_LIMIT;
    }
    bool is_map = head->type == WIRE_MAP;
    uint64_t count = is_map ? head->argument * 2 : head->argument;
    walk->owed += count;
    walk->elements += count;
    walk->levels[walk->depth++] = (struct level){.left = count, .is_map = is_map};
    return STATUS_OK;
}

static enum status step(struct walk *walk)
{
    struct head head;
    if (walk->left == 0 || !head_read(walk->at, walk->left, &head)) {
        return STATUS_MALFORMED;
    }
    walk->at += head.size;
    walk->left -= head.size;
    walk->owed--;
    if (walk->depth > 0) {
        struct level *level = &walk->levels[walk->depth - 1];
        if (!key_fits(level, &head)) {
            return STATUS_MALFORMED;
        }
        level->left--;
    }
    if (head.type == WIRE_TEXT || head.type == WIRE_BINARY) {
        if (head.argument > walk->left) {
            return STATUS_MALFORMED;
        }
        size_t length = (size_t)head.argument;
        if (head.type == WIRE_TEXT && !utf8_valid(walk->at, length)) {
            return STATUS_MALFORMED;
        }
        walk->at += length;
        walk->left -= length;
    } else if (head.type == WIRE_ARRAY || head.type == WIRE_MAP) {
        enum status status = open_container(walk, &head);
        if (status != STATUS_OK) {
            return status;
        }
    }
    /* Every element owed needs a byte at least. The sums stay far below 2^64: eight open containers
     * owe 2^33 each at most. */
    if (walk->owed > walk->left) {
        return STATUS_MALFORMED;
    }
    while (walk->depth > 0 && walk->levels[walk->depth - 1].left == 0) {
        walk->depth--;
    }
    return STATUS_OK;
}

enum status gate_walk(struct bytes message, size_t *size, size_t *elements)
{
    struct walk walk;
    walk.at = message.at;
    walk.left = message.size;
    walk.owed = 1;
    walk.elements = 1;
    walk.depth = 0;
    while (walk.owed > 0) {
        enum status status = step(&walk);
        if (status != STATUS_OK) {
            return status;
        }
    }
    *size = message.size - walk.left;
    *elements = (size_t)walk.elements;
    return STATUS_OK;
}

enum status wire_gate_prefix(struct bytes message, size_t *size)
{
    size_t elements = 0;
    return gate_walk(message, size, &elements);
}

enum status wire_gate(struct bytes message)
{
    size_t size = 0;
    enum status status = wire_gate_prefix(message, &size);
    if (status == STATUS_OK && size != message.size) {
        return STATUS_MALFORMED;
    }
    return status;
}
