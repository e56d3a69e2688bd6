#include "client/replica/act/clock.h"

#include <string.h>

enum { INVITATION_SECONDS = 7 * 86400, BEHIND_SECONDS = 86400 };
#define SANE_SECONDS INT64_C(34560000)       /* 400 days */
#define EARLIEST_SECONDS INT64_C(1577836800) /* 2020-01-01 */
#define LATEST_SECONDS INT64_C(2840140800)   /* 2060-01-01 */

/* Whose word on the time counts: the node above, and every hub. */
static bool is_above(const struct replica_read *read, const struct public_key *key)
{
    const struct replica_identity *identity = &read->replica->identity;
    if (public_key_equal(key, &read->replica->key)) {
        return false;
    }
    if (identity->has_upstream && public_key_equal(key, &identity->upstream)) {
        return true;
    }
    const struct grant *grant = authority_grant(read->authority, key);
    return grant != NULL && grant->role == ROLE_HUB;
}

static enum status newest_receipt(struct replica_read *read, int64_t *baseline)
{
    static const uint8_t prefix = RECEIPT_SIGNER;
    struct store_cursor *cursor = NULL;
    struct bytes key = {NULL, 0};
    struct bytes value = {NULL, 0};
    enum status status = store_cursor_open(read->store, TABLE_RECEIPT, &cursor);
    if (status != STATUS_OK) {
        return status;
    }
    status = store_seek(cursor, bytes_of(&prefix, 1), &key, &value);
    while (status == STATUS_OK && key.size == 33 && key.at[0] == RECEIPT_SIGNER) {
        struct signer_row row;
        struct public_key signer;
        memcpy(signer.bytes, key.at + 1, sizeof signer.bytes);
        status = signer_row_decode(value, &row);
        if (status == STATUS_OK && is_above(read, &signer) && row.seconds > *baseline &&
            row.seconds <= LIMIT_SECONDS) {
            *baseline = row.seconds;
        }
        if (status == STATUS_OK) {
            status = store_next(cursor, &key, &value);
        }
    }
    store_cursor_close(cursor);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status clock_judge(struct replica_read *read, struct clock_verdict *verdict)
{
    const struct replica *replica = read->replica;
    int64_t now = replica->world.wall_seconds(replica->world.context);
    now = now > LIMIT_SECONDS ? LIMIT_SECONDS : now;
    now = now < -LIMIT_SECONDS ? -LIMIT_SECONDS : now;
    *verdict = (struct clock_verdict){.now = now, .baseline = INT64_MIN};
    enum status status = newest_receipt(read, &verdict->baseline);
    if (status != STATUS_OK) {
        return status;
    }
    int64_t expires = replica->identity.invitation_expires;
    if (verdict->baseline == INT64_MIN && replica->identity.has_invitation &&
        expires >= EARLIEST_SECONDS && expires <= LIMIT_SECONDS) {
        verdict->baseline = expires - INVITATION_SECONDS;
    }
    if (verdict->baseline == INT64_MIN) {
        verdict->sane = now >= EARLIEST_SECONDS && now < LATEST_SECONDS;
    } else {
        verdict->sane =
            now >= verdict->baseline - BEHIND_SECONDS && now - verdict->baseline <= SANE_SECONDS;
    }
    return STATUS_OK;
}
