#include "client/link/net/query.h"

#include "client/text/base64.h"

#include <stdio.h>
#include <string.h>

void query_write(const uint8_t nonce[SESSION_NONCE_BYTES], char text[QUERY_SIZE])
{
    struct buffer letters;

    buffer_init(&letters, QUERY_SIZE);
    base64_encode(bytes_of(nonce, SESSION_NONCE_BYTES), BASE64_URL, &letters);
    (void)snprintf(text, QUERY_SIZE, "v=%d&n=%.*s", SESSION_VERSION_LEAST, (int)letters.size,
                   (const char *)letters.at);
    buffer_deinit(&letters);
}

static enum status nonce_read(struct bytes text, uint8_t nonce[SESSION_NONCE_BYTES])
{
    struct buffer decoded;
    enum status status = STATUS_OK;

    buffer_init(&decoded, SESSION_NONCE_BYTES);
    status = base64_decode(text, BASE64_URL, &decoded);
    if (status == STATUS_OK && decoded.size == SESSION_NONCE_BYTES)
        memcpy(nonce, decoded.at, SESSION_NONCE_BYTES);
    else if (status != STATUS_NO_MEMORY)
        status = STATUS_MALFORMED;
    buffer_deinit(&decoded);
    return status;
}

enum status query_read(struct bytes query, uint8_t nonce[SESSION_NONCE_BYTES])
{
    bool version = false;
    bool nonce_found = false;

    for (size_t at = 0; at < query.size;) {
        const uint8_t *end = memchr(query.at + at, '&', query.size - at);
        size_t size = end != NULL ? (size_t)(end - query.at) - at : query.size - at;
        struct bytes item = bytes_of(query.at + at, size);

        at += size + 1;
        if (item.size < 2 || item.at[1] != '=')
            continue;
        if (item.at[0] == 'v') {
            if (!bytes_equal_text(item, "v=1"))
                return STATUS_NEWER;
            version = true;
        } else if (item.at[0] == 'n') {
            enum status status = nonce_read(bytes_of(item.at + 2, item.size - 2), nonce);

            if (nonce_found || status != STATUS_OK)
                return nonce_found ? STATUS_MALFORMED : status;
            nonce_found = true;
        }
    }
    return version && nonce_found ? STATUS_OK : STATUS_MALFORMED;
}
