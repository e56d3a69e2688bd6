/*
 * JSON: a reader over whole documents and a writer that builds one straight into a buffer. The only
 * user of jansson.
 *
 * The reader refuses duplicate keys, bad UTF-8 and numbers past 64 bits. What it hands out is
 * borrowed from the document and is gone with it. A taker that does not find its type returns the
 * empty value, so optional members need no test of their own.
 */
#ifndef HOSO_CLIENT_TEXT_JSON_H
#define HOSO_CLIENT_TEXT_JSON_H

#include "protocol/base/bytes.h"

/* ---- reading ---- */

struct json; /* a value of a document; the document itself is one */

/* Reads one document (nothing but white space may follow). Free it with json_release().
 * Errors: MALFORMED (also: nested too deep), NO_MEMORY. */
CHECK_RESULT enum status json_read(struct bytes text, struct json **document);
/* Frees a document; NULL is fine. */
void json_release(struct json *document);

/* The member |key| of an object; NULL if there is none, or |value| is NULL or no object. */
const struct json *json_member(const struct json *value, const char *key);
/* Number of items of an array or members of an object; 0 of anything else. */
size_t json_count(const struct json *value);
/* The item at |index| of an array; NULL past the end. */
const struct json *json_item(const struct json *value, size_t index);
/* Every member of an object in the order written; false from |each| stops. */
void json_members(const struct json *value,
                  bool (*each)(void *context, const char *key, const struct json *member),
                  void *context);

/* What |value| is; all false for NULL. */
bool json_holds_object(const struct json *value);
bool json_holds_array(const struct json *value);
bool json_holds_text(const struct json *value);
bool json_holds_integer(const struct json *value);
bool json_holds_null(const struct json *value); /* a null written there, not an absent member */
/* The text, or {NULL,0}; may hold zero bytes; terminated. */
struct bytes json_as_text(const struct json *value);
/* The integer, or |otherwise|. */
int64_t json_as_integer(const struct json *value, int64_t otherwise);
/* True iff it is true. */
bool json_as_flag(const struct json *value);

/* ---- writing ---- */

enum { JSON_DEPTH_MAX = 16 };

/*
 * Writes into |out|; failure is the buffer's (sticky). Keys are given with the values of an object
 * and NULL within arrays and at the top. Depth past JSON_DEPTH_MAX is a bug of the caller.
 */
struct json_writer {
    struct buffer *out;
    unsigned depth;
    bool comma[JSON_DEPTH_MAX];
};

/* Begins a document at the end of |out|, borrowed until the last write. */
void json_write_start(struct json_writer *writer, struct buffer *out);
/* Every open has its close. */
void json_open_object(struct json_writer *writer, const char *key);
void json_close_object(struct json_writer *writer);
void json_open_array(struct json_writer *writer, const char *key);
void json_close_array(struct json_writer *writer);
/* |text| is UTF-8; bytes that are not are written as U+FFFD, so the document always is JSON. */
void json_write_text(struct json_writer *writer, const char *key, struct bytes text);
/* The same; an empty text is null. */
void json_write_optional(struct json_writer *writer, const char *key, struct bytes text);
/* NULL writes null. */
void json_write_string(struct json_writer *writer, const char *key, const char *text);
/* Exact over the whole range of the type. */
void json_write_integer(struct json_writer *writer, const char *key, int64_t value);
void json_write_unsigned(struct json_writer *writer, const char *key, uint64_t value);
void json_write_flag(struct json_writer *writer, const char *key, bool value);
void json_write_null(struct json_writer *writer, const char *key);
/* Lower-case hex as a text. */
void json_write_hex(struct json_writer *writer, const char *key, const uint8_t *at, size_t size);
/* Standard base64 with padding as a text; null if |bytes.at| is NULL. */
void json_write_base64(struct json_writer *writer, const char *key, struct bytes bytes);
/* A value read before, whole. */
void json_write_value(struct json_writer *writer, const char *key, const struct json *value);
/* Ends the document with a line feed; the next one may follow. */
void json_write_end(struct json_writer *writer);

#endif
