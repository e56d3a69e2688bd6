/*
 * Levels: how far records got, by receipts of current epochs.
 */
#include "client/replica/log/log.h"
#include "client/replica/receipt/receipt.h"
#include "client/replica/receipt/receipt_row.h"

#include <string.h>

/* How far |held|, on which a receipt's head lies at |seq|, covers |log|: a branch covers all it
 * hangs on. */
static enum status reach(struct store_read *read, const struct log_row *log, struct log_row held,
                         uint64_t seq, uint64_t *covered)
{
    *covered = 0;
    if (held.number == log->number) {
        *covered = seq;
        return STATUS_OK;
    }
    while (held.base != 0 && held.number != log->number) {
        enum status status = log_get(read, held.base, &held);
        if (status != STATUS_OK)
            return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
    }
    if (held.number == log->number)
        *covered = log->seq;
    return STATUS_OK;
}

/* The role a cover row counts for; ROLE_ROOT if for none. */
static enum status cover_role(struct replica_read *read, uint32_t signer,
                              const struct cover_row *cover, uint64_t *role)
{
    struct table_key key = key_of_signer_number(signer);
    struct bytes value;
    struct public_key device;
    struct signer_row row;
    *role = ROLE_ROOT;
    enum status status = store_get(read->store, TABLE_RECEIPT, key_bytes(&key), &value);
    if (status == STATUS_OK && value.size != sizeof device.bytes)
        status = STATUS_CORRUPT;
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
    memcpy(device.bytes, value.at, sizeof device.bytes);
    if (public_key_equal(&device, &read->replica->key))
        return STATUS_OK; /* counted by what is held */
    status = receipt_signer_get(read->store, &device, &row);
    if (status != STATUS_OK || !name_equal(&row.epoch, &cover->epoch))
        return status == STATUS_NOT_FOUND ? STATUS_CORRUPT : status;
    const struct grant *grant = authority_grant(read->authority, &device);
    if (grant)
        *role = grant->role;
    return STATUS_OK;
}

/* Counts the receipts that name |segment|, of |log|'s family. */
static enum status cover_add(struct replica_read *read, const struct log_row *log,
                             const struct log_row *segment, struct coverage *coverage)
{
    struct store_cursor *cursor = NULL;
    struct bytes found, value;
    struct table_key key = key_of_covers(&segment->name);
    struct bytes prefix = key_bytes(&key);
    enum status status = store_cursor_open(read->store, TABLE_RECEIPT, &cursor);
    if (status != STATUS_OK)
        return status;
    status = store_seek(cursor, prefix, &found, &value);
    while (status == STATUS_OK && found.size == prefix.size + 5 &&
           memcmp(found.at, prefix.at, prefix.size) == 0) {
        struct cover_row cover;
        struct log_row held;
        uint64_t role = ROLE_ROOT, covered = 0;
        status = cover_row_decode(value, &cover);
        if (status == STATUS_OK)
            status = cover_role(read, be32_load(found.at + prefix.size), &cover, &role);
        if (status == STATUS_OK && (role == ROLE_HUB || role == ROLE_OFFICE)) {
            status = log_resolve(read->store, log->root, cover.seq, &cover.id16, &held);
            if (status == STATUS_OK)
                status = reach(read->store, log, held, cover.seq, &covered);
            else if (status == STATUS_NOT_FOUND)
                status = STATUS_OK;
        }
        uint64_t *level = role == ROLE_HUB ? &coverage->hub : &coverage->office;
        if (status == STATUS_OK && covered > *level)
            *level = covered;
        if (status == STATUS_OK)
            status = store_next(cursor, &found, &value);
    }
    store_cursor_close(cursor);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status receipt_coverage(struct replica_read *read, const struct log_row *log,
                             struct coverage *coverage)
{
    struct log_row rows[LOG_SEGMENTS_MAX];
    size_t count = 0;
    *coverage = (struct coverage){0};
    /* A node holds what it holds, and whoever wrote a log committed it before it was sent. */
    const struct grant *writer = authority_grant(read->authority, &log->device);
    uint64_t roles[2] = {read->replica->identity.role, writer ? writer->role : ROLE_DEVICE};
    for (size_t i = 0; i < 2; i++) {
        if (roles[i] == ROLE_OFFICE)
            coverage->office = log->seq;
        if (roles[i] == ROLE_HUB)
            coverage->hub = log->seq;
    }
    enum status status = log_segments(read->store, log->root, rows, LOG_SEGMENTS_MAX, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = cover_add(read, log, &rows[i], coverage);
    return status;
}

enum status receipt_reach(struct replica_read *read, const struct public_key *signer,
                          const struct log_row *log, uint64_t *seq)
{
    struct log_row rows[LOG_SEGMENTS_MAX], held;
    struct signer_row row;
    struct cover_row cover;
    size_t count = 0;
    *seq = 0;
    enum status status = receipt_signer_get(read->store, signer, &row);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    status = log_segments(read->store, log->root, rows, LOG_SEGMENTS_MAX, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        uint64_t covered = 0;
        struct table_key key = key_of_cover(&rows[i].name, row.number, SLOT_HELD);
        status = receipt_cover_get(read->store, &key, &cover);
        if (status == STATUS_OK && name_equal(&cover.epoch, &row.epoch))
            status = log_resolve(read->store, log->root, cover.seq, &cover.id16, &held);
        else if (status == STATUS_OK)
            status = STATUS_NOT_FOUND;
        if (status == STATUS_OK)
            status = reach(read->store, log, held, cover.seq, &covered);
        else if (status == STATUS_NOT_FOUND)
            status = STATUS_OK;
        *seq = covered > *seq ? covered : *seq;
    }
    return status;
}

/* The log and how far it is receipted; remembered, since a list asks for few logs many times. A
 * group's own view goes on changing, so nothing of it is. */
static enum status coverage_of(struct replica_read *read, const struct name *log,
                               struct level_memo *found)
{
    struct level_memo *memo = &read->memos[log->bytes[0] % LEVEL_MEMOS];
    if (!read->borrowed && name_equal(&memo->row.name, log)) {
        *found = *memo;
        return STATUS_OK;
    }
    struct coverage coverage;
    enum status status = log_find(read->store, log, &found->row);
    if (status == STATUS_OK)
        status = receipt_coverage(read, &found->row, &coverage);
    if (status != STATUS_OK)
        return status;
    found->office = coverage.office;
    found->hub = coverage.hub;
    if (!read->borrowed)
        *memo = *found;
    return STATUS_OK;
}

unsigned replica_level(struct replica_read *read, const struct name *log, uint64_t seq)
{
    struct level_memo found;
    if (coverage_of(read, log, &found) != STATUS_OK || seq < found.row.first || seq > found.row.seq)
        return 0;
    unsigned level = LEVEL_MACHINE;
    if (found.office >= seq)
        level |= LEVEL_OFFICE;
    if (found.hub >= seq)
        level |= LEVEL_HUB;
    return level;
}
