/*
 * An invitation as a text that a person carries: "hoso1:" and the URL form of base 64 of canonical
 * MessagePack
 *
 *   [1, role uint, unit text, label text, scope bin16, url text, server key bin32, root key bin32,
 *    secret bin32, expires int, authority nil|bin]
 *
 * |authority| may carry what the new node needs before its first contact (raw records after each
 * other); a reader passes it on. Both programs use this file. Source: SPEC.md "Invitations".
 */
#ifndef HOSO_CLIENT_COMMAND_INVITATION_H
#define HOSO_CLIENT_COMMAND_INVITATION_H

#include "protocol/case/authority/authority.h"
#include "protocol/sync/session/session.h"

enum {
    INVITATION_VERSION = 1,
    INVITATION_URL_BYTES = 512,
    INVITATION_TEXT_BYTES = 128 * 1024,
    FINGERPRINT_TEXT_BYTES = 20 /* with its terminator */
};

/* What the text says. Texts borrow from what it was read from. */
struct invitation_text {
    uint64_t role; /* ROLE_OFFICE or ROLE_DEVICE */
    struct bytes unit;
    struct bytes label; /* "UBND xã Trung Sơn", "máy 2" */
    struct name scope;
    struct bytes url; /* ws:// or wss:// of the inviting node */
    struct public_key server;
    struct public_key root;
    struct invitation_secret secret;
    int64_t expires; /* seconds since 1970 */
    struct bytes authority;
};

/* Appends the text, unterminated. Errors: USAGE (what invitation_read would refuse), LIMIT,
 * NO_MEMORY. */
CHECK_RESULT enum status invitation_write(const struct invitation_text *invitation,
                                          struct buffer *out);
/*
 * Reads |text|, white space around and line breaks within it are passed over (mail breaks lines).
 * Texts and lists of |*invitation| live in |arena|. Errors: MALFORMED (no invitation), NEWER,
 * LIMIT, NO_MEMORY.
 */
CHECK_RESULT enum status invitation_read(struct bytes text, struct arena *arena,
                                         struct invitation_text *invitation);

/* "A1B2-C3D4-E5F6-7890": what both screens show of a key, so that two people can compare. */
void fingerprint_of_key(const struct public_key *key, char out[FINGERPRINT_TEXT_BYTES]);

#endif
