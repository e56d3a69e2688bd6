/*
 * Values of fields: from what people type to canonical bytes, and back to JSON and text. Which
 * forms a field takes follows from its type in the pack.
 */
#ifndef HOSO_CLIENT_COMMAND_VALUE_H
#define HOSO_CLIENT_COMMAND_VALUE_H

#include "client/command/call.h"

enum { VALUE_CHARACTERS_MAX = 4000 };

/* Why a text is no value of its field; {NULL, NULL}: it is one. */
struct value_fault {
    struct words words;
};

/*
 * Canonical bytes, in |arena|, of |text| as a value of |field|; empty |text| gives nil. Texts are
 * composed (NFC). Errors: USAGE with |*fault|; NO_MEMORY.
 */
CHECK_RESULT enum status value_parse(const struct pack *pack, const struct pack_field *field,
                                     struct bytes text, struct arena *arena, struct bytes *value,
                                     struct value_fault *fault);

/* Writes canonical bytes as JSON: times in ISO 8601 with the pack's offset, nil and empty as null.
 */
void value_write(struct json_writer *writer, const char *key, const struct pack *pack,
                 const struct pack_field *field, struct bytes value);
/* Appends canonical bytes as text for people; nothing for nil. */
void value_print(const struct pack *pack, const struct pack_field *field, struct bytes value,
                 struct buffer *out);
/* True if the bytes are nil or absent. */
bool value_is_nil(struct bytes value);

/* Seconds since 1970 as ISO 8601 with an offset; null if |known| is false. */
void value_write_time(struct json_writer *writer, const char *key, bool known, int64_t seconds,
                      unsigned precision, int zone_minutes);
/* The same of a moment; null if it is unknown. */
void value_write_moment(struct json_writer *writer, const char *key, const struct moment *moment);

#endif
