#include "client/text/text.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

enum { TONE_LEVEL = 0, TONE_COUNT = 6 };

/* The tones in the order of a Vietnamese dictionary; index 0 is the level tone, without a mark. */
static const utf8proc_int32_t tone_marks[TONE_COUNT] = {0, 0x300, 0x309, 0x303, 0x301, 0x323};

size_t text_room(size_t size)
{
    /* A code point folds and decomposes into at most 18 code points of 4 bytes, one byte of input
     * at least each; a sort key adds a tone and a gap. */
    return size > (SIZE_MAX - 8) / 80 ? SIZE_MAX : size * 80 + 8;
}

/* Takes one code point off |*rest|. False at the end or where it is not UTF-8. */
static bool take(struct bytes *rest, utf8proc_int32_t *point)
{
    if (rest->size == 0) {
        return false;
    }
    size_t ahead = rest->size < 4 ? rest->size : 4;
    utf8proc_ssize_t used = utf8proc_iterate(rest->at, (utf8proc_ssize_t)ahead, point);
    if (used <= 0 || *point < 0) {
        return false;
    }
    rest->at += used;
    rest->size -= (size_t)used;
    return true;
}

static void put(struct buffer *out, utf8proc_int32_t point)
{
    uint8_t encoded[4];
    utf8proc_ssize_t size = utf8proc_encode_char(point, encoded);
    buffer_append(out, encoded, (size_t)size);
}

size_t text_length(struct bytes text)
{
    size_t count = 0;
    utf8proc_int32_t point = 0;
    while (take(&text, &point)) {
        count++;
    }
    return text.size == 0 ? count : SIZE_MAX;
}

