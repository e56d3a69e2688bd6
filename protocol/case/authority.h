/*
 * Authority: who may write where, as a set of records and never an order. A grant is effective iff
 * its chain of signers reaches the root and no effective revocation names it. Only the root or a
 * key above it in the grant's own chain revokes, refuses or releases (views.md F16). Dates are
 * shown, never decide.
 *
 * Bodies (all begin with the salt; SPEC.md "Authority"):
 *   grant      [salt, key bin32, role uint, unit text, label text, [scope bin16 …], may grant bool,
 * counter owner bool, sees all bool, extensions] revocation [salt, grant id bin32, [[log bin16, seq
 * uint, id bin32] …] cuts, reason text, extensions] pack       [salt, canonical pack bin,
 * extensions] rules      [salt, rules uint, cuts, extensions] release    [salt, mode uint (0 held,
 * 1 cut), log bin16, first seq uint, last id bin32, reason text, extensions] refusal    [salt, log
 * bin16, first seq uint, last id bin32, reason text, extensions] clone      [salt, device key
 * bin32, log kept bin16, extensions] erasure    [salt, [[record id bin32, [[field text, stand-in
 * value] …]] …], reason text, extensions]
 */
#ifndef HOSO_PROTOCOL_CASE_AUTHORITY_H
#define HOSO_PROTOCOL_CASE_AUTHORITY_H

#include "protocol/record/body.h"
#include "protocol/record/chain.h"

enum role { ROLE_ROOT = 0, ROLE_HUB = 1, ROLE_OFFICE = 2, ROLE_DEVICE = 3 };

struct grant {
    struct hash id;            /* of the grant's record */
    struct public_key granter; /* device key of the log that holds it */
    struct public_key key;
    uint64_t role;
    struct bytes unit;
    struct bytes label;        /* a device's or office's name: "máy 2" */
    const struct name *scopes; /* ascending */
    size_t scope_count;
    bool may_grant;
    bool counter_owner; /* introduces the unit's codes */
    bool sees_all;      /* every scope there is or will be: a hub */
};

/* How authority looks upon one record (before its case is looked at). */
enum standing {
    STANDING_GRANTED,
    STANDING_UNGRANTED,     /* its key has no effective grant for the scope */
    STANDING_REVOKED,       /* behind a revocation's cut */
    STANDING_REFUSED,       /* named by a refusal */
    STANDING_RELEASED_HELD, /* applies without its missing ancestors, whatever its base */
    STANDING_RELEASED_CUT   /* effective though behind a cut; held if its ancestors miss */
};

struct authority;

/* An empty set under |root|. NULL: out of memory. */
struct authority *authority_new(const struct public_key *root);
void authority_free(struct authority *authority);

/*
 * Adds an authentic authority record, whose log's device key is |writer|. Records may come in any
 * order; adding one twice changes nothing. Copies what it needs. Errors: MALFORMED (body),
 * NO_MEMORY. A record without effect is kept and simply has none.
 */
CHECK_RESULT enum status authority_add(struct authority *authority, const struct record *record,
                                       const struct public_key *writer);

const struct public_key *authority_root(const struct authority *authority);
/* The scope every node has: BLAKE2b-128("hoso/scope/authority/1" ‖ root key). */
struct name authority_scope(const struct public_key *root);

/* The effective grant of |key| (the one with the largest id if several); NULL if none. Valid until
 * the next add. */
const struct grant *authority_grant(const struct authority *authority,
                                    const struct public_key *key);
/* True if |key| ever had a grant whose chain reaches the root, revoked or not. The root itself:
 * true. */
bool authority_ever_granted(const struct authority *authority, const struct public_key *key);
/* True iff |key| may write (and receive) |scope| now. Everyone with a grant may have the authority
 * scope. */
bool authority_may(const struct authority *authority, const struct public_key *key,
                   const struct name *scope);
/* Standing of the record at |position| of a log of |writer| in |scope|. */
enum standing authority_standing(const struct authority *authority, const struct public_key *writer,
                                 const struct name *scope, const struct position *position);
/* The unit whose counter owner's grant names |scope|; empty if none. */
struct bytes authority_unit_of_scope(const struct authority *authority, const struct name *scope);
/* The device key that introduces |unit|'s codes; NULL if none. */
const struct public_key *authority_counter_owner(const struct authority *authority,
                                                 struct bytes unit);

/* All grants, effective ones flagged; |index| from 0; false past the end. */
bool authority_grant_at(const struct authority *authority, size_t index, const struct grant **grant,
                        bool *effective);

/* Canonical bytes of the pack of |hash|, or the newest effective pack record's (largest generation,
 * then id); {NULL,0} if absent. Valid as long as |authority|. */
struct bytes authority_pack(const struct authority *authority, const struct hash *hash);
struct bytes authority_current_pack(const struct authority *authority, struct hash *hash);

/* The ids of authority records that prove |key|'s grant: the chain from the root downwards with
 * each log's opening, as a peer unknown to the other presents it. Returns how many were written (0:
 * none). */
size_t authority_chain(const struct authority *authority, const struct public_key *key,
                       struct hash *ids, size_t most);

/* Encoders and decoders of the bodies, as in body.h. */
CHECK_RESULT enum status grant_encode(const uint8_t salt[SALT_BYTES], const struct grant *grant,
                                      struct buffer *out);
CHECK_RESULT enum status grant_decode(struct bytes body, struct arena *arena, struct grant *grant);
CHECK_RESULT enum status pack_body_encode(const uint8_t salt[SALT_BYTES], struct bytes canonical,
                                          struct buffer *out);
CHECK_RESULT enum status pack_body_decode(struct bytes body, struct arena *arena,
                                          struct bytes *canonical);

#endif
