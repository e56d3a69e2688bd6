#include "protocol/case/authority/authority_set.h"
#include "protocol/case/pack/pack.h"

/* A record being added. Its body is decoded into |arena|, the set's own. */
struct addition {
    struct authority *authority;
    struct bytes body;
    struct author author;
};

/* The number the next row of |list| gets; NO_ROW: the list is full. */
static uint32_t next_row(const struct list *list)
{
    return list->count < NO_ROW ? (uint32_t)list->count : NO_ROW;
}

/* A body outlives the record it came with: the set keeps its own. */
static enum status own_body(struct addition *addition, struct bytes body)
{
    bool ok = true;
    addition->body = arena_copy(&addition->authority->arena, body, &ok);
    return ok ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status add_grant(struct addition *addition)
{
    struct authority *authority = addition->authority;
    struct grant grant;
    enum status status = grant_decode(addition->body, &authority->arena, &grant);
    if (status != STATUS_OK)
        return status;
    uint32_t number = next_row(&authority->grants);
    struct grant_row *row = list_push(&authority->grants);
    if (row == NULL)
        return STATUS_NO_MEMORY;
    row->grant = grant;
    row->grant.id = addition->author.at.id;
    row->grant.granter = addition->author.key;
    row->at = addition->author.at;
    row->revocations = NO_ROW;
    if (!prefix_index_put(&authority->grants_by_key, grant.key.bytes, number, &row->next_of_key) ||
        !prefix_index_put(&authority->grants_by_granter, row->grant.granter.bytes, number,
                          &row->next_of_granter) ||
        !prefix_index_put(&authority->grants_by_id, row->grant.id.bytes, number, &row->next_of_id))
        return STATUS_NO_MEMORY;
    uint32_t i = prefix_index_find(&authority->revocations_by_grant, row->grant.id.bytes);
    for (; i != NO_ROW; i = revocation_row(authority, i)->next_of_grant_id) {
        struct revocation_row *revocation = revocation_row(authority, i);
        if (hash_equal(&revocation->revocation.grant, &row->grant.id)) {
            revocation->next_of_grant = row->revocations;
            row->revocations = i;
        }
    }
    return judge_new_grant(authority, number) ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status add_revocation(struct addition *addition)
{
    struct authority *authority = addition->authority;
    struct revocation revocation;
    enum status status = revocation_decode(addition->body, &authority->arena, &revocation);
    if (status != STATUS_OK)
        return status;
    uint32_t number = next_row(&authority->revocations);
    struct revocation_row *row = list_push(&authority->revocations);
    if (row == NULL)
        return STATUS_NO_MEMORY;
    row->author = addition->author;
    row->revocation = revocation;
    row->next_of_grant = NO_ROW;
    if (!prefix_index_put(&authority->revocations_by_grant, revocation.grant.bytes, number,
                          &row->next_of_grant_id))
        return STATUS_NO_MEMORY;
    uint32_t grant = prefix_index_find(&authority->grants_by_id, revocation.grant.bytes);
    for (; grant != NO_ROW; grant = grant_row(authority, grant)->next_of_id) {
        if (!hash_equal(&grant_row(authority, grant)->grant.id, &revocation.grant))
            continue;
        row->next_of_grant = grant_row(authority, grant)->revocations;
        grant_row(authority, grant)->revocations = number;
    }
    judge_all(authority);
    return STATUS_OK;
}

static enum status add_range(struct addition *addition, const struct record_range *range,
                             enum range_act act)
{
    struct authority *authority = addition->authority;
    uint32_t number = next_row(&authority->ranges);
    struct range_row *row = list_push(&authority->ranges);
    if (row == NULL)
        return STATUS_NO_MEMORY;
    row->author = addition->author;
    row->range = *range;
    row->act = act;
    if (!prefix_index_put(&authority->ranges_by_log, range->log.bytes, number, &row->next_of_log))
        return STATUS_NO_MEMORY;
    judge_all(authority);
    return STATUS_OK;
}

static enum status add_release(struct addition *addition)
{
    struct release release;
    enum status status = release_decode(addition->body, &addition->authority->arena, &release);
    if (status != STATUS_OK)
        return status;
    return add_range(addition, &release.range,
                     release.mode == RELEASE_HELD ? RANGE_RELEASED_HELD : RANGE_RELEASED_CUT);
}

static enum status add_refusal(struct addition *addition)
{
    struct refusal refusal;
    enum status status = refusal_decode(addition->body, &addition->authority->arena, &refusal);
    if (status != STATUS_OK)
        return status;
    return add_range(addition, &refusal.range, RANGE_REFUSED);
}

static enum status add_pack(struct addition *addition)
{
    struct authority *authority = addition->authority;
    struct bytes canonical;
    uint64_t generation = 0;
    enum status status =
        pack_body_decode(addition->body, &authority->arena, &generation, &canonical);
    if (status != STATUS_OK)
        return status;
    struct pack_row *row = list_push(&authority->packs);
    if (row == NULL)
        return STATUS_NO_MEMORY;
    row->author = addition->author;
    row->generation = generation;
    row->canonical = canonical;
    row->hash = pack_hash(canonical);
    return STATUS_OK;
}

static enum status add_rules(struct addition *addition)
{
    struct authority *authority = addition->authority;
    struct rules_order rules;
    enum status status = rules_order_decode(addition->body, &authority->arena, &rules);
    if (status != STATUS_OK)
        return status;
    struct rules_row *row = list_push(&authority->rules);
    if (row == NULL)
        return STATUS_NO_MEMORY;
    row->author = addition->author;
    row->rules = rules.rules;
    return STATUS_OK;
}

static enum status add_clone(struct addition *addition)
{
    struct clone_order clone;
    return clone_order_decode(addition->body, &addition->authority->arena, &clone);
}

static enum status add_erasure(struct addition *addition)
{
    struct authority *authority = addition->authority;
    struct erasure erasure;
    enum status status = erasure_decode(addition->body, &authority->arena, &erasure);
    for (size_t i = 0; status == STATUS_OK && i < erasure.item_count; i++) {
        uint32_t number = next_row(&authority->erasures);
        struct erasure_row *row = list_push(&authority->erasures);
        if (row == NULL)
            return STATUS_NO_MEMORY;
        row->author = addition->author;
        row->item = erasure.items[i];
        if (!prefix_index_put(&authority->erasures_by_record, row->item.record.bytes, number,
                              &row->next_of_record))
            return STATUS_NO_MEMORY;
    }
    return status;
}

static enum status add_opening(struct addition *addition)
{
    struct authority *authority = addition->authority;
    uint32_t number = next_row(&authority->openings);
    uint32_t next = NO_ROW;
    struct opening_row *row = list_push(&authority->openings);
    if (row == NULL)
        return STATUS_NO_MEMORY;
    row->id = addition->author.at.id;
    return prefix_index_put(&authority->openings_by_log, row->id.bytes, number, &next)
               ? STATUS_OK
               : STATUS_NO_MEMORY;
}

static enum status add_body(struct addition *addition, uint64_t kind)
{
    switch (kind) {
    case KIND_GRANT:
        return add_grant(addition);
    case KIND_REVOCATION:
        return add_revocation(addition);
    case KIND_PACK:
        return add_pack(addition);
    case KIND_RULES:
        return add_rules(addition);
    case KIND_RELEASE:
        return add_release(addition);
    case KIND_REFUSAL:
        return add_refusal(addition);
    case KIND_CLONE:
        return add_clone(addition);
    case KIND_ERASURE:
        return add_erasure(addition);
    default:
        return STATUS_OK;
    }
}

static bool already_seen(const struct authority *authority, const struct hash *id)
{
    uint32_t i = prefix_index_find(&authority->seen_by_id, id->bytes);
    while (i != NO_ROW) {
        const struct seen_row *row = (const struct seen_row *)authority->seen.at + i;
        if (hash_equal(&row->id, id))
            return true;
        i = row->next;
    }
    return false;
}

static enum status note_seen(struct authority *authority, const struct hash *id)
{
    uint32_t number = next_row(&authority->seen);
    struct seen_row *row = list_push(&authority->seen);
    if (row == NULL)
        return STATUS_NO_MEMORY;
    row->id = *id;
    return prefix_index_put(&authority->seen_by_id, id->bytes, number, &row->next)
               ? STATUS_OK
               : STATUS_NO_MEMORY;
}

enum status authority_add(struct authority *authority, const struct record *record,
                          const struct public_key *writer)
{
    if (already_seen(authority, &record->id))
        return STATUS_OK;
    struct addition addition = {.authority = authority};
    addition.author.key = *writer;
    addition.author.at.log = record_log(record);
    addition.author.at.seq = record->header.seq;
    addition.author.at.id = record->id;
    /* What is of a newer version is kept by the store and has no effect here. */
    enum status status = STATUS_OK;
    if (record->header.kind == KIND_OPENING) {
        status = add_opening(&addition);
    } else if (record_is_authority(record->header.kind) && !record->header.newer &&
               record_kind_name(record->header.kind) != NULL) {
        if (!record->has_body)
            return STATUS_MALFORMED;
        status = own_body(&addition, record->body);
        if (status == STATUS_OK)
            status = add_body(&addition, record->header.kind);
    }
    if (status == STATUS_LIMIT)
        status = STATUS_MALFORMED; /* a body past its bounds is no body of its kind */
    return status == STATUS_OK ? note_seen(authority, &record->id) : status;
}
