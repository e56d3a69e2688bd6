/*
 * What an authority set means. Everything a grant's standing depends on lies strictly nearer to the
 * root (its level), so the judgement is defined level by level and has exactly one outcome,
 * whatever order the records came in: that is why only keys above revoke, refuse and release.
 */
#include "protocol/case/authority/authority_set.h"

#include <string.h>

static bool is_root(const struct authority *authority, const struct public_key *key)
{
    return public_key_equal(&authority->root, key);
}

static bool has_scope(const struct grant *grant, const struct name *scope)
{
    size_t low = 0;
    size_t high = grant->scope_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = name_compare(&grant->scopes[middle], scope);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

bool grant_covers(const struct authority *authority, const struct grant *grant,
                  const struct name *scope)
{
    return grant->sees_all || name_equal(scope, &authority->scope) || has_scope(grant, scope);
}

bool grant_contains(const struct grant *parent, const struct grant *child)
{
    if (!parent->may_grant || child->role < parent->role)
        return false;
    if (parent->sees_all)
        return true;
    if (child->sees_all || (child->counter_owner && !parent->counter_owner))
        return false;
    for (size_t i = 0; i < child->scope_count; i++) {
        if (!has_scope(parent, &child->scopes[i]))
            return false;
    }
    return true;
}

bool range_holds(const struct record_range *range, const struct position *at)
{
    if (!name_equal(&range->log, &at->log) || at->seq < range->first_seq ||
        at->seq > range->last_seq)
        return false;
    return at->seq < range->last_seq || hash_equal(&at->id, &range->last_id);
}

static bool within_cut(const struct revocation *revocation, const struct position *at)
{
    for (size_t i = 0; i < revocation->cut_count; i++) {
        const struct position *cut = &revocation->cuts[i];
        if (!name_equal(&cut->log, &at->log))
            continue;
        return at->seq < cut->seq || (at->seq == cut->seq && hash_equal(&at->id, &cut->id));
    }
    return false;
}

/* A grant that the author of |child| holds and that gives the right to it. */
static bool is_parent(const struct grant_row *parent, const struct grant_row *child)
{
    return parent->level > 0 && parent->level < child->level &&
           public_key_equal(&parent->grant.key, &child->grant.granter) &&
           grant_contains(&parent->grant, &child->grant);
}

/* ---- commanding ---- */

/* All grants above one. Too many: nobody but the root commands it, in whatever order they came. */
struct above {
    const struct grant_row *rows[GRANT_ABOVE_MOST];
    size_t count;
    bool overflow;
};

static void add_above(struct above *above, const struct grant_row *row)
{
    for (size_t i = 0; i < above->count; i++) {
        if (above->rows[i] == row)
            return;
    }
    if (above->count == GRANT_ABOVE_MOST)
        above->overflow = true;
    else
        above->rows[above->count++] = row;
}

static void add_parents(const struct authority *authority, struct above *above,
                        const struct grant_row *child)
{
    uint32_t i = prefix_index_find(&authority->grants_by_key, child->grant.granter.bytes);
    for (; i != NO_ROW; i = grant_row(authority, i)->next_of_key) {
        if (is_parent(grant_row(authority, i), child))
            add_above(above, grant_row(authority, i));
    }
}

bool author_commands(const struct authority *authority, const struct grant_row *row,
                     const struct author *author)
{
    if (is_root(authority, &author->key))
        return true;
    struct above above = {.count = 0};
    add_parents(authority, &above, row);
    for (size_t i = 0; i < above.count && !above.overflow; i++)
        add_parents(authority, &above, above.rows[i]);
    for (size_t i = 0; i < above.count && !above.overflow; i++) {
        if (public_key_equal(&above.rows[i]->grant.key, &author->key) &&
            grant_carries(authority, above.rows[i], &author->at))
            return true;
    }
    return false;
}

/* True iff an act of that kind, by one who commands |row|, names |at|. */
static bool is_named(const struct authority *authority, const struct grant_row *row,
                     const struct position *at, enum range_act act)
{
    uint32_t i = prefix_index_find(&authority->ranges_by_log, at->log.bytes);
    for (; i != NO_ROW; i = range_row(authority, i)->next_of_log) {
        const struct range_row *range = range_row(authority, i);
        if (range->act == act && range_holds(&range->range, at) &&
            author_commands(authority, row, &range->author))
            return true;
    }
    return false;
}

bool grant_carries(const struct authority *authority, const struct grant_row *row,
                   const struct position *at)
{
    if (!row->sound)
        return false;
    bool named = authority->ranges.count > 0;
    if (named && is_named(authority, row, at, RANGE_REFUSED))
        return false;
    bool cut = false;
    for (uint32_t i = row->revocations; i != NO_ROW && !cut;) {
        const struct revocation_row *revocation = revocation_row(authority, i);
        cut = revocation->effective && !within_cut(&revocation->revocation, at);
        i = revocation->next_of_grant;
    }
    if (!cut)
        return true;
    return named && (is_named(authority, row, at, RANGE_RELEASED_HELD) ||
                     is_named(authority, row, at, RANGE_RELEASED_CUT));
}

/* ---- levels and flags, brought up to date on adding ---- */

static uint8_t level_of(const struct authority *authority, const struct grant *grant)
{
    if (grant->role == ROLE_ROOT)
        return 0;
    if (is_root(authority, &grant->granter))
        return 1;
    unsigned best = 0;
    uint32_t i = prefix_index_find(&authority->grants_by_key, grant->granter.bytes);
    for (; i != NO_ROW; i = grant_row(authority, i)->next_of_key) {
        const struct grant_row *parent = grant_row(authority, i);
        if (parent->level == 0 || !public_key_equal(&parent->grant.key, &grant->granter) ||
            !grant_contains(&parent->grant, grant))
            continue;
        if (best == 0 || parent->level + 1u < best)
            best = parent->level + 1u;
    }
    return best <= GRANT_LEVEL_MOST ? (uint8_t)best : 0;
}

/* Lowers the level of the grant at |first| and of what hangs below it. False: out of memory. */
static bool spread_levels(struct authority *authority, uint32_t first, bool *others)
{
    struct list queue = {.row_size = sizeof(uint32_t)};
    uint32_t *slot = list_push(&queue);
    bool ok = slot != NULL;
    if (ok)
        *slot = first;
    for (size_t head = 0; ok && head < queue.count; head++) {
        uint32_t number = ((const uint32_t *)queue.at)[head];
        struct grant_row *row = grant_row(authority, number);
        uint8_t level = level_of(authority, &row->grant);
        if (level == 0 || (row->level > 0 && level >= row->level))
            continue;
        row->level = level;
        uint32_t i = prefix_index_find(&authority->grants_by_granter, row->grant.key.bytes);
        for (; ok && i != NO_ROW; i = grant_row(authority, i)->next_of_granter) {
            *others = true;
            slot = list_push(&queue);
            ok = slot != NULL;
            if (ok)
                *slot = i;
        }
    }
    list_free(&queue);
    return ok;
}

static void judge_grant(struct authority *authority, struct grant_row *row)
{
    struct author author = {.key = row->grant.granter, .at = row->at};
    row->sound = is_root(authority, &author.key);
    uint32_t i = prefix_index_find(&authority->grants_by_key, author.key.bytes);
    for (; i != NO_ROW && !row->sound; i = grant_row(authority, i)->next_of_key) {
        const struct grant_row *parent = grant_row(authority, i);
        row->sound = is_parent(parent, row) && grant_carries(authority, parent, &row->at);
    }
    row->revoked = false;
    for (i = row->revocations; i != NO_ROW; i = revocation_row(authority, i)->next_of_grant) {
        struct revocation_row *revocation = revocation_row(authority, i);
        revocation->effective = author_commands(authority, row, &revocation->author);
        row->revoked = row->revoked || revocation->effective;
    }
}

void judge_all(struct authority *authority)
{
    for (unsigned level = 1, left = 1; level <= GRANT_LEVEL_MOST && left > 0; level++) {
        left = 0;
        for (uint32_t i = 0; i < authority->grants.count; i++) {
            struct grant_row *row = grant_row(authority, i);
            if (row->level == level)
                judge_grant(authority, row);
            left += row->level > level;
        }
    }
}

/* True iff |key| wrote a revocation, release or refusal: its standing then moves others'. */
static bool commands_anything(const struct authority *authority, const struct public_key *key)
{
    for (uint32_t i = 0; i < authority->revocations.count; i++) {
        if (public_key_equal(&revocation_row(authority, i)->author.key, key))
            return true;
    }
    for (uint32_t i = 0; i < authority->ranges.count; i++) {
        if (public_key_equal(&range_row(authority, i)->author.key, key))
            return true;
    }
    return false;
}

bool judge_new_grant(struct authority *authority, uint32_t number)
{
    bool others = false;
    if (!spread_levels(authority, number, &others))
        return false;
    struct grant_row *row = grant_row(authority, number);
    if (row->level == 0)
        return true;
    /* A leaf, the usual case when thousands are loaded, moves nothing but itself. */
    if (others || commands_anything(authority, &row->grant.key))
        judge_all(authority);
    else
        judge_grant(authority, row);
    return true;
}

bool author_stands(const struct authority *authority, const struct author *author,
                   const struct name *scope, uint64_t role_most, bool may_grant)
{
    if (is_root(authority, &author->key))
        return true;
    uint32_t i = prefix_index_find(&authority->grants_by_key, author->key.bytes);
    for (; i != NO_ROW; i = grant_row(authority, i)->next_of_key) {
        const struct grant_row *row = grant_row(authority, i);
        if (row->level > 0 && public_key_equal(&row->grant.key, &author->key) &&
            row->grant.role <= role_most && (!may_grant || row->grant.may_grant) &&
            grant_covers(authority, &row->grant, scope) &&
            grant_carries(authority, row, &author->at))
            return true;
    }
    return false;
}
