/*
 * The bodies of authority records that command something: what is accepted of a key, what a
 * competent hat lets in or keeps out, what is erased. What they do is decided in authority.h.
 *
 *   revocation [salt, grant id bin32, [cut …], reason text, extensions]
 *   rules      [salt, rules uint, [cut …], extensions]
 *   release    [salt, mode uint (0 held, 1 cut), range, reason text, extensions]
 *   refusal    [salt, range, reason text, extensions]
 *   clone      [salt, device key bin32, log kept bin16, extensions]
 *   erasure    [salt, [[record id bin32, [stand-in …]] …] ascending, reason text, extensions]
 *   cut        [log bin16, seq uint, id bin32]   ascending by log; the last record accepted of it
 *   range      log bin16, first seq uint, last seq uint, id of the last bin32   (four items)
 *   stand-in   [field text, op uint, value, [source bin32 …]]   as a write of a case body; op 3:
 * the body showed the field. Field "#step": the step's name; "#state" is never written, it follows
 * from the step. Every encoder refuses (USAGE) what its decoder would (MALFORMED). Source: SPEC.md
 * "Authority".
 */
#ifndef HOSO_PROTOCOL_CASE_VIEW_ORDER_H
#define HOSO_PROTOCOL_CASE_VIEW_ORDER_H

#include "protocol/record/body.h"
#include "protocol/record/chain.h"

enum { ORDER_CUTS_MOST = 1024, ORDER_ITEMS_MOST = 512, STAND_IN_SHOWN = 3 };

/* A field no pack has: the stand-in that keeps an erased body's step. */
#define STAND_IN_STEP "#step"

struct record_range {
    struct name log;
    uint64_t first_seq;
    uint64_t last_seq;
    struct hash last_id;
};

struct revocation {
    struct hash grant;
    const struct position *cuts;
    size_t cut_count;
    struct bytes reason;
};

struct rules_order {
    uint64_t rules;
    const struct position *cuts;
    size_t cut_count;
};

enum release_mode { RELEASE_HELD = 0, RELEASE_CUT = 1 };

struct release {
    uint64_t mode;
    struct record_range range;
    struct bytes reason;
};

struct refusal {
    struct record_range range;
    struct bytes reason;
};

struct clone_order {
    struct public_key device;
    struct name log_kept;
};

struct erasure_item {
    struct hash record;
    const struct write *stand_ins;
    size_t stand_in_count;
};

struct erasure {
    const struct erasure_item *items;
    size_t item_count;
    struct bytes reason;
};

/* Decoders borrow from |body|; lists live in |arena|. Errors: MALFORMED, LIMIT, NO_MEMORY. */
CHECK_RESULT enum status revocation_decode(struct bytes body, struct arena *arena,
                                           struct revocation *revocation);
CHECK_RESULT enum status rules_order_decode(struct bytes body, struct arena *arena,
                                            struct rules_order *rules);
CHECK_RESULT enum status release_decode(struct bytes body, struct arena *arena,
                                        struct release *release);
CHECK_RESULT enum status refusal_decode(struct bytes body, struct arena *arena,
                                        struct refusal *refusal);
CHECK_RESULT enum status clone_order_decode(struct bytes body, struct arena *arena,
                                            struct clone_order *clone);
CHECK_RESULT enum status erasure_decode(struct bytes body, struct arena *arena,
                                        struct erasure *erasure);

/* Encoders append. Errors: LIMIT, NO_MEMORY, USAGE (what the decoder would refuse). */
CHECK_RESULT enum status revocation_encode(const uint8_t salt[SALT_BYTES],
                                           const struct revocation *revocation, struct buffer *out);
CHECK_RESULT enum status rules_order_encode(const uint8_t salt[SALT_BYTES],
                                            const struct rules_order *rules, struct buffer *out);
CHECK_RESULT enum status release_encode(const uint8_t salt[SALT_BYTES],
                                        const struct release *release, struct buffer *out);
CHECK_RESULT enum status refusal_encode(const uint8_t salt[SALT_BYTES],
                                        const struct refusal *refusal, struct buffer *out);
CHECK_RESULT enum status clone_order_encode(const uint8_t salt[SALT_BYTES],
                                            const struct clone_order *clone, struct buffer *out);
CHECK_RESULT enum status erasure_encode(const uint8_t salt[SALT_BYTES],
                                        const struct erasure *erasure, struct buffer *out);

#endif
