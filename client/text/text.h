/*
 * Texts as people type and search them: composed form (NFC), search keys without Vietnamese marks,
 * and a key that sorts names as Vietnam does. The only user of utf8proc.
 *
 * NFC is the writer's duty at input; nothing here ever touches a text that was signed. Source:
 * Unicode UAX 15, TCVN order of letters and tones.
 */
#ifndef HOSO_CLIENT_TEXT_TEXT_H
#define HOSO_CLIENT_TEXT_TEXT_H

#include "protocol/base/bytes.h"

/* Most bytes any key or normal form of |size| bytes of input takes: bound for a caller's buffer. */
size_t text_room(size_t size);

/* True iff |text| is well-formed UTF-8 (no surrogates, nothing above U+10FFFF). */
bool text_is_utf8(struct bytes text);
/* Number of characters (code points) of well-formed UTF-8; SIZE_MAX if it is not. */
size_t text_length(struct bytes text);
/* |text| without white space at both ends; borrowed. */
struct bytes text_trim(struct bytes text);

/*
 * Appends the composed form (NFC) of |text|; a carriage return before a line feed is dropped.
 * Errors: MALFORMED (not UTF-8, or a control character other than tab and line feed, or a
 * noncharacter: say so to the person), LIMIT (of |out|), NO_MEMORY.
 */
CHECK_RESULT enum status text_normalise(struct bytes text, struct buffer *out);

/*
 * Appends the search key: case folded, Vietnamese and other Latin marks taken off, đ and ð as d,
 * words parted by one space, nothing else but letters, digits and the marks of other scripts.
 * "Hòa", "Hoà" and "HOA" have one key. Input may be in any normal form. Errors: MALFORMED (not
 * UTF-8), LIMIT, NO_MEMORY.
 */
CHECK_RESULT enum status text_search_key(struct bytes text, struct buffer *out);
/* As text_search_key(), but marks and đ stay: what tells exact matches from the others. "Hòa" and
 * "Hoà" differ. */
CHECK_RESULT enum status text_exact_key(struct bytes text, struct buffer *out);

/*
 * Appends a key whose memcmp order is the Vietnamese order of names: given name (last word) first,
 * then the others; letters a ă â b c d đ e ê … before tones, tones in the order ngang, huyền, hỏi,
 * ngã, sắc, nặng. Errors: MALFORMED (not UTF-8), LIMIT, NO_MEMORY.
 */
CHECK_RESULT enum status text_sort_key(struct bytes name, struct buffer *out);

/* The next word of a key made here: cuts it off |*rest|. False when none is left. */
bool text_next_word(struct bytes *rest, struct bytes *word);

#endif
