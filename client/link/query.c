#include "client/link/query.h"

#include <stdio.h>
#include <string.h>

enum { NONCE_CHARACTERS = 22 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static_assert(SESSION_NONCE_BYTES == 16 && NONCE_CHARACTERS * 6 == SESSION_NONCE_BYTES * 8 + 4,
              "the last character carries two bits");

void query_write(const uint8_t nonce[SESSION_NONCE_BYTES], char text[QUERY_SIZE])
{
    char letters[NONCE_CHARACTERS + 1];

    for (size_t i = 0; i < NONCE_CHARACTERS; i++) {
        size_t bit = i * 6;
        unsigned pair = (unsigned)nonce[bit / 8] << 8;

        if (bit / 8 + 1 < SESSION_NONCE_BYTES)
            pair |= nonce[bit / 8 + 1];
        letters[i] = alphabet[pair >> (10 - bit % 8) & 63];
    }
    letters[NONCE_CHARACTERS] = '\0';
    (void)snprintf(text, QUERY_SIZE, "v=%d&n=%s", SESSION_PROTOCOL_VERSION, letters);
}

static bool nonce_read(struct bytes text, uint8_t nonce[SESSION_NONCE_BYTES])
{
    unsigned bits = 0;
    unsigned held = 0;
    size_t size = 0;

    if (text.size != NONCE_CHARACTERS)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        const char *found = memchr(alphabet, text.at[i], sizeof alphabet - 1);

        if (found == NULL)
            return false;
        bits = bits << 6 | (unsigned)(found - alphabet);
        held += 6;
        if (held >= 8) {
            held -= 8;
            nonce[size++] = (uint8_t)(bits >> held);
            bits &= (1U << held) - 1;
        }
    }
    return bits == 0; /* one text for one nonce */
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
            if (nonce_found || !nonce_read(bytes_of(item.at + 2, item.size - 2), nonce))
                return STATUS_MALFORMED;
            nonce_found = true;
        }
    }
    return version && nonce_found ? STATUS_OK : STATUS_MALFORMED;
}
