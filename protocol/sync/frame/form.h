/*
 * The form of a record: everything about its header and body but the values. Records of one kind
 * of act share a form; a frame states each form once, and a record is then its form's number and
 * its values, each put into the column of its like.
 *
 * A form is: flags (1 officer's signature, 2 body), the header's tokens, the body's tokens if
 * there is one. Tokens stand in the order of the encoding:
 *
 *   00 nil  01 false  02 true  03 integer  04 text  05 binary    the last three: values, in columns
 *   06 array, count   07 map, pairs; then key and value, key and value …
 *   08 a text that stands here (varint size, bytes)              the field of a write
 *   09 an integer that stands here (varint)                      the kind; keys of maps
 *   10 the run's log  11 seq  12 prev  13 case  14 commitment  15 body size  16 salt
 *
 * Source: SPEC.md "Columns".
 */
#ifndef HOSO_PROTOCOL_SYNC_FRAME_FORM_H
#define HOSO_PROTOCOL_SYNC_FRAME_FORM_H

#include "protocol/record/record.h"

enum form_token {
    TOKEN_NIL = 0,
    TOKEN_FALSE = 1,
    TOKEN_TRUE = 2,
    TOKEN_INTEGER = 3,
    TOKEN_TEXT = 4,
    TOKEN_BINARY = 5,
    TOKEN_ARRAY = 6,
    TOKEN_MAP = 7,
    TOKEN_LABEL = 8,
    TOKEN_NUMBER = 9,
    TOKEN_LOG = 16,
    TOKEN_SEQ = 17,
    TOKEN_PREV = 18,
    TOKEN_CASE = 19,
    TOKEN_COMMITMENT = 20,
    TOKEN_BODY_SIZE = 21,
    TOKEN_SALT = 22
};

enum { FORM_OFFICER = 1, FORM_BODY = 2 };

enum {
    FORM_BYTES_MAX = 8192,
    FORM_OPS_MAX = 2048,   /* tokens of one form */
    FORM_VALUES_MAX = 1024 /* values of one record */
};

/* A value on its way into a column or out of it. */
struct form_value {
    uint64_t number;    /* integer, in two's complement */
    struct bytes bytes; /* text, binary */
};

/* A record taken apart. */
struct form_parts {
    struct buffer form;
    struct form_value values[FORM_VALUES_MAX];
    size_t count;
    struct arena arena;
};

/* What surrounds a record: what it is compared with when it is taken apart. */
struct form_place {
    struct name log; /* the run's */
    uint64_t seq;
    struct hash prev;
};

/* Empty parts; what they gather is freed by form_parts_deinit(). */
void form_parts_init(struct form_parts *parts);
void form_parts_deinit(struct form_parts *parts);
/*
 * Takes |record| apart. False: it has to travel whole (a newer version, a number or a shape these
 * columns do not carry, or it does not stand where |place| says). The values borrow from the
 * record. Failures of |parts|' memory also give false.
 */
bool form_take_apart(const struct record *record, const struct form_place *place,
                     struct form_parts *parts);

/* A form, read: its tokens with what belongs to each. */
struct form_op {
    enum form_token token;
    uint64_t number;    /* count, pairs, or the number that stands here */
    struct bytes label; /* borrowed from the form */
    uint64_t column;    /* a value's column: see SPEC.md */
};

struct form {
    struct bytes bytes;
    uint8_t flags;
    struct form_op *ops;
    size_t header_ops; /* the header's are first */
    size_t op_count;
    size_t happened_op; /* the seconds of happened-at; 0: they are unknown in this form */
};

/* Reads a form into |arena|. Errors: MALFORMED, LIMIT, NO_MEMORY. */
CHECK_RESULT enum status form_read(struct bytes bytes, struct arena *arena, struct form *form);

/* Whether the token stands for a value with a column of its own. */
bool form_token_is_value(enum form_token token);

#endif
