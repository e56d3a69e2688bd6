/*
 * The lists that headers and bodies share: references to records, and extension areas. For this
 * folder and for the bodies of authority records.
 */
#ifndef HOSO_PROTOCOL_RECORD_LIST_H
#define HOSO_PROTOCOL_RECORD_LIST_H

#include "protocol/record/record.h"
#include "protocol/wire/wire.h"

enum list_order { LIST_ANY, LIST_ASCENDING };

/*
 * Takes the next item of |from|, an array of at most |most| 32-byte hashes, into |arena|;
 * LIST_ASCENDING: strictly, so none twice. |*hashes| is NULL for an empty list.
 * Errors: MALFORMED, LIMIT, NO_MEMORY.
 */
CHECK_RESULT enum status hashes_take(struct wire_reader *from, struct arena *arena, size_t most,
                                     enum list_order order, const struct hash **hashes,
                                     size_t *count);
/* Appends the list; the counterpart of hashes_take(). */
void hashes_put(struct buffer *out, const struct hash *hashes, size_t count);

/*
 * Takes the next item of |from|, an extension area [[type uint, critical bool, value bin] …] by
 * strictly ascending type. Errors: MALFORMED, LIMIT, NO_MEMORY.
 */
CHECK_RESULT enum status extensions_take(struct wire_reader *from, struct arena *arena,
                                         const struct record_extension **extensions, size_t *count);
/* Appends the area; the counterpart of extensions_take(). */
void extensions_put(struct buffer *out, const struct record_extension *extensions, size_t count);

#endif
