#include "client/replica/receipt/peer.h"

#include "client/replica/act/number.h"
#include "client/replica/log/log.h"

#include <string.h>

static struct table_key key_of_peer(enum peer_kind kind, const struct public_key *peer)
{
    struct table_key key = key_start();
    key_u8(&key, (uint8_t)kind);
    key_hash(&key, peer->bytes);
    return key;
}

enum status peer_get(struct store_read *read, const struct public_key *peer, struct peer_row *row)
{
    struct table_key key = key_of_peer(PEER_ROW, peer);
    struct bytes value;
    *row = (struct peer_row){0};
    enum status status = store_get(read, TABLE_PEER, key_bytes(&key), &value);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    return status == STATUS_OK ? peer_row_decode(value, row) : status;
}

enum status peer_put(struct replica *replica, const struct public_key *peer,
                     const struct peer_row *row)
{
    uint8_t value[PEER_ROW_BYTES];
    peer_row_encode(row, value);
    struct table_key key = key_of_peer(PEER_ROW, peer);
    return group_put(replica, TABLE_PEER, &key, bytes_of(value, sizeof value));
}

/* The mark as written: how far the peer holds the chain that ends in key space |store|. */
static enum status mark_get(struct store_read *read, const struct public_key *peer, uint32_t store,
                            uint64_t *seq)
{
    struct table_key key = key_of_peer(PEER_MARK, peer);
    struct bytes value;
    key_u32(&key, store);
    *seq = 0;
    enum status status = store_get(read, TABLE_PEER, key_bytes(&key), &value);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    if (status == STATUS_OK && value.size != 8)
        return STATUS_CORRUPT;
    if (status == STATUS_OK)
        *seq = be64_load(value.at);
    return status;
}

enum status peer_mark(struct store_read *read, const struct public_key *peer,
                      const struct log_row *log, uint64_t *seq)
{
    enum status status = mark_get(read, peer, log->store, seq);
    if (*seq < log->first)
        *seq = 0;
    if (*seq > log->seq)
        *seq = log->seq;
    return status;
}

enum status peer_each(struct store_read *read,
                      bool (*each)(void *context, const struct public_key *key,
                                   const struct peer_row *row),
                      void *context)
{
    static const uint8_t first[] = {PEER_ROW};
    struct store_cursor *cursor = NULL;
    struct bytes found, value;
    enum status status = store_cursor_open(read, TABLE_PEER, &cursor);
    if (status != STATUS_OK)
        return status;
    status = store_seek(cursor, bytes_of(first, 1), &found, &value);
    while (status == STATUS_OK && found.at[0] == PEER_ROW) {
        struct public_key key;
        struct peer_row row;
        if (found.size != 1 + sizeof key.bytes) {
            status = STATUS_CORRUPT;
            break;
        }
        memcpy(key.bytes, found.at + 1, sizeof key.bytes);
        status = peer_row_decode(value, &row);
        if (status != STATUS_OK || !each(context, &key, &row))
            break;
        status = store_next(cursor, &found, &value);
    }
    store_cursor_close(cursor);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status peer_put_marks(struct replica *replica, const struct public_key *peer,
                           const struct peer_mark *marks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct log_row log;
        uint64_t held = 0;
        enum status status = log_find(replica->group.view, &marks[i].log, &log);
        if (status == STATUS_NOT_FOUND)
            continue;
        if (status == STATUS_OK)
            status = mark_get(replica->group.view, peer, log.store, &held);
        if (status != STATUS_OK)
            return status;
        if (marks[i].told ? marks[i].seq == held : marks[i].seq <= held)
            continue;
        uint8_t value[8];
        be64_store(value, marks[i].seq);
        struct table_key key = key_of_peer(PEER_MARK, peer);
        key_u32(&key, log.store);
        status = group_put(replica, TABLE_PEER, &key, bytes_of(value, sizeof value));
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status replica_note_peer(struct replica *replica, const struct public_key *peer, bool certain,
                              int64_t contact_seconds)
{
    struct peer_row row;
    enum status status = peer_get(replica->group.view, peer, &row);
    if (status != STATUS_OK)
        return status;
    row.certain = certain;
    if (contact_seconds > row.contact_seconds)
        row.contact_seconds = contact_seconds;
    return peer_put(replica, peer, &row);
}

enum status replica_note_bundle(struct replica *replica, const struct public_key *peer,
                                int64_t seconds)
{
    const struct replica_identity *identity = &replica->identity;
    int64_t now = replica->world.wall_seconds(replica->world.context);
    struct peer_row row;
    bool known = authority_grant(group_authority(replica), peer) != NULL ||
                 (identity->has_upstream && public_key_equal(&identity->upstream, peer));
    if (!known)
        return STATUS_OK;
    enum status status = peer_get(replica->group.view, peer, &row);
    seconds = seconds > now ? now : seconds;
    if (status != STATUS_OK || seconds <= row.contact_seconds)
        return status;
    row.contact_seconds = seconds;
    return peer_put(replica, peer, &row);
}

enum status replica_note_refused(struct replica *replica, const struct public_key *peer,
                                 const struct name *log, uint64_t seq, enum status why)
{
    struct log_row row;
    uint8_t value[9];
    struct table_key key = key_start();
    /* Of a log that is not here nothing is noted: a peer can name as many as it likes. */
    enum status status = log_find(replica->group.view, log, &row);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    key_u8(&key, PEER_REFUSED);
    key_name(&key, log);
    key_hash(&key, peer->bytes);
    be64_store(value, seq);
    value[8] = (uint8_t)why;
    status = group_put(replica, TABLE_PEER, &key, bytes_of(value, sizeof value));
    if (status != STATUS_OK)
        return status;
    /* Refused for its writer, not for its bytes: the grant may still come. */
    if (why != STATUS_MALFORMED && why != STATUS_FORGED && why != STATUS_LIMIT)
        return STATUS_OK;
    return log_refused(replica, &row, seq);
}

bool replica_in_doubt(struct replica *replica)
{
    struct store_read *read = NULL;
    bool doubt = false;
    if (store_read_begin(replica->store, &read) != STATUS_OK)
        return false;
    enum status status = number_in_doubt(read, &doubt);
    store_read_end(read);
    return status == STATUS_OK && doubt;
}

bool replica_codes_wait(struct replica *replica)
{
    struct replica_read *read = NULL;
    bool waits = false;
    if (replica_read_begin(replica, &read) != STATUS_OK)
        return false;
    enum status status = number_waits(read, &waits);
    replica_read_end(read);
    return status == STATUS_OK && waits;
}

enum status replica_note_rest(struct replica *replica, const struct public_key *peer)
{
    const struct replica_identity *identity = &replica->identity;
    if (identity->has_upstream && !public_key_equal(&identity->upstream, peer))
        return STATUS_OK;
    return number_confirmed(replica);
}
