/*
 * Base 64: the standard alphabet with padding for documents, the URL one without for texts that
 * people copy. Source: RFC 4648 sections 4 and 5.
 */
#ifndef HOSO_CLIENT_TEXT_BASE64_H
#define HOSO_CLIENT_TEXT_BASE64_H

#include "protocol/base/bytes.h"

enum base64_form { BASE64_STANDARD, BASE64_URL };

/* Appends the text of |bytes|. */
void base64_encode(struct bytes bytes, enum base64_form form, struct buffer *out);
/*
 * Appends the bytes of |text|, the one canonical text of them: nothing foreign, no bits left over.
 * Errors: MALFORMED, LIMIT (of |out|), NO_MEMORY.
 */
CHECK_RESULT enum status base64_decode(struct bytes text, enum base64_form form,
                                       struct buffer *out);

#endif
