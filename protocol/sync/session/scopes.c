#include "protocol/sync/session/ledger.h"

#include <stdlib.h>
#include <string.h>

void scopes_deinit(struct scopes *scopes)
{
    free(scopes->at);
    *scopes = (struct scopes){0};
}

static int compare_names(const void *a, const void *b)
{
    return name_compare(a, b);
}

bool scopes_hold(const struct scopes *scopes, const struct name *scope)
{
    return scopes->count > 0 &&
           bsearch(scope, scopes->at, scopes->count, sizeof *scope, compare_names) != NULL;
}

bool scopes_equal(const struct scopes *a, const struct scopes *b)
{
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->at, b->at, a->count * sizeof *a->at) == 0);
}

struct name scopes_digest(const struct scopes *scopes)
{
    struct bytes part = bytes_of(scopes->at, scopes->count * sizeof *scopes->at);
    return seal_name("hoso/scopes/1", &part, 1);
}

enum status scopes_copy(const struct name *at, size_t count, struct scopes *out)
{
    *out = (struct scopes){0};
    if (count == 0) {
        return STATUS_OK;
    }
    out->at = malloc(count * sizeof *at);
    if (out->at == NULL) {
        return STATUS_NO_MEMORY;
    }
    memcpy(out->at, at, count * sizeof *at);
    out->count = count;
    return STATUS_OK;
}

enum status scopes_among(const struct scopes *a, const struct scopes *list, struct scopes *out)
{
    enum status status = scopes_copy(a->at, a->count, out);
    if (status != STATUS_OK) {
        return status;
    }
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++) {
        if (scopes_hold(list, &out->at[i])) {
            out->at[kept++] = out->at[i];
        }
    }
    out->count = kept;
    return STATUS_OK;
}

/* Whether a grant's scopes can matter to the two: it is one's own, or both see all there is. */
static bool concerns(const struct grant *grant, const struct public_key *one,
                     const struct public_key *other, bool both_see_all)
{
    return both_see_all || public_key_equal(&grant->key, one) ||
           public_key_equal(&grant->key, other);
}

static bool sees_all(const struct authority *authority, const struct public_key *key)
{
    const struct grant *grant = authority_grant(authority, key);
    return grant != NULL && grant->sees_all;
}

enum status scopes_common(const struct authority *authority, const struct public_key *one,
                          const struct public_key *other, struct scopes *out)
{
    bool both = sees_all(authority, one) && sees_all(authority, other);
    struct name root = authority_scope(authority_root(authority));
    const struct grant *grant = NULL;
    bool effective = false;
    size_t most = 1;
    for (size_t i = 0; authority_grant_at(authority, i, &grant, &effective); i++) {
        most += concerns(grant, one, other, both) ? grant->scope_count : 0;
    }
    out->at = malloc(most * sizeof *out->at);
    out->count = 0;
    if (out->at == NULL) {
        return STATUS_NO_MEMORY;
    }
    out->at[out->count++] = root;
    for (size_t i = 0; authority_grant_at(authority, i, &grant, &effective); i++) {
        for (size_t k = 0; concerns(grant, one, other, both) && k < grant->scope_count; k++) {
            if (authority_may(authority, one, &grant->scopes[k]) &&
                authority_may(authority, other, &grant->scopes[k])) {
                out->at[out->count++] = grant->scopes[k];
            }
        }
    }
    qsort(out->at, out->count, sizeof *out->at, compare_names);
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++) {
        if (kept == 0 || !name_equal(&out->at[kept - 1], &out->at[i])) {
            out->at[kept++] = out->at[i];
        }
    }
    out->count = kept;
    return STATUS_OK;
}