bool text_is_utf8(struct bytes text)
{
    return text_length(text) != SIZE_MAX;
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

struct bytes text_trim(struct bytes text)
{
    while (text.size > 0 && is_space(text.at[0])) {
        text.at++;
        text.size--;
    }
    while (text.size > 0 && is_space(text.at[text.size - 1])) {
        text.size--;
    }
    return text;
}

static bool is_forbidden(utf8proc_int32_t point)
{
    if (point == '\t' || point == '\n') {
        return false;
    }
    bool noncharacter = (point & 0xfffe) == 0xfffe || (point >= 0xfdd0 && point <= 0xfdef);
    return noncharacter || utf8proc_category(point) == UTF8PROC_CATEGORY_CC;
}

/* Checks |text| and copies it without the carriage returns of line ends. */
static enum status copy_allowed(struct bytes text, struct buffer *out, bool *ascii)
{
    *ascii = true;
    while (text.size > 0) {
        utf8proc_int32_t point = 0;
        if (text.at[0] == '\r' && text.size > 1 && text.at[1] == '\n') {
            text.at++;
            text.size--;
            continue;
        }
        if (!take(&text, &point) || is_forbidden(point)) {
            return STATUS_MALFORMED;
        }
        *ascii = *ascii && point < 0x80;
        put(out, point);
    }
    return buffer_status(out);
}

static enum status status_of_proc(utf8proc_ssize_t result)
{
    if (result >= 0) {
        return STATUS_OK;
    }
    return result == UTF8PROC_ERROR_NOMEM ? STATUS_NO_MEMORY : STATUS_MALFORMED;
}

enum status text_normalise(struct bytes text, struct buffer *out)
{
    struct buffer plain;
    utf8proc_uint8_t *composed = NULL;
    bool ascii = false;
    buffer_init(&plain, text.size);
    enum status status = copy_allowed(text, &plain, &ascii);
    if (status != STATUS_OK) {
        goto done;
    }
    struct bytes view = buffer_view(&plain);
    if (ascii) {
        buffer_append_bytes(out, view);
        status = buffer_status(out);
        goto done;
    }
    utf8proc_ssize_t size = utf8proc_map(view.at, (utf8proc_ssize_t)view.size, &composed,
                                         UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    status = status_of_proc(size);
    if (status == STATUS_OK) {
        buffer_append(out, composed, (size_t)size);
        status = buffer_status(out);
    }
done:
    free(composed);
    buffer_deinit(&plain);
    return status;
}

/* Marks that Latin letters carry; marks of other scripts (Lao vowels) are letters to a reader. */
static bool is_latin_mark(utf8proc_int32_t point)
{
    return (point >= 0x300 && point <= 0x36f) || (point >= 0x1ab0 && point <= 0x1aff) ||
           (point >= 0x1dc0 && point <= 0x1dff);
}

static bool is_word_part(utf8proc_int32_t point)
{
    utf8proc_category_t category = utf8proc_category(point);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

/* U+0111 does not decompose; U+00F0 is its look-alike from other keyboards. */
static utf8proc_int32_t plain_d(utf8proc_int32_t point)
{
    return point == 0x111 || point == 0xf0 ? 'd' : point;
}

/* Appends the words of |text| (case folded already), parted by single spaces. */
static enum status put_words(struct bytes text, bool marks, struct buffer *out)
{
    bool gap = false;
    bool any = false;
    utf8proc_int32_t point = 0;
    while (take(&text, &point)) {
        if (!marks) {
            if (is_latin_mark(point)) {
                continue;
            }
            point = plain_d(point);
        }
        if (!is_word_part(point)) {
            gap = any;
            continue;
        }
        if (gap) {
            buffer_append_u8(out, ' ');
        }
        gap = false;
        any = true;
        put(out, point);
    }
    return buffer_status(out);
}

/* The plain alphabet needs no tables: most codes and numbers, and every key made again. */
static bool is_ascii(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.at[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static enum status put_ascii_words(struct bytes text, struct buffer *out)
{
    bool gap = false;
    bool any = false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.at[i];
        if (byte >= 'A' && byte <= 'Z') {
            byte = (uint8_t)(byte - 'A' + 'a');
        }
        if (!((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9'))) {
            gap = any;
            continue;
        }
        if (gap) {
            buffer_append_u8(out, ' ');
        }
        gap = false;
        any = true;
        buffer_append_u8(out, byte);
    }
    return buffer_status(out);
}

static enum status put_key(struct bytes text, bool marks, struct buffer *out)
{
    if (is_ascii(text)) {
        return put_ascii_words(text, out);
    }
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_option_t form = marks ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE;
    utf8proc_ssize_t size = utf8proc_map(text.at, (utf8proc_ssize_t)text.size, &mapped,
                                         UTF8PROC_STABLE | UTF8PROC_CASEFOLD | form);
    enum status status = status_of_proc(size);
    if (status == STATUS_OK) {
        status = put_words(bytes_of(mapped, (size_t)size), marks, out);
    }
    free(mapped);
    return status;
}

enum status text_search_key(struct bytes text, struct buffer *out)
{
    return put_key(text, false, out);
}

enum status text_exact_key(struct bytes text, struct buffer *out)
{
    return put_key(text, true, out);
}

/*
 * A sort key has three levels, each ended by 0:
 *   letters   2 + 4 × (letter - 'a') + variant for a Latin letter (ă â, đ, ê, ô ơ, ư); 0xf0 and 3
 *             bytes for any other code point; 1 ends a word
 *   tones     of each word, 2 to 6, wherever its spelling puts them (hòa, hoà); 1 ends a word
 *   places    1 + tone for every letter, so that different spellings never share a key
 */
struct sort_key {
    struct buffer letters;
    struct buffer tones;
    struct buffer places;
};

static uint8_t variant_of(uint8_t letter, utf8proc_int32_t mark)
{
    switch (mark) {
    case 0x306:
        return letter == 'a' ? 1 : 0; /* breve: ă */
    case 0x302:
        return letter == 'a' ? 2 : 1; /* circumflex: â ê ô */
    case 0x31b:
        return letter == 'o' ? 2 : 1; /* horn: ơ ư */
    default:
        return 0;
    }
}

static size_t tone_of(utf8proc_int32_t mark)
{
    for (size_t i = 1; i < TONE_COUNT; i++) {
        if (tone_marks[i] == mark) {
            return i;
        }
    }
    return TONE_LEVEL;
}

static void put_letter(utf8proc_int32_t point, struct bytes *rest, struct sort_key *key)
{
    uint8_t variant = point == 0x111 || point == 0xf0 ? 1 : 0;
    size_t tone = TONE_LEVEL;
    uint8_t letter = (uint8_t)(plain_d(point) & 0x7f);
    struct bytes ahead = *rest;
    utf8proc_int32_t mark = 0;
    while (take(&ahead, &mark) && is_latin_mark(mark)) {
        uint8_t found = variant_of(letter, mark);
        variant = found > variant ? found : variant;
        tone = tone_of(mark) != TONE_LEVEL ? tone_of(mark) : tone;
        *rest = ahead;
    }
    buffer_append_u8(&key->letters, (uint8_t)(2 + 4 * (letter - 'a') + variant));
    buffer_append_u8(&key->places, (uint8_t)(1 + tone));
    if (tone != TONE_LEVEL) {
        buffer_append_u8(&key->tones, (uint8_t)(1 + tone));
    }
}

static void put_weights(struct bytes word, struct sort_key *key)
{
    utf8proc_int32_t point = 0;
    while (take(&word, &point)) {
        utf8proc_int32_t plain = plain_d(point);
        if (plain >= 'a' && plain <= 'z') {
            put_letter(point, &word, key);
        } else {
            uint8_t other[4] = {0xf0, (uint8_t)(point >> 16), (uint8_t)(point >> 8),
                                (uint8_t)point};
            buffer_append(&key->letters, other, sizeof other);
            buffer_append_u8(&key->places, 1);
        }
    }
    buffer_append_u8(&key->letters, 1);
    buffer_append_u8(&key->tones, 1);
}

bool text_next_word(struct bytes *rest, struct bytes *word)
{
    size_t start = 0;
    while (start < rest->size && rest->at[start] == ' ') {
        start++;
    }
    size_t end = start;
    while (end < rest->size && rest->at[end] != ' ') {
        end++;
    }
    *word = bytes_of(rest->at == NULL ? NULL : rest->at + start, end - start);
    *rest = bytes_of(rest->at == NULL ? NULL : rest->at + end, rest->size - end);
    return word->size > 0;
}

/* Decomposed, folded words of |name|, marks kept. */
static enum status decompose_words(struct bytes name, struct buffer *words)
{
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t size = utf8proc_map(name.at, (utf8proc_ssize_t)name.size, &mapped,
                                         UTF8PROC_STABLE | UTF8PROC_CASEFOLD | UTF8PROC_DECOMPOSE);
    enum status status = status_of_proc(size);
    if (status == STATUS_OK) {
        status = put_words(bytes_of(mapped, (size_t)size), true, words);
    }
    free(mapped);
    return status;
}

static enum status put_level(const struct buffer *level, struct buffer *out)
{
    buffer_append_bytes(out, buffer_view(level));
    buffer_append_u8(out, 0);
    return buffer_status(level);
}

static enum status put_sort_key(struct bytes words, struct sort_key *key, struct buffer *out)
{
    size_t last = words.size;
    while (last > 0 && words.at[last - 1] != ' ') {
        last--;
    }
    struct bytes others = {words.at, last};
    struct bytes word = {NULL, 0};
    if (words.size > last) {
        put_weights(bytes_of(words.at + last, words.size - last), key);
    }
    while (text_next_word(&others, &word)) {
        put_weights(word, key);
    }
    enum status status = put_level(&key->letters, out);
    if (status == STATUS_OK) {
        status = put_level(&key->tones, out);
    }
    if (status == STATUS_OK) {
        status = put_level(&key->places, out);
    }
    return status == STATUS_OK ? buffer_status(out) : status;
}

enum status text_sort_key(struct bytes name, struct buffer *out)
{
    struct sort_key key;
    struct buffer words;
    size_t room = text_room(name.size);
    buffer_init(&words, room);
    buffer_init(&key.letters, room);
    buffer_init(&key.tones, room);
    buffer_init(&key.places, room);
    enum status status = decompose_words(name, &words);
    if (status == STATUS_OK) {
        status = put_sort_key(buffer_view(&words), &key, out);
    }
    buffer_deinit(&key.places);
    buffer_deinit(&key.tones);
    buffer_deinit(&key.letters);
    buffer_deinit(&words);
    return status;
}
