/*
 * Canonical MessagePack: the gate that every byte from outside passes first, a reader, and a
 * writer. The only module of this layer that includes msgpack-c.
 *
 * Canonical = nil, booleans, integers, UTF-8 strings, binary, arrays, and maps with unsigned
 * integer keys in strictly ascending order; every integer and length in its shortest form; no
 * floats, no extension types, no 0xc1; depth at most LIMIT_DEPTH; nothing after the one value. What
 * passes the gate re-encodes to the same bytes.
 *
 * The gate walks the bytes once, iteratively, allocating nothing, and refuses as soon as the
 * elements still owed by all open containers exceed the bytes left: five hostile bytes make
 * msgpack-c reserve 8 GiB otherwise. Source: SPEC.md "Encoding".
 */
#ifndef HOSO_PROTOCOL_WIRE_WIRE_H
#define HOSO_PROTOCOL_WIRE_WIRE_H

#include "protocol/base/arena.h"
#include "protocol/base/bytes.h"

/* OK iff |message| is one canonical value. The first fault in byte order decides the error:
 * LIMIT for a container nested too deep, MALFORMED for all else. */
CHECK_RESULT enum status wire_gate(struct bytes message);
/* As wire_gate, but other bytes may follow the value: |*size| is the value's own length. */
CHECK_RESULT enum status wire_gate_prefix(struct bytes message, size_t *size);

enum wire_type {
    WIRE_NIL,
    WIRE_BOOLEAN,
    WIRE_UNSIGNED,
    WIRE_NEGATIVE,
    WIRE_TEXT,
    WIRE_BINARY,
    WIRE_ARRAY,
    WIRE_MAP
};

/* A decoded value. Texts and binaries borrow from the message; children live in the arena. */
struct wire_value {
    enum wire_type type;
    union {
        bool boolean;
        uint64_t number;    /* WIRE_UNSIGNED */
        int64_t negative;   /* WIRE_NEGATIVE: below zero */
        struct bytes bytes; /* WIRE_TEXT, WIRE_BINARY */
        struct {
            const struct wire_value *items; /* for a map: key, value, key, value … */
            size_t count;                   /* items of an array, pairs of a map */
        } list;
    } as;
};

/*
 * Gates and decodes |message| whole. |message| must outlive |*value|.
 * Errors: MALFORMED, LIMIT (also: the arena's), NO_MEMORY.
 */
CHECK_RESULT enum status wire_decode(struct bytes message, struct arena *arena,
                                     struct wire_value *value);

/*
 * The canonical bytes of a |value| that is neither array nor map: borrowed from the message for
 * texts and binaries, else made in |arena|. |value| must come from wire_decode(). {NULL, 0}: out of
 * memory, or a container.
 */
struct bytes wire_scalar_bytes(const struct wire_value *value, struct arena *arena);

/*
 * A reader over the items of one array, with a sticky failure: take the fields in order, then ask
 * wire_reader_end(). A taker that does not find its type (or a value out of its bounds) sets the
 * failure and returns zero or empty. A reader taken from a reader fails on its own until
 * wire_reader_close().
 */
struct wire_reader {
    const struct wire_value *items;
    size_t left;
    bool failed;
    bool over; /* what failed first was an upper bound */
};

/* A reader over |array|; failed at once if it is no array or has not between |least| and |most|
 * items. */
struct wire_reader wire_reader_of(const struct wire_value *array, size_t least, size_t most);
uint64_t wire_take_unsigned(struct wire_reader *reader, uint64_t most);
int64_t wire_take_integer(struct wire_reader *reader);
bool wire_take_boolean(struct wire_reader *reader);
/* A text or binary of |least| to |most| bytes. */
struct bytes wire_take_text(struct wire_reader *reader, size_t least, size_t most);
struct bytes wire_take_binary(struct wire_reader *reader, size_t least, size_t most);
/* Exactly 16 or 32 bytes, not all zero: that means none and is written as nil. With |nil_ok| a nil
 * gives all zero. */
struct name wire_take_name(struct wire_reader *reader, bool nil_ok);
struct hash wire_take_hash(struct wire_reader *reader, bool nil_ok);
/* True and consumed if the next item is nil. */
bool wire_take_nil(struct wire_reader *reader);
/* The next item whatever it is; a static nil after a failure. Never NULL. */
const struct wire_value *wire_take_any(struct wire_reader *reader);
/* A reader over the next item, an array; failed as |reader| is. */
struct wire_reader wire_take_array(struct wire_reader *reader, size_t least, size_t most);
/* Ends |inner|, taken from |outer|: unless it is read to its end without a failure, |outer| fails
 * too. */
void wire_reader_close(struct wire_reader *outer, const struct wire_reader *inner);
/* OK iff nothing failed and no item is left; LIMIT if what failed first was an upper bound,
 * MALFORMED else. */
CHECK_RESULT enum status wire_reader_end(const struct wire_reader *reader);

/* Writers append one item in its shortest form. Failure is the buffer's (sticky). */
void wire_put_nil(struct buffer *out);
void wire_put_boolean(struct buffer *out, bool value);
void wire_put_unsigned(struct buffer *out, uint64_t value);
void wire_put_integer(struct buffer *out, int64_t value);
void wire_put_text(struct buffer *out, struct bytes text);
void wire_put_binary(struct buffer *out, struct bytes bytes);
/* All zero is written as nil. */
void wire_put_name(struct buffer *out, const struct name *name);
void wire_put_hash(struct buffer *out, const struct hash *hash);
void wire_put_array(struct buffer *out, size_t count);
void wire_put_map(struct buffer *out, size_t pairs);
/* Re-encodes a decoded value; gives back the very bytes it was decoded from. */
void wire_put_value(struct buffer *out, const struct wire_value *value);

#endif
