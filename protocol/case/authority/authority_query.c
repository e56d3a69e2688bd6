#include "protocol/case/authority/authority_set.h"

#include <string.h>

/* A walk over the grants of one key whose chain reaches the root. */
static const struct grant_row *next_grant(const struct authority *authority,
                                          const struct public_key *key, uint32_t *cursor)
{
    while (*cursor != NO_ROW) {
        const struct grant_row *row = grant_row(authority, *cursor);
        *cursor = row->next_of_key;
        if (row->level > 0 && public_key_equal(&row->grant.key, key))
            return row;
    }
    return NULL;
}

static uint32_t first_grant(const struct authority *authority, const struct public_key *key)
{
    return prefix_index_find(&authority->grants_by_key, key->bytes);
}

static bool is_effective(const struct grant_row *row)
{
    return row->sound && !row->revoked;
}

static const struct grant_row *effective_grant(const struct authority *authority,
                                               const struct public_key *key)
{
    const struct grant_row *best = NULL;
    uint32_t cursor = first_grant(authority, key);
    const struct grant_row *row = next_grant(authority, key, &cursor);
    for (; row != NULL; row = next_grant(authority, key, &cursor)) {
        if (is_effective(row) &&
            (best == NULL || hash_compare(&row->grant.id, &best->grant.id) > 0))
            best = row;
    }
    return best;
}

const struct grant *authority_grant(const struct authority *authority, const struct public_key *key)
{
    const struct grant_row *row = effective_grant(authority, key);
    return row != NULL ? &row->grant : NULL;
}

bool authority_ever_granted(const struct authority *authority, const struct public_key *key)
{
    uint32_t cursor = first_grant(authority, key);
    return public_key_equal(key, &authority->root) || next_grant(authority, key, &cursor) != NULL;
}

bool authority_may(const struct authority *authority, const struct public_key *key,
                   const struct name *scope)
{
    if (public_key_equal(key, &authority->root))
        return true;
    uint32_t cursor = first_grant(authority, key);
    const struct grant_row *row = next_grant(authority, key, &cursor);
    for (; row != NULL; row = next_grant(authority, key, &cursor)) {
        if (is_effective(row) && grant_covers(authority, &row->grant, scope))
            return true;
    }
    return false;
}

/* What the releases and refusals of those above |row| say of |at|. */
static void see_ranges(const struct authority *authority, const struct grant_row *row,
                       const struct position *at, bool said[RANGE_RELEASED_CUT + 1])
{
    uint32_t i = prefix_index_find(&authority->ranges_by_log, at->log.bytes);
    for (; i != NO_ROW; i = range_row(authority, i)->next_of_log) {
        const struct range_row *range = range_row(authority, i);
        if (!said[range->act] && range_holds(&range->range, at) &&
            author_commands(authority, row, &range->author))
            said[range->act] = true;
    }
}

enum standing authority_standing(const struct authority *authority, const struct public_key *writer,
                                 const struct name *scope, const struct position *position)
{
    if (public_key_equal(writer, &authority->root))
        return STANDING_GRANTED;
    bool said[RANGE_RELEASED_CUT + 1] = {false};
    bool covered = false;
    bool carried = false;
    uint32_t cursor = first_grant(authority, writer);
    const struct grant_row *row = next_grant(authority, writer, &cursor);
    for (; row != NULL; row = next_grant(authority, writer, &cursor)) {
        if (authority->ranges.count > 0)
            see_ranges(authority, row, position, said);
        if (row->sound && grant_covers(authority, &row->grant, scope)) {
            covered = true;
            carried = carried || grant_carries(authority, row, position);
        }
    }
    if (said[RANGE_REFUSED])
        return STANDING_REFUSED;
    if (said[RANGE_RELEASED_HELD])
        return STANDING_RELEASED_HELD;
    if (said[RANGE_RELEASED_CUT])
        return STANDING_RELEASED_CUT;
    if (carried)
        return STANDING_GRANTED;
    return covered ? STANDING_REVOKED : STANDING_UNGRANTED;
}

static bool owns_counter(const struct grant_row *row)
{
    return row->grant.counter_owner && row->grant.unit.size > 0 && is_effective(row);
}

/* The one that introduces a unit's codes, of two: nearer to the root by role, then the larger id.
 */
static bool owns_rather(const struct grant *a, const struct grant *b)
{
    if (a->role != b->role)
        return a->role < b->role;
    return hash_compare(&a->id, &b->id) > 0;
}

struct bytes authority_unit_of_scope(const struct authority *authority, const struct name *scope)
{
    const struct grant *best = NULL;
    for (uint32_t i = 0; i < authority->grants.count; i++) {
        const struct grant_row *row = grant_row(authority, i);
        if (!owns_counter(row))
            continue;
        for (size_t j = 0; j < row->grant.scope_count; j++) {
            if (name_equal(&row->grant.scopes[j], scope) &&
                (best == NULL || owns_rather(&row->grant, best)))
                best = &row->grant;
        }
    }
    return best != NULL ? best->unit : (struct bytes){NULL, 0};
}

