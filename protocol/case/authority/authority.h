/*
 * Authority: who may write where, as a set of records and never an order. A grant is effective iff
 * its chain of signers reaches the root and no effective revocation names it. Only the root or a
 * key above it in the grant's own chain revokes, refuses or releases (F16). Dates are
 * shown, never decide.
 *
 * Bodies of grants and packs here, of the others in order.h (SPEC.md "Authority"):
 *   grant  [salt, key bin32, role uint, unit text, label text, [scope bin16 …] ascending,
 *           may grant bool, counter owner bool, sees all bool, extensions]
 *   pack   [salt, generation uint, canonical pack bin, extensions]
 *
 * Look-ups on a const set change nothing in it: threads may share one as long as nobody adds.
 */
#ifndef HOSO_PROTOCOL_CASE_AUTHORITY_AUTHORITY_H
#define HOSO_PROTOCOL_CASE_AUTHORITY_AUTHORITY_H

#include "protocol/record/body.h"
#include "protocol/record/chain.h"

enum role { ROLE_ROOT = 0, ROLE_HUB = 1, ROLE_OFFICE = 2, ROLE_DEVICE = 3 };

struct grant {
    struct hash id;            /* of the grant's record */
    struct public_key granter; /* device key of the log that holds it; not part of the body */
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
/* Frees it with all it gave out; NULL is allowed. */
void authority_free(struct authority *authority);
/* The same set again, independent of |authority|. NULL: out of memory. */
struct authority *authority_copy(const struct authority *authority);

/*
 * Adds an authentic authority record, whose log's device key is |writer|. Records may come in any
 * order; adding one twice changes nothing. Copies what it needs. The opening records of logs of the
 * authority scope may be added too: authority_chain() then names them. A record without effect is
 * kept and simply has none; one of a newer version or kind is passed over. Errors: MALFORMED (its
 * body is absent or not of its kind: it has no effect, the caller goes on), NO_MEMORY (the set is
 * then to be thrown away).
 */
CHECK_RESULT enum status authority_add(struct authority *authority, const struct record *record,
                                       const struct public_key *writer);

/* The root key the set was made under. */
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

/* Canonical bytes of the pack of |hash|, whoever brought it; {NULL,0} if absent. Valid as long as
 * |authority|. */
struct bytes authority_pack(const struct authority *authority, const struct hash *hash);
/* The pack new cases take: of the records by the root or by a hub that may grant, the one of the
 * largest generation, then of the largest id. {NULL,0} if there is none. */
struct bytes authority_current_pack(const struct authority *authority, struct hash *hash);
/* What the next pack record has to say to become the current one. */
uint64_t authority_next_pack_generation(const struct authority *authority);
/* The version of the rules in force, 1 or more. Above RULES_VERSION: this program is too old. */
uint64_t authority_rules(const struct authority *authority);

/* True iff an effective order, by the root or by one who may grant in |scope|, erases the body of
 * |record|, a record of that scope: what stands in for it goes out. If several do, the order of the
 * smallest id speaks. Valid until the next add. */
bool authority_erasure(const struct authority *authority, const struct hash *record,
                       const struct name *scope, const struct write **stand_ins, size_t *count);

/* The ids of the authority records that prove |key|'s effective grant, from the root downwards,
 * each grant behind the opening of its log if that was added; as a peer unknown to the other
 * presents it. Returns how many were written (at most 32); 0: no effective grant, or more than
 * |most|. */
size_t authority_chain(const struct authority *authority, const struct public_key *key,
                       struct hash *ids, size_t most);

/* Encoders and decoders of the bodies, as in body.h. */
CHECK_RESULT enum status grant_encode(const uint8_t salt[SALT_BYTES], const struct grant *grant,
                                      struct buffer *out);
CHECK_RESULT enum status grant_decode(struct bytes body, struct arena *arena, struct grant *grant);
CHECK_RESULT enum status pack_body_encode(const uint8_t salt[SALT_BYTES], uint64_t generation,
                                          struct bytes canonical, struct buffer *out);
CHECK_RESULT enum status pack_body_decode(struct bytes body, struct arena *arena,
                                          uint64_t *generation, struct bytes *canonical);

#endif