const struct public_key *authority_counter_owner(const struct authority *authority,
                                                 struct bytes unit)
{
    const struct grant *best = NULL;
    for (uint32_t i = 0; i < authority->grants.count; i++) {
        const struct grant_row *row = grant_row(authority, i);
        if (owns_counter(row) && bytes_equal(row->grant.unit, unit) &&
            (best == NULL || owns_rather(&row->grant, best)))
            best = &row->grant;
    }
    return best != NULL ? &best->key : NULL;
}

bool authority_grant_at(const struct authority *authority, size_t index, const struct grant **grant,
                        bool *effective)
{
    if (index >= authority->grants.count)
        return false;
    const struct grant_row *row = grant_row(authority, (uint32_t)index);
    *grant = &row->grant;
    *effective = row->level > 0 && is_effective(row);
    return true;
}

struct bytes authority_pack(const struct authority *authority, const struct hash *hash)
{
    for (uint32_t i = 0; i < authority->packs.count; i++) {
        if (hash_equal(&pack_row(authority, i)->hash, hash))
            return pack_row(authority, i)->canonical;
    }
    return (struct bytes){NULL, 0};
}

static const struct pack_row *current_pack(const struct authority *authority)
{
    const struct pack_row *best = NULL;
    for (uint32_t i = 0; i < authority->packs.count; i++) {
        const struct pack_row *row = pack_row(authority, i);
        if (!author_stands(authority, &row->author, &authority->scope, ROLE_HUB, true))
            continue;
        if (best == NULL || row->generation > best->generation ||
            (row->generation == best->generation &&
             hash_compare(&row->author.at.id, &best->author.at.id) > 0))
            best = row;
    }
    return best;
}

struct bytes authority_current_pack(const struct authority *authority, struct hash *hash)
{
    const struct pack_row *row = current_pack(authority);
    *hash = row != NULL ? row->hash : (struct hash){{0}};
    return row != NULL ? row->canonical : (struct bytes){NULL, 0};
}

uint64_t authority_next_pack_generation(const struct authority *authority)
{
    const struct pack_row *row = current_pack(authority);
    return row != NULL ? row->generation + 1 : 1;
}

uint64_t authority_rules(const struct authority *authority)
{
    uint64_t rules = 1;
    for (size_t i = 0; i < authority->rules.count; i++) {
        const struct rules_row *row = (const struct rules_row *)authority->rules.at + i;
        if (row->rules > rules &&
            author_stands(authority, &row->author, &authority->scope, ROLE_HUB, true))
            rules = row->rules;
    }
    return rules;
}

bool authority_erasure(const struct authority *authority, const struct hash *record,
                       const struct name *scope, const struct write **stand_ins, size_t *count)
{
    const struct erasure_row *best = NULL;
    uint32_t i = prefix_index_find(&authority->erasures_by_record, record->bytes);
    for (; i != NO_ROW; i = erasure_row(authority, i)->next_of_record) {
        const struct erasure_row *row = erasure_row(authority, i);
        if (!hash_equal(&row->item.record, record) ||
            !author_stands(authority, &row->author, scope, UINT64_MAX, true))
            continue;
        if (best == NULL || hash_compare(&row->author.at.id, &best->author.at.id) < 0)
            best = row;
    }
    *stand_ins = best != NULL ? best->item.stand_ins : NULL;
    *count = best != NULL ? best->item.stand_in_count : 0;
    return best != NULL;
}

/* The grant above |row| by which it stands: nearest to the root, then of the larger id. */
static const struct grant_row *parent_of(const struct authority *authority,
                                         const struct grant_row *row)
{
    const struct grant_row *best = NULL;
    uint32_t cursor = first_grant(authority, &row->grant.granter);
    const struct grant_row *parent = next_grant(authority, &row->grant.granter, &cursor);
    for (; parent != NULL; parent = next_grant(authority, &row->grant.granter, &cursor)) {
        if (parent->level >= row->level || !grant_contains(&parent->grant, &row->grant) ||
            !grant_carries(authority, parent, &row->at))
            continue;
        if (best == NULL || parent->level < best->level ||
            (parent->level == best->level && hash_compare(&parent->grant.id, &best->grant.id) > 0))
            best = parent;
    }
    return best;
}

static const struct hash *opening_of(const struct authority *authority, const struct name *log)
{
    uint32_t i = prefix_index_find(&authority->openings_by_log, log->bytes);
    if (i == NO_ROW)
        return NULL;
    const struct opening_row *row = (const struct opening_row *)authority->openings.at + i;
    struct name name = name_of_hash(&row->id);
    return name_equal(&name, log) ? &row->id : NULL;
}

size_t authority_chain(const struct authority *authority, const struct public_key *key,
                       struct hash *ids, size_t most)
{
    const struct grant_row *rows[GRANT_LEVEL_MOST];
    size_t depth = 0;
    const struct grant_row *row = effective_grant(authority, key);
    while (row != NULL && depth < GRANT_LEVEL_MOST) {
        rows[depth++] = row;
        row = row->level > 1 ? parent_of(authority, row) : NULL;
    }
    size_t count = 0;
    for (size_t i = depth; i > 0; i--) {
        const struct hash *opening = opening_of(authority, &rows[i - 1]->at.log);
        if (count + 2 > most)
            return 0;
        if (opening != NULL)
            ids[count++] = *opening;
        ids[count++] = rows[i - 1]->grant.id;
    }
    return count;
}
